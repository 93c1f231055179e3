"""Payment plans: the instalments of a debt, the interest on what is left, which items each pays, and what becomes of a plan. Pure.

Amounts are minor units. Interest is simple, by actual days over a year of 365 (act/365, the usual way where no contract says otherwise), on
what is left before each instalment, rounded half to even; it comes due with the instalment.
"""

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Decimal

from arops.lib import money

RHYTHMS = {"weekly": "every week", "fortnightly": "every two weeks", "monthly": "every month", "quarterly": "every quarter"}
_DAYS, _MONTHS = {"weekly": 7, "fortnightly": 14}, {"monthly": 1, "quarterly": 3}
MOST = 120
YEAR = 365


class PlanTermsError(ValueError):
    """Terms that make no plan; the message says what to change."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What is negotiated: `number` instalments, or of `each` (the last is what is left over), the first day and the rhythm, perhaps
    `down` on that first day; interest of `rate` per cent a year from `start` on.

    Or it is written row by row: `rows` are days and amounts, of which that at `rest` takes what the others leave, whatever its own amount.
    No day lies before `earliest` (without it: before `start`)."""

    start: date
    first: date
    rhythm: str = "monthly"
    number: int = 0
    each: int = 0
    down: int = 0
    rate: Decimal = Decimal(0)
    rows: tuple[tuple[date, int], ...] = ()
    rest: int = -1
    earliest: date | None = None


@dataclass(frozen=True, slots=True)
class Due:
    """One instalment: by when, how much of the debt, and the interest that comes due with it."""

    due_on: date
    amount: int
    interest: int = 0

    @property
    def total(self) -> int:
        """What the customer pays on the day."""
        return self.amount + self.interest


def schedule(total: int, terms: Terms) -> tuple[Due, ...]:
    """The instalments of a debt: they sum to it exactly, and equal ones differ by one minor unit at most, the larger first.

    Raises PlanTermsError.
    """
    if terms.rows:
        return with_interest(by_rows(total, terms), _rate(terms), terms.start)
    _check(total, terms)
    amounts = _amounts(total, terms)
    days = [day_of(terms.first, terms.rhythm, n) for n in range(len(amounts))]
    return with_interest([(day, amount) for day, amount in zip(days, amounts, strict=True)], terms.rate, terms.start)


def by_rows(total: int, terms: Terms) -> list[tuple[date, int]]:
    """Days and amounts as they were written, with the row that takes the difference filled in: the days rise, every amount is more than
    nothing, and they sum to the debt. Raises PlanTermsError, which names the row."""
    if total <= 0:
        raise PlanTermsError("choose what the plan covers")
    _few(len(terms.rows))
    first = terms.earliest or terms.start
    for number, (day, _) in enumerate(terms.rows, 1):
        if day < first:
            raise PlanTermsError(f"row {number}: {day:%-d %b %Y} lies before {first:%-d %b %Y}")
        if number > 1 and day == terms.rows[number - 2][0]:
            raise PlanTermsError(f"row {number}: two instalments on {day:%-d %b %Y} are one")
        first = day
    return list(zip((day for day, _ in terms.rows), filled(total, [amount for _, amount in terms.rows], terms.rest), strict=True))


def filled(total: int, amounts: Sequence[int], rest: int = -1) -> list[int]:
    """The amounts, of which that at `rest` is what the others leave of the total. Raises PlanTermsError, which names the row."""
    found, at = list(amounts), rest if 0 <= rest < len(amounts) else len(amounts) - 1
    for number, amount in enumerate(found, 1):
        if amount <= 0 and number - 1 != at:
            raise PlanTermsError(f"row {number}: an instalment is more than nothing")
    found[at] = total - sum(amount for n, amount in enumerate(found) if n != at)
    if found[at] <= 0:
        raise PlanTermsError(f"row {at + 1} takes the difference, and the others leave nothing for it: lower one, or take this row away")
    return found


def _rate(terms: Terms) -> Decimal:
    if terms.rate < 0:
        raise PlanTermsError("numbers, amounts and rates are zero or more")
    return terms.rate


def _check(total: int, terms: Terms) -> None:
    if total <= 0:
        raise PlanTermsError("choose what the plan covers")
    if terms.rhythm not in RHYTHMS:
        raise PlanTermsError("choose how often is paid")
    if bool(terms.number) == bool(terms.each):
        raise PlanTermsError("say how many instalments, or how much each")
    if min(terms.number, terms.each, terms.down) < 0 or terms.rate < 0:
        raise PlanTermsError("numbers, amounts and rates are zero or more")
    earliest = terms.earliest or terms.start
    if terms.first < earliest:
        raise PlanTermsError(f"the first day lies before {earliest}")
    if terms.down >= total:
        raise PlanTermsError("the down payment is all of it: that needs no plan")


def _amounts(total: int, terms: Terms) -> list[int]:
    """Shares of the debt in order; the down payment comes first."""
    rest = total - terms.down
    head = [terms.down] if terms.down else []
    if terms.each:
        full, last = divmod(rest, terms.each)
        _few(len(head) + full + bool(last))
        return [*head, *[terms.each] * full, *([last] if last else [])]
    _few(terms.number)
    number = terms.number - len(head)
    if number < 1:
        raise PlanTermsError("besides the down payment there is at least one instalment")
    if rest < number:
        raise PlanTermsError("that is less than the smallest coin each: ask for fewer instalments")
    return [*head, *equal(rest, number)]


def _few(number: int) -> None:
    if number > MOST:
        raise PlanTermsError(f"that makes {number} instalments: {MOST} at most, so ask for more each time")


