"""Tasks: asked, answered, handed back, closed. Nobody reads a question of another department or company, or the account behind it."""

from datetime import date

import pytest
from django.urls import reverse
from django.utils import timezone

from org.actors import NotAllowed
from org.models import Department, Membership, User
from tests.factories import PASSWORD, SYSTEM, make_company, make_customer, make_user
from workflow.models import Event, Task, TaskNote
from workflow.services.attachments import attach
from workflow.services.subjects import find_subject
from workflow.services.tasks import TaskError, answer_task, cancel_task, close_task, hand_back, note_task, open_task, reopen_task, take_task

pytestmark = pytest.mark.django_db
TODAY = date(2026, 9, 20)
NOW = timezone.now()


@pytest.fixture(autouse=True)
def day(settings):
    settings.BUSINESS_DATE = TODAY


def collaborator(department, email):
    user = User.objects.create_user(email, PASSWORD, name=email.partition("@")[0].title())
    Membership.objects.create(user=user, company=department.company, role="collaborator", department=department)
    return user


@pytest.fixture
def world():
    """A company with two departments, somebody in each, a specialist who asks, and a secretive customer."""
    company = make_company("US01")
    service, logistics = (Department.objects.create(company=company, code=c, name=c.title()) for c in ("service", "logistics"))
    customer = make_customer(company, "Nordwind Secret Inc")
    return {
        "company": company, "customer": customer, "asker": make_user("specialist", company),
        "sam": collaborator(service, "sam@test.example"),
        "lou": collaborator(logistics, "lou@test.example"), "service": service, "logistics": logistics,
    }  # fmt: skip


def ask(world, key="t1", **fields):
    fields = {"kind": "finding", "title": "Was WO-7 signed off?", "question": "We billed 1,250.00 on it.", "department": "service",
              "due_date": date(2026, 9, 18), "amount": 1250_00, "currency": "USD", "customer_id": world["customer"].pk,
              "subject": world["customer"], "today": TODAY} | fields  # fmt: skip
    return open_task(actor=world["asker"], company=world["company"], dedupe_key=key, **fields)


def test_a_question_goes_there_and_back(world):
    task = ask(world)
    assert ask(world, title="Again").pk == task.pk, "the same event asks once"
    assert answer_task(actor=world["sam"], task=task, today=TODAY, body="Yes, by Mr Hill.", version=0).state == "answered"
    again = reopen_task(actor=world["asker"], task=task, today=TODAY, reason="On which day?", version=1, due_date=date(2026, 9, 25))
    assert (again.state, again.due_date, again.version) == ("open", date(2026, 9, 25), 2)
    hand_back(actor=world["sam"], task=task, today=TODAY, reason="Logistics keeps the sheets.", version=2)
    task = reopen_task(actor=world["asker"], task=task, today=TODAY, reason="Yours then.", version=3, department="logistics")
    assert task.department == world["logistics"]
    with pytest.raises(NotAllowed):
        answer_task(actor=world["sam"], task=task, today=TODAY, body="Still here.")
    answer_task(actor=world["lou"], task=task, today=TODAY, body="3 September.")
    closed = close_task(actor=world["asker"], task=task, today=TODAY, now=NOW, note="Thank you")
    assert closed.state == "closed" and closed.closed_at == NOW
    assert [n.kind for n in task.notes.all()] == ["answer", "reopened", "hand_back", "reopened", "answer", "closed"]
    told = list(Event.objects.filter(subject_type="workflow.task", subject_id=task.pk).order_by("pk").values_list("type", flat=True))
    assert told == ["task.asked", "task.answered", "task.reopened", "task.handed_back", "task.reopened", "task.answered", "task.closed"]


def test_what_is_out_of_turn_is_refused(world):
    task = ask(world)
    for empty in (
        lambda: answer_task(actor=world["sam"], task=task, today=TODAY, body="  "),
        lambda: hand_back(actor=world["sam"], task=task, today=TODAY, reason=""),
    ):
        with pytest.raises(TaskError):
            empty()
    answer_task(actor=world["sam"], task=task, today=TODAY, body="Yes.", version=0)
    with pytest.raises(TaskError, match="someone else changed"):
        close_task(actor=world["asker"], task=task, today=TODAY, now=NOW, version=0)
    with pytest.raises(TaskError, match="the task is answered"):
        answer_task(actor=world["sam"], task=task, today=TODAY, body="Twice.")
    cancel_task(actor=world["asker"], task=task, today=TODAY, now=NOW)
    with pytest.raises(TaskError, match="cancelled"):
        reopen_task(actor=world["asker"], task=task, today=TODAY, reason="After all")
    with pytest.raises(TaskError, match="no department"):
        ask(world, "t2", department="moon")
    with pytest.raises(TaskError, match="which department or which person"):
        ask(world, "t3", department=None)
    with pytest.raises(TaskError, match="no role"):
        ask(world, "t4", assignee=make_user("specialist", make_company("XX01")))


