"""What the crawl of addresses needs of mail: a mailbox, and a mail with a file that its customer's collector brought."""

import hashlib
import io
from email.message import EmailMessage

from PIL import Image

from customers.models import Customer
from messaging.models import Mailbox
from messaging.services.mailboxes import Given, create_mailbox
from messaging.services.receiving import receive_mail
from org.models import User
from tests.factories import SYSTEM


def make_mail(customer: Customer, collector: User, name: str) -> None:
    """A mail of nobody knows whom that the collector brought; with the first of them, the company's mailbox on a server that is away."""
    mail = EmailMessage()
    mail["From"], mail["Subject"], mail["Date"] = "eva@customer.example", f"Advice of {name}", "Sun, 20 Sep 2026 08:00:00 +0000"
    mail.set_content(f"{customer.name} greets you")
    mail.add_attachment(f"Invoice,Amount paid\nINV-{name}-1,6.00\n".encode(), maintype="text", subtype="csv", filename=f"{name}.csv")
    mail.add_attachment(pictured(f"mail {name}"), maintype="image", subtype="png", filename=f"{name}.png")
    receive_mail(actor=collector, company=customer.company, content=mail.as_bytes())
    if not Mailbox.objects.filter(company=customer.company).exists():
        given = Given("Remittances", "127.0.0.1", 9, "none", "cash", password="wrong")
        create_mailbox(actor=SYSTEM, company=customer.company, given=given)


def pictured(name: str) -> bytes:
    """A picture that is another one for every name."""
    colour = hashlib.sha256(name.encode()).digest()
    out = io.BytesIO()
    Image.new("RGB", (8, 8), tuple(colour[:3])).save(out, "PNG")
    return out.getvalue()
