"""Problems: a cause at a source that is to be mended. Raised, looked into, acted on, measured before and after, closed with what came
of it."""

from datetime import date
from typing import Any

from django.db import IntegrityError, transaction

from arops.lib.refusal import Refused
from customers.models import Customer
from disputes.models import Cause, Dimension, Problem, Repeat
from disputes.policy.repeating import AT_SOURCE
from disputes.services.measuring import measure_problem
from disputes.services.repeats import link_repeats
from ledger.services import next_numbers
from org.actors import Actor, NotAllowed, require
from org.models import Company, Department, User
from workflow.models import Task
from workflow.services import record
from workflow.services.tasks import open_task

State = Problem.State
NEXT: dict[str, frozenset[str]] = {
    State.OPEN: frozenset({State.ACTING, State.CLOSED}),
    State.ACTING: frozenset({State.MEASURING, State.CLOSED}),
    State.MEASURING: frozenset({State.ACTING, State.CLOSED}),
    State.CLOSED: frozenset({State.OPEN}),
}
"""State → states that may follow."""
OLDEST = 5 * 366
"""Days that a corrective action may lie back when it is first measured."""


class ProblemError(Refused):
    """A problem that can't be so; the message says why."""


class StaleProblem(ProblemError):
    """Someone else changed the problem meanwhile."""


def _sees_the_source(actor: Actor, company: Company, dimension: str, source: str) -> None:
    """Raise NotAllowed where somebody limited to a portfolio raises what is measured over everybody's customers."""
    reach = actor.reach("problems.work")
    if reach.everything or company.pk in reach.companies:
        return
    mine = Customer.objects.visible_to(actor, "problems.work").filter(company=company).values_list("pk", flat=True)
    if dimension != Dimension.CUSTOMER or source not in {str(pk) for pk in mine}:
        raise NotAllowed(f"{actor.label} may not raise this: it is measured over the whole company, and they see one portfolio of it")


@transaction.atomic
def raise_problem(
    *, actor: Actor, company: Company, cause: Cause, today: date, dimension: str = "", source: str = "", source_label: str = "",
    title: str = "", findings: str = "", owner: User | None = None, department: Department | None = None, due_date: date | None = None,
) -> Problem:  # fmt: skip
    """Raise a cause at a source (without a dimension: everywhere) as a problem. The department is the cause's owner unless another is
    named. Raises ProblemError when one is open about the same, NotAllowed."""
    require(actor, "problems.work", company.pk)
    _sees_the_source(actor, company, dimension, source)
    if cause.company_id != company.pk:
        raise ProblemError(f"{cause.name} is not a cause of {company.code}")
    if dimension and (dimension not in Dimension.values or not source):
        raise ProblemError("say where the cause comes back: choose a source")
    department = department or cause.owner
    _check_people(company, owner, department)
    at = {"company": company, "cause": cause, "dimension": dimension, "source": source if dimension else ""}
    label = (source_label or source)[:200] if dimension else ""
    with transaction.atomic():
        open_one = Problem.objects.filter(**at).exclude(state=State.CLOSED).first()
        if open_one:
            raise ProblemError(f"{open_one.number} is open about this already")
        try:
            problem = Problem.objects.create(
                **at, number=next_numbers(company=company, kind="problem", prefix="PRB-")[0], source_label=label, findings=findings.strip(),
                title=(title.strip() or usual_title(cause, dimension, label))[:200], owner=owner, department=department, due_date=due_date,
                raised_on=today, raised_by=actor.label,
            )  # fmt: skip
        except IntegrityError:
            raise ProblemError("somebody raised this at the same moment: look among the problems") from None
    link_repeats(problem)
    _tell(actor, problem, "problem.raised", cause=cause.code, source=label)
    return problem


def raise_repeat(*, actor: Actor, repeat: Repeat, today: date, owner: User | None = None) -> Problem:
    """Raise a repeat as a problem, with what was found as its first findings. Raises ProblemError, NotAllowed."""
    company = Company.objects.get(pk=repeat.company_id)
    cause = Cause.objects.select_related("owner").get(pk=repeat.cause_id)
    if repeat.state == Repeat.State.RAISED:
        raise ProblemError("this repeat was raised as a problem already")
    found = f"Found on {repeat.found_on}: {repeat.cases} of {repeat.invoices} invoices disputed since {repeat.since}."
    return raise_problem(
        actor=actor, company=company, cause=cause, today=today, dimension=repeat.dimension, source=repeat.source,
        source_label=repeat.source_label, owner=owner, findings=f"{found} In common: {repeat.also}." if repeat.also else found,
    )  # fmt: skip


def usual_title(cause: Cause, dimension: str, label: str) -> str:
    """What a problem is called unless somebody gives it another name."""
    return f"{cause.name}: {AT_SOURCE[dimension]}{label}" if dimension else cause.name


@transaction.atomic
def change_problem(
    *, actor: Actor, problem: Problem, version: int, title: str, findings: str, corrective_action: str, owner: User | None,
    department: Department | None, due_date: date | None,
) -> Problem:  # fmt: skip
    """Write down what was found and what is to be done, by whom and until when. Raises ProblemError, StaleProblem, NotAllowed."""
    row = _locked(actor, problem, version)
    if row.state == State.CLOSED:
        raise ProblemError("it is closed: open it again first")
    if not title.strip():
        raise ProblemError("give the problem a title")
    _check_people(row.company, owner, department)
    fields: dict[str, Any] = {
        "title": title.strip()[:200], "findings": findings.strip(), "corrective_action": corrective_action.strip(), "owner": owner,
        "department": department, "due_date": due_date,
    }  # fmt: skip
    changed = [name for name, value in fields.items() if getattr(row, name) != value]
    if row.state in (State.ACTING, State.MEASURING) and not fields["corrective_action"]:
        raise ProblemError("say what is done about it")
    return _write(actor, row, "problem.changed", {"fields": changed}, **fields) if changed else row


