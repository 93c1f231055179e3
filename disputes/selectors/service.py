"""Service given on cases, read in a handful of statements however many cases there are: the cases of a period with their days, the time
by stage, the share in time by month."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from django.db import connection
from django.db.models import Count, F, Q, QuerySet
from django.db.models.functions import TruncMonth

from disputes.models import Dispute
from disputes.policy.clock import cost_of_delay, days_left, within, working_days
from disputes.policy.ranking import months_back
from disputes.policy.service import Served, Stage, share, stages
from disputes.selectors.levels import LevelBook
from org.actors import Actor
from org.models import Company

_STAYS = """
SELECT * FROM (
  SELECT dispute_id, state, waiting_on, day, lead(day) OVER track AS until, lag(state) OVER track IN ('resolved', 'rejected') AS is_again
  FROM disputes_disputestep WHERE dispute_id = ANY(%s) WINDOW track AS (PARTITION BY dispute_id ORDER BY id)
) AS stay WHERE state NOT IN ('resolved', 'rejected')
"""
_APART = f"{_STAYS} AND (state = 'waiting' OR is_again)"
_COUNTED = f"SELECT state, waiting_on, day, coalesce(until, %s), count(*) FROM ({_STAYS}) AS counted GROUP BY 1, 2, 3, 4"
_ONE = f"SELECT dispute_id, day, coalesce(until, %s) FROM ({_STAYS}) AS one WHERE state = %s AND waiting_on = %s"
_WAITED = """
SELECT d.id, sum(m.delta * greatest(0, coalesce(d.resolved_on, %s) - greatest(m.day, d.opened_on, i.due_date)))
FROM disputes_dispute d JOIN disputes_disputemovement m ON m.dispute_id = d.id JOIN ledger_openitem i ON i.id = d.open_item_id
WHERE d.id = ANY(%s) GROUP BY d.id
"""


@dataclass(frozen=True, slots=True)
class Asked:
    """Of which company and period, by closing day, and what narrows it; empty narrows nothing."""

    company: Company
    first: date
    last: date
    reason: str = ""
    department: int | None = None
    owner: int | None = None


def cases_of(actor: Actor, asked: Asked) -> QuerySet[Dispute]:
    """The cases in sight that were closed in the period, or were open at its end."""
    found: QuerySet[Dispute] = Dispute.objects.visible_to(actor, "disputes.view").filter(company=asked.company)
    closed = Q(resolved_on__gte=asked.first, resolved_on__lte=asked.last)
    left = Q(opened_on__lte=asked.last) & (Q(resolved_on=None) | Q(resolved_on__gt=asked.last))
    return _narrowed(found, asked).filter(closed | left)


def _narrowed(found: QuerySet[Dispute], asked: Asked) -> QuerySet[Dispute]:
    wanted = {"reason": asked.reason, "department": asked.department, "owner": asked.owner}
    return found.filter(**{name: value for name, value in wanted.items() if value})


def served(actor: Actor, asked: Asked, today: date) -> list[Served]:
    """The cases of the report, with their days and what their delay costs."""
    columns = (
        "pk", "reason", "department_id", "owner_id", "opened_on", "due_date", "resolved_on", "paused_on", "amount", "claimed",
        "base_amount",
    )  # fmt: skip
    rows = list(cases_of(actor, asked).order_by("pk").values_list(*columns))
    keys, book = [row[0] for row in rows], LevelBook([asked.company.pk])
    begun, still = _apart(keys, asked.company.pk, book, today)
    waited, percent = _waited(keys, today), book.policies[asked.company.pk].cost_of_capital
    return [_served(row, begun.get(row[0]), still.get(row[0], ()), waited.get(row[0], 0), percent, asked.last, today) for row in rows]


def _served(
    row: Any, again: date | None, still: Collection[tuple[date, date]], waited: int, percent: Any, last: date, today: date
) -> Served:
    pk, reason, department, owner, opened_on, due_date, resolved_on, paused_on, amount, claimed, base = row
    start, end = again or opened_on, resolved_on or today
    paused = within(still, start, end)
    late = max(0, -days_left(due_date, today, paused_on)) if resolved_on is None else 0
    in_base = amount if base == claimed else round(Fraction(amount * base, claimed))
    cost = cost_of_delay(waited if base == claimed else round(Fraction(waited * base, claimed)), percent, 1)
    closed_on = resolved_on if resolved_on and resolved_on <= last else None
    return Served(
        pk, reason, department, owner, opened_on, due_date, closed_on, working_days(start, end) - paused, paused, late, in_base, cost
    )


def _apart(keys: list[int], company_id: int, book: LevelBook, today: date) -> tuple[dict[int, date], dict[int, list[tuple[date, date]]]]:
    """Case → the day it was last opened again, and the spans that its clock stood still."""
    begun: dict[int, date] = {}
    still: dict[int, list[tuple[date, date]]] = defaultdict(list)
    for pk, state, waiting_on, day, until, is_again in _rows(_APART, [keys]):
        if is_again:
            begun[pk] = max(day, begun.get(pk, day))
        if book.stops(company_id, state, waiting_on):
            still[pk].append((day, until or today))
    return begun, still


def _waited(keys: list[int], today: date) -> dict[int, int]:
    """Case → minor units times days that were in dispute past the day they were due; see `selectors.beside.clock_of`."""
    return {pk: max(0, int(waited)) for pk, waited in _rows(_WAITED, [today, keys])}


def _rows(sql: str, parameters: list[Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchall()


def stage_times(cases: Collection[Served], asked: Asked, today: date) -> list[Stage]:
    """Where the cases that were closed in the period spent their days."""
    keys, book = [c.pk for c in cases if c.closed_on], LevelBook([asked.company.pk])
    counted = {(state, on, day, until): n for state, on, day, until, n in _rows(_COUNTED, [today, keys])}
    return stages(counted, len(keys), lambda state, on: book.stops(asked.company.pk, state, on))


def days_in_stage(cases: Collection[Served], state: str, waiting_on: str, today: date) -> dict[int, int]:
    """Closed case → its working days at a stage; those that never stood there aren't in it."""
    found: dict[int, int] = defaultdict(int)
    for pk, day, until in _rows(_ONE, [today, [c.pk for c in cases if c.closed_on], state, waiting_on]):
        found[pk] += working_days(day, until)
    return dict(found)


@dataclass(frozen=True, slots=True)
class Month:
    """A month: cases closed, of these in time, and their share in per cent."""

    first: date
    closed: int
    in_time: int

    @property
    def rate(self) -> Any:
        """Per cent in time; None where none was closed."""
        return share(self.in_time, self.closed)


def by_month(actor: Actor, asked: Asked, months: int = 12) -> list[Month]:
    """The share in time of each month up to the period's last."""
    span = months_back(asked.last, months)
    found = _narrowed(Dispute.objects.visible_to(actor, "disputes.view").filter(company=asked.company), asked)
    closed = found.filter(resolved_on__gte=span.first, resolved_on__lte=span.last).annotate(month=TruncMonth("resolved_on"))
    timely = Count("pk", filter=Q(resolved_on__lte=F("due_date")))
    told = {row["month"]: row for row in closed.order_by().values("month").annotate(n=Count("pk"), timely=timely)}
    return [Month(day, told[day]["n"], told[day]["timely"]) if day in told else Month(day, 0, 0) for day in span.months()]
