"""Electronic invoices (EN 16931): a document as its business terms, written as UBL 2.1 or CII, checked before it leaves. Pure.

made = write(document, "ubl")       # Peppol BIS 3 where both parties have an address in the network
found = broken_rules(read(made))    # the standard's sums and tax rules, over the XML itself
"""

from invoicing.einvoice.faults import Fault, faults_of
from invoicing.einvoice.model import Account, EInvoice, Line, Party
from invoicing.einvoice.reading import Unreadable, read
from invoicing.einvoice.reference import remittance_reference
from invoicing.einvoice.rules import Broken, broken_rules
from invoicing.einvoice.writing import EInvoiceRefused, check_schema, hybrid_pdf, write

__all__ = [
    "Account", "Broken", "EInvoice", "EInvoiceRefused", "Fault", "Line", "Party", "Unreadable", "broken_rules", "check_schema", "faults_of",
    "hybrid_pdf", "read", "remittance_reference", "write",
]  # fmt: skip
