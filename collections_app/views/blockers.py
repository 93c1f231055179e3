"""Papers that hold payments up: who must act, who has them in hand, when the customer was reminded."""

from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_POST

from arops.lib import clock, money
from arops.lib.http import filters_of, page, redirect_htmx, toast
from arops.lib.refusal import Refused
from arops.lib.sheets import Cover, export_response
from arops.lib.tables import Column, Table
from collections_app.selectors.blockers import Blocker, blockers, missing, with_records
from collections_app.services import blockers as work
from collections_app.views.listing import current
from customers.models import CustomerDocument
from invoicing.views.blocked import who_acts
from org.access import allowed
from org.models import Department
from workflow.views.stored import keeps_views

SHOWN = 300
WEEK = timedelta(days=7)


@allowed("collections.view")
@keeps_views
def index(request: HttpRequest) -> HttpResponse:
    """Missing papers in sight, the most money first. Also as Excel and CSV."""
    user, today = _user(request), clock.today()
    asked = filters_of(request, q="", owner="", waits="")
    if request.GET.get("format") and not user.can("reports.export"):
        raise PermissionDenied("this needs the permission reports.export")
    found = blockers(user, today, asked)
    rows = with_records(found if request.GET.get("format") else found[:SHOWN])
    names = {(d.company_id, d.code): d.name for d in Department.objects.filter(company__in={b.document.company_id for b in rows})}
    table = _table(rows, names)
    narrowed = {name: value for name, value in asked.items() if value}
    if file := export_response(request, table, Cover("Blockers", user.name, today, narrowed)):
        return file
    totals: dict[str, int] = {}
    for one in found:
        for currency, amount in one.money.items():
            totals[currency] = totals.get(currency, 0) + amount
    context = {
        "rows": [(b, who_acts(b.document.company_id, b.document.waits_for, names)) for b in rows], "asked": asked,
        "narrowed": narrowed, "count": len(found), "shown": SHOWN, "totals": sorted(totals.items()), "today": today, "me": user.pk,
        "may": user.can("collections.work") and not user.only_reads, "user_can_export": user.can("reports.export"),
        "next_week": today + WEEK,
    }  # fmt: skip
    return page(request, "collections_app/blockers.html", context, fragment="table")


def _table(rows: list[Blocker], names: dict[tuple[int, str], str]) -> Table:
    return Table(
        [
            Column("customer", "Customer", lambda b: b.document.customer.name, pin=True),
            Column("paper", "Paper", lambda b: b.document.get_kind_display()),
            Column("about", "For", lambda b: b.about),
            Column("since", "Asked for", lambda b: b.document.requested_on, kind="date"),
            Column("who", "Who must act", lambda b: who_acts(b.document.company_id, b.document.waits_for, names)),
            Column("owner", "In hand of", lambda b: b.chase.owner.name if b.chase and b.chase.owner else ""),
            Column("reminded", "Reminders", lambda b: b.chase.reminded if b.chase else 0, kind="num"),
            Column("next", "Next", lambda b: b.chase.next_on if b.chase else None, kind="date"),
            Column("invoices", "Invoices", lambda b: b.invoices, kind="num"),
            Column("waiting", "Waits", lambda b: ", ".join(f"{money.to_text(n, c)} {c}" for c, n in b.money.items()), grow=True),
        ],
        rows, name="blocker",
    )  # fmt: skip


@require_POST
@allowed("collections.work")
def remind(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask the customer now."""
    document = _document(request, pk)
    told = "The customer was written to today already"

    def act() -> str:
        new = work.remind_now(actor=_user(request), document=document, day=clock.today(), now=clock.now())
        return f"{document.customer.name} is reminded" if new else told

    return _done(request, act)


@require_POST
@allowed("collections.work")
def take(request: HttpRequest, pk: int) -> HttpResponse:
    """Take it in hand."""
    document, user = _document(request, pk), _user(request)

    def act() -> str:
        work.take_in_hand(actor=user, document=document, owner=user, day=clock.today())
        return f"{document.get_kind_display()} of {document.customer.name} is yours"

    return _done(request, act)


@require_POST
@allowed("collections.work")
def pause(request: HttpRequest, pk: int) -> HttpResponse:
    """No reminders for a week, or (`go`) again."""
    document, today = _document(request, pk), clock.today()
    until: date | None = None if request.POST.get("go") else today + WEEK

    def act() -> str:
        work.pause_chase(actor=_user(request), document=document, until=until, day=today)
        return f"No reminders until {until:%-d %b}" if until else "Reminders go on"

    return _done(request, act)


def _done(request: HttpRequest, act: Any) -> HttpResponse:
    narrowed = {name: value for name, value in current(request).items() if name in ("q", "owner", "waits") and value}
    back = redirect_htmx(request, reverse("collections:blockers") + (f"?{urlencode(narrowed)}" if narrowed else ""))
    try:
        return toast(request, back, act(), tone="ok")
    except Refused as error:
        return toast(request, back, str(error), tone="bad")


def _document(request: HttpRequest, pk: int) -> CustomerDocument:
    seen = missing(_user(request), permission="collections.work")
    return get_object_or_404(seen.select_related("customer", "company"), pk=pk)


def _user(request: HttpRequest) -> Any:
    return request.user
