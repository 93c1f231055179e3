"""Bank details that customers are paid back to. They never change: other details are proposed anew.

Whoever proposes doesn't approve. With the approval the contacts known before are told, and the account rests for some days
(`MatchPolicy.payout_wait_days`), so that a customer whose mailbox somebody else reads can still object.
"""

import unicodedata
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from stdnum import bic, iban
from stdnum.exceptions import ValidationError
from stdnum.us import rtn

from arops.lib import money
from arops.lib.merging import day_in, language_of
from arops.lib.words import by_language
from cashapp.models import PayoutAccount
from cashapp.selectors.engine_input import policy_of
from cashapp.services.refunds.errors import PayoutRefused
from customers.models import Customer
from messaging.services import RESTS, queue_message
from org.actors import Actor, SystemActor, require
from workflow.models import StoredFile
from workflow.services import record
from workflow.services.approvals import MakerIsChecker

State = PayoutAccount.State
TELLER = SystemActor("payouts")


@dataclass(frozen=True, slots=True)
class Details:
    """Bank details as somebody types them. `scheme` is iban (account is the IBAN, bank the BIC) or us (account and ABA routing number)."""

    holder: str
    scheme: str
    account: str
    bank: str
    country: str
    currency: str


def checked(details: Details) -> Details:
    """The details in one spelling, their check digits right. Raises PayoutRefused naming what is wrong.

    Sources: ISO 13616 (IBAN, mod 97), ISO 9362 (BIC), ABA routing number check digit.
    """
    holder, currency = " ".join(unicodedata.normalize("NFKC", details.holder).split()), details.currency.upper()
    if not holder:
        raise PayoutRefused("say in whose name the account is")
    if not holder.isprintable() or len(_alphabets(holder)) > 1:
        raise PayoutRefused("the holder’s name has signs that can’t be seen, or letters of two alphabets that look alike: type it anew")
    if currency not in money.currencies():
        raise PayoutRefused(f"{currency or 'nothing'} is no currency")
    account, bank = _checked_iban(details) if details.scheme == "iban" else _checked_us(details)
    country = account[:2] if details.scheme == "iban" else "US"
    return Details(holder, details.scheme, account, bank, country, currency)


def _alphabets(text: str) -> set[str]:
    """Alphabets with letters that look like each other's: a name in two of them is made to look like another one."""
    found = {unicodedata.name(sign, "").partition(" ")[0] for sign in text if sign.isalpha()}
    return found & {"LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE"}


def _checked_iban(details: Details) -> tuple[str, str]:
    try:
        account = iban.validate(details.account)
    except ValidationError:
        raise PayoutRefused("the IBAN is wrong: its check digits don’t fit") from None
    try:
        return account, bic.validate(details.bank) if details.bank.strip() else ""
    except ValidationError:
        raise PayoutRefused("the BIC is wrong: it has 8 or 11 characters") from None


def _checked_us(details: Details) -> tuple[str, str]:
    account = "".join(details.account.split()).replace("-", "")
    if not (account.isascii() and account.isdigit() and 4 <= len(account) <= 17):
        raise PayoutRefused("an account number has 4 to 17 digits")
    try:
        return account, rtn.validate(details.bank)
    except ValidationError:
        raise PayoutRefused("the routing number is wrong: nine digits, the last a check digit") from None


@transaction.atomic
def propose_payout_account(
    *, actor: Actor, customer: Customer, details: Details, words: str, evidence: StoredFile | None = None
) -> PayoutAccount:
    """Bank details that somebody else is to approve; `words` say where they come from. Raises PayoutRefused, NotAllowed."""
    require(actor, "bankdetails.edit", customer.company_id)
    good = checked(details)
    if not words.strip():
        raise PayoutRefused("say where the details come from, and how you checked them")
    same = PayoutAccount.objects.filter(customer=customer, currency=good.currency, account=good.account, bank=good.bank)
    if same.filter(state__in=[State.PROPOSED, State.ACTIVE]).exists():
        raise PayoutRefused("these details are there already")
    payout = PayoutAccount.objects.create(
        customer=customer, holder=good.holder, country=good.country, currency=good.currency, account=good.account, bank=good.bank,
        scheme=good.scheme, words=words.strip()[:500], evidence=evidence, proposed_by=actor.label,
    )  # fmt: skip
    _record(actor, "payout_account.proposed", payout)
    return payout


