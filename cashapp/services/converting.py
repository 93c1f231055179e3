"""A payment in one currency for a debt in another: as much of the receipt as is used becomes a receipt in the currency of the debt, by an
entry in either currency, and pays it. Taken back in one act, with what it paid."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

from arops.lib import money
from cashapp.engine.exchange import plain, strays, worth
from cashapp.engine.other_currency import SPREAD
from cashapp.models import Match, Receipt
from cashapp.selectors.converting import rate_of_day
from cashapp.selectors.settlement import Days, floors
from cashapp.services.applying import apply_receipt
from cashapp.services.errors import AllocationError, NothingToUndo
from cashapp.services.holding import hold, touch
from cashapp.services.judging import payer_for
from cashapp.services.learning import learn_payer
from cashapp.services.matching import refresh_proposals
from cashapp.services.settling import Share, identify_many
from cashapp.services.working import drop_drafts
from ledger import drafts, posting
from ledger.drafts import EntryDraft, NewItem, Part
from ledger.models import Entry, OpenItem
from ledger.selectors import item_state, lock_items
from ledger.services import reverse_entries
from org.actors import Actor, require
from workflow.services import record

CONVERSION = "conversion"


@dataclass(frozen=True, slots=True)
class Exchange:
    """What of a receipt is used (minor units of its currency) and at which rate: units of the debt's currency for one of the receipt's.
    `reason` says why the rate isn't the day's."""

    cash: int
    rate: Decimal
    reason: str = ""


@transaction.atomic
def convert_receipt(
    *, actor: Actor, receipt: Receipt, version: int, item: OpenItem, exchange: Exchange, today: date, now: datetime, pay: bool = True
) -> Receipt:
    """Pay an item of another currency out of a receipt; answers with the part of it that is in that currency now. Without `pay` the part
    waits in the queue instead, for items to be chosen.

    The rate is the one of the receipt's day, or one near it with a reason. Exchange gain or loss is booked by the ledger. Raises
    StaleReceipt, AllocationError, OutsideGroup, LedgerError (MissingRate, PeriodNotOpen), NotAllowed.
    """
    require(actor, "cash.apply", receipt.company_id)
    held = hold(receipt, actor=actor, version=version, now=now)
    owner = payer_for(held, {item.customer_id or 0}, actor=actor, payer_id=None)
    named = _name(held, owner, actor)
    items = lock_items([held.open_item_id, item.pk])
    own = items[held.open_item_id]
    gets = _judge(held, -own.balance, _owed(held, items.get(item.pk), actor), exchange, pay=pay)
    number = f"{held.number}-{held.parts.count() + 2}"
    words = _words(held, exchange, item, gets, number)
    out, into = posting.post(_drafts(held, own, items[item.pk], exchange, gets, owner, number, words), actor=actor)
    part = _part(held, item.currency, gets, owner, number, into.item_id or 0, actor)
    Match.objects.create(
        receipt=held, entry_id=out.entry_id, identification_id=named, rule=CONVERSION, reasons=[words], amount=exchange.cash,
        actor=actor.label,
    )  # fmt: skip
    touch(held, on_account=False, lease_by=None, lease_until=None)
    drop_drafts(held)
    record(
        actor=actor, type="receipt.converted", company_id=held.company_id, subject=held, customer_id=held.customer_id, receipt=held.number,
        part=number, amount=exchange.cash, currency=held.currency, gets=gets, into=item.currency, rate=str(exchange.rate),
        reason=exchange.reason.strip(),
    )  # fmt: skip
    if pay:
        apply_receipt(actor=actor, receipt=part, version=part.version, shares=[Share(item.pk, gets)], today=today, now=now)
    refresh_proposals(held, *([] if pay else [part]), today=today)
    return part


def _name(receipt: Receipt, owner: int, actor: Actor) -> int | None:
    """Whose money it is, where nobody knew and nothing of it is used yet; the entry."""
    if receipt.customer_id or receipt.open_item.balance != receipt.open_item.amount:
        return None
    named = identify_many([(receipt, owner)], actor=actor, days=Days())
    learn_payer(receipt, owner, actor=actor)
    return named[receipt.pk]


def _owed(receipt: Receipt, item: OpenItem | None, actor: Actor) -> OpenItem:
    """The item as it stands, if it is one that a payment in another currency may pay."""
    seen = OpenItem.objects.visible_to(actor, "cash.apply").collectable().filter(company=receipt.company_id, customer__isnull=False)
    if item is None or not seen.filter(pk=item.pk).exists():
        raise AllocationError("the item is not among those you can apply cash to")
    if item.currency == receipt.currency:
        raise AllocationError(f"{item.number} is in {item.currency} like the receipt: apply it as any other")
    if item.balance <= 0:
        raise AllocationError(f"nothing is open on {item.number}")
    return item


def _judge(receipt: Receipt, unapplied: int, item: OpenItem, exchange: Exchange, *, pay: bool) -> int:
    """What the money is worth in the item's currency, when all is well."""
    if not 0 < exchange.cash <= unapplied:
        left = money.format(unapplied, receipt.currency)
        raise AllocationError(f"use more than nothing and no more than the {left} {receipt.currency} that are left of {receipt.number}")
    of_day = rate_of_day(receipt, item.currency)
    if exchange.rate <= 0 or strays(exchange.rate, of_day):
        raise AllocationError(
            f"1 {receipt.currency} was worth {plain(of_day)} {item.currency} on {receipt.value_date}: a rate further from that than "
            f"{plain(SPREAD * 100)} % is no payer's bank's; have the day's rate corrected if it is wrong"
        )
    if exchange.rate != of_day and not exchange.reason.strip():
        raise AllocationError(f"say why the rate isn't that of the day, {plain(of_day)}")
    gets = worth(exchange.cash, receipt.currency, exchange.rate, item.currency, item.balance)
    if gets <= 0:
        raise AllocationError(f"that is worth nothing in {item.currency}")
    if pay and gets > item.balance:
        open_, said = money.format(item.balance, item.currency), money.format(gets, item.currency)
        raise AllocationError(f"{item.number}: {said} {item.currency} is more than the {open_} that are open: use less, or convert only")
    return gets


