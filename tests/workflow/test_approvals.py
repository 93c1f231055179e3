"""Approvals: limits by role and their sums of thirty days, maker and checker, deputies, one outcome, nothing changed behind our back."""

from datetime import timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from arops.lib.refusal import Refused
from org.actors import NotAllowed
from org.models import Membership
from tests.factories import SYSTEM, make_company, make_user
from tests.workflow.asking import DONE, KIND, NOW, TODAY, allow, ana, at_once, carl, company, kind, sue, wish
from workflow.models import Approval, AuthorityLimit, Event
from workflow.services import approvals
from workflow.services.approvals import ApprovalRefused, Decided, MakerIsChecker, Tampered, reject, withdraw
from workflow.services.limits import name_deputy

__all__ = ["ana", "carl", "company", "kind", "sue"]


def test_within_the_own_limit_a_thing_is_done_at_once_and_remembered(company, ana):
    done = wish(ana, company, 100_00)
    assert (done.state, done.summed, DONE) == ("alone", 100_00, [done.pk])
    assert (done.result_type, done.result_id, done.makers) == ("org.company", company.pk, [ana.label])
    assert Event.objects.get(type="approval.alone").data["hash"] == done.payload_hash


def test_above_it_others_decide_by_their_limit_and_it_is_done_in_the_same_breath(company, ana, sue, carl):
    asked = wish(ana, company, 1_000_01)
    assert (asked.state, DONE) == ("waiting", [])
    with pytest.raises(ApprovalRefused, match=r"1,000.01 USD in 30 days is more than you may approve; Controller may"):
        allow(sue, asked)
    done = allow(carl, asked)
    assert (done.state, done.decided_by, DONE) == ("approved", carl.label, [asked.pk])


def test_splitting_does_not_help(company, ana, sue):
    """Three times 60 with a limit of 100: the second waits, and so does the third, for what waits counts, too."""
    assert [wish(ana, company, 60_00).state for _ in range(3)] == ["alone", "waiting", "waiting"]
    assert wish(ana, company, 60_00, customer=8).state == "alone"  # another customer's sum
    assert wish(sue, company, 321_00).state == "waiting"  # 180 before it, whoever asked: 501 of 500
    assert wish(sue, company, 20_00, currency="EUR").state == "waiting"  # no limit in euros: nothing alone


def test_what_was_rejected_or_lies_thirty_days_back_counts_no_more(company, ana, sue):
    first, second = wish(ana, company, 90_00), wish(ana, company, 50_00)
    reject(actor=sue, approval=second, now=NOW, today=TODAY, note="no")
    later, moment = TODAY + timedelta(days=29), NOW + timedelta(days=29)
    assert wish(ana, company, 11_00, today=later, now=moment).state == "waiting"
    after, moment = TODAY + timedelta(days=30), NOW + timedelta(days=30)
    assert (first.state, wish(ana, company, 89_00, today=after, now=moment).state) == ("alone", "alone")  # 11 still wait


def test_the_best_of_a_persons_roles_counts_and_the_right_goes_with_the_role(company, ana):
    Membership.objects.create(user=ana, company=company, role="supervisor")
    assert wish(make_user("specialist", company), company, 300_00).state == "waiting"
    assert wish(type(ana).objects.get(pk=ana.pk), company, 200_00).state == "alone"
    AuthorityLimit.objects.create(company=company, role="auditor", kind=KIND, currency="USD", alone=9, approve=9_999_00, changed_by="x")
    with pytest.raises(NotAllowed):
        allow(make_user("auditor", company), wish(ana, company, 600_00))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(
            st.integers(1, 700_00), st.integers(0, 70), st.sampled_from(["ana", "sue"]), st.sampled_from(["leave", "approve", "reject"])
        ),
        min_size=1, max_size=12,
    )
)  # fmt: skip
def test_no_sequence_of_requests_gets_more_through_than_a_limit(company, ana, sue, steps):
    """Whatever is asked for and decided: in any thirty days no more is done alone than the limit alone, nor in all than one to approve."""
    people, through = {"ana": ana, "sue": sue}, []
    second = make_user("supervisor", company)
    point = transaction.savepoint()
    for amount, offset, who, then in sorted(steps, key=lambda step: step[1]):
        day, moment = TODAY + timedelta(days=offset), NOW + timedelta(days=offset)
        asked = wish(people[who], company, amount, today=day, now=moment)
        if asked.state == "waiting" and then == "reject":
            asked = reject(actor=second, approval=asked, now=moment, today=day, note="no")
        elif asked.state == "waiting" and then == "approve":
            try:
                asked = allow(second, asked, day, moment)
            except ApprovalRefused:
                continue
        if asked.state in ("alone", "approved"):
            through.append((day, amount, asked.state, who))
    for start, *_ in through:
        window = [row for row in through if start <= row[0] < start + timedelta(days=30)]
        assert sum(amount for _, amount, *_ in window) <= 1_000_00
        assert sum(amount for _, amount, state, who in window if (state, who) == ("alone", "ana")) <= 100_00
        assert sum(amount for _, amount, state, _ in window if state == "alone") <= 500_00
    transaction.savepoint_rollback(point)


