"""A link and its task under many hands at once: one answer counts, and what is ended stays ended; nobody waits for each other for ever."""

from threading import Barrier, Thread

import pytest
from django.db import connection

from arops.lib.refusal import Refused
from disputes.models import Dispute
from disputes.services import open_dispute
from disputes.services.asking import ask_about
from org.models import Department
from tests.factories import issue, make_company, make_customer, make_user
from tests.workflow.test_tasks import NOW, TODAY, collaborator
from workflow.models import Task, TaskLink
from workflow.services.links import LinkEnded, act_by_link, actor_of, revoke_link
from workflow.services.tasks import answer_task, reopen_task

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 3


@pytest.fixture
def world():
    company = make_company("US01")
    service, logistics = (Department.objects.create(company=company, code=c, name=c.title()) for c in ("service", "logistics"))
    asker = make_user("specialist", company)
    item = issue(make_customer(company), 500_00, day=TODAY)
    case = open_dispute(actor=asker, open_item=item, amount=100_00, reason="price", today=TODAY, source="t:1")
    return {"case": case, "asker": asker, "departments": [service, logistics], "sam": collaborator(service, "sam@test.example")}


def ask(world, department, email=""):
    return ask_about(
        actor=world["asker"], dispute=world["case"], department=department, question="?", due_date=TODAY, today=TODAY, now=NOW, email=email
    )


def at_once(*works):
    """Do all at the same moment; what each answered or was refused with."""
    gate, said = Barrier(len(works)), [None] * len(works)

    def run(n, work):
        try:
            gate.wait(10)
            said[n] = work()
        except (Refused, LinkEnded) as error:
            said[n] = error
        finally:
            connection.close()

    threads = [Thread(target=run, args=pair) for pair in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert None not in said, "somebody still waits, or broke"
    return said


def by_link(link, body):
    return act_by_link(link=link, now=NOW, do=lambda actor, task: answer_task(actor=actor, task=task, body=body, today=TODAY))


def test_one_answer_counts(world):
    for n in range(ROUNDS):
        task = ask(world, world["departments"][0], f"pat{n}@outside.example")
        link = TaskLink.objects.get(task=task)
        said = at_once(
            lambda link=link: by_link(link, "by link"), lambda link=link: by_link(link, "by link again"),
            lambda task=task: answer_task(actor=world["sam"], task=task, body="by Sam", today=TODAY),
        )  # fmt: skip
        assert sum(isinstance(one, Task) for one in said) == 1 == task.notes.count(), said
        assert Dispute.objects.get().state == "investigating"


def test_an_ended_link_answers_nothing_however_close(world):
    for n in range(ROUNDS):
        task = ask(world, world["departments"][0], f"pat{n}@outside.example")
        link = TaskLink.objects.get(task=task)
        answered, ended = at_once(
            lambda link=link: by_link(link, "just in time"), lambda link=link: revoke_link(actor=world["asker"], link=link, now=NOW)
        )
        assert isinstance(ended, TaskLink) and TaskLink.objects.get(pk=link.pk).revoked_at
        assert isinstance(answered, Task) == (Task.objects.get(pk=task.pk).state == "answered")
        with pytest.raises(LinkEnded):
            by_link(link, "too late")


def test_two_last_answers_bring_the_case_back_once(world):
    for n in range(ROUNDS):
        tasks = [ask(world, department, f"pat{n}@outside.example") for department in world["departments"]]
        links = [TaskLink.objects.get(task=task) for task in tasks]
        before = world["case"].steps.filter(state="investigating").count()
        said = at_once(*(lambda link=link: by_link(link, "here") for link in links))
        assert all(isinstance(one, Task) for one in said), said
        assert Dispute.objects.get().state == "investigating"
        assert world["case"].steps.filter(state="investigating").count() == before + 1


def test_asking_another_department_while_the_first_answers(world):
    """Both take the link before the task: neither waits for the other for ever."""
    service, logistics = world["departments"]
    for n in range(ROUNDS):
        task = ask(world, service, f"pat{n}@outside.example")
        link = TaskLink.objects.get(task=task)
        answer_task(actor=actor_of(link), task=task, body="Not ours.", today=TODAY)
        at_once(
            lambda link=link: by_link(link, "once more"),
            lambda task=task: reopen_task(actor=world["asker"], task=task, reason="Yours?", today=TODAY, department=logistics.code),
        )
        task.refresh_from_db()
        assert (task.state, task.department) == ("open", logistics) and TaskLink.objects.get(pk=link.pk).revoked_at
