"""Exceptions of cash: what payers call their deductions, what tolerance may cost, fees for returned items, money of another company."""

import pytest
from django.test import Client
from django.urls import reverse

from cashapp.models import DeductionCode, Match, MatchPolicy, PolicyChange, Receipt
from cashapp.readers.advice.model import Advice, AdviceLine
from cashapp.selectors.budgets import leakage
from cashapp.selectors.deduction_codes import hit_rate, used_codes
from cashapp.services import match_receipts, return_receipt, reverse_match
from cashapp.services.deduction_codes import CodeRefused, drop_code, map_code
from cashapp.services.errors import AllocationError, NothingToUndo, OverLimit
from cashapp.services.remittances.keying import key_remittance
from cashapp.services.returning import ReturnRefused
from cashapp.services.transferring import transfer_receipt
from ledger.models import Line, OpenItem
from ledger.selectors import trial_balance
from ledger.verify import verify_books
from org.actors import NotAllowed
from tests.cashapp.worlds import TODAY, money_in
from tests.factories import SYSTEM, issue, make_company, make_customer, make_user

from .desk import NOW, acme, balance, bank, fresh, senior, work

__all__ = ["acme", "bank", "senior"]
pytestmark = pytest.mark.django_db


def advice(acme, code, amount, n=1):
    lines = (AdviceLine(f"INV-{n}", adjustment=-amount, code=code),)
    return key_remittance(actor=SYSTEM, company=acme.company, advice=Advice("EUR", 100_00, lines, reference=f"{code}{n}"), customer=acme)


class TestDeductionCodes:
    def test_a_code_waits_until_somebody_says_what_it_is_and_a_customers_own_goes_first(self, bank, acme, senior):
        for n, code in enumerate(("dmg", "DMG", "FRT")):
            advice(acme, code, 10_00 * (n + 1), n)
        used = used_codes(senior, TODAY)
        assert [(u.code, u.uses, u.amount, u.reason) for u in used] == [("DMG", 2, 30_00, ""), ("FRT", 1, 30_00, "")]
        map_code(actor=senior, company=bank.company, code=" dmg ", reason="damaged")
        own = map_code(actor=senior, company=bank.company, code="DMG", reason="freight", customer=acme)
        assert {u.code: u.reason for u in used_codes(senior, TODAY)} == {"DMG": "freight", "FRT": ""}
        assert hit_rate(used_codes(senior, TODAY)) == (2, 3)
        drop_code(actor=senior, row=own)
        assert {u.code: u.reason for u in used_codes(senior, TODAY)}["DMG"] == "damaged"

    def test_nonsense_is_refused_and_rights_are_asked(self, bank, acme, senior):
        for code, reason in (("", "damaged"), ("X", "nothing")):
            with pytest.raises(CodeRefused):
                map_code(actor=senior, company=bank.company, code=code, reason=reason)
        with pytest.raises(NotAllowed):
            map_code(actor=make_user("specialist", bank.company), company=bank.company, code="X", reason="damaged")
        assert not DeductionCode.objects.exists()

    def test_the_page_maps_a_code(self, bank, acme, senior):
        advice(acme, "DMG", 10_00)
        client = Client()
        client.force_login(senior)
        assert "DMG" in client.get(reverse("cashapp:codes")).content.decode()
        client.post(
            reverse("cashapp:code-save", args=[bank.company_id]), {"code": "DMG", "reason": "damaged", "customer": acme.pk, "for": "one"}
        )
        assert DeductionCode.objects.get().customer == acme
        assert "100 %" in client.get(reverse("cashapp:codes")).content.decode()


class TestBudget:
    def test_when_it_is_used_up_shortages_wait_for_a_person_and_taken_back_is_given_back(self, bank, acme, senior):
        MatchPolicy.objects.create(company=bank.company, tolerances={"EUR": 5_00}, tolerance_percent=None, tolerance_budgets={"EUR": 5_00})
        items = [issue(acme, 1000_00, number=f"INV-{n}000") for n in (1, 2)]
        paid = [money_in(bank, 997_00, acme, text=i.number) for i in items]
        match_receipts(company=bank.company, actor=SYSTEM, today=TODAY)
        assert sorted(balance(i) for i in items) == [0, 1000_00], "the second 3.00 are more than the 5.00 of the month"
        waits = next(fresh(r) for r in paid if fresh(r).open_item.balance)
        assert "budget" in " ".join(waits.proposals.get(rank=1).reasons)
        open_item = next(i for i in items if balance(i))
        with pytest.raises(OverLimit, match="budget"):
            work(senior, waits, (open_item, 997_00, 0, 3_00))
        assert list(leakage(bank.company_id, TODAY)) == [((acme.pk, "EUR"), 3_00)]
        reverse_match(actor=senior, match=Match.objects.get(), reason="wrong", today=TODAY, now=NOW)
        assert list(leakage(bank.company_id, TODAY)) == []
        work(senior, waits, (open_item, 997_00, 0, 3_00))
        assert balance(open_item) == 0

    def test_a_customer_has_a_budget_of_his_own_and_approvers_may_more(self, bank, acme):
        MatchPolicy.objects.create(company=bank.company, tolerances={"EUR": 5_00}, tolerance_percent=None, customer_budgets={"EUR": 1_00})
        item = issue(acme, 1000_00, number="INV-1000")
        paid = money_in(bank, 997_00, acme, text="INV-1000")
        match_receipts(company=bank.company, actor=SYSTEM, today=TODAY)
        assert balance(item) == 1000_00
        work(make_user("supervisor", bank.company), paid, (item, 997_00, 0, 3_00))
        assert balance(item) == 0


