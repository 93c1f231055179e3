"""The books as of any day, and as known at any moment.

What an item's balance was at the end of a day is today's balance less all that took effect later: cheap for recent days, since
only the lines since then are read. It equals the sum of its lines up to that day; a property test holds the two together.
`known_at` leaves out what was posted after that moment, too: it reprints what a report of then could have shown.
Control accounts of the subledger only; unidentified cash belongs to no customer and is listed with none.
"""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from django.db import connection, transaction

from ledger.aging import USUAL, Buckets
from org.actors import Reach

DIMENSIONS = {
    "company": "o.company_id",
    "customer": "o.customer_id",
    "currency": "o.currency",
    "collector": "c.collector_id",
    "segment": "coalesce(c.segment, '')",
    "parent": "coalesce(c.parent_id, o.customer_id)",
    "kind": "o.kind",
}
"""What ageing can be summed by → SQL."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Which items: those in reach of someone, within companies, customers or items named, of some accounts."""

    reach: Reach
    company_ids: Collection[int] | None = None
    customer_ids: Collection[int] | None = None
    item_ids: Collection[int] | None = None
    collector_ids: Collection[int] | None = None
    currency: str | None = None
    kinds: Collection[str] | None = None
    dates: tuple[str, date | None, date | None] | None = None
    """`("due", first, last)` or `("document", first, last)`: items dated in that span; None leaves an end open."""
    accounts: tuple[str, ...] = ("receivable", "retainage")


@dataclass(frozen=True, slots=True)
class ItemBalance:
    """An item and what of it was open as of the day (signed minor units, in its currency and in the company's)."""

    item_id: int
    company_id: int
    customer_id: int | None
    kind: str
    number: str
    currency: str
    document_date: date
    due_date: date
    amount: int
    balance: int
    base_balance: int


@dataclass(frozen=True, slots=True)
class AgingRow:
    """Balances of one combination of keys, by bucket; the sums are `total` and `base_total` (company currency)."""

    keys: dict[str, Any]
    currency: str
    buckets: tuple[int, ...]
    base_buckets: tuple[int, ...]
    items: int

    @property
    def total(self) -> int:
        """The sum of the buckets."""
        return sum(self.buckets)

    @property
    def base_total(self) -> int:
        """The sum of the buckets in the company's currency."""
        return sum(self.base_buckets)


def item_balances(
    as_of: date, scope: Scope, *, known_at: datetime | None = None, order: str = "due_date", limit: int | None = None
) -> list[ItemBalance]:
    """Every item with a balance as of the end of the day, the earliest due first (`order` is due_date, document_date or number)."""
    if order not in ("due_date", "document_date", "number"):
        raise ValueError(f"items can't be ordered by {order}")
    sql, params = balances_sql(as_of, scope, known_at)
    columns = "o.id, o.company_id, o.customer_id, o.kind, o.number, o.currency, o.document_date, o.due_date, o.amount, o.bal, o.base"
    sql = f"WITH o AS ({sql}) SELECT {columns} FROM o ORDER BY o.{order}, o.id" + (f" LIMIT {int(limit)}" if limit else "")
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return [ItemBalance(*row) for row in cursor.fetchall()]


def totals(as_of: date, scope: Scope, *, known_at: datetime | None = None) -> list[tuple[int, str, int, int, int]]:
    """How many items have a balance as of the end of the day, and what they sum to: a row (company, currency, items, amount, base
    amount) for each company and currency."""
    sql, params = balances_sql(as_of, scope, known_at)
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH o AS ({sql}) SELECT o.company_id, o.currency, count(*), sum(o.bal)::bigint, sum(o.base)::bigint FROM o"
            " GROUP BY 1, 2 ORDER BY 1, 2",
            params,
        )
        return cursor.fetchall()


def aging(
    as_of: date,
    scope: Scope,
    *,
    by: Sequence[str] = ("company",),
    basis: str = "due",
    buckets: Buckets = USUAL,
    known_at: datetime | None = None,
) -> list[AgingRow]:
    """Balances as of the end of the day by bucket, one row for each combination of `by` (see DIMENSIONS) and currency.

    `basis` is `due` or `document`: the date that days are counted from. Totals equal the control accounts' balances.
    """
    unknown = set(by) - set(DIMENSIONS)
    if unknown or basis not in ("due", "document"):
        raise ValueError(f"ageing is by {', '.join(DIMENSIONS)} and by due or document date")
    keys = [name for name in by if name != "currency"]
    past = f"%s::date - o.{basis}_date"
    index = " + ".join(f"({past} > {bound})::int" for bound in buckets.bounds)
    sql, params = balances_sql(as_of, scope, known_at)
    names = ", ".join(f"{DIMENSIONS[key]} AS {key}" for key in keys)
    groups = ", ".join(str(i + 1) for i in range(len(keys) + 2))
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH o AS ({sql}) SELECT {names + ', ' if names else ''}o.currency, {index} AS bucket, sum(o.bal), sum(o.base), count(*)"
            f" FROM o LEFT JOIN customers_customer c ON c.id = o.customer_id GROUP BY {groups} ORDER BY {groups}",
            [*params, *[as_of] * len(buckets.bounds)],
        )
        return _rows(keys, cursor.fetchall(), len(buckets.labels))


