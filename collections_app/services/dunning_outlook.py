"""What today's dunning would come to, kept: looked through as a whole once, and anew for whoever something has happened to since.

The rows are those that the run would write down, decided by the same rules. A page has them brought up to date; where that would mean to
decide about more customers than a page waits for, it is a job.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from hashlib import sha256

from django.db import OperationalError, connection, transaction
from django.db.models import Count, Max, Q

from arops.lib.bulk import copy_rows
from collections_app.models import (
    DunningLetter,
    DunningOutlook,
    DunningRun,
    Experiment,
    OutlookRow,
    PlannedStep,
    StrategyStep,
    StrategyVersion,
)
from collections_app.policy.bridge import held_by_why
from collections_app.selectors.dunning import Case, candidates, cases, late_count
from collections_app.selectors.moves import Point, moves_since
from collections_app.selectors.strategies import on_day
from collections_app.services.ranking import settled_point
from customers.models import Customer
from ledger.models import FxRate
from messaging.models import Message
from org.actors import Actor
from org.models import Company
from workflow.models import Job
from workflow.services.jobs import Tell, create_job, retry_job

AT_ONCE = 2_000
"""Customers that are decided about while somebody waits for the page; more are a job."""
BATCH = 1_000
PATIENCE = 1_000
"""Milliseconds that a page waits for another process that looks through the same company."""
SLACK = timedelta(minutes=2)
"""By how much the clocks of this process and of the database may differ."""
_COLUMNS = (
    "company_id customer_id currency level level_name days_past_due amount held_out held asked reason left_out_because recipients"
    " no_address"
).split()


def look_ahead(
    *, company: Company, day: date, now: datetime, at_once: int | None = AT_ONCE, tell: Tell | None = None
) -> tuple[DunningOutlook | None, bool]:
    """The outlook of a day, and whether it is up to date. Nobody's right is needed: it is derived, and nothing else is changed by it.

    None: the day was not looked through yet, and it is too much for a page (more than `at_once` customers; None for any number).
    """
    try:
        with transaction.atomic():
            return _followed(_lock(company, day), company, day, now, at_once, tell)
    except OperationalError:  # another process is at it
        return DunningOutlook.objects.filter(company=company, day=day).exclude(made_at=None).first(), False


def request_outlook(*, actor: Actor, company: Company, day: date) -> Job:
    """Put looking the day through into the queue of background work; ring for the job afterwards. Raises NotAllowed."""
    slot = f"dunning-outlook:{company.code}:{day}"
    job = create_job(actor=actor, kind="dunning_outlook", slot=slot, company=company, params={"day": day.isoformat()})
    return retry_job(actor=actor, job=job) if job.state in (Job.State.DONE, Job.State.FAILED, Job.State.CANCELLED) else job


def _followed(
    outlook: DunningOutlook, company: Company, day: date, now: datetime, at_once: int | None, tell: Tell | None
) -> tuple[DunningOutlook | None, bool]:
    common, point = _common(company, day), settled_point(0 if outlook.made_at else 1)
    if outlook.made_at is None or (outlook.day, outlook.common) != (day, common):
        if at_once is not None and late_count(company, day, at_once) > at_once:
            return None, False
        OutlookRow.objects.filter(company=company).delete()
        _write(company, day, candidates(company, day), tell)
    else:
        moved = _moved(outlook)
        if at_once is not None and len(moved) > at_once:
            return outlook, False
        OutlookRow.objects.filter(customer__in=moved).delete()
        _write(company, day, sorted(moved.intersection(candidates(company, day, moved))), None)
    outlook.day, outlook.common, outlook.made_at = day, common, now
    # A point that wasn't settled yet stays where it was, so that nothing is passed over.
    outlook.event_id, outlook.entry_id = point.event_id or outlook.event_id, point.entry_id or outlook.entry_id
    outlook.save()
    return outlook, True


def _lock(company: Company, day: date) -> DunningOutlook:
    """The company's outlook, locked until the transaction ends; raises OperationalError when another has it for too long."""
    DunningOutlook.objects.get_or_create(company=company, defaults={"day": day})
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = %s", [PATIENCE])
        found: DunningOutlook = DunningOutlook.objects.select_for_update(of=("self",), no_key=True).get(company=company)
        cursor.execute("SET LOCAL lock_timeout TO DEFAULT")
    return found


def _common(company: Company, day: date) -> str:
    """A print of what concerns everybody: when it changes, all are decided about anew."""
    versions = StrategyVersion.objects.filter(on_day(day), strategy__company=company, strategy__is_active=True)
    running = Experiment.objects.filter(company=company, state=Experiment.State.RUNNING, starts_on__lte=day)
    told = [
        sorted(versions.values_list("pk", "revision")),
        sorted(running.order_by().values_list("pk").annotate(n=Count("members"))),
        list(DunningRun.objects.filter(company=company, day=day).values_list("finished_at", flat=True)),
        PlannedStep.objects.filter(company=company).aggregate(last=Max("pk"))["last"],
        FxRate.objects.aggregate(last=Max("pk"), n=Count("pk")),
    ]
    return sha256(json.dumps(told, default=str).encode()).hexdigest()


def _moved(outlook: DunningOutlook) -> set[int]:
    """Customers about whom something was told, booked, written or allowed since."""
    company = outlook.company_id
    found = set(moves_since(company, Point(outlook.event_id, outlook.entry_id)).customers)
    since = (outlook.made_at or datetime.min) - SLACK
    mails = Message.objects.filter(Q(created_at__gt=since) | Q(sent_at__gt=since), company=company, customer__isnull=False)
    letters = DunningLetter.objects.filter(Q(created_at__gt=since) | Q(decided_at__gt=since), company=company)
    for rows in (mails, letters):
        found |= set(rows.order_by().values_list("customer", flat=True))
    return set(Customer.objects.filter(company=company, pk__in=found).values_list("pk", flat=True))


def _write(company: Company, day: date, ids: Sequence[int], tell: Tell | None) -> None:
    for start in range(0, len(ids), BATCH):
        copy_rows("collections_app_outlookrow", _COLUMNS, _rows(company, cases(company, day, ids[start : start + BATCH]), day))
        if tell:
            tell(min(start + BATCH, len(ids)), len(ids))


def _rows(company: Company, found: Iterable[Case], day: date) -> Iterator[tuple[object, ...]]:
    for case in found:
        decision, step = case.decision, case.step
        by_paper = bool(step and step.channel == StrategyStep.Channel.LETTER)
        yield (
            company.pk, case.customer.pk, decision.account.currency, decision.level, step.name[:40] if step else "", decision.days,
            decision.amount, decision.held_out, json.dumps(held_by_why(decision, day)), len(decision.asked), decision.reason,
            decision.because[:200], "" if by_paper else ", ".join(case.to), not by_paper and not case.to,
        )  # fmt: skip
