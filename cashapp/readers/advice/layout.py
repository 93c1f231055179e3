"""How a list or a PDF of remittances is read: which heading is what, how days and amounts are written. Proposed here, saved per sender.

A mapping names columns by their headings. The fingerprint is of the headings alone, so that a sender's next list is known again.
`preview` is the entrance for bytes.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from arops.lib import money
from arops.lib.reading import ReadError, habits, values
from arops.lib.reading.headings import flat
from arops.lib.reading.values import DateOrder, DecimalMark

from .grid import Grid, cells_of, is_total

__all__ = ["COLUMNS", "AdviceMapping", "AdviceProposal", "AdviceQuestion", "ReadError", "fingerprint", "propose_grid"]

COLUMNS: tuple[tuple[str, str], ...] = (
    ("reference", "Invoice number"), ("paid", "Amount paid"), ("gross", "Invoice amount"), ("discount", "Discount"),
    ("adjustment", "Deduction or adjustment"), ("code", "Reason of the deduction"), ("kind", "Kind of document"),
    ("po_number", "PO number"), ("text", "Remark"), ("payer_name", "Payer"), ("payer_account", "Payer's account"),
    ("trace", "Cheque, trace or payment number"),
    ("payment_reference", "Number of the advice"), ("payment_date", "Payment date"), ("total", "Total of the payment"),
    ("currency_column", "Currency"),
)  # fmt: skip
"""Fields of a mapping that name a column, with their labels, in the order of a form."""
AMOUNTS = ("paid", "gross", "discount", "adjustment", "total")

_WORDS: dict[str, str] = {
    "reference": "invoice|invoice number|invoice no|invoice #|invoice num|inv no|inv #|inv number|inv|document|document number|document no|"
    "doc no|doc number|doc #|reference|ref|ref no|reference number|your reference|your invoice|bill number|bill no|invoice reference|"
    "supplier invoice|supplier invoice number|supplier invoice no|vendor invoice|invoice id|rechnung|rechnungsnummer|rechnungsnr|"
    "rechnungs nr|rechnung nr|beleg|belegnummer|belegnr|beleg nr|referenz|ihre rechnung|ihre referenz|facture|numero de facture|n facture|"
    "no facture|factura|numero de factura|n factura|fattura|numero fattura|n fattura|factuur|factuurnummer|faktura|fakturanummer",
    "paid": "paid|amount paid|paid amount|payment amount|net amount|net|net paid|payment|amount remitted|remitted|remittance amount|"
    "amount applied|applied amount|paid now|amount|zahlbetrag|zahlungsbetrag|bezahlt|zahlung|gezahlt|netto|betrag|montant paye|"
    "montant regle|montant|importe pagado|pagado|importe|importo pagato|pagato|importo|betaald|betaald bedrag|bedrag|belopp|betalat",
    "gross": "gross|gross amount|invoice amount|original amount|invoice total|amount due|bill amount|document amount|invoice value|"
    "invoice balance|open amount|brutto|bruttobetrag|rechnungsbetrag|montant facture|montant brut|importe factura|importe bruto|"
    "importo fattura|factuurbedrag|fakturabelopp",
    "discount": "discount|discount taken|cash discount|disc|discount amount|disc taken|skonto|skontobetrag|escompte|descuento|sconto|"
    "korting|kassarabatt|rabatt",
    "adjustment": "adjustment|adjustments|adjustment amount|adj|deduction|deductions|deduction amount|deducted|short paid|short payment|"
    "withheld|chargeback|chargebacks|abzug|abzuge|kurzung|abzugsbetrag|retenue|deduction montant|deduccion|ritenuta|trattenuta|inhouding",
    "code": "reason|reason code|code|deduction code|adjustment code|adjustment reason|deduction reason|adj code|grund|abzugsgrund|motif|"
    "motivo|causale|reden",
    "kind": "type|document type|doc type|kind|art|belegart|type de document|tipo",
    "po_number": "po|po number|po no|po #|purchase order|purchase order number|customer po|order|order number|order no|bestellung|"
    "bestellnummer|bestellnr|commande|numero de commande|pedido|ordine|inkooporder",
    "text": "description|comment|comments|remarks|remark|memo|note|notes|details|text|buchungstext|bemerkung|verwendungszweck|libelle|"
    "descripcion|concepto|descrizione|omschrijving",
    "payer_name": "payer|payer name|customer|customer name|paid by|company|company name|from|remitter|remitter name|vendor payer|zahler|"
    "auftraggeber|kunde|payeur|cliente|betaler",
    "payer_account": "payer account|bank account|iban|our account|account number|debit account|konto|kontonummer",
    "trace": "check number|cheque number|check no|cheque no|check #|cheque #|check|cheque|trace|trace number|trace no|eft number|ach trace|"
    "ach number|payment number|payment no|payment #|payment id|transaction id|transaction number|wire reference|wire number|end to end id|"
    "end to end reference|payment document|zahlungsnummer|zahlungsnr|schecknummer|zahlungsbeleg|numero de paiement|numero de pago",
    "payment_reference": "payment reference|remittance number|remittance no|remittance id|remittance advice|remittance reference|"
    "advice number|advice no|advice|payment advice|avis|avisnummer|avis nr|zahlungsavis|zahlungsreferenz|avis de paiement",
    "payment_date": "payment date|paid on|date paid|check date|cheque date|pay date|date of payment|remittance date|value date|"
    "deposit date|zahldatum|zahlungsdatum|zahltag|valuta|date de paiement|fecha de pago|data pagamento|betaaldatum",
    "total": "payment total|total payment|total paid|check amount|cheque amount|total amount|total amount paid|total|amount of payment|"
    "gesamtbetrag|zahlbetrag gesamt|summe|total remitted|montant total|importe total|importo totale|totaal",
    "currency_column": "currency|curr|ccy|currency code|payment currency|wahrung|devise|moneda|valuta code|divisa|munt|valuta wahrung",
}  # fmt: skip
WORDS: dict[str, str] = {word: name for name, words in _WORDS.items() for word in words.split("|")}
_PLAIN_AMOUNTS = frozenset(("amount", "betrag", "montant", "importe", "importo", "bedrag", "belopp", "netto", "net"))
"""Headings that mean what was paid only where no other column says so."""
_OF_PAYMENT = ("trace", "payment_reference", "payment_date", "total", "payer_name", "payer_account", "currency_column")
_CURRENCIES = {code.casefold(): code for code in money.currencies()}
_SIGNS = {"€": "EUR", "£": "GBP"}
SHOWN = 20


@dataclass(frozen=True, slots=True)
class AdviceMapping:
    """A saved layout (AdviceLayout.mapping by `arops.lib.codec`). Fields of COLUMNS hold a heading, or nothing.

    `currency` serves rows that don't say theirs; `date_order` and `decimal_mark` are empty where every cell can be read one way only.
    """

    reference: str = ""
    paid: str = ""
    gross: str = ""
    discount: str = ""
    adjustment: str = ""
    code: str = ""
    kind: str = ""
    po_number: str = ""
    text: str = ""
    payer_name: str = ""
    payer_account: str = ""
    trace: str = ""
    payment_reference: str = ""
    payment_date: str = ""
    total: str = ""
    currency_column: str = ""
    currency: str = ""
    date_order: DateOrder = ""
    decimal_mark: DecimalMark = ""
    sheet: str = ""


@dataclass(frozen=True, slots=True)
class AdviceQuestion:
    """What a person has to decide first: the mapping's field, the words to ask, the possible answers, the line it is about."""

    field: str
    text: str
    choices: tuple[str, ...] = ()
    line: int | None = None


