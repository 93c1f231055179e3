"""Sign-offs: asked for by rules, given by departments, never by whoever asked; what follows from them."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.utils import ProgrammingError

from disputes.models import Settlement, SignOff, SignOffRule
from disputes.selectors.settling import sign_offs_needed, sign_offs_of, sign_offs_waiting
from disputes.services.settling import settle_dispute, withdraw_settlement
from disputes.services.signing import SignOffRefused, remove_sign_off_rule, save_sign_off_rule, sign
from invoicing.models import Invoice
from messaging.services import queue_notices
from org.actors import NotAllowed
from org.models import Department, Membership, User
from tests.disputes.settling_desk import DAY, NOW, allow, bill, contest, make_desk, open_of, settle, wish_memo
from tests.factories import make_user
from workflow.services.approvals import approve
from workflow.services.notices import notices_due

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk():
    return make_desk()


@pytest.fixture
def case(desk):
    return contest(desk, bill(desk))


def rule(desk, department=None, resolution="", stage="", from_amount=100_00, currency="USD"):
    return save_sign_off_rule(
        actor=desk.supervisor, company=desk.company, department=department or desk.logistics, resolution=resolution, stage=stage,
        from_amount=from_amount, currency=currency,
    )  # fmt: skip


def word(person, row, given=True, note=""):
    return sign(actor=person, sign_off=row, given=given, note=note, now=NOW, today=DAY)


def test_a_settlement_waits_for_the_department_before_it_asks_for_approval(desk, case):
    rule(desk)
    made = settle(desk.senior, case)
    case.refresh_from_db()
    assert (made.state, case.state, made.approval) == ("signing", "settling", None)
    row = made.sign_offs.get()
    assert (row.department, row.asked_by, sign_offs_waiting(desk.mover)) == (desk.logistics, desk.senior.label, 1)
    word(desk.mover, row, note="two panels came late")
    made.refresh_from_db()
    assert (made.state, made.approval.requested_by) == ("waiting", desk.senior.label)
    allow(desk.supervisor, made)
    case.refresh_from_db()
    assert (case.state, case.agreed) == ("resolved", 300_00)


def test_within_the_limit_the_last_signature_does_it(desk, case):
    rule(desk)
    made = settle(desk.supervisor, case)
    word(desk.mover, made.sign_offs.get())
    made.refresh_from_db()
    assert made.state == "done" and Invoice.objects.get(kind="credit_memo").issued_by == desk.supervisor.label
    assert list(sign_offs_of(desk.mover, waiting=False)) == [made.sign_offs.get()]


def test_a_refusal_needs_a_reason_and_puts_the_case_back(desk, case):
    rule(desk)
    made = settle(desk.senior, case)
    row = made.sign_offs.get()
    with pytest.raises(SignOffRefused, match="say why"):
        word(desk.mover, row, given=False, note="  ")
    word(desk.mover, row, given=False, note="it was delivered whole")
    made.refresh_from_db()
    case.refresh_from_db()
    assert (made.state, made.decision_note, case.state) == ("refused", "Logistics: it was delivered whole", "decision")
    with pytest.raises(SignOffRefused, match="refused already"):
        word(desk.mover, row)


def test_all_departments_sign_and_a_refusal_spares_the_others(desk, case):
    service = Department.objects.create(company=desk.company, code="service", name="Service")
    engineer = make_user("collaborator", desk.company)
    engineer.memberships.update(department=service)
    rule(desk)
    rule(desk, service, resolution="credited")
    made = settle(desk.senior, case)
    word(engineer, made.sign_offs.get(department=service))
    made.refresh_from_db()
    assert made.state == "signing"
    word(desk.mover, made.sign_offs.get(department=desk.logistics), given=False, note="no")
    again = settle(desk.senior, case)
    word(desk.mover, again.sign_offs.get(department=desk.logistics), given=False, note="no")
    assert again.sign_offs.get(department=service).state == "void"
    with pytest.raises(SignOffRefused):
        word(engineer, again.sign_offs.get(department=service))


def test_which_settlements_a_rule_is_about(desk, case):
    def who(resolution="credited", amount=300_00):
        case.refresh_from_db()
        return [n.department.code for n in sign_offs_needed(case, resolution, amount, desk.senior.label)]

    rule(desk, from_amount=300_00)
    assert who() == ["logistics"] and who(amount=299_99) == [] and who("rejected", 0) == []
    rule(desk, resolution="rejected", from_amount=300_00)
    assert who("rejected", 0) == ["logistics"]  # what is in dispute is at stake
    SignOffRule.objects.all().delete()
    rule(desk, currency="EUR")
    rule(desk, stage="pricing_setup")
    assert who() == []
    case.origin = "pricing_setup"
    case.save(update_fields=["origin"])
    assert who() == ["logistics"]


def test_whoever_asked_does_not_sign_whatever_role_they_have(desk, case):
    rule(desk)
    Membership.objects.create(user=desk.senior, company=desk.company, role="collaborator", department=desk.logistics)
    desk.senior = User.objects.get(pk=desk.senior.pk)
    made = settle(desk.senior, case)
    row = made.sign_offs.get()
    assert desk.senior not in sign_offs_needed(case, "credited", 300_00, desk.senior.label)[0].people
    with pytest.raises(SignOffRefused, match="somebody else"):
        word(desk.senior, row)
    with pytest.raises(IntegrityError), transaction.atomic():
        SignOff.objects.filter(pk=row.pk).update(state="given", signed_by=desk.senior.label)
    row.refresh_from_db()
    assert row.state == "waiting"


def test_another_department_and_another_company_do_not_sign(desk, case):
    rule(desk)
    row = settle(desk.senior, case).sign_offs.get()
    stranger = make_desk("DE01").mover
    for person in (stranger, desk.supervisor, desk.auditor):
        with pytest.raises(NotAllowed):
            word(person, row)
    assert sign_offs_waiting(stranger) == sign_offs_waiting(desk.supervisor) == 0


def test_what_was_asked_to_be_signed_never_changes(desk, case):
    rule(desk)
    made = settle(desk.senior, case)
    for column in ("amount", "payload", "requested_by"):
        with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"UPDATE disputes_settlement SET {column} = {column} WHERE id = %s", [made.pk])


def test_signed_off_yet_it_can_t_be_done_stays_on_the_case(desk, case):
    rule(desk)
    made = settle(desk.senior, case)
    approve(actor=desk.controller, approval=wish_memo(desk.supervisor, case.invoice, 800_00), now=NOW, today=DAY)
    word(desk.mover, made.sign_offs.get())
    made.refresh_from_db()
    case.refresh_from_db()
    assert made.state == "refused" and "can still be credited" in made.decision_note and case.state == "decision"
    assert made.sign_offs.get().state == "given"


def test_who_lost_their_role_meanwhile_credits_nothing(desk, case):
    rule(desk)
    made = settle(desk.senior, case)
    desk.senior.memberships.all().delete()
    word(desk.mover, made.sign_offs.get())
    made.refresh_from_db()
    assert made.state == "refused" and open_of(case.invoice) == 1_080_00


def test_taken_back_while_it_waits_for_signatures(desk, case):
    rule(desk)
    made = settle(desk.senior, case)
    with pytest.raises(NotAllowed):
        withdraw_settlement(actor=desk.specialist, settlement=made, now=NOW, today=DAY)
    withdraw_settlement(actor=desk.supervisor, settlement=made, now=NOW, today=DAY, note="Sam is away")
    assert made.state == "withdrawn" and made.sign_offs.get().state == "void"


def test_rules_are_a_supervisor_s(desk):
    with pytest.raises(NotAllowed):
        save_sign_off_rule(
            actor=desk.senior, company=desk.company, department=desk.logistics, resolution="", stage="", from_amount=0, currency="USD"
        )
    first = rule(desk)
    assert rule(desk, from_amount=5_00) == first and SignOffRule.objects.get().from_amount == 5_00
    for wrong in ({"resolution": "forgotten"}, {"stage": "weather"}, {"currency": "QQQ"}, {"from_amount": -1}):
        with pytest.raises(SignOffRefused):
            rule(desk, **wrong)
    with pytest.raises(SignOffRefused, match="department of this company"):
        rule(desk, make_desk("DE01").logistics)
    remove_sign_off_rule(actor=desk.supervisor, rule=first)
    assert not SignOffRule.objects.exists()


def test_the_department_is_told_by_mail_once_and_the_asker_of_a_refusal(desk, case):
    rule(desk)
    made = settle(desk.senior, case)
    asked = [n for n in notices_due(NOW, DAY) if n.key.startswith("sign-off:")]
    assert [n.recipients for n in asked] == [(desk.mover.email,)] and case.number in asked[0].subject
    queue_notices(now=NOW, today=DAY)
    word(desk.mover, made.sign_offs.get(), given=False, note="no")
    told = [n for n in notices_due(NOW, DAY) if n.key.startswith("settlement:")]
    assert [n.recipients for n in told] == [(desk.senior.email,)] and "Logistics: no" in told[0].body


def test_the_same_form_asks_the_department_once(desk, case):
    rule(desk)
    first = settle(desk.senior, case, token="form")
    again = settle_dispute(
        actor=desk.senior, dispute=case, resolution="credited", amount=300_00, version=0, token="form", today=DAY, now=NOW,
        reason_code="price",
    )  # fmt: skip
    assert first == again and Settlement.objects.count() == SignOff.objects.count() == 1
