"""Service given on cases: what was settled in time, how long it took and where, what is late; each figure opens into its cases."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from arops.lib import clock
from arops.lib.http import address, filters_of, page
from arops.lib.rows import parse_day
from arops.lib.sheets import Cover, export_response
from arops.lib.tables import Column, Table
from disputes.models import Dispute
from disputes.policy.ranking import months_back
from disputes.policy.service import Figures, Served, Stage, belongs, figures, grouped
from disputes.selectors.service import Asked, by_month, days_in_stage, served, stage_times
from org.access import allowed
from org.models import Company, Department, User
from org.selectors import people_with

BY = {"department": "Department", "reason": "Reason", "owner": "Owner"}
NOBODY = {"department": "no department", "owner": "nobody", "reason": ""}
WORDS = {
    "closed": "closed in the period", "in_time": "settled in time", "not_in_time": "settled late", "open": "open at its end",
    "late": "late now", "all": "all cases of the report",
}  # fmt: skip
SHOWN = 500
"""Cases that a page shows; its file holds all of them."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What a page of the report was asked for: its filters as they stand in the address, and what they mean."""

    asked: Asked
    by: str
    filters: dict[str, str]
    companies: list[Company]

    def link(self, figure: str, key: str = "") -> str:
        """The address of the cases behind a figure."""
        return reverse("disputes:service-cases") + "?" + urlencode(self.filters | {"figure": figure} | ({"key": key} if key else {}))


@allowed("disputes.view")
def report(request: HttpRequest) -> HttpResponse:
    """The report of service levels, by department, reason or owner; the time by stage and the months beside it."""
    user, today, wish = _user(request), clock.today(), _wish(request)
    if wish is None:
        return page(request, "disputes/service.html", {"wish": None})
    cases = served(user, wish.asked, today)
    names, whole = _names(wish), figures(cases)
    rows = [(key, figured) for key, figured in grouped(cases, _key_of(wish.by))]
    table = _table(wish, rows, names)
    stages = stage_times(cases, wish.asked, today)
    months = by_month(user, wish.asked)
    file = _export(request, wish, table, "Service report", {"Stages": _stage_table(wish, stages)})
    if file:
        return file
    context = _filters(wish) | {
        "wish": wish, "table": table, "whole": whole, "stages": _stage_table(wish, stages), "currency": wish.asked.company.base_currency,
        "months": [(m, _month_link(wish, m.first)) for m in months], "today": today, "cases": len(cases),
        "trend": [float(m.rate) for m in months if m.rate is not None],  # pixels of a sparkline
        "links": {name: wish.link(name) for name in (*WORDS,)}, "user_can_export": user.can("reports.export"),
    }  # fmt: skip
    return page(request, "disputes/service.html", context, fragment="report")


@allowed("disputes.view")
def behind(request: HttpRequest) -> HttpResponse:
    """The cases behind a figure of the report (`figure`, and `key`: the group)."""
    user, today, wish = _user(request), clock.today(), _wish(request)
    if wish is None:
        return page(request, "disputes/service_cases.html", {"wish": None})
    figure, key = request.GET.get("figure", "all")[:40], request.GET.get("key", "")[:40]
    cases, key_of = served(user, wish.asked, today), _key_of(wish.by)
    chosen = [c for c in cases if (not key or key_of(c) == key) and (figure not in WORDS or figure == "all" or belongs(c, figure))]
    at_stage: dict[int, int] | None = None
    if figure.startswith("stage."):
        state, _, on = figure.removeprefix("stage.").partition("-")
        at_stage = days_in_stage(chosen, state, on, today)
        chosen = [c for c in chosen if c.pk in at_stage]
    chosen.sort(key=lambda c: (-(at_stage or {}).get(c.pk, c.late or c.worked), c.pk))
    stage = figure.removeprefix("stage.").replace("-", " for the ")
    words = f"by time at {stage}" if at_stage is not None else WORDS.get(figure, "")
    shown = chosen if request.GET.get("format") else chosen[:SHOWN]
    table = _cases_table(wish, shown, at_stage, whole=len(shown) == len(chosen))
    file = _export(request, wish, table, f"Cases {words}")
    if file:
        return file
    names = _names(wish)
    context = {
        "wish": wish, "table": table, "count": len(chosen), "shown": len(shown), "words": words,
        "currency": wish.asked.company.base_currency,
        "amount": sum(c.amount for c in chosen), "cost": sum(c.cost for c in chosen), "group": names.get(key, "") if key else "",
        "back": reverse("disputes:service") + "?" + urlencode(wish.filters), "user_can_export": user.can("reports.export"),
        "stage_days": sum(at_stage.values()) if at_stage is not None else None,
    }  # fmt: skip
    return page(request, "disputes/service_cases.html", context)


