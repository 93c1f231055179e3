"""The thread of a case: what the customer said, what was said to it, what we said among ourselves and to departments, what happened."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time
from typing import Any

from django.utils import timezone

from arops.lib import money
from disputes.models import Dispute, DisputeNote
from org.actors import Actor
from org.selectors import actor_names
from workflow.models import Attachment, Event, Task, TaskLink, TaskNote

TABS = (("all", "All"), ("customer", "Customer"), ("internal", "Internal"))
MOST = 300
"""Events that a page tells of; the audit file has all."""
QUIET = frozenset(
    f"dispute.{verb}"
    for verb in "noted asked escalated told question_answered question_handed_back question_reopened watched unwatched".split()
)
"""Events of what stands in the thread itself, and of who only looks on."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A word in the thread, or (kind `events`) what happened between two words, folded.

    `kind` is claim (the customer's words), note, told (seen by the customer), asked, answer or events. `note_pk` is the note, by which
    what became of its mail is found.
    """

    at: datetime
    kind: str
    who: str
    words: str = ""
    to: str = ""
    task: Task | None = None
    note_pk: int | None = None
    events: tuple["Happened", ...] = ()
    files: tuple[Attachment, ...] = ()

    @property
    def is_outside(self) -> bool:
        """Whether the customer sees it, or said it."""
        return self.kind in ("claim", "told")

    @property
    def last(self) -> str:
        """The last of what happened."""
        return self.events[-1].words if self.events else ""


@dataclass(frozen=True, slots=True)
class Happened:
    """An event in words."""

    at: datetime
    who: str
    words: str


@dataclass
class Thread:
    """The thread and the names of whoever is in it."""

    entries: list[Entry] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)


def thread_of(actor: Actor, case: Dispute, tab: str = "all", more: Iterable[str] = ()) -> Thread:
    """The case's thread, the oldest first; `tab` narrows it to what the customer sees or to what it doesn't. `more` are labels of people
    whose names are wanted besides."""
    notes = list(DisputeNote.objects.filter(dispute=case))
    inside = tab != "customer"
    asked = _asked(actor, case) if inside else []
    events = list(events_of(case)[:MOST]) if tab == "all" else []
    labels = {n.author for n in notes} | {e.actor for e in events} | {case.opened_by, *more}
    labels |= {task.created_by for task, _ in asked} | {note.author for _, own in asked for note in own}
    names = actor_names(labels) | _holders(labels)
    entries = [_claim(case)] if case.customer_words and tab != "internal" else []
    wanted = {"customer": (False,), "internal": (True,)}.get(tab, (True, False))
    entries += [_note(note, names) for note in notes if note.is_internal in wanted]
    proofs = _proofs([task.pk for task, _ in asked])
    entries += [entry for task, own in asked for entry in _questions(task, own, names, proofs)]
    said = sorted(entries, key=lambda e: e.at)
    return Thread(_folded(said, events, names), names)


def _claim(case: Dispute) -> Entry:
    """The customer's own words, on the day that the case was opened."""
    at = case.created_at if case.created_at.date() == case.opened_on else timezone.make_aware(datetime.combine(case.opened_on, time(0)))
    return Entry(at, "claim", case.customer.name, case.customer_words)


def _note(note: DisputeNote, names: dict[str, str]) -> Entry:
    return Entry(note.at, "note" if note.is_internal else "told", names.get(note.author, note.author), note.body, note_pk=note.pk)


def _asked(actor: Actor, case: Dispute) -> list[tuple[Task, list[TaskNote]]]:
    """Questions about the case that the actor may see, with what was said on them."""
    about = Task.objects.visible_to(actor, "tasks.answer").filter(subject_type="disputes.dispute", subject_id=case.pk)
    tasks = list(about.select_related("department", "assignee").prefetch_related("notes").order_by("pk"))
    return [(task, list(task.notes.all())) for task in tasks]


def _proofs(tasks: Sequence[int]) -> list[Attachment]:
    """The files beside questions: whoever sees a question sees them."""
    about = Attachment.objects.filter(subject_type="workflow.task", subject_id__in=tasks, removed_at=None)
    return list(about.order_by("pk")) if tasks else []


def _questions(task: Task, notes: Sequence[TaskNote], names: dict[str, str], proofs: Sequence[Attachment]) -> list[Entry]:
    whom = task.department.name if task.department else task.assignee.name if task.assignee else "nobody"
    found = [Entry(task.created_at, "asked", names.get(task.created_by, task.created_by), task.question or task.title, whom, task)]
    for note in notes:
        kind = "answer" if note.kind in ("answer", "hand_back") else "asked" if note.kind == "reopened" else "note"
        to = whom if kind == "asked" else ""
        last = kind == "answer" and note.pk == max(n.pk for n in notes if n.kind == note.kind and n.author == note.author)
        files = tuple(p for p in proofs if last and p.subject_id == task.pk and p.added_by == note.author)
        found.append(Entry(note.at, kind, names.get(note.author, note.author), note.body, to, task, files=files))
    return found


def _holders(labels: Iterable[str]) -> dict[str, str]:
    """What holders of links are called: the name they were asked by, else their address."""
    keys = [int(label[5:]) for label in labels if label.startswith("link:") and label[5:].isdigit()]
    if not keys:
        return {}
    links = TaskLink.objects.filter(pk__in=keys).values_list("pk", "name", "email")
    return {f"link:{pk}": name or email for pk, name, email in links}


def _folded(said: Sequence[Entry], events: Sequence[Event], names: dict[str, str]) -> list[Entry]:
    """What was said in its order, and between two words what happened meanwhile, folded into one."""
    told = [Happened(e.at, names.get(e.actor, e.actor), words_of(e)) for e in events if e.type not in QUIET]
    found, waiting = [], sorted(told, key=lambda h: h.at)
    for entry in said:
        before = [h for h in waiting if h.at <= entry.at]
        waiting = waiting[len(before) :]
        found += [*_fold(before), entry]
    return [*found, *_fold(waiting)]


def _fold(happened: Sequence[Happened]) -> list[Entry]:
    return [Entry(happened[-1].at, "events", happened[-1].who, events=tuple(happened))] if happened else []


def events_of(case: Dispute) -> Any:
    """The case's events, the oldest first."""
    return Event.objects.filter(subject_type="disputes.dispute", subject_id=case.pk).order_by("id")


_STATES, _RESOLUTIONS = dict(Dispute.State.choices), dict(Dispute.Resolution.choices)
_REASONS = dict(Dispute.Reason.choices)


def words_of(event: Event) -> str:
    """An event of a case in a line."""
    data, plain = event.data, event.type.removeprefix("dispute.").replace("_", " ").replace(".", " ").capitalize()
    amount = _amount(data)
    if event.type == "dispute.moved":
        on = f" for {'the customer' if data['waiting_on'] == 'customer' else 'a department'}" if data.get("waiting_on") else ""
        return f"Now {'waiting' + on if on else _STATES.get(data.get('state'), data.get('state', ''))}"
    if event.type == "dispute.resolved":
        return f"Closed: {_RESOLUTIONS.get(data.get('resolution'), '')}".rstrip(": ")
    if event.type == "dispute.amended":
        return f"Changed: {_REASONS.get(data.get('reason'), '')}{', ' + amount if amount else ''}"
    if event.type == "dispute.assigned":
        return "Given to somebody" if data.get("owner") else "Given to nobody"
    return f"{plain}, {amount}" if amount else plain


def _amount(data: dict[str, Any]) -> str:
    amount, currency = data.get("amount"), data.get("currency")
    if isinstance(amount, int) and isinstance(currency, str):
        try:
            return f"{money.format(amount, currency)} {currency}"
        except money.MoneyError:
            return ""
    return ""
