"""Departments are asked about a case: the case waits for them and goes on with the last answer; they see the question and nothing else."""

from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from arops.lib.refusal import Refused
from disputes.models import Dispute
from disputes.selectors.questions import likely_department, question_about
from disputes.selectors.queues import Queues, Wanted
from disputes.selectors.thread import thread_of
from disputes.services import close_dispute, move_dispute, open_dispute
from disputes.services.asking import ask_about, escalate_dispute
from disputes.services.errors import DisputeError
from disputes.services.settled import close_settled
from invoicing.models import Finding, Invoice
from invoicing.services import issue_documents
from org.actors import NotAllowed
from org.models import Department
from tests.factories import SYSTEM, apply, make_company, make_customer, make_user, receive
from tests.workflow.test_tasks import collaborator
from workflow.models import Attachment, Task, TaskLink
from workflow.services.attachments import attach, files_of
from workflow.services.links import actor_of
from workflow.services.tasks import answer_task, cancel_task, close_task, hand_back, reopen_task

pytestmark = pytest.mark.django_db
DAY, NOW = date(2026, 9, 30), timezone.now()
DUE = DAY + timedelta(days=3)


@pytest.fixture(autouse=True)
def business_date(settings):
    settings.BUSINESS_DATE = DAY


@pytest.fixture
def world():
    """A case about two lines of an invoice, two departments with somebody in each."""
    company = make_company("US01")
    make_customer(company, "Nordia Secret AB", external_id="C-1", source_system="erp")
    line = {"description": "Service hours", "sku": "SRV", "unit": "HUR", "quantity": "10", "unit_price": "12.50", "amount": "125.00"}
    row = {
        "company": "US01", "customer": {"external_id": "C-1"}, "kind": "invoice", "number": "INV-1", "external_id": "1", "currency": "USD",
        "document_date": "2026-08-01", "due_date": "2026-08-31", "total": "250.00",
        "lines": [line | {"number": 1}, line | {"number": 2, "description": "Pump", "work_order": "WO-7"}],
    }  # fmt: skip
    (done,) = issue_documents([row], actor=SYSTEM, source_system="erp")
    assert done.outcome == "created", done
    invoice = Invoice.objects.get()
    service, sales = (Department.objects.create(company=company, code=c, name=n) for c, n in (("service", "Service"), ("sales", "Sales")))
    asker = make_user("specialist", company)
    case = open_dispute(
        actor=asker, open_item=invoice.open_item, amount=50_00, reason="price", today=DAY, source="t:1", customer_words="We agreed 10.00.",
    )  # fmt: skip
    return {
        "company": company, "case": case, "asker": asker, "service": service, "sales": sales, "lines": list(invoice.lines.all()),
        "sam": collaborator(service, "sam@test.example"), "lou": collaborator(sales, "lou@test.example"), "invoice": invoice,
    }  # fmt: skip


def ask(world, department="service", **fields):
    fields = {"question": "Which price was agreed?", "due_date": DUE, "today": DAY, "now": NOW} | fields
    return ask_about(actor=world["asker"], dispute=world["case"], department=world[department], **fields)


def stands(world):
    case = Dispute.objects.get(pk=world["case"].pk)
    return case.state, case.waiting_on, case.department.code if case.department else ""


def test_the_file_of_an_answer_stands_beside_it_in_the_thread(world):
    task = ask(world)
    attach(actor=world["sam"], subject=task, kind="evidence", name="note.txt", content=b"Two visits.")
    answer_task(actor=world["sam"], task=task, body="See the note.", today=DAY)
    said = [(e.kind, [f.name for f in e.files]) for e in thread_of(world["asker"], world["case"]).entries if e.task]
    assert said == [("asked", []), ("answer", ["note.txt"])]


