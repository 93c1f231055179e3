"""A draft as it would look on paper."""

from datetime import date
from typing import Any

from arops.lib.merging import language_of
from customers.terms import Terms, TermsError, parse_terms
from invoicing.einvoice import remittance_reference
from invoicing.einvoice.reference import in_fours
from invoicing.models import Draft, Invoice, InvoiceLine
from invoicing.payload import Document
from invoicing.services.drafting import document_of
from invoicing.services.paper import WORDS, account_in_fours, look_of, said_of, taxes_of


def paper_of_draft(draft: Draft) -> dict[str, Any]:
    """What would stand on the paper, were it issued as it is; nothing of it is kept. Empty for a draft that can't be read any more."""
    document = document_of(draft.payload, source_system=draft.source_system)
    if not isinstance(document, Document):
        return {}
    invoice, terms = _invoice(draft, document), _terms(document.terms_text or draft.customer.payment_terms)
    lines = [_line(invoice, line) for line in document.lines]
    until = terms.discount_until(document.document_date)
    reference = remittance_reference(invoice.number) if draft.number else ""
    return {
        **said_of(invoice, invoice.language), "company": draft.company, "customer": draft.customer, "lines": lines, "copy": False,
        "is_credit": draft.kind == Invoice.Kind.CREDIT_MEMO, "taxes": taxes_of(invoice, lines),
        "payable": invoice.total - invoice.retainage, "reference": reference,
        "reference_in_fours": in_fours(reference) if reference else WORDS[invoice.language]["later"],
        "account_in_fours": account_in_fours(draft.company.bank_account), "discount_until": until,
        "discount": terms.discount_of(invoice.total - invoice.retainage) if until else 0,
        "buyer_reference": document.buyer_reference or draft.customer.buyer_reference, **look_of(draft.company, invoice.language),
    }  # fmt: skip


def due_date_of(document: Document, terms: str) -> date:
    """The day it would be due."""
    return document.due_date or _terms(document.terms_text or terms).due_date(document.document_date)


def _terms(text: str) -> Terms:
    try:
        return parse_terms(text)
    except TermsError:
        return Terms(30)


def _invoice(draft: Draft, d: Document) -> Invoice:
    return Invoice(
        company=draft.company, customer=draft.customer, kind=d.kind, number=draft.number or "(draft)", currency=d.currency,
        document_date=d.document_date, due_date=due_date_of(d, draft.customer.payment_terms), payment_terms=d.terms_text,
        po_number=d.po_number, order_reference=d.order_reference, replaces=draft.replaces, reason=d.reason, reason_code=d.reason_code,
        buyer_reference=d.buyer_reference, cost_code=d.cost_code, retainage=d.retainage, subtotal=d.subtotal, tax_total=d.tax_total,
        total=d.total, language=language_of(draft.customer.language),
    )  # fmt: skip


def _line(invoice: Invoice, x: Any) -> InvoiceLine:
    """An unsaved line. The invoice whose retainage it bills stands in its description."""
    return InvoiceLine(
        invoice=invoice, number=x.number, sku=x.sku, description=x.description, quantity=x.quantity, unit=x.unit, unit_price=x.unit_price,
        amount=x.amount, tax_code=x.tax_code, tax_amount=x.tax_amount, po_line=x.po_line, order_line=x.order_line,
        work_order=x.work_order, contract=x.contract, period_from=x.period_from, period_to=x.period_to,
    )  # fmt: skip
