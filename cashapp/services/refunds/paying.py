"""Refunds seen leaving the bank: known by their number in the statement, or said by a person; those that came back."""

from collections.abc import Sequence
from datetime import date

from django.db import transaction

from arops.lib.refusal import Refused
from cashapp.models import BankAccount, Refund, StatementLine
from cashapp.selectors.settlement import Days
from cashapp.services.refunds.asking import _end, _record, locked_refund
from cashapp.services.refunds.errors import RefundRefused
from ledger import drafts, posting
from ledger.models import Account, Line
from ledger.services import reverse_entries
from org.actors import Actor, require
from org.models import Company

State = Refund.State


@transaction.atomic
def pay_refund(
    *, actor: Actor, refund: Refund, bank_account: BankAccount, day: date, line: StatementLine | None = None, reference: str = ""
) -> Refund:
    """Say that a refund left an account of ours: refunds payable against cash. `line` is the bank's line; without one a person says so.

    Raises RefundRefused, LedgerError, NotAllowed.
    """
    require(actor, "refunds.export", refund.company_id)
    held = locked_refund(refund)
    if held.state != State.EXPORTED:
        raise RefundRefused(f"{held.number} is {held.get_state_display()}: only what was handed to payables can be paid")
    if bank_account.company_id != held.company_id or bank_account.currency != held.currency:
        raise RefundRefused("choose an account of the company in the refund’s currency")
    if line and (line.amount, line.currency, line.statement.bank_account_id) != (-held.amount, held.currency, bank_account.pk):
        raise RefundRefused("the bank’s line is of another amount or account")
    if line and Refund.objects.filter(paid_line=StatementLine.objects.select_for_update(no_key=True).get(pk=line.pk)).exists():
        raise RefundRefused("the bank’s line pays another refund")
    held.payout_id = _post(held, bank_account, day, line, actor)
    held.state, held.paid_on, held.paid_line = State.PAID, day, line
    held.bank_reference = (reference or (line.bank_reference if line else ""))[:140]
    held.version += 1
    held.save(update_fields=["state", "paid_on", "paid_line", "bank_reference", "payout", "version"])
    _record(actor, "refund.paid", held, day=day.isoformat(), reference=held.bank_reference)
    return held


def _post(held: Refund, account: BankAccount, day: date, line: StatementLine | None, actor: Actor) -> int:
    """The entry; its source names the bank's line, by which the day's reconciliation ties the two."""
    booked = Line.objects.get(entry=held.entry_id, account__kind=Account.Kind.REFUNDS)
    days = Days()
    on = days.open_day(held.company_id, max(day, booked.entry.effective_date))
    draft = drafts.payout(
        days.books(held.company, held.currency, on), amount=held.amount, base_amount=-booked.base_amount,
        cash_account_id=account.ledger_account_id, day=on, narrative=f"{held.number} paid",
        source=f"refund-paid:{line.pk}" if line else f"refund-paid:by-hand:{held.pk}:{held.version}",
    )  # fmt: skip
    return posting.post_one(draft, actor=actor).entry_id


@transaction.atomic
def return_refund(*, actor: Actor, refund: Refund, reason: str, day: date) -> Refund:
    """A refund that came back, or was never paid out: its entries are taken back, the credit is open again.

    Raises RefundRefused, LedgerError, NotAllowed.
    """
    require(actor, "refunds.export", refund.company_id)
    held = locked_refund(refund)
    if not reason.strip():
        raise RefundRefused("say why it came back")
    if held.state not in (State.EXPORTED, State.PAID) or held.entry is None:
        raise RefundRefused(f"{held.number} is {held.get_state_display()}")
    if held.payout is not None:
        on = Days().open_day(held.company_id, max(day, held.payout.effective_date))
        reverse_entries(entries=[held.payout], day=on, actor=actor, reason=f"{held.number}: {reason.strip()}")
    return _end(held, State.RETURNED, held.entry, actor, reason, day)


def pay_from_statements(*, actor: Actor, company: Company) -> list[Refund]:
    """Pay what the bank's statements show leaving: a debit of the amount that bears the refund's number, once. Safe to repeat;
    what can't be paid stops nothing else."""
    waiting = {r.number: r for r in Refund.objects.filter(company=company, state=State.EXPORTED)}
    paid = []
    for line in _debits(company, {-r.amount for r in waiting.values()}) if waiting else ():
        refund = next((r for number, r in waiting.items() if -r.amount == line.amount and _bears(line, number)), None)
        if refund is None or refund.currency != line.currency:
            continue
        try:
            pay_refund(actor=actor, refund=refund, bank_account=line.statement.bank_account, day=line.booking_date, line=line)
        except Refused:  # somebody was quicker, or no period is open: its page still shows the line
            continue
        paid.append(waiting.pop(refund.number))
    return paid


def _debits(company: Company, amounts: set[int]) -> Sequence[StatementLine]:
    free = StatementLine.objects.filter(
        statement__bank_account__company=company, treatment=StatementLine.Treatment.NOT_RECEIVABLE, amount__in=amounts, refund=None
    )
    return list(free.select_related("statement__bank_account__company").order_by("booking_date", "pk"))


def _bears(line: StatementLine, number: str) -> bool:
    words = f"{line.end_to_end_id} {line.customer_reference} {line.bank_reference} {line.text}".replace(",", " ").split()
    return number in words
