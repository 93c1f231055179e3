"""People's work on receipts: applied, left on account, named, split, asked about."""

from datetime import timedelta

import pytest

from cashapp.models import Match, MatchPolicy, MatchProposal, PayerAlias, Receipt, ReceiptDraft
from cashapp.services import (
    accept_proposal,
    leave_on_account,
    mark_unidentified,
    match_receipts,
    name_payer,
    reverse_match,
    split_receipt,
)
from cashapp.services.applying import take_off_account
from cashapp.services.asking import NothingAsked, answer, ask_about
from cashapp.services.errors import AllocationError, NothingToUndo, OutsideGroup, OverLimit, ReceiptLeased, StaleReceipt
from cashapp.services.working import save_draft, take_lease
from disputes.models import Dispute
from ledger.selectors import trial_balance
from org.actors import NotAllowed
from tests.cashapp.desk import EARLY, NOW, acme, ana, balance, bank, fresh, senior, work
from tests.cashapp.worlds import TODAY, make_bank, money_in
from tests.factories import DAY, SYSTEM, issue, make_customer, make_user

__all__ = ["acme", "ana", "bank", "senior"]
pytestmark = pytest.mark.django_db


# Applying


def test_one_receipt_pays_several_items(bank, acme, ana):
    one, two = issue(acme, 60_00, day=EARLY), issue(acme, 50_00, day=EARLY)
    receipt = money_in(bank, 100_00, acme)
    match = work(ana, receipt, (one, 60_00), (two, 40_00))
    assert (balance(one), balance(two)) == (0, 10_00)
    assert fresh(receipt).state == "applied" and match.rule == "manual" and match.actor == ana.label


def test_the_payer_is_named_by_the_items_and_remembered(bank, acme, ana):
    item, receipt = issue(acme, 100_00, day=EARLY), money_in(bank, 100_00, payer="A.C.M.E. Zentrale", account="DE 11 22")
    match = work(ana, receipt, (item, 100_00))
    assert fresh(receipt).customer == acme and match.identification is not None
    assert set(PayerAlias.objects.values_list("kind", "value", "customer")) == {
        ("account", "DE1122", acme.pk),
        ("name", "ACME ZENTRALE", acme.pk),
    }
    assert money_in(bank, 5_00, payer="whoever", account="DE1122").customer_id == acme.pk


def test_discount_in_time_write_off_in_tolerance_and_the_rest_on_account(bank, acme, ana):
    item = issue(acme, 100_00, day=EARLY, discount_until=DAY, discount_amount=2_00)
    other = issue(acme, 50_00, day=EARLY)
    receipt = money_in(bank, 150_00, acme)
    work(ana, receipt, (item, 98_00, 2_00), (other, 47_00, 0, 3_00), rest=True)
    assert balance(item) == balance(other) == 0
    assert fresh(receipt).unapplied == 5_00 and fresh(receipt).state == "on account"
    books = trial_balance(bank.company_id, TODAY)
    assert (books["4800"], books["6990"], books["1200"]) == (2_00, 3_00, -5_00)


def test_a_short_payment_opens_its_dispute_in_the_same_act(bank, acme, ana):
    item = issue(acme, 100_00, day=EARLY)
    receipt = money_in(bank, 90_00, acme, text="less damage")
    work(ana, receipt, (item, 90_00, 0, 0, 10_00, "damaged"))
    dispute = Dispute.objects.get()
    assert (dispute.amount, dispute.reason, dispute.open_item, dispute.customer_words) == (10_00, "damaged", item, "less damage")
    assert (dispute.kind, dispute.receipt_ref) == ("deduction", receipt.pk)
    assert balance(item) == 10_00


def test_credits_are_netted_in(bank, acme, ana):
    invoice, credit = issue(acme, 100_00, day=EARLY), issue(acme, -30_00, kind="credit_memo", day=EARLY)
    work(ana, money_in(bank, 70_00, acme), (invoice, 100_00), (credit, -30_00))
    assert balance(invoice) == balance(credit) == 0


def test_a_parent_pays_for_its_children(bank, ana):
    parent = make_customer(bank.company, "Holding AG")
    items = [issue(make_customer(bank.company, f"Child {n}", parent=parent), 50_00, day=EARLY) for n in (1, 2)]
    receipt = money_in(bank, 100_00, payer="unknown")
    work(ana, receipt, *((i, 50_00) for i in items))
    assert fresh(receipt).customer == parent and all(balance(i) == 0 for i in items)


def test_items_outside_the_payers_group_are_refused(bank, acme, ana):
    strange = issue(make_customer(bank.company, "Bolt Ltd"), 100_00, day=EARLY)
    with pytest.raises(OutsideGroup, match="Bolt Ltd is outside the group of ACME GmbH"):
        work(ana, money_in(bank, 100_00, acme), (strange, 100_00))
    assert balance(strange) == 100_00


