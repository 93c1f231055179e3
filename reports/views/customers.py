"""The list of customers, and the page of one: open items, timeline, disputes, payments, contacts."""

from dataclasses import astuple
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse

from arops.lib import clock, money
from arops.lib.charts import segments
from arops.lib.http import address, filters_of, page
from arops.lib.merging import language_note
from arops.lib.sheets import Cover, export_response
from arops.lib.tables import Column, Table
from collections_app.selectors.escalation import left_by_offers
from collections_app.selectors.strategies import own_strategy
from customers.models import Customer
from customers.selectors import documents_of, rule_words, rules_of
from customers.views import documents
from messaging.models import Bounce
from org.access import allowed
from org.selectors import actor_names
from reports.selectors import customer as selectors
from reports.selectors.customer_list import SORTS, CustomerPage, CustomerRow, Filters, collectors, customer_page
from reports.selectors.customer_list import segments as segments_of
from reports.selectors.question import companies_in
from reports.selectors.timeline import LANES, Happening, timeline
from reports.views.ageing import items_table
from reports.views.customer_orders import orders_tab
from reports.views.present import age_of, told
from reports.views.timeline_file import MOST, timeline_file
from workflow.services.subjects import address_of
from workflow.views.stored import keeps_views

PER_PAGE = 100
_CASES = 200
"""Cases that the tab of an account shows, those that are open first."""
TABS = (
    ("items", "Open items"), ("timeline", "Timeline"), ("disputes", "Disputes"), ("payments", "Payments"), ("orders", "Orders"),
    ("documents", "Documents"),
    ("requirements", "Requirements"), ("contacts", "Contacts"),
)  # fmt: skip

_NEEDS = {"orders": "orders.view", "disputes": "disputes.view"}
"""Tabs that need a right of their own."""


@allowed("customers.view")
@keeps_views
def index(request: HttpRequest) -> HttpResponse:
    """Customers in sight, with what they owe; the address holds search, filters and order."""
    user: Any = request.user
    asked = filters_of(request, q="", company="", collector="", segment="", risk="", state="", sort="-balance", page="1")
    filters, today = _filters(asked, user.pk), clock.today()
    if request.GET.get("format"):
        found, shown = customer_page(user, filters, today), None
    else:
        found, shown = _shown(user, filters, today, asked["page"])
    table = list_table(found.rows, asked)
    file = _export(request, table, Cover("Customers", user.name, today, {k: v for k, v in asked.items() if v and k != "page"}))
    if file:
        return file
    in_force = {k: v for k, v in asked.items() if v and k not in ("sort", "page")}
    context = {
        "asked": asked, "page": shown, "rows": found.rows, "count": found.count, "head": table.head(),
        "in_force": in_force, "totals": [astuple(total) for total in found.totals], "collectors": collectors(user),
        "segments": segments_of(user), "risks": Customer.Risk.choices,
        "companies": companies_in(user.reach("customers.view")), "user_can_export": user.can("reports.export"),
        "mixed": len(found.totals) > 1, "can_edit": user.can("customers.edit"),
    }  # fmt: skip
    return page(request, "customers/list.html", context, fragment="rows")


def _shown(user: Any, filters: Filters, today: date, number: str) -> tuple[CustomerPage, Any]:
    """The customers of a page, and the page; the last one where there are fewer."""
    wanted = max(1, int(number)) if number.isascii() and number.isdecimal() and len(number) < 7 else 1
    found = customer_page(user, filters, today, (wanted - 1) * PER_PAGE, PER_PAGE)
    shown = Paginator(range(found.count), PER_PAGE).get_page(wanted)
    if shown.number != wanted:
        found = customer_page(user, filters, today, (shown.number - 1) * PER_PAGE, PER_PAGE)
    return found, shown


def _filters(asked: dict[str, str], me: int) -> Filters:
    """Filters from the query; what can't be one narrows nothing."""

    def key(text: str) -> int | None:
        return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else None

    collector = str(me) if asked["collector"] == "me" else asked["collector"]
    collector = collector if collector == "none" or key(collector) else ""
    sort = asked["sort"] if asked["sort"].lstrip("-") in SORTS else "-balance"
    return Filters(asked["q"], key(asked["company"]), collector, asked["segment"], asked["risk"], asked["state"], sort)


def list_table(rows: list[CustomerRow], asked: dict[str, str]) -> Table:
    """The list as rows and columns, for its head and for files."""
    columns = [
        Column("name", "Customer", lambda r: r.customer.name, sort="name", pin=True),
        Column("number", "Number", lambda r: r.customer.number, priority=2),
        Column("company", "Company", lambda r: r.customer.company.code, priority=3),
        Column("collector", "Collector", lambda r: r.customer.collector.name if r.customer.collector else "", priority=2),
        Column("segment", "Segment", lambda r: r.customer.segment, priority=3),
        Column("risk", "Risk", lambda r: r.customer.risk, priority=3),
        Column("balance", "Open", lambda r: r.amounts.total, kind="money", total=True, sort="balance"),
        Column("overdue", "Past due", lambda r: r.amounts.past_due, kind="money", total=True, sort="overdue"),
        Column("over_90", "90+", lambda r: r.amounts.buckets[-1], kind="money", total=True, sort="over_90", priority=2),
        Column("disputed", "Disputed", lambda r: r.amounts.disputed, kind="money", total=True, priority=3),
        Column("used", "Limit used", lambda r: None if r.used is None else f"{r.used} %", kind="num", sort="used", priority=2),
    ]  # fmt: skip
    return Table(columns, rows, currency=lambda r: r.customer.company.base_currency, sort=asked["sort"], query=asked)