@transaction.atomic
def start_acting(*, actor: Actor, problem: Problem, version: int) -> Problem:
    """Begin to mend it: it needs a corrective action, someone whose it is, and a day. Raises ProblemError, StaleProblem, NotAllowed."""
    row = _locked(actor, problem, version)
    _step(row, State.ACTING)
    missing = [
        words for words, there in (
            ("“What is done about it”", row.corrective_action), ("“Owner” or “Department”", row.owner or row.department),
            ("“Done by”", row.due_date),
        ) if not there
    ]  # fmt: skip
    if missing:
        raise ProblemError(f"fill in first: {', '.join(missing)}, and save")
    return _write(actor, row, "problem.acting", {}, state=State.ACTING, acted_on=None)


@transaction.atomic
def start_measuring(*, actor: Actor, problem: Problem, version: int, acted_on: date, today: date) -> Problem:
    """Say from which day on the corrective action holds: before and after meet there, and from now on it is measured. Raises ProblemError
    for a day to come, StaleProblem, NotAllowed."""
    row = _locked(actor, problem, version)
    _step(row, State.MEASURING)
    if acted_on > today:
        raise ProblemError("the day from which it holds is not here yet: measure from then on")
    if (today - acted_on).days > OLDEST:
        raise ProblemError("that is more than five years ago: too long to say what came of it")
    return _write(actor, row, "problem.measuring", {"acted_on": acted_on.isoformat()}, state=State.MEASURING, acted_on=acted_on)


@transaction.atomic
def close_problem(*, actor: Actor, problem: Problem, version: int, today: date, note: str = "") -> Problem:
    """Close it with what came of it: one that is being measured is measured once more, and that is its outcome; others need a word.
    Raises ProblemError, StaleProblem, NotAllowed."""
    row = _locked(actor, problem, version)
    _step(row, State.CLOSED)
    said = ""
    if row.state == State.MEASURING:
        said = str(measure_problem(actor=actor, problem=row, today=today).result["words"])
    elif not note.strip():
        raise ProblemError("it was never measured: say why it is closed")
    outcome = " ".join(filter(None, [note.strip(), said]))[:300]
    return _write(actor, row, "problem.closed", {"outcome": outcome}, state=State.CLOSED, closed_on=today, outcome=outcome)


@transaction.atomic
def reopen_problem(*, actor: Actor, problem: Problem, version: int, reason: str) -> Problem:
    """Open it again; its measurements stay. Raises ProblemError when another is open about the same, StaleProblem, NotAllowed."""
    row = _locked(actor, problem, version)
    _step(row, State.OPEN)
    if not reason.strip():
        raise ProblemError("say why it is opened again")
    other = Problem.objects.filter(company=row.company_id, cause=row.cause_id, dimension=row.dimension, source=row.source)
    open_one = other.exclude(state=State.CLOSED).first()
    if open_one:
        raise ProblemError(f"{open_one.number} is open about the same")
    link_repeats(row)
    return _write(
        actor, row, "problem.reopened", {"reason": reason.strip()}, state=State.OPEN, closed_on=None, outcome="", acted_on=None
    )  # fmt: skip


@transaction.atomic
def ask_about_problem(
    *, actor: Actor, problem: Problem, department: Department, question: str, due_date: date, token: str, today: date
) -> Task:
    """Give a department a task about the problem. The same token is the same task. Raises ProblemError, NotAllowed."""
    require(actor, "problems.work", problem.company_id)
    if problem.state == State.CLOSED:
        raise ProblemError("it is closed: open it again first")
    if not question.strip():
        raise ProblemError("say what is to be done or answered")
    return open_task(
        actor=actor, company=problem.company, kind="problem", title=f"{problem.number}: {problem.title}"[:200], question=question,
        due_date=due_date, today=today, department=department.code, subject=problem, dedupe_key=f"problem:{problem.pk}:{token[:60]}",
    )  # fmt: skip


def _locked(actor: Actor, problem: Problem, version: int) -> Problem:
    require(actor, "problems.work", problem.company_id)
    found = Problem.objects.select_for_update(of=("self",), no_key=True).select_related("company", "cause", "owner", "department")
    row: Problem = found.get(pk=problem.pk)
    if row.version != version:
        raise StaleProblem("someone changed this problem meanwhile: look at it again")
    return row


def _step(row: Problem, state: str) -> None:
    if state not in NEXT[row.state]:
        raise ProblemError(f"a problem that is {row.get_state_display()} doesn’t become {State(state).label}")


def _check_people(company: Company, owner: User | None, department: Department | None) -> None:
    if owner is not None and not owner.can("disputes.view", company.pk):
        raise ProblemError(f"{owner.name} doesn’t see cases of {company.code}: choose somebody else")
    if department is not None and department.company_id != company.pk:
        raise ProblemError(f"{department.name} is not a department of {company.code}")


def _write(actor: Actor, row: Problem, event: str, data: dict[str, Any], **fields: Any) -> Problem:
    for name, value in fields.items():
        setattr(row, name, value)
    row.version += 1
    row.save(update_fields=[*fields, "version", "updated_at"])
    _tell(actor, row, event, **data)
    return row


def _tell(actor: Actor, row: Problem, event: str, **data: Any) -> None:
    record(actor=actor, type=event, company_id=row.company_id, subject=row, number=row.number, title=row.title, **data)
