"""A document as the business terms (BT- and BG- keys) that the library writes in either syntax."""

from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from stdnum import iban

from invoicing.einvoice.faults import endpoint_of
from invoicing.einvoice.model import EXEMPT, TYPE_CODES, EInvoice, Line, Party, Tax

PEPPOL_PROCESS = "urn:fdc:peppol.eu:2017:poacc:billing:01:1.0"
PEPPOL_RULES = "urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0"
_CENT = Decimal("0.01")


def business_terms(document: EInvoice) -> dict[str, Any]:
    """The document by its keys; what is unknown has none. Where nothing is subject to tax, no VAT id may stand on it (BR-O-02)."""
    untaxed = {tax.category for tax in document.taxes()} == {"O"}
    seller, buyer = (replace(party, vat_id="") if untaxed else party for party in (document.seller, document.buyer))
    if not (seller.registration or seller.vat_id):  # something identifies the seller
        seller = replace(seller, registration=seller.tax_number or document.seller.vat_id)
    found = {
        "BT-1": document.number, "BT-2": document.issued_on, "BT-3": TYPE_CODES[document.kind], "BT-5": document.currency,
        "BT-9": None if document.is_credit else document.due_on, "BT-10": document.buyer_reference, "BT-11": document.project,
        "BT-11-0": "Project reference" if document.project else "", "BT-12": document.contract, "BT-13": document.po_number,
        "BT-14": document.order, "BT-19": document.cost_code, "BT-20": document.terms, "BT-72": document.delivered_on,
        "BT-23": PEPPOL_PROCESS if document.in_peppol else "",
        "BG-1": [{"BT-22": note} for note in document.notes],
        "BG-3": [{"BT-25": number, "BT-26": day} for number, day in document.refers_to],
        "BG-4": _party(seller), "BG-7": _party(buyer), "BG-13": _delivery(document),
        "BG-23": [_tax(tax) for tax in document.taxes()], "BG-25": [_line(line) for line in document.lines],
        **_payment(document), **_sums(document),
    }  # fmt: skip
    return {key: value for key, value in found.items() if value not in (None, "", [], {})}


def _sums(document: EInvoice) -> dict[str, str]:
    due = document.total
    return {
        "BT-106": _money(document.net), "BT-109": _money(document.net), "BT-110": _money(document.tax), "BT-112": _money(document.total),
        "BT-115": _money(due),
    }  # fmt: skip


def _payment(document: EInvoice) -> dict[str, Any]:
    """A transfer to the account where it is known (SEPA for an IBAN and euro); else any means, with the reference alone."""
    account = document.account
    if account is None:
        return {"BT-81": "1", "BT-83": document.remittance}
    sepa = iban.is_valid(account.number) and document.currency == "EUR"
    return {
        "BT-81": "58" if sepa else "30", "BT-83": document.remittance, "BT-84": account.number.replace(" ", ""),
        "BT-85": account.holder, "BT-86": account.bic,
    }  # fmt: skip


def _party(party: Party) -> dict[str, Any]:
    lines = [*party.street, "", "", ""]
    scheme, number = endpoint_of(party) or ("EM" if party.email else "", party.email)
    found: dict[str, Any] = {
        "name": party.name, "country_code": party.country, "city": party.city, "postcode": party.postcode, "addr_l1": lines[0],
        "addr_l2": lines[1], "addr_l3": lines[2], "country_subdivision": party.region, "vat_identifier": party.vat_id.replace(" ", ""),
        "tax_identifier": party.tax_number, "legal_identifier": party.registration, "legal_info": party.legal_note,
        "einvoicing_addr": number, "einvoicing_addr_schemeid": scheme,
    }  # fmt: skip
    if party.contact or party.phone or party.email:
        contact = {"name": party.contact or party.name, "phone": party.phone, "email": party.email}
        found["contacts"] = [{key: value for key, value in contact.items() if value}]
    return {key: value for key, value in found.items() if value}


def _delivery(document: EInvoice) -> dict[str, Any]:
    """Where it went: the country alone is compulsory, and only in trade within the EU."""
    return {"name": document.buyer.name, "country_code": document.buyer.country} if any(x.category == "K" for x in document.lines) else {}


def _tax(tax: Tax) -> dict[str, str]:
    found = {"BT-116": _money(tax.base), "BT-117": _money(tax.tax), "BT-118": tax.category}
    if tax.category != "O":
        found["BT-119"] = plain(tax.percent)
    if tax.category in EXEMPT:
        found |= {"BT-120": tax.reason} | ({"BT-121": EXEMPT[tax.category]} if EXEMPT[tax.category] else {})
    return found


def _line(line: Line) -> dict[str, Any]:
    """A line. A price is never negative in the standard: the quantity bears the sign. What quantity times price leaves over is an
    allowance or charge of the line, so that the amount as issued stands."""
    quantity, price = (-line.quantity, -line.unit_price) if line.unit_price < 0 else (line.quantity, line.unit_price)
    found: dict[str, Any] = {
        "BT-126": str(line.number), "BT-129": plain(quantity), "BT-130": line.unit, "BT-131": _money(line.amount),
        "BT-146": plain(price), "BT-151": line.category, "BT-153": _short(line.description or line.sku or "As agreed"),
        "BT-155": line.sku, "BT-132": str(line.po_line) if line.po_line is not None else "",
        "BT-127-00": [{"BT-127": line.note}] if line.note else [], "BT-134": line.period_from, "BT-135": line.period_to,
    }  # fmt: skip
    if len(line.description) > 100:
        found["BT-154"] = line.description
    if line.category != "O":
        found["BT-152"] = plain(line.percent or Decimal(0))
    left = line.amount - (quantity * price).quantize(_CENT, ROUND_HALF_UP)
    if left:
        found["BG-28" if left > 0 else "BG-27"] = [{"amount": _money(abs(left)), "reason": "Adjustment" if left > 0 else "Discount"}]
    return {key: value for key, value in found.items() if value not in (None, "", [])}


def _short(text: str) -> str:
    return text if len(text) <= 100 else text[:99] + "…"


def plain(value: Decimal) -> str:
    """A Decimal without exponent and trailing zeros."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _money(value: Decimal) -> str:
    return f"{value:.2f}"
