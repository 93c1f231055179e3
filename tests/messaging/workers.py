"""What the workers of the tests do, in processes of their own."""

from datetime import date

from django.utils import timezone

from arops.lib import pdf
from collections_app.models import DunningLetter
from collections_app.services import dunning_queue
from collections_app.services.dunning import run_dunning
from collections_app.services.dunning_approval import allow_letters
from collections_app.services.inquiries.taking import take_mails
from collections_app.services.statement_runs import send_statements
from messaging.models import Mailbox
from messaging.services import send_due
from messaging.services.polling import poll_mailbox
from org.actors import SystemActor
from org.models import Company


def send() -> None:
    """Send what is due."""
    send_due(now=timezone.now())


def collect(company: str, day: str) -> None:
    """What the night writes to a company's customers, without PDFs, which take most of its time: reminders, which another person allows
    at once, and statements."""
    pdf.is_available = lambda: False
    dunning_queue.BATCH = 8
    us, when, now, night = Company.objects.get(code=company), date.fromisoformat(day), timezone.now(), SystemActor("test")
    run_dunning(company=us, day=when, actor=night, now=now)
    letters = list(DunningLetter.objects.filter(company=us, needs_approval=True, decided_by="").order_by("pk"))
    for start in range(0, len(letters), 8):
        allow_letters(actor=SystemActor("other"), letters=letters[start : start + 8], today=when, now=now)
    send_statements(actor=night, company=us, day=when, now=now)


def fetch(mailbox: str) -> None:
    """Fetch what is new in a mailbox, and make inquiries of it."""
    poll_mailbox(mailbox=Mailbox.objects.select_related("company").get(pk=int(mailbox)), now=timezone.now())
    take_mails(today=date(2027, 2, 17), now=timezone.now())
