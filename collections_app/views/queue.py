"""My work queue: ranked tasks, a side panel, one at a time in Play, done / snooze / undo for one or several."""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import SplitResult, parse_qs, urlencode, urlsplit

from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from arops.lib import clock
from arops.lib.charts import segments
from arops.lib.http import address, page, redirect_htmx, toast
from collections_app.models import Activity, Promise, Snooze
from collections_app.policy.worklist import WEIGHTS
from collections_app.selectors.worklist import WorkItem, cash_left, work_list
from collections_app.services.activities import ActivityError, mark_done, put_off, take_back
from customers.models import Customer
from ledger.aging import USUAL
from ledger.models import OpenItem
from org.access import allowed

KINDS = {"broken_promise": "Broken promises", "call": "Calls", "apply_credit": "Credits", "dispute": "Disputes", "remind": "Reminders"}
ICONS = {"broken_promise": "promise", "call": "phone", "apply_credit": "cash", "dispute": "dispute", "remind": "mail"}
WORDS = {
    "apply_credit": "Apply the open credit first", "dispute": "Settle the dispute", "remind": "Send a statement",
    "call": "Call, ask for a date",
}  # fmt: skip
"""What to do about a task, where the row has room for a few words."""
assert set(KINDS) == set(ICONS) == set(WEIGHTS)
LEASE = 600
"""Seconds for which an account served by Play is kept from colleagues who play the same list."""
RESTS = 7
"""Days for which a task that was done or put off stays away."""
MOST = 200
"""Tasks that one click may put off or close."""
SHOWN = 200
"""Tasks that a group of the list shows: more than a day's worth, the most worth doing first. Counts and sums are of all."""


@dataclass(frozen=True, slots=True)
class Asked:
    """How the list is narrowed."""

    kind: str
    mine: bool
    text: str

    @property
    def query(self) -> str:
        """The same as a query string."""
        return urlencode({"kind": self.kind, "scope": "mine" if self.mine else "all", "q": self.text})


@dataclass(frozen=True, slots=True)
class Line:
    """A task as a row of the list: what to do in a line, and the one reason its other columns don't tell."""

    item: WorkItem
    words: str
    why: str


@dataclass(frozen=True, slots=True)
class Group:
    """Tasks under a heading: overdue (a word was broken, or it is about an earlier day), today, waiting."""

    name: str
    label: str
    items: list[WorkItem]

    @property
    def lines(self) -> list[Line]:
        """The first tasks as rows."""
        return [_line(item) for item in self.items[:SHOWN]]

    @property
    def cut(self) -> int:
        """How many tasks are not shown."""
        return max(0, len(self.items) - SHOWN)

    @property
    def sums(self) -> dict[str, int]:
        """Currency → what these tasks are about, a task each."""
        found: dict[str, int] = {}
        for item in self.items:
            found[item.task.currency] = found.get(item.task.currency, 0) + item.task.amount
        return found


TELLING = ("passed 90 days", "broke a promise", "left out", "never contacted", "last contact", "risk class", "falls due")
"""What reasons say, the most telling first."""


def _line(item: WorkItem) -> Line:
    task = item.task
    why = next((reason for sign in TELLING for reason in task.reasons if sign in reason), "")
    why = re.sub(r"broke a promise (?:(\d+) times|once) in", lambda m: f"{m[1]} broken in" if m[1] else "first break in", why)
    if task.kind == "broken_promise":
        return Line(item, "Promise broken: call again", why)
    return Line(item, WORDS.get(task.kind, task.next_action), why)


@allowed("collections.view")
def queue(request: HttpRequest) -> HttpResponse:
    """The list; `kind`, `scope` (mine or all) and `q` narrow it."""
    return page(request, "collections_app/queue.html", _list(request, _asked(request, request.GET.dict())), fragment="list")


def _asked(request: HttpRequest, query: dict[str, str]) -> Asked:
    usual = "mine" if _user(request).portfolio.exists() else "all"
    kind = query.get("kind", "")
    return Asked(kind if kind in KINDS else "", query.get("scope", usual) == "mine", query.get("q", "").strip()[:100])


