"""What a manager looks at beside the measures: what changed, the largest accounts, cash that is not applied, how the work goes."""

from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from django.db import connection
from django.db.models import Count, Sum

from collections_app.models import Promise
from collections_app.policy.promises import verdict
from collections_app.selectors.promises import received_in_time
from disputes.models import Dispute
from ledger import asof, daybook
from ledger.aging import Amounts, Buckets
from org.actors import Actor
from reports import metrics
from reports.metrics import Measure
from reports.selectors.ageing import AgeingLine, AgeingReport, ageing
from reports.selectors.equivalent import Equivalent
from reports.selectors.figures import History
from reports.selectors.movements import CAUSES
from reports.selectors.question import DEBIT_KINDS, Question

CASH_BUCKETS = Buckets((7, 30, 60))
CASH_ACCOUNTS = ("receivable", "unidentified")
"""Accounts on which cash waits that isn't applied."""


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
    last, moved = history.question.as_of, history.moved_by_cause(first)
    causes = [(code, name, moved[code]) for code, (name, _) in CAUSES.items()]
    return RollForward(first, last, history.receivables(first), causes, history.receivables(last))


def top_customers(question: Question, equivalent: Equivalent, limit: int = 10) -> tuple[list[TopCustomer], int]:
    """The largest balances in the reporting currency, each converted as a whole, and all receivables; past due is by due date."""
    due = replace(question, basis="due", buckets=Buckets(tuple(sorted({0, question.buckets.bounds[-1]}))), credits_apart=True)
    found, companies = _largest(due, limit)
    whole = equivalent.total(companies)
    rows = [_top(line, base, equivalent, whole) for line, base in found]
    return sorted(rows, key=lambda row: -row.total)[:limit], whole


def _largest(question: Question, most: int) -> tuple[list[tuple[AgeingLine, Amounts]], dict[int, int]]:
    """The customers with the largest balances of each company, aged, with their sums over currencies; and what companies have in all.

    The database chooses them, so that not everybody's balance is read."""
    customers, companies = asof.largest(question.as_of, question.scope, most, known_at=question.known_at)
    among = None if None in customers else {customer for customer in customers if customer is not None}
    found: dict[Any, tuple[AgeingLine, Amounts]] = {}
    if customers:
        narrowed = question if among is None else question.within(customer_ids=among)
        for line in ageing(narrowed, by=("company", "customer"), tied=False).lines:
            nothing = Amounts([0] * len(line.base.buckets))
            found.setdefault((line.keys["company"], line.keys["customer"]), (line, nothing))[1].add(line.base)
    return list(found.values()), companies


def _top(line: AgeingLine, base: Amounts, equivalent: Equivalent, whole: int) -> TopCustomer:
    total, late, oldest, disputed = (
        equivalent.of(line.keys["company"], amount) for amount in (base.total, base.past_due, base.buckets[-1], base.disputed)
    )
    share = metrics.overdue_share(total, whole).rounded()
    return TopCustomer(line.keys["customer"], line.label.split(" · ", 1)[1], line.hint, total, late, oldest, disputed, share)


def unapplied_cash(question: Question) -> AgeingReport:
    """Receipts not applied, and unidentified cash, by age since they came; amounts are negative, as in the books."""
    cash = Question(question.as_of, question.scope, question.known_at, "document", CASH_BUCKETS, credits_apart=False)
    return ageing(cash.within(kinds=("receipt",), accounts=CASH_ACCOUNTS), by=("company",), tied=False)


def movers(actor: Actor, question: Question, since: date, equivalent: Equivalent, limit: int = 8) -> list[Mover]:
    """The largest changes after `since`, up to the question's day, largest first."""
    found = [*_crossed(question, since, equivalent, limit), *_paid(question, since, equivalent)]
    found += [*_disputed(actor, question, since, equivalent), *_broken(actor, question, since, equivalent)]
    return sorted(found, key=lambda mover: -mover.amount)[:limit]


def _crossed(question: Question, since: date, equivalent: Equivalent, limit: int) -> list[Mover]:
    """Customers whose items passed the last bound (90 days) in the span, the largest of each company."""
    bound = question.buckets.bounds[-1]
    span = ("due", since - timedelta(days=bound), question.as_of - timedelta(days=bound + 1))
    return [
        Mover("crossed", "bad", line.label.split(" · ", 1)[1], f"passed {bound} days", equivalent.of(line.keys["company"], base.total),
              line.keys["customer"])
        for line, base in _largest(question.within(kinds=DEBIT_KINDS, dates=span), limit)[0]
    ]  # fmt: skip


