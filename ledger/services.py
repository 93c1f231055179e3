"""Keeping the books: charts of accounts, periods, rates, numbers, reversals."""

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateRange

from arops.lib import money
from ledger import posting
from ledger.drafts import EntryDraft, LineDraft
from ledger.errors import AlreadyReversed, LedgerError
from ledger.models import Account, Entry, FxRate, NumberSeries, OpenItem, Period
from org.actors import Actor, require
from org.models import Company
from workflow.services import record

CHART: tuple[tuple[str, str, str], ...] = (
    ("1200", "Trade receivables", Account.Kind.RECEIVABLE),
    ("1210", "Retainage receivable", Account.Kind.RETAINAGE),
    ("1250", "Tax withheld by customers", Account.Kind.WITHHELD),
    ("1280", "Intercompany clearing", Account.Kind.INTERCOMPANY),
    ("1290", "Allowance for doubtful accounts", Account.Kind.ALLOWANCE),
    ("2100", "Unidentified cash", Account.Kind.UNIDENTIFIED),
    ("2150", "Refunds payable", Account.Kind.REFUNDS),
    ("2200", "Sales tax", Account.Kind.TAX),
    ("4000", "Revenue clearing", Account.Kind.REVENUE_CLEARING),
    ("4800", "Cash discount allowed", Account.Kind.DISCOUNT),
    ("4900", "Late-fee income", Account.Kind.LATE_FEES),
    ("6800", "Bank charges", Account.Kind.BANK_CHARGES),
    ("6900", "Bad debt", Account.Kind.BAD_DEBT),
    ("6950", "Exchange gain and loss", Account.Kind.FX),
    ("6990", "Rounding and tolerance", Account.Kind.ROUNDING),
)
"""Code, name, kind: what `open_books` sets up. Cash accounts come with bank accounts."""


class PeriodStateError(LedgerError):
    """The period is not in a state that allows this."""


@transaction.atomic
def open_books(*, company: Company) -> None:
    """Give a company its accounts; those it has stay as they are."""
    Account.objects.bulk_create(
        (Account(company=company, code=c, name=n, kind=k, is_control=k in Account.CONTROL_KINDS) for c, n, k in CHART),
        ignore_conflicts=True,
    )


@transaction.atomic
def open_periods(*, company: Company, first: date, months: int) -> list[Period]:
    """Monthly periods from the month of `first` on, named like 2026-11; those that exist stay as they are."""
    day, spans = first.replace(day=1), []
    for _ in range(months):
        following = (day + timedelta(days=32)).replace(day=1)
        spans.append((f"{day:%Y-%m}", DateRange(day, following)))
        day = following
    return [Period.objects.get_or_create(company=company, name=name, defaults={"span": span})[0] for name, span in spans]


@transaction.atomic
def close_period(*, period: Period, actor: Actor, at: object) -> Period:
    """Close a period: nothing posts into it any more. Waits for postings under way. Raises PeriodStateError, NotAllowed."""
    return _set_state(period, actor, at, Period.State.CLOSED, "periods.close")


@transaction.atomic
def reopen_period(*, period: Period, actor: Actor, at: object, reason: str) -> Period:
    """Open a closed period again, with a reason for the audit trail. The one who closed it may not re-open it."""
    if not reason.strip():
        raise PeriodStateError("say why the period is re-opened")
    return _set_state(period, actor, at, Period.State.OPEN, "periods.reopen", reason=reason)


def _set_state(period: Period, actor: Actor, at: object, state: str, permission: str, **data: Any) -> Period:
    require(actor, permission, period.company_id)
    period = Period.objects.select_for_update().get(pk=period.pk)
    if period.state == state:
        raise PeriodStateError(f"the period {period.name} is already {state}")
    if state == Period.State.OPEN and period.closed_by == actor.label:  # as it stands now, not as it was looked at
        raise PeriodStateError("a period is re-opened by someone else than the one who closed it")
    closed = state == Period.State.CLOSED
    Period.objects.filter(pk=period.pk).update(state=state, closed_by=actor.label if closed else "", closed_at=at if closed else None)
    record(actor=actor, type=f"period.{state}", company_id=period.company_id, subject=period, name=period.name, **data)
    period.refresh_from_db()
    return period