def _list(request: HttpRequest, asked: Asked) -> dict[str, Any]:
    today, user = clock.today(), _user(request)
    finished = set(Snooze.objects.filter(user=user, is_done=True, until__gt=today).values_list("task_key", flat=True))
    listed = work_list(user=user, today=today, mine=asked.mine, text=asked.text)
    everything = [item for item in listed if item.task.key not in finished]
    shown = [item for item in everything if not asked.kind or item.task.kind == asked.kind]
    return {
        "today": today, "groups": _groups(shown, today), "shown": len(shown), "left": cash_left(everything),
        "count": sum(not i.waits_until for i in everything),
        "kind": asked.kind, "mine": asked.mine, "q": asked.text, "query": asked.query, "icons": ICONS,
        "narrowed": bool(asked.kind) + bool(asked.text), "mixed": len({i.task.currency for i in shown}) > 1,
        "tabs": [(code, label, sum(i.task.kind == code and not i.waits_until for i in everything)) for code, label in KINDS.items()],
        "done_today": Snooze.objects.filter(user=user, is_done=True, until=today + timedelta(days=RESTS)).count(),
        "may_work": user.can("collections.work"), "next_week": today + timedelta(days=RESTS),
    }  # fmt: skip


def _groups(items: list[WorkItem], today: date) -> list[Group]:
    late = [i for i in items if not i.waits_until and i.task.due_on < today]
    now = [i for i in items if not i.waits_until and i.task.due_on >= today]
    waiting = [i for i in items if i.waits_until]
    return [Group("due", "Overdue", late), Group("doing", "Today", now), Group("wait", "Waiting", waiting)]


@allowed("collections.view")
def peek(request: HttpRequest, key: str) -> HttpResponse:
    """The side panel of a task: what is owed, what was said, what to do."""
    item = _item(request, key, "collections.view")
    return page(request, "collections_app/peek_page.html", _account(request, item), fragment="body")


def _account(request: HttpRequest, item: WorkItem) -> dict[str, Any]:
    today, customer, user = clock.today(), item.customer, _user(request)
    owed = list(OpenItem.objects.open().collectable().filter(customer=customer, currency=item.task.currency).order_by("due_date", "pk"))
    return {
        "item": item, "customer": customer, "today": today, "items": owed[:8], "more": max(0, len(owed) - 8),
        "total": sum(i.balance for i in owed), "ages": _ages(owed, today), "icon": ICONS[item.task.kind],
        "activities": Activity.objects.filter(customer=customer).select_related("contact")[:3],
        "promises": Promise.objects.filter(customer=customer).order_by("-given_on")[:3],
        "contact": customer.contacts.filter(is_active=True).order_by("role").first(),
        "next_week": today + timedelta(days=RESTS), "may_work": user.can("collections.work", customer.company_id),
        "snooze_days": [(today + timedelta(days=n), label) for n, label in ((1, "Tomorrow"), (3, "In three days"), (14, "In two weeks"))],
        "mail_url": address("customers:write", customer.pk) if user.can("messages.send", customer.company_id) else "",
    }  # fmt: skip


def _ages(owed: list[OpenItem], today: date) -> dict[str, Any]:
    """What is owed by age, as a bar and its legend; credits are no part of it."""
    labels = list(USUAL.labels)
    sums = [0] * len(labels)
    for item in owed:
        if item.balance > 0:
            sums[USUAL.index(item.due_date, today)] += item.balance
    return {"bar": segments(sums, labels), "legend": [(min(n, 4), label, sums[n]) for n, label in enumerate(labels) if sums[n]]}


@allowed("collections.work")
def play(request: HttpRequest) -> HttpResponse:
    """One task at a time, the next that nobody else is being served; `skip` passes one over for today."""
    asked = _asked(request, request.GET.dict())
    passed = _passed(request, request.GET.get("skip", ""))
    items = work_list(user=_user(request), today=clock.today(), mine=asked.mine, text=asked.text, with_waiting=False)
    items = [i for i in items if not asked.kind or i.task.kind == asked.kind]
    left = [i for i in items if i.task.key not in passed]
    item = next((i for i in left if _lease(i.task.key, request.user.pk)), None)
    context = {"left": len(left), "skipped": len(items) - len(left), "query": asked.query, "plays": True}
    return page(request, "collections_app/play.html", context | (_account(request, item) if item else {}))


def _passed(request: HttpRequest, key: str) -> list[str]:
    """Keys passed over today, kept in the session."""
    today = str(clock.today())
    known = request.session.get("passed", {})
    keys: list[str] = known.get("keys", []) if known.get("day") == today else []
    if key and key not in keys:
        keys = [*keys, key[:80]][-MOST:]
        request.session["passed"] = {"day": today, "keys": keys}
    return keys


def _lease(key: str, person: int | None) -> bool:
    """Whether the task is the person's to be served: free, or theirs already. A lease runs out by itself."""
    return cache.get_or_set(f"play:{key}", person, LEASE) == person