def _paid(question: Question, since: date, equivalent: Equivalent) -> list[Mover]:
    """The largest receipts of each company: what came in with them, less what was moved on to other payers or taken back by the bank."""
    where, params = asof.scope_conditions(question.within(kinds=("receipt",), accounts=("receivable", "unidentified", "retainage")).scope)
    known = " AND e.posted_at <= %s" if question.known_at else ""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT m.id, m.customer_id, coalesce(c.name, 'Unidentified'), m.company_id, m.amount FROM ("
            "SELECT i.id, i.customer_id, i.company_id, -sum(l.base_amount) AS amount,"
            " row_number() OVER (PARTITION BY i.company_id ORDER BY sum(l.base_amount), i.id) AS place"
            " FROM ledger_entry e JOIN ledger_line l ON l.entry_id = e.id JOIN ledger_openitem i ON i.id = l.open_item_id"
            " LEFT JOIN ledger_entry r ON r.id = e.reverses_id"
            f" WHERE e.effective_date > %s AND e.effective_date <= %s AND coalesce(r.kind, e.kind) = ANY(%s){known}{where}"
            " GROUP BY i.id HAVING sum(l.base_amount) < 0) m"
            " LEFT JOIN customers_customer c ON c.id = m.customer_id WHERE m.place <= 5",
            [since, question.as_of, list(CAUSES["collected"][1]), *([question.known_at] if question.known_at else []), *params],
        )
        rows = cursor.fetchall()
    return [
        Mover("paid", "ok", name, "paid", equivalent.of(company, int(amount)), customer, item)
        for item, customer, name, company, amount in rows
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


def days_late(question: Question, after: date, equivalent: Equivalent) -> Measure:
    """Average days late of what was paid after a day up to the question's day, in the reporting currency; applications undone since
    don't count.
    """
    scope = question.within(kinds=DEBIT_KINDS).scope
    if daybook.covers(scope, question.known_at):
        where, params = daybook.conditions(scope)
        sql = (
            "SELECT t.company_id, sum(-t.base_amount * (t.of_date - t.due_date)), sum(-t.base_amount) FROM ledger_daytotal t"
            " WHERE t.kind = 'application' AND t.reduces AND t.of_date > %s AND t.of_date <= %s AND t.effective_date <= %s"
        )
        given = [after, question.as_of, question.as_of, *params]
    else:
        where, params = asof.scope_conditions(scope)
        known, moment = ("", []) if question.known_at is None else (" AND {}.posted_at <= %s", [question.known_at])
        sql = (
            "SELECT i.company_id, sum(-l.base_amount * (e.effective_date - i.due_date)), sum(-l.base_amount) FROM ledger_entry e"
            " JOIN ledger_line l ON l.entry_id = e.id JOIN ledger_openitem i ON i.id = l.open_item_id WHERE e.kind = 'application'"
            f" AND l.amount < 0 AND e.effective_date > %s AND e.effective_date <= %s{known.format('e')} AND NOT EXISTS"
            f" (SELECT FROM ledger_entry u WHERE u.reverses_id = e.id AND u.effective_date <= %s{known.format('u')})"
        )
        given = [after, question.as_of, *moment, question.as_of, *moment, *params]
    with connection.cursor() as cursor:
        cursor.execute(f"{sql}{where} GROUP BY 1", given)
        rows = cursor.fetchall()
    weighted, paid = (equivalent.total({row[0]: int(row[n]) for row in rows}) for n in (1, 2))
    return metrics.average_days_late(weighted, paid)


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
    """Promises come due after a day up to the question's day, by how they ended; one put off is judged on the day it named itself."""
    due = Promise.objects.visible_to(actor, "reports.view").filter(
        due_on__gt=after, due_on__lte=question.as_of, decided_on__lte=question.as_of
    )
    due = _of_companies(due, question)
    counts = Counter(dict(due.order_by().values_list("state").annotate(n=Count("pk"))))
    put_off = list(due.filter(state="superseded"))
    received = received_in_time([p.pk for p in put_off], question.as_of)
    counts.update(verdict(p.amount, received.get(p.pk, 0), p.due_on, question.as_of + timedelta(days=1)) for p in put_off)
    matured = sum(counts[state] for state in ("kept", "partly", "broken"))
    return metrics.broken_promise_rate(counts["broken"], matured, counts["partly"])


def match_rate(question: Question, after: date) -> Measure:
    """Receipts applied after a day up to the question's day: how many of them by the rules alone (system as actor)."""
    where, params = asof.scope_conditions(question.within(kinds=("receipt",)).scope)
    known = " AND e.posted_at <= %s" if question.known_at else ""
    with connection.cursor() as cursor:
        cursor.execute(
            # Lines that take a receipt up towards nought, an entry at a time: the planner would rather begin with all receipts.
            "SELECT count(*) FILTER (WHERE by_rules), count(*) FROM (SELECT l.open_item_id, bool_and(e.actor LIKE 'system:%%') AS by_rules"
            " FROM ledger_entry e CROSS JOIN LATERAL (SELECT open_item_id FROM ledger_line WHERE entry_id = e.id AND amount > 0"
            " AND open_item_id IS NOT NULL OFFSET 0) l JOIN ledger_openitem i ON i.id = l.open_item_id"
            f" WHERE e.kind = 'application' AND e.effective_date > %s AND e.effective_date <= %s{known}{where} GROUP BY 1) applied",
            [after, question.as_of, *([question.known_at] if question.known_at else []), *params],
        )
        automatic, applied = cursor.fetchone()
    return metrics.match_rate(automatic, applied)
