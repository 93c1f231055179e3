"""Cases counted by cause, month and source: the Pareto, its trends and the heat table. Nothing is kept beside the cases: the index
`dispute_opened` holds all that the Pareto needs, so that a year of 100,000 cases is grouped in about 25 ms."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db.models import Case, CharField, Count, DateField, F, Func, IntegerField, QuerySet, Sum, Value, When
from django.db.models.functions import Cast, Coalesce

from customers.models import Customer
from disputes.models import Cause, Dimension, Dispute
from disputes.policy.ranking import Bar, Counted, Span, Sums, ranked
from invoicing.models import Invoice
from org.actors import Actor
from org.models import User

STATES = (("all", "open and closed"), ("open", "open"), ("closed", "closed"))
MEASURES = (("value", "Money"), ("count", "Cases"), ("days", "Days"))
NOT_FOUND = "none"
"""What stands for the cause of cases that nobody has found one for."""
SHOWN_SOURCES = 9
REST = "\x7fothers"
"""The source that stands for all that aren't among the first."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked about causes: whose cases, of which days, narrowed by what. What is empty narrows nothing."""

    company: int
    span: Span
    today: date
    reason: str = ""
    stage: str = ""
    owner: str = ""
    state: str = "all"
    portfolio: int = 0


@dataclass(frozen=True, slots=True)
class Pareto:
    """Bars in their order and what they add up to; `left_out` cases have no cause yet and therefore no stage or owner to be narrowed by."""

    bars: list[Bar]
    months: list[date]
    now: Sums
    before: Sums
    by_month: tuple[Sums, ...]
    left_out: int


def narrowed(actor: Actor, asked: Question, causes: Sequence[Cause]) -> QuerySet[Dispute]:
    """Cases in sight that the question means, whenever they were opened. `causes` are all of the company's."""
    found: Any = Dispute.objects.visible_to(actor, "disputes.view").filter(company=asked.company)
    if asked.reason:
        found = found.filter(reason=asked.reason)
    if asked.portfolio:
        found = found.filter(customer__collector=asked.portfolio)
    if asked.state != "all":
        found = found.filter(resolved_on__isnull=asked.state == "open")
    if asked.stage or asked.owner:
        found = found.filter(cause__in=[c.pk for c in causes if _meant(c, asked)])
    return found  # type: ignore[no-any-return]


def _meant(cause: Cause, asked: Question) -> bool:
    owned = not asked.owner or str(cause.owner_id or NOT_FOUND) == asked.owner
    return owned and (not asked.stage or cause.stage == asked.stage)


def in_span(cases: QuerySet[Dispute], first: date, last: date) -> QuerySet[Dispute]:
    """Those opened from one day to another."""
    return cases.filter(opened_on__gte=first, opened_on__lte=last)


def of_cause(cases: QuerySet[Dispute], cause: str) -> QuerySet[Dispute]:
    """Those of a cause by its key; NOT_FOUND: those without one; empty: all."""
    if not cause:
        return cases
    return cases.filter(cause__isnull=True) if cause == NOT_FOUND else cases.filter(cause=int(cause))


def of_source(cases: QuerySet[Dispute], dimension: str, source: str) -> QuerySet[Dispute]:
    """Those from a source; without a dimension: all."""
    if dimension not in Dimension.values:
        return cases
    if dimension == Dimension.CUSTOMER:
        return cases.filter(customer=int(source)) if source.isascii() and source.isdecimal() and len(source) < 19 else cases.none()
    return cases.filter(**{dimension: source})


def days_open(today: date) -> Func:
    """Days from a case's opening to its end, or to today."""
    end = Coalesce("resolved_on", Cast(Value(today), DateField()))
    return Func(end, F("opened_on"), template="(%(expressions)s)", arg_joiner=" - ", output_field=IntegerField())


def _sums(today: date) -> dict[str, Any]:
    return {"n": Count("*"), "amount": Sum("base_amount"), "days": Sum(days_open(today))}


def pareto(actor: Actor, asked: Question, measure: str, causes: Sequence[Cause]) -> Pareto:
    """Causes by count, money or days, their months and the period before: one query. Cases without a finding are a bar of their own."""
    months, span = asked.span.months(), asked.span
    edges = [span.before_first, *([span.before_last.fromordinal(span.before_last.toordinal() + 1)]), *months]
    bucket = Func(F("opened_on"), Value(edges, ArrayField(DateField())), function="width_bucket", output_field=IntegerField())
    cases = in_span(narrowed(actor, asked, causes), span.before_first, span.last)
    rows: Any = cases.annotate(bucket=bucket).values("cause_id", "bucket").annotate(**_sums(asked.today)).order_by()
    cells: dict[Any, dict[int, Sums]] = defaultdict(dict)
    for row in rows:
        cells[row["cause_id"]][row["bucket"]] = Sums(row["n"], row["amount"], row["days"])
    by_key = {c.pk: c for c in causes}
    counted = [_counted(by_key.get(pk), at, len(months)) for pk, at in cells.items()]
    bars = ranked((c for c in counted if c.now.cases or c.before.cases), measure)
    return Pareto(bars, months, *_totals(bars, len(months)), _without_finding(actor, asked, causes))


def _counted(cause: Cause | None, at: dict[int, Sums], months: int) -> Counted:
    """A cause's buckets: 1 is the period before, 2 the days between the two periods, then come the months."""
    own = tuple(at.get(n + 3, Sums()) for n in range(months))
    return Counted(cause, sum(own, Sums()), at.get(1, Sums()), own)


