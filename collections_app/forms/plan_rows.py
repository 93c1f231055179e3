"""A schedule written row by row: what was typed, and what adding, removing and naming the row that takes the difference make of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from arops.lib import money
from collections_app.forms.days import parse_day
from collections_app.policy.plans import MOST, Due, day_of


@dataclass(slots=True)
class Rows:
    """Days and amounts as they were typed, in their order; `rest` is the row that takes what the others leave."""

    days: list[str] = field(default_factory=list)
    parts: list[str] = field(default_factory=list)
    rest: int = 0

    @classmethod
    def of(cls, data: Any) -> "Rows":
        """What a form sent; nothing where the schedule isn't written by hand."""
        if not hasattr(data, "getlist"):
            return cls()
        days, parts = data.getlist("day")[: MOST + 1], data.getlist("part")[: MOST + 1]
        parts += [""] * (len(days) - len(parts))
        rest = _place(data.get("rest", ""))
        return cls(days, parts[: len(days)], rest if 0 <= rest < len(days) else len(days) - 1)

    @classmethod
    def written(cls, dues: Sequence[tuple[date, int]], currency: str) -> "Rows":
        """Those of a schedule that there is; the last takes the difference."""
        return cls([day.isoformat() for day, _ in dues], [money.to_text(amount, currency) for _, amount in dues], len(dues) - 1)

    def __bool__(self) -> bool:
        return bool(self.days)

    def parsed(self, currency: str, today: date) -> tuple[tuple[date, int], ...]:
        """Days and minor units. Raises ValueError, which names the row."""
        found = []
        for n, day in enumerate(self.days):
            try:
                found.append((parse_day(day, today), 0 if n == self.rest else self._amount(n, currency)))
            except (ValueError, money.MoneyError) as error:
                raise ValueError(f"row {n + 1}: {error}") from None
        return tuple(found)

    def _amount(self, n: int, currency: str) -> int:
        text = money.ungrouped(self.parts[n])
        if not text:
            raise ValueError("write an amount, or let it take the difference")
        return money.parse(text, currency)

    def left(self, total: int, currency: str, *, without: int) -> int:
        """What all rows but one leave of the total, in minor units, as far as they are amounts; nothing less than zero."""
        taken = 0
        for n in range(len(self.parts)):
            if n != without and self.parts[n]:
                try:
                    taken += self._amount(n, currency)
                except (ValueError, money.MoneyError):
                    continue
        return max(0, total - taken)

    def changed(self, then: str, total: int, currency: str, today: date, rhythm: str) -> None:
        """Do what a button says: `add`, `drop-2`, `rest-2` (rows are counted from 0). Others are left alone."""
        what, _, text = then.partition("-")
        at = _place(text)
        self.parts[self.rest] = ""
        if what == "add" and len(self.days) < MOST:
            half = self.left(total, currency, without=self.rest) // 2
            self.days.append(self._next_day(today, rhythm))
            self.parts.append(money.to_text(half, currency) if half else "")
        elif what == "drop" and 0 <= at < len(self.days) > 1:
            del self.days[at], self.parts[at]
            self.rest = len(self.days) - 1 if at == self.rest else self.rest - (at < self.rest)
            self.parts[self.rest] = ""
        elif what == "rest" and 0 <= at < len(self.days) and at != self.rest:
            self.parts[self.rest] = money.to_text(self.left(total, currency, without=self.rest), currency)
            self.rest, self.parts[at] = at, ""

    def _next_day(self, today: date, rhythm: str) -> str:
        try:
            return day_of(parse_day(self.days[-1], today), rhythm, 1).isoformat()
        except ValueError:
            return day_of(today, rhythm, 1).isoformat()


def _place(text: str) -> int:
    """A row's place as a form says it, counted from 0; -1 for what is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 5 else -1


@dataclass(frozen=True, slots=True)
class ShownRow:
    """A row on screen: as it was typed, and what it comes to where the whole makes a schedule."""

    number: int
    day: str
    part: str
    takes_rest: bool
    due: Due | None

    @property
    def index(self) -> int:
        """Its place, counted from 0."""
        return self.number - 1


def shown(rows: Rows, dues: Sequence[Due]) -> list[ShownRow]:
    """The rows as the page shows them."""
    fits = len(dues) == len(rows.days)
    return [
        ShownRow(n + 1, day, part, n == rows.rest, dues[n] if fits else None)
        for n, (day, part) in enumerate(zip(rows.days, rows.parts, strict=True))
    ]