def test_maker_is_never_checker_by_any_door(company, sue, carl):
    """Not the one who asked, nor the issuer of what it is about; not with a second role, nor as an administrator or a deputy."""
    own = wish(sue, company, 600_00, makers=[carl.label])
    for person in (sue, carl):
        for role in ("controller", "supervisor", "administrator"):
            Membership.objects.get_or_create(user=person, company=company, role=role)
        with pytest.raises(MakerIsChecker):
            allow(type(person).objects.get(pk=person.pk), own)
    other = make_user("supervisor", company)
    name_deputy(actor=carl, person=carl, deputy=other, first_day=TODAY, last_day=TODAY, today=TODAY)
    large = wish(sue, company, 2_000_00, customer=99, makers=[carl.label])
    with pytest.raises(ApprovalRefused, match="more than you may approve"):
        allow(other, large)  # a maker's authority is nobody's
    assert allow(other, own).on_behalf_of == ""  # by their own


def test_an_issuer_never_does_alone_what_is_about_their_own(company, sue):
    assert wish(sue, company, 1_00, makers=[sue.label]).state == "waiting"


@pytest.mark.django_db(transaction=True)
def test_the_database_refuses_a_maker_who_decides_and_a_changed_request(company, ana, sue, app_conn):
    """As the runtime role, by SQL alone."""
    asked = wish(ana, company, 200_00, makers=[sue.label])
    tries = [
        (f"state = 'approved', decided_by = '{ana.label}', decided_at = now()", "approval_maker_is_not_checker"),
        (f"state = 'approved', decided_by = 'user:0', on_behalf_of = '{sue.label}', decided_at = now()", "approval_maker_has_no_deputy"),
        ("state = 'approved'", "approval_decided_by_someone"),
        ("amount = 1", "permission denied"), ("makers = ARRAY['user:0']", "permission denied"), ("payload = '{}'", "permission denied"),
    ]  # fmt: skip
    for change, said in tries:
        with app_conn.cursor() as cursor, pytest.raises(Exception, match=said):
            cursor.execute(f"UPDATE workflow_approval SET {change} WHERE id = %s", [asked.pk])
        app_conn.rollback()
    reject(actor=make_user("controller", company), approval=asked, now=NOW, today=TODAY, note="no")
    with app_conn.cursor() as cursor, pytest.raises(Exception, match="decided before"):
        cursor.execute("UPDATE workflow_approval SET state = 'waiting' WHERE id = %s", [asked.pk])
    app_conn.rollback()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "change",
    [
        "amount = 1, summed = 1", """payload = '{"n": 2}'""", "customer_ref = 8", "makers = ARRAY['user:0', requested_by]",
        "payload = '{\"n\": 2}', payload_hash = 'x'",
    ],
)  # fmt: skip
def test_a_request_changed_behind_our_back_is_void_and_never_done(company, ana, sue, admin_conn, change):
    asked = wish(ana, company, 200_00)
    with admin_conn.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(f"UPDATE workflow_approval SET {change} WHERE id = %s", [asked.pk])
    admin_conn.commit()
    with pytest.raises(Tampered):
        allow(sue, Approval.objects.get(pk=asked.pk))
    assert (Approval.objects.get(pk=asked.pk).state, DONE) == ("void", [])
    assert Event.objects.filter(type="approval.void", subject_id=asked.pk).count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_hash_that_was_changed_with_it_is_told_by_the_audit_trail(company, ana, sue, admin_conn):
    asked = wish(ana, company, 200_00)
    asked.payload = {"n": 2}
    with admin_conn.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(
            """UPDATE workflow_approval SET payload = '{"n": 2}', payload_hash = %s WHERE id = %s""", [approvals.hash_of(asked), asked.pk]
        )
    admin_conn.commit()
    with pytest.raises(Tampered):
        allow(sue, asked)


