"""My work queue: ranked tasks, a side panel, done / snooze / undo."""

from datetime import date, timedelta
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from arops.lib import clock
from arops.lib.http import page, redirect_htmx, toast
from collections_app.models import Activity, Promise
from collections_app.policy.worklist import WEIGHTS
from collections_app.selectors.worklist import WorkItem, cash_left, work_list
from collections_app.services.activities import ActivityError, mark_done, put_off, take_back
from customers.models import Customer
from ledger.models import OpenItem
from org.access import allowed

KINDS = {"broken_promise": "Broken promises", "call": "Calls", "apply_credit": "Credits", "dispute": "Disputes", "remind": "Reminders"}
assert set(KINDS) == set(WEIGHTS)


@allowed("collections.view")
def queue(request: HttpRequest) -> HttpResponse:
    """The list; `kind`, `scope` (mine or all) and `q` narrow it."""
    today, user = clock.today(), _user(request)
    mine = request.GET.get("scope", "mine" if user.portfolio.exists() else "all") == "mine"
    everything = work_list(user=user, today=today, mine=mine, text=request.GET.get("q", "").strip())
    kind = request.GET.get("kind", "")
    shown = [i for i in everything if not kind or i.task.kind == kind]
    context = {
        "today": today, "groups": _groups(shown, today), "left": cash_left(everything), "count": sum(not i.waits_until for i in everything),
        "kind": kind, "mine": mine, "q": request.GET.get("q", ""), "filtered": bool(kind or request.GET.get("q")),
        "tabs": [(code, label, sum(i.task.kind == code and not i.waits_until for i in everything)) for code, label in KINDS.items()],
        "first": next((i for i in shown if not i.waits_until), None),
    }  # fmt: skip
    return page(request, "collections_app/queue.html", context, fragment="list")


def _groups(items: list[WorkItem], today: date) -> list[tuple[str, str, list[WorkItem]]]:
    """Overdue (a word was broken, or the task is about an earlier day), today, waiting."""
    late = [i for i in items if not i.waits_until and i.task.due_on < today]
    now = [i for i in items if not i.waits_until and i.task.due_on >= today]
    return [
        (name, label, found)
        for name, label, found in (
            ("due", "Overdue", late),
            ("doing", "Today", now),
            ("wait", "Waiting", [i for i in items if i.waits_until]),
        )
        if found
    ]


@allowed("collections.view")
def peek(request: HttpRequest, key: str) -> HttpResponse:
    """The side panel of a task: what is owed, what was said, what to do."""
    item = _item(request, key)
    today, customer = clock.today(), item.customer
    context = {
        "item": item, "customer": customer, "today": today,
        "items": OpenItem.objects.open().filter(customer=customer, currency=item.task.currency).order_by("due_date")[:12],
        "activities": Activity.objects.filter(customer=customer).select_related("contact")[:3],
        "promises": Promise.objects.filter(customer=customer).order_by("-given_on")[:3],
        "contact": customer.contacts.filter(is_active=True).order_by("role").first(),
        "tomorrow": today + timedelta(days=1), "next_week": today + timedelta(days=7),
    }  # fmt: skip
    return page(request, "collections_app/queue_peek.html", context)


@require_POST
@allowed("collections.work")
def done(request: HttpRequest, key: str) -> HttpResponse:
    """A task is dealt with; the toast takes it back."""
    item = _item(request, key)
    mark_done(user=_user(request), customer=item.customer, task_key=key, today=clock.today())
    return _gone(request, key, f"Done: {item.task.title}, {item.customer.name}")


@require_POST
@allowed("collections.work")
def snooze(request: HttpRequest, key: str) -> HttpResponse:
    """A task put off to `until`, a week ahead by default."""
    item, today = _item(request, key), clock.today()
    try:
        until = date.fromisoformat(request.POST.get("until") or str(today + timedelta(days=7)))
        put_off(user=_user(request), customer=item.customer, task_key=key, until=until, today=today)
    except (ValueError, ActivityError) as error:
        return toast(request, HttpResponse(status=422), str(error), tone="bad")
    return _gone(request, key, f"{item.customer.name} waits until {until:%-d %b}")


@require_POST
@allowed("collections.work")
def restore(request: HttpRequest, key: str) -> HttpResponse:
    """Undo done or snooze."""
    take_back(user=_user(request), task_key=key)
    return redirect_htmx(request, reverse("collections:queue"))


def _gone(request: HttpRequest, key: str, text: str) -> HttpResponse:
    """The row leaves the list; without htmx, the list is shown again."""
    response = HttpResponse("") if getattr(request, "htmx", False) else redirect_htmx(request, reverse("collections:queue"))
    return toast(request, response, text, tone="ok", undo_url=reverse("collections:restore", args=[key]))


def _item(request: HttpRequest, key: str) -> WorkItem:
    """The task with this key among those of its customer; 404 when it is out of sight or its cause is gone."""
    parts = key.split(":")
    if len(parts) != 3 or not parts[1].isdigit():
        raise Http404
    user = _user(request)
    customer = Customer.objects.visible_to(user, "collections.view").filter(pk=parts[1]).first()
    if customer is None:
        raise Http404
    found = work_list(user=user, today=clock.today(), mine=False, text=customer.number)
    for item in found:
        if item.task.key == key:
            return item
    raise Http404


def _user(request: HttpRequest) -> Any:
    return request.user
