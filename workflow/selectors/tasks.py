"""Reading tasks: whose they are, which wait, how late they are."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Case, Count, F, IntegerField, Q, QuerySet, Sum, Value, When

from org.actors import Actor
from org.models import Department
from workflow.models import Task

VIEWS = (("mine", "Mine"), ("department", "My department’s"), ("asked", "Asked by me"), ("all", "All"))
STATES = {
    "": ("not closed", ("open", "answered", "handed_back")), "open": ("waiting for an answer", ("open",)),
    "answered": ("answered or handed back", ("answered", "handed_back")), "closed": ("closed", ("closed", "cancelled")),
    "all": ("all", ()),
}  # fmt: skip
SORTS = {"due": "due_date", "title": "title", "amount": "amount", "asked": "created_at", "department": "department__name"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which tasks are asked for; empty means all."""

    view: str = "mine"
    state: str = ""
    kind: str = ""
    department: str = ""
    company: str = ""
    text: str = ""
    late: bool = False
    sort: str = "due"


def tasks_in_sight(actor: Actor, wanted: Wanted, today: date) -> QuerySet[Task]:
    """Tasks that the actor sees and wants; those that wait for an answer first, the longest due at the top."""
    rows = of_view(Task.objects.visible_to(actor, "tasks.answer"), actor, wanted.view)
    states = STATES.get(wanted.state, STATES[""])[1]
    if states:
        rows = rows.filter(state__in=states)
    for field, value in (("kind", wanted.kind), ("department__code", wanted.department), ("company__code", wanted.company)):
        if value:
            rows = rows.filter(**{field: value})
    if wanted.text:
        rows = rows.filter(Q(title__icontains=wanted.text) | Q(question__icontains=wanted.text))
    if wanted.late:
        rows = rows.filter(state="open", due_date__lt=today)
    return rows.select_related("company", "department", "assignee").order_by(*_order(wanted.sort))


def _order(sort: str) -> tuple[Any, ...]:
    name = SORTS.get(sort.lstrip("-"), "due_date")
    by = F(name).desc(nulls_last=True) if sort.startswith("-") else F(name).asc(nulls_last=True)
    waits = Case(When(state="open", then=Value(0)), When(state__in=["answered", "handed_back"], then=Value(1)), default=Value(2),
                 output_field=IntegerField())  # fmt: skip
    return (waits, by, "pk") if name == "due_date" else (by, "pk")


def of_view(rows: Any, actor: Actor, view: str) -> Any:
    """Those of a view: `mine` (given to me, or to nobody yet in my department), `department`, `asked` by me, or all."""
    person = actor.reach().person_id
    if view == "asked":
        return rows.filter(created_by=actor.label)
    if view in ("mine", "department"):
        if person is None:
            return rows.none()
        own = Q(department__in=departments_of(actor).values("pk"))
        return rows.filter(own if view == "department" else Q(assignee_id=person) | (own & Q(assignee=None)))
    return rows


def departments_of(actor: Actor) -> QuerySet[Department]:
    """The departments that the actor belongs to."""
    return Department.objects.filter(memberships__user_id=actor.reach().person_id or 0, memberships__company=F("company")).distinct()


def counts_of(actor: Actor) -> dict[str, int]:
    """How many tasks of each view aren't closed yet."""
    seen = Task.objects.visible_to(actor, "tasks.answer").open()
    return {view: of_view(seen, actor, view).count() for view, _ in VIEWS}


def totals_of(rows: QuerySet[Task], today: date) -> tuple[int, int, list[tuple[str, int]]]:
    """How many, how many of them late, and what is at stake by currency."""
    counted = rows.order_by().aggregate(n=Count("pk"), late=Count("pk", filter=Q(state="open", due_date__lt=today)))
    sums = rows.order_by().exclude(amount=None).values_list("currency").annotate(total=Sum("amount")).order_by("currency")
    return counted["n"], counted["late"], list(sums)


def kinds_in_sight(actor: Actor) -> list[str]:
    """The kinds of tasks there are, for the filter."""
    return list(Task.objects.visible_to(actor, "tasks.answer").order_by("kind").values_list("kind", flat=True).distinct()[:50])


def tasks_about(actor: Actor, subject: Any) -> QuerySet[Task]:
    """Tasks in sight that are about a record, the ones that wait first."""
    seen = Task.objects.visible_to(actor, "tasks.answer").filter(subject_type=subject._meta.label_lower, subject_id=subject.pk)
    return seen.select_related("department", "assignee").order_by(*_order("due"))
