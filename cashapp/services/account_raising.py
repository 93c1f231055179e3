"""A known payer pays from an account never seen before: raised for many receipts at once, and its customer asked.

It may be a new bank, a factor, or somebody who prepares to have money sent back to himself. Up to a limit of the company's policy
such money is posted as ever; above it, it waits until somebody has asked the customer by a contact known before, never by what
the payment itself says (`cashapp.services.account_changes`).
"""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from arops.lib import money
from cashapp import engine
from cashapp.engine.payers import plain_account
from cashapp.models import PayerAccountChange, PayerAlias, Receipt
from cashapp.selectors.account_changes import key_of, told_about
from cashapp.selectors.engine_input import engine_policy, policy_of
from messaging.models import Message
from messaging.selectors import reach_one
from messaging.services import RESTS, queue_message
from org.actors import Actor, SystemActor
from org.models import Company
from workflow.services import record

State = PayerAccountChange.State
RAISER = SystemActor("matching")


def raise_account_changes(*, actor: Actor, company: Company, found: Sequence[tuple[Receipt, engine.Proposal]]) -> list[PayerAccountChange]:
    """Raise a change for every receipt whose payer is known and whose account is none of his; what was raised before stays as it is."""
    wanted = [(r, r.customer_id or p.customer_id) for r, p in found if p.new_account]
    return raise_changes(actor, company.pk, [(r, customer) for r, customer in wanted if customer])


@transaction.atomic
def raise_changes(actor: Actor, company_id: int, pairs: Sequence[tuple[Receipt, int]]) -> list[PayerAccountChange]:
    """Changes for receipts and their customers. From an account that was marked as suspicious before they are so from the start."""
    known_before = set(PayerAccountChange.objects.filter(receipt__in=[r.pk for r, _ in pairs]).values_list("receipt", flat=True))
    fresh = [(r, customer) for r, customer in pairs if r.pk not in known_before]
    if not fresh:
        return []
    owners = {customer for _, customer in fresh}
    accounts: dict[int, list[str]] = {}
    aliases = PayerAlias.objects.filter(company=company_id, customer__in=owners, kind=PayerAlias.Kind.ACCOUNT, is_active=True)
    for customer, value in aliases.order_by("value").values_list("customer", "value"):
        accounts.setdefault(customer, []).append(value)
    suspects = PayerAccountChange.objects.filter(customer__in=owners, state=State.SUSPICIOUS)
    marked = set(suspects.values_list("customer", "account").distinct())
    made = PayerAccountChange.objects.bulk_create(_change(r, customer, accounts, marked) for r, customer in fresh)
    numbers = [r.number for r, _ in fresh][:50]
    record(actor=actor, type="payer.account_changes_raised", company_id=company_id, receipts=numbers, count=len(made))
    return made


def _change(receipt: Receipt, customer: int, accounts: dict[int, list[str]], marked: set[tuple[int, str]]) -> PayerAccountChange:
    account = plain_account(receipt.payer_account)[:80]
    state = State.SUSPICIOUS if (customer, account) in marked else State.OPEN
    known = accounts.get(customer, [])[:20]
    return PayerAccountChange(
        company_id=receipt.company_id, customer_id=customer, receipt=receipt, account=account, known=known, state=state
    )


def tell_customers(*, changes: Sequence[PayerAccountChange], now: datetime, actor: Actor = RAISER) -> list[Message]:
    """Ask the customers' known contacts whether the accounts are theirs, once for an account; the messages that are new.

    Whoever is known to us from before is asked, never an address that came with the payment. The full account is not written out.
    """
    told = told_about(changes)
    made = []
    for change in changes:
        to = list(reach_one(change.customer, "payment").to) if key_of(change) not in told else []
        if not to:
            continue
        message, new = queue_message(
            actor=actor, company=change.company, customer=change.customer, kind="account_change", dedupe_key=key_of(change), recipients=to,
            subject=f"{change.company.name}: a payment from an account that we don't know", body=_letter(change), not_before=now + RESTS,
        )  # fmt: skip
        told[key_of(change)] = message
        made += [message] if new else []
    return made


def _letter(change: PayerAccountChange) -> str:
    receipt = change.receipt
    amount = f"{money.format(receipt.amount, receipt.currency)} {receipt.currency}"
    return (
        f"Dear {change.customer.name},\n\n"
        f"on {receipt.value_date} we received {amount} in your name from an account ending in {change.account[-4:]}, "
        "from which you never paid before.\n\n"
        "If you changed your bank, please tell us. If you did not, please tell us at once: somebody may be using your name. "
        f"Please answer to the contact at {change.company.name} that you know, not to any other.\n\n"
        "We change no bank details and send no money to this account because of this payment.\n"
    )


def changes_to_tell(company: Company, raised: Sequence[PayerAccountChange]) -> list[PayerAccountChange]:
    """Of changes just raised the open ones above the limit of posting alone, for each customer's account the first."""
    limits = engine_policy(policy_of(company.pk)).new_account_limits
    rows = PayerAccountChange.objects.filter(pk__in=[c.pk for c in raised], state=State.OPEN)
    found: dict[str, PayerAccountChange] = {}
    for change in rows.select_related("customer", "company", "receipt").order_by("pk"):
        if change.receipt.amount > limits.get(change.receipt.currency, 0):
            found.setdefault(key_of(change), change)
    return list(found.values())
