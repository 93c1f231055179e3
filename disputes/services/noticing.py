"""Mail to colleagues about cases: given to somebody, due soon, late, answered by a department, closed. Each is told once (see
`workflow.services.notices`), and only to those who see the case."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime

from django.urls import reverse

from arops.lib import money
from disputes.models import Dispute, DisputeStep, DisputeWatcher
from disputes.policy.clock import add_working_days, days_left
from disputes.policy.track import CLOSED
from disputes.selectors.levels import LevelBook
from org.models import User
from workflow.models import Event, Task, TaskNote
from workflow.services.notices import SPAN, Notice, register_notices, wants_mail

MANY = 1000
"""Cases that one look tells of; the rest are told of at the next."""
MAX_TO = 20


@dataclass(frozen=True, slots=True)
class News:
    """Something about a case: what makes it the same, who might care, who did it and needn't be told, and the words."""

    key: str
    case: Dispute
    people: tuple[int, ...]
    by: str
    verb: str
    words: str = ""


@register_notices("cases")
def case_notices(now: datetime, today: date) -> Iterable[Notice]:
    """What is new about cases, to their owners and watchers."""
    news = [*_given(now), *_due(today), *_answered(now), *_closed(today)]
    people = _people(news)
    for one in news:
        to = [people[pk] for pk in one.people if pk in people]
        told = tuple(sorted({p.email for p in to if p.label != one.by and one.case.pk in p.sees}))[:MAX_TO]  # type: ignore[attr-defined]
        if told:
            yield _notice(one, told)


def _people(news: Collection[News]) -> dict[int, User]:
    """Those who want mail, each with the keys of the cases of these that they see (`sees`)."""
    wanted: dict[int, set[int]] = defaultdict(set)
    for one in news:
        for pk in one.people:
            wanted[pk].add(one.case.pk)
    found = {}
    for person in User.objects.filter(pk__in=wanted).prefetch_related("memberships"):
        if wants_mail(person):
            seen = Dispute.objects.visible_to(person, "disputes.view").filter(pk__in=wanted[person.pk])
            person.sees = set(seen.values_list("pk", flat=True))  # type: ignore[attr-defined]
            found[person.pk] = person
    return found


def _notice(one: News, to: tuple[str, ...]) -> Notice:
    case = one.case
    line = f"{case.number}, {case.customer.name}, {money.format(case.amount, case.currency)} {case.currency}"
    subject = " ".join(f"{one.verb}: {line}".split())[:200]
    facts = f"{line}\nReason: {case.get_reason_display()}\nDue: {case.due_date:%Y-%m-%d}\n"
    body = f"{facts}\n{one.words}\n" if one.words else facts
    return Notice(f"case:{case.pk}:{one.key}", case.company_id, to, subject, body, reverse("disputes:detail", args=[case.pk]))


def _cases(keys: Iterable[int]) -> dict[int, Dispute]:
    return Dispute.objects.select_related("customer").in_bulk(set(keys))


def _given(now: datetime) -> Iterator[News]:
    """Cases given to somebody by another, or opened for them; to whoever still has them."""
    since = now - SPAN
    events = Event.objects.filter(type__in=["dispute.assigned", "dispute.opened"], at__gte=since).order_by("-id")[:MANY]
    told, cases = set[int](), _cases(e.subject_id for e in events if e.subject_id)
    for event in events:
        case = cases.get(event.subject_id or 0)
        if case is None or case.pk in told or case.owner_id is None or case.state in CLOSED:
            continue
        told.add(case.pk)  # the latest event of a case is the one that counts
        if event.actor != f"user:{case.owner_id}":
            yield News(f"given:{case.owner_id}:{event.pk}", case, (case.owner_id,), event.actor, "Yours now")


def _due(today: date) -> Iterator[News]:
    """Cases about to be late, and those that lately became late, whose clock runs; by the company's own days of warning."""
    running = Dispute.objects.all().open().filter(paused_on=None, due_date__gte=today - SPAN).select_related("customer")
    rows = list(running.filter(due_date__lte=add_working_days(today, 10)).order_by("due_date", "pk")[:MANY])
    book, watchers = LevelBook([c.company_id for c in rows]), _watchers(c.pk for c in rows)
    for case in rows:
        left = days_left(case.due_date, today)
        to = _owner(case) + watchers.get(case.pk, ())
        if left < 0:
            yield News(f"late:{case.due_date}", case, to, "", "Late")
        elif left <= book.policies[case.company_id].warn_days:
            when = "today" if left == 0 else f"within {left} working day{'s' if left > 1 else ''}"
            yield News(f"soon:{case.due_date}", case, to, "", "Due soon", f"It is due {when}.")


def _answered(now: datetime) -> Iterator[News]:
    """Answers of departments, to owner and watchers; whoever asked is told with the task."""
    about = Task.objects.filter(subject_type="disputes.dispute", updated_at__gte=now - SPAN, state__in=["answered", "handed_back"])
    tasks = {task.pk: task for task in about.order_by("pk")[:MANY]}
    notes = TaskNote.objects.filter(task__in=tasks, kind__in=["answer", "hand_back"]).order_by("pk")
    last = {note.task_id: note for note in notes}
    cases = _cases(task.subject_id or 0 for task in tasks.values())
    watchers = _watchers(cases)
    for pk, note in last.items():
        task, case = tasks[pk], cases.get(tasks[pk].subject_id or 0)
        if case is None:
            continue
        to = tuple(p for p in _owner(case) + watchers.get(case.pk, ()) if f"user:{p}" != task.created_by)
        verb = "Answered" if note.kind == "answer" else "Handed back"
        yield News(f"answer:{note.pk}", case, to, note.author, verb, f"{task.title}\n\n{note.body}")


def _closed(today: date) -> Iterator[News]:
    """Watched cases that were closed lately, to their watchers."""
    watched = DisputeWatcher.objects.filter(dispute__resolved_on__gte=today - SPAN).values("dispute")
    cases = _cases(Dispute.objects.filter(pk__in=watched).order_by("pk").values_list("pk", flat=True)[:MANY])
    steps = DisputeStep.objects.filter(dispute__in=cases, state__in=CLOSED).order_by("pk")
    last = {step.dispute_id: step for step in steps}
    watchers = _watchers(cases)
    for pk, step in last.items():
        ended = str(cases[pk].get_resolution_display() or cases[pk].get_state_display())
        yield News(f"closed:{step.pk}", cases[pk], watchers.get(pk, ()), step.by, "Closed", f"It is {ended}.")


def _watchers(keys: Iterable[int]) -> dict[int, tuple[int, ...]]:
    """Case → keys of those who watch it."""
    found: dict[int, tuple[int, ...]] = {}
    for case, user in DisputeWatcher.objects.filter(dispute__in=list(keys)).order_by("pk").values_list("dispute", "user"):
        found[case] = (*found.get(case, ()), user)
    return found


def _owner(case: Dispute) -> tuple[int, ...]:
    return (case.owner_id,) if case.owner_id else ()
