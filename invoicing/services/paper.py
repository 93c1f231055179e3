"""The paper of a document: what stands on it, as a page and as PDF, and the PDF that carries its own XML.

Who and what stands on paper comes from outside, so nothing in it is markup and nothing is fetched (see `arops.lib.pdf`).
"""

import base64
import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from stdnum import iban

from arops.lib import pdf
from arops.lib.merging import merge, number_in
from arops.lib.words import by_language
from customers.terms import terms_in
from invoicing.einvoice import hybrid_pdf, remittance_reference
from invoicing.einvoice.reference import in_fours
from invoicing.models import Invoice, InvoiceLine, Letterhead
from invoicing.selectors.einvoices import rates_of
from invoicing.services.einvoices import write_einvoice
from org.models import Company

CSS = Path(settings.BASE_DIR) / "static" / "css" / "invoice-paper.css"
ACCENT = "#1d4ed8"
WORDS, KINDS, _REASONS = by_language("paper"), by_language("invoice"), by_language("memo_reasons")


@dataclass(frozen=True, slots=True)
class TaxRow:
    """Tax by rate: its name, what it is of, how much."""

    name: str
    base: int
    tax: int


def paper_of(invoice: Invoice, *, copy: bool = False) -> dict[str, Any]:
    """What stands on the paper: the document as issued, nothing of what became of it. `copy` marks one that was sent before."""
    lines = list(invoice.lines.select_related("releases").order_by("number"))
    reference = remittance_reference(invoice.number)
    until = invoice.open_item.discount_until
    return {
        **said_of(invoice, invoice.language), "company": invoice.company, "customer": invoice.customer, "lines": lines, "copy": copy,
        "is_credit": invoice.kind == Invoice.Kind.CREDIT_MEMO, "taxes": taxes_of(invoice, lines),
        "payable": invoice.total - invoice.retainage,
        "reference": reference, "reference_in_fours": in_fours(reference),
        "account_in_fours": account_in_fours(invoice.company.bank_account), "discount": invoice.open_item.discount_amount,
        "discount_until": until if invoice.open_item.discount_amount else None, "buyer_reference": _buyer_reference(invoice),
        **look_of(invoice.company, invoice.language),
    }  # fmt: skip


def said_of(invoice: Invoice, language: str) -> dict[str, Any]:
    """The document with the words of its paper; a reason of the standard list in the paper's language, any other as it was typed."""
    reason = invoice.reason
    if reason and reason == _REASONS["en"].get(invoice.reason_code):
        reason = _REASONS[language][invoice.reason_code]
    return {
        "invoice": invoice, "language": language, "w": WORDS[language], "kind": KINDS[language][invoice.kind], "reason": reason,
        "terms": terms_in(invoice.payment_terms, language),
    }  # fmt: skip


def look_of(company: Company, language: str) -> dict[str, Any]:
    """The company's letterhead as the paper takes it: the logo as a data URI, the colour, the lines at the foot."""
    head = Letterhead.objects.filter(company=company).select_related("logo").first()
    logo = head.logo if head else None
    named = [
        merge(WORDS[language][name], {"number": getattr(company, name)})
        for name in ("vat_id", "tax_number", "registration") if getattr(company, name)
    ]  # fmt: skip
    parts = [company.legal_note, *named, company.phone, company.email]
    return {
        "logo": f"data:{logo.content_type};base64,{base64.b64encode(bytes(logo.content)).decode()}" if logo else "",
        "accent": colour_of(head.accent if head else ""), "foot": " · ".join(filter(None, parts)), "foot_line": head.footer if head else "",
        "payment_note": head.payment_note if head else "", "sender": " · ".join([company.name, *company.address.splitlines()])[:200],
    }  # fmt: skip


def colour_of(text: str) -> str:
    """The colour, if it is one: it goes into a style sheet."""
    return text if re.fullmatch(r"#[0-9a-fA-F]{6}", text) else ACCENT


