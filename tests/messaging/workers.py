"""What the workers of the tests do, in processes of their own."""

from datetime import date

from django.utils import timezone

from arops.lib import pdf
from collections_app.services.dunning import run_dunning
from messaging.services import send_due
from org.actors import SystemActor
from org.models import Company


def send() -> None:
    """Send what is due."""
    send_due(now=timezone.now())


def dun(company: str, day: str) -> None:
    """The dunning of a company on a day, without PDFs, which take most of its time."""
    pdf.is_available = lambda: False
    run_dunning(company=Company.objects.get(code=company), day=date.fromisoformat(day), actor=SystemActor("test"), now=timezone.now())
