"""Mails of customers as tests write them, taken in by the product's own way."""

from datetime import UTC, datetime
from email.message import EmailMessage

from collections_app.models import Inquiry, InquiryEntry
from collections_app.services.inquiries.taking import take_mails
from messaging.models import InboundMail
from messaging.services.receiving import receive_mail
from org.models import Company
from tests.factories import SYSTEM

NOW = datetime(2027, 2, 17, 9, 0, tzinfo=UTC)
"""A Wednesday."""
TODAY = NOW.date()


def written(sender: str, subject: str, words: str, **heads: str) -> EmailMessage:
    """A mail; header names are given with _ for -."""
    mail = EmailMessage()
    mail["From"], mail["Subject"], mail["Date"] = sender, subject, "Wed, 17 Feb 2027 08:00:00 +0000"
    for name, value in heads.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(words)
    return mail


def send_in(company: Company, sender: str, subject: str, words: str, **heads: str) -> tuple[InboundMail, Inquiry | None]:
    """A mail that comes in and is taken: its row, and its inquiry."""
    return bring(company, written(sender, subject, words, **heads))


def bring(company: Company, mail: EmailMessage) -> tuple[InboundMail, Inquiry | None]:
    """A mail as it is, taken in."""
    row, _ = receive_mail(actor=SYSTEM, company=company, content=mail.as_bytes(), purpose="correspondence")
    take_mails(today=TODAY, now=NOW)
    row.refresh_from_db()
    entry = InquiryEntry.objects.filter(mail=row).select_related("inquiry__customer", "inquiry__owner").first()
    return row, entry.inquiry if entry else None