def test_who_answers_neither_asks_nor_closes(world):
    task = ask(world)
    sam, auditor = world["sam"], make_user("auditor", world["company"])
    answer_task(actor=sam, task=task, today=TODAY, body="Yes.")
    for refused in (
        lambda: close_task(actor=sam, task=task, today=TODAY, now=NOW), lambda: reopen_task(actor=sam, task=task, today=TODAY, reason="x"),
        lambda: cancel_task(actor=sam, task=task, today=TODAY, now=NOW),
        lambda: ask({**world, "asker": sam}, "s"),
        lambda: note_task(actor=world["lou"], task=task, body="let me see"), lambda: note_task(actor=auditor, task=task, body="x"),
        lambda: take_task(actor=world["lou"], task=task),
    ):  # fmt: skip
        with pytest.raises(NotAllowed):
            refused()
    assert note_task(actor=sam, task=task, body="The sheet follows.").author == sam.label


@pytest.fixture
def outsiders(world):
    """Everybody who must not read a task of Service: another department, another company, the same code elsewhere, one who has left."""
    other = make_company("XX01")
    twin = Department.objects.create(company=other, code="service", name="Service")
    stranger = collaborator(twin, "stranger@test.example")
    left = collaborator(world["service"], "left@test.example")
    Membership.objects.filter(user=left).delete()
    moved = User.objects.create_user("moved@test.example", PASSWORD, name="Moved")
    Membership.objects.create(user=moved, company=other, role="collaborator", department=world["service"])
    chief = make_user("supervisor", other)
    return [world["lou"], stranger, left, moved, chief, make_user("administrator", world["company"])]


def test_a_task_of_another_department_or_company_is_not_there(client, world, outsiders):
    task = ask(world)
    note_task(actor=world["sam"], task=task, body="secret word")
    file = attach(actor=world["sam"], subject=task, kind="evidence", name="sheet.pdf", content=b"%PDF-1.7 sheet")
    addresses = [
        reverse("workflow:task", args=[task.pk]), reverse("workflow:attachment", args=[file.pk]),
        reverse("workflow:attachments", args=["workflow.task", task.pk]),
    ]  # fmt: skip
    posts = [
        *(reverse("workflow:task-step", args=[task.pk, s]) for s in ("answer", "hand-back", "note", "take", "close", "cancel", "reopen")),
        reverse("workflow:attachment-remove", args=[file.pk]), reverse("workflow:attachments", args=["workflow.task", task.pk]),
    ]  # fmt: skip
    for person in outsiders:
        client.force_login(person)
        assert {client.get(a).status_code for a in addresses} == {404}, person
        refused = {403} if person.only_reads else {404}  # who has no role left changes nothing anywhere
        assert {client.post(a, {"body": "x", "version": 0}).status_code for a in posts} == refused, person
        for query in ("", "?view=all&state=all", "?view=department", "?view=asked", "?q=WO-7&view=all", "?view=all&department=service"):
            assert b"signed off" not in client.get(reverse("workflow:tasks") + query).content, (person, query)
        for kind in ("csv", "xlsx"):
            answer = client.get(reverse("workflow:tasks") + f"?view=all&state=all&format={kind}")
            assert answer.status_code == 403 or b"WO-7" not in answer.content, person
    task.refresh_from_db()
    assert task.state == "open" and task.notes.count() == 1 and Task.objects.count() == 1


