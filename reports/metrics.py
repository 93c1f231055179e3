"""The measures of receivables, each with its formula and the numbers that went in, so that a figure can explain itself. Pure.

Amounts are integers of one currency's minor unit, results exact fractions; nothing is rounded before it is shown. A measure that
can't be computed (no sales, nothing matured) has no value and says why, rather than a zero that looks like an achievement.
Sources of the formulas and their traps: docs/reference/metrics.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Definition:
    """What a measure means: its name, unit (`days`, `%`, `times`), formula in words, and how to read it."""

    name: str
    unit: str
    formula: str
    meaning: str
    good: str = "down"


DEFINITIONS: dict[str, Definition] = {
    "dso": Definition(
        "DSO",
        "days",
        "receivables ÷ credit sales of the period × days of the period",
        "How many days of sales are still to be paid. Month, quarter and year give different answers: the period is named.",
    ),
    "countback": Definition(
        "Count-back DSO",
        "days",
        "months' sales taken off the receivables, newest first: whole days per month used up, then the share of the last",
        "DSO that follows the season: old months count only when the newer ones don't explain the balance. Stops at a month without sales.",
    ),
    "best_possible": Definition(
        "Best possible DSO",
        "days",
        "receivables not past due ÷ credit sales of the period × days of the period",
        "What DSO would be if everybody paid on the due date: what is left is due to terms, not to collecting.",
    ),
    "in_dispute": Definition(
        "DSO in dispute",
        "days",
        "in dispute ÷ credit sales of the period × days of the period",
        "The days of DSO that stand in dispute: what is contested stays among the receivables until its case is settled.",
    ),
    "add": Definition("Average days delinquent", "days", "DSO − best possible DSO", "The days of DSO that late payment causes."),
    "days_late": Definition(
        "Average days late, paid items",
        "days",
        "Σ (days from due date to payment × amount paid) ÷ Σ amount paid",
        "How late the money came that did come, weighted by amount; early payments count as negative days.",
    ),
    "true_dso": Definition(
        "True DSO",
        "days",
        "Σ over open items of (age in days × open amount ÷ credit sales of the month of the item)",
        "Counts each open item from its own date; needs no guess about the period.",
    ),
    "cei": Definition(
        "Collection effectiveness",
        "%",
        "(begin receivables + credit sales − end receivables) ÷ (begin receivables + credit sales − end receivables not past due) × 100",
        "Of what could have been collected in the period, how much was. Not past due means: due on the day or later.",
        "up",
    ),
    "turnover": Definition(
        "Turnover",
        "times",
        "credit sales of the period ÷ average of begin and end receivables",
        "How often the receivables turn into cash in the period.",
        "up",
    ),
    "overdue": Definition(
        "Overdue",
        "%",
        "receivables past their due date ÷ receivables × 100",
        "Open credits and unapplied cash count as not past due on the day they came.",
    ),
    "broken_promises": Definition(
        "Broken promises",
        "%",
        "promises broken ÷ promises that came due × 100",
        "Counted at the first date given: a promise put off is judged on its own date. Partly kept ones stand apart.",
    ),
    "match_rate": Definition(
        "Matched without a person",
        "%",
        "receipts applied by the rules alone ÷ receipts applied × 100",
        "Straight-through rate of cash application.",
        "up",
    ),
}
"""Code of a measure → what it means. `docs/reference/metrics.md` tells the same at length."""


@dataclass(frozen=True, slots=True)
class Input:
    """A number that went into a measure; `unit` is `money` (minor units), `days`, `count` or `%`."""

    label: str
    value: int | Fraction
    unit: str = "money"


@dataclass(frozen=True, slots=True)
class Measure:
    """A measure, exact; None with a reason in `note` when it can't be computed."""

    code: str
    value: Fraction | None
    inputs: tuple[Input, ...] = ()
    note: str = ""

    @property
    def definition(self) -> Definition:
        """Its name, unit, formula and meaning."""
        return DEFINITIONS[self.code]

    def rounded(self, places: int = 1) -> Decimal | None:
        """The value for people and machines, half to even."""
        return None if self.value is None else to_decimal(self.value, places)


@dataclass(frozen=True, slots=True)
class MonthSales:
    """A month's credit sales (minor units) and its days; the current month has the days gone by."""

    label: str
    sales: int
    days: int


def to_decimal(value: Fraction, places: int = 1) -> Decimal:
    """A fraction as a Decimal of so many places, half to even.

    >>> to_decimal(Fraction(499, 3), 1)
    Decimal('166.3')
    """
    scaled = value * 10**places
    return Decimal(round(scaled)).scaleb(-places).quantize(Decimal(1).scaleb(-places), ROUND_HALF_EVEN)


def dso(receivables: int, sales: int, days: int, held: int = 0) -> Measure:
    """Days of sales outstanding: 15,000 ÷ 10,000 × 30 = 45. `held` is retainage among the receivables that nobody has released."""
    return _days_of_sales("dso", Input("Receivables", receivables), sales, days, held)


def best_possible_dso(current: int, sales: int, days: int, held: int = 0) -> Measure:
    """DSO of what is not past due: 4,000 ÷ 10,000 × 30 = 12. `held` is retainage among it."""
    return _days_of_sales("best_possible", Input("Receivables not past due", current), sales, days, held)


def dso_in_dispute(disputed: int, sales: int, days: int) -> Measure:
    """DSO of what is in dispute: 500 ÷ 10,000 × 30 = 1.5."""
    return _days_of_sales("in_dispute", Input("In dispute", disputed), sales, days, 0)


