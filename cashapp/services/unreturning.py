"""A return that never was: the receipt stands again, by new entries, and pays again what it had paid, as far as that is still open."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db import transaction

from cashapp.models import DayReconciliation, Match, PayerAlias, Receipt, StatementLine
from cashapp.selectors.settlement import Days, parts_of
from cashapp.services.errors import NothingToUndo
from cashapp.services.holding import locked, touch
from cashapp.services.learning import learn_payer
from cashapp.services.matching import refresh_proposals
from cashapp.services.settling import Settlement, Share, settle
from disputes.models import Dispute
from ledger import drafts, posting
from ledger.drafts import EntryDraft, LineDraft, NewItem
from ledger.models import Account, Entry, Line, OpenItem
from ledger.selectors import lock_items
from ledger.services import reverse_entries
from org.actors import Actor, require
from workflow.models import Event
from workflow.services import record

AGAIN = "receipt-again:"
"""How the entry that has the money again names the line that had taken it back: the two are one to the bank's day."""
_BESIDE = {"discount": "discount", "rounding": "write_off", "bank_charges": "charges", "withheld": "withheld"}
_MOVES = (Entry.Kind.RECEIPT, Entry.Kind.IDENTIFICATION, Entry.Kind.TRANSFER)


@dataclass
class Again:
    """What came of it: how many applications were made again, and the numbers of items that were paid otherwise meanwhile."""

    receipt: Receipt
    applied: int = 0
    left: list[str] = field(default_factory=list)


@transaction.atomic
def undo_return(*, actor: Actor, receipt: Receipt, reason: str, today: date, now: datetime) -> Again:
    """The bank didn't take this money back after all. It takes effect on the day of the return, or today once that day of the bank is
    signed. The fee is taken back, the statement's line waits for the receipt it is about, refunds that were cancelled stay so.

    Raises NothingToUndo, LedgerError, NotAllowed.
    """
    require(actor, "cash.reverse", receipt.company_id)
    held = locked([receipt.pk])[0]
    told = _told(held, reason)
    entries = list(Entry.objects.filter(pk__in=told["entries"]).order_by("pk").prefetch_related("lines__account"))
    moves = [e for e in entries if e.kind in _MOVES or e.source.startswith("convert:")]
    made = _move_again(held, moves, _day(held, today), actor)
    receipts = [held, *locked(parts_of(held))]
    for one in receipts:
        touch(one, returned_on=None)
    matches = list(Match.objects.filter(entry__in=entries).order_by("pk"))
    _keep_moves([m for m in matches if m.entry_id in made], made, actor)
    again = Again(held)
    for match in matches:
        if match.entry_id not in made:
            _apply_again(match, again, actor=actor, today=today)
    _settle_claims(held, actor=actor, today=today)
    _leave_on_account(told["on_account"])
    StatementLine.objects.filter(returns=held, handled=True).update(returns=None, handled=False)
    fee = _take_fee_back(held, today, actor)
    _remember(receipts, actor)
    record(
        actor=actor, type="receipt.return_undone", company_id=held.company_id, subject=held, customer_id=held.customer_id,
        receipt=held.number, amount=held.amount, currency=held.currency, reason=reason.strip(), applied=again.applied, left=again.left[:50],
        fee_number=fee,
    )  # fmt: skip
    refresh_proposals(*receipts, today=today)
    again.receipt = locked([held.pk])[0]
    return again


def _told(receipt: Receipt, reason: str) -> Mapping[str, list[int]]:
    """What the return says that it reversed, and what had been on account."""
    if not receipt.returned_on:
        raise NothingToUndo(f"{receipt.number} isn't returned")
    if receipt.split_from_id:
        raise NothingToUndo("this is a part of a payment: undo the return of the whole one")
    if not reason.strip():
        raise NothingToUndo("say how you know that the bank kept the money here")
    told = Event.objects.filter(type="receipt.returned", subject_type="cashapp.receipt", subject_id=receipt.pk).order_by("pk").last()
    if told is None or not told.data.get("entries"):
        raise NothingToUndo("it isn't known any more what this return reversed: record the money as a new receipt")
    return told.data


def _day(receipt: Receipt, today: date) -> date:
    back = receipt.returned_on or today
    signed = DayReconciliation.objects.filter(bank_account=receipt.bank_account_id, day=back, state=DayReconciliation.State.SIGNED)
    return Days().open_day(receipt.company_id, max(today, back) if signed.exists() else back)


def _move_again(receipt: Receipt, moves: Sequence[Entry], day: date, actor: Actor) -> dict[int, int]:
    """The receipt recorded, its payer named, its parts made as before, line by line: entry → the new one."""
    sources = _sources(receipt, moves)
    wanted = [
        EntryDraft(
            e.company_id, e.kind, e.currency, max(day, e.effective_date), sources[e.pk],
            tuple(LineDraft(x.account_id, x.amount, x.base_amount, x.open_item_id) for x in e.lines.all()), e.narrative,
        )
        for e in moves
    ]  # fmt: skip
    return dict(zip([e.pk for e in moves], [p.entry_id for p in posting.post(wanted, actor=actor)], strict=True))