def _totals(bars: Sequence[Bar], months: int) -> tuple[Sums, Sums, tuple[Sums, ...]]:
    by_month = tuple(sum((b.months[n] for b in bars), Sums()) for n in range(months))
    return sum((b.now for b in bars), Sums()), sum((b.before for b in bars), Sums()), by_month


def _without_finding(actor: Actor, asked: Question, causes: Sequence[Cause]) -> int:
    if not asked.stage and not asked.owner:
        return 0
    whole = narrowed(actor, replace(asked, stage="", owner=""), causes)
    return in_span(whole, asked.span.first, asked.span.last).filter(cause__isnull=True).count()


@dataclass(frozen=True, slots=True)
class Heat:
    """Causes by source: the sources with the most first, the rest together; sums by (cause, source), and of each source's invoices."""

    causes: list[Cause | None]
    sources: list[tuple[str, str]]
    cells: dict[tuple[Any, str], Sums]
    invoices: dict[str, int]
    unknown: int
    """Cases whose source nobody recorded: they are among the others."""


def heat(actor: Actor, asked: Question, measure: str, causes: Sequence[Cause], dimension: str) -> Heat:
    """Cases of the period by cause and source. Which sources have the most is asked first; the rest is put together by the database, for
    there may be thousands."""
    cases = in_span(narrowed(actor, asked, causes), asked.span.first, asked.span.last)
    column = _column(dimension)
    first = _greatest(cases, column, measure, asked.today)
    shown = Case(When(**{f"{column}__in": first}, then=Cast(F(column), CharField())), default=Value(REST), output_field=CharField())
    rows: Any = cases.annotate(shown=shown).values_list("cause_id", "shown").annotate(**_sums(asked.today)).order_by()
    cells = {(cause, source): Sums(n, amount, days) for cause, source, n, amount, days in rows}
    by_cause = defaultdict[Any, Sums](Sums)
    for (cause, _), sums in cells.items():
        by_cause[cause] += sums
    keys, by_key = sorted(by_cause, key=lambda c: -by_cause[c].of(measure)), {c.pk: c for c in causes}
    sources = [*source_labels(dimension, [str(s) for s in first]).items()]
    if any(source == REST for _, source in cells):
        sources.append((REST, "others"))
    customers = dimension == Dimension.CUSTOMER
    unknown = 0 if customers else cases.filter(**{column: ""}).count()
    return Heat([by_key.get(k) for k in keys], sources, cells, _invoices_of(asked, first) if customers else {}, unknown)


def _column(dimension: str) -> str:
    return "customer_id" if dimension == Dimension.CUSTOMER else dimension


def _greatest(cases: QuerySet[Dispute], column: str, measure: str, today: date) -> list[Any]:
    """The sources with the most, by what is measured."""
    figure = {"count": Count("*"), "value": Sum("base_amount"), "days": Sum(days_open(today))}[measure]
    known = cases if column == "customer_id" else cases.exclude(**{column: ""})
    rows: Any = known.values_list(column).annotate(figure=figure).order_by("-figure", column)[:SHOWN_SOURCES]
    return [source for source, _ in rows]


def rest_of(actor: Actor, asked: Question, measure: str, causes: Sequence[Cause], dimension: str) -> QuerySet[Dispute]:
    """Cases of the period from none of the sources that the heat table shows."""
    cases = in_span(narrowed(actor, asked, causes), asked.span.first, asked.span.last)
    column = _column(dimension)
    return cases.exclude(**{f"{column}__in": _greatest(cases, column, measure, asked.today)})


def portfolios_of(company_id: int) -> list[tuple[str, str]]:
    """Whose portfolios there are in a company: key and name of each collector."""
    keys = Customer.objects.filter(company=company_id, collector__isnull=False).values("collector").distinct()
    return [(str(pk), name) for pk, name in User.objects.filter(pk__in=keys).order_by("name").values_list("pk", "name")]


def source_labels(dimension: str, sources: Sequence[str]) -> dict[str, str]:
    """Sources as people call them, in the same order: customers by name, all others are names already."""
    if dimension != Dimension.CUSTOMER:
        return {source: source for source in sources}
    names = dict(Customer.objects.filter(pk__in=[int(s) for s in sources]).values_list("pk", "name"))
    return {source: names.get(int(source), source) for source in sources}


def _invoices_of(asked: Question, customers: Sequence[int]) -> dict[str, int]:
    """How many invoices these customers were sent in the period, for rates."""
    found = Invoice.objects.filter(customer__in=customers, document_date__gte=asked.span.first, document_date__lte=asked.span.last)
    rows = found.exclude(kind="credit_memo").values_list("customer_id").annotate(n=Count("*")).order_by()
    return {str(pk): n for pk, n in rows}


def summed(cases: QuerySet[Dispute], today: date) -> Sums:
    """What cases add up to."""
    row = cases.aggregate(**_sums(today))
    return Sums(row["n"], row["amount"] or 0, row["days"] or 0)


def cases_behind(cases: QuerySet[Dispute], most: int | None = None) -> QuerySet[Dispute]:
    """The same cases as a list shows them, those with the most money first: the first so many, or all."""
    related = ("customer", "company", "cause", "owner", "open_item")
    ordered = cases.order_by("-base_amount", "pk")
    if most is not None:  # found by their keys first: what is beside them is joined to those alone
        ordered = Dispute.objects.filter(pk__in=list(ordered.values_list("pk", flat=True)[:most])).order_by("-base_amount", "pk")
    return ordered.select_related(*related)
