"""Measuring whether what was done about a problem worked: on demand, and by the night. Every measurement is kept."""

from datetime import date, timedelta
from typing import Any

from django.db import transaction

from arops.lib.refusal import Refused
from disputes.models import Problem, ProblemMeasure
from disputes.policy.measuring import Windows, lag_of, measure, windows
from disputes.selectors.rates import Place, days_to_dispute, side_of, without_finding
from org.actors import Actor, require
from org.models import Company
from workflow.services import record

EVERY = 7
"""Days between the measurements of the night: each look is another chance to be fooled, so it looks once a week. Looks from another
day on count as well: whoever may choose the day on which the two sides meet finds one that shows an effect."""


class NotMeasured(Refused):
    """A problem that can't be measured yet; the message says why."""


@transaction.atomic
def measure_problem(*, actor: Actor, problem: Problem, today: date) -> ProblemMeasure:
    """Compare the problem's source before and after its corrective action, as of a day. A second look on the same day replaces nothing: it
    answers with the first. Raises NotMeasured, NotAllowed."""
    require(actor, "problems.work", problem.company_id)
    row = Problem.objects.select_for_update(of=("self",), no_key=True).get(pk=problem.pk)
    if row.acted_on is None:
        raise NotMeasured("say first from which day the corrective action holds")
    if today < row.acted_on:
        raise NotMeasured(f"the corrective action holds from {row.acted_on} on: measure it after that")
    looks = list(row.measures.all())
    known = next((m for m in looks if m.measured_on == today and m.result.get("acted_on") == row.acted_on.isoformat()), None)
    if known:
        return known
    made = _measured(row, today, len(looks) + 1, actor)
    record(
        actor=actor, type="problem.measured", company_id=row.company_id, subject=row, number=row.number, verdict=made.result["verdict"],
        words=made.result["words"],
    )  # fmt: skip
    return made


def _measured(problem: Problem, today: date, looks: int, actor: Actor) -> ProblemMeasure:
    acted_on: date = problem.acted_on  # type: ignore[assignment]
    at = Place(problem.company_id, problem.cause_id, problem.dimension, problem.source)
    lag = lag_of(days_to_dispute(at, acted_on))
    days = windows(acted_on=acted_on, today=today, lag=lag)
    before, after = side_of(at, days.before_from, days.before_to, days.before_seen), side_of(at, acted_on, days.after_to, days.after_seen)
    if before.cases > before.invoices or after.cases > after.invoices:
        raise NotMeasured(
            f"invoices of {problem.source_label} can’t be counted: orders were given another name since its cases were opened"
        )
    found = measure(before, after, looks=looks, unfound=without_finding(at, acted_on, days.after_to, days.after_seen))
    result = found.figures | {"verdict": found.verdict, "words": found.words} | _told(days, lag)
    return ProblemMeasure.objects.create(
        problem=problem, measured_on=today, before_from=days.before_from, after_to=days.after_to, by=actor.label, result=result,
        before_cases=before.cases, before_invoices=before.invoices, before_amount=before.amount,
        after_cases=after.cases, after_invoices=after.invoices, after_amount=after.amount,
    )  # fmt: skip


def _told(days: Windows, lag: int) -> dict[str, Any]:
    """The windows as they are kept beside the figures."""
    return {
        "lag": lag, "days": days.days, "acted_on": days.after_from.isoformat(), "before_to": days.before_to.isoformat(),
        "before_seen": days.before_seen.isoformat(), "after_seen": days.after_seen.isoformat(),
    }  # fmt: skip


def measure_problems(*, actor: Actor, company: Company, day: date) -> dict[str, int]:
    """Measure what is being measured in a company and wasn't for a week; how many, by verdict. Raises NotAllowed."""
    counts: dict[str, int] = {"measured": 0}
    since = day - timedelta(days=EVERY)
    recent = ProblemMeasure.objects.filter(measured_on__gt=since, measured_on__lte=day).values("problem")
    due = Problem.objects.filter(company=company, state=Problem.State.MEASURING, acted_on__lte=day).exclude(pk__in=recent)
    for problem in due.order_by("pk"):
        try:
            made = measure_problem(actor=actor, problem=problem, today=day)
        except NotMeasured:
            counts["left_out"] = counts.get("left_out", 0) + 1
            continue
        counts["measured"] += 1
        counts[made.result["verdict"]] = counts.get(made.result["verdict"], 0) + 1
    return counts
