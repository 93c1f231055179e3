"""Promises: what was promised, what became of it."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_POST

from arops.lib import clock
from arops.lib.http import day_of, filters_of, page, redirect_htmx, toast
from arops.lib.sheets import Cover, export_response
from arops.lib.tables import Column, Table
from collections_app.models import Promise, PromiseInstalment
from collections_app.selectors.promises import expected_by_week, history_of
from collections_app.services.promises import PromiseError, undo_promise
from org.access import allowed
from org.selectors import actor_names
from workflow.models import Event
from workflow.views.stored import keeps_views

STATES = ("open", "broken", "partly", "kept", "superseded", "cancelled", "all")
ORDERS = {"due": "due_on", "amount": "amount", "customer": "customer__name", "given": "given_on", "decided": "decided_on"}
SHOWN = 500
"""Promises a page shows; its file holds all of them."""


@allowed("collections.view")
@keeps_views
def promises(request: HttpRequest) -> HttpResponse:
    """Promises in sight by state, the next to fall due first; decided ones the latest first. Also as Excel and CSV."""
    user, today = _user(request), clock.today()
    asked = filters_of(request, state="open", q="", owner="", since="", until="", sort="")
    state = asked["state"] if asked["state"] in STATES else "open"
    asked["sort"] = asked["sort"] if asked["sort"].lstrip("-") in ORDERS else "due" if state == "open" else "-due"
    sight = _narrowed(Promise.objects.visible_to(user, "collections.view"), asked, user)
    sight = _due_between(sight, asked)
    found = (sight if state == "all" else sight.filter(state=state)).order_by(*_order(asked["sort"]))
    found = found.select_related("customer__company", "supersedes").prefetch_related("items__open_item", "instalments")
    if request.GET.get("format") and not user.can("reports.export"):
        raise PermissionDenied("this needs the permission reports.export")
    table = _table(found if request.GET.get("format") else found[:SHOWN], asked)
    narrowed = {name: asked[name] for name in ("q", "owner", "since", "until") if asked[name]}
    file = export_response(request, table, Cover("Promises", user.name, today, {"state": state} | narrowed))
    if file:
        return file
    weeks = expected_by_week(_narrowed(Promise.objects.visible_to(user, "collections.view"), asked, user), today) if state == "open" else []
    counts = dict(sight.order_by().values_list("state").annotate(n=Count("pk")))
    context = {
        "table": table, "state": state, "states": [(s, sum(counts.values()) if s == "all" else counts.get(s, 0)) for s in STATES],
        "asked": asked, "narrowed": narrowed, "weeks": weeks, "today": today, "may_give": user.can("promises.give"), "shown": SHOWN,
        "count": sum(counts.values()) if state == "all" else counts.get(state, 0), "user_can_export": user.can("reports.export"),
    }  # fmt: skip
    return page(request, "collections_app/promises.html", context, fragment="table")


def _narrowed(rows: QuerySet[Promise], asked: dict[str, str], user: Any) -> QuerySet[Promise]:
    """Those of a customer searched for, and of the person's own portfolio."""
    if asked["q"]:
        rows = rows.filter(Q(customer__name__icontains=asked["q"]) | Q(customer__number__iexact=asked["q"]))
    return rows.filter(customer__collector=user) if asked["owner"] == "me" else rows


def _due_between(rows: QuerySet[Promise], asked: dict[str, str]) -> QuerySet[Promise]:
    """Those with a day, or the day of an instalment, in the span; a day that is none is left out."""
    span = {}
    for name, lookup in (("since", "due_on__gte"), ("until", "due_on__lte")):
        if day := day_of(asked[name]):
            span[lookup] = day
        else:
            asked[name] = ""
    if not span:
        return rows
    parts = PromiseInstalment.objects.filter(promise=OuterRef("pk"))
    return rows.filter(Exists(parts.filter(**span)) | Q(~Exists(parts), **span))


def _order(sort: str) -> tuple[str, str]:
    return ("-" if sort.startswith("-") else "") + ORDERS[sort.lstrip("-")], "pk"


def _table(rows: Any, asked: dict[str, str]) -> Table:
    """Promises as rows and columns, for the page's head and totals and for files."""
    columns = [
        Column("customer", "Customer", lambda p: p.customer.name, pin=True, sort="customer"),
        Column("amount", "Promised", lambda p: p.amount, kind="money", total=True, sort="amount", phone="end"),
        Column("received", "Received", lambda p: p.received, kind="money", total=True),
        Column("currency", "Cur", lambda p: p.currency),
        Column("due", "By", lambda p: p.due_on, kind="date", sort="due"),
        Column("given", "Given", lambda p: p.given_on, kind="date", priority=2, sort="given"),
        Column("state", "State", lambda p: p.get_state_display().capitalize(), kind="badge"),
        Column("items", "For", lambda p: ", ".join(i.open_item.number for i in p.items.all()), grow=True, priority=3),
    ]
    return Table(columns, rows, currency=lambda p: p.currency, name="promise", sort=asked["sort"], query=asked)


@allowed("collections.view")
def promise(request: HttpRequest, pk: int) -> HttpResponse:
    """A promise: what for, in which parts, what came in, what it replaced and what replaced it, who said so."""
    user = _user(request)
    found = get_object_or_404(Promise.objects.visible_to(user, "collections.view").select_related("customer__company", "contact"), pk=pk)
    events = list(Event.objects.filter(subject_type=found._meta.label_lower, subject_id=found.pk).order_by("-id"))
    context = {
        "promise": found, "customer": found.customer, "items": found.items.select_related("open_item").order_by("open_item__due_date"),
        "parts": found.instalments.all(), "chain": history_of(found), "today": clock.today(),
        "events": events, "names": actor_names({e.actor for e in events}), "may_give": user.can("promises.give", found.company_id),
    }  # fmt: skip
    return page(request, "collections_app/promise.html", context)


@require_POST
@allowed("promises.give")
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Withdraw a promise recorded by mistake."""
    promise = get_object_or_404(Promise.objects.visible_to(_user(request), "promises.give"), pk=pk)
    response = redirect_htmx(request, reverse("collections:promise", args=[promise.pk]))
    reason = request.POST.get("reason", "").strip()[:200] or "recorded by mistake"
    try:
        undo_promise(actor=_user(request), promise=promise, today=clock.today(), reason=reason)
    except PromiseError as error:
        return toast(request, response, str(error), tone="bad")
    return toast(request, response, "The promise counts for nothing now", tone="ok")


def _user(request: HttpRequest) -> Any:
    return request.user
