"""Missing papers: reminded in turn and never twice a day, asked of whoever of ours owes them, closed when they are there."""

from datetime import timedelta

import pytest

from arops.lib import clock
from collections_app.models import DocumentChase
from collections_app.selectors.blockers import blockers, with_records
from collections_app.services.blockers import ChaseRefused, chase_documents, pause_chase, remind_now, take_in_hand
from customers.models import Contact, Customer, CustomerDocument
from customers.services.documents import receive_document, request_document
from messaging.models import Message
from org.actors import NotAllowed
from org.models import Department
from tests.factories import DAY, SYSTEM, make_company, make_customer, make_user
from workflow.models import Task

pytestmark = pytest.mark.django_db
ASKED = {"q": "", "owner": "", "waits": ""}


@pytest.fixture
def world():
    company = make_company()
    ana = make_user("specialist", company)
    customer = make_customer(company, "Nordia", collector=ana, language="de")
    Contact.objects.create(customer=customer, name="Eva", email="eva@nordia.example")
    paper = request_document(actor=ana, customer=customer, kind="exemption", today=DAY, jurisdiction="US-TX")
    return company, ana, customer, paper


def night(company, days):
    return chase_documents(actor=SYSTEM, company=company, day=DAY + timedelta(days=days), now=clock.now())


def test_a_customer_is_reminded_every_week_five_times_and_never_twice_a_day(world):
    company, ana, _, paper = world
    assert night(company, 0) == {"closed": 0, "begun": 1, "reminded": 0, "asked": 0}, "it was asked for just now"
    counts = [night(company, n)["reminded"] for n in range(1, 60)]
    assert sum(counts) == 5 and [n for n, c in enumerate(counts, 1) if c] == [7, 14, 21, 28, 35]
    night(company, 35)
    mails = Message.objects.filter(kind="document_reminder")
    assert mails.count() == 5
    assert "Steuerbefreiung fehlt: US-TX" in mails[0].subject and mails[0].recipients == ["eva@nordia.example"]
    chase = DocumentChase.objects.get()
    assert (chase.reminded, chase.next_on, chase.owner) == (5, None, ana)
    with pytest.raises(ChaseRefused, match="call them"):
        remind_now(actor=ana, document=paper, day=DAY + timedelta(days=60), now=clock.now())
    receive_document(actor=ana, document=paper, on=DAY)
    assert night(company, 61)["closed"] == 1 and not blockers(ana, DAY, ASKED)


def test_what_we_owe_is_asked_of_the_department_once(world):
    company, ana, customer, _ = world
    Department.objects.create(company=company, code="legal", name="Legal")
    paper = request_document(actor=ana, customer=customer, kind="w9", today=DAY, waits_for="legal")
    assert night(company, 0)["asked"] == 1 and night(company, 1)["asked"] == 0
    task = Task.objects.get()
    assert (task.department.code, task.subject_id) == ("legal", paper.pk)
    with pytest.raises(ChaseRefused, match="owes us"):
        remind_now(actor=ana, document=paper, day=DAY, now=clock.now())
    CustomerDocument.objects.filter(pk=paper.pk).update(waits_for="customer")
    listed = {waits: [b.document.kind for b in with_records(blockers(ana, DAY, ASKED | {"waits": waits}))] for waits in ("customer", "us")}
    assert listed == {"customer": ["exemption"], "us": ["w9"]}, "a paper that we give is never theirs to send"


def test_nobody_on_hold_is_written_to_and_a_pause_holds(world):
    company, ana, customer, paper = world
    night(company, 0)
    Customer.objects.filter(pk=customer.pk).update(dunning_hold=True)
    assert night(company, 8)["reminded"] == 0
    Customer.objects.filter(pk=customer.pk).update(dunning_hold=False)
    pause_chase(actor=ana, document=paper, until=DAY + timedelta(days=10), day=DAY)
    assert (night(company, 10)["reminded"], night(company, 11)["reminded"]) == (0, 1)
    with pytest.raises(ChaseRefused, match="half a year"):
        pause_chase(actor=ana, document=paper, until=DAY + timedelta(days=900), day=DAY)


def test_a_person_reminds_once_a_day_and_takes_it_in_hand(world):
    company, ana, customer, paper = world
    ben, stranger = make_user("specialist", company), make_user("specialist", make_company())
    assert remind_now(actor=ana, document=paper, day=DAY, now=clock.now())
    assert not remind_now(actor=ana, document=paper, day=DAY, now=clock.now())
    assert take_in_hand(actor=ben, document=paper, owner=ben, day=DAY).owner == ben
    with pytest.raises(NotAllowed):
        take_in_hand(actor=ana, document=paper, owner=ben, day=DAY)
    with pytest.raises(NotAllowed):
        remind_now(actor=stranger, document=paper, day=DAY, now=clock.now())
    customer.contacts.all().delete()
    with pytest.raises(ChaseRefused, match="address"):
        remind_now(actor=ana, document=CustomerDocument.objects.get(pk=paper.pk), day=DAY, now=clock.now())
    assert [b.chase.owner for b in with_records(blockers(ben, DAY, ASKED | {"owner": "me"}))] == [ben]