@allowed("customers.view")
def detail(request: HttpRequest, pk: int, tab: str = "items") -> HttpResponse:
    """Who they are, what they owe, why it isn't paid, what happened, what is next."""
    user: Any = request.user
    customer = get_object_or_404(selectors.in_sight(user, pk))
    makers = {"items": _items, "timeline": _timeline, "disputes": _disputes, "payments": _payments, "contacts": _contacts,
              "documents": _documents, "requirements": _requirements, "orders": orders_tab}  # fmt: skip
    if tab not in makers:
        raise Http404("no such tab")
    made = makers[tab](request, customer)
    if isinstance(made, HttpResponse):
        return made
    return page(request, "customers/detail.html", frame(request, customer, tab) | made)


def frame(request: HttpRequest, customer: Customer, tab: str) -> dict[str, Any]:
    """What stands around every tab: names, figures, side panel, commands."""
    user: Any = request.user
    today = clock.today()
    view = selectors.overview(customer, today)
    amounts = view.own
    return {
        "customer": customer,
        "view": view,
        "tab": tab,
        "today": today,
        "currency": customer.currency,
        "labels": view.ageing.labels,
        "tabs": [
            (name, label, _address(customer, name), _count(view, name))
            for name, label in TABS
            if name not in _NEEDS or user.can(_NEEDS[name], customer.company_id)
        ],
        "bar": segments(
            amounts.buckets,
            [f"{label} {money.format(n, customer.currency)}" for label, n in zip(view.ageing.labels, amounts.buckets, strict=True)],
        ),
        "aged": [
            (age_of(i, len(amounts.buckets)), label, n)
            for i, (label, n) in enumerate(zip(view.ageing.labels, amounts.buckets, strict=True))
        ],
        "days_late": told(view.days_late, 0),
        "days_trend": _trend(view),
        "latest": timeline(customer, limit=6, without=_hidden(user, customer)),
        "sees_cases": user.can("disputes.view", customer.company_id),
        "sees_parent": customer.parent_id and selectors.in_sight(user, customer.parent_id).exists(),
        "others": _others(view),
        "call_url": address("collections:call", customer.pk) if user.can("collections.work", customer.company_id) else "",
        "strategy_url": own_strategy(user, customer),
        "plan_url": address("collections:plan-new", customer.pk) if user.can("plans.make", customer.company_id) else "",
        "raise_url": address("collections:escalation-new", customer.pk) if user.can("escalations.raise", customer.company_id) else "",
        "peace": _peace(user, customer, today),
        "mail_url": reverse("customers:write", args=[customer.pk]) if user.can("messages.send", customer.company_id) else "",
        "promised": sum(p.amount for p in view.promises if p.currency == customer.currency),
        "statement_url": reverse("customers:statement", args=[customer.pk]),
        "send_url": reverse("customers:statement-send", args=[customer.pk]) if user.can("messages.send", customer.company_id) else "",
        "language_note": language_note(customer.language),
        "can_edit": user.can("customers.edit", customer.company_id),
        "can_hold": user.can("customers.hold", customer.company_id),
        "can_dispute": user.can("disputes.open", customer.company_id),
        "user_can_export": user.can("reports.export"),
        "children": Customer.objects.visible_to(user, "customers.view").filter(parent=customer) if customer.pk else [],
    }


def _peace(user: Any, customer: Customer, today: date) -> list[tuple[str, str]]:
    """Currency and, in words, the plan offered that keeps what is past due in it off the ladder; nothing for who sees no collections."""
    seen = user.can("collections.view", customer.company_id)
    return [(currency, words) for (_, currency), words in left_by_offers([customer.pk], today).items()] if seen else []


def _address(customer: Customer, tab: str) -> str:
    return reverse("customers:detail", args=[customer.pk]) if tab == "items" else reverse("customers:tab", args=[customer.pk, tab])


def _count(view: selectors.Overview, tab: str) -> int | None:
    if tab == "items":
        return sum(line.items for line in view.ageing.lines)
    return len(view.disputes) or None if tab == "disputes" else None


def _trend(view: selectors.Overview) -> tuple[str, str]:
    """How days late moved against the year before: text and tone."""
    now, then = view.days_late.rounded(0), view.days_late_before.rounded(0)
    if now is None or then is None or now == then:
        return "", ""
    return (f"▲ {now - then}", "bad") if now > then else (f"▼ {then - now}", "ok")


def _others(view: selectors.Overview) -> list[tuple[str, int, Decimal | None]]:
    """Balances in currencies that aren't the customer's own, each with its rate in the customer's currency."""
    rates = view.exposure.rates
    return [(line.currency, line.own.total, rates[line.currency]) for line in view.ageing.lines if line.currency in rates]


