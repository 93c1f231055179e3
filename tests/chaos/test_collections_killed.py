"""The night of collections is killed (SIGKILL) before its n-th statement, ever later, and run again: nothing is doubled, nothing lost."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from arops.lib import clock
from collections_app.models import Assignment, DocumentChase, PlannedStep, Ranking, WorkTask
from collections_app.policy.strategy import StepDraft
from collections_app.services import planned, ranking
from collections_app.services.blockers import chase_documents
from collections_app.services.planned import plan_steps
from collections_app.services.portfolios import RuleDraft, apply_rules, save_rule
from customers.models import Contact, Customer
from customers.services.documents import request_document
from messaging.models import Message
from org.models import Company, Department
from tests.chaos.test_cash_killed import AT, attempt, kill_and_try_again
from tests.collections_app.desk import put_in_force
from tests.factories import DAY, SYSTEM, apply, issue, make_company, make_customer, make_user, receive
from workflow.models import Event, Task

pytestmark = pytest.mark.django_db(transaction=True)
CUSTOMERS, BATCH = 7, 2


@pytest.fixture
def company(monkeypatch: pytest.MonkeyPatch) -> Company:
    """Customers that are late enough for a call, in batches of two."""
    monkeypatch.setattr(planned, "BATCH", BATCH)
    monkeypatch.setattr(ranking, "BATCH", BATCH)
    company = make_company()
    put_in_force(company, [StepDraft("call", 5, "Ring", minutes=6)])
    ana = make_user("specialist", company)
    for n in range(CUSTOMERS):
        customer = make_customer(company, f"Customer {n}", collector=ana)
        Contact.objects.create(customer=customer, name="Eva", email=f"ap{n}@acme.example")
        issue(customer, 100_00 + n, day=DAY - timedelta(days=60), due=DAY - timedelta(days=20))
    return company


def kill_in_batches(do: Callable[[], Any], count: Callable[[], int], whole: Callable[[], bool]) -> None:
    """Killed ever later until it goes through. Whatever stands after a kill is whole batches; no try takes back what another did."""
    reached, through = count(), 0
    for statement in AT:
        through += attempt(do, statement)
        assert count() >= reached and whole(), f"half of it stood after {statement - 1} statements"
        reached = count()
    assert through < len(AT) - 3, "it was hardly killed at all"
    do()


def test_steps_are_planned_once_and_told_as_often_as_planned(company):
    def told() -> int:
        return sum(Event.objects.filter(type="strategy.planned").values_list("data__planned", flat=True))

    def plan() -> Any:
        return plan_steps(company=company, day=DAY, actor=SYSTEM)

    kill_in_batches(plan, PlannedStep.objects.count, lambda: told() == PlannedStep.objects.count())
    assert PlannedStep.objects.count() == PlannedStep.objects.values("customer").distinct().count() == CUSTOMERS == told()
    step = PlannedStep.objects.order_by("pk").first()
    item = step.customer.open_items.get()
    apply(receive(step.customer, item.amount, day=DAY), (item, item.amount), day=DAY)
    attempt(plan, 4)
    assert plan()["planned"] == 0 and PlannedStep.objects.filter(state="dropped").count() == 1 and told() == CUSTOMERS


def test_the_list_is_whole_after_a_ranking_that_was_killed(company):
    def rank() -> int:
        return ranking.rank(company=company, day=DAY, now=clock.now())

    def whole() -> bool:
        tasks = set(WorkTask.objects.values_list("customer", flat=True))
        batches = [set(Customer.objects.order_by("pk")[n : n + BATCH].values_list("pk", flat=True)) for n in range(0, CUSTOMERS, BATCH)]
        return all(batch <= tasks or not batch & tasks for batch in batches)

    kill_in_batches(rank, WorkTask.objects.count, whole)
    assert WorkTask.objects.count() == WorkTask.objects.values("key").distinct().count() == CUSTOMERS
    assert Ranking.objects.get().day == DAY and ranking.catch_up(company=company, day=DAY, now=clock.now()) == 0
    item = Customer.objects.order_by("pk")[0].open_items.get()
    apply(receive(item.customer, item.amount, day=DAY), (item, item.amount), day=DAY)
    attempt(lambda: ranking.catch_up(company=company, day=DAY, now=clock.now()), 9)
    ranking.catch_up(company=company, day=DAY, now=clock.now())
    assert WorkTask.objects.count() == CUSTOMERS - 1


def test_papers_are_chased_once(company):
    Department.objects.create(company=company, code="billing", name="Billing")
    theirs, ours = Customer.objects.order_by("pk")[:2]
    request_document(actor=SYSTEM, customer=theirs, kind="exemption", today=DAY - timedelta(days=30), jurisdiction="US-TX")
    request_document(actor=SYSTEM, customer=ours, kind="w9", today=DAY - timedelta(days=30), waits_for="billing")

    def state() -> Any:
        chases = list(DocumentChase.objects.order_by("pk").values_list("document", "reminded", "next_on"))
        return chases, Message.objects.count(), Task.objects.count(), Event.objects.count()

    chases, mails, tasks, _ = kill_and_try_again(lambda: chase_documents(actor=SYSTEM, company=company, day=DAY, now=clock.now()), state)
    assert len(chases) == 2 and (mails, tasks) == (1, 1)
    again = chase_documents(actor=SYSTEM, company=company, day=DAY, now=clock.now())
    assert again == {"closed": 0, "begun": 0, "reminded": 0, "asked": 0} and state()[1:3] == (1, 1)


def test_work_is_shared_evenly_whole_or_not_at_all(company):
    boss, ben = make_user("supervisor", company), make_user("specialist", company)
    ana = Customer.objects.order_by("pk")[0].collector
    save_rule(actor=boss, company=company, draft=RuleDraft("All", (ana.pk, ben.pk)))
    ranking.rank(company=company, day=DAY, now=clock.now())

    def share() -> int:
        return apply_rules(actor=boss, company=company, today=DAY, even_out=True)

    def state() -> Any:
        owners = list(WorkTask.objects.order_by("key").values_list("owner", flat=True))
        whose = list(Customer.objects.order_by("pk").values_list("collector", flat=True))
        return whose, owners, Assignment.objects.count(), Event.objects.filter(type="customer.assigned").count()

    whose, owners, moved, told = kill_and_try_again(share, state)
    assert moved == told == whose.count(ben.pk) == owners.count(ben.pk) == CUSTOMERS // 2
    assert share() == 0 and state() == (whose, owners, moved, told)
