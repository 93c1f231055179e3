"""Receipts set off against items, many at once: payers named, applications posted, matches written, short payments disputed.

The one place where cash meets invoices; people's work and the engine's both end here. Callers hold the receipts locked.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.db import transaction

from arops.lib.bulk import update_rows
from cashapp.engine import Allocation
from cashapp.models import Match, MatchProposal, Receipt
from cashapp.selectors.settlement import Days, floors
from cashapp.services.errors import AllocationError
from disputes.selectors import disputed_by_item
from disputes.services import NewDispute, open_disputes
from ledger import drafts, posting
from ledger.drafts import DraftError, EntryDraft, NewItem, Part
from ledger.models import OpenItem
from ledger.selectors import item_state, lock_items
from org.actors import Actor
from workflow.models import Event
from workflow.services import record_many

UNSAID = "short_payment"
"""A dispute's reason where the payer gave none."""


@dataclass(frozen=True, slots=True)
class Share:
    """What one item gets, all with the sign of its balance: `amount` of the cash, and what else becomes of it.

    `short` stays open and is disputed for `reason` (a dispute's reason code). `charges` are what banks kept at our cost, `withheld` is
    tax that the payer kept by law: both leave the item and go to accounts of their own.
    """

    item_id: int
    amount: int
    discount: int = 0
    write_off: int = 0
    short: int = 0
    reason: str = UNSAID
    charges: int = 0
    withheld: int = 0

    @property
    def settled(self) -> int:
        """What leaves the item."""
        return self.amount + self.discount + self.write_off + self.charges + self.withheld

    @classmethod
    def of(cls, a: Allocation) -> "Share":
        """An engine's allocation as a share."""
        return cls(a.item_id, a.amount, a.discount, a.write_off, a.short, a.reason or UNSAID, a.charges, a.withheld)


@dataclass(frozen=True, slots=True)
class Settlement:
    """One receipt and where it goes. `customer_id` names the payer if the receipt has none yet; `rest` says the
    remainder stays on account, `alone` that the engine posts it without anybody's look.
    """

    receipt: Receipt
    shares: tuple[Share, ...]
    customer_id: int
    rule: str
    score: int = 0
    reasons: tuple[str, ...] = ()
    rest: bool = False
    alone: bool = False

    @property
    def cash(self) -> int:
        """How much of the receipt is used."""
        return sum(s.amount for s in self.shares)


@transaction.atomic
def settle(settlements: Sequence[Settlement], *, actor: Actor, today: date) -> list[Match]:
    """Post settlements, all or none, in a handful of statements. The shares were checked by the caller; the database judges anyway.

    Raises AllocationError, LedgerError (OverApplied, PeriodNotOpen, MissingRate).
    """
    days = Days()
    named = identify_many([(s.receipt, s.customer_id) for s in settlements if s.receipt.customer_id is None], actor=actor, days=days)
    ids = [i for s in settlements for i in (s.receipt.open_item_id, *(share.item_id for share in s.shares))]
    items = lock_items(ids)
    lows = floors(ids)
    drafted = [_application(s, items, lows, days) for s in settlements]
    posted = posting.post(drafted, actor=actor)
    matches = [
        Match(
            receipt=s.receipt,
            entry_id=p.entry_id,
            identification_id=named.get(s.receipt.pk),
            rule=s.rule,
            score=s.score,
            reasons=list(s.reasons),
            amount=s.cash,
            items=len(s.shares),
            alone=s.alone,
            actor=actor.label,
        )
        for s, p in zip(settlements, posted, strict=True)
    ]
    Match.objects.bulk_create(matches)
    _close(settlements, items)
    _dispute(zip(settlements, matches, strict=True), items, actor, today)
    record_many(_event(s, m, actor) for s, m in zip(settlements, matches, strict=True))
    return matches


def identify_many(pairs: Iterable[tuple[Receipt, int | None]], *, actor: Actor, days: Days) -> dict[int, int]:
    """Name the payers of receipts, or (None) say that they are unknown after all: receipt → the entry. Their money moves whole."""
    wanted = list(pairs)
    if not wanted:
        return {}
    items = lock_items(r.open_item_id for r, _ in wanted)
    lows = floors(items)
    used = set(
        OpenItem.objects.filter(company=wanted[0][0].company_id, kind="receipt", number__in=[r.number for r, _ in wanted]).values_list(
            "number", flat=True
        )
    )
    entries = [_identification(r, customer, items[r.open_item_id], lows, used, days) for r, customer in wanted]
    posted = posting.post(entries, actor=actor)
    for (receipt, customer), p in zip(wanted, posted, strict=True):
        receipt.customer_id, receipt.open_item_id = customer, p.item_id  # type: ignore[assignment]
    update_rows([r for r, _ in wanted], ["customer", "open_item"])
    return {r.pk: p.entry_id for (r, _), p in zip(wanted, posted, strict=True)}


