"""CSV and Excel lists of bank movements, read by a `Mapping`: one statement for each account and currency in the list.

Nothing is guessed here: what the mapping leaves open (which day 03/04/2026 is, what a negative credit means) is refused with the
line. Lines without a day are passed over only when they are blank or say that they are a total or a balance, and are then named in
a warning. A running balance that follows the movements gives opening and closing balance, so that the list can be footed.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from statistics import median_low

from . import cards, sheets, text
from .mapping import Cell, Column, Mapping, parse_amount, parse_day
from .model import BankEntry, BankFile, ReadError, RemittanceRef, Statement, currency_of, squeeze
from .sheets import Row, as_text

_SUMMARY = re.compile(
    r"\b(total|totals|subtotal|balance|saldo|solde|sum|summe|opening|closing|anfangssaldo|endsaldo|kontostand|totale|totaal)\b",
    re.IGNORECASE,
)
_MAX_SPAN = 1100
"""Days between the first and the last movement of one list: three years; more is a slip in a year."""


@dataclass(frozen=True, slots=True)
class _Item:
    account: str
    entry: BankEntry
    balance: int | None
    fee: int = 0
    batch: str = ""


def read_csv(data: bytes, mapping: Mapping) -> BankFile:
    """The list as statements; ReadError names line and reason."""
    encoding = mapping.encoding or text.guess_encoding(data)
    rows = list(sheets.csv_rows(text.decode(data, encoding), mapping.delimiter))
    warnings = [] if mapping.encoding else [f"the text was read as {encoding}"]
    return _read("csv", rows, mapping, warnings)


def read_xlsx(data: bytes, mapping: Mapping) -> BankFile:
    """The worksheet as statements; ReadError names row and reason."""
    _, rows = sheets.xlsx_rows(data, mapping.sheet)
    return _read("xlsx", rows, mapping, [])


def _read(name: str, rows: list[Row], mapping: Mapping, warnings: list[str]) -> BankFile:
    columns = _Columns(rows, mapping)
    items = list(_items(rows, mapping, columns, warnings))
    _check_span([item.entry for item in items])
    keys = list(dict.fromkeys((item.account, item.entry.currency) for item in items)) or _empty_key(mapping)
    return BankFile(name, tuple(_statement(key, items, mapping, warnings) for key in keys), tuple(warnings))


def _empty_key(mapping: Mapping) -> list[tuple[str, str]]:
    """A list without movements still is a statement when the mapping says of what."""
    return [(mapping.account, currency_of(mapping.currency, None))] if mapping.currency else []


class _Columns:
    """Cells by what they mean; headings are found once."""

    def __init__(self, rows: list[Row], mapping: Mapping) -> None:
        self.first = 0
        self.width = sheets.MAX_COLUMNS
        self._numbers: dict[str, int] = {}
        self._found: dict[Column, int] = {}
        if mapping.header_row is None:
            return
        place = next((i for i, (line, _) in enumerate(rows) if line >= mapping.header_row), None)
        if place is None:
            raise ReadError(mapping.header_row, "the list has no heading row there")
        self.first = place + 1
        headings = [squeeze(as_text(cell)) for cell in rows[place][1]]
        self.width = max((i + 1 for i, heading in enumerate(headings) if heading), default=0)
        for number, heading in enumerate(headings):
            self._numbers.setdefault(heading.casefold(), number)

    def find(self, column: Column) -> int:
        """Position (from 0) of a column; ReadError when no heading reads so."""
        number = self._found.get(column)
        if number is None:
            number = self._found[column] = self._look_up(column)
        return number

    def _look_up(self, column: Column) -> int:
        if isinstance(column, int):
            if column < 1:
                raise ReadError(None, f"columns are counted from 1, not {column}")
            return column - 1
        number = self._numbers.get(squeeze(column).casefold())
        if number is None:
            raise ReadError(None, f"the list has no column {column!r}")
        return number

    def cell(self, cells: list[Cell], column: Column | None) -> Cell:
        """The cell, empty when the mapping names no column or the row is too short."""
        if column is None:
            return ""
        number = self.find(column)
        value = cells[number] if number < len(cells) else ""
        return value.strip() if isinstance(value, str) else value

    def text(self, cells: list[Cell], column: Column | None) -> str:
        if column is None:
            return ""
        return squeeze(as_text(self.cell(cells, column)))


def _items(rows: list[Row], mapping: Mapping, columns: _Columns, warnings: list[str]) -> Iterator[_Item]:
    if mapping.amount is None and mapping.credit is None and mapping.debit is None:
        raise ReadError(None, "the mapping names no amount column")
    ordinal = 0
    for line, cells in rows[columns.first :]:
        if not any(as_text(cell) for cell in cells):
            continue
        if any(as_text(cell) for cell in cells[columns.width :]):
            raise ReadError(line, f"the row has {len(cells)} fields, the heading {columns.width}: a separator or quote is out of place")
        if _is_summary(cells, mapping, columns):
            warnings.append(f"line {line}: passed over as a total or balance: {squeeze(' '.join(map(as_text, cells)))[:80]}")
            continue
        ordinal += 1
        yield _item(line, cells, mapping, columns, ordinal)


def _is_summary(cells: list[Cell], mapping: Mapping, columns: _Columns) -> bool:
    """A row without a day in it that calls itself a total or a balance."""
    day = columns.cell(cells, mapping.date)
    if isinstance(day, date) or (isinstance(day, str) and day[:1].isdecimal()):
        return False
    return any(isinstance(cell, str) and _SUMMARY.search(cell) for cell in cells)


def _item(line: int, cells: list[Cell], mapping: Mapping, columns: _Columns, ordinal: int) -> _Item:
    cell = columns.cell(cells, mapping.date)
    if cell == "":
        raise ReadError(line, "the row has no date")
    booking = parse_day(cell, mapping.date_format, line)
    value_cell = columns.cell(cells, mapping.value_date)
    value = parse_day(value_cell, mapping.date_format, line) if value_cell != "" else booking
    currency = currency_of(columns.text(cells, mapping.currency_column) or mapping.currency or _ask_currency(line), line)
    amount = _amount(cells, mapping, columns, currency, line)
    invoice = columns.text(cells, mapping.invoice_number)
    fee = _fee(cells, mapping, columns, currency, amount, line)
    entry = BankEntry(
        amount=amount, currency=currency, value_date=value, booking_date=booking, line=line, ordinal=ordinal,
        bank_reference=columns.text(cells, mapping.bank_reference), customer_reference=columns.text(cells, mapping.customer_reference),
        end_to_end_id=columns.text(cells, mapping.end_to_end_id), payer_name=columns.text(cells, mapping.payer_name),
        payer_account="".join(columns.text(cells, mapping.payer_account).split()), payer_bank=columns.text(cells, mapping.payer_bank),
        text="\n".join(part for part in (columns.text(cells, column) for column in mapping.text) if part),
        structured=(RemittanceRef(invoice),) if invoice else (),
    )  # fmt: skip
    account = "".join(columns.text(cells, mapping.account_column).split()) or mapping.account
    if mapping.fee is not None:
        entry = cards.sale(entry, settlement=mapping.settlement)
    return _Item(account, entry, _balance(cells, mapping, columns, currency, line), fee, columns.text(cells, mapping.batch))


def _fee(cells: list[Cell], mapping: Mapping, columns: _Columns, currency: str, gross: int, line: int) -> int:
    """What the fee of the row moves: below zero for one that is paid."""
    found = []
    for column in (mapping.fee, mapping.net):
        cell = columns.cell(cells, column)
        found.append(parse_amount(cell, mapping, currency, line) if cell != "" else None)
    return cards.fee(gross, found[0] or 0, found[1], line) if mapping.fee is not None else 0


def _ask_currency(line: int) -> str:
    raise ReadError(line, "the list doesn't say its currency: choose one in the mapping")


def _amount(cells: list[Cell], mapping: Mapping, columns: _Columns, currency: str, line: int) -> int:
    """Signed minor units, credit to us positive."""
    if mapping.amount is not None:
        cell = columns.cell(cells, mapping.amount)
        if cell == "":
            raise ReadError(line, "the row has no amount")
        amount = parse_amount(cell, mapping, currency, line)
        if mapping.direction is not None:
            return _directed(amount, columns.text(cells, mapping.direction), mapping, line)
        return -amount if mapping.sign == "debit_positive" else amount
    sides = []
    for column, side in ((mapping.credit, 1), (mapping.debit, -1)):
        cell = columns.cell(cells, column)
        amount = parse_amount(cell, mapping, currency, line) if cell != "" else 0
        sides.append(side * _unsigned(amount, mapping, line))
    if all(sides):
        raise ReadError(line, "the row has a credit and a debit amount")
    if not any(sides) and all(columns.cell(cells, column) == "" for column in (mapping.credit, mapping.debit)):
        raise ReadError(line, "the row has no amount")
    return sum(sides)


def _unsigned(amount: int, mapping: Mapping, line: int) -> int:
    if amount >= 0 or mapping.negative == "reverse":
        return amount
    if mapping.negative == "absolute":
        return -amount
    raise ReadError(line, "a negative amount beside debit or credit: say in the mapping whether it reverses or is just written so")


def _directed(amount: int, mark: str, mapping: Mapping, line: int) -> int:
    if mark.upper() in mapping.debit_marks:
        return -_unsigned(amount, mapping, line)
    if mark.upper() in mapping.credit_marks:
        return _unsigned(amount, mapping, line)
    raise ReadError(line, f"{mark[:20]!r} says neither debit nor credit")


def _balance(cells: list[Cell], mapping: Mapping, columns: _Columns, currency: str, line: int) -> int | None:
    """The running balance, None where it can't be read: it only serves to foot the list, so it refuses nothing."""
    cell = columns.cell(cells, mapping.balance)
    try:
        return parse_amount(cell, mapping, currency, line) if cell != "" else None
    except ReadError:
        return None


