"""What a document lacks to be an e-invoice: each fault names the field to mend, and on which page it stands."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from invoicing.einvoice.model import EInvoice, Party

_VAT = re.compile(r"[A-Z]{2}[A-Z0-9+*.]{2,13}")
_UNIT = re.compile(r"[A-Z0-9]{2,3}")
CATEGORIES = frozenset("S Z E AE K G O".split())
_NOT_TAXED = frozenset("Z E AE K G O".split())
SLACK = Decimal(1)
"""What the tax of a rate may differ from base times rate, as the standard allows: rounding line by line adds up."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is to be mended: where (seller, buyer, document, line 3, tax), and in words."""

    field: str
    words: str


def is_vat_id(text: str) -> bool:
    """Whether it has the form of a VAT id: two letters of the country before it."""
    return bool(_VAT.fullmatch(text.replace(" ", "").upper()))


def faults_of(document: EInvoice) -> list[Fault]:
    """Everything that keeps the document from being written, so that all is told at once."""
    return [*_parties(document), *_document(document), *_lines(document), *_taxes(document)]


def _parties(document: EInvoice) -> Iterator[Fault]:
    seller, buyer = document.seller, document.buyer
    if not seller.country:
        yield Fault("seller.country", f"our company {seller.name} has no country: enter it in its settings")
    if not buyer.country:
        yield Fault("buyer.country", f"customer {buyer.name} has no country: enter it on the customer's page")
    categories = {tax.category for tax in document.taxes()}
    if categories != {"O"} and not (seller.vat_id or seller.tax_number):
        yield Fault("seller.vat_id", f"our company {seller.name} has neither VAT id nor tax number: enter one in its settings")
    if seller.vat_id and not is_vat_id(seller.vat_id):
        yield Fault("seller.vat_id", f"our VAT id {seller.vat_id} must begin with its country's two letters: mend it in the settings")
    if not (seller.vat_id or seller.registration or seller.tax_number):
        yield Fault("seller.registration", f"our company {seller.name} has no registration: enter one in its settings")
    if "AE" in categories and not (buyer.vat_id or buyer.registration):
        yield Fault("buyer.vat_id", f"customer {buyer.name} has no VAT id, which reverse charge needs: enter it on the customer's page")
    if "K" in categories and not buyer.vat_id:
        yield Fault("buyer.vat_id", f"customer {buyer.name} has no VAT id, which an intra-Community supply needs")
    if "K" in categories and not document.delivered_on:
        yield Fault("delivered_on", "an intra-Community supply needs the day of delivery: link the lines to a delivery or work order")
    for who, party in (("seller", seller), ("buyer", buyer)):
        if party.endpoint and not endpoint_of(party):
            yield Fault(f"{who}.peppol_id", f"{party.endpoint} is no Peppol address: write scheme and id, such as 0204:991-1234512345-06")
    if document.in_peppol and not (document.buyer_reference or document.po_number):
        yield Fault("buyer_reference", "Peppol wants a buyer reference or a purchase order number: enter the customer's buyer reference")


def endpoint_of(party: Party) -> tuple[str, str] | None:
    """Scheme and id of a Peppol address; None where it isn't one."""
    scheme, _, number = party.endpoint.partition(":")
    return (scheme, number) if re.fullmatch(r"\d{4}", scheme) and number else None


def _document(document: EInvoice) -> Iterator[Fault]:
    if document.total.as_tuple().exponent != -2 and document.total != document.total.quantize(Decimal("0.01")):
        yield Fault("currency", f"{document.currency} has more than two decimals, which EN 16931 doesn't know: send it as PDF")
    if document.net + document.tax != document.total:
        yield Fault("total", f"net {document.net} and tax {document.tax} are not the total {document.total}")
    if sum(x.amount for x in document.lines) != document.net:
        yield Fault("lines", f"the lines sum to {sum(x.amount for x in document.lines)}, the net is {document.net}")
    if sum(x.tax for x in document.lines) != document.tax:
        yield Fault("tax", f"the lines' tax sums to {sum(x.tax for x in document.lines)}, the document's is {document.tax}")


def _lines(document: EInvoice) -> Iterator[Fault]:
    unknown: dict[str, list[str]] = {}
    for line in document.lines:
        if line.category is None:
            unknown.setdefault(line.tax_code, []).append(str(line.number))
    for code, numbers in unknown.items():
        no_rate = f"tax code {code} has no rate on {document.issued_on}: add it to the tax rates"
        said = no_rate if code else "no tax code is given: bill with one"
        which = f"line{'s' if len(numbers) > 1 else ''} {', '.join(numbers[:10])}{' and more' if len(numbers) > 10 else ''}"
        yield Fault(f"line {numbers[0]}", f"{which}: {said}, or give the customer its tax code")
    for line in document.lines:
        if line.category is not None and line.category not in CATEGORIES:
            yield Fault(f"line {line.number}", f"line {line.number}: {line.category} is no tax category of EN 16931")
        if not _UNIT.fullmatch(line.unit):
            words = f"line {line.number}: {line.unit!r} is no unit of UN/ECE Recommendation 20, such as EA, HUR or KGM"
            yield Fault(f"line {line.number}", words)


def _taxes(document: EInvoice) -> Iterator[Fault]:
    if any(line.category is None for line in document.lines):
        return  # what is unknown can't be wrong yet
    taxes = document.taxes()
    if len(taxes) > 1 and any(tax.category == "O" for tax in taxes):
        yield Fault("tax", "what isn't subject to tax (O) can't stand on one invoice with what is: bill it apart")
    for tax in taxes:
        if tax.category in _NOT_TAXED and tax.tax:
            yield Fault("tax", f"category {tax.category} bears no tax, but {tax.tax} was charged: mend the tax code")
        if tax.category == "S" and not tax.percent:
            yield Fault("tax", "the standard rate (S) of 0 % is none: give the tax code the category Z, E or O")
        if abs(tax.base * tax.percent / 100 - tax.tax) > SLACK and tax.category == "S":
            right = (tax.base * tax.percent / 100).quantize(Decimal("0.01"))
            yield Fault("tax", f"{tax.percent.normalize():f} % of {tax.base} is {right}, but {tax.tax} was charged")
