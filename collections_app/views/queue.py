"""My work queue: ranked tasks, a side panel, done / snooze / undo for one or several. One at a time is `views/play`."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from arops.lib import clock
from arops.lib.http import page, redirect_htmx, toast
from arops.lib.refusal import Refused
from collections_app.forms.days import parse_day
from collections_app.models import Snooze, WorkTask
from collections_app.policy.business_days import next_business_day
from collections_app.selectors.tags import tags_in_use, tags_of
from collections_app.selectors.waiting import why_never
from collections_app.selectors.worklist import Asked, Group, WorkItem, WorkList
from collections_app.services.activities import ActivityError, put_off, take_back
from collections_app.services.finishing import RESTS, finish_task
from collections_app.services.policies import policy_of
from collections_app.services.tags import tag_customers, untag_customers
from collections_app.views.listing import BUCKETS, ICONS, LABELS, asked_of, back, current, item_of, person, query_of, up_to_date
from collections_app.views.panel import account_of
from customers.models import Customer
from org.access import allowed
from org.models import Department, User
from workflow.views.stored import keeps_views

LONGEST = 60
"""Days after which a task that waits for an event comes back anyway."""
MOST = 200
"""Tasks that one click may put off or close."""
SHOWN = 100
"""Tasks that a group of the list shows: more than a day's worth, the most worth doing first. Counts and sums are of all."""
TELLING = ("passed 90 days", "broke a promise", "left out", "instalment", "waits since", "is missing", "the strategy", "never contacted",
           "last contact", "risk class", "falls due")  # fmt: skip
"""What reasons say, the most telling first."""


@dataclass(frozen=True, slots=True)
class Line:
    """A task as a row of the list: what to do in a line, the one reason its other columns don't tell, and who can fix it."""

    item: WorkItem
    words: str
    why: str
    with_: str
    tags: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Shown:
    """A group of the list with its rows."""

    group: Group
    lines: Sequence[Line]


def _line(item: WorkItem, departments: dict[tuple[int, str], str], tags: dict[int, list[str]]) -> Line:
    task = item.task
    why = next((reason for sign in TELLING for reason in task.reasons if sign in reason), "")
    why = why.replace("passed 90 days this week", "passed 90 days")
    why = re.sub(r"broke a promise (?:(\d+) times|once) in", lambda m: f"{m[1]} broken in" if m[1] else "first break in", why)
    return Line(item, task.title, why, departments.get((task.company_id, task.routed_to), task.routed_to), tags.get(task.customer_id, ()))


@allowed("collections.view")
@keeps_views
def queue(request: HttpRequest) -> HttpResponse:
    """The list; `bucket`, `kind`, `scope` (mine, ours or all) and `q` narrow it."""
    fresh = up_to_date(request)
    context = _list(request, asked_of(request, request.GET.dict())) | {"stale": not fresh}
    return page(request, "collections_app/queue.html", context, fragment="list")


def _list(request: HttpRequest, asked: Asked) -> dict[str, Any]:
    today, user = clock.today(), person(request)
    listed = WorkList(user, today, asked)
    counts, groups = listed.counts, listed.groups(SHOWN)
    names = {(d.company_id, d.code): d.name for d in Department.objects.visible_to(user, "collections.view")}
    shown = sum(group.count for group in groups)
    tags = tags_of({item.task.customer_id for group in groups for item in group.items})
    return {
        "today": today, "groups": [Shown(group, [_line(item, names, tags) for item in group.items]) for group in groups], "shown": shown,
        "left": listed.at_stake(), "count": counts.now, "asked": asked, "query": query_of(asked), "icons": ICONS,
        "narrowed": bool(asked.kind) + bool(asked.text) + bool(asked.bucket) + bool(asked.tag) + (asked.owner is not None),
        "tags": tags_in_use(user), "owner": User.objects.filter(pk=asked.owner).first() if asked.owner else None,
        "without_owner": query_of(replace(asked, owner=None)),
        "buckets": [(code, label, counts.buckets[code], query_of(asked, bucket=code)) for code, label in BUCKETS.items()],
        "everything": (sum(counts.buckets.values()), query_of(asked, bucket="")),
        "kinds": [(code, label, counts.kinds[code]) for code, label in LABELS.items() if counts.kinds[code] or code == asked.kind],
        "scopes": _scopes(listed),
        "done_today": listed.done_until(today + timedelta(days=RESTS)),
        "may_work": user.can("collections.work"), "next_week": today + timedelta(days=RESTS), "snooze_events": Snooze.Event.choices,
    }  # fmt: skip


