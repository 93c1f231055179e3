"""Issuing documents: many at once (`issue_documents`) or one (`issue_document`)."""

from invoicing.services.issuing import DocumentRefused, Outcome, issue_document, issue_documents

__all__ = ["DocumentRefused", "Outcome", "issue_document", "issue_documents"]
