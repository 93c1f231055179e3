"""Why customers dispute: causes by money, cases or days, month by month and by source; each figure opens into the cases behind it."""

from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from itertools import pairwise
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from arops.lib.charts import heat as shades
from arops.lib.http import filters_of, page
from arops.lib.sheets import export_response
from arops.lib.tables import Column, Table
from disputes.models import Cause, Dimension, Stage
from disputes.policy.measuring import percent
from disputes.policy.ranking import VITAL, Bar, Sums
from disputes.policy.statistics import rounded
from disputes.selectors import pareto as counted
from disputes.selectors.pareto import NOT_FOUND, REST, Heat, Pareto
from disputes.views.cause_filters import Asked, asked_of, controls, days_between
from org.access import allowed

SHOWN = 200
"""Cases a page shows; its file holds all of them."""
UNFOUND = "not found yet"


@dataclass(frozen=True, slots=True)
class Row:
    """A cause on the page: its figures, where it stands in the chart, and where its figures lead."""

    rank: int
    bar: Bar
    url: str
    before_url: str
    months: list[tuple[Sums, str]]
    x: str = ""
    width: str = ""
    y: str = ""
    height: str = ""
    middle: str = ""
    cumulated_y: str = ""

    @property
    def ends_vital(self) -> bool:
        """Whether 80 % are reached with it."""
        return self.bar.vital and self.bar.cumulated >= VITAL

    @property
    def shaded(self) -> list[tuple[Sums, str, int]]:
        """Its months with their shade."""
        return [(sums, url, tone) for (sums, url), tone in zip(self.months, shades(self.trend), strict=True)]

    @property
    def cause(self) -> Cause | None:
        """The cause; None for cases without a finding."""
        return self.bar.key  # type: ignore[no-any-return]

    @property
    def name(self) -> str:
        """What it is called."""
        return self.cause.name if self.cause else UNFOUND

    @property
    def share(self) -> str:
        """Its part of all."""
        return percent(self.bar.share)

    @property
    def cumulated(self) -> str:
        """What it and those before it make up."""
        return percent(self.bar.cumulated)

    @property
    def average(self) -> int:
        """Days that a case was open, on average."""
        return round(Fraction(self.bar.now.days, self.bar.now.cases)) if self.bar.now.cases else 0

    @property
    def change(self) -> int:
        """Cases more than in the period before."""
        return self.bar.now.cases - self.bar.before.cases

    @property
    def trend(self) -> list[int]:
        """Cases of each month."""
        return [sums.cases for sums, _ in self.months]


@allowed("disputes.view")
def index(request: HttpRequest) -> HttpResponse:
    """The Pareto: bars, the running share with its line at 80 %, the table under them, the trend by month. Also as Excel and CSV."""
    asked = asked_of(request)
    if asked is None:
        return page(request, "disputes/causes.html", {})
    found = counted.pareto(request.user, asked.question, asked.measure, asked.causes)  # type: ignore[arg-type]
    rows = _rows(asked, found)
    file = _exported(request, asked, "Root causes", lambda: _table(rows, asked))
    if file:
        return file
    context = controls(asked) | {
        "found": found, "rows": rows, "vital": [r for r in rows if r.bar.vital], "said": _said(rows, asked), "empty": not asked.causes,
        "segments": _line(rows), "all_url": asked.link("disputes:cause-cases"), "months": _months(asked, found),
        "before_all": asked.link("disputes:cause-cases", **_before(asked)), "can_set": request.user.can("disputes.configure"),  # type: ignore[union-attr]
    }  # fmt: skip
    return page(request, "disputes/causes.html", context, fragment="body")


def _rows(asked: Asked, found: Pareto) -> list[Row]:
    wide = Fraction(100, max(1, len(found.bars)))
    return [_row(n, bar, asked, found, wide) for n, bar in enumerate(found.bars)]


