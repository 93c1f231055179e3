"""Re-deriving the books from their lines: whatever PostgreSQL let in is checked again from the other side.

Each check is one query that lists what is wrong; nothing listed means it holds. `manage.py verify_books` prints them. Every query
reads its tables once, whole, and hashes: about a second for a hundred thousand lines, and nobody is kept from posting meanwhile.
All are asked in one snapshot, so what is posted between two of them can't look like a difference.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date

from django.db import connection, transaction

from arops.lib import money
from ledger.asof import Scope, aging
from org.actors import Reach
from org.models import Company
from workflow.services.audit import check_chain


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that doesn't tie: which check, and what of it."""

    check: str
    detail: str


CHECKS: dict[str, str] = {
    "entries balance in both currencies": """
        SELECT 'entry ' || entry_id || ' is out by ' || sum(amount) || ' (base ' || sum(base_amount) || ')' FROM ledger_line
        WHERE {line} GROUP BY entry_id HAVING sum(amount) <> 0 OR sum(base_amount) <> 0""",
    "entries have lines": """
        SELECT 'entry ' || e.id || ' has no lines' FROM ledger_entry e
        WHERE {e} AND NOT EXISTS (SELECT FROM ledger_line l WHERE l.entry_id = e.id)""",
    "balances are the sums of their lines": """
        SELECT 'item ' || o.id || ' ' || o.number || ' shows ' || o.balance || ', its lines sum to ' || coalesce(s.amount, 0)
        FROM ledger_openitem o LEFT JOIN (
            SELECT open_item_id, sum(amount) AS amount, sum(base_amount) AS base FROM ledger_line GROUP BY 1) s ON s.open_item_id = o.id
        WHERE {o} AND (o.balance <> coalesce(s.amount, 0) OR o.base_balance <> coalesce(s.base, 0))""",
    "balances lie between zero and the amount": """
        SELECT 'item ' || id || ' ' || number || ' of ' || amount || ' shows ' || balance FROM ledger_openitem o
        WHERE {o} AND (balance * sign(amount) < 0 OR abs(balance) > abs(amount) OR (balance = 0 AND base_balance <> 0))""",
    "control lines name an item of their account": """
        SELECT 'line ' || l.id FROM ledger_line l JOIN ledger_account a ON a.id = l.account_id
        LEFT JOIN ledger_openitem o ON o.id = l.open_item_id
        WHERE {a} AND (a.is_control <> (l.open_item_id IS NOT NULL) OR o.account_id <> l.account_id)""",
    "lines stay in their entry's company and currency": """
        SELECT 'line ' || l.id FROM ledger_line l JOIN ledger_entry e ON e.id = l.entry_id JOIN ledger_account a ON a.id = l.account_id
        LEFT JOIN ledger_openitem o ON o.id = l.open_item_id
        WHERE {e} AND (a.company_id <> e.company_id OR o.company_id <> e.company_id OR o.currency <> e.currency)""",
    "retainage stands on its account, and nothing else does": """
        SELECT 'item ' || o.id || ' ' || o.number || ' of kind ' || o.kind || ' on ' || a.code
        FROM ledger_openitem o JOIN ledger_account a ON a.id = o.account_id
        WHERE {o} AND (o.kind = 'retainage') <> (a.kind = 'retainage')""",
    "items were opened by their full amount": """
        SELECT 'item ' || o.id || ' ' || o.number FROM ledger_openitem o LEFT JOIN (
            SELECT open_item_id, entry_id, sum(amount) AS amount FROM ledger_line GROUP BY 1, 2) s
            ON s.open_item_id = o.id AND s.entry_id = o.opened_by_id
        WHERE {o} AND s.amount IS DISTINCT FROM o.amount::numeric""",
    "reversals mirror their entries": """
        SELECT 'entry ' || r.id FROM ledger_entry r JOIN ledger_line l ON l.entry_id IN (r.id, r.reverses_id)
        WHERE {r} AND r.reverses_id IS NOT NULL
        GROUP BY r.id, l.account_id, l.open_item_id HAVING sum(l.amount) <> 0 OR sum(l.base_amount) <> 0""",
    "day totals are the sums of their lines": """
        SELECT 'day ' || effective_date || ', ' || kind || ': lines '
            || coalesce(s.amount, 0) || ', totals ' || coalesce(t.amount, 0)
        FROM (SELECT a.company_id, l.account_id, o.kind AS item_kind, coalesce(r.kind, e.kind) AS kind, e.effective_date, o.due_date,
                sum(l.amount) AS amount, sum(l.base_amount) AS base
              FROM ledger_line l JOIN ledger_entry e ON e.id = l.entry_id JOIN ledger_openitem o ON o.id = l.open_item_id
              JOIN ledger_account a ON a.id = l.account_id LEFT JOIN ledger_entry r ON r.id = e.reverses_id
              WHERE {e} GROUP BY 1, 2, 3, 4, 5, 6) s
        FULL JOIN (SELECT o.company_id, o.account_id, o.item_kind, o.kind, o.effective_date, o.due_date, sum(o.amount) AS amount,
                     sum(o.base_amount) AS base
                   FROM ledger_daytotal o WHERE {o} GROUP BY 1, 2, 3, 4, 5, 6) t
            USING (company_id, account_id, item_kind, kind, effective_date, due_date)
        WHERE coalesce(s.amount, 0) <> coalesce(t.amount, 0) OR coalesce(s.base, 0) <> coalesce(t.base, 0)""",
    "every entry lies in a period": """
        SELECT 'entry ' || e.id || ' of ' || e.effective_date FROM ledger_entry e
        WHERE {e} AND NOT EXISTS (SELECT FROM ledger_period p WHERE p.company_id = e.company_id AND p.span @> e.effective_date)""",
}