@transaction.atomic
def set_rate(*, actor: Actor, currency: str, base: str, day: date, rate: Decimal) -> FxRate:
    """Enter or correct the rate of a day: units of `base` for one unit of `currency`. Raises MoneyError for unknown currencies,
    NotAllowed."""
    require(actor, "rates.edit")
    money.exponent(currency), money.exponent(base)
    if currency == base or rate <= 0:
        raise LedgerError("a rate is positive, and between two currencies")
    row, _ = FxRate.objects.update_or_create(currency=currency, base=base, day=day, defaults={"rate": rate})
    record(actor=actor, type="fx_rate.set", currency=currency, base=base, day=day.isoformat(), rate=str(rate))
    return row


class TermsRefused(LedgerError):
    """A due date or purchase order that an item can't have."""


@transaction.atomic
def change_terms(*, actor: Actor, item: OpenItem, due_date: date | None = None, po_number: str | None = None) -> OpenItem:
    """Agree another due date, or correct the purchase order; what was issued stays as issued, and the audit trail keeps both.

    None leaves a field as it is. Raises TermsRefused for a due date before the document's, NotAllowed.
    """
    require(actor, "invoices.issue", item.company_id)
    item = OpenItem.objects.select_for_update(of=("self",), no_key=True).get(pk=item.pk)
    wanted = {"due_date": due_date, "po_number": po_number}
    changes = {name: value for name, value in wanted.items() if value is not None and value != getattr(item, name)}
    if due_date is not None and due_date < item.document_date:
        raise TermsRefused(f"due_date lies before {item.document_date}, the date of the document")
    if changes:
        before = {name: str(getattr(item, name)) for name in changes}
        OpenItem.objects.filter(pk=item.pk).update(**changes)
        after = {name: str(value) for name, value in changes.items()}
        record(
            actor=actor, type="item.changed", company_id=item.company_id, subject=item, customer_id=item.customer_id, number=item.number,
            before=before, after=after,
        )  # fmt: skip
        item.refresh_from_db()
    return item


@transaction.atomic
def move_due_dates(*, actor: Actor, items: Iterable[OpenItem], due_date: date) -> int:
    """Give instalments of a payment plan another day, as its owner agreed (whose right it is, the caller has asked); answers with how many.
    Documents keep the date they were issued with: see `change_terms`. Raises TermsRefused."""
    rows = list(OpenItem.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=[i.pk for i in items]).order_by("pk"))
    if any(row.kind != OpenItem.Kind.INSTALMENT for row in rows):
        raise TermsRefused("only instalments are moved together")
    OpenItem.objects.filter(pk__in=[row.pk for row in rows]).update(due_date=due_date)
    for row in rows:
        record(
            actor=actor, type="item.changed", company_id=row.company_id, subject=row, customer_id=row.customer_id, number=row.number,
            before={"due_date": row.due_date.isoformat()}, after={"due_date": due_date.isoformat()},
        )  # fmt: skip
    return len(rows)


def next_numbers(*, company: Company, kind: str, prefix: str, count: int = 1) -> list[str]:
    """The next `count` numbers of a series, such as CM-000017. Call it last in a transaction: the series stays locked to its end,
    and a roll-back gives the numbers back, so there are no gaps."""
    NumberSeries.objects.get_or_create(company=company, kind=kind, defaults={"prefix": prefix})
    series = NumberSeries.objects.select_for_update().get(company=company, kind=kind)
    first, series.next = series.next, series.next + count
    series.save(update_fields=["next"])
    return [f"{series.prefix}{n:06d}" for n in range(first, first + count)]


@transaction.atomic
def reverse_entries(*, entries: Iterable[Entry], day: date, actor: Actor, reason: str) -> list[posting.Posted]:
    """Undo entries by their mirror images on `day`, the latest first. Raises AlreadyReversed, PeriodNotOpen, OverApplied."""
    ordered = sorted(entries, key=lambda e: -e.pk)
    posted = posting.post([reversal_of(entry, day=day, reason=reason) for entry in ordered], actor=actor)
    if not all(p.created for p in posted):
        raise AlreadyReversed("this was already reversed")
    return posted


def reversal_of(entry: Entry, *, day: date, reason: str) -> EntryDraft:
    """The draft that mirrors an entry line by line. A second one has the same source, and the database refuses it anyway."""
    lines = tuple(LineDraft(line.account_id, -line.amount, -line.base_amount, line.open_item_id) for line in entry.lines.all())
    return EntryDraft(
        entry.company_id, Entry.Kind.REVERSAL, entry.currency, max(day, entry.effective_date), f"reversal:{entry.pk}", lines,
        narrative=reason[:300], reverses_id=entry.pk,
    )  # fmt: skip
