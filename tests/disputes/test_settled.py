"""Cases whose item was settled without them: closed by the night, opened again when the settlement is taken back."""

from datetime import date

import pytest

from disputes.models import Dispute, DisputeMovement
from disputes.selectors import disputed_by_item
from disputes.services import close_dispute, open_dispute
from disputes.services.settled import close_settled
from ledger.models import Entry
from ledger.services import reverse_entries
from org.actors import NotAllowed
from tests.factories import DAY, SYSTEM, apply, issue, make_company, make_customer, make_user, receive
from workflow.models import Event

pytestmark = pytest.mark.django_db
NEXT = date(2026, 9, 16)


@pytest.fixture
def world():
    company = make_company()
    return company, make_customer(company)


def contested(world, amount=30_00, item=None):
    item = item or issue(world[1], 100_00)
    made = open_dispute(
        actor=SYSTEM, open_item=item, amount=amount, reason="price", today=DAY, source=f"{item.pk}:{Dispute.objects.count()}"
    )
    return item, made


def night(world, day=NEXT):
    return close_settled(actor=SYSTEM, company=world[0], today=day)


def end(case):
    case.refresh_from_db()
    return case.state, case.resolution, case.agreed, case.resolved_on


def test_what_was_paid_in_full_is_closed_with_words(world):
    item, case = contested(world)
    assert night(world) == {"closed": 0, "reopened": 0}
    entry = apply(receive(world[1], 100_00), (item, 100_00))
    assert night(world) == {"closed": 1, "reopened": 0} and night(world) == {"closed": 0, "reopened": 0}
    assert end(case) == ("resolved", "paid", 0, NEXT) and disputed_by_item() == {}
    assert "paid in full" in case.notes.get().body and case.notes.get().author == "system:settled"
    assert Event.objects.filter(type="dispute.resolved", subject_id=case.pk).count() == 1
    reverse_entries(entries=[Entry.objects.get(pk=entry)], day=NEXT, actor=SYSTEM, reason="bounced")
    assert night(world, date(2026, 9, 17)) == {"closed": 0, "reopened": 1}
    assert end(case) == ("open", "", None, None) and disputed_by_item() == {item.pk: 30_00}
    assert [m.delta for m in DisputeMovement.objects.order_by("pk")] == [30_00, -30_00, 30_00]


def test_credit_memos_credit_and_the_earliest_case_first(world):
    item, first = contested(world, 40_00)
    _, second = contested(world, 50_00, item)
    apply(issue(world[1], -60_00, kind="credit_memo"), (item, 60_00))
    apply(receive(world[1], 40_00), (item, 40_00))
    assert night(world) == {"closed": 2, "reopened": 0}
    assert end(first)[1:3] == ("credited", 40_00) and end(second)[1:3] == ("paid", 20_00)
    assert "a part of it credited" in second.notes.get().body


def test_what_was_credited_before_the_case_does_not_count(world):
    item = issue(world[1], 100_00)
    apply(issue(world[1], -60_00, kind="credit_memo"), (item, 60_00))
    item.refresh_from_db()
    case = contested(world, 40_00, item)[1]
    Dispute.objects.filter(pk=case.pk).update(created_at="2030-01-01T00:00:00Z")
    apply(receive(world[1], 40_00), (item, 40_00))
    night(world)
    assert end(case)[1:3] == ("paid", 0)


def test_who_closed_a_case_by_hand_is_not_overruled(world):
    senior = make_user("senior", world[0])
    _, case = contested(world)
    close_dispute(actor=senior, dispute=case, resolution="paid", today=NEXT, agreed=0)
    assert night(world) == {"closed": 0, "reopened": 0}
    assert end(case)[1] == "paid"


def test_what_is_being_settled_and_what_is_another_company_s_is_left_alone(world):
    item, case = contested(world)
    Dispute.objects.filter(pk=case.pk).update(state="settling")
    apply(receive(world[1], 100_00), (item, 100_00))
    assert night(world) == {"closed": 0, "reopened": 0}
    Dispute.objects.filter(pk=case.pk).update(state="waiting")
    assert close_settled(actor=SYSTEM, company=make_company(), today=NEXT)["closed"] == 0
    with pytest.raises(NotAllowed):
        close_settled(actor=make_user("auditor", world[0]), company=world[0], today=NEXT)
    assert night(world)["closed"] == 1


def test_many_are_closed_in_a_few_statements(world, django_assert_max_num_queries):
    for _ in range(8):
        item, _ = contested(world)
        apply(receive(world[1], 100_00), (item, 100_00))
    with django_assert_max_num_queries(20):
        assert night(world)["closed"] == 8
