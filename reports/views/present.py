"""Reports as tables of cells: amounts with their texts, links and shades, ready for templates and sheets alike."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from arops.lib import money
from ledger.aging import Amounts
from reports.metrics import Input, Measure, to_decimal
from reports.selectors.ageing import AgeingLine, AgeingReport
from reports.views.links import Links

UNITS = {"days": "days", "%": "%", "times": "×"}
_SHADES = (2, 4, 8, 13)
"""Per cent of the row from which a bucket gets the next darker shade."""


@dataclass(frozen=True, slots=True)
class Cell:
    """An amount: minor units, its currency, where it opens, how dark, and its bucket."""

    amount: int
    currency: str
    url: str = ""
    shade: int = 0
    age: int | None = None
    unit: int = 1

    @property
    def text(self) -> str:
        """Whole units of the currency (or thousands of them, by `unit`), grouped; negatives in brackets, nought as a dash."""
        return whole(self.amount, self.currency, self.unit)

    @property
    def exact(self) -> str:
        """With all decimals, for people."""
        return money.format(self.amount, self.currency)

    @property
    def raw(self) -> str:
        """With all decimals, for machines."""
        return money.to_text(self.amount, self.currency)


@dataclass(frozen=True, slots=True)
class Row:
    """A row of an ageing table."""

    label: str
    hint: str
    url: str
    currency: str
    buckets: list[Cell]
    credits: Cell
    total: Cell
    disputed: Cell
    base: Cell
    key: str = ""


def whole(amount: int, currency: str, unit: int = 1) -> str:
    """Whole units of the currency: `whole(-123450, "USD")` is (1,234); less than one unit either way is a dash. `unit` 1000: thousands."""
    scale = 10 ** money.exponent(currency) * unit
    units = round(Decimal(amount) / scale)
    if units == 0:
        return "–"
    return f"({-units:,})" if units < 0 else f"{units:,}"


def shade(part: int, of: int) -> int:
    """0 (none) to 5 by the share of a bucket in its row."""
    if part <= 0 or of <= 0:
        return 0
    return 1 + sum(100 * part >= bound * of for bound in _SHADES)


def table(report: AgeingReport, links: Links, *, base: bool = False, unit: int = 1, lines: Sequence[AgeingLine] | None = None) -> list[Row]:
    """The report's rows with links into their items; where `base` in the company's currency, items of all currencies together. `lines`
    are those to be shown of the ones put `together`; else all."""
    return [_row(line, report, links, base, unit) for line in (together(report.lines, base=base) if lines is None else lines)]


def together(lines: Sequence[AgeingLine], *, base: bool = False) -> list[AgeingLine]:
    """Lines by what they are shown by and by one currency: the items' own, or (`base`) the company's. The largest come first.

    A report keeps the two apart, because amounts in different company currencies have no sum; who shows one of them has one row.
    """
    found: dict[tuple[Any, ...], AgeingLine] = {}
    for line in lines:
        key = (line.base_currency if base else line.currency, *line.keys.items())
        width = len(line.own.buckets)
        kept = found.setdefault(key, replace(line, own=Amounts([0] * width), base=Amounts([0] * width), items=0))
        kept.own.add(line.own)
        kept.base.add(line.base)
        kept.items += line.items
    return list(found.values())


def _row(line: AgeingLine, report: AgeingReport, links: Links, base: bool, unit: int) -> Row:
    amounts, currency = (line.base, line.base_currency) if base else (line.own, line.currency)
    words = _words(line.keys) | ({} if base else {"currency": line.currency})
    cells = cells_of(amounts, currency, links, words, unit)
    return Row(
        line.label, line.hint, links.to("reports:items", drop=("by",), **words), currency, *cells,
        Cell(line.base.total, line.base_currency), "-".join(str(v) for v in words.values()),
    )  # fmt: skip


def cells_of(amounts: Amounts, currency: str, links: Links, words: dict[str, Any], unit: int = 1) -> tuple[list[Cell], Cell, Cell, Cell]:
    """Bucket cells, credits, total, disputed; each opens into its items."""

    def open_into(**part: Any) -> str:
        return links.to("reports:items", drop=("by",), **words, **part)

    buckets = [
        Cell(n, currency, open_into(part=i) if n else "", shade(n, amounts.total) if i else 0, age_of(i, len(amounts.buckets)), unit)
        for i, n in enumerate(amounts.buckets)
    ]
    credits = Cell(amounts.credits, currency, open_into(part="credits") if amounts.credits else "", unit=unit)
    total = Cell(amounts.total, currency, open_into(), unit=unit)
    return buckets, credits, total, Cell(amounts.disputed, currency, open_into(disputed=1) if amounts.disputed else "", unit=unit)


def _words(keys: dict[str, Any]) -> dict[str, Any]:
    """The query words that mean a row's keys."""
    return {
        name: value if value not in (None, "") else ("none" if name in ("collector", "segment") else None) for name, value in keys.items()
    }


def age_of(bucket: int, count: int) -> int:
    """The ageing colour (0 to 4) of one of `count` buckets: first current, last the oldest."""
    if bucket == 0 or count < 2:
        return 0
    return 4 if bucket == count - 1 else min(bucket, 3)


def told(value: Measure | None, places: int = 1) -> str:
    """A measure's value for people; a dash when there is none."""
    rounded = value.rounded(places) if value else None
    return "–" if rounded is None else f"{rounded:,}"


def input_text(part: Input, currency: str) -> str:
    """A number that went into a measure, with its unit's format."""
    if part.unit == "money":
        return money.format(int(part.value), currency) if isinstance(part.value, int) else f"{part.value}"
    if part.unit == "days":
        return f"{to_decimal(part.value * 1 if not isinstance(part.value, int) else _fraction(part.value), 1)} days"
    return f"{part.value:,}" if isinstance(part.value, int) else f"{to_decimal(part.value)}"


def _fraction(value: int) -> Any:
    from fractions import Fraction

    return Fraction(value)


def footer(report: AgeingReport, links: Links) -> list[Row]:
    """A total row for each currency."""
    rows = []
    for currency, amounts in report.totals.items():
        cells = cells_of(amounts, currency, links, {"currency": currency})
        rows.append(Row(f"Total {currency}", "", "", currency, *cells, Cell(amounts.total, currency)))
    return rows


def base_footer(report: AgeingReport) -> list[tuple[str, Amounts, Sequence[Cell]]]:
    """A row for each company currency with everything in it; only where it says more than the totals do."""
    if set(report.totals) == set(report.base_totals) and all(report.totals[c].total == report.base_totals[c].total for c in report.totals):
        return []
    return [(c, amounts, [Cell(n, c) for n in amounts.buckets]) for c, amounts in report.base_totals.items()]
