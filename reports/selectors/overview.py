"""What a manager looks at beside the measures: what changed, the largest accounts, cash that is not applied, how the work goes."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import connection
from django.db.models import Count, Sum

from collections_app.models import Promise
from disputes.models import Dispute
from ledger import asof
from ledger.aging import Buckets
from org.actors import Actor
from reports import metrics
from reports.metrics import Measure
from reports.selectors.ageing import AgeingReport, ageing
from reports.selectors.equivalent import Equivalent
from reports.selectors.figures import History
from reports.selectors.items import part_of
from reports.selectors.movements import CAUSES
from reports.selectors.question import DEBIT_KINDS, Question

CASH_BUCKETS = Buckets((7, 30, 60))


@dataclass(frozen=True, slots=True)
class Mover:
    """Something that changed: `kind` is crossed, paid, dispute or broken; `amount` in the reporting currency."""

    kind: str
    tone: str
    who: str
    what: str
    amount: int
    customer_id: int | None = None
    item_id: int | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class RollForward:
    """Receivables on one day, what moved them by cause, receivables on another."""

    first: date
    last: date
    begin: int
    causes: list[tuple[str, str, int]]
    end: int


@dataclass(frozen=True, slots=True)
class TopCustomer:
    """A customer's balance, what of it is past due, and its share of all receivables in per cent."""

    customer_id: int | None
    name: str
    number: str
    total: int
    past_due: int
    over_90: int
    disputed: int
    share: Any


def roll_forward(history: History, first: date) -> RollForward:
    """From the end of `first` to the question's day; the causes sum to the difference."""
    last = history.question.as_of
    causes = [(code, name, history.moved([code], first, last)) for code, (name, _) in CAUSES.items()]
    return RollForward(first, last, history.receivables(first), causes, history.receivables(last))


def top_customers(question: Question, equivalent: Equivalent, limit: int = 10) -> tuple[list[TopCustomer], int]:
    """The largest balances in the reporting currency, and the sum of all."""
    report = ageing(question, by=("company", "customer"), tied=False)
    grouped: dict[Any, list[int]] = {}
    named: dict[Any, tuple[str, str]] = {}
    for line in report.lines:
        own = grouped.setdefault(line.keys["customer"], [0, 0, 0, 0])
        for n, amount in enumerate((line.base.total, line.base.past_due, line.base.buckets[-1], line.base.disputed)):
            own[n] += equivalent.of(line.keys["company"], amount)
        named[line.keys["customer"]] = (line.label.split(" · ", 1)[1], line.hint)
    whole = sum(own[0] for own in grouped.values())
    largest = sorted(grouped.items(), key=lambda pair: -pair[1][0])[:limit]
    rows = [
        TopCustomer(pk, *named[pk], own[0], own[1], own[2], own[3], metrics.overdue_share(own[0], whole).rounded()) for pk, own in largest
    ]  # fmt: skip
    return rows, whole


def unapplied_cash(question: Question) -> AgeingReport:
    """Receipts not applied, and unidentified cash, by age since they came; amounts are negative, as in the books."""
    cash = Question(question.as_of, question.scope, question.known_at, "document", CASH_BUCKETS, credits_apart=False)
    return ageing(cash.within(kinds=("receipt",), accounts=("receivable", "unidentified")), by=("company",), tied=False)


def movers(actor: Actor, question: Question, since: date, equivalent: Equivalent, limit: int = 8) -> list[Mover]:
    """The largest changes after `since`, up to the question's day, largest first."""
    found = [*_crossed(question, since, equivalent), *_paid(question, since, equivalent)]
    found += [*_disputed(actor, question, since, equivalent), *_broken(actor, question, since, equivalent)]
    return sorted(found, key=lambda mover: -mover.amount)[:limit]


def _crossed(question: Question, since: date, equivalent: Equivalent) -> list[Mover]:
    """Customers whose items passed the last bound (90 days) in the span."""
    bound = question.buckets.bounds[-1]
    span = ("due", since - timedelta(days=bound), question.as_of - timedelta(days=bound + 1))
    late = ageing(question.within(kinds=DEBIT_KINDS, dates=span), by=("company", "customer"), tied=False)
    return [
        Mover("crossed", "bad", line.label.split(" · ", 1)[1], f"passed {bound} days", equivalent.of(line.keys["company"], line.base.total),
              line.keys["customer"])
        for line in late.lines[:5]
    ]  # fmt: skip


def _paid(question: Question, since: date, equivalent: Equivalent) -> list[Mover]:
    """The largest receipts. Money whose payer was found is the payer's receipt; as unidentified it counts only while it is nobody's."""
    where, params = asof.scope_conditions(question.within(accounts=("receivable", "unidentified", "retainage")).scope)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT i.id, i.customer_id, coalesce(c.name, 'Unidentified'), i.company_id, -i.base_amount FROM ledger_openitem i"
            " LEFT JOIN customers_customer c ON c.id = i.customer_id WHERE i.kind = 'receipt' AND i.document_date > "
            "%s AND i.document_date <= %s AND (i.customer_id IS NOT NULL OR 0 <> (SELECT sum(l.amount) FROM ledger_line l"
            " JOIN ledger_entry e ON e.id = l.entry_id WHERE l.open_item_id = i.id AND e.effective_date <= %s))"
            f"{where} ORDER BY i.base_amount LIMIT 5",
            [since, question.as_of, question.as_of, *params],
        )
        rows = cursor.fetchall()
    return [
        Mover("paid", "ok", name, "paid", equivalent.of(company, amount), customer, item) for item, customer, name, company, amount in rows
    ]


