"""How often items of an age were paid within two weeks, with a contact in the first of them and without: read from the books."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import connection

from collections_app.models import Likelihood
from collections_app.policy.likelihood import BANDS, FIRST, WINDOW, Cases, Odds
from ledger.models import OpenItem
from org.models import Company

WEEKS = 26
"""How many weeks back it is looked at, on one day of each."""
MOST_ITEMS = 100_000
"""Items looked at, about; of more, every second, third … by their keys."""


@dataclass(frozen=True, slots=True)
class Band:
    """Debts from so many days past due to so many (None: and older): what was measured, and what is reckoned with (permille)."""

    first: int
    last: int | None
    cases: Cases
    change: int
    is_own: bool

    @property
    def label(self) -> str:
        """`31 to 60 days`, `121 days and more`, `not due yet`."""
        if self.last == 0:
            return "not past due"
        return f"{self.first} days and more" if self.last is None else f"{self.first} to {self.last} days"

    @property
    def percent(self) -> str:
        """The change that is reckoned with, in points of a hundred."""
        return f"{self.change / 10:.1f}"

    @property
    def paid(self) -> tuple[str, str]:
        """Per cent paid of those contacted and of those left; a dash where there were none."""
        c = self.cases
        return tuple(f"{paid * 100 / n:.0f} %" if n else "–" for n, paid in ((c.acted, c.acted_paid), (c.left, c.left_paid)))  # type: ignore[return-value]


def odds_of(company: Company) -> Odds:
    """What the company's books say about acting, as last measured."""
    rows = Likelihood.objects.filter(company=company).values_list("age_from", "acted", "acted_paid", "left", "left_paid")
    return Odds({age: Cases(*counts) for age, *counts in rows})


def bands_of(company: Company) -> list[Band]:
    """Each age with its cases and what is reckoned with."""
    odds, none = odds_of(company), Cases(0, 0, 0, 0)
    ends: Sequence[int | None] = [*(first - 1 for first in BANDS[1:]), None]
    return [
        Band(first, last, odds.bands.get(first, none), odds.change(first), odds.cases(first) is not None)
        for first, last in zip(BANDS, ends, strict=True)
    ]


def count_cases(company: Company, day: date) -> dict[int, Cases]:
    """The cases of the half year whose two weeks are over on the day, by the first day of their band.

    An item counts once for each week in which it was open on its day; it was paid when nothing was open of it two weeks later.
    """
    found = {first: [0, 0, 0, 0] for first in BANDS}
    each = 1 + OpenItem.objects.filter(company=company, amount__gt=0, due_date__gte=day - timedelta(days=540)).count() // MOST_ITEMS
    for week in range(WEEKS):
        for band, acted, n, paid in _counted(company, day - timedelta(days=WINDOW + 7 * week), each):
            counts, at = found[band], 0 if acted else 2
            counts[at] += n
            counts[at + 1] += paid
    return {band: Cases(*counts) for band, counts in found.items()}


def _counted(company: Company, on: date, each: int) -> list[tuple[int, bool, int, int]]:
    """Band, whether contacted, how many of each so-manieth item were open on a day, how many of them were paid two weeks later."""
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH late AS (SELECT o.id, o.customer_id, o.balance, %(on)s::date - o.due_date AS days FROM ledger_openitem o"
            "   WHERE o.company_id = %(company)s AND o.amount > 0 AND o.kind <> 'retainage' AND o.customer_id IS NOT NULL"
            "   AND o.document_date <= %(on)s AND o.due_date >= %(oldest)s AND o.due_date <= %(on)s AND o.id %% %(each)s = 0),"
            " seen AS (SELECT l.*, l.balance - coalesce((SELECT sum(x.amount) FROM ledger_line x JOIN ledger_entry e ON e.id = x.entry_id"
            "   WHERE x.open_item_id = l.id AND e.effective_date > %(on)s), 0) AS was,"
            "   l.balance - coalesce((SELECT sum(x.amount) FROM ledger_line x JOIN ledger_entry e ON e.id = x.entry_id"
            "   WHERE x.open_item_id = l.id AND e.effective_date > %(end)s), 0) AS became FROM late l),"
            " reached AS (SELECT DISTINCT customer_id FROM collections_app_activity WHERE company_id = %(company)s AND kind <> 'note'"
            "   AND happened_on >= %(on)s AND happened_on < %(first)s)"
            " SELECT CASE " + _BANDS + " END AS band, r.customer_id IS NOT NULL AS acted, count(*), count(*) FILTER (WHERE became <= 0)"
            " FROM seen s LEFT JOIN reached r ON r.customer_id = s.customer_id WHERE was > 0 GROUP BY 1, 2",
            {
                "on": on, "end": on + timedelta(days=WINDOW), "first": on + timedelta(days=FIRST), "company": company.pk,
                "oldest": on - timedelta(days=365), "each": each,
            },
        )  # fmt: skip
        return cursor.fetchall()


_BANDS = " ".join(f"WHEN days >= {first} THEN {first}" for first in reversed(BANDS))