def _rows(keys: Sequence[str], records: list[tuple[Any, ...]], width: int) -> list[AgingRow]:
    found: dict[tuple[Any, ...], tuple[list[int], list[int], list[int]]] = {}
    for *names, bucket, amount, base, count in records:
        amounts, bases, counts = found.setdefault(tuple(names), ([0] * width, [0] * width, [0]))
        amounts[bucket] += int(amount)
        bases[bucket] += int(base)
        counts[0] += count
    return [
        AgingRow(dict(zip(keys, names[:-1], strict=True)), names[-1], tuple(amounts), tuple(bases), counts[0])
        for names, (amounts, bases, counts) in found.items()
    ]


def largest(as_of: date, scope: Scope, most: int, *, known_at: datetime | None = None) -> tuple[list[int | None], dict[int, int]]:
    """Customers with the largest balances of each company, `most` of them or more where some are equal; and company → all its balances
    together (company currency)."""
    sql, params = balances_sql(as_of, scope, known_at)
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH o AS ({sql}), b AS MATERIALIZED (SELECT o.company_id, o.customer_id, sum(o.base)::bigint AS base FROM o GROUP BY 1, 2)"
            " SELECT company_id, customer_id, NULL FROM (SELECT b.*, rank() OVER (PARTITION BY company_id ORDER BY base DESC) AS place"
            " FROM b) p WHERE place <= %s UNION ALL SELECT company_id, NULL, sum(base)::bigint FROM b GROUP BY 1",
            [*params, most],
        )
        rows = cursor.fetchall()
    return [customer for _, customer, total in rows if total is None], {company: total for company, _, total in rows if total is not None}


_SHEET: ContextVar[tuple[Any, ...] | None] = ContextVar("sheet", default=None)


@contextmanager
def laid_out(as_of: date, scope: Scope, known_at: datetime | None = None) -> Iterator[None]:
    """While it lasts, questions about this day within the scope (its reach, companies and accounts; what narrows it more may differ) read
    the balances from one sheet, made once in a transaction: for pages that ask the same day many questions."""
    wide = Scope(scope.reach, company_ids=scope.company_ids, accounts=scope.accounts)
    sql, params = balances_sql(as_of, wide, known_at)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE TEMPORARY TABLE asof_sheet ON COMMIT DROP AS {sql}", params)
            cursor.execute("SET LOCAL default_statistics_target = 10")  # a rough look is enough, and is had at once
            cursor.execute("ANALYZE asof_sheet (company_id, customer_id, account_id, kind, currency, due_date)")  # what questions narrow by
            cursor.execute("SET LOCAL default_statistics_target TO DEFAULT")
        token = _SHEET.set((as_of, known_at, wide))
        try:
            yield
        finally:
            _SHEET.reset(token)
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE asof_sheet")


def _on_sheet(as_of: date, scope: Scope, known_at: datetime | None) -> bool:
    """Whether the sheet that is laid out holds all that is asked for."""
    sheet = _SHEET.get()
    if sheet is None or sheet[:2] != (as_of, known_at):
        return False
    wide: Scope = sheet[2]
    return set(scope.accounts) <= set(wide.accounts) and replace(wide, accounts=()) == Scope(
        scope.reach, company_ids=scope.company_ids, accounts=()
    )


def balances_sql(as_of: date, scope: Scope, known_at: datetime | None) -> tuple[str, list[Any]]:
    """SQL of all items in scope with a balance (`bal`, `base`) as of the day."""
    where, params = scope_conditions(scope)
    if _on_sheet(as_of, scope, known_at):
        return f"SELECT * FROM asof_sheet i WHERE true{where}", params
    late, late_params = "e.effective_date > %s", [as_of]
    if known_at is not None:
        late, late_params = "(e.effective_date > %s OR e.posted_at > %s)", [as_of, known_at]
    columns = "i.id, i.company_id, i.customer_id, i.account_id, i.kind, i.number, i.currency, i.document_date, i.due_date, i.amount"
    later, later_params = _later(scope, late, late_params)
    # Items open today, less what came later; and items closed today that something later closed.
    sql = (
        f"WITH later AS MATERIALIZED ({later})"
        f" SELECT {columns}, i.balance - coalesce(t.amount, 0) AS bal, i.base_balance - coalesce(t.base, 0) AS base"
        f" FROM ledger_openitem i LEFT JOIN later t ON t.id = i.id WHERE i.balance <> 0 AND i.balance <> coalesce(t.amount, 0){where}"
        f" UNION ALL SELECT {columns}, -t.amount, -t.base FROM later t JOIN ledger_openitem i ON i.id = t.id"
        f" WHERE i.balance = 0 AND t.amount <> 0{where}"
    )
    return sql, [*later_params, *params, *params]