def _row(n: int, bar: Bar, asked: Asked, found: Pareto, wide: Fraction) -> Row:
    key = bar.key.pk if bar.key else NOT_FOUND
    span = asked.question.span
    months = [
        (sums, asked.link("disputes:cause-cases", cause=key, **days_between(first, span.month_end(first))))
        for first, sums in zip(found.months, bar.months, strict=True)
    ]
    return Row(
        n + 1, bar, asked.link("disputes:cause-cases", cause=key), asked.link("disputes:cause-cases", cause=key, **_before(asked)), months,
        x=_pixel(wide * n + wide / 10), width=_pixel(wide * 8 / 10), y=_pixel(100 - 100 * bar.share), height=_pixel(100 * bar.share),
        middle=_pixel(wide * n + wide / 2), cumulated_y=_pixel(100 - 100 * bar.cumulated),
    )  # fmt: skip


def _before(asked: Asked) -> dict[str, str]:
    return days_between(asked.question.span.before_first, asked.question.span.before_last)


def _pixel(value: Fraction) -> str:
    return f"{rounded(value, 2)}%"


def _line(rows: list[Row]) -> list[tuple[Row, Row]]:
    """The running share as lines from one cause to the next."""
    return list(pairwise(rows))


def _months(asked: Asked, found: Pareto) -> list[tuple[date, Sums, str]]:
    span = asked.question.span
    ends = [asked.link("disputes:cause-cases", **days_between(m, span.month_end(m))) for m in found.months]
    return list(zip(found.months, found.by_month, ends, strict=True))


def _said(rows: list[Row], asked: Asked) -> str:
    """What the chart shows, in a sentence."""
    vital = [r for r in rows if r.bar.vital]
    if not vital:
        return "No cases."
    by = {"value": "the money contested", "count": "the cases", "days": "the days that cases were open"}[asked.measure]
    return f"{len(vital)} of {len(rows)} causes make up {vital[-1].cumulated} of {by}; the first: {vital[0].name}, {vital[0].share}."


def _table(rows: list[Row], asked: Asked) -> Table:
    """The Pareto as a file: a row a cause, in their order."""
    columns = [
        Column("rank", "Rank", lambda r: r.rank, kind="num"),
        Column("cause", "Cause", lambda r: r.name, grow=True),
        Column("code", "Code", lambda r: r.cause.code if r.cause else ""),
        Column("stage", "Stage", lambda r: r.cause.get_stage_display() if r.cause else ""),
        Column("owner", "Owner", lambda r: r.cause.owner.name if r.cause and r.cause.owner else ""),
        Column("cases", "Cases", lambda r: r.bar.now.cases, kind="num", total=True),
        Column("amount", "Contested", lambda r: r.bar.now.amount, kind="money", total=True),
        Column("days", "Days open", lambda r: r.bar.now.days, kind="num", total=True),
        Column("share", "Share", lambda r: r.share),
        Column("cumulated", "Running share", lambda r: r.cumulated),
        Column("before_cases", "Cases in the period before", lambda r: r.bar.before.cases, kind="num", total=True),
        Column("before_amount", "Contested in the period before", lambda r: r.bar.before.amount, kind="money", total=True),
    ]
    for n, first in enumerate(asked.question.span.months()):
        columns.append(Column(f"m{n}", f"Cases {first:%b %Y}", _cases_of_month(n), kind="num", total=True))
    return Table(columns, rows, currency=asked.company.base_currency, name="cause")


def _cases_of_month(n: int) -> Any:
    return lambda row: row.bar.months[n].cases


