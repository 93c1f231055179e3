"""Reading customers and contacts as an ERP sends them. Pure: rows in, checked values or problems out."""

import re
from typing import Any

from arops.lib import money
from arops.lib.rows import Field, Problem, Wrong, currency, matching, one_of, read_row, some_of, source_version, text, yes_or_no
from customers.reaching import PURPOSES
from customers.terms import TermsError, parse_terms

__all__ = ["CONTACT", "CUSTOMER", "Problem", "Wrong", "credit_limit", "read_row", "terms"]

_EMAIL = re.compile(r"[^@\s,;<>\"\x00-\x1f]+@[^@\s,;<>\"\x00-\x1f]+\.[^@\s,;<>\"\x00-\x1f]+")
_COUNTRY = re.compile(r"[A-Z]{2}", re.ASCII)
_PEPPOL = re.compile(r"[0-9]{4}:[A-Za-z0-9._~%-]{1,50}", re.ASCII)
_LANGUAGE = re.compile(r"[a-z]{2}(-[A-Za-z]{2,4})?", re.ASCII)


def terms(value: Any) -> str:
    """Payment terms in the trade's notation."""
    try:
        parse_terms(text(40)(value))
    except TermsError as error:
        raise Wrong(str(error)) from None
    return str(value)


CUSTOMER: dict[str, Field] = {
    "number": text(40, needed=True),
    "name": text(200, needed=True),
    "currency": currency,
    "language": matching(_LANGUAGE, "is a code such as en"),
    "country": matching(_COUNTRY, "is an ISO 3166 code such as US"),
    "address": text(1000),
    "tax_id": text(40),
    "payment_terms": terms,
    "segment": text(40),
    "risk": one_of("A", "B", "C", "D"),
    "sales_representative": text(100),
    "delivery": one_of("email", "print", "einvoice", "pull"),
    "invoice_email": matching(_EMAIL, "is one e-mail address"),
    "peppol_id": matching(_PEPPOL, "is a scheme and an id, such as 0204:991-1234512345-06"),
    "buyer_reference": text(60),
    "tax_code": text(20),
    "is_active": yes_or_no,
    "source_system": text(40),
    "external_id": text(80, needed=True),
    "source_version": source_version,
}
CONTACT: dict[str, Field] = {
    "name": text(150, needed=True),
    "role": one_of("ap", "buyer", "project_manager", "executive", "other"),
    "email": matching(_EMAIL, "is one e-mail address"),
    "phone": text(40),
    "language": matching(_LANGUAGE, "is a code such as en"),
    "receives_letters": yes_or_no,
    "purposes": some_of(*PURPOSES),
    "takes_mail": yes_or_no,
    "takes_calls": yes_or_no,
    "is_active": yes_or_no,
    "source_system": text(40),
    "external_id": text(80, needed=True),
    "source_version": source_version,
}


def credit_limit(value: Any, code: str) -> int | None:
    """A limit in minor units of the customer's currency; None for none. Raises Wrong."""
    if value is None:
        return None
    try:
        limit = money.parse(value, code)
    except money.MoneyError as error:
        raise Wrong(str(error)) from None
    if limit < 0:
        raise Wrong("is not negative")
    return limit
