"""What the crawl of addresses needs of the inbox: a mail of the customer with a file and what it says, its answer, mail that became no
inquiry; and a company's template and paper."""

from datetime import date, datetime
from email.message import EmailMessage

from collections_app.models import Inquiry
from collections_app.services.inquiries.answering import answer_inquiry
from collections_app.services.inquiries.taking import bring_mail
from collections_app.services.inquiries.templates import TemplateDraft, keep_paper, save_template
from customers.models import Customer
from org.models import Company, User
from tests.factories import SYSTEM


def make_inbox(customer: Customer, collector: User, name: str, now: datetime, today: date) -> None:
    """Once for each customer."""
    company = customer.company

    def bring(mail: EmailMessage) -> Inquiry | None:
        row, _ = bring_mail(actor=SYSTEM, company=company, content=mail.as_bytes(), name="a.eml", today=today, now=now)
        entry = getattr(row, "inquiry_entry", None)
        return entry.inquiry if entry else None

    asked = bring(
        _mail(f"ap@{name.lower()}-inbox.example", f"Copy for {name}", "Please send us a copy of the invoice. The price is wrong.")
    )
    assert asked is not None
    Inquiry.objects.filter(pk=asked.pk).update(customer=customer, owner=collector)
    asked.refresh_from_db()
    answer_inquiry(
        actor=collector, inquiry=asked, recipients=["eva@customer.example"], subject="Re", body="Here it is.", token=name, now=now,
        today=today,
    )  # fmt: skip
    own = _mail("ar@us.example", f"Notice {name}", "Of our own.")
    own["X-ArOps-Kind"] = "notice"
    bring(own)


def make_answers(company: Company) -> None:
    """A company's own: a template, and a paper that goes with answers."""
    draft = TemplateDraft("copy", "Copies", "en", "Copies", "Dear {contact}", ("copies",))
    save_template(actor=SYSTEM, company=company, draft=draft)
    content = b"%PDF-1.7 W-9 of " + company.code.encode()
    keep_paper(actor=SYSTEM, company=company, code="w9", name="W-9", file_name="w9.pdf", content=content)


def _mail(sender: str, subject: str, words: str) -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["Subject"], mail["Date"] = sender, subject, "Sun, 20 Sep 2026 08:00:00 +0000"
    mail.set_content(words)
    mail.add_attachment(subject.encode(), maintype="text", subtype="csv", filename="list.csv")
    return mail