def test_what_can_not_be_done_is_not_approved_and_the_reason_is_told(company, ana, sue):
    asked = wish(ana, company, 200_00, payload={"fail": True})
    with pytest.raises(Refused, match="period of that day is closed"):
        allow(sue, asked)
    asked.refresh_from_db()
    assert (asked.state, asked.decided_by) == ("waiting", "")
    assert not Event.objects.filter(type__in=["test.half", "approval.approved"]).exists()
    with pytest.raises(Refused, match="closed"):
        wish(ana, company, 1_00, payload={"fail": True}, customer=55)
    assert not Approval.objects.filter(customer_ref=55).exists()


def test_a_rejection_says_why_and_an_edit_is_withdrawn_and_asked_again(company, ana, sue):
    asked = wish(ana, company, 200_00)
    with pytest.raises(ApprovalRefused, match="say why"):
        reject(actor=sue, approval=asked, now=NOW, today=TODAY, note=" ")
    with pytest.raises(NotAllowed):
        withdraw(actor=sue, approval=asked, now=NOW, today=TODAY)
    assert withdraw(actor=ana, approval=asked, now=NOW, today=TODAY).state == "withdrawn"
    with pytest.raises(Decided, match="withdrawn"):
        allow(sue, asked)
    again = wish(ana, company, 150_00)
    assert again.summed == 150_00
    assert reject(actor=sue, approval=again, now=NOW, today=TODAY, note="not ours").decision_note == "not ours"
    with pytest.raises(Decided, match="rejected by Supervisor"):
        allow(sue, again)


def test_the_same_form_twice_is_one_request_and_with_other_contents_none(company, ana):
    first = wish(ana, company, 200_00, token="form")
    assert wish(ana, company, 200_00, token="form").pk == first.pk
    with pytest.raises(ApprovalRefused, match="sent before with other contents"):
        wish(ana, company, 201_00, token="form")
    assert wish(make_user("specialist", company), company, 200_00, token="form").pk != first.pk


def test_a_company_without_limits_leaves_it_to_two_people(db):
    company = make_company("FREE")
    boss, other = make_user("supervisor", company), make_user("controller", company)
    asked = wish(boss, company, 9_999_999_00)
    assert asked.state == "waiting"
    assert allow(other, asked).state == "approved"
    with pytest.raises(NotAllowed):
        wish(make_user("auditor", company), company, 1)
    assert wish(SYSTEM, company, 1_00).state == "alone"  # commands on the server
    with pytest.raises(NotAllowed):
        allow(SYSTEM, wish(boss, company, 1_00))  # but a person decides


@pytest.mark.django_db(transaction=True)
def test_two_who_decide_at_once_have_one_outcome(company, ana, sue, carl):
    asked = wish(ana, company, 200_00)
    said = at_once(
        lambda: allow(sue, asked).state,
        lambda: reject(actor=carl, approval=asked, now=NOW, today=TODAY, note="no").state,
    )
    assert sorted(isinstance(one, Decided) for one in said) == [False, True]
    asked.refresh_from_db()
    assert asked.state in said
    assert Event.objects.filter(type__in=["approval.approved", "approval.rejected"]).count() == 1
    assert len(DONE) == (asked.state == "approved")


@pytest.mark.django_db(transaction=True)
def test_many_who_ask_at_once_get_no_more_than_the_limit(company, ana):
    said = at_once(*[lambda: wish(ana, company, 40_00).state for _ in range(4)])
    assert sorted(said) == ["alone", "alone", "waiting", "waiting"]
