"""Invoices and memos in sight."""

from org.querysets import ScopedQuerySet


class InvoiceQuerySet(ScopedQuerySet):
    """Invoices, credit memos and debit memos."""

    collector_path = "customer__collector_id"