@pytest.mark.parametrize(
    ("amounts", "words"),
    [
        ((100_01,), "more is given out"),
        ((99_00,), "1.00 is left over"),
        ((-50_00,), "give an amount above zero"),
        ((0,), "give an amount above zero"),
        ((100_00, 0, 0, 100_01), "is more than the 200.00 that are open"),
        ((100_00, 5_00), "offers – discount, not 5.00"),
    ],
)
def test_what_does_not_add_up_is_refused(bank, acme, ana, amounts, words):
    item = issue(acme, 200_00, day=EARLY)
    with pytest.raises(AllocationError, match=words):
        work(ana, money_in(bank, 100_00, acme), (item, *amounts))
    assert balance(item) == 200_00 and not Match.objects.exists()


def test_bank_charges_and_tax_withheld_are_booked_by_hand_and_taken_back(bank, acme, ana):
    item = issue(acme, 1000_00, day=EARLY)
    receipt = money_in(bank, 885_00, acme)
    match = work(ana, receipt, (item, 885_00, 0, 0, 0, "", 15_00, 100_00))
    books = trial_balance(bank.company_id, TODAY)
    assert balance(item) == 0 and not Dispute.objects.exists()
    assert (books["6800"], books["1250"], books["1200"]) == (15_00, 100_00, 0)
    reverse_match(actor=ana, match=match, reason="", today=TODAY, now=match.at)
    books = trial_balance(bank.company_id, TODAY)
    assert balance(item) == 1000_00 and books["6800"] == books["1250"] == 0


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ((100_00, 0, 0, 0, "", 50_01), "you may book 50.00 EUR of bank charges on a receipt, not 50.01"),
        ((100_00, 0, 0, 0, "", 0, 70_01), "is more tax than the 35 %"),
        ((100_00, 0, 0, 0, "", -1), "give an amount above zero"),
        ((100_00, 0, 0, 0, "", 50_00, 50_01), "is more than the 200.00 that are open"),
    ],
)
def test_bank_charges_and_tax_have_limits(bank, acme, ana, parts, words):
    item = issue(acme, 200_00, day=EARLY)
    with pytest.raises(AllocationError, match=words):
        work(ana, money_in(bank, 100_00, acme), (item, *parts))


def test_charges_in_small_bits_are_one_and_a_rule_of_the_company_goes_before_the_limit(bank, acme, ana):
    one, two = issue(acme, 140_00, day=EARLY), issue(acme, 170_00, day=EARLY)
    receipt = money_in(bank, 200_00, acme)
    work(ana, receipt, (one, 100_00, 0, 0, 0, "", 40_00), rest=True)
    take_off_account(actor=ana, receipt=receipt, now=NOW)
    with pytest.raises(OverLimit, match=r"not 110\.00"):
        work(ana, receipt, (two, 100_00, 0, 0, 0, "", 70_00))
    share = {"item": two.pk, "amount": 100_00, "discount": 0, "write_off": 0, "short": 0, "charges": 70_00}
    MatchProposal.objects.create(receipt=receipt, rank=1, rule="charges are ours", score=80, outcome="suggest", allocations=[share])
    accept_proposal(actor=ana, receipt=receipt, version=fresh(receipt).version, rank=1, today=TODAY, now=NOW)
    assert balance(two) == 0


def test_write_offs_stay_within_what_the_person_may(bank, acme, ana):
    item = issue(acme, 110_00, day=EARLY)
    receipt = money_in(bank, 100_00, acme)
    with pytest.raises(OverLimit, match=r"you may write off 5\.00 EUR on a receipt, not 10\.00"):
        work(ana, receipt, (item, 100_00, 0, 10_00))
    MatchPolicy.objects.create(company=bank.company, approver_limits={"EUR": 20_00})
    with pytest.raises(OverLimit):
        work(make_user("senior", bank.company), receipt, (item, 100_00, 0, 10_00))
    work(make_user("supervisor", bank.company), receipt, (item, 100_00, 0, 10_00))
    assert balance(item) == 0


def test_a_discount_after_its_time_is_not_a_specialists_to_give(bank, acme, ana):
    item = issue(acme, 100_00, day=EARLY, discount_until=EARLY, discount_amount=2_00)
    receipt = money_in(bank, 98_00, acme)
    with pytest.raises(OverLimit, match="ended on 2026-09-01"):
        work(ana, receipt, (item, 98_00, 2_00))
    work(make_user("supervisor", bank.company), receipt, (item, 98_00, 2_00))


