"""Memos as documents: their lines after those of what they are about; an invoice's own once more, to bill it again."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from arops.lib import money
from arops.lib.merging import language_of, merge
from arops.lib.words import by_language
from invoicing.models import Invoice, InvoiceLine

Text = Callable[[int], str]
_COPIED = "number sku description unit tax_code po_line order_line work_order contract gl_account".split()


@dataclass(frozen=True, slots=True)
class MemoLine:
    """A share of a document's line (None: of the document as a whole): positive minor units; the quantity where one is meant."""

    line_id: int | None
    net: int
    tax: int = 0
    quantity: Decimal | None = None


def total_of(lines: Sequence[MemoLine]) -> int:
    """What they come to."""
    return sum(line.net + line.tax for line in lines)


def _text_of(invoice: Invoice) -> Text:
    return lambda amount: money.to_text(amount, invoice.currency)


def _said(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if value not in (None, "", [])}


def memo_amounts(invoice: Invoice, lines: Sequence[MemoLine], kind: str) -> dict[str, Any]:
    """Lines of the memo after those of the document; totals alone where it is about the whole."""

    text = _text_of(invoice)
    net, tax = sum(line.net for line in lines), sum(line.tax for line in lines)
    wholes = {"subtotal": text(net), "tax_total": text(tax), "total": text(net + tax)}
    chosen = {line.line_id: line for line in lines if line.line_id}
    if not chosen:
        return wholes
    word = by_language("paper")[language_of(invoice.customer.language)]["credit_line" if kind == "credit_memo" else "debit_line"]
    rows = [_line(source, chosen[source.pk], word, text) for source in invoice.lines.all() if source.pk in chosen]
    return wholes | {"lines": rows}


def _line(source: InvoiceLine, wanted: MemoLine, word: str, text: Text) -> dict[str, Any]:
    """A line of the memo; with quantity and price where they come to the amount."""
    described = merge(word, {"description": source.description})[:300]
    row = {
        "po_line": source.po_line, "order_line": source.order_line,
        "number": source.number, "sku": source.sku, "description": described, "unit": source.unit,
        "amount": text(wanted.net), "tax_code": source.tax_code, "tax_amount": text(wanted.tax), "work_order": source.work_order,
        "contract": source.contract, "gl_account": source.gl_account, **_period(source),
    }  # fmt: skip
    if wanted.quantity is not None:
        row |= {"quantity": plain(wanted.quantity), "unit_price": plain(source.unit_price)}
    return _said(row)


def rebill_row(invoice: Invoice, day: str) -> dict[str, Any]:
    """The invoice as a document of that day that replaces it."""
    text = _text_of(invoice)
    lines = [_copy(line, text) for line in invoice.lines.all()]
    wholes = {} if lines else {name: text(getattr(invoice, name)) for name in ("subtotal", "tax_total", "total")}
    head = {name: getattr(invoice, name) for name in ("currency", "payment_terms", "po_number", "buyer_reference", "cost_code")}
    return _said({
        **head, "company": invoice.company.code, "kind": "invoice", "customer": f"cus_{invoice.customer_id}", "document_date": day,
        "order": {"external_id": invoice.order_reference} if invoice.order_reference else None, "replaces": f"inv_{invoice.pk}",
        "retainage": text(invoice.retainage) if invoice.retainage else None, "lines": lines, **wholes,
    })  # fmt: skip


def _copy(line: InvoiceLine, text: Text) -> dict[str, Any]:
    return _said({name: getattr(line, name) for name in _COPIED} | _period(line)) | {
        "quantity": plain(line.quantity), "unit_price": plain(line.unit_price), "amount": text(line.amount),
        "tax_amount": text(line.tax_amount),
    }  # fmt: skip


def _period(line: InvoiceLine) -> dict[str, str | None]:
    days = {"period_from": line.period_from, "period_to": line.period_to}
    return {name: day.isoformat() if day else None for name, day in days.items()}


def plain(value: Decimal) -> str:
    """A quantity or price without idle zeros."""
    return f"{value.normalize():f}"