@dataclass(frozen=True, slots=True)
class AdviceProposal:
    """A mapping to show, its open questions, and what the file looks like. `above` is what stands over the headings."""

    kind: str
    mapping: AdviceMapping
    questions: tuple[AdviceQuestion, ...]
    headings: tuple[str, ...]
    fingerprint: str
    rows: tuple[tuple[str, ...], ...]
    above: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def fingerprint(headings: Iterable[str]) -> str:
    """Of a list's headings, whatever their case, accents and blanks."""
    return hashlib.sha256("\x1f".join(flat(heading) for heading in headings).encode()).hexdigest()


def role_of(heading: str) -> str:
    """What a heading means, "" when nothing that is known: `Amount paid (EUR)` is `paid`."""
    said = flat(heading)
    if said not in WORDS and (first := said.rpartition(" ")) and first[2] in _CURRENCIES:
        said = first[0]
    return WORDS.get(said, "")


def known(headings: Sequence[str]) -> int:
    """How many different fields these headings name; a row that names no document and no amount is no heading row."""
    found = {role for heading in headings if (role := role_of(heading))}
    return len(found) if found & {"reference", "paid", "gross"} else 0


def propose_grid(grid: Grid, currency: str = "") -> AdviceProposal:
    """How these rows would be read; `currency` is taken where nothing in them says one."""
    mapping = _columns(grid)
    mapping = replace(mapping, currency=_currency(grid, mapping) or currency, sheet=grid.sheet)
    mapping, questions = _habits(grid, mapping)
    rows = tuple(row.cells for row in grid.rows[:SHOWN])
    above = tuple("  ".join(cells) for cells in grid.above)
    return AdviceProposal(grid.kind, mapping, tuple(questions), grid.headings, fingerprint(grid.headings), rows, above, grid.notes)