def test_small_write_offs_one_after_the_other_are_one_large_one(bank, acme, ana):
    items = [issue(acme, 100_00, day=EARLY), issue(acme, 100_00, day=EARLY), issue(acme, 100_00, day=EARLY)]
    receipt = money_in(bank, 100_00, acme)
    work(ana, receipt, (items[0], 1, 0, 4_00), rest=True)
    take_off_account(actor=ana, receipt=receipt, now=NOW)
    for again in items[:2]:
        with pytest.raises(OverLimit, match=r"5\.00 EUR on a receipt, not 8\.00"):
            work(ana, receipt, (again, 1, 0, 4_00), rest=True)
    part = split_receipt(actor=ana, receipt=receipt, version=fresh(receipt).version, amount=10_00, today=TODAY, now=NOW)
    with pytest.raises(OverLimit):  # nor by splitting the payment
        work(ana, part, (items[1], 10_00, 0, 4_00))
    with pytest.raises(OverLimit):  # nor from another payment on the same item
        work(ana, money_in(bank, 50_00, acme), (items[0], 50_00, 0, 4_00))
    match = work(ana, money_in(bank, 96_00, acme), (items[2], 96_00, 0, 4_00))
    reverse_match(actor=ana, match=match, reason="", today=TODAY, now=NOW)
    work(ana, money_in(bank, 96_00, acme), (items[2], 96_00, 0, 4_00))  # what was taken back doesn't count


def test_a_discount_is_given_once(bank, acme, ana):
    item = issue(acme, 100_00, day=EARLY, discount_until=DAY, discount_amount=2_00)
    receipt = money_in(bank, 90_00, acme)
    work(ana, receipt, (item, 10_00, 1_50), rest=True)
    take_off_account(actor=ana, receipt=receipt, now=NOW)
    with pytest.raises(OverLimit, match=r"offers 2\.00 discount, and 1\.50 was given already"):
        work(ana, receipt, (item, 10_00, 1_50), rest=True)
    work(ana, receipt, (item, 10_00, 50), rest=True)


def test_items_of_another_currency_company_or_portfolio_are_refused(bank, acme, ana):
    receipt = money_in(bank, 100_00, acme)
    elsewhere = issue(make_customer(make_bank(identifier="4711").company), 100_00, day=EARLY)
    with pytest.raises(AllocationError, match="not among those"):
        work(ana, receipt, (elsewhere, 100_00))
    own = make_user("specialist", bank.company, scope="portfolio")
    with pytest.raises(AllocationError, match="not among those"):
        work(own, receipt, (issue(acme, 100_00, day=EARLY), 100_00))


def test_a_receipt_that_waits_is_no_credit_for_another(bank, acme, ana):
    item, waiting = issue(acme, 100_00, day=EARLY), money_in(bank, 40_00, acme)
    with pytest.raises(AllocationError, match="waits itself"):
        work(ana, money_in(bank, 60_00, acme), (item, 100_00), (waiting.open_item, -40_00))


def test_work_needs_its_permission(bank, acme):
    with pytest.raises(NotAllowed):
        work(make_user("auditor", bank.company), money_in(bank, 100_00, acme), (issue(acme, 100_00, day=EARLY), 100_00))


def test_a_second_tab_is_stale(bank, acme, ana):
    item, receipt = issue(acme, 200_00, day=EARLY), money_in(bank, 100_00, acme)
    work(ana, receipt, (item, 50_00), rest=True, version=0)
    with pytest.raises(StaleReceipt, match="changed meanwhile"):
        work(ana, receipt, (item, 50_00), version=0)
    assert balance(item) == 150_00


def test_a_proposal_is_accepted_with_its_reasons(bank, acme, ana):
    item = issue(acme, 100_00, number="INV-10001", day=EARLY)
    receipt = money_in(bank, 100_00, acme, text="INV-10001")
    match_receipts(company=bank.company, actor=SYSTEM, today=TODAY, post=False)
    best = MatchProposal.objects.get(receipt=receipt, rank=1)
    match = accept_proposal(actor=ana, receipt=receipt, version=0, rank=1, today=TODAY, now=NOW)
    assert balance(item) == 0 and (match.rule, match.score, match.reasons) == (best.rule, best.score, best.reasons)
    assert not MatchProposal.objects.exists()
    with pytest.raises(AllocationError, match="not there any more"):
        accept_proposal(actor=ana, receipt=receipt, version=1, rank=1, today=TODAY, now=NOW)


# On account, payers, splits, questions


def test_left_on_account_and_taken_off_again(bank, acme, ana):
    receipt = money_in(bank, 100_00, payer="Someone")
    with pytest.raises(AllocationError, match="name the payer"):
        leave_on_account(actor=ana, receipt=receipt, version=0, now=NOW)
    leave_on_account(actor=ana, receipt=receipt, version=0, now=NOW, payer_id=acme.pk)
    assert fresh(receipt).state == "on account" and fresh(receipt).customer == acme and not Receipt.objects.to_clear().exists()
    take_off_account(actor=ana, receipt=receipt, now=NOW)
    assert list(Receipt.objects.to_clear()) == [receipt]


