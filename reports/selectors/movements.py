"""What moved the receivables, day by day and by cause: credit sales, cash, the rest. From the journal's lines, by
the day they took effect.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import accumulate
from typing import Any

from django.db import connection

from ledger import asof, daybook
from reports.selectors.question import DEBIT_KINDS, Question

CAUSES: dict[str, tuple[str, tuple[str, ...]]] = {
    "invoiced": ("Invoiced", ("invoice", "debit_memo")),
    "credited": ("Credit memos", ("credit_memo",)),
    "collected": ("Collected", ("receipt", "identification", "transfer")),
    "other": (
        "Discounts, fees, write-offs, exchange",
        ("application", "write_off", "late_fee", "refund", "retention", "release", "instalment"),
    ),
}
"""Cause → its name, and the kinds of entry it holds (a reversal counts with what it reverses)."""

CAUSE_OF = {kind: cause for cause, (_, kinds) in CAUSES.items() for kind in kinds}
SALES = ("invoiced", "credited")
_KIND = "CASE WHEN e.reverses_id IS NULL THEN e.kind ELSE (SELECT r.kind FROM ledger_entry r WHERE r.id = e.reverses_id) END"
"""A reversal counts with what it reverses. Looked up for reversals alone: a join would hash the whole journal a second time."""


@dataclass(frozen=True, slots=True)
class Movement:
    """A line on an open item: what it did to the receivables (signed minor units, own and company currency)."""

    day: date
    kind: str
    entry_id: int
    item_id: int
    number: str
    customer_id: int | None
    customer_name: str
    company_id: int
    currency: str
    amount: int
    base_amount: int


class Series:
    """Amounts by day of one company and cause (company currency); sums between days are looked up, not counted again."""

    def __init__(self, pairs: Sequence[tuple[date, int]]) -> None:
        ordered = sorted(pairs)
        self._days = [day for day, _ in ordered]
        self._sums = [0, *accumulate(amount for _, amount in ordered)]

    def between(self, after: date, upto: date) -> int:
        """The sum of days later than `after`, up to and with `upto`."""
        return self._sums[bisect_right(self._days, upto)] - self._sums[bisect_right(self._days, after)]


def balances_now(question: Question) -> dict[int, int]:
    """Company → receivables at the end of the question's day, in company currency."""
    found: defaultdict[int, int] = defaultdict(int)
    if daybook.covers(question.scope, question.known_at):
        where, params = daybook.conditions(question.scope)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT t.company_id, sum(t.base_amount) FROM ledger_daytotal t WHERE t.effective_date <= %s"
                f"{where} GROUP BY 1 HAVING sum(t.base_amount) <> 0",
                [question.as_of, *params],
            )
            return {company: int(amount) for company, amount in cursor.fetchall()}
    for row in asof.aging(question.as_of, question.scope, by=("company",), known_at=question.known_at):
        found[row.keys["company"]] += row.base_total
    return dict(found)


def daily(question: Question, first: date) -> dict[int, dict[str, Series]]:
    """Company → cause → amounts by day, of entries effective from `first` to the question's day."""
    if daybook.covers(question.scope, question.known_at):
        where, params = daybook.conditions(question.scope)
        sql = "SELECT t.company_id, t.kind, t.effective_date, sum(t.base_amount) FROM ledger_daytotal t WHERE t.effective_date"
        return _by_cause(
            f"{sql} BETWEEN %s AND %s{where} GROUP BY 1, 2, 3 HAVING sum(t.base_amount) <> 0", [first, question.as_of, *params]
        )
    where, params = asof.scope_conditions(question.scope)
    known = " AND e.posted_at <= %s" if question.known_at else ""
    return _by_cause(
        f"SELECT i.company_id, {_KIND}, e.effective_date, sum(l.base_amount) {_FROM}"
        f" WHERE e.effective_date BETWEEN %s AND %s{known}{where} GROUP BY 1, 2, 3 HAVING sum(l.base_amount) <> 0",
        [first, question.as_of, *([question.known_at] if question.known_at else []), *params],
    )


