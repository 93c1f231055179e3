"""A payment that came to the wrong company of ours: what is left of it becomes a receipt of the right one, by an entry in either books.

Between the two stands the intercompany clearing account: the company that has the cash owes it to the one whose customer paid. Taken back
like a split, as long as nothing was done with it over there.
"""

from datetime import date, datetime

from django.db import transaction

from arops.lib import money
from cashapp.models import Match, Receipt
from cashapp.selectors.settlement import Days, floors
from cashapp.services.errors import AllocationError, NothingToUndo
from cashapp.services.holding import hold, touch
from cashapp.services.matching import refresh_proposals
from customers.models import Customer
from ledger import drafts, posting
from ledger.drafts import EntryDraft, LineDraft, NewItem, Part
from ledger.models import OpenItem
from ledger.selectors import item_state, lock_items
from ledger.services import reverse_entries
from org.actors import Actor, require
from workflow.services import record

TRANSFER = "transfer"


@transaction.atomic
def transfer_receipt(
    *, actor: Actor, receipt: Receipt, version: int, customer: Customer, reason: str, today: date, now: datetime
) -> Receipt:
    """Hand what is left of a receipt to another company of ours, as a receipt of its `customer`; answers with that one.

    Needs cash.apply in both companies. Raises StaleReceipt, AllocationError, LedgerError, NotAllowed.
    """
    require(actor, "cash.apply", receipt.company_id)
    require(actor, "cash.apply", customer.company_id)
    held = hold(receipt, actor=actor, version=version, now=now)
    amount = held.unapplied
    if customer.company_id == held.company_id:
        raise AllocationError(f"{customer.name} is a customer of the same company: name the payer instead")
    if amount <= 0 or held.split_from_id:
        raise AllocationError(f"nothing of {held.number} can be handed over")
    if not reason.strip():
        raise AllocationError("say how you know whose money it is")
    number = _number(held, customer.company_id)
    left = posting.post_one(_out(held, amount, customer, reason), actor=actor)
    there = posting.post_one(_in(held, amount, customer, number, left.entry_id), actor=actor)
    part = _part(held, amount, customer, number, there.item_id or 0, actor)
    words = f"handed to {customer.company.code} as {number}: {reason.strip()}"
    Match.objects.create(receipt=held, entry_id=left.entry_id, rule=TRANSFER, reasons=[words[:300]], amount=amount, actor=actor.label)
    touch(held, on_account=False)
    for one in (held, part):
        record(
            actor=actor, type="receipt.transferred", company_id=one.company_id, subject=one, receipt=held.number, part=number,
            amount=money.to_text(amount, held.currency), reason=reason.strip(),
        )  # fmt: skip
    refresh_proposals(part, today=today)
    return part


def _number(receipt: Receipt, company_id: int) -> str:
    """What it is called over there; handed over once more after it was taken back, it has another number than before."""
    plain = f"{receipt.number}-{receipt.company.code}"
    before = OpenItem.objects.filter(company=company_id, kind=OpenItem.Kind.RECEIPT, number__startswith=plain)
    return f"{plain}.{receipt.version}" if before.exists() else plain


def _out(receipt: Receipt, amount: int, customer: Customer, reason: str) -> EntryDraft:
    """In the books of the company that has the cash."""
    own = lock_items([receipt.open_item_id])[receipt.open_item_id]
    days, low = Days(), floors([own.pk]).get(own.pk, receipt.value_date)
    day = days.open_day(receipt.company_id, max(receipt.value_date, own.document_date, low))
    return drafts.application(
        days.books(receipt.company, receipt.currency, day), parts=[Part(item_state(own), -amount)], day=day, kind="transfer",
        source=f"transfer:{receipt.pk}:{receipt.version}", others=[("intercompany", -amount)],
        narrative=f"{receipt.number} is {customer.company.code}'s: {reason.strip()}"[:300],
    )  # fmt: skip


def _in(receipt: Receipt, amount: int, customer: Customer, number: str, left: int) -> EntryDraft:
    """In the books of the company whose customer paid."""
    days = Days()
    day = days.open_day(customer.company_id, receipt.value_date)
    base = days.books(customer.company, receipt.currency, day).base(amount)
    item = NewItem(customer.pk, OpenItem.Kind.RECEIPT, number, day, day, -amount, -base)
    lines = (LineDraft("intercompany", amount, base), LineDraft(item.account, -amount, -base, item))
    words = f"{receipt.number} of {receipt.company.code}"
    return EntryDraft(customer.company_id, "transfer", receipt.currency, day, f"transfer-in:{left}", lines, words, opens=item)


def _part(whole: Receipt, amount: int, customer: Customer, number: str, item: int, actor: Actor) -> Receipt:
    return Receipt.objects.create(
        company_id=customer.company_id, bank_account_id=whole.bank_account_id, number=number, amount=amount, currency=whole.currency,
        value_date=whole.value_date, payer_name=whole.payer_name, payer_account=whole.payer_account, payer_bank=whole.payer_bank,
        text=whole.text, structured=whole.structured, channel=whole.channel, customer=customer, open_item_id=item, split_from=whole,
        created_by=actor.label,
    )  # fmt: skip


def take_transfer_back(*, actor: Actor, match: Match, receipt: Receipt, today: date, reason: str) -> Receipt:
    """Undo the other company's side of a transfer, untouched since; answers with what had been its receipt. In the caller's transaction.

    Raises NothingToUndo, LedgerError, NotAllowed.
    """
    parts = Receipt.objects.select_related("open_item__opened_by").select_for_update(of=("self",), no_key=True)
    part = parts.filter(split_from=receipt, open_item__opened_by__source=f"transfer-in:{match.entry_id}").first()
    if part is None or part.open_item.balance != part.open_item.amount or part.returned_on:
        raise NothingToUndo("take back what the other company did with it first")
    require(actor, "cash.apply", part.company_id)
    opened = part.open_item.opened_by
    day = Days().open_day(part.company_id, max(today, opened.effective_date))
    reverse_entries(entries=[opened], day=day, actor=actor, reason=reason or "undone")
    return part


def handed_over(receipt: Receipt) -> Receipt | None:
    """The receipt of another company that this one was handed to, if it was and wasn't taken back."""
    return receipt.parts.filter(joined_back=False).exclude(company=receipt.company_id).select_related("company").first()
