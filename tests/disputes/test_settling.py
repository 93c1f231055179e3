"""Ways to settle a case: what each does to the case, the document and the books, and what is refused."""

from datetime import date

import pytest

from disputes.models import Settlement
from disputes.services import StaleDispute, amend_dispute, move_dispute, reopen_dispute
from disputes.services.settling import SettlementRefused, settle_dispute, withdraw_settlement
from invoicing.models import Dispatch, Draft, Invoice, MemoReason
from invoicing.services.memos import CreditRefused
from invoicing.services.reasons import ReasonRefused
from ledger.models import Entry
from ledger.services import close_period
from messaging.models import Message
from org.actors import NotAllowed
from tests.disputes.settling_desk import DAY, NOW, allow, bill, contest, holds, make_desk, open_of, settle, wish_memo
from tests.factories import SYSTEM, apply, issue, receive
from workflow.models import Approval, Event
from workflow.services.approvals import approve, reject, withdraw
from workflow.services.attachments import attach

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk():
    return make_desk()


@pytest.fixture
def invoice(desk):
    return bill(desk)


def where(case):
    case.refresh_from_db()
    return case.state, case.resolution, case.agreed


def test_within_the_own_limit_a_credit_is_done_at_once_and_set_off(desk, invoice):
    case = contest(desk, invoice, 200_00)
    made = settle(desk.senior, case)
    assert (made.state, made.approval.state) == ("done", "alone")
    memo = Invoice.objects.get(kind="credit_memo")
    assert (memo.total, memo.refers_to, memo.tax_total) == (200_00, invoice, 14_81)
    assert "contract says" not in memo.reason and case.number in memo.reason
    assert "contract says" in made.approval.reason
    assert where(case) == ("resolved", "credited", 200_00) and case.resolved_on == DAY
    assert open_of(invoice) == 880_00
    assert [m.delta for m in case.movements.all()] == [200_00, -200_00]
    holds()


def test_above_it_the_case_waits_and_moves_with_the_approval(desk, invoice):
    case = contest(desk, invoice)
    made = settle(desk.senior, case)
    assert made.state == "waiting" and where(case)[0] == "settling"
    assert made.approval.requested_by == desk.senior.label and Invoice.objects.filter(kind="credit_memo").count() == 0
    allow(desk.supervisor, made)
    made.refresh_from_db()
    assert made.state == "done" and where(case) == ("resolved", "credited", 300_00)
    assert open_of(invoice) == 780_00
    assert [(s.state, s.by) for s in case.steps.all()][1:] == [("settling", desk.senior.label), ("resolved", desk.supervisor.label)]
    assert {"dispute.settlement_asked", "dispute.settlement_done"} <= set(Event.objects.values_list("type", flat=True))
    holds()


def test_what_is_rejected_stays_on_the_case_with_the_reason_which_is_decided_again(desk, invoice):
    case = contest(desk, invoice)
    made = settle(desk.senior, case)
    reject(actor=desk.supervisor, approval=made.approval, now=NOW, today=DAY, note="the price was agreed in May")
    made.refresh_from_db()
    assert (made.state, made.decision_note) == ("refused", "the price was agreed in May")
    assert where(case) == ("decision", "", None) and open_of(invoice) == 1_080_00
    again = settle(desk.senior, case, amount=100_00)
    assert again.state == "done" and case.settlements.count() == 2


def test_a_settlement_that_waits_is_taken_back_by_whoever_asked_from_either_page(desk, invoice):
    case = contest(desk, invoice)
    made = settle(desk.senior, case)
    with pytest.raises(NotAllowed):
        withdraw_settlement(actor=desk.specialist, settlement=made, now=NOW, today=DAY)
    withdraw_settlement(actor=desk.senior, settlement=made, now=NOW, today=DAY, note="wrong line")
    assert (made.state, made.decision_note, made.approval.state) == ("withdrawn", "wrong line", "withdrawn")
    assert where(case)[0] == "decision"
    other = settle(desk.senior, case)
    withdraw(actor=desk.senior, approval=other.approval, now=NOW, today=DAY)
    other.refresh_from_db()
    assert other.state == "withdrawn" and where(case)[0] == "decision"
    with pytest.raises(SettlementRefused, match="withdrawn"):
        withdraw_settlement(actor=desk.senior, settlement=made, now=NOW, today=DAY)