def test_the_case_waits_until_the_last_answer(world):
    first, second = ask(world), ask(world, "sales")
    assert stands(world) == ("waiting", "department", "sales")
    answer_task(actor=world["lou"], task=second, body="12.00 from July.", today=DAY)
    assert stands(world)[:2] == ("waiting", "department"), "service has not answered yet"
    hand_back(actor=world["sam"], task=first, reason="Sales knows.", today=DAY)
    assert stands(world) == ("investigating", "", ""), "nothing is asked any more"
    thread = thread_of(world["asker"], world["case"])
    said = [(e.kind, e.words) for e in thread.entries if e.kind in ("asked", "answer")]
    assert said == [
        ("asked", "Which price was agreed?"), ("asked", "Which price was agreed?"), ("answer", "12.00 from July."),
        ("answer", "Sales knows."),
    ]  # fmt: skip
    reopen_task(actor=world["asker"], task=first, reason="No, you do.", today=DAY)
    assert stands(world) == ("waiting", "department", "service"), "asking again waits again"
    cancel_task(actor=world["asker"], task=first, now=NOW, today=DAY)
    assert stands(world)[0] == "investigating"
    close_task(actor=world["asker"], task=second, now=NOW, today=DAY)
    assert stands(world)[0] == "investigating"


def test_a_case_that_waits_for_the_customer_or_is_decided_stays_where_it_is(world):
    case = world["case"]
    move_dispute(actor=world["asker"], dispute=case, state="waiting", waiting_on="customer", version=case.version, today=DAY)
    task = ask(world)
    assert stands(world)[:2] == ("waiting", "customer")
    answer_task(actor=world["sam"], task=task, body="12.00.", today=DAY)
    assert stands(world)[:2] == ("waiting", "customer")


def test_closing_the_case_withdraws_what_is_still_asked(world):
    answered, open_one = ask(world), ask(world, "sales", email="pat@outside.example")
    answer_task(actor=world["sam"], task=answered, body="12.00.", today=DAY)
    close_dispute(actor=world["asker"], dispute=world["case"], resolution="withdrawn", agreed=0, today=DAY)
    assert {t.pk: t.state for t in Task.objects.all()} == {answered.pk: "answered", open_one.pk: "cancelled"}
    with pytest.raises(Refused):
        ask(world)


def test_a_case_that_is_paid_after_all_asks_nobody_any_more(world):
    ask(world, email="pat@outside.example")
    item = world["invoice"].open_item
    apply(receive(item.customer, item.balance, day=DAY), (item, item.balance), day=DAY)
    assert close_settled(actor=SYSTEM, company=world["company"], today=DAY)["closed"] == 1
    assert Task.objects.get().state == "cancelled" and Dispute.objects.get().state == "resolved"


def test_an_answer_by_a_link_is_on_the_case_at_once(world):
    task = ask(world, email="pat@outside.example", name="Pat Hill")
    link = TaskLink.objects.get()
    answer_task(actor=actor_of(link), task=task, body="10.00, see the mail.", today=DAY)
    assert stands(world)[0] == "investigating"
    client = Client()
    client.force_login(world["asker"])
    shown = client.get(reverse("disputes:detail", args=[world["case"].pk])).content.decode()
    assert "10.00, see the mail." in shown and "Pat Hill" in shown


def test_files_go_along_only_where_they_are_chosen(world):
    case, asker = world["case"], world["asker"]
    pod, secret = (attach(actor=asker, subject=case, kind="evidence", name=n, content=n.encode()) for n in ("pod.txt", "secret.txt"))
    other = attach(actor=SYSTEM, subject=world["case"].customer, kind="contract", name="contract.txt", content=b"c")
    task = ask(world, files=[pod], email="pat@outside.example")
    assert [f.name for f in files_of(world["sam"], task).rows] == ["pod.txt"]
    client = Client()
    client.force_login(world["sam"])
    assert client.get(reverse("workflow:attachment", args=[secret.pk])).status_code == 404
    own = Attachment.objects.get(subject_type="workflow.task")
    assert client.get(reverse("workflow:attachment", args=[own.pk])).status_code == 200
    for foreign in (other, own):
        with pytest.raises(Refused, match="beside this record"):
            ask(world, files=[foreign])
    assert Task.objects.count() == 1, "nothing was asked with a file that isn’t the case’s"