def _by_cause(sql: str, params: list[Any]) -> dict[int, dict[str, Series]]:
    found: defaultdict[int, defaultdict[str, list[tuple[date, int]]]] = defaultdict(lambda: defaultdict(list))
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        for company, kind, day, amount in cursor.fetchall():
            found[company][CAUSE_OF.get(kind, "other")].append((day, int(amount)))
    return {company: {cause: Series(pairs) for cause, pairs in causes.items()} for company, causes in found.items()}


def past_due_at(question: Question, points: Sequence[date]) -> dict[tuple[int, date], int]:
    """(company, day) → invoices and debit memos past due at the end of each of the days (ascending), in company currency.

    One pass over the lines, or over the sums of their days: a line counts from the first of the days on which it had taken effect and
    its item was past due.
    """
    scope, days = question.within(kinds=DEBIT_KINDS).scope, list(points)
    if daybook.covers(scope, question.known_at):
        where, params = daybook.conditions(scope)
        keys = "greatest(width_bucket(t.effective_date - 1, %s::date[]), width_bucket(t.due_date, %s::date[]))"
        sql = f"SELECT t.company_id, {keys}, sum(t.base_amount) FROM ledger_daytotal t WHERE t.effective_date <= %s{where} GROUP BY 1, 2"
        given = [days, days, points[-1], *params]
    else:
        where, params = asof.scope_conditions(scope)
        known = " AND e.posted_at <= %s" if question.known_at else ""
        keys = "greatest(width_bucket(e.effective_date - 1, %s::date[]), width_bucket(i.due_date, %s::date[]))"
        sql = f"SELECT i.company_id, {keys}, sum(l.base_amount) {_FROM} WHERE e.effective_date <= %s{known}{where} GROUP BY 1, 2"
        given = [days, days, points[-1], *([question.known_at] if question.known_at else []), *params]
    with connection.cursor() as cursor:
        cursor.execute(sql, given)
        found: defaultdict[tuple[int, date], int] = defaultdict(int)
        for company, since, amount in cursor.fetchall():
            for day in points[since:]:
                found[company, day] += int(amount)
    return found


def movements(question: Question, first: date, cause: str = "", limit: int | None = 1000) -> tuple[list[Movement], int, int]:
    """Lines effective from `first` to the question's day, the latest first: (rows, how many in all, their sum in company currency)."""
    where, params = asof.scope_conditions(question.scope)
    kinds = [kind for name in _causes(cause) for kind in CAUSES[name][1]]
    known = " AND e.posted_at <= %s" if question.known_at else ""
    sql = (
        f"SELECT e.effective_date, {_KIND}, e.id, i.id, i.number, i.customer_id, coalesce(c.name, ''), i.company_id, i.currency, l.amount,"
        f" l.base_amount, count(*) OVER (), sum(l.base_amount) OVER () {_FROM} LEFT JOIN customers_customer c ON c.id = i.customer_id"
        f" WHERE e.effective_date BETWEEN %s AND %s AND {_KIND} = ANY(%s){known}{where} ORDER BY e.effective_date DESC, l.id DESC"
    ) + (f" LIMIT {int(limit)}" if limit else "")
    with connection.cursor() as cursor:
        cursor.execute(sql, [first, question.as_of, kinds, *([question.known_at] if question.known_at else []), *params])
        records: list[Any] = cursor.fetchall()
    count, total = (int(records[0][-2]), int(records[0][-1])) if records else (0, 0)
    return [Movement(*record[:-2]) for record in records], count, total


def _causes(cause: str) -> tuple[str, ...]:
    if cause == "sales":
        return SALES
    if cause and cause not in CAUSES:
        raise ValueError(f"there is no cause {cause!r}: it is sales, {', '.join(CAUSES)}")
    return (cause,) if cause else tuple(CAUSES)


_FROM = "FROM ledger_entry e JOIN ledger_line l ON l.entry_id = e.id JOIN ledger_openitem i ON i.id = l.open_item_id"