def _disputed(actor: Actor, question: Question, since: date, equivalent: Equivalent) -> list[Mover]:
    """New disputes by reason: each reason is one change, with its cases."""
    fresh = Dispute.objects.visible_to(actor, "reports.view").filter(opened_on__gt=since, opened_on__lte=question.as_of)
    fresh = _of_companies(fresh, question)
    found: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0])
    for row in fresh.values("reason", "currency").annotate(n=Count("pk"), amount=Sum("amount")).order_by("reason"):
        found[row["reason"]][0] += row["n"]
        found[row["reason"]][1] += equivalent.of_currency(row["currency"], row["amount"])
    names = dict(Dispute.Reason.choices)
    return [
        Mover("dispute", "bad", f"Disputes: {names[reason]}", f"{n} new case{'s' if n > 1 else ''}", amount, reason=reason)
        for reason, (n, amount) in found.items()
    ]  # fmt: skip


def _broken(actor: Actor, question: Question, since: date, equivalent: Equivalent) -> list[Mover]:
    broken = Promise.objects.visible_to(actor, "reports.view").filter(state="broken", decided_on__gt=since, decided_on__lte=question.as_of)
    return [
        Mover("broken", "bad", p.customer.name, "broke a promise", equivalent.of_currency(p.currency, p.amount - p.received), p.customer_id)
        for p in _of_companies(broken, question).select_related("customer").order_by("-amount")[:5]
    ]  # fmt: skip


def _of_companies(rows: Any, question: Question) -> Any:
    return rows if question.scope.company_ids is None else rows.filter(company_id__in=question.scope.company_ids)


def days_late(question: Question, after: date) -> Measure:
    """Average days late of what was paid after a day up to the question's day; applications undone since don't count."""
    where, params = asof.scope_conditions(question.within(kinds=DEBIT_KINDS).scope)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(sum(-l.base_amount * (e.effective_date - i.due_date)), 0), coalesce(sum(-l.base_amount), "
            "0) FROM ledger_entry e"
            " JOIN ledger_line l ON l.entry_id = e.id JOIN ledger_openitem i ON i.id = l.open_item_id WHERE e.kind = 'application'"
            " AND l.amount < 0 AND e.effective_date > %s AND e.effective_date <= %s AND NOT EXISTS (SELECT FROM ledger_entry u"
            f" WHERE u.reverses_id = e.id AND u.effective_date <= %s){where}",
            [after, question.as_of, question.as_of, *params],
        )
        weighted, paid = cursor.fetchone()
    return metrics.average_days_late(int(weighted), int(paid))


def true_dso(question: Question, history: History, equivalent: Equivalent) -> Measure:
    """Age-weighted DSO of the open invoices, by the month of each."""
    sales = {month.label: month.sales for month in history.months(question.as_of)}
    weighted: defaultdict[str, int] = defaultdict(int)
    sql, params = asof.balances_sql(question.as_of, question.within(kinds=DEBIT_KINDS).scope, question.known_at)
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH o AS ({sql}) SELECT date_trunc('month', o.document_date)::date, o.company_id, sum(o.base * (%s::date - o.document_date))"
            " FROM o GROUP BY 1, 2 ORDER BY 1 DESC",
            [*params, question.as_of],
        )
        for month, company, amount in cursor.fetchall():
            weighted[f"{month:%b %Y}"] += equivalent.of(company, int(amount))
    return metrics.true_dso([(label, amount, sales.get(label, 0)) for label, amount in weighted.items()])


def broken_promises(actor: Actor, question: Question, after: date) -> Measure:
    """Promises come due after a day up to the question's day, by how they ended."""
    due = Promise.objects.visible_to(actor, "reports.view").filter(
        due_on__gt=after, due_on__lte=question.as_of, decided_on__lte=question.as_of
    )
    counts = dict(_of_companies(due, question).order_by().values_list("state").annotate(n=Count("pk")))
    matured = sum(counts.get(state, 0) for state in ("kept", "partly", "broken", "superseded"))
    return metrics.broken_promise_rate(counts.get("broken", 0) + counts.get("superseded", 0), matured, counts.get("partly", 0))


def match_rate(question: Question, after: date) -> Measure:
    """Receipts applied after a day up to the question's day: how many of them by the rules alone (system as actor)."""
    where, params = asof.scope_conditions(question.within(kinds=("receipt",)).scope)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FILTER (WHERE by_rules), count(*) FROM (SELECT l.open_item_id, bool_and(e.actor LIKE 'system:%%') AS by_rules"
            " FROM ledger_entry e JOIN ledger_line l ON l.entry_id = e.id JOIN ledger_openitem i ON i.id = l.open_item_id"
            f" WHERE e.kind = 'application' AND e.effective_date > %s AND e.effective_date <= %s{where} GROUP BY 1) applied",
            [after, question.as_of, *params],
        )
        automatic, applied = cursor.fetchone()
    return metrics.match_rate(automatic, applied)


def overdue_of(question: Question) -> Question:
    """The items past due: what the overdue figure opens into."""
    return part_of(question, "overdue")