FEW = 50
"""Customers up to whom what came later is read by their items, not by the days."""


def _later(scope: Scope, late: str, params: list[Any]) -> tuple[str, list[Any]]:
    """SQL of what took effect later, by item. Lines are looked up one entry at a time: the planner would rather hash all there are."""
    sums = "SELECT l.open_item_id AS id, sum(l.amount)::bigint AS amount, sum(l.base_amount)::bigint AS base FROM"
    of_item = "ledger_line l JOIN ledger_entry e ON e.id = l.entry_id WHERE l.open_item_id"
    if scope.item_ids is not None:
        return f"{sums} {of_item} = ANY(%s::bigint[]) AND {late} GROUP BY 1", [list(scope.item_ids), *params]
    if scope.customer_ids is not None and len(scope.customer_ids) <= FEW:
        of_item = f"{of_item} IN (SELECT o.id FROM ledger_openitem o WHERE o.customer_id = ANY(%s::bigint[]))"
        return f"{sums} {of_item} AND {late} GROUP BY 1", [list(scope.customer_ids), *params]
    reach = scope.reach
    if reach.portfolios and not reach.companies:
        own, who = _own(reach, "o")
        of_item = f"{of_item} IN (SELECT o.id FROM ledger_openitem o WHERE {own})"
        return f"{sums} {of_item} AND {late} GROUP BY 1", [who, *params]
    lines = "SELECT open_item_id, amount, base_amount FROM ledger_line WHERE entry_id = e.id AND open_item_id IS NOT NULL OFFSET 0"
    return f"{sums} ledger_entry e CROSS JOIN LATERAL ({lines}) l WHERE {late} GROUP BY 1", params


def _own(reach: Reach, alias: str) -> tuple[str, Any]:
    """SQL of an item being of the portfolio, as `org.querysets.own_customers` says it, and its parameter."""
    if reach.customers is not None:
        return f"{alias}.customer_id = ANY(%s)", list(reach.customers)
    return f"{alias}.customer_id IN (SELECT id FROM customers_customer WHERE collector_id = %s)", reach.person_id


def _reached(reach: Reach) -> tuple[str, list[Any]]:
    """SQL of what is in reach: companies, portfolios, or both. Not an OR where one of them is empty: indexes serve each alone."""
    mine, who = _own(reach, "i")
    whole, own = "i.company_id = ANY(%s)", f"i.company_id = ANY(%s) AND {mine}"
    if not reach.portfolios:
        return whole, [list(reach.companies)]
    if not reach.companies:
        return f"({own})", [list(reach.portfolios), who]
    return f"({whole} OR ({own}))", [list(reach.companies), list(reach.portfolios), who]


def scope_conditions(scope: Scope) -> tuple[str, list[Any]]:
    """SQL conditions on `i` (they begin with AND), and their parameters."""
    conditions = ["i.account_id IN (SELECT id FROM ledger_account WHERE kind = ANY(%s))"]
    params: list[Any] = [list(scope.accounts)]
    if not scope.reach.everything:
        condition, reached = _reached(scope.reach)
        conditions.append(condition)
        params += reached
    for column, wanted in (("i.company_id", scope.company_ids), ("i.customer_id", scope.customer_ids), ("i.id", scope.item_ids)):
        if wanted is not None:
            conditions.append(f"{column} = ANY(%s::bigint[])")
            params.append(list(wanted))
    if scope.collector_ids is not None:
        conditions.append("i.customer_id IN (SELECT id FROM customers_customer WHERE collector_id = ANY(%s))")
        params.append(list(scope.collector_ids))
    if scope.currency:
        conditions.append("i.currency = %s")
        params.append(scope.currency)
    if scope.kinds is not None:
        conditions.append("i.kind = ANY(%s)")
        params.append(list(scope.kinds))
    for sign, day in zip((">=", "<="), scope.dates[1:] if scope.dates else (), strict=False):
        if day is not None and scope.dates is not None:
            conditions.append(f"i.{'due' if scope.dates[0] == 'due' else 'document'}_date {sign} %s")
            params.append(day)
    return "".join(f" AND {condition}" for condition in conditions), params
