"""Customers over the API: the master, what they want of invoices, their papers, tax rates."""

from customers.api.master import (
    ContactByExternalId,
    ContactDetail,
    Contacts,
    ContactsBulk,
    ContactsImport,
    CustomerByExternalId,
    CustomerDetail,
    Customers,
    CustomersBulk,
    MasterImport,
)
from customers.api.papers import (
    CertificateByExternalId,
    CertificateDetail,
    Certificates,
    CertificatesBulk,
    DocumentByExternalId,
    DocumentDetail,
    Documents,
    DocumentsBulk,
    DocumentsImport,
    RequirementDetail,
    Requirements,
    RequirementsBulk,
    TaxRateDetail,
    TaxRates,
    TaxRatesBulk,
    TaxRatesImport,
)

__all__ = [
    "CertificateByExternalId", "CertificateDetail", "Certificates", "CertificatesBulk", "ContactByExternalId", "ContactDetail", "Contacts",
    "ContactsBulk", "ContactsImport", "CustomerByExternalId", "CustomerDetail", "Customers", "CustomersBulk", "DocumentByExternalId",
    "DocumentDetail", "Documents", "DocumentsBulk", "DocumentsImport", "MasterImport", "RequirementDetail", "Requirements",
    "RequirementsBulk", "TaxRateDetail", "TaxRates", "TaxRatesBulk", "TaxRatesImport",
]  # fmt: skip
