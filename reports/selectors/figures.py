"""The measures of a day and of the days it is compared with, from three queries: ageing, movements, what was past due when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property

from arops.lib.months import month_end, months_before
from ledger.aging import RETAINED
from reports import metrics
from reports.metrics import Measure, MonthSales
from reports.selectors.equivalent import Equivalent
from reports.selectors.movements import CAUSES, SALES, Series, balances_now, daily, past_due_at
from reports.selectors.question import Question

PERIOD = 90
"""Days of credit sales behind DSO, collection effectiveness and turnover: a rolling quarter."""

MONTHS_BACK = 18
"""How many months of sales a count-back may use."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A measure beside the same measure of another day, and how it went from month to month."""

    measure: Measure
    compared: Measure | None
    trend: tuple[Decimal | None, ...]

    @property
    def delta(self) -> Decimal | None:
        """Now less then, as rounded."""
        now, then = self.measure.rounded(), self.compared.rounded() if self.compared else None
        return None if now is None or then is None else now - then

    @property
    def tone(self) -> str:
        """`ok` when it moved the way it should, `bad` when not, empty when it stood still."""
        if not self.delta:
            return ""
        return "ok" if (self.delta > 0) == (self.measure.definition.good == "up") else "bad"


class History:
    """Receivables, what was past due of them, and sales, at the end of any of `points`; amounts in the reporting currency."""

    def __init__(self, question: Question, points: Sequence[date], equivalent: Equivalent, period: int = PERIOD) -> None:
        self.question, self.equivalent, self.period = question, equivalent, period
        self.points = sorted({*points, question.as_of})
        self._measures: dict[date, dict[str, Measure]] = {}

    @cached_property
    def _now(self) -> dict[int, int]:
        return balances_now(self.question)

    @cached_property
    def _daily(self) -> dict[int, dict[str, Series]]:
        return daily(self.question, months_before(self.points[0], MONTHS_BACK).replace(day=1))

    @cached_property
    def _past_due(self) -> dict[tuple[int, date], int]:
        return past_due_at(self.question, self.points)

    @cached_property
    def _held(self) -> "History | None":
        """The same of the retainage account alone; None where nothing was held back in all that time."""
        if self.question.scope.accounts == (RETAINED,) or RETAINED not in self.question.scope.accounts:
            return None
        apart = History(self.question.within(accounts=(RETAINED,)), self.points, self.equivalent, self.period)
        return apart if apart._now or apart._daily else None

    def held(self, day: date) -> int:
        """Retainage that nobody had released at the end of the day."""
        return self._held.receivables(day) if self._held else 0

    def moved(self, causes: Sequence[str], after: date, upto: date) -> int:
        """The sum of movements of these causes after one day, up to another."""
        by_company = {
            company: sum(series.between(after, upto) for cause, series in found.items() if cause in causes)
            for company, found in self._daily.items()
        }
        return self.equivalent.total(by_company)

    def moved_by_cause(self, after: date) -> dict[str, int]:
        """Cause → what it moved after a day, up to the question's: they sum to the difference of the receivables, to the minor unit."""
        found = dict.fromkeys(CAUSES, 0)
        for company, causes in self._daily.items():
            amounts = [causes[c].between(after, self.question.as_of) if c in causes else 0 for c in CAUSES]
            now = self._now.get(company, 0)
            whole = self.equivalent.of(company, now) - self.equivalent.of(company, now - sum(amounts))
            for cause, amount in zip(CAUSES, self.equivalent.parts(company, amounts, whole), strict=True):
                found[cause] += amount
        return found

    def receivables(self, day: date) -> int:
        """What was owed at the end of the day: today's balance less what moved since."""
        since = {c: sum(s.between(day, self.question.as_of) for s in found.values()) for c, found in self._daily.items()}
        return self.equivalent.total({c: self._now.get(c, 0) - since.get(c, 0) for c in self._now.keys() | since.keys()})

    def past_due(self, day: date) -> int:
        """Invoices and debit memos past due at the end of one of the points."""
        return self.equivalent.total({company: amount for (company, point), amount in self._past_due.items() if point == day})

    def sales(self, after: date, upto: date) -> int:
        """Credit sales (invoices and debit memos less credit memos) after one day, up to another."""
        return self.moved(SALES, after, upto)

    def months(self, day: date) -> list[MonthSales]:
        """Sales by month up to the day, newest first; of the current month only the days gone by."""
        found, last = [], day
        for _ in range(MONTHS_BACK):
            before = last.replace(day=1) - timedelta(days=1)
            found.append(MonthSales(f"{last:%b %Y}", self.sales(before, last), (last - before).days))
            last = before
        return found

    def measures(self, day: date) -> dict[str, Measure]:
        """The measures of one of the points, by code."""
        if day not in self._measures:
            self._measures[day] = self._measured(day)
        return self._measures[day]

    def _measured(self, day: date) -> dict[str, Measure]:
        start = day - timedelta(days=self.period)
        owed, late, sales, begin = self.receivables(day), self.past_due(day), self.sales(start, day), self.receivables(start)
        held = self.held(day)
        return {
            "dso": metrics.dso(owed, sales, self.period, held),
            "countback": metrics.countback_dso(owed, self.months(day), held),
            "best_possible": metrics.best_possible_dso(owed - late, sales, self.period, held),
            "add": metrics.average_days_delinquent(owed, owed - late, sales, self.period),
            "cei": metrics.collection_effectiveness(begin, sales, owed, owed - late),
            "overdue": metrics.overdue_share(late, owed),
            "turnover": metrics.turnover(sales, begin, owed),
        }

    def figures(self, codes: Sequence[str], compare: date, trend: Sequence[date]) -> list[Figure]:
        """Each measure now, on the day compared with, and on the days of its trend (all of them points) up to now."""
        days = [*trend, self.question.as_of]
        at = {day: self.measures(day) for day in {*days, compare}}
        now = at[self.question.as_of]
        return [Figure(now[code], at[compare][code], tuple(at[day][code].rounded() for day in days)) for code in codes]


def month_ends(day: date, count: int) -> list[date]:
    """The last days of the `count` months before the day's, oldest first."""
    return [month_end(months_before(day, n)) for n in range(count, 0, -1)]