@allowed("disputes.view")
def by_source(request: HttpRequest) -> HttpResponse:
    """The heat table: causes by customer, product, sales representative, technician, price list or order desk. Also as Excel and CSV."""
    asked = asked_of(request)
    if asked is None:
        return page(request, "disputes/heat.html", {})
    found = counted.heat(request.user, asked.question, asked.measure, asked.causes, asked.dimension)  # type: ignore[arg-type]
    rows = [_heat_row(cause, found, asked) for cause in found.causes]
    file = _exported(request, asked, f"Root causes by {Dimension(asked.dimension).label}", lambda: _heat_table(found, asked))
    if file:
        return file
    context = controls(asked) | {
        "found": found, "rows": rows, "total": _heat_total(found, asked), "word": Dimension(asked.dimension).label,
        "rates": [_rate(found, key) for key, _ in found.sources] if found.invoices else [],
    }  # fmt: skip
    return page(request, "disputes/heat.html", context, fragment="body")


def _heat_row(cause: Cause | None, found: Heat, asked: Asked) -> dict[str, Any]:
    key, pk = (cause.pk, cause.pk) if cause else (NOT_FOUND, None)
    sums = [found.cells.get((pk, source), Sums()) for source, _ in found.sources]
    tones = shades([0 if source == REST else s.of(asked.measure) for s, (source, _) in zip(sums, found.sources, strict=True)])
    cells = [
        {"of": s, "value": s.of(asked.measure), "shade": tone, "url": _cell_url(asked, source, cause=key)}
        for s, tone, (source, _) in zip(sums, tones, found.sources, strict=True)
    ]
    whole = sum(sums, Sums())
    return {
        "cause": cause, "name": cause.name if cause else UNFOUND, "cells": cells, "whole": whole, "value": whole.of(asked.measure),
        "url": asked.link("disputes:cause-cases", cause=key),
    }  # fmt: skip


def _cell_url(asked: Asked, source: str, **more: Any) -> str:
    at = {"of": "others"} if source == REST else {"source": source}
    return asked.link("disputes:cause-cases", source_by=asked.dimension, **at, **more)


def _heat_total(found: Heat, asked: Asked) -> dict[str, Any]:
    sums = [sum((v for (_, s), v in found.cells.items() if s == source), Sums()) for source, _ in found.sources]
    cells = [(s, s.of(asked.measure), _cell_url(asked, source)) for s, (source, _) in zip(sums, found.sources, strict=True)]
    whole = sum(sums, Sums())
    return {"cells": cells, "whole": whole, "value": whole.of(asked.measure), "url": asked.link("disputes:cause-cases")}


def _rate(found: Heat, source: str) -> str:
    """Cases per invoice of the source; empty where invoices weren't counted."""
    invoices = found.invoices.get(source, 0)
    cases = sum(v.cases for (_, s), v in found.cells.items() if s == source)
    return percent(Fraction(cases, invoices)) if invoices else ""


def _heat_table(found: Heat, asked: Asked) -> Table:
    """The heat table as a file: a row for each cause and source that has cases."""
    names = {c.pk: c for c in found.causes if c}
    labels = dict(found.sources)
    rows = [(names.get(cause), labels[source], sums) for (cause, source), sums in found.cells.items()]
    rows.sort(key=lambda r: -r[2].of(asked.measure))
    columns = [
        Column("cause", "Cause", lambda r: r[0].name if r[0] else UNFOUND, grow=True),
        Column("source", Dimension(asked.dimension).label.capitalize(), lambda r: r[1], grow=True),
        Column("cases", "Cases", lambda r: r[2].cases, kind="num", total=True),
        Column("amount", "Contested", lambda r: r[2].amount, kind="money", total=True),
        Column("days", "Days open", lambda r: r[2].days, kind="num", total=True),
    ]
    return Table(columns, rows, currency=asked.company.base_currency, name="source")


