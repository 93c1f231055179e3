"""Issued documents as the check reads them: said once more, as they were said when they were issued."""

from collections.abc import Sequence

from customers.terms import Terms, TermsError, parse_terms
from invoicing.models import Invoice
from invoicing.payload import Document, Line, Reference
from invoicing.selectors.chain import Placed
from invoicing.selectors.rows import gather, grouped


def documents_of(invoices: Sequence[Invoice]) -> list[Placed]:
    """The documents with their lines, in one query, in the order given."""
    rows = gather(
        "SELECT invoice_id, number, sku, description, quantity, unit, unit_price, amount, tax_code, tax_amount, po_line, order_line,"
        " work_order, contract, gl_account, releases_id, period_from, period_to FROM invoicing_invoiceline WHERE invoice_id = ANY(%s)"
        " ORDER BY invoice_id, number",
        [invoice.pk for invoice in invoices],
    )
    lines = grouped((row[0], Line(*(*row[1:15], _reference(row[15]), *row[16:18]))) for row in rows)
    return [Placed(i.pk, i.company_id, i.customer_id, _document(i, lines.get(i.pk, ())), i.replaces_id) for i in invoices]


def _reference(key: int | None) -> Reference | None:
    return Reference(id=f"inv_{key}") if key else None


def _document(invoice: Invoice, lines: Sequence[Line]) -> Document:
    return Document(
        source_system=invoice.source_system, external_id=invoice.external_id, source_version=invoice.source_version, company="",
        number=invoice.number, kind=invoice.kind, customer=Reference(id=f"cus_{invoice.customer_id}"), currency=invoice.currency,
        document_date=invoice.document_date, due_date=invoice.due_date, terms_text=invoice.payment_terms,
        terms=_terms(invoice.payment_terms), po_number=invoice.po_number, order_reference=invoice.order_reference,
        refers_to=_reference(invoice.refers_to_id),
        reason=invoice.reason, lines=tuple(lines), subtotal=invoice.subtotal, tax_total=invoice.tax_total, total=invoice.total,
        payload_hash=invoice.payload_hash, reason_code=invoice.reason_code, buyer_reference=invoice.buyer_reference,
        cost_code=invoice.cost_code, retainage=invoice.retainage, replaces=_reference(invoice.replaces_id),
    )  # fmt: skip


def _terms(text: str) -> Terms | None:
    try:
        return parse_terms(text) if text else None
    except TermsError:
        return None