def _buyer_reference(invoice: Invoice) -> str:
    return invoice.buyer_reference or invoice.customer.buyer_reference


def account_in_fours(account: str) -> str:
    """An IBAN in groups of four; other accounts as they are."""
    return str(iban.format(account)) if iban.is_valid(account) else account


def taxes_of(invoice: Invoice, lines: list[InvoiceLine]) -> list[TaxRow]:
    """Tax by its code's rate. Tax that isn't said by line stands in one row."""
    words = WORDS[invoice.language]
    if not any(line.tax_amount for line in lines):
        return [TaxRow(words["tax"], invoice.subtotal, invoice.tax_total)] if invoice.tax_total else []
    rates = rates_of(invoice, lines)
    rows: dict[tuple[str, Decimal | None], list[int]] = {}
    for line in lines:
        rate = rates.get(line.tax_code or invoice.customer.tax_code)
        key = (rate.name, rate.percent) if rate else (line.tax_code or words["tax"], None)
        row = rows.setdefault(key if line.tax_amount else (words["untaxed"], None), [0, 0])
        row[0] += line.amount
        row[1] += line.tax_amount
    return [TaxRow(_named(name, percent, invoice.language), *row) for (name, percent), row in sorted(rows.items(), key=lambda r: -r[1][1])]


def _named(name: str, percent: Decimal | None, language: str) -> str:
    blank = " " if language == "en" else "\u00a0"
    return name if percent is None else f"{name} {number_in(f'{percent.normalize():f}', language)}{blank}%"


def invoice_pdf(invoice: Invoice, *, copy: bool = False, archive: bool = False) -> bytes:
    """The document as PDF, as it goes out by mail; `archive` as PDF/A-3b. Raises PdfUnavailable."""
    paper = paper_of(invoice, copy=copy)
    return pdf.from_html(render_to_string("invoicing/paper.html", paper), sheet(paper["accent"], invoice.language), archive=archive)


def invoice_factur_x(invoice: Invoice, *, copy: bool = False) -> bytes:
    """The document as Factur-X: the PDF with its CII inside. Raises EInvoiceRefused, PdfUnavailable."""
    written = write_einvoice(invoice, "cii")
    title = f"{KINDS[invoice.language][invoice.kind]} {invoice.number}"
    return hybrid_pdf(invoice_pdf(invoice, copy=copy, archive=True), written.xml, title=title, author=invoice.company.name)


def in_colour(css: str, accent: str) -> str:
    """The style sheet of another paper of the company's (a statement, a reminder), with its headings in the company's colour."""
    return f"{css}\nh1, h2 {{ color: {colour_of(accent)}; }}"


def sheet(accent: str, language: str) -> str:
    """The style sheet of the paper in the company's colour, its pages counted in the paper's language."""
    words = WORDS[language]
    pages = f'@page {{ @bottom-right {{ content: "{words["page"]} " counter(page) " {words["page_of"]} " counter(pages); }} }}'
    return f"{CSS.read_text()}\n{pages}\n.inv {{ --accent: {colour_of(accent)}; }}"


def file_name(invoice: Invoice, ending: str) -> str:
    """A name for the file that any system takes, in the document's language: invoice-INV-1.pdf, note-de-debit-7.pdf."""
    kind = unicodedata.normalize("NFKD", KINDS[invoice.language][invoice.kind].lower()).encode("ascii", "ignore").decode()
    return f"{kind.replace(' ', '-')}-{re.sub(r'[^A-Za-z0-9._-]+', '-', invoice.number)[:60].strip('-.')}.{ending}"


def cover_pdf(company: Company, number: str, day: date, rows: list[tuple[Invoice, int]]) -> bytes:
    """The first page of a print batch: the documents in their order, where each goes, how many pages it has. Raises PdfUnavailable."""
    context = {"company": company, "number": number, "day": day, "rows": rows, "pages": sum(n for _, n in rows), **look_of(company, "en")}
    return pdf.from_html(render_to_string("invoicing/print_cover.html", context), sheet(context["accent"], "en"))
