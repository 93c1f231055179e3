"""Reading jobs and the audit trail: what of them someone sees, and how it is narrowed."""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.apps import apps
from django.db import connection
from django.db.models import Q, QuerySet
from django.utils import timezone

from org.actors import Actor
from org.models import ApiKey, Company, User
from workflow.models import Event, Job

GROUPS: dict[str, tuple[str, tuple[str, ...]]] = {
    "all": ("all", ()),
    "unfinished": ("to do", (Job.State.WAITING, Job.State.RUNNING)),
    "failed": ("failed", (Job.State.FAILED,)),
    "done": ("done", (Job.State.DONE,)),
    "cancelled": ("cancelled", (Job.State.CANCELLED,)),
}
"""Tab of the list → its name, the states it shows (none: every one)."""
FIRST = "row line index step check number id external_id name outcome state status".split()
LAST = "job detail reason error errors problems".split()
_DIGITS = re.compile(r"[0-9]{1,18}", re.ASCII)


def jobs_in_sight(actor: Actor, *, state: str = "all", kind: str = "", company: str = "", text: str = "") -> QuerySet[Job]:
    """Jobs that the actor sees, the latest first, by group of states, kind, code of the company, and a part of the slot."""
    rows = Job.objects.visible_to(actor, "jobs.view").select_related("company").defer("results")
    states = GROUPS.get(state, GROUPS["all"])[1]
    if states:
        rows = rows.filter(state__in=states)
    if kind:
        rows = rows.filter(kind=kind)
    if company:
        rows = rows.filter(company__code=company)
    return rows.filter(slot__icontains=text) if text else rows


def sees_inside(actor: Actor, job: Job) -> bool:
    """Whether the actor may see a job's rows and its file: they tell of a whole company, so a portfolio in it is not enough."""
    reach = actor.reach("jobs.view")
    return reach.everything or job.created_by == actor.label or job.company_id in reach.companies


@dataclass(frozen=True, slots=True)
class Asked:
    """What of the trail is asked for; empty means all. `who` is a part of a name or a label such as user:3, `about` a type of row, or
    one row such as invoicing.invoice:17."""

    who: str = ""
    type: str = ""
    about: str = ""
    company: str = ""
    first: date | None = None
    last: date | None = None


def events_in_sight(actor: Actor, asked: Asked) -> QuerySet[Event]:
    """Events that the actor may see, the latest first. What belongs to no company is for those who see all of them."""
    rows = _of_reach(actor)
    if asked.who:
        rows = rows.filter(Q(actor__icontains=asked.who) | Q(actor__in=_labels(asked.who)))
    if asked.type:
        rows = rows.filter(type=asked.type) if asked.type in event_types(actor) else rows.filter(type__startswith=asked.type)
    if asked.company:
        rows = rows.filter(company__code=asked.company)
    if asked.first:
        rows = rows.filter(at__gte=_midnight(asked.first))
    if asked.last:
        rows = rows.filter(at__lt=_midnight(asked.last + timedelta(days=1)))
    return _about(rows, asked.about).select_related("company").order_by("-id")


def _of_reach(actor: Actor) -> QuerySet[Event]:
    reach = actor.reach("audit.view")
    if reach.everything or reach.companies >= set(Company.objects.values_list("pk", flat=True)):
        return Event.objects.all()
    return Event.objects.filter(company_id__in=reach.companies)


def _labels(name: str) -> list[str]:
    people = [f"user:{pk}" for pk in User.objects.filter(Q(name__icontains=name) | Q(email__iexact=name)).values_list("pk", flat=True)]
    return people + [f"key:{pk}" for pk in ApiKey.objects.filter(name__icontains=name).values_list("pk", flat=True)]


def _about(rows: QuerySet[Event], about: str) -> QuerySet[Event]:
    sort, _, key = about.partition(":")
    if sort:
        rows = rows.filter(subject_type=sort)
    return rows.filter(subject_id=int(key)) if _DIGITS.fullmatch(key) else rows


def currencies_of(events: Iterable[Event]) -> dict[int, str]:
    """Event → the currency of its amounts: its own word for it, else that of the row it is about, where that row has one."""
    found, wanted = {}, defaultdict[str, dict[int, list[int]]](lambda: defaultdict(list))
    for event in events:
        if event.data.get("currency"):
            found[event.pk] = str(event.data["currency"])
        elif event.subject_id:
            wanted[event.subject_type][event.subject_id].append(event.pk)
    for sort, keys in wanted.items():
        for pk, currency in _currencies(sort, list(keys)):
            found |= dict.fromkeys(keys[pk], currency)
    return found


def _currencies(sort: str, keys: list[int]) -> Iterable[tuple[int, str]]:
    model = _model(sort)
    if model is None or "currency" not in {field.name for field in model._meta.get_fields()}:
        return ()
    return model._default_manager.filter(pk__in=keys).values_list("pk", "currency")


def _model(sort: str) -> Any:
    try:
        return apps.get_model(sort)
    except (LookupError, ValueError):
        return None


def sort_of(event: Event) -> str:
    """What the row is that an event is about, in a word or two."""
    model = _model(event.subject_type)
    return str(model._meta.verbose_name) if model else event.subject_type


def _midnight(day: date) -> datetime:
    """The moment at which a day begins where the product runs; compared with the bare column, so that its index serves."""
    return timezone.make_aware(datetime.combine(day, time.min))


def event_types(actor: Actor) -> list[str]:
    """The types of events there are in sight, for the filter: read one after the other off their index, not from all events."""
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH RECURSIVE t (type) AS (SELECT min(type) FROM workflow_event"
            " UNION ALL SELECT (SELECT min(e.type) FROM workflow_event e WHERE e.type > t.type) FROM t WHERE t.type IS NOT NULL)"
            " SELECT type FROM t WHERE type IS NOT NULL"
        )
        known = sorted(row[0] for row in cursor.fetchall())
    seen = _of_reach(actor)
    return known if not seen.query.where else [name for name in known if seen.filter(type=name).exists()]


def result_columns(results: Iterable[dict[str, Any]]) -> list[str]:
    """The names in a job's results: what a row is about first, what came of it, figures, and reasons last (jsonb keeps no order)."""
    names = sorted({name for row in results for name in row})
    rank = {name: n for n, name in enumerate(FIRST)} | {name: 1000 + n for n, name in enumerate(LAST)}
    return sorted(names, key=lambda name: rank.get(name, 500))
