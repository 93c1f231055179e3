"""Creditor references with check digits: ISO 11649 (RF), Swiss QR reference, Belgian OGM, Finnish viite, Norwegian KID.

Each yields the payload that the creditor put in, without check digits and leading zeros: mostly the invoice number, at times
customer and invoice number in one.
"""

import re
from typing import NamedTuple

import stdnum.be.ogm_vcs
import stdnum.ch.esr
import stdnum.iso11649

_SEPARATORS = re.compile(r"[\s+/*.\-]+")


class CreditorReference(NamedTuple):
    """A valid reference: which standard, what the creditor encoded, and whether the check is strong (two digits, or a fixed form)."""

    standard: str
    payload: str
    strong: bool


def viite_is_valid(number: str) -> bool:
    """Finnish reference number: weights 7, 3, 1 from the right, check digit last (Finance Finland, 4 to 20 digits).

    >>> viite_is_valid("1234561")
    True
    """
    if not (4 <= len(number) <= 20 and number.isdigit()):
        return False
    total = sum(int(d) * (7, 3, 1)[i % 3] for i, d in enumerate(reversed(number[:-1])))
    return (10 - total % 10) % 10 == int(number[-1])


def kid_is_valid(number: str) -> bool:
    """Norwegian KID: 2 to 25 digits, last one by modulus 10 (Luhn) or modulus 11 (weights 2 to 7).

    >>> kid_is_valid("12345674")
    True
    """
    if not (2 <= len(number) <= 25 and number.isdigit()):
        return False
    body = [int(d) for d in reversed(number[:-1])]
    doubled = sum(sum(divmod(d * 2, 10)) if i % 2 == 0 else d for i, d in enumerate(body))
    eleven = (11 - sum(d * (2 + i % 6) for i, d in enumerate(body)) % 11) % 11
    return int(number[-1]) in {(10 - doubled % 10) % 10, eleven}


def read(number: str) -> list[CreditorReference]:
    """Every standard under which the number is valid, strongest first."""
    compact = _SEPARATORS.sub("", number).upper()
    if compact.startswith("RF"):
        return [CreditorReference("ISO 11649", compact[4:].lstrip("0"), True)] if stdnum.iso11649.is_valid(compact) else []
    if not compact.isascii() or not compact.isdigit():
        return []
    found = []
    if len(compact) in (26, 27) and stdnum.ch.esr.is_valid(compact):
        found.append(CreditorReference("Swiss QR reference", compact[:-1].lstrip("0"), True))
    if len(compact) == 12 and stdnum.be.ogm_vcs.is_valid(compact):
        found.append(CreditorReference("Belgian structured communication", compact[:-2].lstrip("0"), True))
    if viite_is_valid(compact):
        found.append(CreditorReference("Finnish viite", compact[:-1].lstrip("0"), False))
    if kid_is_valid(compact):
        found.append(CreditorReference("Norwegian KID", compact[:-1].lstrip("0"), False))
    return found