@transaction.atomic
def approve_payout_account(*, actor: Actor, payout: PayoutAccount, today: date, now: datetime, words: str) -> PayoutAccount:
    """Allow bank details that somebody else proposed, saying how they were checked: those before are retired, the contacts known before
    are told.

    Raises PayoutRefused, MakerIsChecker, NotAllowed.
    """
    if not words.strip():
        raise PayoutRefused("say how you checked them: who was called, at which number")
    held = _held(payout, actor)
    wait = policy_of(held.customer.company_id).payout_wait_days
    PayoutAccount.objects.filter(customer=held.customer_id, currency=held.currency, state=State.ACTIVE).update(
        state=State.RETIRED, retired_at=now
    )
    held.usable_from = today + timedelta(days=wait)
    _decide(held, State.ACTIVE, actor, now, words)
    _tell_contacts(held, now)
    _record(actor, "payout_account.approved", held, usable_from=held.usable_from.isoformat())
    return held


@transaction.atomic
def refuse_payout_account(*, actor: Actor, payout: PayoutAccount, now: datetime, words: str) -> PayoutAccount:
    """Refuse bank details, with the reason. Raises PayoutRefused, MakerIsChecker, NotAllowed."""
    if not words.strip():
        raise PayoutRefused("say why they are refused")
    held = _held(payout, actor)
    _decide(held, State.REFUSED, actor, now, words)
    _record(actor, "payout_account.refused", held, reason=held.decided_words)
    return held


@transaction.atomic
def retire_payout_account(*, actor: Actor, payout: PayoutAccount, now: datetime, words: str) -> PayoutAccount:
    """Use bank details no longer; refunds to them that weren't handed over can't be any more. Raises PayoutRefused, NotAllowed."""
    require(actor, "bankdetails.edit", payout.customer.company_id)
    held = PayoutAccount.objects.select_for_update(no_key=True).get(pk=payout.pk)
    if held.state not in (State.ACTIVE, State.PROPOSED):
        raise PayoutRefused(f"these details are {held.get_state_display()} already")
    held.state, held.retired_at = State.RETIRED, now
    held.save(update_fields=["state", "retired_at"])
    _record(actor, "payout_account.retired", held, reason=words.strip()[:300])
    return held


def _held(payout: PayoutAccount, actor: Actor) -> PayoutAccount:
    """The row, locked, for whoever may decide on it."""
    require(actor, "bankdetails.approve", payout.customer.company_id)
    # Two proposals of one customer are decided one after the other: the later one takes the earlier one's place.
    rows = PayoutAccount.objects.select_for_update(of=("self",), no_key=True).filter(customer=payout.customer_id).order_by("pk")
    held = next(row for row in rows.select_related("customer__company") if row.pk == payout.pk)
    if held.state != State.PROPOSED:
        raise PayoutRefused(f"these details are {held.get_state_display()} already")
    if not actor.label.startswith("user:"):
        raise MakerIsChecker("only a person approves bank details")
    if held.proposed_by == actor.label:
        raise MakerIsChecker("whoever proposed the details doesn’t decide on them")
    return held


def _decide(held: PayoutAccount, state: PayoutAccount.State, actor: Actor, now: datetime, words: str) -> None:
    held.state, held.decided_by, held.decided_at, held.decided_words = state, actor.label, now, words.strip()[:300]
    held.save(update_fields=["state", "decided_by", "decided_at", "decided_words", "usable_from"])


def _tell_contacts(payout: PayoutAccount, now: datetime) -> None:
    """Write to those who were contacts before the details were proposed: a contact added with them may be the thief."""
    customer = payout.customer
    known = customer.contacts.filter(is_active=True, created_at__lt=payout.proposed_at).exclude(email="")
    to = sorted(set(known.values_list("email", flat=True)))[:20]
    language = language_of(customer.language)
    letter = _LETTERS[language]
    words = {
        "holder": payout.holder, "end": payout.account[-4:], "company": customer.company.name,
        "day": day_in(payout.usable_from, language) if payout.usable_from else "–",
        "customer": customer.name,
    }  # fmt: skip
    queue_message(
        actor=TELLER, company=customer.company, customer=customer, kind="bank_details", dedupe_key=f"payout:{payout.pk}", recipients=to,
        subject=letter["changed.subject"],
        body=letter["changed.body"].format(**words), channel="email" if to else "letter", not_before=now + RESTS,
    )  # fmt: skip


_LETTERS = by_language("refund")
"""Subject and text by language; only the end of the account stands in them."""


def _record(actor: Actor, type: str, payout: PayoutAccount, **data: object) -> None:
    record(
        actor=actor, type=type, company_id=payout.customer.company_id, subject=payout, customer_id=payout.customer_id,
        holder=payout.holder, ends_in=payout.account[-4:], currency=payout.currency, **data,
    )  # fmt: skip