def _scopes(listed: WorkList) -> list[tuple[str, str, str]]:
    """Code, label and query of each way to look at the list that there is for the person."""
    wanted = [("mine", "Mine"), ("ours", "Ours to fix"), ("all", "Everyone’s")]
    return [
        (code, label, query_of(listed.asked, scope=code))
        for code, label in wanted
        if code != "ours" or listed.departments or listed.asked.scope == "ours"
    ]


@allowed("collections.view")
def peek(request: HttpRequest, key: str) -> HttpResponse:
    """The side panel of a task: what is owed, what was said, what to do."""
    item = item_of(request, key, "collections.view")
    return page(request, "collections_app/peek_page.html", account_of(request, item, RESTS), fragment="body")


@require_POST
@allowed("collections.work")
def done(request: HttpRequest, key: str) -> HttpResponse:
    """A task is dealt with; the toast takes it back."""
    item = item_of(request, key, "collections.work")
    undoable = finish_task(user=person(request), task=item.task, today=clock.today(), rests_days=RESTS)
    return _gone(request, [key], f"Done: {item.task.title}, {item.customer.name}", undoable=[key] if undoable else [])


@require_POST
@allowed("collections.work")
def snooze(request: HttpRequest, key: str) -> HttpResponse:
    """A task put off to `until`, a week ahead by default; with `event` until that comes, no longer than two months."""
    up_to_date(request)  # what happened before the wait began doesn't end it
    item, today, event = item_of(request, key, "collections.work"), clock.today(), request.POST.get("event", "")
    try:
        until = parse_day(request.POST.get("until", "") or f"+{LONGEST if event else RESTS}", today)
        row = put_off(user=person(request), customer=item.customer, task_key=key, until=until, today=today, event=event)
    except (ValueError, ActivityError) as error:
        return toast(request, HttpResponse(status=422), str(error), tone="bad")
    last = f"{row.until:%-d %b}"
    waits = f"{Snooze.Event(event).label}, {last} at the latest" if event else f"{last}{_moved(item.customer, until)}"
    return _gone(request, [key], f"{item.customer.name} waits until {waits}", waits=True)


def _moved(customer: Customer, until: date) -> str:
    """Why a task comes back later than it was put off to."""
    moved = next_business_day(until, policy_of(customer.company).holidays)
    return f": {moved.because}" if moved.because else ""


@require_POST
@allowed("collections.work")
def bulk(request: HttpRequest) -> HttpResponse:
    """Several tasks done, put off a week or until an event (`snooze:payment`), or their customers tagged: `keys` of what was chosen, `do`
    what to do, `tag` the word."""
    user, today = person(request), clock.today()
    what, _, event = request.POST.get("do", "").partition(":")
    if event:
        up_to_date(request)  # what happened before the wait began doesn't end it
    keys = [key[:80].replace("\x00", "") for key in request.POST.getlist("keys")[:MOST]]
    found = list(WorkTask.objects.visible_to(user, "collections.work").filter(key__in=keys).select_related("customer"))
    if what in ("tag", "untag"):
        return _tagged(request, {task.customer for task in found})
    try:
        undoable, said = _put_off(user, found, event, today) if what == "snooze" else _finished(user, found, today)
    except ActivityError as error:
        return toast(request, HttpResponse(status=422), str(error), tone="bad")
    return _gone(request, [task.key for task in found], said if found else "Nothing was chosen", undoable=undoable)