def _check_span(entries: list[BankEntry]) -> None:
    if not entries:
        return
    middle = median_low([entry.booking_date for entry in entries])
    for entry in entries:
        for day in (entry.booking_date, entry.value_date):
            if abs((day - middle).days) > _MAX_SPAN:
                raise ReadError(entry.line, f"{day} lies years away from the list's other days (around {middle})")


def _statement(key: tuple[str, str], items: list[_Item], mapping: Mapping, warnings: list[str]) -> Statement:
    account, currency = key
    own = [item for item in items if (item.account, item.entry.currency) == key]
    opening, closing = _running(own)
    if opening is None and any(item.balance is not None for item in own):
        warnings.append(f"the running balance of {account or 'the list'} in {currency} doesn't follow its movements and was not used")
    days = [item.entry.booking_date for item in own]
    first, last = (min(days), max(days)) if days else (None, None)
    return Statement(
        account=account, currency=currency, statement_id=f"{first}/{last}" if days else "", opening_date=first, opening_balance=opening,
        closing_date=last, closing_balance=closing, entries=cards.entries([(i.entry, i.fee, i.batch) for i in own], lump=mapping.lump),
        kind="notification" if mapping.settlement else "booked",
    )  # fmt: skip


def _running(items: list[_Item]) -> tuple[int | None, int | None]:
    """Opening and closing balance out of a running balance, oldest or newest first; None where it doesn't follow the movements."""
    for ordered in (items, items[::-1]):
        balances = [item.balance for item in ordered]
        if not balances or any(balance is None for balance in balances):
            return None, None
        known = [balance for balance in balances if balance is not None]
        moves = [item.entry.amount + item.fee for item in ordered]
        if all(before + move == after for before, move, after in zip(known, moves[1:], known[1:], strict=False)):
            return known[0] - moves[0], known[-1]
    return None, None