def _identification(
    receipt: Receipt, customer: int | None, found: OpenItem, lows: dict[int, date], used: set[str], days: Days
) -> EntryDraft:
    if found.balance != found.amount:
        raise AllocationError(f"part of {receipt.number} is applied: take that back before changing its payer")
    day = days.open_day(receipt.company_id, max(receipt.value_date, found.document_date, lows.get(found.pk, receipt.value_date)))
    number = receipt.number if receipt.number not in used else f"{receipt.number}/{receipt.version + 1}"
    if customer is None:
        number = f"{receipt.number}/U{receipt.version + 1}"
    account = "unidentified" if customer is None else "receivable"
    item = NewItem(customer, "receipt", number, day, day, found.balance, found.base_balance, account=account)
    books = days.books(receipt.company, receipt.currency, day)
    return drafts.identification(books, found=item_state(found), item=item, day=day, source=f"identify:{receipt.pk}:{receipt.version}")


def _application(s: Settlement, items: dict[int, OpenItem], lows: dict[int, date], days: Days) -> EntryDraft:
    own = items[s.receipt.open_item_id]
    named = [items[share.item_id] for share in s.shares]
    day = days.open_day(
        s.receipt.company_id,
        max([s.receipt.value_date, *(i.document_date for i in (own, *named)), *(lows[i.pk] for i in (own, *named) if i.pk in lows)]),
    )
    others = [
        ("discount", sum(x.discount for x in s.shares)), ("rounding", sum(x.write_off for x in s.shares)),
        ("bank_charges", sum(x.charges for x in s.shares)), ("withheld", sum(x.withheld for x in s.shares)),
    ]  # fmt: skip
    try:
        parts = [Part(item_state(own), -s.cash), *(Part(item_state(items[x.item_id]), x.settled) for x in s.shares)]
        return drafts.application(
            days.books(s.receipt.company, s.receipt.currency, day),
            parts=parts,
            day=day,
            source=f"match:{s.receipt.pk}:{s.receipt.version}",
            others=others,
            narrative=f"{s.receipt.number}: {s.rule}"[:300],
        )
    except DraftError as error:
        raise AllocationError(f"{s.receipt.number}: {error}") from None


def _close(settlements: Sequence[Settlement], items: dict[int, OpenItem]) -> None:
    """What the receipts look like afterwards; proposals of what is done with are thrown away."""
    for s in settlements:
        left = -items[s.receipt.open_item_id].balance - s.cash
        s.receipt.on_account = s.rest and left > 0
        s.receipt.version += 1
        s.receipt.question = "" if left == 0 or s.rest else s.receipt.question
    update_rows([s.receipt for s in settlements], ["on_account", "version", "question"])
    Receipt.objects.filter(pk__in=[s.receipt.pk for s in settlements]).update(lease_by=None, lease_until=None)
    MatchProposal.objects.filter(receipt__in=[s.receipt.pk for s in settlements]).delete()


def _dispute(matched: Iterable[tuple[Settlement, Match]], items: dict[int, OpenItem], actor: Actor, today: date) -> None:
    """Open a dispute over each short part that isn't contested already."""
    short = [(s, m, share) for s, m in matched for share in s.shares if share.short > 0]
    contested = disputed_by_item([share.item_id for *_, share in short]) if short else {}
    wanted = []
    for s, m, share in short:
        item = items[share.item_id]
        amount = min(share.short, item.balance - share.settled - contested.get(item.pk, 0))
        if amount > 0:
            contested[item.pk] = contested.get(item.pk, 0) + amount
            source = f"short_pay:{m.pk}:{item.pk}"
            wanted.append(NewDispute(item, amount, share.reason, source, s.receipt.text[:2000], kind="deduction", receipt_ref=s.receipt.pk))
    if wanted:
        open_disputes(actor=actor, wanted=wanted, today=today)


def _event(s: Settlement, match: Match, actor: Actor) -> Event:
    data = {
        "receipt": s.receipt.number,
        "amount": s.cash,
        "currency": s.receipt.currency,
        "rule": s.rule,
        "items": [x.item_id for x in s.shares][:50],
    }
    return Event(
        actor=actor.label, type="match.posted", company_id=s.receipt.company_id, customer_ref=s.receipt.customer_id, data=data,
        subject_type="cashapp.receipt", subject_id=s.receipt.pk,
    )  # fmt: skip
