"""How cash application does: rates, hours and cost, by rule, customer, bank account, person or month; each opens into its receipts."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from arops.lib import clock
from arops.lib.http import address, page
from arops.lib.rows import parse_day
from arops.lib.sheets import Cover, export_response
from arops.lib.tables import Column, Table
from cashapp.models import BankAccount, Receipt
from cashapp.selectors import figures as reading
from cashapp.selectors.figures import BY, OUTCOMES, Asked, Figures
from customers.models import Customer
from org.access import allowed
from org.models import Company
from org.selectors import actor_names

SHOWN, RECEIPTS = 100, 500
"""Rows and receipts that a page shows; files hold all."""
DAYS = 90
WORDS = {
    **OUTCOMES, "all": "that came in", "settled": "settled", "wrong": "that the engine posted and people took back",
    "tried": "that the engine posted", "reversed": "of which a posting was taken back",
}  # fmt: skip
NOBODY = {"rule": "not posted yet", "person": "not posted yet", "customer": "payer unknown"}


@dataclass(frozen=True, slots=True)
class Wish:
    """What the address asks for."""

    asked: Asked
    by: str
    filters: dict[str, str]
    companies: list[Company]

    def link(self, figure: str, key: str | None = None) -> str:
        """The address of the receipts behind a figure."""
        more = {} if key is None else {"by": self.by, "key": key}
        return reverse("cashapp:figures-receipts") + "?" + urlencode(self.filters | {"figure": figure} | more)


@allowed("cash.view")
def index(request: HttpRequest) -> HttpResponse:
    """Figures in all and by a key."""
    user: Any = request.user
    wish = _wish(request)
    if wish is None:
        return page(request, "cashapp/figures.html", {"wish": None})
    rows = reading.figures(user, wish.asked, wish.by)
    whole = next(iter(reading.figures(user, wish.asked)), None)
    table = _table(wish, rows, _names(wish.by, rows, wish.asked))
    if user.can("reports.export") and (file := export_response(request, table, _cover(user, wish, "Cash figures"))):
        return file
    table.rows = rows[:SHOWN]
    context = {
        "wish": wish, "whole": whole, "table": table, "by": BY.items(), "more": max(len(rows) - SHOWN, 0), "today": clock.today(),
        "cost": reading.cost(wish.asked, whole.exceptions) if whole else None, "currency": wish.asked.company.base_currency,
        "links": {figure: wish.link(figure) for figure in reading.FIGURES}, "user_can_export": user.can("reports.export"),
        "policy_url": reverse("cashapp:policy", args=[wish.asked.company.pk]) if user.can("rules.edit", wish.asked.company.pk) else "",
    }  # fmt: skip
    return page(request, "cashapp/figures.html", context, fragment="report")


def _wish(request: HttpRequest) -> Wish | None:
    user: Any = request.user
    companies = list(Company.objects.visible_to(user, "cash.view").order_by("code"))
    if not companies:
        return None
    company = next((c for c in companies if c.code == request.GET.get("company")), companies[0])
    today = clock.today()
    last = _day(request, "last", today)
    first = min(_day(request, "first", last - timedelta(days=DAYS)), last)
    by = request.GET.get("by", "rule")
    filters = {"company": company.code, "first": first.isoformat(), "last": last.isoformat()}
    return Wish(Asked(company, first, last), by if by in BY else "rule", filters, companies)


def _day(request: HttpRequest, name: str, otherwise: date) -> date:
    try:
        return parse_day(request.GET.get(name, "")) or otherwise
    except ValueError:
        return otherwise


def _names(by: str, rows: list[Figures], asked: Asked) -> dict[str, str]:
    """Keys as people read them."""
    keys = [row.key for row in rows if row.key]
    if by == "customer":
        found = Customer.objects.filter(company=asked.company, pk__in=map(int, keys))
        return {str(c.pk): c.name for c in found}
    if by == "bank":
        return {str(a.pk): a.name for a in BankAccount.objects.filter(pk__in=map(int, keys))}
    if by == "person":
        return {"engine": "the engine", **actor_names(set(keys) - {"engine"})}
    return {}


def _table(wish: Wish, rows: list[Figures], names: dict[str, str]) -> Table:
    def of(figure: str) -> Any:
        return lambda f: wish.link(figure, f.key)

    columns = [
        Column("key", BY[wish.by], lambda f: names.get(f.key) or f.key or NOBODY.get(wish.by, ""), kind="link", href=of("all"), pin=True),
        Column("receipts", "Receipts", lambda f: f.receipts, kind="num", href=of("all"), total=True),
        Column("alone", "Alone", lambda f: f.alone, kind="num", href=of("alone"), total=True),
        Column("by_receipt", "Receipts, %", lambda f: f.by_receipt, kind="num", phone="end"),
        Column("by_line", "Lines, %", lambda f: f.by_line, kind="num", priority=2),
        Column("by_value", "Value, %", lambda f: f.by_value, kind="num", priority=2),
        Column("confirmed", "Confirmed", lambda f: f.confirmed, kind="num", href=of("confirmed"), priority=2, total=True),
        Column("hand", "By hand", lambda f: f.hand, kind="num", href=of("hand"), priority=2, total=True),
        Column("wrong", "Wrong", lambda f: f.wrong, kind="num", href=of("wrong"), total=True),
        Column("wrong_rate", "Wrong, ‰", lambda f: f.wrong_rate, kind="num", priority=3),
        Column("reversal", "Taken back, %", lambda f: f.reversal_rate, kind="num", priority=3),
        Column("median", "Hours, median", lambda f: f.median_hours, kind="num", priority=3),
        Column("value", "Value", lambda f: f.value, kind="money", priority=3, total=True),
    ]  # fmt: skip
    company = wish.asked.company
    return Table(columns, rows, currency=company.base_currency, name="figures", empty="No receipt came in on these days.", stack=True)


def _cover(user: Any, wish: Wish, title: str) -> Cover:
    return Cover(title, user.name, clock.today(), wish.filters | {"by": wish.by})


@allowed("cash.view")
def receipts(request: HttpRequest) -> HttpResponse:
    """The receipts behind a figure, with their sum."""
    user: Any = request.user
    wish, figure = _wish(request), request.GET.get("figure", "all")
    figure = figure if figure in reading.FIGURES else "all"
    by, key = request.GET.get("by", ""), request.GET.get("key", "").replace("\x00", "")[:120]
    found = reading.behind(user, wish.asked, figure, by if "key" in request.GET else "", key) if wish else []
    wanted = request.GET.get("format") in ("csv", "xlsx")
    rows = {r.pk: r for r in Receipt.objects.filter(pk__in=[b.pk for b in (found if wanted else found[:RECEIPTS])]).select_related(
        "customer", "open_item", "bank_account"
    )}  # fmt: skip
    table = _receipts([(rows[b.pk], b) for b in found if b.pk in rows])
    if wish and user.can("reports.export") and (file := export_response(request, table, _cover(user, wish, f"Receipts {WORDS[figure]}"))):
        return file
    context = {
        "wish": wish, "figure": WORDS[figure], "table": table, "count": len(found), "shown": RECEIPTS,
        "back": reverse("cashapp:figures") + "?" + urlencode(wish.filters | {"by": wish.by}) if wish else reverse("cashapp:figures"),
        "user_can_export": user.can("reports.export"),
    }  # fmt: skip
    return page(request, "cashapp/figures_receipts.html", context)


def _receipts(rows: list[tuple[Receipt, reading.Behind]]) -> Table:
    columns = [
        Column("number", "Receipt", lambda x: x[0].number, kind="link", pin=True, href=lambda x: address("cashapp:receipt", x[0].pk)),
        Column("payer", "Payer", lambda x: x[0].customer.name if x[0].customer else x[0].payer_name or "unknown", grow=True),
        Column("day", "Value date", lambda x: x[0].value_date, kind="date"),
        Column("amount", "Amount", lambda x: x[0].amount, kind="money", total=True, phone="end"),
        Column("outcome", "Outcome", lambda x: OUTCOMES[x[1].outcome], kind="badge"),
        Column("rule", "Rule", lambda x: x[1].rule, priority=2),
        Column("hours", "Hours to post", lambda x: x[1].hours, kind="num", priority=2),
        Column("bank", "Bank account", lambda x: x[0].bank_account.name, priority=3),
    ]
    return Table(columns, rows, currency=lambda x: x[0].currency, name="receipts", empty="No receipt is behind this figure.", stack=True)