def settled(grid: Grid, mapping: AdviceMapping) -> AdviceMapping:
    """The mapping with how this file writes days and amounts, where it leaves that open. ReadError for what can be read two ways."""
    mapping, questions = _habits(grid, mapping)
    asked = [q for q in questions if q.field in ("date_order", "decimal_mark")]
    if asked:
        raise ReadError(asked[0].line, asked[0].text)
    return mapping


def _columns(grid: Grid) -> AdviceMapping:
    """Headings by what they say; of two that say the same the first counts, but `Net amount` goes before a bare `Amount`."""
    found: dict[str, str] = {}
    for heading in grid.headings:
        role = role_of(heading)
        plain = _plain(heading)
        if role == "paid" and "paid" in found and _plain(found["paid"]) and not plain:
            found.setdefault("gross", found["paid"])
            found["paid"] = heading
        elif role == "paid" and "paid" in found and plain:
            found.setdefault("gross", heading)
        elif role:
            found.setdefault(role, heading)
    return AdviceMapping(**found)  # type: ignore[arg-type]


def _plain(heading: str) -> bool:
    said = flat(heading)
    return said in _PLAIN_AMOUNTS or (said.rpartition(" ")[0] in _PLAIN_AMOUNTS and said.rpartition(" ")[2] in _CURRENCIES)


def _currency(grid: Grid, mapping: AdviceMapping) -> str:
    """Out of a heading such as `Amount (EUR)`, of what stands above, or of signs beside the amounts."""
    for heading in (mapping.paid, mapping.gross, mapping.total):
        if code := _CURRENCIES.get(flat(heading).rpartition(" ")[2]):
            return code
    for label, value in grid.said():
        role = role_of(label)
        if role == "currency_column" and (code := _CURRENCIES.get(value.strip().casefold())):
            return code
        if role in ("total", "paid") and (code := _code_beside(value)):
            return code
    beside = {_code_beside(cell) for _, cell in cells_of(grid, mapping.paid or mapping.gross)} - {""}
    return beside.pop() if len(beside) == 1 else ""


def _code_beside(cell: str) -> str:
    text = cell.strip()
    return next((code for mark, code in _SIGNS.items() if mark in text), "") or next(
        (_CURRENCIES[part] for part in (text[:3].casefold(), text[-3:].casefold()) if part in _CURRENCIES), ""
    )


def _habits(grid: Grid, mapping: AdviceMapping) -> tuple[AdviceMapping, list[AdviceQuestion]]:
    questions: list[AdviceQuestion] = []
    if not mapping.reference:
        questions.append(AdviceQuestion("reference", "no heading says which column holds the invoice numbers: choose it"))
    days = [*cells_of(grid, mapping.payment_date), *_above(grid, ("payment_date",))]
    amounts = [c for name in AMOUNTS for c in cells_of(grid, getattr(mapping, name))] + _above(grid, ("total", "paid"))
    order: DateOrder = mapping.date_order or habits.date_order(days)
    amounts = [(line, cell) for line, cell in amounts if not values.was_shortened(cell)]
    mark: DecimalMark = mapping.decimal_mark or habits.decimal_mark(amounts) or _mark_left(amounts, mapping.currency)
    if not order and (day := habits.unclear_day(days)):
        questions.append(AdviceQuestion("date_order", day[1], ("dmy", "mdy"), day[0]))
    if not mark and (amount := habits.unclear_mark(amounts)):
        questions.append(AdviceQuestion("decimal_mark", amount[1], (".", ","), amount[0]))
    if not mapping.currency and any(not cell for _, cell in _currencies(grid, mapping)):
        questions.append(AdviceQuestion("currency", "nothing says the currency: choose one"))
    return replace(mapping, date_order=order, decimal_mark=mark), questions


def _mark_left(amounts: Iterable[tuple[int, str]], currency: str) -> DecimalMark:
    """1,234 can't be decimals of a currency that has two: then the comma parts thousands. Nothing where both marks stand so, or it can."""
    marks = {next(c for c in cell if c in ".,") for _, cell in amounts if values.mark_of(cell) == "either"}
    if len(marks) != 1 or not currency or money.exponent(currency) >= 3:
        return ""
    return "." if marks == {","} else ","


def _above(grid: Grid, names: Sequence[str]) -> list[tuple[int, str]]:
    return [(1, value) for label, value in grid.said() if role_of(label) in names]


def _currencies(grid: Grid, mapping: AdviceMapping) -> list[tuple[int, str]]:
    """Currency cells of rows that are no totals; one empty where no column holds any."""
    if not mapping.currency_column:
        return [(0, "")]
    place = grid.headings.index(mapping.currency_column)
    return [(row.line, row.cells[place]) for row in grid.rows if not is_total(row.cells)]
