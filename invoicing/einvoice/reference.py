"""The creditor reference of ISO 11649 that goes on an invoice, so that the payment names it with check digits."""

import hashlib
import re

from stdnum import iso11649
from stdnum.iso7064 import mod_97_10

_LONGEST = 21


def remittance_reference(number: str) -> str:
    """RF, two check digits and the document's number without its separators; a number too long is told by a digest of it.

    >>> remittance_reference("INV-2026-00017")
    'RF75INV202600017'
    """
    plain = re.sub(r"[^A-Z0-9]", "", number.upper().encode("ascii", "ignore").decode())
    if not plain or len(plain) > _LONGEST:
        plain = hashlib.sha256(number.encode()).hexdigest()[:16].upper()
    return f"RF{mod_97_10.calc_check_digits(plain + 'RF')}{plain}"


def in_fours(reference: str) -> str:
    """The reference as it is printed: RF75 INV2 0260 0017."""
    return str(iso11649.format(reference))
