"""Ranks and chances of past month ends held against what came after them: the books read back to those days (see policy/backtest)."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from collections_app.policy.backtest import Report, Tested, change_of, judge, try_out
from collections_app.policy.chances import WEEKS, Case, Chances, Debt, Move, Word, cases_on, known_by, last_before, learned_from, past_cases
from collections_app.policy.likelihood import BANDS, Cases, Odds, band_of
from customers.models import Customer
from org.actors import Actor
from org.models import Company

HORIZONS = (14, 28)
"""Days within which a debt is to be paid; the list itself reckons with 14."""
MOST_ITEMS = 10_000
"""Debts looked at, about; of more, those of every second, third … customer by a hash of its key, each customer with all it owes."""
OLDEST = timedelta(days=540)
"""Debts that were due longer before the first day looked at are left out: their money is a lawyer's."""
PERMISSION = "work.assign"


@dataclass(frozen=True, slots=True)
class RankTest:
    """The test of a company: the days, the horizon, each case with what would have been said of it, and the verdict; `each` so-manieth
    customer was looked at."""

    company: Company
    days: tuple[date, ...]
    horizon: int
    each: int
    tested: tuple[Tested, ...]
    report: Report


def month_ends(today: date, horizon: int, count: int) -> list[date]:
    """The last month ends whose horizon is over on the day, the latest first."""
    found: list[date] = []
    end = today.replace(day=1) - timedelta(days=1)
    while len(found) < count:
        if end + timedelta(days=horizon) < today:
            found.append(end)
        end = end.replace(day=1) - timedelta(days=1)
    return found


