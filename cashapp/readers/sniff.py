"""Proposes a `Mapping` for a CSV or Excel list out of its headings and cells, with questions where the list can be read two ways.

A proposal is shown to a person, who answers the questions and saves it; only a proposal without questions is used as it is.
"""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from . import archive, sheets, text
from .mapping import Cell, Column, Mapping, parse_day
from .model import ReadError, squeeze
from .sheets import Row, as_text

_WORDS: dict[str, str] = {
    "date": "date|booking date|posting date|transaction date|posted date|date posted|entry date|buchungstag|buchungsdatum|datum|"
    "date operation|date d operation|date comptable|fecha|fecha operacion|fecha contable|data|data contabile|data operazione|boekdatum",
    "value_date": "value date|valuta|valutadatum|wertstellung|date valeur|date de valeur|fecha valor|data valuta|rentedatum",
    "amount": "amount|transaction amount|betrag|umsatz|montant|importe|importo|bedrag|gross|bruto|kwota|belopp|summa",
    "credit": "credit|credits|credit amount|haben|gutschrift|abono|abonos|haber|entrate|accrediti|deposit|deposits|money in|paid in",
    "debit": "debit|debits|debit amount|soll|lastschrift|debe|cargo|cargos|uscite|addebiti|withdrawal|withdrawals|money out|paid out",
    "direction": "d c|c d|dc|cd|dr cr|cr dr|debit credit|credit debit|credit debit indicator|soll haben|af bij|sens",
    "currency_column": "currency|currency code|ccy|curr|wahrung|devise|moneda|divisa|munt|waluta",
    "account_column": "account|account number|account no|iban|own account|konto|auftragskonto|cuenta|compte|rekening|rekeningnummer",
    "text": "description|label|details|detail|memo|narrative|narration|verwendungszweck|buchungstext|libelle|concepto|descripcion|"
    "descrizione|causale|omschrijving|mededelingen|subject|note|remittance|remittance information|payment details|type|communication",
    "payer_name": "partner name|name|payee|payer|payer name|counterparty|counterparty name|auftraggeber|beguenstigter|beneficiary|nombre|"
    "naam|naam tegenpartij|remitter|sender|nom|beguenstigter zahlungspflichtiger|begunstigter zahlungspflichtiger|partner",
    "payer_account": "bank account|partner account|counterparty account|counterparty iban|tegenrekening|from account|payer account|"
    "payer iban",
    "bank_reference": "reference|ref|bank reference|transaction id|transaction reference|referenz|referencia|operation number|fitid|txn id|"
    "unique id|id de transaccion|riferimento",
    "customer_reference": "customer reference|check number|cheque number|check no|kundenreferenz",
    "end_to_end_id": "end to end id|end to end reference|endtoendid|ende zu ende referenz",
    "invoice_number": "invoice|invoice number|invoice no|invoice id|id de factura|rechnungsnummer|factuurnummer",
    "fee": "fee|fees|processing fee|processing fees|merchant fee|discount fee|gebuhr|gebuhren|comision|frais|commission|kosten",
    "net": "net|net amount|amount net|net total|neto|netto|montant net",
    "batch": "batch|batch id|batch number|batch no|settlement|settlement id|settlement batch|payout|payout id|deposit id",
    "balance": "balance|running balance|saldo|solde|kontostand|account balance",
}
_ROLES = {word: role for role, words in _WORDS.items() for word in words.split("|")}
_FORMATS = (
    "%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d", "%d.%m.%Y", "%d.%m.%y", "%d/%m/%Y", "%m/%d/%Y", "%d/%m/%y", "%m/%d/%y",
    "%d-%m-%Y", "%m-%d-%Y", "%d-%m-%y", "%m-%d-%y", "%d %b %Y", "%d-%b-%Y", "%d-%b-%y", "%b %d, %Y", "%d %B %Y",
)  # fmt: skip
_HEAD_ROWS = 60
_GROUPED = re.compile(r"[0-9]{1,3}(?:([.,' ])[0-9]{3})+(?:([.,])[0-9]+)?", re.ASCII)
_PLAIN = re.compile(r"[0-9]+([.,])([0-9]+)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Question:
    """What a person has to decide before the list can be read: the mapping's field, the words to ask, the possible answers."""

    field: str
    text: str
    choices: tuple[str, ...] = ()
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Proposal:
    """A mapping to show, its open questions, notes on what is not read, the headings and the first rows as text."""

    mapping: Mapping
    questions: tuple[Question, ...]
    notes: tuple[str, ...]
    columns: tuple[str, ...]
    preview: tuple[tuple[str, ...], ...]


def sniff(data: bytes) -> Proposal:
    """A proposal for a CSV or Excel list; ReadError when no heading row can be made out."""
    if archive.is_zip(data):
        title, rows = sheets.xlsx_rows(data)
        return _propose(rows, Mapping(date=1, sheet=title), (), "the first worksheet")
    encoding = text.guess_encoding(data)
    body = text.decode(data, encoding)
    delimiter, rows = _delimiter(body)
    start = Mapping(date=1, delimiter=delimiter, encoding=encoding)
    return _propose(rows, start, (f"the text was read as {encoding}, separated by {delimiter!r}",), "the list")


def _delimiter(body: str) -> tuple[str, list[Row]]:
    """The separator that makes the best heading row; the rows are then read again whole, so that a bad line is named."""
    head = "\n".join(body.split("\n")[:_HEAD_ROWS])
    scores = []
    for delimiter in (",", ";", "\t", "|"):
        try:
            rows = list(sheets.csv_rows(head, delimiter))
        except ReadError:
            rows = _lenient(head, delimiter)
        scores.append((_header(rows)[1], max((len(cells) for _, cells in rows), default=0), delimiter))
    best = max(scores, key=lambda score: score[:2])
    return best[2], list(sheets.csv_rows(body, best[2]))


def _lenient(head: str, delimiter: str) -> list[Row]:
    return [(number, list[Cell](line.split(delimiter))) for number, line in enumerate(head.split("\n"), start=1)]


def _role(heading: str) -> str:
    flat = unicodedata.normalize("NFKD", heading.casefold()).encode("ascii", "ignore").decode()
    return _ROLES.get(" ".join(re.sub(r"[^a-z0-9]+", " ", flat).split()), "")


def _header(rows: list[Row]) -> tuple[int | None, int]:
    """Index of the row that reads most like headings, and how many it names; it must name a date and an amount."""
    best, score = None, 0
    for index, (_, cells) in enumerate(rows[:_HEAD_ROWS]):
        roles = [_role(cell) for cell in cells if isinstance(cell, str)]
        if "date" in roles and {"amount", "credit", "debit"} & set(roles) and len([r for r in roles if r]) > score:
            best, score = index, len([role for role in roles if role])
    return best, score


def _propose(rows: list[Row], start: Mapping, notes: tuple[str, ...], what: str) -> Proposal:
    index, _ = _header(rows)
    if index is None:
        raise ReadError(1, f"no bank format, and {what} has no heading row with a date and an amount: map its columns")
    line, cells = rows[index]
    headings = [squeeze(as_text(cell)) for cell in cells]
    body = [row for row in rows[index + 1 :] if any(as_text(cell) for cell in row[1])]
    mapping = replace(_columns(headings, body, start), header_row=line)
    mapping, questions = _formats(mapping, headings, body)
    if mapping.fee is not None:
        notes += (f"column {mapping.fee!r} holds fees: they go to bank charges, the sales are receipts of their full amount",)
    preview = tuple(tuple(as_text(cell) for cell in row[1]) for row in body[:20])
    return Proposal(mapping, tuple(questions), notes, tuple(headings), preview)


def _columns(headings: list[str], body: list[Row], start: Mapping) -> Mapping:
    """Headings by what they say; of two that say the same the first counts, texts are all taken."""
    found: dict[str, Any] = {}
    texts: list[Column] = []
    for number, heading in enumerate(headings, start=1):
        role = _role(heading)
        name: Column = heading if headings.count(heading) == 1 else number
        if role == "text":
            texts.append(name)
        elif role:
            found.setdefault(role, name)
    if "amount" in found:
        found.pop("credit", None)
        found.pop("debit", None)
    else:
        found.pop("direction", None)
    if "fee" not in found or "amount" not in found:
        for role in ("fee", "net", "batch"):
            found.pop(role, None)
    else:
        found["settlement"] = "balance" not in found
    own = found.get("account_column")
    if own is not None and len({_text_at(row, headings, own) for row in body}) > 1 and "payer_account" not in found:
        found["payer_account"] = found.pop("account_column")
    return replace(start, text=tuple(texts), **found)


def _position(headings: list[str], column: Column) -> int:
    return column - 1 if isinstance(column, int) else headings.index(column)


def _cell_at(row: Row, headings: list[str], column: Column) -> Cell:
    position = _position(headings, column)
    return row[1][position] if position < len(row[1]) else ""


def _text_at(row: Row, headings: list[str], column: Column) -> str:
    return as_text(_cell_at(row, headings, column))


_Settle = Callable[[Mapping, list[str], list[Row], list[Question]], Mapping]


def _formats(mapping: Mapping, headings: list[str], body: list[Row]) -> tuple[Mapping, list[Question]]:
    questions: list[Question] = []
    steps: tuple[_Settle, ...] = (_settle_days, _settle_marks, _settle_signs, _settle_currency)
    for settle in steps:
        mapping = settle(mapping, headings, body, questions)
    return mapping, questions


def _settle_days(mapping: Mapping, headings: list[str], body: list[Row], questions: list[Question]) -> Mapping:
    written = [
        (row[0], cell.strip())
        for row in body
        for column in (mapping.date, mapping.value_date)
        if column is not None and isinstance(cell := _cell_at(row, headings, column), str) and cell.strip()[:1].isdecimal()
    ]
    readings = {pattern: _read_all(written, pattern) for pattern in _FORMATS}
    possible = {pattern: days for pattern, days in readings.items() if days is not None}
    if not written or not possible:
        return replace(mapping, date_format=_likeliest(written))
    if len({tuple(days) for days in possible.values()}) == 1:
        return replace(mapping, date_format=next(iter(possible)))
    place = next(i for i in range(len(written)) if len({days[i] for days in possible.values()}) > 1)
    meanings = " or ".join(f"{days[place].day} {days[place]:%B %Y}" for days in possible.values())
    line, example = written[place]
    questions.append(Question("date_format", f"{example!r} may be {meanings}: choose the date format", tuple(possible), line))
    return mapping


def _read_all(written: list[tuple[int, str]], pattern: str) -> list[date] | None:
    try:
        return [parse_day(cell, pattern, line) for line, cell in written]
    except ReadError:
        return None


def _likeliest(written: list[tuple[int, str]]) -> str | None:
    """No format reads all days: the one that reads most, so that reading the list names the line that is wrong."""
    counts = {pattern: sum(_read_all([item], pattern) is not None for item in written[:500]) for pattern in _FORMATS}
    best = max(counts.values(), default=0)
    likely = [pattern for pattern, count in counts.items() if count == best]
    return likely[0] if best else ("%d.%m.%Y" if written else None)


def _settle_marks(mapping: Mapping, headings: list[str], body: list[Row], questions: list[Question]) -> Mapping:
    """Decimal and thousands marks out of the amounts that can be read one way only."""
    columns = [c for c in (mapping.amount, mapping.credit, mapping.debit, mapping.balance, mapping.fee, mapping.net) if c is not None]
    found = [(row[0], _cell_at(row, headings, column)) for row in body for column in columns]
    cells = [(line, cell.strip()) for line, cell in found if isinstance(cell, str) and cell.strip()]
    unsure, decimal, thousands = None, "", ""
    for line, cell in cells:
        digits = re.sub(r"[^0-9.,' ]", "", cell.replace("\u00a0", " ").replace("\u202f", " ").replace("’", "'")).strip()
        grouped, plain = _GROUPED.fullmatch(digits), _PLAIN.fullmatch(digits)
        if grouped and (grouped[2] or grouped[1] in " '" or digits.count(grouped[1]) > 1):
            thousands = grouped[1]
            decimal = decimal or grouped[2] or {".": ",", ",": "."}.get(grouped[1], "")
        elif plain and len(plain[2]) != 3:
            decimal = decimal or plain[1]
        elif plain and unsure is None:
            unsure = (line, cell)
    if not decimal and unsure:
        questions.append(Question("decimal", f"{unsure[1]!r}: is the mark before the decimals a comma or a point?", (".", ","), unsure[0]))
    decimal = decimal or "."
    changes: dict[str, Any] = {"decimal": decimal, "thousands": thousands or {".": ",", ",": "."}[decimal]}
    return replace(mapping, **changes)


def _settle_signs(mapping: Mapping, headings: list[str], body: list[Row], questions: list[Question]) -> Mapping:
    """All debits negative and no credit: that is how the bank writes debits. Anything mixed is asked."""
    credits, debits = _negatives(body, headings, mapping.credit), _negatives(body, headings, mapping.debit)
    if not credits[0] and debits[0] and debits[0] == debits[1]:
        return replace(mapping, negative="absolute")
    first = min((line for _, _, line in (credits, debits) if line is not None), default=None)
    if first is not None:
        words = "a negative amount in a credit or debit column: reversal, or just written so?"
        questions.append(Question("negative", words, ("reverse", "absolute"), first))
    return mapping


def _negatives(body: list[Row], headings: list[str], column: Column | None) -> tuple[int, int, int | None]:
    """How many amounts of the column are negative, how many are not zero, the line of the first negative."""
    if column is None:
        return 0, 0, None
    filled = [(row[0], cell) for row in body if re.search("[1-9]", cell := _text_at(row, headings, column))]
    below = [line for line, cell in filled if cell.startswith(("-", "\u2212", "(")) or cell.endswith("-")]
    return len(below), len(filled), below[0] if below else None


def _settle_currency(mapping: Mapping, headings: list[str], body: list[Row], questions: list[Question]) -> Mapping:
    column = mapping.currency_column
    dated = [row for row in body if _text_at(row, headings, mapping.date)[:1].isdecimal()]
    gaps = [row[0] for row in dated if column is None or not _text_at(row, headings, column)]
    if gaps:
        questions.append(Question("currency", "the row doesn't say its currency: choose one for the list", (), gaps[0]))
    return mapping