"""What is checked → SQL for its details; {e}, {o}, {a} and {r} stand for "is of the companies", by the table's alias."""

AGEING, CHAIN = "ageing ties to the control accounts", "the audit chain is unbroken"
Check = str | Callable[[list[int] | None], Iterable[str]]
_ABOVE: dict[str, Check] = {}


def register_check(name: str, check: Check) -> None:
    """Have something verified with the books that a floor above keeps beside them: SQL for its details as in `CHECKS`; {d} stands for "is
    of the companies", too. What SQL can't say is a function from companies' ids (None: all) to the details."""
    _ABOVE[name] = check


def check_names() -> tuple[str, ...]:
    """All that is checked."""
    return (*CHECKS, *_ABOVE, AGEING, CHAIN)


def verify_books(as_of: date, companies: Collection[Company] | None = None) -> list[Difference]:
    """All that doesn't tie, of all companies or those named, as of the day where a day matters; an empty list is a clean bill."""
    ids = None if companies is None else [company.pk for company in companies]
    with _snapshot():
        found = [Difference(name, detail) for name, check in (CHECKS | _ABOVE).items() for detail in _details(check, ids)]
        found += _ageing_against_control(as_of, ids)
        return found + [Difference(CHAIN, detail) for detail in check_chain()]


@contextmanager
def _snapshot() -> Iterator[None]:
    """One view of the database for all checks; inside somebody's transaction it is theirs that counts."""
    outermost = not connection.in_atomic_block
    with transaction.atomic(), connection.cursor() as cursor:
        if outermost:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def _details(check: Check, ids: list[int] | None) -> Iterator[str]:
    if callable(check):
        yield from check(ids)
        return
    limits = {alias: "TRUE" if ids is None else f"{alias}.company_id = ANY(%(ids)s)" for alias in "eoard"}
    limits["line"] = "TRUE" if ids is None else "entry_id IN (SELECT id FROM ledger_entry WHERE company_id = ANY(%(ids)s))"
    with connection.cursor() as cursor:
        cursor.execute(f"{check.format(**limits)} LIMIT 100", {"ids": ids})
        yield from (row[0] for row in cursor.fetchall())


def _ageing_against_control(as_of: date, ids: list[int] | None) -> Iterator[Difference]:
    """Ageing (from balances, backwards) against the control accounts (from lines, forwards), per company and currency."""
    names = {pk: (code, base) for pk, code, base in Company.objects.values_list("pk", "code", "base_currency")}
    scope = Scope(Reach(everything=True), company_ids=ids, accounts=("receivable", "retainage", "unidentified"))
    aged = {(row.keys["company"], row.currency): (row.total, row.base_total) for row in aging(as_of, scope, by=("company",))}
    control = _control_accounts(as_of, ids)
    for key in sorted(aged.keys() | control.keys()):
        here, there = aged.get(key, (0, 0)), control.get(key, (0, 0))
        if here != there:
            code, base = names[key[0]]
            told = f"ageing {_told(here, key[1], base)}, control accounts {_told(there, key[1], base)}"
            yield Difference(AGEING, f"{code} as of {as_of}: {told}")


def _told(amounts: tuple[int, int], currency: str, base: str) -> str:
    own = f"{money.to_text(amounts[0], currency)} {currency}"
    return own if currency == base and amounts[0] == amounts[1] else f"{own} ({money.to_text(amounts[1], base)} {base})"


def _control_accounts(as_of: date, ids: list[int] | None) -> dict[tuple[int, str], tuple[int, int]]:
    """What the general ledger shows on the control accounts, in the currency and in the base, per company and currency."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT e.company_id, e.currency, sum(l.amount), sum(l.base_amount) FROM ledger_line l JOIN ledger_entry e ON e.id = l.entry_id"
            " JOIN ledger_account a ON a.id = l.account_id WHERE a.is_control AND e.effective_date <= %(day)s"
            " AND (%(ids)s::bigint[] IS NULL OR e.company_id = ANY(%(ids)s)) GROUP BY 1, 2",
            {"day": as_of, "ids": ids},
        )
        return {(company, currency): (int(a), int(b)) for company, currency, a, b in cursor.fetchall() if a or b}
