"""The audit trail on the screen: who did what to what, and whether the chain over it holds."""

import json
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse

from arops.lib import clock, money
from arops.lib.http import address, page
from arops.lib.sheets import Cover, export_response
from arops.lib.tables import Column, Table
from org.access import allowed
from org.models import Company
from org.selectors import actor_names
from workflow.forms import TrailForm
from workflow.models import AuditSeal, Event
from workflow.selectors import Asked, currencies_of, event_types, events_in_sight, sort_of
from workflow.services.audit import chain_head

PER_PAGE = 100
EXPORTED = 100_000
PAGES = {
    "customers.customer": "customers:detail",
    "ledger.openitem": "ledger:item",
    "ledger.entry": "ledger:entry",
    "invoicing.invoice": "invoicing:detail",
    "cashapp.receipt": "cashapp:receipt",
    "disputes.dispute": "disputes:detail",
    "messaging.message": "messaging:message",
    "collections_app.dunningrun": "collections:dunning-run",
    "workflow.job": "workflow:job",
}
"""Type of a row → the name of its page, where it has one of its own."""

AMOUNTS = frozenset("amount received balance total net tax discount write_off short residual credit_limit held_out minimum".split())
"""Names of an event's data that are money, in the currency's smallest units."""


@allowed("audit.view")
def trail(request: HttpRequest) -> HttpResponse:
    """The events in sight, the latest first."""
    user: Any = request.user
    form = TrailForm(request.GET)
    asked = form.asked() if form.is_valid() else Asked()
    rows = events_in_sight(user, asked)
    file = _export(request, rows, form) if form.is_valid() and user.can("reports.export") else None
    if file:
        return file
    shown = Paginator(rows, PER_PAGE).get_page(request.GET.get("page", "1"))
    context = {
        "page": shown, "rows": _told(shown.object_list), "form": form, "asked": form.data,
        "filtered": bool(form.is_valid() and form.in_force),
        "types": event_types(user), "companies": Company.objects.visible_to(user, "audit.view"), "head": chain_head(),
        "sealed_at": AuditSeal.objects.values_list("sealed_at", flat=True).last(), "user_can_export": user.can("reports.export"),
    }  # fmt: skip
    return page(request, "workflow/audit.html", context, fragment="table", status=200 if form.is_valid() else 422)


def _told(events: Any) -> list[Event]:
    """The events with names for their actors, addresses of their subjects, and their data as words."""
    found = list(events)
    names, currencies = actor_names({event.actor for event in found}), currencies_of(found)
    for event in found:
        event.who = names.get(event.actor, event.actor)
        event.url = subject_url(event)
        event.customer_url = address("customers:detail", event.customer_ref) if event.customer_ref else ""
        event.words, event.sort = words(event.data, currencies.get(event.pk, "")), sort_of(event)
    return found


def subject_url(event: Event) -> str:
    """Where the row that the event is about has its page; empty where it has none."""
    name = PAGES.get(event.subject_type)
    return address(name, event.subject_id) if name and event.subject_id else ""


def words(data: dict[str, Any], currency: str = "") -> str:
    """An event's data for people: name and value, one after the other; amounts as money where their currency is known."""
    shown = {name: value for name, value in data.items() if value not in (None, "", [], {})}
    return " · ".join(f"{name.replace('_', ' ')} {_value(name, value, currency)}" for name, value in shown.items())


def _value(name: str, value: Any, currency: str) -> str:
    if name in AMOUNTS and type(value) is int:
        return f"{money.format(value, currency)} {currency}" if currency else f"{value} in smallest units"
    if isinstance(value, list) and all(isinstance(part, str | int) for part in value):
        return ", ".join(map(str, value))
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _export(request: HttpRequest, rows: Any, form: TrailForm) -> HttpResponse | None:
    if not request.GET.get("format"):
        return None
    columns = [
        Column("id", "Event", lambda e: e.pk, kind="num"),
        Column("at", "At (UTC)", lambda e: f"{e.at:%Y-%m-%d %H:%M:%S.%f}"),
        Column("type", "What", lambda e: e.type),
        Column("actor", "Actor", lambda e: e.actor),
        Column("company", "Company", lambda e: e.company.code if e.company else ""),
        Column("subject", "About", lambda e: f"{e.subject_type}:{e.subject_id}" if e.subject_id else ""),
        Column("customer", "Customer", lambda e: e.customer_ref, kind="num"),
        Column("data", "Data", lambda e: json.dumps(e.data, ensure_ascii=False), grow=True),
    ]
    user: Any = request.user
    cover = Cover("Audit trail", user.name, clock.today(), {**form.in_force, "chain": str(chain_head())})
    return export_response(request, Table(columns, rows[:EXPORTED], name="event"), cover)