def equal(total: int, number: int) -> list[int]:
    """`total` in `number` shares that differ by one at most, the larger ones first."""
    low, more = divmod(total, number)
    return [low + 1] * more + [low] * (number - more)


def day_of(first: date, rhythm: str, n: int) -> date:
    """The day of the n-th instalment, counted from 0: the same day of later months, or the last of a month that lacks it.

    Raises PlanTermsError beyond the end of the calendar.
    """
    try:
        if rhythm in _DAYS:
            return first + timedelta(days=_DAYS[rhythm] * n)
        months = first.year * 12 + first.month - 1 + _MONTHS[rhythm] * n
        year, month = divmod(months, 12)
        return date(year, month + 1, min(first.day, monthrange(year, month + 1)[1]))
    except (ValueError, OverflowError):
        raise PlanTermsError("the calendar ends before the last instalment: begin earlier") from None


def with_interest(parts: Sequence[tuple[date, int]], rate: Decimal, start: date) -> tuple[Due, ...]:
    """Days and amounts with the interest on what is left before each, from the day before it (the first: from `start`)."""
    left, since, found = sum(amount for _, amount in parts), start, []
    for day, amount in parts:
        found.append(Due(day, amount, interest(left, rate, (day - since).days)))
        left, since = left - amount, day
    return tuple(found)


def interest(left: int, rate: Decimal, days: int) -> int:
    """Simple interest of days on what is left, act/365, half to even; none for days that lie behind."""
    raw = Decimal(left) * rate * max(0, days) / (100 * YEAR)
    return int(raw.quantize(Decimal(1), ROUND_HALF_EVEN))


def spread(items: Sequence[tuple[int, int]], amounts: Sequence[int]) -> list[list[tuple[int, int]]]:
    """Which items each instalment pays: (item, amount) by instalment, items in the order given, each used up before the next.

    Items and instalments sum to the same. Raises PlanTermsError.
    """
    if sum(amount for _, amount in items) != sum(amounts):
        raise PlanTermsError("the instalments don't sum to the items")
    left, found = [list(pair) for pair in items], []
    for amount in amounts:
        taken: list[tuple[int, int]] = []
        while amount:
            share = min(amount, left[0][1])
            taken.append((left[0][0], share))
            amount, left[0][1] = amount - share, left[0][1] - share
            if not left[0][1]:
                left.pop(0)
        found.append(taken)
    return found


@dataclass(frozen=True, slots=True)
class Held:
    """What an instalment still holds of an item, in its currency and in the company's."""

    item_id: int
    amount: int
    base_amount: int


def returning(held: Sequence[Held], balance: int) -> list[Held]:
    """What goes back to which item when `balance` of an instalment is not paid: what was paid counts for the first of its items."""
    found, todo = [], balance
    for part in reversed(held):
        amount = min(part.amount, todo)
        if amount:
            base = part.base_amount if amount == part.amount else round(Decimal(part.base_amount) * amount / part.amount)
            found.append(Held(part.item_id, amount, base))
        todo -= amount
    if todo:
        raise PlanTermsError("more is open than the instalment took")
    return found[::-1]


@dataclass(frozen=True, slots=True)
class Standing:
    """An instalment as it stands: by when, and what of it (interest included) isn't paid."""

    due_on: date
    open: int


def verdict(parts: Sequence[Standing], default_days: int, day: date) -> str:
    """What a running plan is at the end of a day: `kept` when all is paid, `defaulted` when one is more than `default_days` late, else
    `active`."""
    if not any(part.open for part in parts):
        return "kept"
    late = any(part.open and (day - part.due_on).days > default_days for part in parts)
    return "defaulted" if late else "active"


def settled_early(parts: Sequence[Due], rate: Decimal, since: date, by: date) -> tuple[int, int]:
    """What ends a plan by a day: what is left of the debt in these parts, and the interest on it since the last day that bore any."""
    left = sum(part.amount for part in parts)
    return left, interest(left, rate, (by - since).days)


@dataclass(frozen=True, slots=True)
class Week:
    """A week's money: as agreed by the plan, and as this customer would pay without one."""

    first: date
    planned: int
    otherwise: int
    planned_sum: int
    otherwise_sum: int


def by_week(planned: Sequence[tuple[date, int]], otherwise: Sequence[tuple[date, int]], today: date) -> list[Week]:
    """Both by weeks from Monday on, with running sums; what should have come before this week counts in it. Weeks without money of either
    are left out."""
    sums: dict[date, list[int]] = {}
    for column, rows in enumerate((planned, otherwise)):
        for day, amount in rows:
            late = max(day, today)
            sums.setdefault(late - timedelta(days=late.weekday()), [0, 0])[column] += amount
    found, total = [], [0, 0]
    for first in sorted(sums):
        total = [total[0] + sums[first][0], total[1] + sums[first][1]]
        found.append(Week(first, *sums[first], *total))
    return found


def waived_of(total: int, pays: int) -> int:
    """What a settlement gives up when so much is paid. Raises PlanTermsError."""
    if not 0 < pays < total:
        raise PlanTermsError("a settlement pays less than all, and more than nothing")
    return total - pays


def percent_of(part: int, whole: int) -> Decimal:
    """A share in per cent, to one place."""
    return (Decimal(part) * 100 / whole).quantize(Decimal("0.1"))


def told(amount: int, currency: str) -> str:
    """An amount in words of a refusal: `1,234.50 USD`."""
    return f"{money.format(amount, currency)} {currency}"
