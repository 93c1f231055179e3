"""Only what is in dispute is held out: of dunning, the work list, promises, and shown apart on the statement and the dashboard; the rest
is chased as before."""

from datetime import date

import pytest

from collections_app.models import Promise
from collections_app.selectors.dunning import accounts
from collections_app.selectors.statement import statement
from collections_app.services.calls import record_call
from collections_app.services.judging import decide_promises
from collections_app.services.promises import PromiseError, give_promise
from disputes.models import Dispute
from disputes.services import DisputeError, amend_dispute, close_dispute, open_dispute
from ledger.asof import Scope
from reports.selectors.ageing import ageing
from reports.selectors.question import Question
from tests.collections_app.work import listed
from tests.factories import DAY, SYSTEM, apply, issue, make_company, make_customer, make_user, receive

pytestmark = pytest.mark.django_db
OLD, DUE = date(2026, 6, 1), date(2026, 9, 20)


@pytest.fixture
def world():
    company = make_company()
    ana = make_user("specialist", company)
    nordia = make_customer(company, "Nordia", collector=ana)
    nordia.contacts.create(name="Eva Lund", phone="+46 8 123")
    return company, ana, nordia, issue(nordia, 100_00, day=OLD)


def contest(world, amount, item=None, source="a"):
    return open_dispute(actor=world[1], open_item=item or world[3], amount=amount, reason="price", today=DAY, source=source)


def shown(world, day=DAY):
    """What is asked for by letter and by call, what stands as disputed on the statement and in the ageing."""
    _, ana, nordia, _ = world
    (account,) = accounts({nordia.pk: nordia}, day)
    calls = [i.task.amount for i in listed(ana, day) if i.task.kind == "call"]
    (part,) = statement(nordia, OLD, day).parts
    report = ageing(Question(day, Scope(SYSTEM.reach())))
    return sum(d.chaseable for d in account.debits), sum(calls), part.disputed, report.totals["USD"].disputed


def test_the_rest_is_chased_and_the_figures_agree(world):
    assert shown(world) == (100_00, 100_00, 0, 0)
    case = contest(world, 30_00)
    assert shown(world) == (70_00, 70_00, 30_00, 30_00)
    amend_dispute(actor=world[1], dispute=case, version=case.version, today=DAY, amount=45_00)
    assert shown(world) == (55_00, 55_00, 45_00, 45_00)
    apply(receive(world[2], 55_00), (world[3], 55_00))
    assert shown(world) == (0, 0, 45_00, 45_00)
    close_dispute(actor=SYSTEM, dispute=case, resolution="rejected", agreed=0, today=DAY)
    assert shown(world) == (45_00, 45_00, 0, 0)


def test_what_is_contested_cannot_be_promised(world):
    _, ana, nordia, invoice = world
    contest(world, 30_00)
    other = issue(nordia, 50_00, day=OLD)
    give = {"actor": ana, "customer": nordia, "due_on": DUE, "today": DAY}
    with pytest.raises(PromiseError, match="not in dispute, 70"):
        give_promise(items=[invoice], amount=70_01, **give)
    made = give_promise(items=[invoice, other], amount=120_00, **give)
    assert dict(made.items.values_list("open_item", "amount")) == {invoice.pk: 70_00, other.pk: 50_00}
    contest(world, 50_00, other, "b")
    with pytest.raises(PromiseError, match="all that is open of these is in dispute"):
        give_promise(items=[other], amount=1_00, **give)


def test_a_call_promises_what_is_not_in_dispute_and_disputes_what_is_not_yet(world):
    _, ana, nordia, invoice = world
    contest(world, 30_00)
    said = record_call(actor=ana, customer=nordia, today=DAY, outcome="promise", items=[invoice], due_on=DUE)
    assert "70.00" in said and Promise.objects.get().amount == 70_00
    record_call(actor=ana, customer=nordia, today=DAY, outcome="dispute", items=[invoice], reason="damaged", body="arrived broken")
    assert Dispute.objects.values_list("amount", "kind", "owner").last() == (70_00, "invoice", ana.pk)
    with pytest.raises(DisputeError, match="all that is open is in dispute"):
        record_call(actor=ana, customer=nordia, today=DAY, outcome="dispute", items=[invoice], reason="damaged", source="again")


def decide(world, day):
    return decide_promises(company=world[0], today=day, actor=SYSTEM)


def test_a_promise_waits_for_the_case_when_all_that_is_missing_came_into_dispute(world):
    _, ana, nordia, invoice = world
    give_promise(actor=ana, customer=nordia, items=[invoice], amount=100_00, due_on=DUE, today=DAY)
    case = contest(world, 40_00)
    apply(receive(nordia, 60_00), (invoice, 60_00))
    assert decide(world, date(2026, 9, 22)) == {}
    close_dispute(actor=SYSTEM, dispute=case, resolution="rejected", agreed=0, today=date(2026, 9, 22))
    assert decide(world, date(2026, 9, 22)) == {"partly": 1}


def test_a_promise_is_broken_as_far_as_it_is_not_in_dispute(world):
    _, ana, nordia, invoice = world
    give_promise(actor=ana, customer=nordia, items=[invoice], amount=100_00, due_on=DUE, today=DAY)
    contest(world, 40_00)
    assert decide(world, date(2026, 9, 22)) == {"broken": 1}
