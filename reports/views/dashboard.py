"""The dashboard: measures, ageing by company, what changed, the largest accounts, cash that is not applied."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from arops.lib import charts, money
from arops.lib.http import address, page
from org.access import allowed
from reports.metrics import Definition, Measure
from reports.selectors.dashboard import Dashboard, TrendPoint, dashboard
from reports.selectors.figures import PERIOD, Figure
from reports.selectors.overview import Mover
from reports.views.ageing import ageing_table, export
from reports.views.asking import asked, controls
from reports.views.links import Links
from reports.views.present import UNITS, Cell, age_of, cells_of, input_text, table, told, whole

DRILL: dict[str, dict[str, Any]] = {
    "dso": {"page": "reports:aging"},
    "countback": {"page": "reports:aging"},
    "true_dso": {"page": "reports:aging", "basis": "document"},
    "best_possible": {"page": "reports:items", "part": "current", "basis": None, "buckets": None},
    "in_dispute": {"page": "reports:items", "disputed": "1", "basis": None, "buckets": None},
    "add": {"page": "reports:items", "part": "overdue", "basis": None, "buckets": None},
    "overdue": {"page": "reports:items", "part": "overdue", "basis": None, "buckets": None},
    "cei": {"page": "reports:movements", "since": PERIOD},
    "turnover": {"page": "reports:movements", "cause": "sales", "since": PERIOD},
    "days_late": {"page": "reports:movements", "cause": "collected", "since": 365},
    "match_rate": {"page": "reports:movements", "cause": "collected", "since": PERIOD},
}
"""Measure → the page of the rows behind it, with its words; `since` is in days before the day."""


@dataclass(frozen=True, slots=True)
class Tile:
    """A measure as the page shows it, with what explains it."""

    code: str
    definition: Definition
    value: str
    unit: str
    note: str
    inputs: list[tuple[str, str]]
    url: str
    delta: str = ""
    tone: str = ""
    spark: tuple[float, ...] = ()
    said: str = ""


@allowed("reports.view")
def dashboard_page(request: HttpRequest) -> HttpResponse:
    """Everything as of the day asked for, in one currency, beside another day."""
    form, errors = asked(request, by="company")
    user: Any = request.user
    question = form.question()
    chosen = form.cleaned_data["company"]
    companies = [chosen] if chosen else form.companies
    choice, compare = form.compared()
    since = form.cleaned_data["since"] or question.as_of - timedelta(days=7)
    # A currency narrows the items, it doesn't choose what is reported in: their worth in the books is not that of the day's rate.
    found = dashboard(user, question, companies, compare, since)
    file = None if errors else export(request, ageing_table(found.ageing), "Ageing by company", form)
    if file:
        return file
    context = controls(form, Links(form)) | _context(found, form, choice) | {"errors": errors}
    return page(request, "reports/dashboard.html", context, fragment="body", status=400 if errors else 200)


def _context(found: Dashboard, form: Any, choice: str) -> dict[str, Any]:
    links, currency, unit = Links(form), found.equivalent.currency, _unit(found)
    cash = links.to("reports:items", account="cash", basis="document", buckets="7,30,60")
    return {
        "found": found, "currency": currency, "choice": choice, "compare": found.compare, "since": found.roll_forward.first,
        "tiles": [_tile(figure.measure, links, found, figure) for figure in found.figures],
        "more": [_tile(measure, links, found) for measure in found.more],
        "heat": table(found.ageing, links, base=True, unit=unit), "thousands": unit > 1,
        "group": cells_of(found.group, currency, links, {}, unit),
        "group_linked": found.equivalent.is_exact, "labels": found.ageing.labels,
        "movers": [(mover, _mover_url(mover, links, found), Cell(mover.amount, currency, unit=unit)) for mover in found.movers],
        "trend": _trend(found.trend, currency, links, unit),
        "top": [(row, links.to("customers:detail", row.customer_id) if row.customer_id else cash) for row in found.top],
        "cash_rows": _cash_rows(found, links, unit), "cash_url": cash, "period": PERIOD,
        "opening": whole(found.roll_forward.begin, currency, unit), "closing": whole(found.roll_forward.end, currency, unit),
        "causes": [
            (name, Cell(amount, currency, unit=unit), links.to("reports:movements", cause=code, since=found.roll_forward.first.isoformat()))
            for code, name, amount in found.roll_forward.causes
        ],
    } | _bar(found)  # fmt: skip


def _unit(found: Dashboard) -> int:
    """Thousands from two million up, so that columns stay narrow; whole units below."""
    scale: int = 10 ** money.exponent(found.equivalent.currency)
    largest = max([abs(found.group.total), *(abs(point.receivables) for point in found.trend)])
    return 1000 if largest >= 2_000_000 * scale else 1


def _tile(measure: Measure, links: Links, found: Dashboard, figure: Figure | None = None) -> Tile:
    drill, currency = dict(DRILL.get(measure.code, {})), found.equivalent.currency
    if "since" in drill:
        drill["since"] = (found.question.as_of - timedelta(days=drill["since"])).isoformat()
    url = links.to(drill.pop("page"), **drill) if drill else address("collections:promises")
    values = tuple(float(v) for v in figure.trend if v is not None) if figure else ()
    delta = figure.delta if figure else None
    arrow = "" if not delta else f"▲ {abs(delta):,}" if delta > 0 else f"▼ {abs(delta):,}"
    said = f"{measure.definition.name}: {told(measure)} {measure.definition.unit}"
    return Tile(
        measure.code, measure.definition, told(measure), UNITS[measure.definition.unit], measure.note,
        [(part.label, input_text(part, currency)) for part in measure.inputs], url, arrow, figure.tone if figure else "", values, said,
    )  # fmt: skip


def _bar(found: Dashboard) -> dict[str, Any]:
    """The group's buckets as one bar, with what of it is disputed."""
    buckets, labels = found.group.buckets, found.ageing.labels
    whole_bar = sum(max(0, n) for n in buckets)
    legend = [
        (age_of(i, len(buckets)), label, f"{100 * max(0, n) / whole_bar:.1f}")
        for i, (n, label) in enumerate(zip(buckets, labels, strict=True))
        if whole_bar
    ]
    share = 100 * found.group.disputed / whole_bar if whole_bar else 0
    hatched = {"x": f"{100 - share:.2f}%", "width": f"{share:.2f}%", "share": f"{share:.1f}"} if share else None
    return {"segments": charts.segments(buckets, labels), "legend": legend, "hatched": hatched}