def test_a_payer_is_named_changed_and_unknown_again(bank, acme, ana):
    bolt = make_customer(bank.company, "Bolt Ltd")
    receipt = money_in(bank, 100_00, payer="Someone", account="DE1")
    name_payer(actor=ana, receipt=receipt, version=0, customer=acme, today=TODAY, now=NOW)
    named = fresh(receipt)
    name_payer(actor=ana, receipt=named, version=named.version, customer=bolt, today=TODAY, now=NOW)
    changed = fresh(receipt)
    assert changed.customer == bolt and changed.unapplied == 100_00
    assert list(PayerAlias.objects.filter(is_active=True, kind="account").values_list("customer", flat=True)) == [bolt.pk]
    mark_unidentified(actor=ana, receipt=changed, version=changed.version, today=TODAY, now=NOW)
    assert fresh(receipt).state == "unidentified" and trial_balance(bank.company_id, TODAY)["2100"] == -100_00
    assert trial_balance(bank.company_id, TODAY).get("1200", 0) == 0 and not PayerAlias.objects.filter(is_active=True).exists()


def test_a_payment_of_two_payers_is_split(bank, acme, ana):
    bolt = make_customer(bank.company, "Bolt Ltd")
    receipt = money_in(bank, 100_00, acme)
    part = split_receipt(actor=ana, receipt=receipt, version=0, amount=40_00, customer=bolt, today=TODAY, now=NOW)
    assert part.number == "RC-000001-2" and fresh(receipt).unapplied == 60_00 and fresh(part).customer == bolt
    work(ana, part, (issue(bolt, 40_00, day=EARLY), 40_00))
    split = Match.objects.get(rule="split")
    with pytest.raises(NothingToUndo, match="take back what was done with the part"):
        reverse_match(actor=ana, match=split, reason="", today=TODAY, now=split.at)
    used = Match.objects.exclude(rule="split").get()
    reverse_match(actor=ana, match=used, reason="", today=TODAY, now=used.at)
    reverse_match(actor=ana, match=split, reason="", today=TODAY, now=split.at)
    assert fresh(receipt).unapplied == 100_00 and fresh(part).state == "joined back"
    assert list(Receipt.objects.to_clear()) == [receipt]


@pytest.mark.parametrize("amount", [0, -1, 100_00, 100_01])
def test_a_split_leaves_something_on_both_sides(bank, acme, ana, amount):
    with pytest.raises(AllocationError):
        split_receipt(actor=ana, receipt=money_in(bank, 100_00, acme), version=0, amount=amount, today=TODAY, now=NOW)


def test_a_question_is_put_and_answered(bank, acme, ana, senior):
    receipt = money_in(bank, 100_00, acme)
    with pytest.raises(NothingAsked):
        ask_about(actor=ana, receipt=receipt, version=0, question="  ", now=NOW)
    asked = ask_about(actor=ana, receipt=receipt, version=0, question="Theirs or ours?", now=NOW)
    with pytest.raises(NotAllowed):
        answer(actor=ana, receipt=asked, version=asked.version, words="ours", now=NOW)
    answer(actor=senior, receipt=asked, version=asked.version, words="Ours.", now=NOW)
    assert fresh(receipt).question == ""


# Work in hand


def test_one_person_has_a_receipt_in_hand(bank, acme, ana):
    item, receipt = issue(acme, 100_00, day=EARLY), money_in(bank, 100_00, acme)
    take_lease(actor=ana, receipt=receipt, now=NOW)
    ben = make_user("specialist", bank.company)
    with pytest.raises(ReceiptLeased, match="Specialist is working on RC-000001"):
        take_lease(actor=ben, receipt=receipt, now=NOW)
    with pytest.raises(ReceiptLeased):
        work(ben, receipt, (item, 100_00))
    take_lease(actor=ben, receipt=receipt, now=NOW + timedelta(minutes=6))
    take_lease(actor=ana, receipt=receipt, now=NOW + timedelta(minutes=7), force=True)
    work(ana, receipt, (item, 100_00), now=NOW + timedelta(minutes=8))


def test_half_done_work_is_kept_until_it_is_posted(bank, acme, ana):
    item, receipt = issue(acme, 100_00, day=EARLY), money_in(bank, 100_00, acme)
    save_draft(user=ana, receipt=receipt, data={"rows": [{"item": item.pk, "amount": 40_00}]})
    assert ReceiptDraft.objects.get().data["rows"][0]["amount"] == 40_00
    work(ana, receipt, (item, 100_00))
    assert not ReceiptDraft.objects.exists()
