"""Ranks held against what came: what the list and its chances said at past month ends, and what was paid within so many days of it."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from arops.lib import clock
from arops.lib.http import address, filters_of, page
from arops.lib.sheets import Cover, export_response
from arops.lib.tables import Column, Table
from collections_app.policy.backtest import TOPS, Tenth, Tested, by_chance, part_of
from collections_app.policy.chances import WHOLE
from collections_app.selectors import rank_tests as read
from customers.models import Customer
from ledger.models import OpenItem
from org.access import allowed
from org.models import Company

SHOWN = 500
MONTHS = (1, 3, 6)
USUAL_MONTHS = 3


@dataclass(frozen=True, slots=True)
class Line:
    """A tenth in one currency; what isn't money stands on its first line only."""

    tenth: Tenth
    currency: str
    left: int
    expected: int
    came: int
    is_first: bool


@allowed(read.PERMISSION)
def report(request: HttpRequest) -> HttpResponse:
    """What was expected against what came, by tenths; scores; and what stood at the top of the list. Also as Excel and CSV."""
    asked = _asked(request)
    test = _test(request, asked)
    if test is None:
        return page(request, "collections_app/no_company.html", {})
    table = _tenths(test, asked)
    if file := export_response(request, table, _cover(request, test, "Ranks held against what came")):
        return file
    found = test.report
    context = _frame(request, test, asked) | {
        "table": table, "report": found, "tops": TOPS,
        "brier": [(name, _decimals(score)) for name, score in found.brier],
        "gains": [(gain, [_percent(share) for share in gain.shares]) for gain in found.gains],
    }  # fmt: skip
    return page(request, "collections_app/rank_test.html", context)


@allowed(read.PERMISSION)
def items(request: HttpRequest) -> HttpResponse:
    """The debts of a tenth, each with what was said of it and what came. Also as Excel and CSV."""
    asked = _asked(request)
    test = _test(request, asked)
    if test is None:
        return page(request, "collections_app/no_company.html", {})
    ordered = by_chance(test.tested)
    chosen = [t for place, t in enumerate(ordered) if asked["tenth"] in ("", str(part_of(place, len(ordered))))]
    chosen = [t for t in chosen if asked["currency"] in ("", t.case.debt.currency)]
    rows = chosen if request.GET.get("format") else chosen[:SHOWN]
    table = _items(rows)
    if file := export_response(request, table, _cover(request, test, "Debts of a test of ranks")):
        return file
    context = _frame(request, test, asked) | {"table": table, "count": len(chosen), "shown": SHOWN, "tenths": range(1, 11)}
    return page(request, "collections_app/rank_test_items.html", context)


def _tenths(test: read.RankTest, asked: dict[str, str]) -> Table:
    lines = [
        Line(tenth, currency, left, expected, came, n == 0)
        for tenth in test.report.tenths
        for n, (currency, left, expected, came) in enumerate(tenth.money)
    ]
    one = "&".join(f"{name}={asked[name]}" for name in ("company", "within", "months"))

    def first(read_: Any) -> Any:
        return lambda line: read_(line.tenth) if line.is_first else ""

    columns = [
        Column("tenth", "Chance", lambda i: f"{_points(i.tenth.lowest)} to {_points(i.tenth.highest)} %", kind="link", pin=True,
               href=lambda i: reverse("collections:rank-test-items") + f"?{one}&tenth={i.tenth.number}&currency={i.currency}"),
        Column("cases", "Debts", first(lambda t: t.cases), kind="num"),
        Column("paid", "Paid", first(lambda t: t.paid), kind="num"),
        Column("expected", "Expected, %", first(lambda t: _percent(t.expected)), kind="num"),
        Column("observed", "Came, %", first(lambda t: f"{t.observed.value * 100:.1f}"), kind="num"),
        Column("interval", "Interval, %", first(_interval), kind="num", priority=2),
        Column("verdict", "Borne out", first(_verdict), kind="badge", tone=lambda i: _TONES[_verdict(i.tenth)], priority=1),
        Column("left", "Open then", lambda i: i.left, kind="money", total=True, priority=3),
        Column("cash_expected", "Cash expected", lambda i: i.expected, kind="money", total=True),
        Column("cash", "Cash that came", lambda i: i.came, kind="money", total=True, grow=True),
    ]  # fmt: skip
    return Table(columns, lines, currency=lambda i: i.currency, name="tenth", empty="No debt was open at these month ends.")