def _wish(request: HttpRequest) -> Wish | None:
    """What is asked for; None for who sees no company's cases."""
    user, today = _user(request), clock.today()
    companies = list(Company.objects.visible_to(user, "disputes.view").order_by("code"))
    if not companies:
        return None
    given = filters_of(request, company="", first="", last="", by="department", reason="", department="", owner="")
    company = next((c for c in companies if c.code == given["company"]), companies[0])
    last = min(parse_day(given["last"]) or today, today)
    first = min(parse_day(given["first"]) or months_back(last, 3).first, today)
    first, last = min(first, last), max(first, last)
    by = given["by"] if given["by"] in BY else "department"
    reason = given["reason"] if given["reason"] in Dispute.Reason.values else ""
    department, owner = _key(given["department"]), _key(given["owner"])
    filters = {
        "company": company.code, "first": first.isoformat(), "last": last.isoformat(), "by": by, "reason": reason,
        "department": str(department or ""), "owner": str(owner or ""),
    }  # fmt: skip
    asked = Asked(company, first, last, reason, department, owner)
    return Wish(asked, by, {name: value for name, value in filters.items() if value}, companies)


def _key(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else None


def _key_of(by: str) -> Callable[[Served], str]:
    """The group of a case, as it stands in an address."""
    return lambda case: str(getattr(case, by) or "none")


def _names(wish: Wish) -> dict[str, str]:
    """Group → what it is called."""
    if wish.by == "reason":
        return {code: str(label).capitalize() for code, label in Dispute.Reason.choices}
    rows: Any = Department.objects.filter(company=wish.asked.company) if wish.by == "department" else User.objects.all()
    return {str(pk): name for pk, name in rows.values_list("pk", "name")} | {"none": NOBODY[wish.by]}


def _filters(wish: Wish) -> dict[str, Any]:
    """What the form of filters offers."""
    company = wish.asked.company
    narrowed = [name for name in ("reason", "department", "owner") if name in wish.filters]
    return {
        "by": list(BY.items()), "reasons": Dispute.Reason.choices, "departments": list(company.departments.all()), "narrowed": narrowed,
        "people": list(people_with([company.pk], "disputes.work")[:300]),
        "clear": "?" + urlencode({k: v for k, v in wish.filters.items() if k not in narrowed}),
    }  # fmt: skip


def _table(wish: Wish, rows: list[tuple[Any, Figures]], names: dict[str, str]) -> Table:
    """Figures by group; each opens into its cases."""

    def to(figure: str, name: str) -> Callable[[Any], str]:
        return lambda row: wish.link(figure, row[0]) if getattr(row[1], name) else ""

    def told(name: str) -> Callable[[Any], Any]:
        return lambda row: getattr(row[1], name)

    columns = [
        Column("group", BY[wish.by], lambda row: names.get(row[0], row[0]), pin=True, grow=True, href=lambda row: wish.link("all", row[0])),
        Column("closed", "Closed", told("closed"), kind="num", total=True, href=to("closed", "closed")),
        Column("in_time", "In time", told("in_time"), kind="num", total=True, priority=2, href=to("in_time", "in_time")),
        Column("rate", "In time, %", told("rate"), kind="num", href=to("not_in_time", "closed"), tone=lambda row: _tone(row[1])),
        Column("median", "Median days", told("median"), kind="num", href=to("closed", "closed")),
        Column("ninetieth", "90 % within", told("ninetieth"), kind="num", priority=2, href=to("closed", "closed")),
        Column("paused", "Paused days", told("paused"), kind="num", total=True, priority=3, href=to("closed", "paused")),
        Column("open", "Open", told("open"), kind="num", total=True, href=to("open", "open")),
        Column("late", "Late now", told("late"), kind="num", total=True, href=to("late", "late"), tone=lambda row: "bad"),
        Column("late_amount", "Late, amount", told("late_amount"), kind="money", total=True, priority=2, href=to("late", "late")),
        Column("cost", "Cost of delay", told("cost"), kind="money", total=True, priority=3, href=to("all", "cost")),
    ]
    return Table(columns, rows, currency=wish.asked.company.base_currency, row_id=lambda row: f"group-{row[0]}", name="service",
                 empty="No case was closed in the period, and none is open.")  # fmt: skip


def _tone(figured: Figures) -> str:
    return "" if figured.rate is None or figured.rate >= 90 else "warn" if figured.rate >= 75 else "bad"


def _stage_table(wish: Wish, stages: list[Stage]) -> Table:
    """The time that closed cases spent at each stage; where the clock stands still it is marked."""

    def label(stage: Stage) -> str:
        said = str(Dispute.State(stage.state).label) if not stage.waiting_on else f"waiting for {Dispute.WaitingOn(stage.waiting_on).label}"
        return said.capitalize()

    columns = [
        Column("stage", "Stage", label, pin=True, grow=True, href=lambda s: wish.link(f"stage.{s.code}")),
        Column("clock", "Clock", lambda s: "stands still" if s.is_paused else "", kind="badge"),
        Column("stays", "Stays", lambda s: s.stays, kind="num", priority=2),
        Column("days", "Working days", lambda s: s.days, kind="num", total=True, href=lambda s: wish.link(f"stage.{s.code}")),
        Column("each", "A closed case", lambda s: s.each, kind="num"),
        Column("median", "Median stay", lambda s: s.median, kind="num", priority=2),
        Column("ninetieth", "90 % within", lambda s: s.ninetieth, kind="num", priority=3),
    ]
    return Table(columns, stages, row_id=lambda s: f"stage-{s.code}", name="stage", empty="No case was closed in the period.")


def _month_link(wish: Wish, first: date) -> str:
    last = months_back(wish.asked.last, 1).month_end(first)
    period = {"first": first.isoformat(), "last": last.isoformat()}
    return reverse("disputes:service-cases") + "?" + urlencode(wish.filters | period | {"figure": "closed"})


def _cases_table(wish: Wish, chosen: list[Served], at_stage: dict[int, int] | None, *, whole: bool) -> Table:
    """The cases behind a figure with what of them counts."""
    related = Dispute.objects.filter(pk__in=[c.pk for c in chosen]).select_related("customer", "department", "owner", "open_item")
    rows = {case.pk: case for case in related}
    spent = [Column("stage", "Days there", lambda c: (at_stage or {})[c.pk], kind="num", total=whole)] if at_stage is not None else []
    placed = Column("department", "Department", lambda c: rows[c.pk].department.name if c.department else "", priority=3)
    ended = Column("closed", "Closed", lambda c: c.closed_on, kind="date", tone=lambda c: "" if c.is_in_time else "bad")
    late = Column("late", "Days late", lambda c: c.late or None, kind="num", tone=lambda c: "bad", priority=2)
    columns = [
        Column("number", "Case", lambda c: rows[c.pk].number, pin=True, href=lambda c: reverse("disputes:detail", args=[c.pk])),
        Column("customer", "Customer", lambda c: rows[c.pk].customer.name, phone="full",
               href=lambda c: address("customers:detail", rows[c.pk].customer_id)),
        Column("reason", "Reason", lambda c: rows[c.pk].get_reason_display(), priority=3),
        *([placed] if any(c.department for c in chosen) else []),
        Column("owner", "Owner", lambda c: rows[c.pk].owner.name if c.owner else "", priority=3),
        Column("opened", "Opened", lambda c: c.opened_on, kind="date", priority=2),
        Column("due", "Due", lambda c: c.due_date, kind="date", priority=2),
        *([ended] if any(c.closed_on for c in chosen) else []),
        *spent,
        Column("worked", "Days", lambda c: c.worked, kind="num", priority=2),
        Column("paused", "Paused", lambda c: c.paused, kind="num", total=whole, priority=3),
        *([late] if any(c.late for c in chosen) else []),
        Column("amount", "In dispute", lambda c: c.amount, kind="money", total=whole, phone="end"),
        Column("cost", "Cost of delay", lambda c: c.cost, kind="money", total=whole, priority=2),
    ]  # fmt: skip
    return Table(columns, chosen, currency=wish.asked.company.base_currency, row_id=lambda c: f"case-{c.pk}", name="case", stack=True,
                 empty="No case stands behind this figure.")  # fmt: skip


def _export(request: HttpRequest, wish: Wish, table: Table, title: str, more: dict[str, Table] | None = None) -> HttpResponse | None:
    """The file that is asked for, by those who may take data out."""
    user = _user(request)
    if request.GET.get("format") and not user.can("reports.export"):
        raise PermissionDenied("this needs the permission reports.export")
    return export_response(request, table, Cover(title, user.name, wish.asked.last, wish.filters), more)


def _user(request: HttpRequest) -> Any:
    return request.user