@require_POST
@allowed("collections.work")
def done(request: HttpRequest, key: str) -> HttpResponse:
    """A task is dealt with; the toast takes it back."""
    item = _item(request, key, "collections.work")
    mark_done(user=_user(request), customer=item.customer, task_key=key, today=clock.today(), rests_days=RESTS)
    return _gone(request, [key], f"Done: {item.task.title}, {item.customer.name}")


@require_POST
@allowed("collections.work")
def snooze(request: HttpRequest, key: str) -> HttpResponse:
    """A task put off to `until`, a week ahead by default."""
    item, today = _item(request, key, "collections.work"), clock.today()
    try:
        until = date.fromisoformat(request.POST.get("until") or str(today + timedelta(days=RESTS)))
        put_off(user=_user(request), customer=item.customer, task_key=key, until=until, today=today)
    except (ValueError, ActivityError) as error:
        return toast(request, HttpResponse(status=422), str(error), tone="bad")
    return _gone(request, [key], f"{item.customer.name} waits until {until:%-d %b}", waits=True)


@require_POST
@allowed("collections.work")
def bulk(request: HttpRequest) -> HttpResponse:
    """Several tasks done, or put off a week: `keys` of what was chosen, `do` what to do."""
    user, today = _user(request), clock.today()
    wanted = set(request.POST.getlist("keys")[:MOST])
    listed = [i for i in work_list(user=user, today=today, mine=False) if i.task.key in wanted]
    found = [i for i in listed if user.can("collections.work", i.customer.company_id)]
    until, puts_off = today + timedelta(days=RESTS), request.POST.get("do") == "snooze"
    for item in found:
        if puts_off:
            put_off(user=user, customer=item.customer, task_key=item.task.key, until=until, today=today)
        else:
            mark_done(user=user, customer=item.customer, task_key=item.task.key, today=today, rests_days=RESTS)
    said = f"{len(found)} put off to {until:%-d %b}" if puts_off else f"{len(found)} marked done"
    return _gone(request, [i.task.key for i in found], said if found else "Nothing was chosen")


@require_POST
@allowed("collections.work")
def restore(request: HttpRequest) -> HttpResponse:
    """Undo done or snooze of the tasks named in the query string."""
    for key in request.GET.getlist("key")[:MOST]:
        take_back(user=_user(request), task_key=key)
    return redirect_htmx(request, _back(request))


def _gone(request: HttpRequest, keys: list[str], text: str, *, waits: bool = False) -> HttpResponse:
    """What has left its place: to the list its new counts and sums (or all of it anew), to Play the next task, without scripts the list."""
    undo = reverse("collections:restore") + "?" + urlencode({"key": keys}, doseq=True) if keys else ""
    if not getattr(request, "htmx", False) or request.POST.get("then") == "play":
        return toast(request, redirect_htmx(request, _back(request)), text, undo_url=undo)
    context = _list(request, _asked(request, _current(request)))
    whole = waits or len(keys) != 1 or not context["shown"]
    response = page(request, "collections_app/queue.html", context | {"oob": True}, fragment="list" if whole else "counts")
    if whole:
        response["HX-Retarget"], response["HX-Reswap"] = "#list", "innerHTML"
    return toast(request, response, text, undo_url=undo)


def _current(request: HttpRequest) -> dict[str, str]:
    """The query of the page on which a button was pressed."""
    asked = _split(request.headers.get("HX-Current-URL", request.headers.get("Referer", "")))
    return {name: values[-1].replace("\x00", "") for name, values in parse_qs(asked.query).items()}


def _split(url: str) -> SplitResult:
    """The parts of an address that a browser named; none where it is no address."""
    try:
        return urlsplit(url)
    except ValueError:
        return urlsplit("")


def _back(request: HttpRequest) -> str:
    """The list, or Play, narrowed as it was."""
    from_play = _split(request.headers.get("Referer", "")).path == reverse("collections:play")
    name = "collections:play" if from_play or request.POST.get("then") == "play" else "collections:queue"
    return f"{reverse(name)}?{_asked(request, _current(request)).query}"


def _item(request: HttpRequest, key: str, permission: str) -> WorkItem:
    """The task with this key among those of its customer; 404 when it is out of sight or its cause is gone."""
    parts = key.split(":")
    if len(parts) != 3 or not (parts[1].isdecimal() and parts[1].isascii() and len(parts[1]) < 19):
        raise Http404
    user = _user(request)
    customer = Customer.objects.visible_to(user, permission).filter(pk=parts[1]).first()
    if customer is None:
        raise Http404
    found = work_list(user=user, today=clock.today(), mine=False, text=customer.number)
    for item in found:
        if item.task.key == key:
            return item
    raise Http404


def _user(request: HttpRequest) -> Any:
    return request.user
