"""Attacks on cash: money given back, handed over, taken back by the bank and written off, twice or by two people at once."""

from datetime import timedelta

import pytest
from django.db import ProgrammingError, transaction
from django.db.models import Sum
from django.test import Client
from django.urls import reverse

from cashapp.models import DayReconciliation, Match, MatchPolicy, PayerAlias, PayerRelation, PayoutAccount, Refund, StatementLine
from cashapp.readers.advice.layout import AdviceMapping
from cashapp.selectors.budgets import leakage
from cashapp.selectors.payers import counting_aliases
from cashapp.selectors.unapplied import open_cash
from cashapp.services import accept_proposal, match_receipts, return_receipt, reverse_match
from cashapp.services.asking import answer, ask_about
from cashapp.services.errors import OverLimit
from cashapp.services.payer_aliases import AliasRefused, approve_alias, change_alias
from cashapp.services.payer_relations import RelationRefused, end_relation
from cashapp.services.reconciling.signing import reopen_day
from cashapp.services.refunds.accounts import checked
from cashapp.services.refunds.asking import cancel_refund
from cashapp.services.refunds.errors import PayoutRefused, RefundRefused
from cashapp.services.refunds.paying import pay_from_statements, pay_refund, return_refund
from cashapp.services.remittances.layouts import LayoutRefused, NewLayout, save_layout
from cashapp.services.returning import ReturnRefused
from cashapp.services.reviewing import judge_sample, open_review
from cashapp.services.transferring import transfer_receipt
from ledger.models import Line, OpenItem, Period
from ledger.verify import verify_books
from org.actors import NotAllowed
from tests.cashapp.test_races import at_once
from tests.cashapp.test_reconciling import _signed
from tests.cashapp.test_refunds import OTHER_IBAN, allow, allow_details, ask, details, export, propose
from tests.cashapp.worlds import TODAY, Row, camt, money_in, take
from tests.factories import DAY, SYSTEM, issue, make_company, make_customer, make_user
from workflow.services.approvals import Decided

from .desk import NOW, acme, balance, bank, fresh, work

