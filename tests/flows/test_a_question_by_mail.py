"""A specialist asks somebody without an account about a case; the link opens the question; she is told the answer, the case has it."""

import re
from datetime import date, timedelta

import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from disputes.services import open_dispute
from messaging.services import queue_notices, send_due
from org.models import Department
from tests.factories import issue, make_company, make_customer, make_user
from workflow.models import Task

pytestmark = pytest.mark.django_db
DAY = date(2026, 9, 30)


@pytest.fixture(autouse=True)
def outside(settings):
    settings.BUSINESS_DATE, settings.SITE_URL = DAY, "https://ar.example"
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"


def post_comes(address):
    """What the next tick sends to an address: the subject and the text of the last mail."""
    queue_notices(now=timezone.now(), today=DAY)
    send_due(now=timezone.now() + timedelta(minutes=1))
    (*_, last) = [m for m in mail.outbox if address in m.to]
    return last.subject, last.body


def test_asked_by_mail_answered_by_link_read_on_the_case():
    company = make_company("US01")
    service = Department.objects.create(company=company, code="service", name="Service operations")
    ana = make_user("specialist", company, email="ana@test.example")
    customer = make_customer(company, "Nordia AB", collector=ana)
    case = open_dispute(
        actor=ana, open_item=issue(customer, 500_00, day=DAY), amount=100_00, reason="not_delivered", today=DAY, source="t:1", owner=ana
    )
    desk, outside = Client(), Client()
    desk.force_login(ana, backend="org.backends.EmailBackend")
    asked = {
        "department": service.pk, "title": "Was the pump fitted?", "question": "Who signed for it?", "due_date": "2026-10-05",
        "email": "pat@hill.example", "name": "Pat Hill", "token": "one",
    }  # fmt: skip
    assert desk.post(reverse("disputes:ask", args=[case.pk]), asked).status_code == 302

    subject, body = post_comes("pat@hill.example")
    (code,) = re.findall(r"https://ar\.example/answer/#(\S+)", body)
    assert subject == "A question: Was the pump fitted?" and "Dear Pat Hill" in body and "2026-10-05" in body
    assert outside.post(reverse("workflow:answer-open"), {"code": code}).status_code == 302
    assert "Who signed for it?" in outside.get(reverse("workflow:answer")).content.decode()
    sheet = SimpleUploadedFile("sheet.pdf", b"%PDF-1.7 signed")
    outside.post(reverse("workflow:answer-send"), {"body": "Mrs Lund did, on the 3rd.", "file": sheet, "version": "0"})

    page = desk.get(reverse("disputes:detail", args=[case.pk])).content.decode()
    assert "Mrs Lund did, on the 3rd." in page and "Pat Hill" in page
    case.refresh_from_db()
    assert (case.state, case.waiting_on) == ("investigating", "")
    subject, body = post_comes("ana@test.example")
    assert subject.startswith("Answered") and "Mrs Lund did, on the 3rd." in body
    assert len([m for m in mail.outbox if "Mrs Lund" in m.body]) == 1, "she is told once"
    task = Task.objects.get()
    assert "sheet.pdf" in desk.get(reverse("workflow:task", args=[task.pk])).content.decode()

    desk.post(reverse("workflow:task-step", args=[task.pk, "reopen"]), {"body": "At what time?", "version": task.version})
    subject, body = post_comes("pat@hill.example")
    assert subject == "Asked again: Was the pump fitted?" and code in body, "the same link opens it again"
    assert "At what time?" in outside.get(reverse("workflow:answer")).content.decode()
    case.refresh_from_db()
    assert case.waiting_on == "department"
    version = Task.objects.get().version
    outside.post(reverse("workflow:answer-send"), {"body": "That is logistics’.", "way": "back", "version": version})
    desk.post(reverse("workflow:task-step", args=[task.pk, "close"]), {"version": version + 1})
    assert Task.objects.get().state == "closed" and outside.get(reverse("workflow:answer")).status_code == 404
