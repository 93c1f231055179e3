"""Disputes: opened once, moved by rule, closed by those who may; only what is open can be contested."""

from datetime import date

import pytest

from disputes.models import Dispute
from disputes.selectors import disputed_by_item
from disputes.services import DisputeError, StaleDispute, close_dispute, move_dispute, note_dispute, open_dispute
from invoicing.selectors import CONTESTED
from org.actors import NotAllowed
from tests.factories import DAY, apply, issue, make_company, make_customer, make_user, receive
from workflow.models import Event

pytestmark = pytest.mark.django_db


@pytest.fixture
def world():
    company = make_company()
    customer = make_customer(company)
    return company, issue(customer, 100_00), make_user("senior", company)


def contest(actor, item, amount=30_00, source="call:1", **fields):
    return open_dispute(actor=actor, open_item=item, amount=amount, reason="price", today=DAY, source=source, **fields)


def test_a_dispute_holds_its_amount_and_is_due_by_its_reason(world):
    _, invoice, senior = world
    dispute = contest(senior, invoice, customer_words="we agreed 11.50")
    assert (dispute.state, dispute.due_date, dispute.number) == ("open", date(2026, 9, 22), "DSP-000001")
    assert disputed_by_item([invoice.pk]) == {invoice.pk: 30_00}
    assert Event.objects.get(type="dispute.opened").data["amount"] == 30_00


def test_the_same_event_opens_one_dispute(world):
    _, invoice, senior = world
    assert contest(senior, invoice).pk == contest(senior, invoice).pk
    assert Dispute.objects.count() == 1


@pytest.mark.parametrize("amount", [0, -1, 70_01])
def test_no_more_is_contested_than_is_open_and_not_contested_yet(world, amount):
    _, invoice, senior = world
    contest(senior, invoice)
    with pytest.raises(DisputeError, match="no more than"):
        contest(senior, invoice, amount=amount, source="call:2")


def test_a_case_is_reopened_only_over_what_is_still_open_and_uncontested(world):
    _, invoice, senior = world
    first = contest(senior, invoice, amount=80_00)
    close_dispute(actor=senior, dispute=first, resolution="rejected", today=DAY, agreed=0)
    contest(senior, invoice, amount=50_00, source="call:2")
    with pytest.raises(DisputeError, match="no more than"):
        move_dispute(actor=senior, dispute=first, state="open", version=first.version, today=DAY)
    first.refresh_from_db()
    assert first.state == "rejected" and disputed_by_item([invoice.pk]) == {invoice.pk: 50_00}
    paid = contest(senior, issue(invoice.customer, 20_00), amount=20_00, source="call:3")
    close_dispute(actor=senior, dispute=paid, resolution="rejected", today=DAY, agreed=0)
    apply(receive(invoice.customer, 20_00), (paid.open_item, 20_00))
    with pytest.raises(DisputeError, match="no more than"):
        move_dispute(actor=senior, dispute=paid, state="open", version=paid.version, today=DAY)


def test_a_receipt_is_not_disputed_and_a_reason_must_exist(world):
    _, invoice, senior = world
    with pytest.raises(DisputeError, match="owes"):
        contest(senior, receive(invoice.customer, 5_00), amount=1)
    with pytest.raises(DisputeError, match="reason"):
        open_dispute(actor=senior, open_item=invoice, amount=1, reason="weather", today=DAY, source="x")


def test_the_track_is_kept_and_a_stale_hand_is_told(world):
    _, invoice, senior = world
    dispute = contest(senior, invoice)
    stale = Dispute.objects.get(pk=dispute.pk)
    move_dispute(actor=senior, dispute=dispute, state="investigating", version=dispute.version, today=DAY)
    with pytest.raises(StaleDispute):
        move_dispute(actor=senior, dispute=stale, state="waiting", version=stale.version, today=DAY)
    with pytest.raises(DisputeError, match="doesn't become"):
        move_dispute(actor=senior, dispute=dispute, state="resolved", version=dispute.version, today=DAY)


def test_closing_frees_the_amount_and_reopening_keeps_history(world):
    _, invoice, senior = world
    dispute = contest(senior, invoice)
    note_dispute(actor=senior, dispute=dispute, body="PO says 11.50")
    close_dispute(actor=senior, dispute=dispute, resolution="rejected", today=DAY, agreed=0, note="contract amended")
    assert dispute.state == "rejected"
    assert disputed_by_item() == {}
    move_dispute(actor=senior, dispute=dispute, state="open", version=dispute.version, today=DAY)
    assert disputed_by_item() == {invoice.pk: 30_00}
    assert (dispute.resolution, dispute.resolved_on) == ("", None)
    assert [n.body for n in dispute.notes.all()] == ["PO says 11.50", "contract amended"]


def test_who_may_do_what(world):
    company, invoice, senior = world
    specialist, auditor = make_user("specialist", company), make_user("auditor", company)
    dispute = contest(specialist, invoice)
    with pytest.raises(NotAllowed):
        close_dispute(actor=auditor, dispute=dispute, resolution="paid", today=DAY, agreed=0)
    with pytest.raises(NotAllowed):
        note_dispute(actor=auditor, dispute=dispute, body="x")
    outsider = make_user("senior", make_company())
    seen = [Dispute.objects.visible_to(person, "disputes.view").count() for person in (senior, outsider)]
    assert seen == [1, 0]
    with pytest.raises(NotAllowed):
        contest(outsider, invoice, source="other")


def test_lists_of_documents_know_every_state_of_a_case_that_is_not_closed():
    """Documents stand a floor below cases, so they name the states: none may be forgotten there."""
    assert set(CONTESTED) == set(Dispute.State.values) - {"resolved", "rejected"}
