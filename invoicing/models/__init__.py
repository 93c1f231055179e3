"""Invoices and memos as issued, drafts on their way, what the check found, how they reached the customer."""

from invoicing.models.check import CheckPolicy, Finding
from invoicing.models.dispatch import DeliveryEvent, Dispatch, InvoiceDelivery, PrintBatch
from invoicing.models.document import Invoice, InvoiceImport, InvoiceLine
from invoicing.models.draft import Draft, DraftBasis, MemoReason
from invoicing.models.letterhead import Letterhead

__all__ = [
    "CheckPolicy", "DeliveryEvent", "Dispatch", "Draft", "DraftBasis", "Finding", "Invoice", "InvoiceDelivery", "InvoiceImport",
    "InvoiceLine", "Letterhead", "MemoReason", "PrintBatch",
]  # fmt: skip