def _sources(receipt: Receipt, moves: Iterable[Entry]) -> dict[int, str]:
    """What the new entries are called; both halves of a conversion stay a pair."""
    found = {e.pk: f"again:{e.pk}:{receipt.version}" for e in moves}
    pairs = {e.source: e.pk for e in moves if e.source.startswith("convert:")}
    for source, pk in pairs.items():
        found[pk] = f"convert:{found[pk]}" if source + ":in" in pairs else f"{found[pairs[source.removesuffix(':in')]]}:in"
    taken = Line.objects.filter(entry__reverses__in=[e.pk for e in moves if e.kind == Entry.Kind.RECEIPT], account__kind=Account.Kind.CASH)
    return found | {entry or 0: f"{AGAIN}{line}" for line, entry in taken.values_list("pk", "entry__reverses")}


def _keep_moves(matches: Iterable[Match], made: Mapping[int, int], actor: Actor) -> None:
    """Splits and conversions can be taken back as before."""
    Match.objects.bulk_create(
        Match(receipt_id=m.receipt_id, entry_id=made[m.entry_id], rule=m.rule, reasons=m.reasons, amount=m.amount, actor=actor.label)
        for m in matches
    )


def _apply_again(match: Match, again: Again, *, actor: Actor, today: date) -> None:
    """What a match had paid, as far as it is still open. Where more than cash was booked, only if all of it is."""
    held = locked([match.receipt_id])[0]
    if held.returned_on or held.customer_id is None:
        return
    lines = [x for x in match.entry.lines.select_related("account", "open_item") if x.open_item_id != held.open_item_id]
    beside = {_BESIDE[x.account.kind]: x.amount for x in lines if x.account.kind in _BESIDE}
    paid = {x.open_item_id: -x.amount for x in lines if x.open_item_id}
    items = lock_items([held.open_item_id, *paid])
    open_ = {pk: part for pk, part in paid.items() if part * items[pk].balance > 0 and abs(part) <= abs(items[pk].balance)}
    fits = {} if beside and len(open_) < len(paid) else open_
    shares = _shares(match, fits, beside, items)
    again.left += [items[pk].number for pk in paid if pk not in fits]
    if 0 < sum(s.amount for s in shares) <= -items[held.open_item_id].balance:
        reasons = (*match.reasons, "again, for its return was undone")
        settle([Settlement(held, shares, held.customer_id, match.rule, match.score, reasons)], actor=actor, today=today)
        again.applied += 1


def _shares(match: Match, paid: Mapping[int, int], beside: Mapping[str, int], items: Mapping[int, OpenItem]) -> tuple[Share, ...]:
    """An application's shares out of its entry. What was booked beside the cash stands on the largest, for the entry tells none."""
    prefix = f"short_pay:{match.pk}:"
    short = {
        d.open_item_id: (d.claimed, d.reason)
        for d in Dispute.objects.filter(source__startswith=prefix, resolution=Dispute.Resolution.WITHDRAWN)
        if d.open_item_id in paid and d.claimed + paid[d.open_item_id] <= items[d.open_item_id].balance
    }
    largest = max(paid, key=lambda pk: paid[pk], default=0)
    found = []
    for pk, settled in paid.items():
        more = dict(beside) if pk == largest else {}
        held_back, why = short.get(pk, (0, "short_payment"))
        found.append(Share(pk, settled - sum(more.values()), short=held_back, reason=why, **more))
    return tuple(found)


def _settle_claims(receipt: Receipt, *, actor: Actor, today: date) -> None:
    """What the customer was to give back of a refund is paid by the money that is here after all."""
    claims = OpenItem.objects.filter(
        company=receipt.company_id, opened_by__source__startswith="refund-claim:", number__endswith=f"/{receipt.number}", balance__gt=0
    )
    for claim in claims.order_by("pk"):
        held = locked([receipt.pk])[0]
        share = Share(claim.pk, min(claim.balance, -lock_items([held.open_item_id])[held.open_item_id].balance))
        if share.amount > 0 and held.customer_id:
            words = ("what was paid back of it, for its return was undone",)
            settle([Settlement(held, (share,), held.customer_id, "manual", reasons=words)], actor=actor, today=today)


def _leave_on_account(receipts: Iterable[int]) -> None:
    for one in locked(list(receipts)):
        if one.customer_id and not one.returned_on and OpenItem.objects.filter(pk=one.open_item_id, balance__lt=0).exists():
            touch(one, on_account=True)


def _take_fee_back(receipt: Receipt, today: date, actor: Actor) -> str:
    """The fee for the return is reversed, or credited where something of it was paid; its number."""
    fees = OpenItem.objects.filter(opened_by__source__startswith=f"returned-fee:{receipt.pk}:", opened_by__reversed_by=None)
    fee = fees.select_related("opened_by").order_by("pk").last()
    if fee is None:
        return ""
    days = Days()
    day = days.open_day(receipt.company_id, max(today, fee.document_date))
    if fee.balance == fee.amount:
        reverse_entries(entries=[fee.opened_by], day=day, actor=actor, reason="its return was undone")
        return fee.number
    item = NewItem(fee.customer_id, OpenItem.Kind.CREDIT_MEMO, f"{fee.number}/C", day, day, -fee.amount, -fee.base_amount)
    books = days.books(receipt.company, receipt.currency, day)
    draft = drafts.document(books, item=item, source=f"returned-fee-back:{fee.pk}", net=-fee.amount, contra="late_fees")
    posting.post_one(draft, actor=actor)
    return fee.number


def _remember(receipts: Iterable[Receipt], actor: Actor) -> None:
    """What they had taught of their payers holds again."""
    for one in receipts:
        if one.customer_id and PayerAlias.objects.filter(learned_from=one, customer=one.customer_id).exists():
            learn_payer(one, one.customer_id, actor=actor)
