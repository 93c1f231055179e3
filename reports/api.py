"""Reports over the API: the same questions to the same selectors as the pages, so that the figures are the same."""

from datetime import date
from fractions import Fraction
from typing import Any, ClassVar

from django.http import Http404, QueryDict
from rest_framework.request import Request
from rest_framework.response import Response

from arops.api import schemas
from arops.api.ids import private, public
from arops.api.problems import ApiProblem, invalid
from arops.api.views import ApiView
from arops.lib import clock, money
from collections_app.selectors.statement import Statement, StatementPart, first_day, statement
from customers.models import Customer
from ledger.aging import Amounts
from ledger.payload import day_of
from org.actors import Actor
from org.models import Company, User
from reports import metrics
from reports.forms import ReportForm
from reports.metrics import Input, Measure
from reports.selectors.ageing import AgeingLine, AgeingReport, ageing
from reports.selectors.customer import in_sight
from reports.selectors.equivalent import equivalent
from reports.selectors.figures import History
from reports.selectors.overview import true_dso
from reports.selectors.question import companies_in
from reports.selectors.reconciliation import Reconciled, reconcile

OF = ("company", "customer", "parent", "collector", "segment", "currency")
"""What a report may be narrowed to."""


class ReportView(ApiView):
    """A report by its question."""

    permission = "reports.view"
    csv = True

    def asked(self, request: Request) -> ReportForm:
        """The question, read as the pages read it; ids and e-mail addresses as keys. Raises ApiProblem naming the parameters."""
        words = {name: str(request.query_params[name]) for name in request.query_params}
        _day(request, "as_of", clock.today())
        for name in ("customer", "parent"):
            if name in words:
                words[name] = str(private("customer", words[name]))
        if "collector" in words and words["collector"] not in ("me", "none"):
            words["collector"] = str(_person(words["collector"], self.actor))
        asked = QueryDict(mutable=True)
        asked.update(words)
        form = ReportForm(asked, actor=self.actor, today=clock.today())
        if not form.is_valid():
            errors = [{"pointer": f"?{name}", "code": "invalid", "detail": " ".join(map(str, said))} for name, said in form.errors.items()]
            raise ApiProblem(422, "invalid", "; ".join(form.reasons()), errors)
        return form


def _person(email: str, actor: Actor) -> int:
    seen = User.objects.filter(memberships__company__in=companies_in(actor.reach("reports.view")))
    found = seen.filter(email__iexact=email).values_list("pk", flat=True).first()
    if found is None:
        raise Http404
    return int(found)


