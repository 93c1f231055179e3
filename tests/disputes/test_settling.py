"""Ways to settle a case: what each does to the case, the document and the books, and what is refused."""

import pytest

from disputes.models import Dispute, Settlement
from disputes.services.settling import SettlementRefused, settle_dispute, withdraw_settlement
from invoicing.models import Dispatch, Draft, Invoice
from tests.disputes.settling_desk import DAY, NOW, allow, bill, contest, holds, make_desk, open_of, settle
from tests.factories import apply, receive

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk():
    return make_desk()


def test_within_the_own_limit_a_credit_is_done_at_once_and_set_off(desk):
    invoice = bill(desk)
    case = contest(desk, invoice, 200_00)
    made = settle(desk.senior, case)
    assert (made.state, made.approval.state) == ("done", "alone")
    memo = Invoice.objects.get(kind="credit_memo")
    assert (memo.total, memo.refers_to, memo.tax_total) == (200_00, invoice, 14_81)
    case.refresh_from_db()
    assert (case.state, case.resolution, case.agreed, case.resolved_on) == ("resolved", "credited", 200_00, DAY)
    assert open_of(invoice) == 880_00
    assert [m.delta for m in case.movements.all()] == [200_00, -200_00]
    assert "price" not in memo.reason.lower() or case.number in memo.reason
    holds()


def test_above_it_the_case_waits_and_moves_with_the_approval(desk):
    invoice = bill(desk)
    case = contest(desk, invoice)
    made = settle(desk.senior, case)
    case.refresh_from_db()
    assert (made.state, case.state) == ("waiting", "settling")
    allow(desk.supervisor, made)
    case.refresh_from_db()
    made.refresh_from_db()
    assert (made.state, case.state, case.agreed) == ("done", "resolved", 300_00)
    assert open_of(invoice) == 780_00
    assert [(s.state, s.by) for s in case.steps.all()][1:] == [("settling", desk.senior.label), ("resolved", desk.supervisor.label)]
    holds()