def test_what_is_agreed_falls_on_the_contested_lines_to_the_cent(desk):
    invoice = bill(desk, "INV-1", ("333.33", "29.17"), ("200.00", "16.00"), ("99.99", "0.00"))
    case = contest(desk, invoice, 150_00, lines={1: 100_00, 3: 50_00})
    settle(desk.supervisor, case, amount=100_00)
    memo = Invoice.objects.get(kind="credit_memo")
    assert [(line.number, line.amount, line.tax_amount) for line in memo.lines.all()] == [(1, 61_31, 5_36), (3, 33_33, 0)]
    assert memo.total == 100_00 and where(case) == ("resolved", "credited", 100_00)
    assert open_of(invoice) == invoice.total - 100_00
    holds()


def test_lines_may_be_chosen_otherwise_and_must_come_to_what_is_agreed(desk, invoice):
    case = contest(desk, invoice, 300_00, lines={1: 200_00, 2: 100_00})
    first, second = invoice.lines.all()
    with pytest.raises(SettlementRefused, match="come to"):
        settle(desk.supervisor, case, lines=[(first.pk, 100_00)])
    with pytest.raises(SettlementRefused, match="not lines"):
        settle(desk.supervisor, case, lines=[(bill(desk, "INV-2").lines.first().pk, 300_00)])
    with pytest.raises(SettlementRefused, match="than was billed"):
        settle(desk.supervisor, case, amount=300_00, lines=[(second.pk, 300_00)])
    settle(desk.supervisor, case, amount=216_00, lines=[(second.pk, 216_00)])
    assert [(x.amount, x.tax_amount) for x in Invoice.objects.get(kind="credit_memo").lines.all()] == [(200_00, 16_00)]


@pytest.mark.parametrize(("amount", "words"), [(0, "more than zero"), (-1, "more than zero"), (300_01, "no more than")])
def test_no_more_is_allowed_than_is_in_dispute(desk, invoice, amount, words):
    with pytest.raises(SettlementRefused, match=words):
        settle(desk.supervisor, contest(desk, invoice), amount=amount)


def test_a_case_opened_again_after_its_credit_is_not_credited_twice(desk, invoice):
    case = contest(desk, invoice)
    settle(desk.supervisor, case, amount=200_00)
    reopen_dispute(actor=desk.supervisor, dispute=case, version=case.version, today=DAY, reason="they insist")
    with pytest.raises(SettlementRefused, match=r"no more than 100\.00 USD .*200\.00 were allowed before"):
        settle(desk.supervisor, case, amount=300_00)
    settle(desk.supervisor, case, amount=100_00)
    assert where(case) == ("resolved", "credited", 300_00) and open_of(invoice) == 780_00
    holds()


def test_more_is_not_credited_than_is_left_of_the_document(desk, invoice):
    waits = settle(desk.senior, contest(desk, invoice, 1_000_00))
    approve(actor=desk.controller, approval=wish_memo(desk.supervisor, invoice, 100_00), now=NOW, today=DAY)
    with pytest.raises(CreditRefused, match="can still be credited"):
        allow(desk.controller, waits)
    assert Approval.objects.get(pk=waits.approval_id).state == "waiting"
    holds()


def test_a_debit_memo_bills_in_addition_and_allows_nothing(desk, invoice):
    case = contest(desk, invoice, 50_00, reason="quantity")
    settle(desk.supervisor, case, "debited", amount=108_00, reason_code="underbilled")
    memo = Invoice.objects.get(kind="debit_memo")
    assert (memo.subtotal, memo.tax_total, memo.refers_to) == (100_00, 8_00, invoice)
    assert where(case) == ("resolved", "debited", 0) and open_of(invoice) == 1_080_00
    holds()


def test_cancelled_and_billed_again_asks_for_all_of_the_document(desk, invoice):
    case = contest(desk, invoice)
    made = settle(desk.senior, case, "rebilled", reason_code="wrong_details")
    assert (made.state, made.amount, made.approval.amount) == ("waiting", 300_00, 1_080_00)
    allow(desk.supervisor, made)
    assert where(case) == ("resolved", "rebilled", 300_00) and open_of(invoice) == 0
    assert Draft.objects.get(replaces=invoice).origin == "rebill"
    holds()