def _items(request: HttpRequest, customer: Customer) -> dict[str, Any] | HttpResponse:
    user: Any = request.user
    found, states = selectors.open_items(customer, clock.today())
    file = _export(
        request, items_table(found), Cover(f"Open items {customer.number}", user.name, clock.today(), {"customer": customer.name})
    )
    if file:
        return file
    last = 5
    rows = [(state, age_of(state.row.bucket, last)) for state in states]
    pos = dict(customer.open_items.filter(pk__in=[state.row.item.item_id for state in states]).values_list("pk", "po_number"))
    single = next(iter(found.totals)) if len(found.totals) == 1 else ""
    return {"found": found, "rows": rows, "pos": pos, "single": single, "ties_all": not any(tie.difference for tie in found.ties)}


def _timeline(request: HttpRequest, customer: Customer) -> dict[str, Any] | HttpResponse:
    asked = filters_of(request, lane="", before="")
    hidden = _hidden(request.user, customer)
    lanes = [name for name in LANES if name not in hidden]
    lane = asked["lane"] if asked["lane"] in lanes else ""
    title = f"Timeline of {customer.name}"
    if file := timeline_file(request, title, lane, lambda: timeline(customer, lane=lane, limit=MOST, without=hidden)):
        return file
    found = timeline(customer, lane=lane, before=_moment(asked["before"]), limit=60, without=hidden)
    more = found[-1].at.isoformat() if len(found) >= 60 else ""
    return {"happenings": [(h, happening_url(h)) for h in found], "lanes": lanes, "lane": lane, "more": more}


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
    return moment if moment and moment.tzinfo and 1970 <= moment.year <= 2200 else None


def happening_url(happening: Happening) -> str:
    """The page of what a happening is about; empty without one."""
    if not happening.of:
        return ""
    names = {
        "item": "ledger:item", "dispute": "disputes:detail", "message": "messaging:message", "inquiry": "collections:inquiry",
        "entry": "ledger:entry", "promise": "collections:promise",
    }  # fmt: skip
    kind, key = happening.of
    return address(names[kind], key) if kind in names else address_of(kind, key)


def _hidden(user: Any, customer: Customer) -> tuple[str, ...]:
    """Lanes of the timeline that are not for the person."""
    return () if user.can("disputes.view", customer.company_id) else ("disputes",)


def _disputes(request: HttpRequest, customer: Customer) -> dict[str, Any]:
    user: Any = request.user
    if not user.can("disputes.view", customer.company_id):
        raise PermissionDenied("this needs the permission disputes.view")
    cases = list(selectors.dispute_cases(customer)[: _CASES + 1])
    queue = f"{address('disputes:list')}?view=every&customer={customer.pk}"
    shown = [(case, address("disputes:detail", case.pk)) for case in cases[:_CASES]]
    return {"cases": shown, "case_queue": queue, "more_cases": len(cases) > _CASES}


def _payments(request: HttpRequest, customer: Customer) -> dict[str, Any]:
    return {"receipts": list(selectors.payments(customer))}


def _contacts(request: HttpRequest, customer: Customer) -> dict[str, Any]:
    dead = {one.address.lower(): one for one in Bounce.objects.filter(customer=customer, closed_on=None)}
    return {"contacts": list(customer.contacts.order_by("-is_active", "name")), "dead": dead}


def _documents(request: HttpRequest, customer: Customer) -> dict[str, Any]:
    user: Any = request.user
    rows = documents.told(documents_of(customer).select_related("customer", "company"))
    good = [d for d in rows if d.standing.code in ("good", "expiring")]
    renewed = {(d.kind, d.about) for d in good}
    still = [d for d in rows if d.standing.holds_up and not (d.standing.code == "expired" and (d.kind, d.about) in renewed)]
    groups = [("Open", still), ("In force", good), ("Done with", [d for d in rows if d not in still and d not in good])]
    return {"groups": [(name, found) for name, found in groups if found], "may_document": user.can("documents.edit", customer.company_id)}


def _requirements(request: HttpRequest, customer: Customer) -> dict[str, Any]:
    user: Any = request.user
    rules: list[Any] = list(rules_of(customer))
    today = clock.today()
    names = actor_names({rule.created_by for rule in rules})
    for rule in rules:
        rule.words, rule.who = rule_words(rule), names.get(rule.created_by, rule.created_by)
        rule.stands = "ended" if rule.valid_to and rule.valid_to < today else "to come" if rule.valid_from > today else "in force"
    replaced = {rule.replaces_id for rule in rules}
    return {
        "rules": [rule for rule in rules if rule.stands != "ended"], "ended": [rule for rule in rules if rule.stands == "ended"],
        "may_rule": user.can("requirements.edit", customer.company_id), "replaced": replaced,
    }  # fmt: skip


def _export(request: HttpRequest, table: Table, cover: Cover) -> HttpResponse | None:
    user: Any = request.user
    if request.GET.get("format") in ("xlsx", "csv") and not user.can("reports.export"):
        raise PermissionDenied("this needs the permission reports.export")
    return export_response(request, table, cover)
