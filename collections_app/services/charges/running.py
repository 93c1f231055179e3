"""A month's late charges of a company: assessed once, a transaction a few hundred customers, so that it can be killed anywhere and go on.

Each batch holds the run's row and leaves out the customers who have been judged in it, so two processes do no harm. What a charge rests on
stands in the charge itself, item by item; `ChargedItem` says for each item which days were judged, and the database lets none be twice.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction

from arops.lib.bulk import copy_rows
from collections_app.models import Charge, ChargeRun
from collections_app.policy.charges import FEE, REASONS, Line
from collections_app.selectors.charges import BATCH, Assessed, ChargeBook, Period, assessed, candidates, month_before, month_of
from collections_app.services.charges.errors import ChargeError
from collections_app.services.charges.notices import send_notices
from collections_app.services.telling import Tell, silent
from customers.models import Customer
from customers.terms import Terms, TermsError, parse_terms
from ledger import drafts, posting
from ledger.drafts import Books, EntryDraft, NewItem
from ledger.errors import MissingRate
from ledger.models import OpenItem
from ledger.selectors import books_of, first_open_day
from ledger.services import next_numbers
from org.actors import Actor, require
from org.models import Company
from workflow.models import Event, Job
from workflow.services import record, record_many
from workflow.services.jobs import create_job, retry_job


@transaction.atomic
def request_run(*, actor: Actor, company: Company, period: Period, today: date) -> Job:
    """Put a month's charges into the queue of background work; ring for the job afterwards. One that broke off is taken up again.

    Raises ChargeError when the month is assessed, not over, or has no policy; NotAllowed.
    """
    require(actor, "charges.run", company.pk)
    run = _run_of(company, period, actor, today)
    if run.finished_at:
        raise ChargeError(f"the charges of {period} are assessed: a month is assessed once")
    params = {"month": period.first.isoformat(), "day": today.isoformat()}
    job = create_job(actor=actor, kind="late_charges", slot=f"charges:{company.code}:{period.first}", company=company, params=params)
    return retry_job(actor=actor, job=job) if job.state in (Job.State.DONE, Job.State.FAILED, Job.State.CANCELLED) else job


def run_charges(
    *, company: Company, period: Period, day: date, actor: Actor, now: datetime, tell: Tell = silent
) -> ChargeRun:  # fmt: skip
    """Assess and post a month's late charges, dated `day`, and tell those whose policy says so; once, however often it is called. `tell`
    hears how far it is, in customers.

    A run that was killed goes on where it stopped. Raises ChargeError when the month is not over, has no policy, or comes before one
    that is assessed; PeriodNotOpen; NotAllowed.
    """
    require(actor, "charges.run", company.pk)
    with transaction.atomic():
        run = _run_of(company, period, actor, day)
    if run.finished_at:
        return run
    book, posted_on = ChargeBook(company, period), first_open_day(company.pk, day)
    if posted_on is None:
        raise ChargeError(f"no accounting period is open on or after {day}: open one first")
    waiting = candidates(book)
    for start in range(0, len(waiting), BATCH):
        _batch(run, book, waiting[start : start + BATCH], posted_on, actor)
        tell(min(start + BATCH, len(waiting)), len(waiting))
    run = _finish(run, actor, now)
    send_notices(company=company, day=day, actor=actor, now=now)
    return run


def charge_last_month(*, company: Company, day: date, actor: Actor, now: datetime) -> dict[str, int]:
    """The night's step: the last whole month, where a policy was in force then and it is not assessed yet; else nothing."""
    period = month_before(day)
    done = ChargeRun.objects.filter(company=company, period_from__gte=period.first, finished_at__isnull=False).exists()
    if done or not ChargeBook(company, period).has_policy:
        return {"charged": 0, "left_out": 0} | send_notices(company=company, day=day, actor=actor, now=now)
    return dict(run_charges(company=company, period=period, day=day, actor=actor, now=now).counts)


def _run_of(company: Company, period: Period, actor: Actor, today: date) -> ChargeRun:
    """The month's run as a row; made when there is none. Raises ChargeError."""
    found: ChargeRun | None = ChargeRun.objects.filter(company=company, period_from=period.first).first()
    if found:
        return found
    if period != month_of(period.first) or period.last >= today:
        raise ChargeError(f"charges are assessed by whole months that are over: {period} isn't")
    later = ChargeRun.objects.filter(company=company, period_from__gt=period.first).order_by("period_from").first()
    if later:
        raise ChargeError(f"{later.period_from:%B %Y} is assessed already, and took in what came before")
    if not ChargeBook(company, period).has_policy:
        raise ChargeError(f"no policy was in force at the end of {period}: add one under Charges, Policy")
    run, made = ChargeRun.objects.get_or_create(
        company=company, period_from=period.first, defaults={"period_to": period.last, "actor": actor.label}
    )
    if made:
        record(actor=actor, type="charges.started", company_id=company.pk, subject=run, period=str(period))
    return run


