"""Re-deriving the books from their lines: whatever PostgreSQL let in is checked again from the other side.

Each check is one query that lists what is wrong; nothing listed means it holds. `manage.py verify_books` prints them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from django.db import connection

from ledger.asof import Scope, aging
from org.actors import Reach
from org.models import Company


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that doesn't tie: which check, and what of it."""

    check: str
    detail: str


CHECKS: dict[str, str] = {
    "entries balance in both currencies": """
        SELECT 'entry ' || entry_id || ' is out by ' || sum(amount) || ' (base ' || sum(base_amount) || ')' FROM ledger_line
        GROUP BY entry_id HAVING sum(amount) <> 0 OR sum(base_amount) <> 0""",
    "entries have lines": """
        SELECT 'entry ' || e.id || ' has no lines' FROM ledger_entry e
        WHERE NOT EXISTS (SELECT FROM ledger_line l WHERE l.entry_id = e.id)""",
    "balances are the sums of their lines": """
        SELECT 'item ' || o.id || ' ' || o.number || ' shows ' || o.balance || ', its lines sum to ' || coalesce(s.amount, 0)
        FROM ledger_openitem o LEFT JOIN (
            SELECT open_item_id, sum(amount) AS amount, sum(base_amount) AS base FROM ledger_line GROUP BY 1) s ON s.open_item_id = o.id
        WHERE o.balance <> coalesce(s.amount, 0) OR o.base_balance <> coalesce(s.base, 0)""",
    "balances lie between zero and the amount": """
        SELECT 'item ' || id || ' ' || number || ' of ' || amount || ' shows ' || balance FROM ledger_openitem
        WHERE balance * sign(amount) < 0 OR abs(balance) > abs(amount) OR (balance = 0 AND base_balance <> 0)""",
    "control lines name an item of their account": """
        SELECT 'line ' || l.id FROM ledger_line l JOIN ledger_account a ON a.id = l.account_id
        LEFT JOIN ledger_openitem o ON o.id = l.open_item_id
        WHERE a.is_control <> (l.open_item_id IS NOT NULL) OR o.account_id <> l.account_id""",
    "items were opened by their full amount": """
        SELECT 'item ' || o.id || ' ' || o.number FROM ledger_openitem o LEFT JOIN (
            SELECT open_item_id, entry_id, sum(amount) AS amount FROM ledger_line GROUP BY 1, 2) s
            ON s.open_item_id = o.id AND s.entry_id = o.opened_by_id
        WHERE s.amount IS DISTINCT FROM o.amount::numeric""",
    "reversals mirror their entries": """
        SELECT 'entry ' || r.id FROM ledger_entry r JOIN ledger_line l ON l.entry_id IN (r.id, r.reverses_id)
        WHERE r.reverses_id IS NOT NULL GROUP BY r.id, l.account_id, l.open_item_id HAVING sum(l.amount) <> 0 OR sum(l.base_amount) <> 0""",
    "every entry lies in a period": """
        SELECT 'entry ' || e.id || ' of ' || e.effective_date FROM ledger_entry e
        WHERE NOT EXISTS (SELECT FROM ledger_period p WHERE p.company_id = e.company_id AND p.span @> e.effective_date)""",
}


def verify_books(as_of: date) -> list[Difference]:
    """All that doesn't tie, as of the day where a day matters; an empty list is a clean bill."""
    found = [Difference(check, detail) for check, sql in CHECKS.items() for detail in _details(sql)]
    return found + list(_ageing_against_control(as_of))


def _details(sql: str) -> Iterator[str]:
    with connection.cursor() as cursor:
        cursor.execute(f"{sql} LIMIT 100")
        yield from (row[0] for row in cursor.fetchall())


def _ageing_against_control(as_of: date) -> Iterator[Difference]:
    """Ageing (from balances, backwards) against the control accounts (from lines, forwards), per company and currency."""
    names = dict(Company.objects.values_list("pk", "code"))
    aged = {
        (row.keys["company"], row.currency): (row.total, row.base_total)
        for row in aging(as_of, Scope(Reach(everything=True), accounts=("receivable", "retainage", "unidentified")), by=("company",))
    }
    control = _control_accounts(as_of)
    for key in sorted(aged.keys() | control.keys()):
        if aged.get(key, (0, 0)) != control.get(key, (0, 0)):
            company, currency = names[key[0]], key[1]
            yield Difference(
                "ageing ties to the control accounts",
                f"{company} {currency} as of {as_of}: ageing {aged.get(key)}, control accounts {control.get(key)}",
            )


def _control_accounts(as_of: date) -> dict[tuple[int, str], tuple[int, int]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT e.company_id, e.currency, sum(l.amount), sum(l.base_amount) FROM ledger_line l JOIN ledger_entry e ON e.id = l.entry_id"
            " JOIN ledger_account a ON a.id = l.account_id WHERE a.is_control AND e.effective_date <= %s GROUP BY 1, 2",
            [as_of],
        )
        return {(company, currency): (int(a), int(b)) for company, currency, a, b in cursor.fetchall() if a or b}
