"""An issued document in the terms of EN 16931: what stands in its rows, its company, its customer and its tax rates."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from django.db.models import Q

from arops.lib import money
from arops.lib.merging import merge, short_day_in, sum_in
from arops.lib.words import by_language
from customers.models import Customer, CustomerDocument, TaxRate
from customers.terms import terms_in
from invoicing.einvoice import Account, EInvoice, Line, Party, remittance_reference
from invoicing.einvoice.addresses import parse_address
from invoicing.einvoice.faults import is_vat_id
from invoicing.models import Invoice, InvoiceLine
from org.models import Company

_WORDS = by_language("paper")
UNITS = {
    "": "C62", "PCS": "H87", "PC": "H87", "ST": "H87", "EACH": "EA", "H": "HUR", "HR": "HUR", "HRS": "HUR", "HOUR": "HUR", "HOURS": "HUR",
    "D": "DAY", "DAYS": "DAY", "MO": "MON", "MONTH": "MON", "KG": "KGM", "M": "MTR", "L": "LTR", "FT": "FOT", "LB": "LBR", "SET": "SET",
}  # fmt: skip
"""Units as people write them → codes of UN/ECE Recommendation 20."""


def einvoice_of(invoice: Invoice) -> EInvoice:
    """The document as the standard has it; what it lacks shows when it is written (`invoicing.einvoice.faults`)."""
    rows = list(invoice.lines.select_related("job", "agreement").order_by("number"))
    company, customer = invoice.company, invoice.customer
    contracts = {row.agreement.number if row.agreement else row.contract for row in rows} - {""}
    projects = {row.agreement.project for row in rows if row.agreement} - {""}
    done = [row.job.completed_on for row in rows if row.job and row.job.completed_on]
    return EInvoice(
        invoice.kind, invoice.number, invoice.document_date, invoice.due_date, invoice.currency, seller_of(company), buyer_of(customer),
        _lines(invoice, rows), _major(invoice, "subtotal"), _major(invoice, "tax_total"), _major(invoice, "total"),
        terms=terms_of(invoice), po_number=invoice.po_number, order=invoice.order_reference,
        contract=contracts.pop() if len(contracts) == 1 else "", project=projects.pop() if len(projects) == 1 else "",
        buyer_reference=invoice.buyer_reference or customer.buyer_reference,
        cost_code=invoice.cost_code, delivered_on=max(done, default=None), refers_to=_earlier(invoice),
        remittance=remittance_reference(invoice.number), account=account_of(company),
        notes=tuple(filter(None, [invoice.reason, _retainage_note(invoice)])),
    )  # fmt: skip


def seller_of(company: Company) -> Party:
    """Our company as a party."""
    where = parse_address(company.address, company.name)
    return Party(
        company.name, company.country, where.street, where.postcode, where.city, where.region, company.vat_id, company.tax_number,
        company.registration, company.legal_note, company.peppol_id, company.email, company.phone,
    )  # fmt: skip


def buyer_of(customer: Customer) -> Party:
    """The customer as a party. A tax id that begins with its country is a VAT id, another one its registration."""
    where, number = parse_address(customer.address, customer.name), customer.tax_id.replace(" ", "")
    is_vat = is_vat_id(number)
    return Party(
        customer.name, customer.country, where.street, where.postcode, where.city, where.region, number.upper() if is_vat else "", "",
        "" if is_vat else number, "", customer.peppol_id, customer.invoice_email,
    )  # fmt: skip


def account_of(company: Company) -> Account | None:
    """The account that invoices name; None where the company has entered none."""
    return Account(company.bank_account, company.bank_bic, company.name) if company.bank_account else None


def terms_of(invoice: Invoice) -> str:
    """The terms of payment in words: when all is due, and what paying early is worth."""
    language = invoice.language
    words = _WORDS[language]
    said = [terms_in(invoice.payment_terms or invoice.customer.payment_terms, language)]
    if invoice.kind != Invoice.Kind.CREDIT_MEMO:
        said.append(merge(words["terms_due"], {"day": _day(invoice.due_date, language)}))
        item = invoice.open_item
        if item.discount_amount and item.discount_until:
            values = {"amount": _sum(item.discount_amount, invoice), "day": _day(item.discount_until, language)}
            said.append(merge(words["terms_discount"], values))
    return ", ".join(filter(None, said))


def _retainage_note(invoice: Invoice) -> str:
    if not invoice.retainage:
        return ""
    values = {"kept": _sum(invoice.retainage, invoice), "now": _sum(invoice.total - invoice.retainage, invoice)}
    return merge(_WORDS[invoice.language]["retainage_note"], values)


def _sum(amount: int, invoice: Invoice) -> str:
    """In English as machines read it: such texts are compared with what was sent before."""
    if invoice.language == "en":
        return f"{money.to_text(amount, invoice.currency)} {invoice.currency}"
    return sum_in(amount, invoice.currency, invoice.language)


def _day(day: date, language: str) -> str:
    return day.isoformat() if language == "en" else short_day_in(day, language)


def _earlier(invoice: Invoice) -> tuple[tuple[str, date], ...]:
    found = [x for x in (invoice.refers_to, invoice.replaces) if x is not None]
    return tuple((x.number, x.document_date) for x in found)


def _major(invoice: Invoice, name: str) -> Decimal:
    return money.to_decimal(getattr(invoice, name), invoice.currency)


def _lines(invoice: Invoice, rows: Sequence[InvoiceLine]) -> tuple[Line, ...]:
    """The lines; a document issued by its total alone has one. Tax that stands on the document alone is the first line's."""
    rates, certificate = rates_of(invoice, rows), _certificate(invoice)
    untaxed = not invoice.tax_total and not any(row.tax_amount or row.tax_code for row in rows)
    on_document = invoice.tax_total if not any(row.tax_amount for row in rows) else 0
    if not rows:
        whole = InvoiceLine(
            number=1, description="As agreed", quantity=Decimal(1), unit="", tax_code="", tax_amount=0, sku="", work_order="",
            unit_price=money.to_decimal(invoice.subtotal, invoice.currency), amount=invoice.subtotal,
        )  # fmt: skip
        rows = [whole]
    return tuple(_line(invoice, row, rates, untaxed, certificate, on_document if n == 0 else 0) for n, row in enumerate(rows))