@transaction.atomic
def _batch(run: ChargeRun, book: ChargeBook, ids: Sequence[int], day: date, actor: Actor) -> None:
    """All charges of some customers, together or not at all."""
    ChargeRun.objects.select_for_update(no_key=True).get(pk=run.pk)
    done = set(run.charges.filter(customer__in=ids).values_list("customer", flat=True))
    made = [_charge(run, found, day) for found in assessed(book, [pk for pk in ids if pk not in done])]
    owed = [m for m in made if m.draft]
    for charge, number in zip(owed, next_numbers(company=run.company, kind="late_fee", prefix="LC-", count=len(owed)), strict=True):
        charge.number_as(number)
    posted = posting.post([m.draft for m in owed if m.draft], actor=actor)
    for charge, entry in zip(owed, posted, strict=True):
        charge.row.open_item_id = entry.item_id
    Charge.objects.bulk_create(m.row for m in made)
    _keep_days(made, run)
    record_many(_event(m, actor) for m in owed)


@dataclass
class Made:
    """A charge about to be written, with its entry where there is one."""

    row: Charge
    lines: tuple[Line, ...]
    keeps_days: bool
    draft: EntryDraft | None = None
    books: Books | None = None

    def number_as(self, number: str) -> None:
        """Name its document."""
        draft = self.draft
        if draft is None or draft.opens is None or self.books is None:
            return
        opened = draft.opens
        item = NewItem(
            opened.customer_id, opened.kind, number, opened.document_date, opened.due_date, opened.amount, opened.base_amount
        )  # fmt: skip
        self.draft = drafts.document(self.books, item=item, source=draft.source, net=item.amount, contra="late_fees")


def _charge(run: ChargeRun, found: Assessed, day: date) -> Made:
    account, said = found.assessment.account, found.assessment
    row = Charge(
        run=run, company_id=run.company_id, customer=found.customer, policy=found.policy, currency=account.currency, amount=said.amount,
        lines=[line_data(line) for line in said.lines], state=Charge.State.LEFT_OUT if said.reason else Charge.State.POSTED,
        because=REASONS.get(said.reason, ""),
    )  # fmt: skip
    keeps = found.policy.basis != FEE
    if said.reason:
        return Made(row, said.lines, keeps)
    try:
        books = books_of(run.company, account.currency, day)
    except MissingRate:
        row.amount, row.state, row.because = 0, Charge.State.LEFT_OUT, REASONS["no_rate"]
        return Made(row, said.lines, False)  # the next run takes these days in, too
    due = _terms_of(found.customer).due_date(day)
    item = NewItem(found.customer.pk, OpenItem.Kind.LATE_FEE, "", day, due, said.amount, books.base(said.amount))
    source = f"late-charge:{run.pk}:{found.customer.pk}:{account.currency}"
    return Made(row, said.lines, keeps, drafts.document(books, item=item, source=source, net=said.amount, contra="late_fees"), books)


def _terms_of(customer: Customer) -> Terms:
    try:
        return parse_terms(customer.payment_terms)
    except TermsError:
        return Terms(30)


def line_data(line: Line) -> dict[str, Any]:
    """What stands in the charge about an item."""
    parts = [
        {"from": p.first.isoformat(), "to": p.last.isoformat(), "days": p.days, "base": p.base, "rate": str(p.rate), "capped": p.capped}
        for p in line.parts
    ]
    return {
        "item": line.debit.item_id, "number": line.debit.number, "due": line.debit.due_date.isoformat(), "amount": line.amount,
        "fee": line.fee, "capped": line.capped, "parts": parts,
    }  # fmt: skip


def _keep_days(made: Sequence[Made], run: ChargeRun) -> None:
    """Which days of which items were judged, charged or not."""
    rows = [
        (m.row.pk, line.debit.item_id, line.first, run.period_to, line.amount)
        for m in made if m.keeps_days for line in m.lines
    ]  # fmt: skip
    copy_rows("collections_app_chargeditem", ["charge_id", "open_item_id", "days_from", "days_to", "amount"], rows)


def _event(made: Made, actor: Actor) -> Event:
    row = made.row
    number = made.draft.opens.number if made.draft and made.draft.opens else ""
    return Event(
        company_id=row.company_id, type="charge.posted", actor=actor.label, subject_type="collections_app.charge", subject_id=row.pk,
        customer_ref=row.customer_id, data={"amount": row.amount, "currency": row.currency, "number": number},
    )  # fmt: skip


@transaction.atomic
def _finish(run: ChargeRun, actor: Actor, now: datetime) -> ChargeRun:
    run = ChargeRun.objects.select_for_update(no_key=True).get(pk=run.pk)
    if run.finished_at is None:
        counts: Counter[str] = Counter(charged=0, left_out=0)
        for state in run.charges.values_list("state", flat=True):
            counts["left_out" if state == Charge.State.LEFT_OUT else "charged"] += 1
        run.counts, run.finished_at = dict(counts), now
        run.save(update_fields=["counts", "finished_at"])
        record(actor=actor, type="charges.finished", company_id=run.company_id, subject=run, period=f"{run.period_from:%Y-%m}", **counts)
    return run