@allowed("disputes.view")
def cases(request: HttpRequest) -> HttpResponse:
    """The cases behind a figure of the Pareto or the heat table; their sums are the figure. Also as Excel and CSV."""
    asked = asked_of(request)
    if asked is None:
        return page(request, "disputes/cause_cases.html", {})
    wanted = filters_of(request, cause="", source="", of="")
    cause = wanted["cause"] if wanted["cause"] in {NOT_FOUND, *(str(c.pk) for c in asked.causes)} else ""
    whole = counted.narrowed(request.user, asked.question, asked.causes)  # type: ignore[arg-type]
    found = counted.of_cause(counted.in_span(whole, asked.question.span.first, asked.question.span.last), cause)
    source_name = ""
    if wanted["of"] == "others":
        rest = counted.rest_of(request.user, asked.question, asked.measure, asked.causes, asked.dimension)  # type: ignore[arg-type]
        found, source_name = counted.of_cause(rest, cause), "others"
    elif wanted["source"]:
        found = counted.of_source(found, asked.dimension, wanted["source"])
        source_name = _source_name(found, asked.dimension, wanted["source"])
    sums = counted.summed(found, asked.question.today)
    file = _exported(request, asked, "Cases by cause", lambda: cases_table(counted.cases_behind(found), asked))
    if file:
        return file
    named = next((c for c in asked.causes if str(c.pk) == cause), None)
    context = controls(asked) | {
        "table": cases_table(counted.cases_behind(found, SHOWN), asked), "sums": sums, "cause": named, "source_name": source_name,
        "wanted": wanted, "shown": SHOWN,
        "title": named.name if named else ("No cause found yet" if cause == NOT_FOUND else "Cases"),
        "word": Dimension(asked.dimension).label, "back": asked.link("disputes:heat" if source_name else "disputes:causes"),
        "raise_url": _raise_url(asked, named, wanted),
    }  # fmt: skip
    return page(request, "disputes/cause_cases.html", context, fragment="body")


def _raise_url(asked: Asked, cause: Cause | None, wanted: dict[str, str]) -> str:
    """Where the cause that is looked at, at its source if there is one, becomes a problem; empty where it can't."""
    user: Any = asked.request.user
    if cause is None or wanted["of"] or not cause.is_active or not user.can("problems.work", asked.company.pk):
        return ""
    at = {"source_by": asked.dimension, "source": wanted["source"]} if wanted["source"] else {}
    return f"{reverse('disputes:problem-new', args=[asked.company.pk])}?{urlencode({'cause': cause.pk} | at)}"


def _source_name(found: Any, dimension: str, source: str) -> str:
    """What a source is called: a customer by the name its cases bear, of those in sight."""
    first = found.select_related("customer").first() if dimension == Dimension.CUSTOMER else None
    return str(first.customer.name) if first else source


def cases_table(rows: Any, asked: Asked) -> Table:
    """Cases with what they contest in the company's currency, so that their sum is the figure they stand behind."""
    today = asked.question.today
    columns = [
        Column("number", "Case", lambda d: d.number, href=lambda d: reverse("disputes:detail", args=[d.pk]), pin=True),
        Column("customer", "Customer", lambda d: d.customer.name, grow=True),
        Column("amount", "Contested", lambda d: d.base_amount, kind="money", total=True),
        Column("item", "Item", lambda d: d.open_item.number, priority=3),
        Column("cause", "Cause", lambda d: d.cause.name if d.cause else UNFOUND, priority=2),
        Column("stage", "Stage", lambda d: Stage(d.origin).label if d.origin in Stage.values else "", priority=3),
        Column("state", "State", lambda d: d.get_resolution_display() or d.get_state_display(), kind="badge", priority=2),
        Column("opened", "Opened", lambda d: d.opened_on, kind="date", priority=2),
        Column("days", "Days", lambda d: ((d.resolved_on or today) - d.opened_on).days, kind="num", total=True),
    ]
    return Table(columns, rows, currency=asked.company.base_currency, row_id=lambda d: f"case-{d.pk}", name="case")


def _exported(request: HttpRequest, asked: Asked, title: str, table: Any) -> HttpResponse | None:
    user: Any = request.user
    if not request.GET.get("format"):
        return None
    if not user.can("reports.export"):
        raise PermissionDenied("this needs the permission reports.export")
    return export_response(request, table(), asked.cover(title))