class TestReturnedItems:
    @pytest.mark.parametrize(("waived", "owed"), [(False, 25_00), (True, 0)])
    def test_the_fee_is_billed_with_the_return_or_waived(self, bank, acme, senior, waived, owed):
        MatchPolicy.objects.create(company=bank.company, returned_fees={"EUR": 25_00})
        item = issue(acme, 100_00, number="INV-1000")
        paid = money_in(bank, 100_00, acme, text="INV-1000")
        match_receipts(company=bank.company, actor=SYSTEM, today=TODAY)
        return_receipt(actor=senior, receipt=fresh(paid), reason="no funds", today=TODAY, now=NOW, waive_fee=waived)
        fees = OpenItem.objects.filter(customer=acme, kind="late_fee")
        assert (balance(item), sum(f.balance for f in fees)) == (100_00, owed)
        assert verify_books(TODAY) == []


class TestAnotherCompany:
    @pytest.fixture
    def there(self):
        return make_customer(make_company("FR01", currency="EUR"), "Autre SARL", currency="EUR")

    @pytest.fixture
    def person(self, bank, there):
        return make_user("senior", bank.company, there.company)

    def move(self, person, receipt, there, **more):
        given = {"version": fresh(receipt).version, "reason": "their remittance says so", "today": TODAY, "now": NOW} | more
        return transfer_receipt(actor=person, receipt=receipt, customer=there, **given)

    def test_it_becomes_a_receipt_there_and_both_books_tie(self, bank, acme, there, person):
        owed = issue(there, 80_00, number="F-1000")
        paid = money_in(bank, 80_00, text="F-1000")
        part = self.move(person, paid, there)
        assert (fresh(paid).unapplied, fresh(part).unapplied, part.company) == (0, 80_00, there.company)
        match_receipts(company=there.company, actor=SYSTEM, today=TODAY)
        assert balance(owed) == 0
        assert (trial_balance(bank.company_id, TODAY)["1280"], trial_balance(there.company_id, TODAY)["1280"]) == (-80_00, 80_00)
        assert verify_books(TODAY) == []

    def test_it_is_taken_back_as_long_as_nothing_was_done_with_it_there(self, bank, acme, there, person):
        owed = issue(there, 80_00, number="F-1000")
        paid = money_in(bank, 80_00, acme)
        part = self.move(person, paid, there)
        with pytest.raises(ReturnRefused, match="handed to FR01"):
            return_receipt(actor=person, receipt=fresh(paid), reason="no funds", today=TODAY, now=NOW)
        work(person, part, (owed, 80_00))
        match = Match.objects.get(receipt=paid)
        with pytest.raises(NothingToUndo, match="other company"):
            reverse_match(actor=person, match=match, reason="no", today=TODAY, now=NOW)
        reverse_match(actor=person, match=Match.objects.get(receipt=part), reason="no", today=TODAY, now=NOW)
        reverse_match(actor=person, match=match, reason="no", today=TODAY, now=NOW)
        assert (fresh(paid).unapplied, fresh(part).joined_back) == (80_00, True)
        assert not Line.objects.filter(account__kind="intercompany", entry__reversed_by=None, entry__reverses=None).exists()
        assert verify_books(TODAY) == []

    def test_it_needs_rights_in_both_companies_a_reason_and_money(self, bank, acme, there, person, senior):
        paid = money_in(bank, 80_00, acme)
        with pytest.raises(NotAllowed):
            self.move(senior, paid, there)
        with pytest.raises(AllocationError, match="say how you know"):
            self.move(person, paid, there, reason=" ")
        with pytest.raises(AllocationError, match="same company"):
            self.move(person, paid, acme)
        self.move(person, paid, there)
        with pytest.raises(AllocationError, match="nothing of"):
            self.move(person, paid, there)

    def test_the_page_hands_it_over(self, bank, acme, there, person):
        paid = money_in(bank, 80_00, acme)
        client = Client()
        client.force_login(person)
        page = reverse("cashapp:receipt", args=[paid.pk])
        assert "It is another company" in client.get(page).content.decode()
        form = {"company": there.company_id, "payer": there.number, "reason": "their call", "version": fresh(paid).version}
        client.post(reverse("cashapp:transfer", args=[paid.pk]), form)
        assert Receipt.objects.get(split_from=paid).company == there.company


def test_the_policy_asks_for_what_is_typed_and_says_what_is_wrong(bank, senior):
    client = Client()
    client.force_login(senior)
    page = reverse("cashapp:policy", args=[bank.company_id])
    assert client.get(page).status_code == 200
    typed = {
        "posts_alone": "on", "auto_threshold": "92", "suggest_threshold": "50", "tolerance_percent": "0.5", "discount_grace_days": "3",
        "sample_percent": "20", "alias_months": "12", "payout_wait_days": "7", "tolerance_budgets": "EUR 500.00\nUSD 250",
        "customer_budgets": "EUR 20.00", "returned_fees": "EUR 25", "exception_cost": "EUR 48.00", "why": "the year's plan",
    }  # fmt: skip
    refused = client.post(page, typed | {"returned_fees": "EUR x", "sample_percent": "0"})
    assert refused.status_code == 422 and "etween 1 and 100" in refused.content.decode()
    assert client.post(page, typed | {"why": " "}).status_code == 422
    client.post(page, typed)
    assert PolicyChange.objects.get().wanted == {
        "auto_threshold": 92, "sample_percent": 20, "alias_months": 12, "payout_wait_days": 7, "customer_budgets": {"EUR": 20_00},
        "tolerance_budgets": {"EUR": 500_00, "USD": 250_00}, "returned_fees": {"EUR": 25_00}, "exception_cost": {"EUR": 48_00},
    }  # fmt: skip