def test_a_collaborator_sees_the_question_and_nothing_of_the_case(world):
    task, other = ask(world, question="Which price was agreed for line 1?"), ask(world, "sales")
    client = Client()
    client.force_login(world["sam"])
    shown = client.get(reverse("workflow:task", args=[task.pk])).content.decode()
    assert "Which price was agreed for line 1?" in shown
    for hidden in ("Nordia Secret", "We agreed 10.00", reverse("disputes:detail", args=[world["case"].pk])):
        assert hidden not in shown, hidden
    assert client.get(reverse("workflow:task", args=[other.pk])).status_code == 404
    assert client.get(reverse("disputes:detail", args=[world["case"].pk])).status_code in (403, 404)
    assert client.get(reverse("disputes:ask", args=[world["case"].pk])).status_code in (403, 404)


def test_who_may_ask_what(world):
    with pytest.raises(Refused, match="past"):
        ask(world, due_date=DAY - timedelta(days=1))
    with pytest.raises(Refused, match="write what"):
        ask(world, question=" ")
    other = Department.objects.create(company=make_company("US02"), code="service", name="Service")
    with pytest.raises(Refused, match="of this company"):
        ask_about(actor=world["asker"], dispute=world["case"], department=other, question="?", due_date=DUE, today=DAY, now=NOW)
    assert ask(world, token="f1").pk == ask(world, token="f1").pk, "a form sent twice asks once"
    for stranger in (world["sam"], make_user("auditor", world["company"])):
        with pytest.raises(NotAllowed):
            ask_about(actor=stranger, dispute=world["case"], department=world["service"], question="?", due_date=DUE, today=DAY, now=NOW)
    portfolio = Client()
    portfolio.force_login(make_user("specialist", world["company"], scope="portfolio"))
    assert portfolio.get(reverse("disputes:ask", args=[world["case"].pk])).status_code == 404


def test_the_question_is_written_from_the_line_and_what_was_found(world):
    case, (one, two) = world["case"], world["lines"]
    Finding.objects.create(
        invoice=world["invoice"], company=world["company"], rule="price", severity="block", effect=25_00, currency="USD", lines=[1],
        origin="pricing_setup", words="Line 1 is billed at another price.", expected="10.00", billed="12.50", key="price:1",
    )  # fmt: skip
    said = question_about(case, one, Finding.objects.get())
    for part in ("Invoice INV-1 of 1 Aug 2026", "10 HUR × 12.5 = 125.00 USD", "50.00 USD, price", "“We agreed 10.00.”", "Expected: 10.00.",
                 "Which price was agreed"):  # fmt: skip
        assert part in said, (part, said)
    departments = [world["service"], world["sales"]]
    assert likely_department(case, departments, one) == world["sales"], "prices are sales’"
    case.reason = "not_delivered"
    assert likely_department(case, departments, two) == world["service"], "the work order’s"
    assert likely_department(case, departments, two, origin="pricing_setup") == world["sales"]
    assert likely_department(case, [], one) is None
    assert "Work order WO-7." in question_about(case, two)
    case.customer_words = "ORIG ACCOUNT:DE89370400440532013000 0012345678 INV-1 less freight 96.37"
    assert "ORIG ACCOUNT:… … INV-1 less freight 96.37" in question_about(case)


def test_the_page_asks_with_the_line_and_returns_to_the_case(world):
    client = Client()
    client.force_login(world["asker"])
    one = world["lines"][0]
    address = reverse("disputes:ask", args=[world["case"].pk])
    shown = client.get(address, {"line": one.pk, "words": "The order says <b>10.00</b>."}).content.decode()
    assert "Service hours, billed 10 HUR" in shown and "The order says &lt;b&gt;10.00&lt;/b&gt;." in shown
    fields = {
        "department": world["service"].pk, "title": "Price of line 1", "question": "Which?", "due_date": DUE.isoformat(), "token": "x",
        "email": "pat@outside.example", "name": "Pat",
    }  # fmt: skip
    for wrong, why in (({"question": ""}, "required"), ({"due_date": "2026-01-01"}, "past"), ({"email": "nonsense"}, "valid email")):
        refused = client.post(f"{address}?line={one.pk}", fields | wrong)
        assert refused.status_code == 422 and why in refused.content.decode(), wrong
    assert client.post(f"{address}?line={one.pk}", fields)["Location"].startswith(reverse("disputes:detail", args=[world["case"].pk]))
    task = Task.objects.get()
    assert (task.title, task.amount, task.links.get().email) == ("Price of line 1", 50_00, "pat@outside.example")
    for odd in ("line=x", "line=999999", "finding=1", "line=0", "finding=x&origin=%00", "line=" + "9" * 50):
        assert client.get(f"{address}?{odd}").status_code == 200, odd
    assert "Ask a department" in client.get(reverse("disputes:detail", args=[world["case"].pk])).content.decode()


