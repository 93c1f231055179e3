"""Problems and repeats as lists and pages show them."""

from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from django.db.models import Q, QuerySet

from disputes.models import Dispute, Problem, ProblemMeasure, Repeat
from disputes.policy.measuring import percent
from disputes.policy.repeating import AT_SOURCE, elsewhere
from disputes.selectors.pareto import of_source
from org.actors import Actor
from workflow.models import Task

VIEWS = (("open", "Open"), ("late", "Late"), ("measuring", "Being measured"), ("closed", "Closed"), ("all", "All"))
REPEAT_VIEWS = (("offered", "Offered"), ("raised", "Raised"), ("dismissed", "Put aside"), ("faded", "Faded"))


def problems_in(actor: Actor, view: str, today: date, *, company: str = "", text: str = "", owner: int | None = None) -> QuerySet[Problem]:
    """Problems in sight of a view; those due first come first."""
    found: Any = Problem.objects.visible_to(actor, "disputes.view").filter(_of_view(view, today))
    if company:
        found = found.filter(company__code=company)
    if owner:
        found = found.filter(owner=owner)
    if text:
        found = found.filter(Q(title__icontains=text) | Q(number__icontains=text) | Q(source_label__icontains=text))
    order = ("-closed_on", "-pk") if view == "closed" else ("due_date", "pk")
    return found.select_related("company", "cause", "owner", "department").order_by(*order)  # type: ignore[no-any-return]


def _of_view(view: str, today: date) -> Q:
    unfinished = Q(state__in=[Problem.State.OPEN, Problem.State.ACTING])
    return {
        "open": ~Q(state=Problem.State.CLOSED), "late": unfinished & Q(due_date__lt=today), "all": Q(),
        "measuring": Q(state=Problem.State.MEASURING), "closed": Q(state=Problem.State.CLOSED),
    }[view]  # fmt: skip


def counts_of(actor: Actor, today: date) -> dict[str, int]:
    """How many problems each view has."""
    seen: Any = Problem.objects.visible_to(actor, "disputes.view")
    return {code: seen.filter(_of_view(code, today)).count() for code, _ in VIEWS}


def last_measures(problems: list[Problem]) -> dict[int, ProblemMeasure]:
    """The latest measurement of each problem that has one."""
    found = ProblemMeasure.objects.filter(problem__in=problems).order_by("problem_id", "-pk").distinct("problem_id")
    return {m.problem_id: m for m in found}


def cases_of(problem: Problem, actor: Actor) -> QuerySet[Dispute]:
    """Cases in sight of the problem's cause and source, the latest first."""
    found: Any = Dispute.objects.visible_to(actor, "disputes.view").filter(company=problem.company_id, cause=problem.cause_id)
    return of_source(found, problem.dimension, problem.source).select_related("customer", "open_item").order_by("-opened_on", "-pk")


def tasks_of(problem: Problem) -> QuerySet[Task]:
    """What departments were asked about a problem, the latest first."""
    found = Task.objects.filter(subject_type=problem._meta.label_lower, subject_id=problem.pk)
    return found.select_related("department", "assignee").prefetch_related("notes").order_by("-pk")


@dataclass(frozen=True, slots=True)
class Offered:
    """A repeat with its reasons in words."""

    repeat: Repeat
    where: str
    reason: str
    rate: Fraction
    times: str

    @property
    def pk(self) -> int:
        """Its key."""
        return self.repeat.pk


def repeats_in(actor: Actor, view: str, company: str = "", dimension: str = "") -> list[Offered]:
    """Repeats in sight of a view, with the most money first."""
    found: Any = Repeat.objects.visible_to(actor, "disputes.view").filter(state=view)
    if company:
        found = found.filter(company__code=company)
    if dimension:
        found = found.filter(dimension=dimension)
    return [offered(r) for r in found.select_related("company", "cause", "cause__owner", "problem").order_by("-amount", "pk")]


def offered(repeat: Repeat) -> Offered:
    """Why a repeat is offered: `Filter set (FLT-20), entered by L. Fischer (8 of 9): 9 of 60 invoices disputed for price not as agreed,
    15.0 %, elsewhere 1.2 %`."""
    rate = Fraction(repeat.cases, repeat.invoices) if repeat.invoices else Fraction(0)
    others = elsewhere(repeat.cases, repeat.invoices, repeat.all_cases, repeat.all_invoices)
    where = (AT_SOURCE[repeat.dimension] + (repeat.source_label or repeat.source)).strip()
    subject = ", ".join(filter(None, [where, repeat.also]))
    beside = f", elsewhere {percent(others)}" if others is not None else ""
    cause = repeat.cause.name[:1].lower() + repeat.cause.name[1:]
    reason = (
        f"{subject[:1].upper() + subject[1:]}: {repeat.cases} of {repeat.invoices} invoices disputed for {cause}, {percent(rate)}{beside}"
    )
    times = f"{round(rate / others)}×" if others else ""
    return Offered(repeat, where, reason, rate, times)


def repeat_counts(actor: Actor) -> dict[str, int]:
    """How many repeats each view has."""
    seen: Any = Repeat.objects.visible_to(actor, "disputes.view")
    return {code: seen.filter(state=code).count() for code, _ in REPEAT_VIEWS}