def back_test(actor: Actor, company: Company, days: Sequence[date], horizon: int) -> RankTest:
    """The test on these days, over the customers in sight. Each day knows only what the books said by then: what became effective, was
    promised, contested or done after it isn't looked at."""
    seen = Customer.objects.visible_to(actor, PERMISSION).filter(company=company)
    first = min(days) - timedelta(days=horizon + 7 * WEEKS)
    debts, each = debts_of(seen, first, max(days) + timedelta(days=horizon))
    contacts = _contacts(company, first)
    tested: list[Tested] = []
    learned = 0
    past = past_cases(debts, max(days), horizon, WEEKS + (max(days) - min(days)).days // 7 + 1)
    for day in days:
        known = list(known_by(past, day, horizon))
        chances, odds = learned_from(known, horizon), odds_from(known, contacts, horizon)
        tested += try_out(list(cases_on(debts, day, horizon)), chances, _Change(contacts, odds, chances))
        learned += chances.cases
    return RankTest(company, tuple(days), horizon, each, tuple(tested), judge(tested, learned))


class _Change:
    """By how many ten-thousandths the list would have reckoned that acting raises a case's chance."""

    def __init__(self, contacts: dict[int, list[date]], odds: Odds, chances: Chances) -> None:
        self.contacts, self.odds, self.chances = contacts, odds, chances

    def __call__(self, case: Case) -> int:
        last = last_before(self.contacts.get(case.debt.customer, ()), case.day)
        return change_of(case, (case.day - last).days if last else None, self.chances, self.odds)


def odds_from(known: Sequence[Case], contacts: dict[int, list[date]], horizon: int) -> Odds:
    """What past cases say about acting on debts past due, as `selectors.likelihood` counts it: contacted in the first half of the days or
    left."""
    counts = {first: [0, 0, 0, 0] for first in BANDS}
    for case in known:
        if case.age >= 0:
            last = last_before(contacts.get(case.debt.customer, ()), case.day + timedelta(days=horizon // 2 - 1))
            at = 0 if last and last >= case.day else 2
            row = counts[band_of(case.age)]
            row[at] += 1
            row[at + 1] += case.is_paid
    return Odds({band: Cases(*row) for band, row in counts.items()})


def debts_of(customers: QuerySet[Customer], first: date, last: date) -> tuple[list[Debt], int]:
    """The debts that were open from `first` to `last`, with what happened to them until then; and how-manieth customers they are of."""
    sql, params = customers.order_by().values("pk").query.sql_with_params()
    wide = (
        f"FROM ledger_openitem o WHERE o.customer_id IN ({sql}) AND o.amount > 0 AND o.kind <> 'retainage' AND o.document_date <= %s"
        " AND o.due_date >= %s"
    )
    given = (*params, last, first - OLDEST)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) {wide}", given)
        each = 1 + cursor.fetchone()[0] // MOST_ITEMS
        cursor.execute(
            f"SELECT o.id, o.customer_id, o.currency, o.amount, o.base_amount, o.document_date, o.due_date {wide}"
            " AND hashint8(o.customer_id) %% %s = 0 AND (o.balance > 0 OR EXISTS ("
            "   SELECT FROM ledger_line l JOIN ledger_entry e ON e.id = l.entry_id"
            "   WHERE l.open_item_id = o.id AND e.effective_date >= %s)) ORDER BY o.id",
            (*given, each, first),
        )
        rows: list[Any] = cursor.fetchall()
    keys = [row[0] for row in rows]
    moves, contested, words = _moves(keys, last), _contested(keys), _words(keys)
    debts = [
        Debt(
            key, customer, currency, amount, base, issued, due,
            tuple(moves.get(key, ())), tuple(contested.get(key, ())), tuple(words.get(key, ())),
        )
        for key, customer, currency, amount, base, issued, due in rows
    ]  # fmt: skip
    return debts, each


def _moves(keys: Sequence[int], last: date) -> dict[int, list[Move]]:
    """What changed the balance after the item was opened; by a receipt where one is in the same entry."""
    found: dict[int, list[Move]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT l.open_item_id, e.effective_date, sum(l.amount)::bigint, EXISTS (SELECT FROM ledger_line c JOIN ledger_openitem i"
            "   ON i.id = c.open_item_id AND i.kind = 'receipt' WHERE c.entry_id = e.id)"
            " FROM ledger_line l JOIN ledger_openitem o ON o.id = l.open_item_id JOIN ledger_entry e ON e.id = l.entry_id"
            " WHERE l.open_item_id = ANY(%s) AND e.id <> o.opened_by_id AND e.effective_date <= %s"
            " GROUP BY l.open_item_id, e.id, e.effective_date ORDER BY e.effective_date, e.id",
            [list(keys), last],
        )
        for item, *move in cursor.fetchall():
            found[item].append(Move(*move))
    return found


def _contested(keys: Sequence[int]) -> dict[int, list[tuple[date, int]]]:
    found: dict[int, list[tuple[date, int]]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute("SELECT open_item_id, day, delta FROM disputes_disputemovement WHERE open_item_id = ANY(%s)", [list(keys)])
        for item, day, delta in cursor.fetchall():
            found[item].append((day, delta))
    return found


def _words(keys: Sequence[int]) -> dict[int, list[Word]]:
    """Promises; one that was replaced ended on the day of the new one."""
    found: dict[int, list[Word]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT s.open_item_id, p.given_on, p.due_on,"
            " coalesce(p.decided_on, n.given_on, CASE WHEN p.state IN ('superseded', 'cancelled') THEN p.given_on END),"
            " p.state IN ('broken', 'partly') FROM collections_app_promiseitem s JOIN collections_app_promise p ON p.id = s.promise_id"
            " LEFT JOIN collections_app_promise n ON n.supersedes_id = p.id WHERE s.open_item_id = ANY(%s)",
            [list(keys)],
        )
        for item, *word in cursor.fetchall():
            found[item].append(Word(*word))
    return found


def _contacts(company: Company, first: date) -> dict[int, list[date]]:
    """The days on which each customer was called, written to or met."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT customer_id, array_agg(DISTINCT happened_on ORDER BY happened_on) FROM collections_app_activity"
            " WHERE company_id = %s AND kind <> 'note' AND happened_on >= %s GROUP BY 1",
            [company.pk, first],
        )
        return dict(cursor.fetchall())