def test_goodwill_needs_a_senior_and_a_reason_that_is_no_mistake_of_ours(desk, invoice):
    case = contest(desk, invoice, 20_00)
    with pytest.raises(NotAllowed, match=r"disputes\.resolve"):
        settle(desk.specialist, case, "goodwill", reason_code="goodwill")
    with pytest.raises(SettlementRefused, match="choose a reason"):
        settle(desk.senior, case, "goodwill", reason_code="price")
    with pytest.raises(SettlementRefused, match="say why"):
        settle(desk.senior, case, "goodwill", reason_code="goodwill", words=" ")
    settle(desk.senior, case, "goodwill", reason_code="goodwill")
    assert where(case) == ("resolved", "goodwill", 20_00) and open_of(invoice) == 1_060_00
    holds()


def test_goodwill_on_an_item_without_a_document_is_a_small_write_off(desk):
    item = issue(desk.customer, 100_00)
    case = contest(desk, type("Bare", (), {"open_item": item}), 15_00)
    with pytest.raises(SettlementRefused, match="no document"):
        settle(desk.senior, case)
    settle(desk.senior, case, "goodwill", reason_code="small_balance", payload={"by": "write_off"})
    item.refresh_from_db()
    assert item.balance == 85_00 and Entry.objects.filter(kind="write_off").count() == 1
    assert where(case) == ("resolved", "goodwill", 15_00)
    holds()


def test_whoever_decides_about_goodwill_reads_that_the_cause_is_ours(desk, invoice):
    case = contest(desk, invoice)
    case.cause = desk.cause
    case.save(update_fields=["cause"])
    made = settle(desk.senior, case, "goodwill", reason_code="goodwill")
    assert "The cause that was found is ours: Wrong price." in made.approval.reason


def test_a_reason_that_needs_evidence_takes_the_files_of_the_case(desk, invoice):
    case = contest(desk, invoice, 100_00)
    with pytest.raises(ReasonRefused, match="evidence"):
        settle(desk.senior, case, reason_code="damaged")
    photo = attach(actor=desk.senior, subject=case, kind="evidence", name="photo.pdf", content=b"%PDF-1.7 photo")
    made = settle(desk.senior, case, reason_code="damaged", payload={"attachments": [photo.pk]})
    assert made.approval.payload["evidence"][0][0] == "photo.pdf"
    foreign = attach(actor=desk.senior, subject=desk.customer, kind="other", name="secret.pdf", content=b"%PDF-1.7 secret")
    with pytest.raises(SettlementRefused, match="beside this case"):
        settle(desk.senior, contest(desk, invoice, 10_00), payload={"attachments": [foreign.pk]})


def test_the_corrected_document_is_sent_with_the_right_order_number(desk, invoice):
    case = contest(desk, invoice, 1_080_00, reason="po_missing")
    made = settle(desk.specialist, case, "corrected", payload={"po_number": " PO-  77 "}, words="Your order number was missing.")
    invoice.refresh_from_db()
    assert (invoice.po_number, invoice.open_item.po_number) == ("PO- 77", "PO- 77")
    sent = Dispatch.objects.get(invoice=invoice)
    assert made.message == sent.message and "Your order number was missing." in sent.message.body and "PO- 77" in sent.message.body
    assert where(case) == ("resolved", "corrected", 0) and open_of(invoice) == 1_080_00
    assert Event.objects.get(type="invoice.corrected").data["after"] == "PO- 77"


def test_nothing_is_closed_when_there_is_nothing_to_send(desk, invoice):
    bare = contest(desk, type("Bare", (), {"open_item": issue(desk.customer, 100_00)}), 15_00, reason="po_missing")
    with pytest.raises(SettlementRefused, match="no document"):
        settle(desk.specialist, bare, "corrected")
    desk.customer.contacts.all().delete()
    case = contest(desk, invoice, 1_080_00, reason="po_missing")
    with pytest.raises(Exception, match="no e-mail address"):
        settle(desk.specialist, case, "corrected", payload={"po_number": "PO-1"})
    invoice.refresh_from_db()
    assert where(case)[0] == "open" and invoice.po_number == ""


def test_paid_only_when_something_of_the_contested_was_paid_since(desk, invoice):
    case = contest(desk, invoice, 300_00)
    with pytest.raises(SettlementRefused, match="nothing of what is contested was paid"):
        settle(desk.specialist, case, "paid")
    apply(receive(desk.customer, 780_00), (invoice.open_item, 780_00))
    with pytest.raises(SettlementRefused, match="nothing of what is contested was paid"):
        settle(desk.specialist, case, "paid")
    apply(receive(desk.customer, 100_00), (invoice.open_item, 100_00))
    settle(desk.specialist, case, "paid")
    assert where(case) == ("resolved", "paid", 0)


