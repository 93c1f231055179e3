"""Who would cheat: two at once, approving one's own, tampering with what was asked, cases of others."""

from threading import Barrier, Thread

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from arops.lib.refusal import Refused
from disputes.models import Dispute, Settlement, SignOff
from disputes.services.settling import settle_dispute
from disputes.services.signing import save_sign_off_rule, sign
from invoicing.models import Invoice
from org.actors import NotAllowed
from org.models import Membership, User
from tests.disputes.settling_desk import DAY, NOW, allow, bill, contest, holds, make_desk, open_of, settle
from tests.factories import make_company, make_user
from workflow.models import Approval
from workflow.services.approvals import MakerIsChecker, Tampered, approve, reject

pytestmark = pytest.mark.django_db(transaction=True)
THREADS = 16


@pytest.fixture
def desk():
    return make_desk()


def enter(person):
    client = Client()
    client.force_login(person)
    return client


def at_once(*jobs):
    """Run all at the same moment; what each came to."""
    gate, told = Barrier(len(jobs)), []

    def run(job):
        gate.wait()
        try:
            told.append(job())
        except (Refused, NotAllowed) as refusal:
            told.append(refusal)
        except Exception as error:  # whatever it is, no test passes with it
            told.append(error)
        finally:
            connection.close()

    threads = [Thread(target=run, args=[job]) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert len(told) == len(jobs)
    odd = [one for one in told if isinstance(one, Exception) and not isinstance(one, Refused | NotAllowed)]
    assert not odd, odd
    return told


def form(person, case, resolution="credited", amount=300_00, token="t", **fields):
    given = {"reason_code": "price", "words": "why", "version": 0} | fields
    return lambda: settle_dispute(
        actor=User.objects.get(pk=person.pk), dispute=Dispute.objects.get(pk=case.pk), resolution=resolution, amount=amount, token=token,
        today=DAY, now=NOW, **given,
    )  # fmt: skip


def test_sixteen_at_once_settle_a_case_once(desk):
    invoice = bill(desk)
    case = contest(desk, invoice)
    people = [desk.supervisor, *(make_user("supervisor", desk.company) for _ in range(3))]
    ways = [("credited", 300_00), ("withdrawn", 0), ("debited", 50_00), ("goodwill", 300_00)]
    reasons = {"debited": "underbilled", "goodwill": "goodwill"}
    jobs = [
        form(people[n % 4], case, *ways[n // 4], token=f"t{n}", reason_code=reasons.get(ways[n // 4][0], "price")) for n in range(THREADS)
    ]
    told = at_once(*jobs)
    assert sum(isinstance(one, Settlement) for one in told) == 1
    assert Settlement.objects.count() == 1 and Invoice.objects.exclude(kind="invoice").count() <= 1
    assert sum(m.delta for m in case.movements.all()) in (0, 300_00)
    holds()


def test_the_same_form_sixteen_times_is_one_settlement_and_one_memo(desk):
    invoice = bill(desk)
    case = contest(desk, invoice)
    told = at_once(*[form(desk.supervisor, case)] * THREADS)
    assert {one.pk for one in told} == {Settlement.objects.get().pk}
    assert Invoice.objects.filter(kind="credit_memo").count() == 1 and open_of(invoice) == 780_00
    holds()


def test_approvers_rejecters_and_whoever_asked_at_once_come_to_one_end(desk):
    invoice = bill(desk)
    case = contest(desk, invoice)
    made = settle(desk.senior, case)

    def decide(person, how, **more):
        asked = {"actor": User.objects.get(pk=person.pk), "approval": Approval.objects.get(pk=made.approval_id)}
        return lambda: how(**asked, now=NOW, today=DAY, **more)

    others = [make_user("supervisor", desk.company) for _ in range(5)]
    yes = [decide(p, approve) for p in (desk.supervisor, desk.controller, *others)]
    no = [decide(p, reject, note="no") for p in (desk.supervisor, desk.controller, *others)]
    told = at_once(*yes, *no, *[form(desk.supervisor, case, "withdrawn", 0, token=f"w{n}", version=1) for n in range(2)])
    assert sum(isinstance(one, Approval) for one in told) == 1
    made.refresh_from_db()
    case.refresh_from_db()
    memos = Invoice.objects.filter(kind="credit_memo").count()
    assert (made.state, case.state, memos) in {("done", "resolved", 1), ("refused", "decision", 0), ("refused", "resolved", 0)}
    holds()


def test_signers_at_once_sign_once(desk):
    save_sign_off_rule(
        actor=desk.supervisor, company=desk.company, department=desk.logistics, resolution="", stage="", from_amount=0, currency="USD"
    )
    people = [desk.mover, *(make_user("collaborator", desk.company) for _ in range(7))]
    Membership.objects.filter(user__in=people).update(department=desk.logistics)
    case = contest(desk, bill(desk))
    made = settle(desk.supervisor, case)
    row = made.sign_offs.get()

    def word(n):
        who, what = User.objects.get(pk=people[n % 8].pk), SignOff.objects.get(pk=row.pk)
        return lambda: sign(actor=who, sign_off=what, given=n % 2 == 0, note="x", now=NOW, today=DAY)

    told = at_once(*[word(n) for n in range(THREADS)])
    assert sum(isinstance(one, SignOff) for one in told) == 1
    row.refresh_from_db()
    made.refresh_from_db()
    assert (row.state, made.state) in {("given", "done"), ("refused", "refused")}
    assert Invoice.objects.filter(kind="credit_memo").count() == int(made.state == "done")


def test_nobody_approves_their_own_by_page_service_or_second_role(desk):
    biller = make_user("supervisor", desk.company)
    case = contest(desk, bill(desk, actor=biller), 600_00)
    made = settle(desk.supervisor, case)
    assert made.state == "waiting"
    Membership.objects.create(user=desk.supervisor, company=desk.company, role="controller")
    own = User.objects.get(pk=desk.supervisor.pk)
    with pytest.raises(MakerIsChecker):
        allow(own, made)
    with pytest.raises(MakerIsChecker):  # who issued the document doesn't decide what is credited of it
        allow(biller, made)
    for person in (own, biller):
        answer = enter(person).post(reverse("workflow:approval-decide", args=[made.approval_id, "approve"]))
        assert answer.status_code == 422 and b"somebody else decides" in answer.content
    made.refresh_from_db()
    assert made.state == "waiting" and Invoice.objects.filter(kind="credit_memo").count() == 0


def test_what_was_tampered_with_is_void_and_the_case_is_decided_again(desk, admin_conn):
    case = contest(desk, bill(desk))
    made = settle(desk.senior, case)
    with admin_conn.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("UPDATE workflow_approval SET payload = jsonb_set(payload, '{lines}', '[]') WHERE id = %s", [made.approval_id])
    admin_conn.commit()
    with pytest.raises(Tampered):
        allow(desk.supervisor, made)
    made.refresh_from_db()
    case.refresh_from_db()
    assert (made.state, made.approval.state, case.state) == ("refused", "void", "decision")
    assert "changed outside" in made.decision_note and Invoice.objects.filter(kind="credit_memo").count() == 0


def test_cases_and_settlements_of_others_are_not_settled(desk):
    case = contest(desk, bill(desk))
    stranger = make_user("supervisor", make_company())
    ana = make_user("senior", desk.company, scope=Membership.Scope.PORTFOLIO)
    for person in (stranger, ana):
        with pytest.raises(NotAllowed):
            settle(person, case)
        client = enter(person)
        for address in ("settle", "settle-foresee", "letter"):
            url = reverse(f"disputes:{address}", args=[case.pk])
            assert client.post(url, {"way": "credited", "amount": "300", "version": 0}).status_code == 404
    made = settle(desk.senior, case)
    other = contest(desk, bill(desk, "INV-2"))
    url = reverse("disputes:settlement-withdraw", args=[other.pk, made.pk])
    assert enter(desk.senior).post(url).status_code == 404
    assert enter(stranger).post(reverse("disputes:settlement-withdraw", args=[case.pk, made.pk])).status_code == 404
    made.refresh_from_db()
    assert made.state == "waiting"


def test_a_form_that_names_other_lines_amounts_or_reasons_does_nothing(desk):
    invoice, foreign = bill(desk), bill(make_desk("DE01"))
    case = contest(desk, invoice, lines={1: 300_00})
    client, url = enter(desk.supervisor), reverse("disputes:settle", args=[case.pk])
    good = {"way": "credited", "amount": "300.00", "reason": "credit_memo:price", "version": 0, "token": "x"}
    for wrong in (
        {"amount": "300.01"}, {"amount": "-1"}, {"amount": "1e3"}, {"amount": "NaN"}, {"reason": "write_off:small_balance"},
        {"reason": "credit_memo:nonsense"}, {"version": "7"}, {"version": ""}, {"attachments": ["999"]},
        {f"line_{invoice.lines.first().pk}": "9999999.00"},
    ):  # fmt: skip
        assert client.post(url, good | wrong).status_code == 422, wrong
    client.post(url, good | {f"line_{foreign.lines.first().pk}": "300.00", "token": "y"})  # a field that the form doesn't have
    memo = Invoice.objects.get(kind="credit_memo")
    assert [line.description for line in memo.lines.all()] == ["Credit: work 1"] and memo.company == desk.company
    assert client.post(url, {"way": "forgotten"}).status_code == 404
    assert enter(desk.specialist).post(url, good | {"way": "rejected"}).status_code == 403