_TONES = {"yes": "ok", "nearly": "", "off": "warn"}


def _interval(tenth: Tenth) -> str:
    return f"{tenth.observed.low * 100:.1f} to {tenth.observed.high * 100:.1f}"


def _verdict(tenth: Tenth) -> str:
    return "yes" if tenth.is_borne_out else "off" if tenth.is_off else "nearly"


def _items(rows: list[Tested]) -> Table:
    names = dict(Customer.objects.filter(pk__in={t.case.debt.customer for t in rows}).values_list("pk", "name"))
    numbers = dict(OpenItem.objects.filter(pk__in={t.case.debt.id for t in rows}).values_list("pk", "number"))
    columns = [
        Column("customer", "Customer", lambda t: names.get(t.case.debt.customer, ""), kind="link", pin=True,
               href=lambda t: address("customers:detail", t.case.debt.customer)),
        Column("item", "Invoice", lambda t: numbers.get(t.case.debt.id, ""), kind="link",
               href=lambda t: reverse("ledger:item", args=[t.case.debt.id])),
        Column("day", "On", lambda t: t.case.day, kind="date"),
        Column("age", "Days past due", lambda t: t.case.age, kind="num", priority=2),
        Column("standing", "Known of it", lambda t: "" if t.case.standing == "plain" else t.case.standing, priority=3),
        Column("left", "Open then", lambda t: t.case.left, kind="money", total=True),
        Column("chance", "Chance, %", lambda t: _points(t.chance), kind="num"),
        Column("cash", "Came", lambda t: t.case.cash, kind="money", total=True),
        Column("became", "What came of it", _became, kind="badge", tone=lambda t: "ok" if t.case.is_paid else "", grow=True),
    ]  # fmt: skip
    return Table(columns, rows, currency=lambda t: t.case.debt.currency, name="case", empty="No debt fits.")


def _became(row: Tested) -> str:
    case = row.case
    return "paid" if case.is_paid else "credited or moved" if case.is_gone else "paid in part" if case.cash else "still open"


def _asked(request: HttpRequest) -> dict[str, str]:
    return filters_of(request, company="", within="", months="", tenth="", currency="")


def _test(request: HttpRequest, asked: dict[str, str]) -> read.RankTest | None:
    """The test of the company and month ends asked for."""
    user: Any = request.user
    seen = Company.objects.visible_to(user, read.PERMISSION).order_by("code")
    company = seen.filter(code=asked["company"]).first() or seen.first()
    if company is None:
        return None
    within = next((h for h in read.HORIZONS if str(h) == asked["within"]), read.HORIZONS[0])
    months = next((m for m in MONTHS if str(m) == asked["months"]), USUAL_MONTHS)
    asked |= {"company": company.code, "within": str(within), "months": str(months)}
    return read.back_test(user, company, read.month_ends(clock.today(), within, months), within)


def _cover(request: HttpRequest, test: read.RankTest, title: str) -> Cover:
    user: Any = request.user
    days = ", ".join(map(str, test.days))
    return Cover(title, user.name, test.days[0], {"company": test.company.code, "within days": str(test.horizon), "month ends": days})


def _frame(request: HttpRequest, test: read.RankTest, asked: dict[str, str]) -> dict[str, Any]:
    user: Any = request.user
    companies = list(Company.objects.visible_to(user, read.PERMISSION).order_by("code"))
    return {
        "test": test, "asked": asked, "companies": companies, "horizons": read.HORIZONS, "months": MONTHS,
        "user_can_export": user.can("reports.export"),
    }  # fmt: skip


def _points(chance: int) -> str:
    """Ten-thousandths as per cent."""
    return f"{chance // 100}.{chance % 100 // 10}"


def _percent(share: Fraction | None) -> str:
    return "–" if share is None else _points(int(share * WHOLE))


def _decimals(score: Fraction) -> str:
    return f"0.{int(score * 10_000):04d}" if score < 1 else "1.0000"