def _mover_url(mover: Mover, links: Links, found: Dashboard) -> str:
    if mover.kind == "dispute":
        listed = address("disputes:list")
        return f"{listed}?view=every&reason={mover.reason}" if listed else ""
    if mover.kind == "paid":
        return reverse("ledger:item", args=[mover.item_id])
    if mover.kind == "crossed":
        # The bucket of those who passed the bound in the span, and nothing else: it sums to the figure.
        bound, days = found.question.buckets.bounds[-1], (found.question.as_of - found.roll_forward.first).days
        words: dict[str, Any] = {
            "customer": mover.customer_id,
            "part": 1,
            "buckets": f"{bound},{bound + days}",
            "basis": None,
            "credits": None,
        }
        return links.to("reports:items", **words)
    return reverse("customers:detail", args=[mover.customer_id]) + "?tab=timeline&lane=promises"


def _cash_rows(found: Dashboard, links: Links, unit: int) -> list[tuple[str, list[Cell], Cell]]:
    """Cash not applied by company and age, positive, in each company's currency."""
    rows = []
    for line in found.cash.lines:
        words = {"company": line.keys["company"], "account": "cash", "basis": "document", "buckets": "7,30,60", "currency": line.currency}
        cells = [
            Cell(-n, line.currency, links.to("reports:items", **words, part=i) if n else "", unit=unit)
            for i, n in enumerate(line.own.buckets)
        ]
        total = Cell(-line.own.total, line.currency, links.to("reports:items", **words), unit=unit)
        rows.append((f"{line.hint} {line.currency}", cells, total))
    return rows


def _trend(points: list[TrendPoint], currency: str, links: Links, unit: int) -> dict[str, Any]:
    """Receivables and what of them is past due over the months, as two lines whose marks are links; with the table under it."""
    top = max([1, *(p.receivables for p in points), *(p.past_due for p in points)])
    ceiling = float(_round_up(top))
    marks = [
        (
            f"{100 * n / max(1, len(points) - 1):.2f}",
            f"{100 - 100 * max(0, p.receivables) / ceiling:.2f}",
            p,
            Cell(p.receivables, currency, unit=unit),
            Cell(p.past_due, currency, unit=unit),
            told(p.dso),
            links.to("reports:aging", as_of=p.day.isoformat()),
        )
        for n, p in enumerate(points)
    ]
    ticks = [whole(int(ceiling * n / 4), currency, unit) for n in (4, 3, 2, 1, 0)]
    return {
        "line": charts.line([float(max(0, p.receivables)) for p in points], low=0, high=ceiling),
        "late": charts.line([float(max(0, p.past_due)) for p in points], low=0, high=ceiling),
        "marks": marks,
        "ticks": ticks,
        "said": f"Receivables {money.format(points[0].receivables, currency)} to "
        f"{money.format(points[-1].receivables, currency)} {currency}",
    }


def _round_up(amount: int) -> int:
    """The next 1, 2, 2.5, 4, 5 or 8 times a power of ten: a ceiling whose quarters are round."""
    size = 10 ** (len(str(amount)) - 1)
    return next(int(size * n / 2) for n in (2, 4, 5, 8, 10, 16, 20) if size * n / 2 >= amount)
