"""The API's calls about invoices and memos (`documents`), those that are held (`drafts`), and their way to the customer."""

from invoicing.api.deliveries import DeliveryEvents, InvoicePdf, InvoiceXml
from invoicing.api.documents import InvoiceByExternalId, InvoiceDetail, Invoices, InvoicesBulk, InvoicesImport, of_kind
from invoicing.api.drafts import DraftCheck, DraftDetail, Drafts
from invoicing.api.unbilled import Unbilled

__all__ = [
    "DeliveryEvents",
    "DraftCheck",
    "DraftDetail",
    "Drafts",
    "InvoiceByExternalId",
    "InvoiceDetail",
    "InvoicePdf",
    "InvoiceXml",
    "Invoices",
    "InvoicesBulk",
    "InvoicesImport",
    "Unbilled",
    "of_kind",
]  # fmt: skip
