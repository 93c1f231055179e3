"""Which column is what, and how the list writes days and amounts: guessed from headings and cells, asked where it can be read two ways."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Literal

from arops.lib.reading import habits
from arops.lib.reading.table import Table
from arops.lib.reading.values import DateOrder, DecimalMark
from invoicing.readers import fields

Negative = Literal["", "credit_memo", "refuse"]
NEEDED = ("number", "document_date")


@dataclass(frozen=True, slots=True)
class Mapping:
    """Field → heading, and what the cells don't say. Kept with the import, and taken again for the next list of the same source.

    `company`, `currency` and `kind` are for rows that don't say it. `negative` says what a total below zero means. `customer_system`
    is the system whose ids of customers the list bears.
    """

    columns: dict[str, str] = field(default_factory=dict)
    date_order: DateOrder = ""
    decimal: DecimalMark = ""
    negative: Negative = ""
    company: str = ""
    currency: str = ""
    kind: Literal["invoice", "debit_memo", "credit_memo"] = "invoice"
    customer_system: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """What a person has to say before the list can be read: the mapping's field, the words, an example's line."""

    field: str
    text: str
    line: int | None = None


def guess(table: Table, *, saved: Mapping | None = None, company: str = "", currency: str = "") -> Mapping:
    """The mapping that the list suggests; `saved` wins where its headings are still there, the cells win over saved habits."""
    columns = fields.assign(table.headings)
    if saved:
        kept = {name: heading for name, heading in saved.columns.items() if heading in table.headings and name in fields.FIELDS}
        taken = set(kept.values())
        columns = {name: heading for name, heading in columns.items() if heading not in taken and name not in saved.columns} | kept
        start = replace(saved, columns=columns)
    else:
        start = Mapping(columns, company=company, currency=currency)
    return replace(
        start,
        date_order=_order(table, start) or start.date_order,
        decimal=_mark(table, start) or start.decimal,
    )


def reconsider(table: Table, before: Mapping, after: Mapping) -> Mapping:
    """`after`, with days and amounts read as columns say that were mapped only now; what a person chose otherwise than `before` stands."""
    order, mark = after.date_order, after.decimal
    if order == before.date_order and _read(before, "day") != _read(after, "day"):
        order = _order(table, after) or order
    if mark == before.decimal and _read(before, "amount", "decimal") != _read(after, "amount", "decimal"):
        mark = _mark(table, after)
    return replace(after, date_order=order, decimal=mark)


def _read(mapping: Mapping, *kinds: str) -> set[str]:
    """The headings that are read as such."""
    return {heading for name, heading in mapping.columns.items() if fields.FIELDS[name].kind in kinds}


def questions(table: Table, mapping: Mapping) -> list[Question]:
    """What is still open, the most important first."""
    return [*_missing(mapping), *_unclear_days(table, mapping), *_unclear_marks(table, mapping), *_unclear_signs(table, mapping)]


def _missing(mapping: Mapping) -> Iterator[Question]:
    for name in NEEDED:
        if name not in mapping.columns:
            yield Question(name, f"Which column holds the {fields.FIELDS[name].label.lower()}?")
    if not {"customer", "customer_external"} & mapping.columns.keys():
        yield Question("customer", "Which column holds the customer’s number?")
    if not ({"total", "amount", "subtotal"} & mapping.columns.keys() or {"quantity", "unit_price"} <= mapping.columns.keys()):
        yield Question("total", "Which column holds the amount: a total, a line amount, or quantity and unit price?")
    if "company" not in mapping.columns and not mapping.company:
        yield Question("company", "Which company issues these documents?")
    if "currency" not in mapping.columns and not mapping.currency:
        yield Question("currency", "Which currency are the amounts in?")


def _unclear_days(table: Table, mapping: Mapping) -> Iterator[Question]:
    if not mapping.date_order and (found := habits.unclear_day(_cells(table, mapping, "day"))):
        yield Question("date_order", found[1], found[0])


def _unclear_marks(table: Table, mapping: Mapping) -> Iterator[Question]:
    if not mapping.decimal and (found := habits.unclear_mark(_cells(table, mapping, "amount", "decimal"))):
        yield Question("decimal", found[1], found[0])


def _unclear_signs(table: Table, mapping: Mapping) -> Iterator[Question]:
    """A total below zero in a list that doesn't say what is a credit memo."""
    if mapping.negative:
        return
    heading = mapping.columns.get("total") or mapping.columns.get("amount") or mapping.columns.get("subtotal")
    if heading not in table.headings:
        return
    place = table.headings.index(heading)
    for row in table.rows:
        cell = row.cells[place]
        if cell.startswith(("-", "\u2212", "(")) or (cell.endswith("-") and cell[:1].isdecimal()):
            yield Question("negative", f"{cell} in line {row.line} is below zero: is that a credit memo, or a mistake?", row.line)
            return


def _order(table: Table, mapping: Mapping) -> DateOrder:
    return habits.date_order(_cells(table, mapping, "day"))


def _mark(table: Table, mapping: Mapping) -> DecimalMark:
    return habits.decimal_mark(_cells(table, mapping, "amount", "decimal"))


def _cells(table: Table, mapping: Mapping, *kinds: str) -> Iterator[tuple[int, str]]:
    """Line and text of the cells of such columns that were typed as text."""
    for name, f in fields.FIELDS.items():
        heading = mapping.columns.get(name)
        if heading in table.headings and f.kind in kinds:
            yield from table.typed_cells(heading)
