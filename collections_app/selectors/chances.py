"""How likely debts are to be paid as it is: what the books say, counted in one statement for all customers, and what was learned of it.

The cases are those of `policy.chances`, but that a debt counts as open from its first day until the last on which its balance became
nothing: one that was paid, reopened and paid again is taken as open in between.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import connection

from collections_app.models import Chance, CustomerChance
from collections_app.policy.chances import AGES, BROKEN, DISPUTED, ONE, PLAIN, PROMISED, WEEKS, Cells, Chances, Counts, power
from collections_app.policy.effect import Touch, late_ages, of_debt
from collections_app.policy.likelihood import WINDOW, Odds
from org.models import Company

OLDEST = timedelta(days=540)
"""Debts that were due longer before the first day looked at are left out: their money is a lawyer's."""


def chances_of(company: Company) -> Chances:
    """What was learned last of the company's debts; customers' own records are asked for apart (`own_of`)."""
    rows = list(Chance.objects.filter(company=company).values_list("age_from", "standing", "chance", "cases", "paid"))
    return Chances(
        WINDOW, sum(cases for *_, cases, _ in rows), sum(paid for *_, paid in rows),
        {age: chance for age, standing, chance, *_ in rows if not standing},
        {(age, standing): chance for age, standing, chance, *_ in rows if standing},
    )  # fmt: skip


def own_of(customers: Collection[int]) -> dict[int, int]:
    """By which multiplier the odds that each of these customers pays differ from the usual; those without a record are left out."""
    rows = CustomerChance.objects.filter(customer__in=customers)
    return {pk: power(quarters) for pk, quarters in rows.values_list("customer", "quarters")}


@dataclass(frozen=True, slots=True)
class Gained:
    """Debts of an age: the usual chance to be paid within two weeks as it is (per cent), and what acting adds to it, to the chance of those
    who pay well and of those who pay badly (points); with one decimal."""

    label: str
    chance: str
    usual: str
    good: str
    bad: str


def gains_of(known: Chances, odds: Odds) -> list[Gained]:
    """What is reckoned with at each age, of a customer nobody was in touch with for a week."""
    found = []
    for first, last in late_ages():
        chances = [known.chance(first, PLAIN, own) for own in (ONE, 4 * ONE, ONE // 4)]
        label = f"{first} days and more" if last is None else f"{first} to {last} days"
        points = [chances[0], *(of_debt(first, chance, Touch(), odds, known) for chance in chances)]
        found.append(Gained(label, *(f"{n // 100}.{n % 100 // 10}" for n in points)))
    return found


def cells_of(company: Company, day: date, weeks: int = WEEKS, horizon: int = WINDOW) -> Cells:
    """The cases of each customer by age and standing, of the weeks whose days were over on the day."""
    last = day - timedelta(days=horizon)
    first = last - timedelta(days=7 * (weeks - 1))
    with connection.cursor() as cursor:
        cursor.execute(
            _CELLS,
            {"company": company.pk, "first": first, "last": last, "end": day, "oldest": first - OLDEST, "horizon": horizon,
             "disputed": DISPUTED, "promised": PROMISED, "broken": BROKEN, "plain": PLAIN},
        )  # fmt: skip
        return {(customer, (age, standing)): Counts(cases, paid) for customer, age, standing, cases, paid in cursor}


_AGES = " ".join(f"WHEN w.age >= {first} THEN {first}" for first in reversed(AGES))
_CELLS = f"""
WITH item AS MATERIALIZED (
  SELECT o.id, o.customer_id, o.document_date, o.due_date, o.balance, o.opened_by_id FROM ledger_openitem o
  WHERE o.company_id = %(company)s AND o.customer_id IS NOT NULL AND o.amount > 0 AND o.kind <> 'retainage'
    AND o.document_date <= %(last)s AND o.due_date >= %(oldest)s
), closed AS (
  SELECT i.id, max(e.effective_date) AS closed_on, max(e.effective_date) FILTER (WHERE EXISTS (
    SELECT FROM ledger_line c JOIN ledger_openitem r ON r.id = c.open_item_id AND r.kind = 'receipt' WHERE c.entry_id = e.id)) AS cash_on
  FROM item i JOIN ledger_line l ON l.open_item_id = i.id JOIN ledger_entry e ON e.id = l.entry_id
  WHERE i.balance = 0 AND e.id <> i.opened_by_id GROUP BY i.id HAVING max(e.effective_date) > %(first)s
), debt AS (
  SELECT i.*, c.closed_on, c.cash_on,
    i.id IN (SELECT open_item_id FROM disputes_disputemovement) AS contested,
    i.id IN (SELECT open_item_id FROM collections_app_promiseitem) AS spoken_of
  FROM item i LEFT JOIN closed c ON c.id = i.id WHERE i.balance > 0 OR c.id IS NOT NULL
), word AS NOT MATERIALIZED (
  SELECT s.open_item_id AS item, p.given_on, p.due_on, p.state IN ('broken', 'partly') AS is_broken,
    coalesce(p.decided_on, n.given_on, CASE WHEN p.state IN ('superseded', 'cancelled') THEN p.given_on END) AS ended
  FROM collections_app_promise p JOIN collections_app_promiseitem s ON s.promise_id = p.id
  LEFT JOIN collections_app_promise n ON n.supersedes_id = p.id WHERE p.company_id = %(company)s
), seen AS (
  SELECT d.id, d.customer_id, g.day::date AS day, g.day::date - d.due_date AS age, d.contested, d.spoken_of,
    coalesce(d.closed_on <= g.day::date + %(horizon)s AND d.cash_on > g.day::date, false) AS is_paid
  FROM debt d CROSS JOIN LATERAL generate_series(%(first)s::date, %(last)s::date, interval '7 days') AS g(day)
  WHERE d.document_date <= g.day::date AND (d.closed_on IS NULL OR d.closed_on > g.day::date)
)
SELECT w.customer_id, CASE {_AGES} END, CASE
    WHEN w.contested AND (SELECT sum(m.delta) FROM disputes_disputemovement m WHERE m.open_item_id = w.id AND m.day <= w.day) > 0
      THEN %(disputed)s
    WHEN NOT w.spoken_of THEN %(plain)s
    WHEN EXISTS (SELECT FROM word x WHERE x.item = w.id AND x.given_on <= w.day AND (x.ended IS NULL OR x.ended > w.day))
      THEN %(promised)s
    WHEN EXISTS (SELECT FROM word x WHERE x.item = w.id AND x.given_on <= w.day AND x.is_broken AND x.due_on >= w.day - 90)
      THEN %(broken)s
    ELSE %(plain)s END, count(*), count(*) FILTER (WHERE w.is_paid)
FROM seen w GROUP BY 1, 2, 3
"""
