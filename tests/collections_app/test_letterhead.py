"""Reminders and statements bear the company's letterhead, as its invoices do; nothing in it is markup."""

import io

import pytest
from django.test import Client
from django.urls import reverse
from PIL import Image
from pypdf import PdfReader

from arops.lib import pdf
from collections_app.models import StrategyStep
from collections_app.selectors.dunning import cases
from collections_app.services.dunning_letters import write_letter
from collections_app.services.statements import statement_file
from collections_app.services.strategies import create_standard_strategy
from invoicing.services.letterheads import set_letterhead
from org.models import Company
from tests.collections_app.test_dunning_runs import DAY, owes
from tests.factories import SYSTEM, make_company, make_user

pytestmark = pytest.mark.django_db


def logo():
    out = io.BytesIO()
    Image.new("RGB", (60, 20), "#aa0044").save(out, "PNG")
    return out.getvalue()


@pytest.fixture
def customer(settings):
    settings.BUSINESS_DATE = DAY
    company = make_company()
    Company.objects.filter(pk=company.pk).update(phone="+49 421 550", vat_id="DE129273398", address="Hafenstraße 14\n28195 Bremen")
    company.refresh_from_db()
    create_standard_strategy(actor=SYSTEM, company=company)
    set_letterhead(
        actor=SYSTEM, company=company, logo=logo(), accent="#aa0044", footer="<b>Managing directors</b>: A. Alder", payment_note="",
    )  # fmt: skip
    return owes(company)


def read(content):
    return PdfReader(io.BytesIO(content))


def letter_of(customer):
    (case,) = [c for c in cases(customer.company, DAY) if c.step]
    return write_letter(case, StrategyStep.objects.get(pk=case.step.pk), DAY)


def test_a_reminder_bears_logo_colour_and_foot(customer):
    if not pdf.is_available():
        pytest.skip("no Pango on this machine")
    made = read(letter_of(customer).file)
    for page in made.pages:
        text = page.extract_text()
        assert "<b>Managing directors</b>: A. Alder" in text and "VAT id DE129273398" in text and f"/ {len(made.pages)}" in text
    assert "+49 421 550" in made.pages[0].extract_text() and len(made.pages[0].images) == 1


def test_a_reminder_without_pdf_bears_it_in_its_page(customer, monkeypatch):
    monkeypatch.setattr(pdf, "is_available", lambda: False)
    page = letter_of(customer).file.decode()
    assert "data:image/png;base64," in page and "color: #aa0044" in page and page.count('class="foot"') == 1
    assert "&lt;b&gt;Managing directors" in page and "running" not in page.partition("<body>")[2]


def test_a_statement_bears_it_on_paper_and_on_the_screen(customer):
    client = Client()
    client.force_login(make_user("specialist", customer.company))
    body = client.get(reverse("customers:statement", args=[customer.pk])).content.decode()
    assert "data:image/png;base64," in body and 'fill="#aa0044"' in body
    if not pdf.is_available():
        pytest.skip("no Pango on this machine")
    made = read(statement_file(customers=[customer], as_of=DAY, format="pdf").content)
    text = made.pages[0].extract_text()
    assert "<b>Managing directors</b>: A. Alder" in text and "VAT id DE129273398" in text
    assert f"Statement of account {customer.number}" in text
    assert len(made.pages[0].images) == 1


def test_a_company_without_a_letterhead_is_named_in_words(customer):
    customer.company.letterhead.delete()
    if not pdf.is_available():
        pytest.skip("no Pango on this machine")
    page = read(letter_of(customer).file).pages[0]
    assert customer.company.name in page.extract_text() and not page.images