def test_a_credit_memo_is_no_payment(desk, invoice):
    case, other = contest(desk, invoice, 300_00), contest(desk, invoice, 780_00)
    settle(desk.supervisor, other, amount=500_00)
    apply(receive(desk.customer, 300_00), (invoice.open_item, 300_00))
    assert settle(desk.specialist, case, "paid").payload["paid"] == 20_00


def test_withdrawn_ends_it_and_all_is_chased_again(desk, invoice):
    case = contest(desk, invoice)
    settle(desk.specialist, case, "withdrawn", words="They found the delivery note.")
    assert where(case) == ("resolved", "withdrawn", 0)
    with pytest.raises(SettlementRefused, match="closed already"):
        settle(desk.specialist, case, "withdrawn")


def test_who_may_settle_how(desk, invoice):
    case = contest(desk, invoice)
    for way in ("credited", "rebilled", "debited", "withdrawn", "rejected"):
        with pytest.raises(NotAllowed):
            settle(desk.auditor, case, way)
    with pytest.raises(NotAllowed, match=r"disputes\.resolve"):
        settle(desk.specialist, case, "rejected")
    with pytest.raises(NotAllowed, match=r"disputes\.work"):
        settle(desk.controller, case)
    with pytest.raises(SettlementRefused, match="choose how"):
        settle(desk.senior, case, "forgotten")


def test_the_same_form_is_one_settlement_and_another_with_its_token_is_refused(desk, invoice):
    case = contest(desk, invoice)
    first = settle(desk.senior, case, token="form")
    again = settle_dispute(
        actor=desk.senior, dispute=case, resolution="credited", amount=300_00, version=0, token="form", today=DAY, now=NOW,
        reason_code="price",
    )  # fmt: skip
    assert again == first and Settlement.objects.count() == Approval.objects.count() == 1
    with pytest.raises(SettlementRefused, match="other contents"):
        settle(desk.senior, case, amount=10_00, token="form")


def test_one_settlement_at_a_time_and_nothing_else_moves_a_case_that_is_being_settled(desk, invoice):
    case = contest(desk, invoice)
    settle(desk.senior, case)
    with pytest.raises(SettlementRefused, match="being settled"):
        settle(desk.supervisor, case, "withdrawn")
    case.refresh_from_db()
    with pytest.raises(Exception, match="doesn't become"):
        move_dispute(actor=desk.senior, dispute=case, state="waiting", version=case.version, today=DAY)
    with pytest.raises(Exception, match="settle"):
        amend_dispute(actor=desk.senior, dispute=case, version=case.version, today=DAY, amount=10_00)


def test_a_stale_hand_is_told(desk, invoice):
    case = contest(desk, invoice)
    with pytest.raises(StaleDispute):
        settle(desk.senior, case, version=case.version + 1)


def test_an_open_case_of_a_document_of_a_closed_month_is_credited_today(desk, invoice):
    case = contest(desk, invoice)
    month = desk.company.periods.get(span__contains=date(2026, 8, 1))
    close_period(period=month, actor=SYSTEM, at=NOW)
    made = settle(desk.senior, case)
    current = desk.company.periods.get(span__contains=DAY)
    close_period(period=current, actor=SYSTEM, at=NOW)
    with pytest.raises(CreditRefused):
        allow(desk.supervisor, made)
    made.refresh_from_db()
    assert made.state == "waiting" and where(case)[0] == "settling"  # nothing was decided


def test_the_customer_is_told_once_in_the_words_of_whoever_settled(desk, invoice):
    case = contest(desk, invoice, 200_00)
    made = settle(desk.senior, case, to_customer="You were right about the price.", payload={"tell": True})
    assert made.message == Message.objects.get() and "right about the price" in made.message.body
    assert made.message.recipients == ["pat@acme.example"]
    quiet = contest(desk, invoice, 10_00)
    assert settle(desk.senior, quiet, to_customer="x", payload={"tell": False}).message is None


def test_reasons_of_the_company_count(desk, invoice):
    MemoReason.objects.create(company=desk.company, code="own", name="Our own", kinds=["credit_memo"], origin="logistics")
    case = contest(desk, invoice, 10_00)
    with pytest.raises(SettlementRefused, match="choose a reason"):
        settle(desk.senior, case)
    settle(desk.senior, case, reason_code="own")
    with pytest.raises(SettlementRefused, match="choose a reason"):
        settle(desk.senior, contest(desk, invoice, 10_00), "goodwill", reason_code="own")
