"""Returned items: the bank takes money back, so the receipt and all that was done with it is reversed in one act."""

from datetime import date, datetime

from django.db import transaction

from cashapp.models import Match, MatchProposal, Receipt, StatementLine
from cashapp.selectors.engine_input import policy_of
from cashapp.selectors.settlement import Days, parts_of
from cashapp.selectors.undoing import live_entries
from cashapp.services.errors import CashError
from cashapp.services.holding import hold, locked, touch
from cashapp.services.learning import forget_payer
from cashapp.services.refunds.bouncing import claim_back, refunds_of
from cashapp.services.transferring import handed_over
from cashapp.services.undoing import withdraw_disputes
from cashapp.services.working import drop_drafts
from ledger import drafts, posting
from ledger.drafts import NewItem
from ledger.models import OpenItem
from ledger.services import next_numbers, reverse_entries
from org.actors import Actor, require
from workflow.services import record


class ReturnRefused(CashError):
    """A return that doesn't fit; the message says why."""


@transaction.atomic
def return_receipt(
    *, actor: Actor, receipt: Receipt, reason: str, today: date, now: datetime, line: StatementLine | None = None, day: date | None = None,
    waive_fee: bool = False,
) -> Receipt:  # fmt: skip
    """Reverse a receipt with everything that was applied of it; its invoices open again on the bank's day, and the customer is billed
    the fee for returned items of the match policy, where there is one and it isn't waived. What of it was paid back already, the customer
    owes; a refund that isn't handed over yet is cancelled.

    `line` is the statement's line that takes it back (its amount must be the receipt's), `day` the day where there is none.
    Raises ReturnRefused, StaleReceipt, LedgerError, NotAllowed.
    """
    require(actor, "cash.reverse", receipt.company_id)
    held = hold(receipt, actor=actor, now=now)
    line = _held_line(line)
    _check(held, line, reason)
    entries = live_entries(held)
    paid_back = refunds_of(entries)
    wanted = max([line.booking_date if line else day or today, *(e.effective_date for e in entries)])
    posted = reverse_entries(entries=entries, day=Days().open_day(held.company_id, wanted), actor=actor, reason=reason)
    newest = sorted(entries, key=lambda e: -e.pk)
    undone = dict(zip([e.pk for e in newest], [p.entry_id for p in posted], strict=True))
    claim_back(paid_back, receipt=held, reversals=undone, day=wanted, actor=actor)
    matches = _undo_matches(undone)
    withdraw_disputes(matches, actor=actor, today=today)
    receipts = [held, *locked(parts_of(held))]
    kept = [one.pk for one in receipts if one.on_account]
    for one in receipts:
        touch(one, returned_on=wanted, on_account=False, question="", lease_by=None, lease_until=None)
        MatchProposal.objects.filter(receipt=one).delete()
        drop_drafts(one)
        forget_payer(one)
    if line:
        StatementLine.objects.filter(pk=line.pk).update(returns=held, handled=True)
    fee = 0 if waive_fee else fee_of(held)
    number = _bill_fee(held, fee, wanted, actor) if fee else ""
    record(
        actor=actor, type="receipt.returned", company_id=held.company_id, subject=held, customer_id=held.customer_id,
        receipt=held.number, amount=held.amount, currency=held.currency, day=wanted.isoformat(), reason=reason, matches=len(matches),
        fee=fee, fee_number=number, entries=[e.pk for e in entries], on_account=kept,
    )  # fmt: skip
    return held


def fee_of(receipt: Receipt) -> int:
    """What a return of this receipt is billed with, in minor units; 0 where the payer isn't known or the policy has none."""
    return int(policy_of(receipt.company_id).returned_fees.get(receipt.currency, 0)) if receipt.customer_id else 0


def _bill_fee(receipt: Receipt, fee: int, day: date, actor: Actor) -> str:
    """The fee as an open item of the customer, due at once; its number."""
    days = Days()
    on = days.open_day(receipt.company_id, day)
    books = days.books(receipt.company, receipt.currency, on)
    (number,) = next_numbers(company=receipt.company, kind="returned_fee", prefix="RI-")
    item = NewItem(receipt.customer_id, OpenItem.Kind.LATE_FEE, number, on, on, fee, books.base(fee))
    posting.post_one(
        drafts.document(books, item=item, source=f"returned-fee:{receipt.pk}:{receipt.version}", net=fee, contra="late_fees"), actor=actor
    )
    return number


def _check(receipt: Receipt, line: StatementLine | None, reason: str) -> None:
    if receipt.split_from_id:
        raise ReturnRefused("this is a part of a payment: the bank returns the whole one")
    if there := handed_over(receipt):
        raise ReturnRefused(f"it was handed to {there.company.code} as {there.number}: take that back first")
    if not reason.strip():
        raise ReturnRefused("say why it came back")
    if line is None:
        return
    fits = line.amount == -receipt.amount and line.currency == receipt.currency
    if line.handled or line.treatment != StatementLine.Treatment.RETURN or not fits:
        raise ReturnRefused("the line of the statement is dealt with already, or is of another amount")
    if line.statement.bank_account_id != receipt.bank_account_id:
        raise ReturnRefused("the line is of another bank account than the receipt")


def _held_line(line: StatementLine | None) -> StatementLine | None:
    """The bank's line as it stands, held: two people may not return two receipts by one."""
    if line is None:
        return None
    return StatementLine.objects.select_for_update(of=("self",), no_key=True).select_related("statement").get(pk=line.pk)


def _undo_matches(reversals: dict[int, int]) -> list[Match]:
    """Matches whose entries were reversed, with their reversals."""
    found = list(Match.objects.filter(entry__in=reversals))
    for match in found:
        Match.objects.filter(pk=match.pk).update(reversed_by=reversals[match.entry_id])
    return found


@transaction.atomic
def dismiss_return(*, actor: Actor, line: StatementLine, reason: str) -> StatementLine:
    """A returned item that takes back nothing of ours, with the reason. Raises ReturnRefused, NotAllowed."""
    require(actor, "cash.reverse", line.statement.bank_account.company_id)
    if not reason.strip():
        raise ReturnRefused("say why it needs no reversal")
    changed = StatementLine.objects.filter(pk=line.pk, treatment=StatementLine.Treatment.RETURN, handled=False).update(handled=True)
    if not changed:
        raise ReturnRefused("it is dealt with already")
    record(
        actor=actor, type="return.dismissed", company_id=line.statement.bank_account.company_id, subject=line, amount=line.amount,
        currency=line.currency, reason=reason,
    )  # fmt: skip
    return line
