"""Mail about problems, to whoever owns them: given by another, late, and what came of the corrective action once a measurement says
something else than the one before."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime

from django.db.models import QuerySet
from django.urls import reverse

from disputes.models import Problem, ProblemMeasure
from disputes.policy.measuring import VERDICTS
from workflow.models import Event
from workflow.services.notices import SPAN, Notice, register_notices, wants_mail

MANY = 200


@register_notices("problems")
def problem_notices(now: datetime, today: date) -> Iterable[Notice]:
    """What is new about problems, to their owners."""
    yield from _given(now)
    yield from _late(today)
    yield from _measured(now)


def _given(now: datetime) -> Iterator[Notice]:
    """Problems that somebody gave to another, as far as that is still the owner."""
    events = Event.objects.filter(type__in=["problem.raised", "problem.changed"], at__gte=now - SPAN).order_by("-id")[:MANY]
    meant = [e for e in events if e.type == "problem.raised" or "owner" in e.data.get("fields", ())]
    problems = _problems().in_bulk({e.subject_id for e in meant})
    for event in meant:
        problem = problems.pop(event.subject_id, None)  # the latest event of a problem is the one that counts
        if problem and problem.owner and event.actor != problem.owner.label and problem.state != Problem.State.CLOSED:
            yield from _notice(problem, f"given:{problem.owner_id}:{event.pk}", "Yours now", problem.findings)


def _late(today: date) -> Iterator[Notice]:
    """Problems whose day has just passed before they were mended."""
    unfinished = _problems().filter(state__in=[Problem.State.OPEN, Problem.State.ACTING])
    for problem in unfinished.filter(due_date__lt=today, due_date__gte=today - SPAN).order_by("pk")[:MANY]:
        yield from _notice(problem, f"late:{problem.due_date}", "Late", f"It was to be mended by {problem.due_date}.")


def _measured(now: datetime) -> Iterator[Notice]:
    """Measurements of the night whose verdict is another than that of the one before; a first one that can’t say yet is no news."""
    fresh = ProblemMeasure.objects.filter(at__gte=now - SPAN).order_by("-pk")[:MANY]
    problems = _problems().in_bulk({m.problem_id for m in fresh})
    verdicts: dict[int, list[ProblemMeasure]] = {}
    for measure in ProblemMeasure.objects.filter(problem__in=problems).order_by("-pk"):
        verdicts.setdefault(measure.problem_id, []).append(measure)
    for pk, (last, *earlier) in verdicts.items():
        before = earlier[0].result["verdict"] if earlier else "too_few"
        owner = problems[pk].owner
        if last.result["verdict"] != before and owner is not None and last.by != owner.label:
            verb = f"Measured, {VERDICTS[last.result['verdict']]}"
            yield from _notice(problems[pk], f"measured:{last.pk}", verb, last.result["words"])


def _problems() -> QuerySet[Problem]:
    return Problem.objects.select_related("owner", "company")


def _notice(problem: Problem, key: str, verb: str, words: str) -> Iterator[Notice]:
    """To the owner, where they want mail and see the problem."""
    owner = problem.owner
    if owner is None or not wants_mail(owner) or not Problem.objects.visible_to(owner, "disputes.view").filter(pk=problem.pk).exists():
        return
    line = " ".join(f"{problem.number}, {problem.title}".split())
    path = reverse("disputes:problem", args=[problem.pk])
    body = f"{line}\n\n{words}\n" if words else f"{line}\n"
    yield Notice(f"problem:{problem.pk}:{key}", problem.company_id, (owner.email,), f"{verb}: {line}"[:200], body, path)