def _put_off(user: User, tasks: Sequence[WorkTask], event: str, today: date) -> tuple[list[str], str]:
    """Tasks put off a week, or until an event and two months at most: what can be taken back, and what is said."""
    if never := why_never([task.customer for task in tasks], event):  # all or none
        raise ActivityError(never)
    until = today + timedelta(days=LONGEST if event else RESTS)
    to = {put_off(user=user, customer=t.customer, task_key=t.key, until=until, today=today, event=event).until for t in tasks}
    last = " or ".join(f"{day:%-d %b}" for day in sorted(to))
    waits = f"wait until {dict(Snooze.Event.choices).get(event)}, {last} at the latest" if event else f"put off to {last}"
    return [task.key for task in tasks], f"{len(tasks)} {waits}"


def _finished(user: User, tasks: Sequence[WorkTask], today: date) -> tuple[list[str], str]:
    """Tasks dealt with: which of them can be taken back, and what is said."""
    keys = [task.key for task in tasks if finish_task(user=user, task=task, today=today, rests_days=RESTS)]
    return keys, f"{len(tasks)} marked done"


@require_POST
@allowed("collections.work")
def tag(request: HttpRequest, key: str) -> HttpResponse:
    """The customer of one task is marked with a tag, or freed of it (`do` is untag)."""
    return _tagged(request, {item_of(request, key, "collections.work").customer})


def _tagged(request: HttpRequest, customers: set[Customer]) -> HttpResponse:
    """Customers marked or freed; the list as it is then."""
    name, frees = request.POST.get("tag", "").replace("\x00", ""), request.POST.get("do") == "untag"
    chosen = sorted(customers, key=lambda c: c.pk)
    try:
        n = (untag_customers if frees else tag_customers)(actor=person(request), customers=chosen, name=name)
    except Refused as error:
        return toast(request, HttpResponse(status=422), f"{error}.", tone="bad")
    told = f"{name.strip()} {'taken off' if frees else 'put on'} {n} customer{'' if n == 1 else 's'}"
    if not getattr(request, "htmx", False) or request.POST.get("then") == "play":
        return toast(request, redirect_htmx(request, back(request)), told)
    context = _list(request, asked_of(request, current(request)))
    response = page(request, "collections_app/queue.html", context | {"oob": True}, fragment="list")
    response["HX-Retarget"], response["HX-Reswap"] = "#list", "innerHTML"
    return toast(request, response, told)


@require_POST
@allowed("collections.work")
def restore(request: HttpRequest) -> HttpResponse:
    """Undo done or snooze of the tasks named in the query string."""
    for key in request.GET.getlist("key")[:MOST]:
        take_back(user=person(request), task_key=key.replace("\x00", "")[:80])
    return redirect_htmx(request, back(request))


def _gone(request: HttpRequest, keys: list[str], text: str, *, waits: bool = False, undoable: list[str] | None = None) -> HttpResponse:
    """What has left its place: to the list its new counts and sums (or all of it anew), to Play the next task, without scripts the list."""
    back_again = keys if undoable is None else undoable
    undo = reverse("collections:restore") + "?" + urlencode({"key": back_again}, doseq=True) if back_again else ""
    if not getattr(request, "htmx", False) or request.POST.get("then") == "play":
        return toast(request, redirect_htmx(request, back(request)), text, undo_url=undo)
    context = _list(request, asked_of(request, current(request)))
    whole = waits or len(keys) != 1 or not context["shown"]
    response = page(request, "collections_app/queue.html", context | {"oob": True}, fragment="list" if whole else "counts")
    if whole:
        response["HX-Retarget"], response["HX-Reswap"] = "#list", "innerHTML"
    return toast(request, response, text, undo_url=undo)
