"""What changed between the asking and the doing: roles, portfolios, the period, the other tab."""

from datetime import timedelta

import pytest

from arops.lib.refusal import Refused
from disputes.models import Dispute, Settlement
from disputes.services import DisputeError, assign_dispute, reopen_dispute
from disputes.services.settled import close_settled
from disputes.services.settling import SettlementRefused, settle_dispute
from disputes.services.signing import save_sign_off_rule, sign
from invoicing.models import Invoice
from ledger.models import Period
from org.models import Membership, User
from tests.disputes.settling_desk import DAY, NOW, allow, bill, contest, holds, make_desk, open_of, settle
from tests.disputes.test_settling_attacks import at_once
from tests.factories import SYSTEM, make_user

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def desk():
    return make_desk()


def signed_by_logistics(desk, way):
    save_sign_off_rule(
        actor=desk.supervisor, company=desk.company, department=desk.logistics, resolution=way, stage="", from_amount=0, currency="USD"
    )


def test_who_lost_the_right_meanwhile_settles_nothing_however_signed(desk):
    """Rejected and withdrawn need nobody's approval: when the last signature is given, the asker's rights of that moment count."""
    signed_by_logistics(desk, "rejected")
    case = contest(desk, bill(desk))
    made = settle(desk.supervisor, case, "rejected")
    Membership.objects.filter(user=desk.supervisor).update(role="auditor")
    sign(actor=desk.mover, sign_off=made.sign_offs.get(), given=True, note="", now=NOW, today=DAY)
    made.refresh_from_db()
    case.refresh_from_db()
    assert (made.state, case.state) == ("refused", "decision") and "it can’t be done" in made.decision_note
    assert made.message is None and not case.notes.filter(is_internal=False).exists()


def test_rules_changed_while_one_is_signing_hold_for_what_is_asked_from_then_on(desk):
    signed_by_logistics(desk, "goodwill")
    made = settle(desk.supervisor, contest(desk, bill(desk)), "goodwill", reason_code="goodwill")
    rule = desk.company.sign_off_rules.get()
    rule.delete()
    assert made.state == "signing" and made.sign_offs.get().state == "waiting"
    sign(actor=desk.mover, sign_off=made.sign_offs.get(), given=True, note="", now=NOW, today=DAY)
    assert Settlement.objects.get().state == "done"
    assert settle(desk.supervisor, contest(desk, bill(desk, "INV-2"), 100_00), "goodwill", reason_code="goodwill").state == "done"


def test_what_is_approved_after_its_period_closed_is_refused_in_words_and_can_be_taken_back(desk):
    case = contest(desk, invoice := bill(desk))
    made = settle(desk.specialist, case)
    Period.objects.filter(company=desk.company).update(state="closed")
    with pytest.raises(Refused, match="period"):
        allow(desk.supervisor, made)
    made.refresh_from_db()
    case.refresh_from_db()
    assert (made.state, case.state, open_of(invoice)) == ("waiting", "settling", 1080_00)
    assert not Invoice.objects.filter(kind="credit_memo").exists()


def test_one_form_sent_for_two_cases_at_once_settles_one(desk):
    """The same token for another case is another form: refused in words, never by a broken page."""
    cases = [contest(desk, bill(desk, f"INV-{n}"), 10_00) for n in range(4)]

    def send(case):
        return lambda: settle_dispute(
            actor=User.objects.get(pk=desk.supervisor.pk), dispute=Dispute.objects.get(pk=case.pk), resolution="withdrawn", amount=0,
            version=0, token="one", today=DAY, now=NOW,
        )  # fmt: skip

    told = at_once(*map(send, cases))
    assert sum(isinstance(one, Settlement) for one in told) == 1 == Settlement.objects.count()
    assert sum(isinstance(one, SettlementRefused) for one in told) == 3


def test_a_case_is_given_to_nobody_who_does_not_see_it(desk):
    outsider = make_user("specialist", desk.company, scope="portfolio")
    case = contest(desk, bill(desk))
    with pytest.raises(DisputeError, match="may not work this case"):
        assign_dispute(actor=desk.senior, dispute=case, owner=outsider, version=0)
    desk.customer.collector = outsider
    desk.customer.save()
    assert assign_dispute(actor=desk.senior, dispute=case, owner=outsider, version=0).owner == outsider


def test_a_case_credited_whole_and_paid_case_stay_closed_by_the_night(desk):
    """The night neither closes what is closed nor opens what people closed, however often it comes."""
    invoice = bill(desk)
    case = contest(desk, invoice, 1080_00)
    allow(desk.controller, settle(desk.supervisor, case))
    for n in range(3):
        told = close_settled(actor=SYSTEM, company=desk.company, today=DAY + timedelta(days=n))
        assert told == {"closed": 0, "reopened": 0}
    case.refresh_from_db()
    with pytest.raises(DisputeError, match="no more than what is open"):
        reopen_dispute(actor=desk.senior, dispute=case, version=case.version, today=DAY, reason="again")
    holds()