class Aging(ReportView):
    """Ageing of any day."""

    parameters: ClassVar = frozenset({"as_of", "known_at", "by", "basis", "buckets", "credits", *OF})

    @schemas.reads(
        "reports_aging", schemas.found("Aging", csv=True),
        schemas.parameters("as_of", "known_at", "by", "basis", "buckets", "credits", *OF),
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        """Balances by bucket as of the end of a day, a row for each combination of `by` and currency, the largest first."""
        form = self.asked(request)
        report = ageing(form.question(), form.cleaned_data["by"])
        return Response(aging_shape(report))


def aging_shape(report: AgeingReport) -> dict[str, Any]:
    """An ageing report as the API shows it."""
    question, labels = report.question, report.labels
    return {
        "as_of": question.as_of.isoformat(), "known_at": question.known_at.isoformat() if question.known_at else None,
        "basis": question.basis, "by": list(report.by), "buckets": list(labels), "data": _rows(report),
        "totals": [{"currency": c, **_amounts(a, c, labels)} for c, a in report.totals.items()],
        "base_totals": [{"currency": c, **_amounts(a, c, labels)} for c, a in report.base_totals.items()],
        "ties": [
            {"currency": t.currency, **{n: money.to_text(getattr(t, n), t.currency) for n in ("items", "journal", "difference")}}
            for t in report.ties
        ],
    }  # fmt: skip


def _rows(report: AgeingReport) -> list[dict[str, Any]]:
    named = {name: _named(name, {line.keys.get(name) for line in report.lines}) for name in report.by if name != "currency"}
    return [_row(line, report.labels, named) for line in report.lines]


def _row(line: AgeingLine, labels: tuple[str, ...], named: dict[str, dict[Any, Any]]) -> dict[str, Any]:
    keys = {name: found.get(line.keys[name]) for name, found in named.items()}
    return {
        **keys, "currency": line.currency, **_amounts(line.own, line.currency, labels), "items": line.items,
        "base_currency": line.base_currency, "base_total": money.to_text(line.base.total, line.base_currency),
    }  # fmt: skip


def _named(dimension: str, keys: set[Any]) -> dict[Any, Any]:
    """What the rows' keys stand for: id, code and name; None for none."""
    if dimension == "company":
        return {c.pk: {"id": public("company", c.pk), "code": c.code, "name": c.name} for c in Company.objects.filter(pk__in=keys)}
    if dimension in ("customer", "parent"):
        found = Customer.objects.filter(pk__in=keys)
        return {c.pk: {"id": public("customer", c.pk), "code": c.number, "name": c.name} for c in found}
    if dimension == "collector":
        return {u.pk: {"id": u.email, "code": "", "name": u.name} for u in User.objects.filter(pk__in=keys)}
    return {key: key or None for key in keys}


def _amounts(amounts: Amounts, currency: str, labels: tuple[str, ...]) -> dict[str, Any]:
    buckets = {label: money.to_text(n, currency) for label, n in zip(labels, amounts.buckets, strict=True)}
    whole = {name: money.to_text(getattr(amounts, name), currency) for name in ("credits", "total", "disputed")}
    return {"buckets": buckets, **whole}


class Measures(ReportView):
    """Measures of a day; a subclass names them."""

    parameters: ClassVar = frozenset({"as_of", "known_at", "days", *OF})
    codes: ClassVar[tuple[str, ...]] = ()

    def measured(self, request: Request) -> Response:
        """The measures as of the day, in one currency, each with its formula and what went in."""
        form = self.asked(request)
        question, chosen, days = form.question(), form.cleaned_data["company"], form.cleaned_data["days"] or 90
        companies = [chosen] if chosen else form.companies
        same = equivalent(companies, question.as_of)
        history = History(question, [question.as_of], same, days)
        found = dict(history.measures(question.as_of))
        if "true_dso" in self.codes:
            found["true_dso"] = true_dso(question, history, same)
        return Response({
            "as_of": question.as_of.isoformat(), "known_at": question.known_at.isoformat() if question.known_at else None,
            "currency": same.currency, "period_days": days, "companies": [c.code for c in companies],
            "companies_left_out": [c.code for c in same.left_out],
            "rates": [{"currency": code, "rate": format(rate, "f")} for code, rate in same.stated],
            "data": [_measure(code, found[code], same.currency) for code in self.codes],
        })  # fmt: skip


def _measure(code: str, measure: Measure, currency: str) -> dict[str, Any]:
    value = measure.rounded(2)
    return {
        "code": code, "name": measure.definition.name, "unit": measure.definition.unit, "value": None if value is None else str(value),
        "formula": measure.definition.formula, "reason": measure.note,
        "inputs": [{"name": i.label, "value": _input(i, currency), "unit": i.unit} for i in measure.inputs],
    }  # fmt: skip


def _input(given: Input, currency: str) -> str:
    if given.unit == "money" and isinstance(given.value, int):
        return money.to_text(given.value, currency)
    return str(given.value if isinstance(given.value, int) else metrics.to_decimal(Fraction(given.value), 4))


class Dso(Measures):
    """Days sales outstanding, four ways."""

    codes = ("dso", "countback", "true_dso", "best_possible", "add")

    @schemas.reads("reports_dso", schemas.found("Measures", csv=True), schemas.parameters("as_of", "known_at", "days", *OF))
    def get(self, request: Request) -> Response:
        """DSO, count-back DSO, true DSO, best possible DSO, average days delinquent."""
        return self.measured(request)


class CollectionsEffectiveness(Measures):
    """How much of what could be collected was."""

    codes = ("cei", "overdue", "turnover")

    @schemas.reads(
        "reports_collections_effectiveness", schemas.found("Measures", csv=True), schemas.parameters("as_of", "known_at", "days", *OF)
    )
    def get(self, request: Request) -> Response:
        """Collection effectiveness index, overdue share, turnover."""
        return self.measured(request)


class Reconciliation(ReportView):
    """Subledger against control accounts."""

    parameters: ClassVar = frozenset({"as_of", "company"})

    @schemas.reads("reports_reconciliation", schemas.found("Reconciliation", csv=True), schemas.parameters("as_of", "company"))
    def get(self, request: Request) -> Response:
        """Open items against the control accounts' lines as of a day, of companies that the caller sees whole."""
        form = self.asked(request)
        reach, chosen, day = form.reach, form.cleaned_data["company"], form.cleaned_data["as_of"]
        whole = [c for c in ([chosen] if chosen else form.companies) if reach.everything or c.pk in reach.companies]
        rows = reconcile(whole, day)
        return Response({"as_of": day.isoformat(), "ties": all(r.ties for r in rows), "data": [_reconciled(r) for r in rows]})


def _reconciled(row: Reconciled) -> dict[str, Any]:
    base = row.company.base_currency
    own = {"subledger": row.subledger, "control": row.control, "difference": row.subledger - row.control}
    in_base = {
        "base_subledger": row.base_subledger, "base_control": row.base_control, "base_difference": row.base_subledger - row.base_control,
    }  # fmt: skip
    return {
        "company": row.company.code, "account": row.account.code, "name": row.account.name, "currency": row.currency,
        **{name: money.to_text(n, row.currency) for name, n in own.items()},
        "base_currency": base, **{name: money.to_text(n, base) for name, n in in_base.items()},
    }  # fmt: skip


class CustomerStatement(ApiView):
    """A customer's account from a day to a day."""

    permission = "customers.view"
    parameters: ClassVar = frozenset({"first", "as_of"})

    @schemas.reads("customers_statement", schemas.found("Statement"), schemas.parameters("first", "as_of"))
    def get(self, request: Request, public_id: str) -> Response:
        """What was owed, what moved it, what is owed, and which items that is; by currency. The last three months unless asked."""
        customer = in_sight(self.actor, private("customer", public_id)).first()
        if customer is None:
            raise Http404
        last = _day(request, "as_of", clock.today())
        first = _day(request, "first", first_day(last))
        if first > last:
            raise invalid("?first", "invalid", "first lies after as_of")
        return Response(statement_shape(statement(customer, first, last)))


def _day(request: Request, name: str, otherwise: date) -> date:
    """A day of the query string, in ISO's form alone. Raises ApiProblem."""
    text = request.query_params.get(name)
    if text is None:
        return otherwise
    day = day_of(text)
    if day is None or not date(1990, 1, 1) <= day <= date(2100, 1, 1):
        raise invalid(f"?{name}", "invalid", f"{name} is a day such as 2026-10-31")
    return day


def statement_shape(made: Statement) -> dict[str, Any]:
    """A statement as the API shows it."""
    return {
        "customer": public("customer", made.customer.pk), "first": made.first.isoformat(), "as_of": made.as_of.isoformat(),
        "buckets": list(made.labels), "parts": [_part(part, made.labels) for part in made.parts],
    }  # fmt: skip


def _part(part: StatementPart, labels: tuple[str, ...]) -> dict[str, Any]:
    def text(amount: int) -> str:
        return money.to_text(amount, part.currency)

    aged = _amounts(part.ageing, part.currency, labels)
    return {
        "currency": part.currency, "opening": text(part.opening), "closing": text(part.closing),
        "lines": [
            {"day": x.day.isoformat(), "text": x.text, "number": x.number, "amount": text(x.amount), "balance": text(x.balance)}
            for x in part.lines
        ],
        "items": [
            {
                "id": public("item", r.item.item_id), "kind": r.item.kind, "number": r.item.number,
                "document_date": r.item.document_date.isoformat(), "due_date": r.item.due_date.isoformat(), "days_past_due": r.days,
                "amount": text(r.item.amount), "balance": text(r.item.balance), "disputed": text(r.disputed),
            }
            for r in part.items
        ],
        "aging": {name: aged[name] for name in ("buckets", "credits", "total")}, "disputed": text(part.disputed),
    }  # fmt: skip