def test_a_question_about_a_case_has_it_wait_wherever_it_is_asked(world):
    client = Client()
    client.force_login(world["asker"])
    where = f"{reverse('workflow:task-new')}?about=disputes.dispute&key={world['case'].pk}"
    said = {"department": f"{world['company'].pk}:service", "company": world["company"].pk, "title": "Signed?", "due_date": DUE.isoformat()}
    assert client.post(where, said | {"question": "Who signed?"}).status_code in (200, 302)
    assert stands(world) == ("waiting", "department", "service")


def test_a_case_is_escalated_to_a_senior_and_goes_on_meanwhile(world):
    case, asker, sam = world["case"], world["asker"], make_user("senior", world["company"])
    asked = {"actor": asker, "dispute": case, "question": "Is the letter right?", "due_date": DUE, "today": DAY, "token": "1"}
    task = escalate_dispute(reviewer=sam, **asked)
    assert escalate_dispute(reviewer=sam, **asked) == task and task.assignee == sam and stands(world)[0] == "open"
    service = ask(world)
    answer_task(actor=world["sam"], task=service, body="12.00.", today=DAY)
    assert stands(world)[0] == "investigating", "it doesn’t wait for the senior"
    assert list(Queues(sam, DAY).find(Wanted(view="escalated"))) == [case]
    with pytest.raises(DisputeError, match="looking at it already"):
        escalate_dispute(reviewer=sam, **asked | {"token": "2"})
    answer_task(actor=sam, task=task, body="Yes: reject it.", today=DAY)
    assert not Queues(sam, DAY).find(Wanted(view="escalated")).exists()
    words = [(e.kind, e.words) for e in thread_of(asker, case).entries if e.task == task]
    assert words == [("asked", "Is the letter right?"), ("answer", "Yes: reject it.")]


def test_only_a_senior_who_sees_the_case_is_asked_to_look_at_it(world):
    company = world["company"]
    asked = {"actor": world["asker"], "dispute": world["case"], "question": "?", "due_date": DUE, "today": DAY, "token": "1"}
    elsewhere, own = make_user("senior", make_company("EU01")), make_user("senior", company, scope="portfolio")
    for nobody in (world["asker"], make_user("specialist", company), elsewhere, own):
        with pytest.raises(DisputeError, match="choose a senior"):
            escalate_dispute(reviewer=nobody, **asked)
    senior = make_user("senior", company)
    with pytest.raises(DisputeError, match="not yourself"):
        escalate_dispute(reviewer=senior, **asked | {"actor": senior})
    with pytest.raises(NotAllowed):
        escalate_dispute(reviewer=senior, **asked | {"actor": make_user("auditor", company)})


def test_the_page_escalates_and_the_seniors_queue_shows_it(world):
    senior, client = make_user("senior", world["company"]), Client()
    client.force_login(world["asker"])
    page = reverse("disputes:detail", args=[world["case"].pk])
    assert "Escalate" in client.get(page).content.decode()
    where = reverse("disputes:escalate", args=[world["case"].pk])
    client.post(where, {"reviewer": senior.pk, "question": "Is it ours?", "token": "1"})
    assert Task.objects.get().assignee == senior and 'name="reviewer"' not in client.get(page).content.decode()
    client.force_login(senior)
    assert world["case"].number in client.get(reverse("disputes:list") + "?view=escalated").content.decode()
