"""Tables: one description of columns makes the page, the Excel sheet and the CSV file."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from urllib.parse import urlencode

from arops.lib import money

Getter = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Column:
    """A column. `kind` is text, link, num, money (minor units; the row's currency by `Table.currency`), date or badge.

    `value` reads a row; `href` makes a link; `tone` colours a badge; `total` sums the column, one row a currency. `priority` 1 to 3
    says which columns give way first on a narrow frame (3 first). Where the table stacks, `phone` is `end` for what stands right on the
    card of a phone, `full` for what takes a line of its own.
    """

    name: str
    label: str
    value: Getter
    kind: str = "text"
    href: Getter | None = None
    tone: Getter | None = None
    priority: int = 0
    grow: bool = False
    pin: bool = False
    total: bool = False
    sort: str = ""
    phone: str = ""

    @property
    def css(self) -> str:
        """Classes of its cells."""
        parts = ["num" if self.kind in ("money", "num") else "", "grow" if self.grow else "", "pin" if self.pin else ""]
        parts += [f"p{self.priority}" if self.priority else "", f"c-{self.phone}" if self.phone else ""]
        return " ".join(filter(None, parts))


@dataclass(frozen=True, slots=True)
class Cell:
    """What a cell shows (`text`), what it is worth to machines (`raw`), and where it leads."""

    column: Column
    text: str
    raw: str
    href: str = ""
    tone: str = ""
    negative: bool = False


@dataclass
class Table:
    """Rows under columns. `currency` reads a row's currency where there is more than one, else it is the currency itself. `stack`: on a
    phone each row becomes a card."""

    columns: Sequence[Column]
    rows: Iterable[Any]
    currency: Getter | str = ""
    row_id: Getter | None = None
    name: str = "table"
    empty: str = "Nothing here."
    sort: str = ""
    query: dict[str, str] = field(default_factory=dict)
    stack: bool = False

    def __post_init__(self) -> None:
        self.rows = list(self.rows)

    def currency_of(self, row: Any) -> str:
        """The row's currency."""
        return self.currency(row) if callable(self.currency) else self.currency

    def head(self) -> list[tuple[Column, str, str]]:
        """Columns with their aria-sort and the link that sorts by them."""
        return [(c, self._sorted(c), self._sort_link(c)) for c in self.columns]

    def body(self) -> Iterable[tuple[str, list[Cell]]]:
        """Rows as cells, each with a stable id."""
        for n, row in enumerate(self.rows):
            yield (str(self.row_id(row)) if self.row_id else f"{self.name}-{n}"), [self._cell(c, row) for c in self.columns]

    def lines(self) -> Iterable[tuple[str, str, list[Cell]]]:
        """Rows as cells, each with a stable id and its currency, so that a selection can be summed."""
        for row, (row_id, cells) in zip(self.rows, self.body(), strict=True):
            yield row_id, self.currency_of(row), cells

    def totals(self) -> list[tuple[str, list[tuple[Column, str, str]]]]:
        """One row a currency: (currency, per column its text and raw sum; empty where it isn't summed)."""
        if not any(c.total for c in self.columns):
            return []
        currencies = sorted({self.currency_of(row) for row in self.rows})
        return [(currency, [self._total(c, currency) for c in self.columns]) for currency in currencies]

    def _total(self, column: Column, currency: str) -> tuple[Column, str, str]:
        if not column.total:
            return column, "", ""
        amount = sum(column.value(row) or 0 for row in self.rows if self.currency_of(row) == currency)
        if column.kind == "money" and currency:
            return column, money.format(amount, currency), money.to_text(amount, currency)
        return column, f"{amount:,}", str(amount)

    def _cell(self, column: Column, row: Any) -> Cell:
        value = column.value(row)
        href = column.href(row) or "" if column.href else ""
        tone = column.tone(row) or "" if column.tone else ""
        if value is None or value == "":
            return Cell(column, "", "", href, tone)
        if column.kind == "money":
            currency = self.currency_of(row)
            return Cell(column, money.format(value, currency), money.to_text(value, currency), href, tone, value < 0)
        if column.kind == "num":
            return Cell(column, f"{value:,}" if isinstance(value, int) else str(value), str(value), href, tone)
        return Cell(column, value.isoformat() if isinstance(value, date) else str(value), str(value), href, tone)

    def _sorted(self, column: Column) -> str:
        if not column.sort or self.sort.lstrip("-") != column.sort:
            return ""
        return "descending" if self.sort.startswith("-") else "ascending"

    def _sort_link(self, column: Column) -> str:
        if not column.sort:
            return ""
        wanted = f"-{column.sort}" if self.sort == column.sort else column.sort
        return "?" + urlencode({**{k: v for k, v in self.query.items() if v and k != "page"}, "sort": wanted})
