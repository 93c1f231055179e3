"""A manager's view of the team: what waits with whom and how long, what was done with it lately, who is away and who covers."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Count, Min, Q, QuerySet

from collections_app.models import Assignment, Inquiry, WorkTask
from collections_app.selectors.portfolios import Workload, workload
from org.models import Company, User
from workflow.models import Event

DAYS = 7
"""Days, today's among them, over which what was done is counted."""


@dataclass(slots=True)
class Member:
    """A person's part: tasks that wait and for how long, questions owed an answer, what was done in the last days. Amounts are minor units
    of the company's currency."""

    load: Workload
    late: int = 0
    oldest: date | None = None
    questions: int = 0
    questions_late: int = 0
    done: int = 0
    put_off: int = 0
    given: int = 0
    taken_over: int = 0

    @property
    def person(self) -> User | None:
        """Whose part it is; None: of customers that nobody looks after."""
        return self.load.person

    @property
    def key(self) -> int:
        """The person's key, 0 for nobody."""
        return self.person.pk if self.person else 0

    @property
    def days_left(self) -> int | None:
        """Days of work that wait at the pace of the last days; None where nothing was done."""
        return -(-self.load.tasks * DAYS // self.done) if self.done else None


def team(company: Company, today: date, now: datetime) -> list[Member]:
    """Everybody who collects there, the busiest first."""
    found = {row.person.pk if row.person else None: Member(row) for row in workload(company, today)}
    tasks = WorkTask.objects.filter(company=company).order_by().values("owner")
    late = Count("pk", filter=Q(due_on__lt=today))
    for row in tasks.annotate(late=late, oldest=Min("due_on")):
        if one := found.get(row["owner"]):
            one.late, one.oldest = row["late"], row["oldest"]
    owed = Inquiry.objects.filter(company=company).unanswered().order_by().values("owner")
    for row in owed.annotate(n=Count("pk"), late=Count("pk", filter=Q(answer_by__lt=now))):
        if one := found.get(row["owner"]):
            one.questions, one.questions_late = row["n"], row["late"]
    _throughput(company, today, found)
    _moves(company, today, found)
    return list(found.values())


def _throughput(company: Company, today: date, found: dict[int | None, Member]) -> None:
    """What was done and put off, by person; of those still there."""
    rows = tasks_told(company, today).order_by().values_list("actor", "type").annotate(n=Count("pk"))
    by_label = {one.person.label: one for one in found.values() if one.person}
    for actor, what, n in rows:
        if one := by_label.get(actor):
            if what == "task.done":
                one.done = n
            else:
                one.put_off = n


def _moves(company: Company, today: date, found: dict[int | None, Member]) -> None:
    """Customers that went from one to another in the last days."""
    rows = moved_lately(company, today).order_by()
    for was, n in rows.values_list("was").annotate(n=Count("pk")):
        if was and (one := found.get(was)):
            one.given = n
    for now, n in rows.values_list("now").annotate(n=Count("pk")):
        if now and (one := found.get(now)):
            one.taken_over = n


def moved_lately(company: Company, today: date) -> QuerySet[Assignment]:
    """Customers that changed hands in the last days."""
    return Assignment.objects.filter(company=company, day__gt=today - timedelta(days=DAYS), day__lte=today)


def tasks_told(company: Company, today: date) -> QuerySet[Event]:
    """Tasks marked done or put off in the last days, as the audit trail has them."""
    rows = Event.objects.filter(company=company, type__in=["task.done", "task.snoozed"])
    return rows.filter(at__date__gt=today - timedelta(days=DAYS), at__date__lte=today)
