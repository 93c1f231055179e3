"""Documents on their way in the demo: sent, accepted, rejected, come back, silent, waiting to be printed; and companies' particulars."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

from django.db.models import QuerySet

from arops.demo.setup import SYSTEM, World
from arops.lib import pdf
from customers.models import Customer
from invoicing.models import Invoice
from invoicing.services.alarming import alarm_silence
from invoicing.services.delivering import follow_outbox, note_answer
from invoicing.services.letterheads import set_letterhead
from invoicing.services.sending import send_invoice
from messaging.models import Message
from org.models import Company

PARTICULARS = {
    "US01": {"tax_number": "75-2718281", "registration": "TX 0801234567", "phone": "+1 555 0100", "bank_name": "First Prairie Bank",
             "bank_routing": "111000025"},
    "US02": {"tax_number": "31-4159265", "registration": "OH 4021987", "phone": "+1 555 0140", "bank_name": "First Prairie Bank",
             "bank_routing": "111000025"},
    "DE01": {"vat_id": "DE129273398", "registration": "HRB 21007 HB", "phone": "+49 421 5550100", "bank_name": "Hansebank Bremen",
             "legal_note": "Sitz Bremen, Amtsgericht Bremen; Geschäftsführung: Ines Behrens"},
}  # fmt: skip
ACCENTS = {"US01": "#1d4ed8", "US02": "#7a3e12", "DE01": "#0f5f4a"}
NOTE = "Cheques are made out to the company at the address above."
WAYS = (Customer.DeliveryBy.PRINT, Customer.DeliveryBy.EINVOICE, Customer.DeliveryBy.PULL)
ANSWERS = (
    ("accepted", 2, ""), ("accepted", 4, ""), ("rejected", 3, "The purchase order number is missing"), ("accepted", 3, ""),
    ("bounced", 0, "550 5.1.1 no such mailbox"), ("", 0, ""), ("", 0, ""),
)  # fmt: skip
"""What became of the documents that are sent, one after the other: the answer, after how many days, and why."""
HOME, FEW = "US01", 4
"""Who has all of them, and how many of them the sister companies have: each is a PDF, which takes time."""


def introduce(world: World) -> None:
    """The companies' legal and bank particulars, and how some customers want their documents."""
    for company in world.companies.values():
        account = world.accounts[company.code].identifiers[0] if world.accounts[company.code].identifiers else ""
        Company.objects.filter(pk=company.pk).update(bank_account=account, **PARTICULARS[company.code])
        company.refresh_from_db()
        note = NOTE if company.country == "US" else ""
        set_letterhead(actor=SYSTEM, company=company, accent=ACCENTS[company.code], footer="", payment_note=note)
        keys = list(Customer.objects.filter(company=company).order_by("pk").values_list("pk", flat=True))
        for n, way in enumerate(WAYS):
            Customer.objects.filter(pk__in=keys[n :: 11 + n]).update(delivery=way)


def deliver(world: World, today: date, now: datetime) -> None:
    """Send recent documents of each company on the day after they were issued, and hear what became of them."""
    if not pdf.is_available():
        return
    for company in world.companies.values():
        answers = ANSWERS if company.code == HOME else ANSWERS[:FEW]
        for (answer, after, reason), invoice in zip(answers, _recent(company, today), strict=False):
            _one(invoice, answer, after, reason, today)
        for invoice in _by_post(company, today):
            send_invoice(actor=SYSTEM, invoice=invoice, now=now, today=today, channel="print")
        alarm_silence(actor=SYSTEM, company=company, today=today)


def _recent(company: Company, today: date) -> Iterator[Invoice]:
    """Open invoices of two to seven weeks ago, to customers who get them by mail, one a customer."""
    found = _open(company).filter(document_date__gte=today - timedelta(days=50), document_date__lte=today - timedelta(days=15))
    seen: set[int] = set()
    for invoice in found.filter(customer__delivery="email", customer__contacts__email__gt="").distinct():
        if invoice.customer_id not in seen:
            seen.add(invoice.customer_id)
            yield invoice


def _by_post(company: Company, today: date) -> list[Invoice]:
    """Two recent invoices of customers who want paper."""
    found = _open(company).filter(document_date__gte=today - timedelta(days=30), customer__delivery="print", delivery=None)
    return list(found.exclude(customer__address="")[:2])


def _open(company: Company) -> QuerySet[Invoice]:
    """Open invoices, latest first, with what sending them reads."""
    found = Invoice.objects.filter(company=company, kind="invoice", open_item__balance__gt=0)
    return found.select_related("company", "customer", "open_item", "refers_to", "replaces").order_by("-document_date", "-pk")


def _one(invoice: Invoice, answer: str, after: int, reason: str, today: date) -> None:
    """A document mailed on the day after its date; what the mail server then said is history."""
    sent_on = invoice.document_date + timedelta(days=1)
    moment = datetime.combine(sent_on, time(9), tzinfo=UTC)
    dispatch = send_invoice(actor=SYSTEM, invoice=invoice, now=moment, today=sent_on, channel="email")
    if dispatch.message is not None:
        Message.objects.filter(pk=dispatch.message.pk).update(state="sent", sent_at=moment)
    follow_outbox(now=moment, today=sent_on)
    if answer:
        day = min(sent_on + timedelta(days=after), today)
        note_answer(actor=SYSTEM, invoice=invoice, state=answer, day=day, now=moment, today=today, reason=reason)
