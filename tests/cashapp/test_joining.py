"""Advices and receipts in the books: joined by the machine and by people, taken apart, and what the engine makes of what they say."""

import pytest

from cashapp.models import DeductionCode, Match, MatchPolicy, Remittance, RemittanceJoin
from cashapp.readers.advice.model import Advice, AdviceLine
from cashapp.selectors.disagreements import advices_of
from cashapp.selectors.engine_input import policy_of
from cashapp.services import match_receipts
from cashapp.services.errors import JoinRefused, StaleReceipt
from cashapp.services.remittances.joining import join, join_waiting, match_joined, unjoin
from cashapp.services.remittances.taking import take_advices
from customers.models import Customer
from disputes.models import Dispute
from org.actors import NotAllowed
from tests.cashapp.desk import EARLY, NOW, acme, ana, balance, bank
from tests.cashapp.worlds import TODAY, make_bank, money_in
from tests.factories import DAY, SYSTEM, issue, make_customer, make_user

__all__ = ["acme", "ana", "bank"]
pytestmark = pytest.mark.django_db


def take(company, *advices):
    return take_advices(actor=SYSTEM, company=company, advices=advices, source="file").remittances


def told(total, *lines, payer="ACME GmbH", **more):
    found = tuple(AdviceLine(reference=number, paid=paid, **rest) for number, paid, rest in lines)
    return Advice("EUR", total, found, more.pop("day", DAY), payer_name=payer, **more)


def together(actor, remittance, receipt, **more):
    receipt.refresh_from_db()
    given = {"version": receipt.version, "today": TODAY, "now": NOW} | more
    return join(actor=actor, remittance=remittance, receipt=receipt, **given)


def test_an_advice_is_joined_says_why_and_is_posted_by_what_it_says(bank, acme):
    one, two = issue(acme, 100_00, number="INV-1001", day=EARLY), issue(acme, 250_00, number="INV-1002", day=EARLY)
    DeductionCode.objects.create(company=bank.company, code="D12", reason="damaged", changed_by="user:1")
    receipt = money_in(bank, 330_00, acme, text="ref 900100200")
    lines = [("INV-1001", 100_00, {}), ("INV-1002", 230_00, {"gross": 250_00, "adjustment": -20_00, "code": "d12"})]
    take(bank.company, told(330_00, *lines, trace="900100200"))
    (made,) = match_joined(actor=SYSTEM, company=bank.company, today=TODAY, now=NOW)
    assert (made.receipt, made.how) == (receipt, "trace number") and "900100200" in made.reasons[0]
    assert (balance(one), balance(two)) == (0, 20_00)
    assert Match.objects.get().rule == "structured remittance"
    assert (Dispute.objects.get().amount, Dispute.objects.get().reason) == (20_00, "damaged")
    assert join_waiting(actor=SYSTEM, company=bank.company, today=TODAY) == [], "nothing is joined twice"


def test_one_advice_for_two_receipts_gives_each_its_lines(bank, acme):
    issue(acme, 300_17, number="INV-1001", day=EARLY)
    issue(acme, 200_09, number="INV-1002", day=EARLY)
    first, second = money_in(bank, 300_17, acme), money_in(bank, 200_09, acme)
    take(bank.company, told(500_26, ("INV-1001", 300_17, {}), ("INV-1002", 200_09, {})))
    run = match_receipts(company=bank.company, actor=SYSTEM, today=TODAY)
    assert {(j.receipt_id, j.how) for j in RemittanceJoin.objects.all()} == {(first.pk, "sum of receipts"), (second.pk, "sum of receipts")}
    assert len(run.posted) == 2 and {m.rule for m in run.posted} == {"structured remittance"}


def test_what_competes_is_left_to_a_person_who_joins_and_takes_apart(bank, acme, ana):
    MatchPolicy.objects.create(company=bank.company, posts_alone=False)
    issue(acme, 500_00, number="INV-1001", day=EARLY)
    one, two = money_in(bank, 500_00, acme), money_in(bank, 500_00, acme)
    (advice,) = take(bank.company, told(500_00, ("INV-1001", 500_00, {})))
    assert match_joined(actor=SYSTEM, company=bank.company, today=TODAY, now=NOW) == []
    made = together(ana, advice, two)
    assert made.how == "person" and two.proposals.first().rule == "structured remittance"
    with pytest.raises(JoinRefused, match="already"):
        together(ana, advice, two)
    ended = unjoin(actor=ana, joined=made, reason="it is the other", today=TODAY, now=NOW)
    assert ended.ended_by == ana.label and ended.ended_reason == "it is the other"
    with pytest.raises(JoinRefused, match="taken apart already"):
        unjoin(actor=ana, joined=made, reason="", today=TODAY, now=NOW)
    (fresh,) = join_waiting(actor=SYSTEM, company=bank.company, today=TODAY)
    assert fresh.receipt == one, "with the other out of the question, nothing competes"


def test_joining_is_refused_across_companies_and_currencies_to_the_stale_and_to_outsiders(bank, acme, ana):
    receipt = money_in(bank, 500_00, acme)
    (advice, dollars) = take(bank.company, told(500_00), Advice("USD", 500_00, payer_name="ACME GmbH"))
    other = make_bank(identifier="DE1")
    with pytest.raises(JoinRefused, match="is in USD"):
        together(ana, dollars, receipt)
    stranger = money_in(other, 500_00, make_customer(other.company, "Foreign"))
    with pytest.raises(NotAllowed):
        together(ana, advice, stranger)
    with pytest.raises(JoinRefused, match="another company"):
        together(SYSTEM, advice, stranger)
    with pytest.raises(StaleReceipt):
        together(ana, advice, receipt, version=receipt.version + 1)
    Remittance.objects.filter(pk=advice.pk).update(set_aside="a copy")
    with pytest.raises(JoinRefused, match="set aside"):
        together(ana, advice, receipt)
    with pytest.raises(NotAllowed):
        join_waiting(actor=make_user("auditor", bank.company), company=bank.company, today=TODAY)


def test_a_portfolio_sees_no_other_ones_receipt_of_a_shared_advice(bank, acme):
    other = make_customer(bank.company, "Elsewhere Ltd")
    mine, theirs = money_in(bank, 300_00, acme), money_in(bank, 250_00, other)
    lone = make_user("specialist", bank.company, scope="portfolio")
    Customer.objects.filter(pk=acme.pk).update(collector=lone)
    (advice,) = take(bank.company, told(600_00, payer="Centre"))
    for receipt in (mine, theirs):
        together(SYSTEM, advice, receipt)
    mine.refresh_from_db()
    policy = policy_of(bank.company_id)
    assert [r.pk for j in advices_of(SYSTEM, mine, policy).joined for r in j.others] == [theirs.pk]
    seen = advices_of(lone, mine, policy)
    assert [d.words for d in advices_of(SYSTEM, mine, policy).differences] == ["50.00 less came than is advised"]
    assert [j.remittance for j in seen.joined] == [advice] and all(not j.others for j in seen.joined)
