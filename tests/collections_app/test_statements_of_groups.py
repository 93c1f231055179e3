"""Statements of groups: the whole tree under a head, and what a collector sees of one that holds accounts of other portfolios."""

from datetime import date, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from arops.lib import pdf
from collections_app.models import SentStatement
from collections_app.services.statement_runs import send_statements
from collections_app.services.statement_schedules import ScheduleDraft, save_schedule
from customers.models import Contact, Customer
from customers.selectors import LEVELS, ids_below
from customers.services.master import NotSaved, edit_customer, save_customers
from messaging.models import Message, PrintedLetter
from messaging.services.deciding import cancel_message, retry_message
from messaging.services.errors import MessageError
from messaging.services.printing import gather_letters
from tests.factories import SYSTEM, issue, make_company, make_customer, make_user
from workflow.services import store_file

pytestmark = pytest.mark.django_db
DAY = date(2026, 9, 30)
NOW = datetime.fromisoformat("2026-09-30T22:00:00+00:00")


@pytest.fixture(autouse=True)
def quick(monkeypatch, settings):
    settings.BUSINESS_DATE = DAY
    monkeypatch.setattr(pdf, "from_html", lambda html, css="": b"%PDF " + html.encode())
    monkeypatch.setattr(pdf, "is_available", lambda: True)


@pytest.fixture
def group():
    """A head of one collector, a child and a grandchild of another; 10.00, 5.00 and 2.00 open."""
    company = make_company()
    ana, ben = (make_user("specialist", company, scope="portfolio") for _ in range(2))
    head = make_customer(company, "Holding", collector=ana)
    child = make_customer(company, "Branch", collector=ben, parent=head)
    grandchild = make_customer(company, "Depot", collector=ben, parent=child)
    for customer, amount in ((head, 10_00), (child, 5_00), (grandchild, 2_00)):
        issue(customer, amount, day=DAY - timedelta(days=40), due=DAY - timedelta(days=10))
    return company, ana, head, child, grandchild


def sent(company, head, email="ap@holding.example"):
    if email:
        Contact.objects.create(customer=head, name="Eva", email=email)
    save_schedule(actor=SYSTEM, company=company, draft=ScheduleDraft("Monthly", DAY.replace(day=1), day=31, for_group=True))
    assert send_statements(actor=SYSTEM, company=company, day=DAY, now=NOW)["sent"] == 1
    return SentStatement.objects.get()


def logged_in(user):
    client = Client()
    client.force_login(user)
    return client


def test_a_group_is_the_whole_tree_and_its_paper_stays_whole(group):
    company, _, head, child, grandchild = group
    made = sent(company, head)
    assert made.balance == {"USD": 17_00} and made.accounts[str(grandchild.pk)] == {"USD": 2_00}
    assert set(made.message.also_about) == {child.pk, grandchild.pk}
    paper = bytes(made.message.enclosed.get().storedfile.content).decode()
    assert "17.00" in made.message.body and "Depot" in paper and "17.00" in paper


def test_a_collector_of_the_head_alone_sees_no_figure_of_the_others(group):
    company, ana, head, *_ = group
    made = sent(company, head)
    client, file = logged_in(ana), made.message.enclosed.get()
    pages = [
        client.get(reverse("collections:statements")),
        client.get(reverse("customers:tab", args=[head.pk, "timeline"])),
        client.get(reverse("messaging:message", args=[made.message_id])),
        client.get(reverse("messaging:outbox")),
    ]
    assert all(page.status_code == 200 for page in pages)
    text = "".join(page.content.decode() for page in pages)
    assert "17.00" not in text and "Depot" not in text and "10.00" in pages[0].content.decode()
    assert client.get(reverse("messaging:attachment", args=[made.message_id, file.storedfile_id])).status_code == 404
    boss = logged_in(make_user("supervisor", company))
    assert "17.00" in boss.get(pages[0].request["PATH_INFO"]).content.decode()
    assert "17.00" in boss.get(pages[2].request["PATH_INFO"]).content.decode()
    cancel_message(actor=SYSTEM, message=made.message)
    with pytest.raises(MessageError, match="accounts that you don't see"):
        retry_message(actor=ana, message=Message.objects.get(), now=NOW, recipients=["me@elsewhere.example"])


def test_a_printed_letter_of_a_group_is_read_by_who_sees_it_all(group):
    company, ana, head, *_ = group
    sent(company, head, email="")
    batch = gather_letters(actor=ana, company=company)
    file, _ = store_file(actor=SYSTEM, name="all.pdf", content=b"%PDF 17.00", content_type="application/pdf")
    batch.pdf = file
    batch.save()
    batch.printed.update(file=file)
    mine = logged_in(ana)
    assert mine.get(reverse("messaging:letter-file", args=[PrintedLetter.objects.get().pk])).status_code == 404
    assert mine.get(reverse("messaging:letter-batch-file", args=[batch.pk, "pdf"])).status_code == 404


def test_circles_are_refused_and_one_that_is_there_ends(group):
    company, _, head, child, grandchild = group
    with pytest.raises(NotSaved, match="circle"):
        edit_customer(actor=SYSTEM, customer=head, parent=grandchild)
    row = {"company": company.code, "number": head.number, "parent": child.number}
    (outcome,) = save_customers([row], actor=SYSTEM, source_system="erp")
    assert outcome.outcome == "rejected" and outcome.problems[0].pointer == "/parent"
    with connection.cursor() as cursor:
        cursor.execute("UPDATE customers_customer SET parent_id = %s WHERE id = %s", [grandchild.pk, head.pk])
    assert sorted(ids_below([head.pk])[head.pk]) == sorted([child.pk, grandchild.pk])


def test_a_group_is_bounded(group):
    company, _, head, *_ = group
    below = head
    for n in range(LEVELS):
        below = make_customer(company, f"Level {n}", parent=below)
    last = make_customer(company, "Too deep")
    with pytest.raises(NotSaved, match=f"at most {LEVELS} levels"):
        edit_customer(actor=SYSTEM, customer=last, parent=below)
    assert not Customer.objects.get(pk=last.pk).parent_id
