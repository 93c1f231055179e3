"""Rows put together into documents: several rows of one number are one document with lines. What comes out are the API's payloads."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from arops.lib import money
from arops.lib.reading import values
from arops.lib.reading.table import SheetRow, Table
from invoicing.readers import fields
from invoicing.readers.mapping import Mapping

_SUMMARY = re.compile(r"\b(total|totals|subtotal|sum|summe|gesamt|totale|totaal|razem|summa|suma)\b", re.IGNORECASE)
_KINDS = {
    "invoice": "invoice inv rechnung facture factura fattura factuur faktura re in bill",
    "credit_memo": "credit credit_memo credit_note creditnote creditmemo cm cn gutschrift avoir abono nota_de_credito nota_credito "
    "nota_di_credito creditnota korekta kreditfaktura kreditnota rechnungskorrektur",
    "debit_memo": "debit debit_memo debit_note debitmemo dm dn lastschrift nota_de_debito nota_di_debito debetnota",
}
KINDS = {word.replace("_", " "): kind for kind, words in _KINDS.items() for word in words.split()}
_HEADER = tuple(f for f in fields.FIELDS.values() if not f.of_line)
_LINES = tuple(f for f in fields.FIELDS.values() if f.of_line)
_REFERENCES = frozenset(("order", "work_order", "contract"))
_IDENTITY = ("kind", "company", "number")


@dataclass(frozen=True, slots=True)
class CellProblem:
    """What is wrong with a cell: the row's place in the table, the field, words for people."""

    row: int
    field: str
    detail: str


@dataclass(slots=True)
class Draft:
    """A document that rows of the list make: its payload as the API takes it, its rows, and what couldn't be read of them."""

    rows: list[int]
    payload: dict[str, Any] = field(default_factory=dict)
    problems: list[CellProblem] = field(default_factory=list)

    def place(self, pointer: str) -> tuple[int, str]:
        """Row and field of a pointer into the payload; the first row, and no field, for the document as a whole."""
        parts = pointer.strip("/").split("/")
        if parts[0] == "lines" and len(parts) > 1 and parts[1].isdecimal() and int(parts[1]) < len(self.rows):
            name = {"number": "line_number"}.get(parts[2], parts[2]) if len(parts) > 2 else ""
            return self.rows[int(parts[1])], name
        return self.rows[0], parts[0] if parts[0] in fields.FIELDS else ""


@dataclass(frozen=True, slots=True)
class Assembly:
    """The documents of a list, in the order of their first rows, and notes on rows that are none."""

    drafts: list[Draft]
    notes: list[str]


def assemble(table: Table, mapping: Mapping) -> Assembly:
    """Put the rows together. What can't be read is told by cell; the rest is for `invoicing.payload` and the books to judge."""
    reader = _Reader(table, mapping)
    drafts: dict[Any, Draft] = {}
    notes: list[str] = []
    for place, row in enumerate(table.rows):
        said = reader.cells(row)
        if not said.keys() & {"customer", "customer_external", "document_date"} and any(_SUMMARY.search(cell) for cell in row.cells):
            notes.append(f"line {row.line} was passed over as a total: {' '.join(filter(None, row.cells))[:80]}")
            continue
        key = reader.identity(said) if said.get("number") else ("row", place)
        drafts.setdefault(key, Draft([])).rows.append(place)
    for draft in drafts.values():
        reader.fill(draft)
    return Assembly(list(drafts.values()), notes)