def average_days_delinquent(receivables: int, current: int, sales: int, days: int) -> Measure:
    """DSO less best possible DSO: 45 − 12 = 33."""
    whole, best = dso(receivables, sales, days), best_possible_dso(current, sales, days)
    if whole.value is None or best.value is None:
        return Measure("add", None, (), whole.note)
    inputs = (Input("DSO", whole.value, "days"), Input("Best possible DSO", best.value, "days"))
    return Measure("add", whole.value - best.value, inputs)


def countback_dso(receivables: int, months: Sequence[MonthSales], held: int = 0) -> Measure:
    """DSO by exhaustion; `months` newest first. Months whose sales are used up count whole, the next by its share.

    It stops at a month without sales (zero or negative), and says so with what was left.
    """
    left, days = receivables - held, Fraction(0)
    inputs = [Input("Receivables", receivables), *_less(held)]
    for month in months:
        if left <= 0:
            break
        if month.sales <= 0:
            return _stopped(days, inputs, left, f"stopped at {month.label}: it has no sales to count back")
        used = min(left, month.sales)
        days += Fraction(used * month.days, month.sales)
        left -= used
        inputs.append(Input(f"{month.label}: {used_up(used, month)}", used))
    if left > 0:
        return _stopped(days, inputs, left, "the sales on record end before the receivables are used up")
    return Measure("countback", days, tuple(inputs))


def used_up(used: int, month: MonthSales) -> str:
    """How many of a month's days counted, in words."""
    share = Fraction(used * month.days, month.sales)
    return f"all {month.days} days" if used == month.sales else f"{to_decimal(share)} of {month.days} days"


def true_dso(months: Sequence[tuple[str, int, int]]) -> Measure:
    """Age-weighted DSO from (month, Σ age × open amount, credit sales of the month); months without sales are left out and named."""
    counted = [(label, Fraction(weighted, sales)) for label, weighted, sales in months if sales > 0]
    left_out = [label for label, weighted, sales in months if sales <= 0 and weighted]
    if not counted:
        return Measure("true_dso", None, (), "no open items from months with sales")
    note = f"left out for want of sales: {', '.join(left_out)}" if left_out else ""
    return Measure(
        "true_dso", sum((days for _, days in counted), Fraction(0)), tuple(Input(label, days, "days") for label, days in counted), note
    )


def average_days_late(weighted: int, paid: int) -> Measure:
    """Σ (days late × paid) ÷ Σ paid, over payments of the period (minor units × days, minor units)."""
    inputs = (Input("Amount paid", paid), Input("Days late × amount", weighted))
    return (
        Measure("days_late", Fraction(weighted, paid), inputs)
        if paid > 0
        else Measure("days_late", None, inputs, "nothing was paid in the period")
    )


def collection_effectiveness(begin: int, sales: int, end: int, end_current: int, periods: int = 1) -> Measure:
    """CEI in per cent; `sales` are those of `periods` periods: (100 + 1,000 − 120) ÷ (100 + 1,000 − 100) = 98 %."""
    inputs = (
        Input("Receivables at the start", begin), Input("Credit sales of the period", sales),
        Input("Receivables at the end", end), Input("of them not past due", end_current),
    )  # fmt: skip
    available = begin + Fraction(sales, periods) - end_current
    if available <= 0:
        return Measure("cei", None, inputs, "nothing was there to be collected")
    return Measure("cei", (begin + Fraction(sales, periods) - end) / available * 100, inputs)


def turnover(sales: int, begin: int, end: int) -> Measure:
    """Credit sales ÷ average receivables."""
    inputs = (Input("Credit sales", sales), Input("Receivables at the start", begin), Input("Receivables at the end", end))
    average = Fraction(begin + end, 2)
    return Measure("turnover", sales / average, inputs) if average > 0 else Measure("turnover", None, inputs, "no receivables on average")


def overdue_share(overdue: int, receivables: int) -> Measure:
    """Per cent of the receivables that is past due."""
    inputs = (Input("Past due", overdue), Input("Receivables", receivables))
    return _share("overdue", overdue, receivables, inputs, "there are no receivables")


def broken_promise_rate(broken: int, matured: int, partly: int = 0) -> Measure:
    """Per cent of the promises come due that were broken; by count, or by value when amounts are given."""
    inputs = (Input("Broken", broken, "count"), Input("Partly kept", partly, "count"), Input("Came due", matured, "count"))
    return _share("broken_promises", broken, matured, inputs, "no promise came due in the period")


def match_rate(automatic: int, applied: int) -> Measure:
    """Per cent of receipts that the rules applied without a person."""
    inputs = (Input("Applied by rules", automatic, "count"), Input("Applied in all", applied, "count"))
    return _share("match_rate", automatic, applied, inputs, "no receipt was applied in the period")


def _days_of_sales(code: str, amount: Input, sales: int, days: int, held: int) -> Measure:
    inputs = (amount, *_less(held), Input(f"Credit sales of {days} days", sales), Input("Days", days, "days"))
    if sales <= 0:
        return Measure(code, None, inputs, f"no credit sales in {days} days")
    return Measure(code, Fraction(amount.value - held) / sales * days, inputs)


def _less(held: int) -> tuple[Input, ...]:
    """Retainage is not asked for before its release: it is no sale that waits to be paid."""
    return (Input("Less retainage not released", -held),) if held else ()


def _share(code: str, part: int, whole: int, inputs: tuple[Input, ...], why_not: str) -> Measure:
    return Measure(code, Fraction(part * 100, whole), inputs) if whole > 0 else Measure(code, None, inputs, why_not)


def _stopped(days: Fraction, inputs: list[Input], left: int, why: str) -> Measure:
    return Measure("countback", days, (*inputs, Input("Not explained by sales", left)), why)
