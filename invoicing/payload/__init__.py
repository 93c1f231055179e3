"""Reading a document as an ERP sends it: a mapping of JSON values in, a checked `Document` or a list of `Problem`s out. Pure.

Written out by hand, not by a serializer class: a batch has thousands of rows, and each is read here in a tenth of a millisecond.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any

from arops.lib import money
from customers.terms import Terms, TermsError, parse_terms
from invoicing.payload.parts import Document, Line, Problem, Reader, Reference, parse_day, read_reference

__all__ = [
    "FIELDS",
    "KINDS",
    "LINE_FIELDS",
    "Document",
    "Line",
    "Problem",
    "Reference",
    "digest",
    "parse_day",
    "read_document",
    "read_reference",
]

KINDS = ("invoice", "debit_memo", "credit_memo")
FIELDS = frozenset(
    "source_system external_id source_version company number kind customer currency document_date due_date payment_terms po_number order "
    "refers_to replaces reason reason_code buyer_reference cost_code retainage lines subtotal tax_total total".split()
)
LINE_FIELDS = frozenset(
    "number sku description quantity unit unit_price amount tax_code tax_amount po_line order_line work_order contract gl_account "
    "releases period_from period_to".split()
)
MAX_LINES = 2_000


@lru_cache(maxsize=512)
def _terms(text: str) -> Terms | None:
    try:
        return parse_terms(text)
    except TermsError:
        return None


def read_document(row: Any, *, source_system: str, kind: str | None = None) -> Document | list[Problem]:
    """A row as a Document, or everything that is wrong with it. `kind` fixes the kind where the address says it."""
    if not isinstance(row, Mapping):
        return [Problem("", "invalid", "a row is an object")]
    reader = Reader(row)
    reader.unknown(row, FIELDS)
    reader.currency = _currency(reader)
    found_kind = _kind(reader, kind)
    lines = _lines(reader)
    subtotal, tax, total = _totals(reader, lines)
    document_date, due = reader.day("document_date", needed=True), reader.day("due_date")
    if document_date and due and due < document_date:
        reader.wrong("/due_date", "invalid_date", "due_date lies before document_date")
    terms_text, terms = _terms_of(reader)
    customer = reader.reference(row, "customer", needed=True)
    order, refers_to = reader.reference(row, "order"), reader.reference(row, "refers_to")
    external = reader.text(row, "external_id", 80)
    document = Document(
        source_system=reader.text(row, "source_system", 40) or source_system,
        external_id=external or None,
        source_version=reader.whole(row, "source_version", most=2**62),
        company=reader.text(row, "company", 20, needed=True),
        number=reader.text(row, "number", 60, needed=True),
        kind=found_kind,
        customer=customer or Reference(),
        currency=reader.currency,
        document_date=document_date or date.min,
        due_date=due,
        terms_text=terms_text,
        terms=terms,
        po_number=reader.text(row, "po_number", 60),
        order_reference=(order.external_id or order.id) if order else "",
        refers_to=refers_to,
        reason=reader.text(row, "reason", 200),
        lines=tuple(lines),
        subtotal=subtotal,
        tax_total=tax,
        total=total,
        payload_hash="",
        reason_code=reader.text(row, "reason_code", 30),
        buyer_reference=reader.text(row, "buyer_reference", 60),
        cost_code=reader.text(row, "cost_code", 60),
        retainage=_retainage(reader, found_kind, lines, total),
        replaces=reader.reference(row, "replaces"),
    )
    if reader.problems:
        return reader.problems
    return _with_hash(document, row)


def _terms_of(reader: Reader) -> tuple[str, Terms | None]:
    text = reader.text(reader.row, "payment_terms", 40)
    terms = _terms(text) if text else None
    if text and terms is None:
        reader.wrong("/payment_terms", "invalid", f"{text!r} are not payment terms: write them like net 30 or 2/10 net 30")
    return text, terms


def _with_hash(document: Document, row: Mapping[str, Any]) -> Document:
    """The hash tells a repeat from a change; the sender's version number isn't part of what was said."""
    said = {k: v for k, v in row.items() if k != "source_version"} | {"source_system": document.source_system, "kind": document.kind}
    object.__setattr__(document, "payload_hash", digest(said))
    return document


def digest(row: Mapping[str, Any]) -> str:
    """What tells one payload from another: the same for the same values, whatever their order."""
    return hashlib.sha256(
        json.dumps(row, sort_keys=True, separators=(",", ":"), default=str).encode("utf-8", "surrogatepass")
    ).hexdigest()  # fmt: skip


def _currency(reader: Reader) -> str:
    currency = reader.text(reader.row, "currency", 3, needed=True)
    try:
        if currency:
            money.exponent(currency)
        return currency
    except money.MoneyError as error:
        reader.wrong("/currency", "unknown_currency", str(error))
        return ""


def _kind(reader: Reader, fixed: str | None) -> str:
    given = reader.text(reader.row, "kind", 20) or fixed or "invoice"
    if given not in KINDS or (fixed and given != fixed):
        reader.wrong("/kind", "invalid", f"kind is {fixed or ', '.join(KINDS)}")
    return given


def _lines(reader: Reader) -> list[Line]:
    rows = reader.row.get("lines", [])
    if not isinstance(rows, Sequence) or isinstance(rows, str) or len(rows) > MAX_LINES:
        reader.wrong("/lines", "invalid", f"lines is a list of at most {MAX_LINES} objects")
        return []
    found, seen = [], set()
    for n, row in enumerate(rows):
        pointer = f"/lines/{n}"
        if not isinstance(row, Mapping):
            reader.wrong(pointer, "invalid", "a line is an object")
            continue
        line = _line(reader, row, pointer, n + 1)
        if line.number in seen:
            reader.wrong(f"{pointer}/number", "duplicate", f"line {line.number} is there twice")
        seen.add(line.number)
        found.append(line)
    return found


def _line(reader: Reader, row: Mapping[str, Any], pointer: str, position: int) -> Line:
    reader.unknown(row, LINE_FIELDS, pointer)
    quantity, price = reader.decimal(row, "quantity", pointer), reader.decimal(row, "unit_price", pointer)
    amount = _line_amount(reader, row, pointer, quantity, price)
    work_order, contract = reader.reference(row, "work_order", pointer), reader.reference(row, "contract", pointer)
    period_from, period_to = (reader.day(name, row, pointer) for name in ("period_from", "period_to"))
    if period_from and period_to and period_to < period_from:
        reader.wrong(f"{pointer}/period_to", "invalid_date", "period_to lies before period_from")
    return Line(
        number=reader.whole(row, "number", pointer) or position, sku=reader.text(row, "sku", 60, pointer),
        description=reader.text(row, "description", 300, pointer), quantity=Decimal(1) if quantity is None else quantity,
        unit=reader.text(row, "unit", 10, pointer),
        unit_price=price if price is not None else money.to_decimal(amount, reader.currency) if reader.currency else Decimal(0),
        amount=amount, tax_code=reader.text(row, "tax_code", 20, pointer), tax_amount=reader.amount(row, "tax_amount", pointer) or 0,
        po_line=reader.whole(row, "po_line", pointer), order_line=reader.whole(row, "order_line", pointer),
        work_order=(work_order.external_id or work_order.id) if work_order else "",
        contract=(contract.external_id or contract.id) if contract else "", gl_account=reader.text(row, "gl_account", 20, pointer),
        releases=reader.reference(row, "releases", pointer), period_from=period_from, period_to=period_to,
    )  # fmt: skip


def _retainage(reader: Reader, kind: str, lines: Sequence[Line], total: int) -> int:
    """What is kept back; none of it on memos, and a release of retainage bills nothing else."""
    kept = reader.amount(reader.row, "retainage") or 0
    if kept and (kind != "invoice" or not 0 < kept < total):
        reader.wrong("/retainage", "invalid", "retainage is a part of an invoice's total that is kept back: more than zero, less than all")
    releasing = [line for line in lines if line.releases]
    if releasing and (len(releasing) < len(lines) or kept or kind != "invoice" or any(x.tax_amount or x.amount <= 0 for x in lines)):
        said = "an invoice that releases retainage has such lines alone: amounts above zero, no tax, nothing kept back"
        reader.wrong("/lines", "invalid", said)
    return kept


def _line_amount(reader: Reader, row: Mapping[str, Any], pointer: str, quantity: Decimal | None, price: Decimal | None) -> int:
    """The amount as sent, held against quantity × unit price; or their product when none was sent."""
    amount = reader.amount(row, "amount", pointer)
    if not reader.currency:
        return 0
    if quantity is None or price is None:
        if amount is None and "amount" not in row:
            reader.wrong(f"{pointer}/amount", "required", "a line needs an amount, or a quantity and a unit_price")
        return amount or 0
    product = (quantity * price).scaleb(money.exponent(reader.currency))
    if amount is None:
        return int(product.to_integral_value())
    if abs(product - amount) >= 1:
        said = f"quantity × unit_price is {quantity * price}, amount is {row.get('amount')}"
        reader.wrong(f"{pointer}/amount", "does_not_add_up", said)
    return amount


def _totals(reader: Reader, lines: Sequence[Line]) -> tuple[int, int, int]:
    """Subtotal, tax and total: what was sent, held against each other and the lines; or what follows from the lines."""
    row = reader.row
    subtotal, tax, total = (reader.amount(row, name) for name in ("subtotal", "tax_total", "total"))
    if not reader.currency or any(p.code == "invalid_amount" for p in reader.problems):
        return 0, 0, 0
    if not lines and total is None:
        reader.wrong("/total", "required", "lines or a total are needed")
        return 0, 0, 0
    tax_of_lines, net_of_lines = sum(x.tax_amount for x in lines), sum(x.amount for x in lines)
    tax = (tax_of_lines if lines else 0) if tax is None else tax
    subtotal = (net_of_lines if lines else (total or 0) - tax) if subtotal is None else subtotal
    total = subtotal + tax if total is None else total
    if lines and subtotal != net_of_lines:
        reader.wrong("/subtotal", "does_not_add_up", f"the lines sum to {money.to_text(net_of_lines, reader.currency)}")
    if lines and tax != tax_of_lines:
        reader.wrong("/tax_total", "does_not_add_up", f"the lines' taxes sum to {money.to_text(tax_of_lines, reader.currency)}")
    if subtotal + tax != total:
        reader.wrong("/total", "does_not_add_up", f"subtotal and tax_total sum to {money.to_text(subtotal + tax, reader.currency)}")
    if total <= 0:
        reader.wrong("/total", "not_positive", "a document's total is more than zero; a credit is a credit_memo of a positive amount")
    return subtotal, tax, total