class _Reader:
    """Reads rows by a mapping."""

    def __init__(self, table: Table, mapping: Mapping) -> None:
        self.table, self.mapping = table, mapping
        places = {heading: n for n, heading in enumerate(table.headings)}
        self.places = {name: places[heading] for name, heading in mapping.columns.items() if heading in places and name in fields.FIELDS}
        self.has_lines = bool(self.places.keys() & fields.LINE_MARK)

    def cells(self, row: SheetRow) -> dict[str, str]:
        """Field → text of the cells that aren't empty."""
        return {name: row.cells[n] for name, n in self.places.items() if row.cells[n]}

    def identity(self, said: dict[str, str]) -> tuple[str, ...]:
        """What makes rows one document."""
        return self.kind(said.get("kind", "")) or said.get("kind", ""), said.get("company") or self.mapping.company, said["number"]

    def kind(self, written: str) -> str:
        """The kind that a word stands for; the mapping's for none, nothing for one that isn't known."""
        return KINDS.get(fields.flat(written), "") if written else self.mapping.kind

    def fill(self, draft: Draft) -> None:
        """Read a draft's rows into its payload."""
        header = {f.name: value for f in _HEADER if (value := self._header(f, draft)) is not None}
        header.setdefault("kind", self.mapping.kind)
        header.setdefault("company", self.mapping.company)
        header.setdefault("currency", self.mapping.currency)
        _references(header, self.mapping.customer_system)
        lines = [self._line(place, draft) for place in draft.rows] if self.has_lines else []
        self._turn(header, lines, draft)
        if not draft.problems:
            _complete(header, lines)
        draft.payload = {name: value for name, value in header.items() if value != ""} | ({"lines": lines} if lines else {})

    def _header(self, f: fields.Field, draft: Draft) -> Any:
        """What the rows say about the document; they must say the same where they say anything."""
        if f.name not in self.places:
            return None
        place, found = draft.rows[0], None
        for row in draft.rows:
            value = self._value(f, row, draft)
            if value is None:
                continue
            if found is None:
                place, found = row, value
            elif value != found:
                other = self.table.rows[place]
                said = f"{value} here, but {found} in line {other.line}: rows of one document say the same"
                draft.problems.append(CellProblem(row, f.name, said))
                break
        return found

    def _line(self, place: int, draft: Draft) -> dict[str, Any]:
        found = {f.name: value for f in _LINES if f.name in self.places and (value := self._value(f, place, draft)) is not None}
        if "line_number" in found:
            found["number"] = found.pop("line_number")
        return {name: {"external_id": value} if name in _REFERENCES else value for name, value in found.items()}

    def _value(self, f: fields.Field, place: int, draft: Draft) -> Any:
        row = self.table.rows[place]
        written = row.cells[self.places[f.name]]
        if not written:
            return None
        typed = bool(row.typed >> self.places[f.name] & 1)
        try:
            return self._read(f, written, typed)
        except values.Unclear as error:
            draft.problems.append(CellProblem(place, f.name, str(error)))
            return None

    def _read(self, f: fields.Field, written: str, typed: bool) -> Any:
        if f.kind == "day":
            return values.day(written, self.mapping.date_order).isoformat()
        if f.kind in ("amount", "decimal"):
            return values.number(written, "." if typed else self.mapping.decimal)
        if f.kind == "whole":
            return _whole(written)
        if f.kind == "word":
            return self.kind(written) or _unknown_kind(written)
        if f.name in ("number", "refers_to", "external_id", "customer") and values.was_shortened(written):
            raise values.Unclear(f"{written[:30]!r} was shortened by a spreadsheet: format the column as text and export again")
        return written.upper() if f.name == "currency" else written

    def _turn(self, header: dict[str, Any], lines: list[dict[str, Any]], draft: Draft) -> None:
        """A total below zero is a credit memo of the positive amount, where the mapping says so."""
        sums = [header[n] for n in ("total", "subtotal") if n in header] or [line["amount"] for line in lines if "amount" in line]
        if not sums or not sum(map(Decimal, sums)) < 0 or self.mapping.negative == "refuse":
            return
        if self.mapping.negative != "credit_memo" and header["kind"] != "credit_memo":
            return
        header["kind"] = "credit_memo"
        for amounts, names in ((header, ("subtotal", "tax_total", "total")), *((line, ("amount", "tax_amount")) for line in lines)):
            for name in names:
                if name in amounts:
                    amounts[name] = _negated(amounts[name])
        for line in lines:
            turned = "quantity" if line.get("quantity", "").startswith("-") else "unit_price"
            if turned in line:
                line[turned] = _negated(line[turned])


def _whole(written: str) -> int:
    digits = written.removesuffix(".0")
    if not (digits.isascii() and digits.isdecimal() and len(digits) < 10):
        raise values.Unclear(f"{written[:30]!r} is not a whole number")
    return int(digits)


def _unknown_kind(written: str) -> str:
    raise values.Unclear(f"{written[:30]!r} is no kind of document: invoice, credit memo or debit memo")


def _references(header: dict[str, Any], system: str) -> None:
    """The customer by our number, else by its id in the other system; the order as that system names it."""
    external = header.pop("customer_external", None)
    if "customer" not in header and external:
        header["customer"] = {"external_id": external} | ({"source_system": system} if system else {})
    if "order" in header:
        header["order"] = {"external_id": header["order"]}


def _negated(plain: str) -> str:
    if not plain.strip("0."):
        return plain
    return plain[1:] if plain.startswith("-") else f"-{plain}"


def _complete(header: dict[str, Any], lines: list[dict[str, Any]]) -> None:
    """What follows from what was said: one line's amount from the totals, the lines' taxes from the tax total."""
    if not lines or not header.get("currency"):
        return
    if len(lines) == 1 and "amount" not in lines[0] and not {"quantity", "unit_price"} <= lines[0].keys():
        net = header.get("subtotal") or _less(header.get("total"), header.get("tax_total"))
        if net is not None:
            lines[0]["amount"] = net
            lines[0].pop("unit_price", None)
            lines[0].pop("quantity", None)
    if "tax_total" in header and not any("tax_amount" in line for line in lines):
        for line, tax in zip(lines, _shares(header, lines), strict=False):
            line["tax_amount"] = tax


def _less(total: str | None, tax: str | None) -> str | None:
    return None if total is None else str(Decimal(total) - Decimal(tax or 0))


def _shares(header: dict[str, Any], lines: list[dict[str, Any]]) -> Iterator[str]:
    """The tax total over the lines in proportion to their amounts; nothing where they can't be known."""
    try:
        currency = header["currency"]
        weights = [money.round_to_minor(_net(line), currency) for line in lines]
        parts = money.split(money.parse(header["tax_total"], currency), weights)
    except (money.MoneyError, KeyError):
        return
    yield from (money.to_text(part, currency) for part in parts)


def _net(line: dict[str, Any]) -> Decimal:
    return Decimal(line["amount"]) if "amount" in line else Decimal(line["quantity"]) * Decimal(line["unit_price"])


def said_total(payload: dict[str, Any]) -> tuple[str, int] | None:
    """Currency and minor units of a payload's total, or of what its parts sum to; None when that can't be said."""
    try:
        currency = payload["currency"]
        tax = sum(Decimal(line.get("tax_amount", 0)) for line in payload.get("lines", ())) or Decimal(payload.get("tax_total", 0))
        net = payload.get("subtotal") or sum(map(_net, payload["lines"])) if "total" not in payload else 0
        total = Decimal(payload["total"]) if "total" in payload else Decimal(net) + tax
        return currency, money.round_to_minor(total, currency)
    except (KeyError, money.MoneyError):
        return None