def rates_of(invoice: Invoice, rows: Sequence[InvoiceLine]) -> dict[str, TaxRate]:
    """Tax code → its rate on the document's date, for the codes of its lines and the customer's own."""
    codes = {row.tax_code for row in rows} | {invoice.customer.tax_code}
    day = invoice.document_date
    found = TaxRate.objects.filter(company=invoice.company_id, code__in=codes - {""}, valid_from__lte=day)
    return {rate.code: rate for rate in found.filter(Q(valid_to=None) | Q(valid_to__gte=day)).order_by("valid_from")}


def _certificate(invoice: Invoice) -> str:
    """The number of an exemption certificate that was in force, for the reason of an exemption; empty where there is none."""
    day = invoice.document_date
    held = CustomerDocument.objects.filter(customer=invoice.customer_id, kind="exemption", state="received")
    held = held.filter(Q(valid_from=None) | Q(valid_from__lte=day), Q(expires_on=None) | Q(expires_on__gte=day))
    found = held.order_by("-pk").first()
    return f"certificate {found.reference or 'on file'}" if found else ""


def _line(invoice: Invoice, row: InvoiceLine, rates: dict[str, TaxRate], untaxed: bool, certificate: str, more_tax: int) -> Line:
    rate, tax = rates.get(row.tax_code or invoice.customer.tax_code), (row.tax_amount or 0) + more_tax
    category: str | None = rate.category if rate else "O" if untaxed and not row.tax_code else None
    percent = rate.percent if rate else Decimal(0) if category == "O" else None
    exemption = rate.name if rate and category == "E" else ""
    if category == "S" and not tax and row.amount and certificate:
        category, percent, exemption = "E", Decimal(0), f"Exempt: {certificate}"
    amount, charged = money.to_decimal(row.amount, invoice.currency), money.to_decimal(tax, invoice.currency)
    unit = UNITS.get(row.unit.upper(), row.unit.upper())
    return Line(
        row.number, row.description, row.quantity, unit, row.unit_price, amount, charged, category, percent, row.sku, row.po_line,
        row.tax_code, exemption, f"Work order {row.work_order}" if row.work_order else "",
        row.period_from, row.period_to,
    )  # fmt: skip