__all__ = ["acme", "bank"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def people(bank):
    return {n: make_user(n, bank.company) for n in ("senior", "supervisor", "controller")}


def payable() -> int:
    return Line.objects.filter(account__kind="refunds").aggregate(n=Sum("amount"))["n"] or 0


class TestTheBankTakesBackWhatWasPaidBack:
    @pytest.fixture
    def refund(self, bank, acme, people):
        """60.00 of a receipt of 100.00, approved."""
        payout = allow_details(people["controller"], propose(people["senior"], acme))
        return allow(people["supervisor"], ask(people["senior"], money_in(bank, 100_00, acme).open_item, payout, 60_00))

    def bounce(self, refund, people):
        receipt = fresh(refund.open_item.receipt)
        return_receipt(actor=people["senior"], receipt=receipt, reason="no funds", today=TODAY, now=NOW)
        refund.refresh_from_db()
        return OpenItem.objects.filter(customer=refund.customer, kind="debit_memo", balance__gt=0).first()

    def test_what_is_not_handed_over_is_never_paid(self, bank, people, refund):
        assert self.bounce(refund, people) is None
        assert (refund.state, payable()) == ("cancelled", 0)
        with pytest.raises(RefundRefused, match="cancelled"):
            export(people["controller"], bank, refund)
        assert verify_books(TODAY) == []

    @pytest.mark.parametrize("paid_first", [True, False])
    def test_what_is_handed_over_the_customer_owes_until_it_comes_back(self, bank, people, refund, paid_first):
        export(people["controller"], bank, refund)
        if paid_first:
            pay_refund(actor=people["controller"], refund=refund, bank_account=bank, day=TODAY)
        owed = self.bounce(refund, people)
        assert (owed.balance, refund.state) == (60_00, "paid" if paid_first else "exported")
        if not paid_first:
            pay_refund(actor=people["controller"], refund=refund, bank_account=bank, day=TODAY)
        assert payable() == 0 and verify_books(TODAY) == []
        refund.refresh_from_db()
        return_refund(actor=people["controller"], refund=refund, reason="account closed", day=TODAY)
        assert (balance(owed), payable(), verify_books(TODAY)) == (0, 0, [])


@pytest.mark.parametrize("holder", ["АСМЕ GmbH", "ACME\u202e GmbH", "AC\u200bME GmbH", "ACME\x01GmbH"])
def test_a_holder_that_only_looks_like_the_customer_is_refused(holder):
    with pytest.raises(PayoutRefused, match="two alphabets"):
        checked(details(holder=holder))
    assert checked(details(holder="ＡＣＭＥ  GmbH")).holder == "ACME GmbH" and checked(details(holder="ООО Ромашка"))


def test_a_layout_of_other_peoples_customers_is_not_overwritten(bank, acme):
    others = make_user("specialist", bank.company)
    acme.collector = others
    acme.save()
    ana = make_user("specialist", bank.company, scope="portfolio")
    wanted = NewLayout("ACME", AdviceMapping(), "f", customer=acme)
    save_layout(actor=others, company=bank.company, layout=wanted)
    with pytest.raises(LayoutRefused, match="choose another name"):
        save_layout(actor=ana, company=bank.company, layout=NewLayout("ACME", AdviceMapping(), "f"))


def test_an_expired_alias_counts_again_only_once_it_is_approved_anew(bank, acme, people):
    MatchPolicy.objects.create(company=bank.company, alias_approval=True)
    alias = PayerAlias.objects.create(
        company=bank.company, customer=acme, kind="name", value="ACME TRADING", created_by="user:0", approved_by="user:1",
        approved_at=NOW, expires_on=DAY,
    )  # fmt: skip
    change_alias(actor=people["supervisor"], alias=alias, scope="customer", expires_on=None)
    assert not counting_aliases(bank.company_id, TODAY).exists()
    with pytest.raises(AliasRefused, match="somebody else"):
        approve_alias(actor=people["supervisor"], alias=alias, now=NOW)


def test_one_person_does_not_prolong_who_pays_for_whom(bank, acme, people):
    relation = PayerRelation.objects.create(
        company=bank.company, kind="other", payer=make_customer(bank.company), pays_for=acme, valid_from=DAY, valid_to=TODAY,
        state="active", proposed_by="user:0",
    )  # fmt: skip
    with pytest.raises(RelationRefused, match="propose it anew"):
        end_relation(actor=people["senior"], relation=relation, day=TODAY + timedelta(days=900), reason="x")
    assert end_relation(actor=people["senior"], relation=relation, day=DAY, reason="x").valid_to == DAY


def test_a_refund_that_can_not_be_paid_stops_no_bank_file(bank, acme, people):
    payout = allow_details(people["controller"], propose(people["senior"], acme))
    credit = issue(acme, -300_00, kind="credit_memo", number="CM-1", currency="EUR")
    asked = allow(people["supervisor"], ask(people["senior"], credit, payout, 60_00))
    export(people["controller"], bank, asked)
    Period.objects.filter(company=bank.company).update(state="closed")
    take(camt([Row(-60_00, f"REFUND {asked.number}")], opening=500_00))
    assert pay_from_statements(actor=SYSTEM, company=bank.company) == []


def test_why_a_receipt_waits_names_nobody_elses_customers(bank):
    theirs, ana = make_user("specialist", bank.company), make_user("specialist", bank.company, scope="portfolio")
    for n, name in enumerate(("Secret One GmbH", "Secret Two Ltd"), 1):
        issue(make_customer(bank.company, name, collector=theirs), 500_00, number=f"INV-{n}000")
    paid = money_in(bank, 500_00, payer="Nobody")
    match_receipts(company=bank.company, actor=SYSTEM, today=TODAY)
    assert any("Secret" in " ".join(p.reasons) for p in paid.proposals.all())
    client = Client()
    client.force_login(ana)
    for page in (reverse("cashapp:workbench"), reverse("cashapp:panel", args=[paid.pk])):
        shown = client.get(page).content.decode()
        assert "Nobody" in shown and "Secret" not in shown
    client.force_login(theirs)
    assert "Secret One" in client.get(page).content.decode()


class TestTheEngineDoesNotOverruleAPerson:
    @pytest.fixture
    def paid(self, bank, acme):
        """Money that the engine is sure of."""
        MatchPolicy.objects.create(company=bank.company, posts_alone=False)
        issue(acme, 500_00, number="INV-A1000")
        return money_in(bank, 500_00, acme, text="INV-A1000")

    def night(self, bank):
        MatchPolicy.objects.update(posts_alone=True)
        return len(match_receipts(company=bank.company, actor=SYSTEM, today=TODAY, now=NOW).posted)

    def test_what_is_asked_about_waits_for_the_answer(self, bank, people, paid):
        ask_about(actor=people["senior"], receipt=paid, version=paid.version, question="is it right?", now=NOW)
        assert self.night(bank) == 0
        answer(actor=people["senior"], receipt=paid, version=fresh(paid).version, words="yes", now=NOW)
        assert self.night(bank) == 1

    def test_what_was_judged_wrong_is_posted_by_a_person(self, bank, people, paid):
        match_receipts(company=bank.company, actor=SYSTEM, today=TODAY, now=NOW)
        review = open_review(user=people["senior"], company=bank.company, today=TODAY, now=NOW)
        judge_sample(user=people["senior"], review=review, receipt_id=paid.pk, right=False, now=NOW)
        assert self.night(bank) == 0 and fresh(paid).band == "review"

    def test_what_was_taken_back_is_not_posted_again(self, bank, people, paid):
        assert self.night(bank) == 1
        reverse_match(actor=people["senior"], match=paid.matches.get(), reason="wrong", today=TODAY, now=NOW)
        assert self.night(bank) == 0 and fresh(paid).band == "review"
        assert "taken back" in " ".join(paid.proposals.get(rank=1).reasons)

    def test_what_a_person_undid_at_once_is_ready_for_a_person_only(self, bank, people, paid):
        match_receipts(company=bank.company, actor=SYSTEM, today=TODAY, now=NOW)
        done = accept_proposal(actor=people["senior"], receipt=paid, version=fresh(paid).version, rank=1, today=TODAY, now=NOW)
        reverse_match(actor=people["senior"], match=done, reason="", today=TODAY, now=NOW)
        assert self.night(bank) == 0 and fresh(paid).band == "green"


def test_one_line_of_the_bank_takes_one_receipt_back(bank, acme, people):
    one, other = money_in(bank, 80_00, acme), money_in(bank, 80_00, acme)
    take(camt([Row(-80_00, "return", reversal=True)], opening=500_00))
    stale = StatementLine.objects.get()
    return_receipt(actor=people["senior"], receipt=one, reason="no funds", today=TODAY, now=NOW, line=StatementLine.objects.get())
    with pytest.raises(ReturnRefused, match="dealt with"):
        return_receipt(actor=people["senior"], receipt=other, reason="no funds", today=TODAY, now=NOW, line=stale)


def test_money_of_another_company_is_handed_over_again_after_it_was_taken_back(bank, acme):
    there = make_customer(make_company("FR01", currency="EUR"), "Autre SARL", currency="EUR")
    person, paid = make_user("senior", bank.company, there.company), money_in(bank, 80_00, acme)
    numbers = set()
    for _ in range(2):
        part = transfer_receipt(
            actor=person, receipt=paid, version=fresh(paid).version, customer=there, reason="theirs", today=TODAY, now=NOW
        )
        numbers.add(part.number)
        assert part.pk in {c.receipt.pk for c in open_cash(SYSTEM, TODAY)}
        reverse_match(actor=person, match=Match.objects.get(receipt=paid, reversed_by=None), reason="no", today=TODAY, now=NOW)
    assert len(numbers) == 2 and fresh(paid).unapplied == 80_00 and verify_books(TODAY) == []


def test_a_payment_of_last_month_spends_that_months_budget(bank, acme, people):
    MatchPolicy.objects.create(company=bank.company, tolerances={"EUR": 5_00}, tolerance_budgets={"EUR": 5_00})
    before = DAY.replace(day=1) - timedelta(days=3)
    items = [issue(acme, 100_00, number=f"INV-{n}000", day=before) for n in (1, 2)]
    paid = [money_in(bank, 97_00, acme, day=before) for _ in items]
    work(people["senior"], paid[0], (items[0], 97_00, 0, 3_00))
    with pytest.raises(OverLimit, match="budget"):
        work(people["senior"], paid[1], (items[1], 97_00, 0, 3_00))
    assert dict(leakage(bank.company_id, before)) == {(acme.pk, "EUR"): 3_00} and list(leakage(bank.company_id, TODAY)) == []


@pytest.mark.django_db(transaction=True)
def test_two_at_once_are_one_after_the_other(bank, acme, people):
    MatchPolicy.objects.create(company=bank.company, tolerances={"EUR": 5_00}, tolerance_budgets={"EUR": 5_00})
    items = [issue(acme, 100_00, number=f"INV-{n}000") for n in (1, 2)]
    paid = [fresh(money_in(bank, 97_00, acme)) for _ in items]
    with_budget = at_once(*(lambda n=n: work(people["senior"], paid[n], (items[n], 97_00, 0, 3_00)) for n in (0, 1)))
    assert sorted(type(o).__name__ for o in with_budget) == ["Match", "OverLimit"]
    proposed = [propose(people["senior"], acme), propose(people["senior"], acme, OTHER_IBAN)]
    at_once(*(lambda p=p: allow_details(people["controller"], p) for p in proposed))
    assert sorted(PayoutAccount.objects.values_list("state", flat=True)) == ["active", "retired"]
    credit, payout = issue(acme, -300_00, kind="credit_memo", currency="EUR"), PayoutAccount.objects.get(state="active")
    for n in range(3):
        asked = ask(people["senior"], credit, payout, 10_00, token=f"t{n}")
        decided = at_once(
            lambda a=asked: _or(lambda: allow(people["supervisor"], a)),
            lambda a=asked: _or(lambda: cancel_refund(actor=people["senior"], refund=a, reason="x", today=TODAY, now=NOW)),
        )
        assert sum(isinstance(o, Refund) for o in decided) == 1, decided
    assert verify_books(TODAY) == []


def _or(act):
    try:
        return act()
    except (Decided, NotAllowed) as refusal:
        return refusal


def test_a_signed_day_is_opened_by_no_way_but_a_reason_that_is_kept(bank):
    take(camt([Row(10_00, "x")]))
    row, _, boss = _signed(bank)
    signed_again = {"state": "signed", "signed_by": boss.label, "signed_hash": row.signed_hash, "ledger_mark": row.ledger_mark}
    with pytest.raises(ProgrammingError, match="with a reason"), transaction.atomic():
        DayReconciliation.objects.filter(pk=row.pk).update(state="open", prepared_by="")
    reopen_day(actor=boss, reconciliation=row, reason="one is missing")
    with transaction.atomic():
        DayReconciliation.objects.filter(pk=row.pk).update(**signed_again | {"signed_by": "user:99", "prepared_by": "user:98"})
    with pytest.raises(ProgrammingError, match="with a reason"), transaction.atomic():
        DayReconciliation.objects.filter(pk=row.pk).update(state="open")
    assert "audit trail" in " ".join(d.detail for d in verify_books(TODAY))