def test_whoever_is_asked_reads_the_question_and_not_the_account(client, world):
    task = ask(world)
    sam = world["sam"]
    client.force_login(sam)
    assert client.get("/", follow=True).redirect_chain[-1][0] == reverse("workflow:tasks")
    listed = client.get(reverse("workflow:tasks")).content.decode()
    page = client.get(reverse("workflow:task", args=[task.pk])).content.decode()
    assert "2 days late" in listed and "1,250.00" in listed and "We billed" in page
    for body in (listed, page):
        assert "Nordwind" not in body and f"/customers/{world['customer'].pk}" not in body
    assert find_subject(sam, "customers.customer", world["customer"].pk) is None
    for address in (reverse("customers:detail", args=[world["customer"].pk]), reverse("workflow:task-new"), reverse("customers:list")):
        assert client.get(address).status_code == 403
    assert client.get(reverse("workflow:attachments", args=["customers.customer", world["customer"].pk])).status_code == 404
    client.force_login(world["asker"])
    assert "Nordwind" in client.get(reverse("workflow:task", args=[task.pk])).content.decode()


def test_a_portfolio_has_the_tasks_of_its_customers(client, world):
    person = make_user("senior", world["company"], scope="portfolio")
    task = ask(world)
    client.force_login(person)
    assert client.get(reverse("workflow:task", args=[task.pk])).status_code == 404
    assert b"WO-7" not in client.get(reverse("workflow:tasks") + "?view=all").content
    world["customer"].collector = person
    world["customer"].save()
    assert client.get(reverse("workflow:task", args=[task.pk])).status_code == 200
    own = ask({**world, "asker": person}, "own", title="Mine", subject=None, customer_id=None)
    assert client.get(reverse("workflow:task", args=[own.pk])).status_code == 200


def test_by_hand_on_the_pages(client, world):
    client.force_login(world["asker"])
    about = f"?about=customers.customer&key={world['customer'].pk}"
    form = {"company": world["company"].pk, "title": "Copy of the contract?", "question": "Page 3.", "due_date": "2026-09-22",
            "department": f"{world['company'].pk}:service", "amount": "1,250.00 USD", "token": "abc"}  # fmt: skip
    assert client.post(reverse("workflow:task-new") + about, form | {"amount": "many"}).status_code == 422
    assert client.post(reverse("workflow:task-new") + about, form | {"department": ""}).status_code == 422
    for _ in range(2):
        assert client.post(reverse("workflow:task-new") + about, form).status_code == 302
    task = Task.objects.get()
    assert (task.amount, task.currency, task.customer_ref, task.subject_type) == (
        1250_00,
        "USD",
        world["customer"].pk,
        "customers.customer",
    )
    client.force_login(world["sam"])
    step = reverse("workflow:task-step", args=[task.pk, "answer"])
    assert client.post(step, {"body": "", "version": 0}).status_code == 422
    stale = client.post(step, {"body": "Attached.", "version": 7})
    assert stale.status_code == 422 and b"someone else changed" in stale.content.lower() and b"Attached." in stale.content
    client.post(step, {"body": "Attached.", "version": 0})
    client.force_login(world["asker"])
    assert "Attached." in client.get(reverse("workflow:task", args=[task.pk]), headers={"HX-Request": "true"}).content.decode()
    export = client.get(reverse("workflow:tasks") + "?view=asked&format=csv").content.decode()
    assert "Copy of the contract?" in export and "1250.00" in export
    client.post(reverse("workflow:task-step", args=[task.pk, "close"]), {"version": 1, "next": "list"})
    task.refresh_from_db()
    assert task.state == "closed"


def test_the_list_asks_no_query_a_row(client, world, django_assert_max_num_queries):
    for n in range(30):
        ask(world, f"many-{n}", title=f"Question {n}")
    client.force_login(world["sam"])
    with django_assert_max_num_queries(30):
        assert client.get(reverse("workflow:tasks")).content.count(b'id="task-') == 30


def test_the_runtime_role_changes_no_word_that_was_said(world, app_conn):
    task = ask(world)
    note = note_task(actor=world["sam"], task=task, body="as said")
    with app_conn.cursor() as cursor:
        for sql in (
            f"UPDATE workflow_tasknote SET body = 'x' WHERE id = {note.pk}", "DELETE FROM workflow_tasknote", "DELETE FROM workflow_task",
            "DELETE FROM workflow_attachment", "UPDATE workflow_attachment SET name = 'x'",
        ):  # fmt: skip
            with pytest.raises(Exception, match="permission denied"):
                cursor.execute(sql)
            app_conn.rollback()
    assert TaskNote.objects.get().body == "as said" and SYSTEM.label == "system:test"