def _words(receipt: Receipt, exchange: Exchange, item: OpenItem, gets: int, number: str) -> str:
    paid = f"{money.to_text(exchange.cash, receipt.currency)} {receipt.currency}"
    told = f"{paid} became {money.to_text(gets, item.currency)} {item.currency} as {number}, at {plain(exchange.rate)}"
    return f"{told}: {exchange.reason.strip()}"[:300] if exchange.reason.strip() else told


def _drafts(
    receipt: Receipt, own: OpenItem, item: OpenItem, exchange: Exchange, gets: int, owner: int, number: str, words: str
) -> tuple[EntryDraft, EntryDraft]:  # fmt: skip
    days, low = Days(), floors([own.pk]).get(own.pk, receipt.value_date)
    day = days.open_day(receipt.company_id, max(receipt.value_date, own.document_date, low))
    opened = NewItem(owner, OpenItem.Kind.RECEIPT, number, day, day, -gets, 0)
    return drafts.conversion(
        days.books(receipt.company, receipt.currency, day), days.books(receipt.company, item.currency, day), item=opened, day=day,
        part=Part(item_state(own), -exchange.cash), source=f"convert:{receipt.pk}:{receipt.version}",
        narrative=f"{receipt.number}: {words}"[:300],
    )  # fmt: skip


def _part(whole: Receipt, currency: str, amount: int, owner: int, number: str, item: int, actor: Actor) -> Receipt:
    return Receipt.objects.create(
        company_id=whole.company_id, bank_account_id=whole.bank_account_id, number=number, amount=amount, currency=currency,
        value_date=whole.value_date, payer_name=whole.payer_name, payer_account=whole.payer_account, payer_bank=whole.payer_bank,
        text=whole.text, channel=whole.channel, customer_id=owner, open_item_id=item, split_from=whole, created_by=actor.label,
    )  # fmt: skip


def converted_by(match: Match) -> Receipt:
    """The receipt in another currency that a conversion made. Raises NothingToUndo when it is gone."""
    parts = Receipt.objects.select_related("open_item").filter(split_from=match.receipt_id, joined_back=False)
    part = parts.filter(open_item__lines__entry__source=f"{match.entry.source}:in").first()
    if part is None:
        raise NothingToUndo("this was taken back already")
    return part


def take_conversion_back(*, actor: Actor, match: Match, day: date | None, reason: str) -> Receipt:
    """Undo the other currency's side of a conversion, untouched by now; answers with what had been its receipt. In the caller's
    transaction. It takes effect on `day`, or as if it never happened. Raises NothingToUndo, LedgerError."""
    part = converted_by(match)
    if part.open_item.balance != part.open_item.amount or part.returned_on:
        raise NothingToUndo(f"take back what was done with {part.number} first")
    opened = Entry.objects.get(source=f"{match.entry.source}:in")
    latest = max(opened.effective_date, floors([part.open_item_id]).get(part.open_item_id, opened.effective_date))
    on = Days().open_day(part.company_id, max(day or latest, latest))
    reverse_entries(entries=[opened], day=on, actor=actor, reason=reason or "undone")
    return part
