"""A receipt that was said to be returned, and wasn't: it stands again, and pays what it had paid where that is still open."""

import pytest

from cashapp.models import Match, MatchPolicy, PayerAlias, StatementLine
from cashapp.selectors.bank_day import Account
from cashapp.services import leave_on_account, return_receipt, reverse_match, split_receipt
from cashapp.services.applying import take_off_account
from cashapp.services.errors import NothingToUndo
from cashapp.services.unreturning import undo_return
from disputes.models import Dispute
from ledger.models import OpenItem
from ledger.selectors import trial_balance
from ledger.verify import verify_books
from org.actors import NotAllowed
from tests.cashapp.desk import EARLY, NOW, acme, ana, balance, bank, fresh, senior, work
from tests.cashapp.pages import HTMX, enter, url
from tests.cashapp.test_another_currency import convert
from tests.cashapp.worlds import TODAY, Row, camt, money_in, take
from tests.factories import DAY, issue, make_customer, rate

__all__ = ["acme", "ana", "bank", "senior"]
pytestmark = pytest.mark.django_db


def bounce(senior, receipt, **more):
    return_receipt(actor=senior, receipt=fresh(receipt), reason="no funds", today=TODAY, now=NOW, **more)


def undo(actor, receipt, reason="the bank's mistake"):
    return undo_return(actor=actor, receipt=fresh(receipt), reason=reason, today=TODAY, now=NOW)


def test_it_pays_again_what_it_had_paid_with_all_that_went_along(bank, acme, ana, senior):
    MatchPolicy.objects.create(company=bank.company, returned_fees={"EUR": 5_00})
    one = issue(acme, 100_00, day=EARLY, discount_until=DAY, discount_amount=2_00)
    two = issue(acme, 50_00, day=EARLY)
    receipt = money_in(bank, 150_00, payer="who knows", account="DE77")
    work(ana, receipt, (one, 98_00, 2_00), (two, 40_00, 0, 0, 8_00, "damaged", 2_00), rest=True)
    before = trial_balance(bank.company_id, TODAY)
    bounce(senior, receipt)
    assert trial_balance(bank.company_id, TODAY) != before and not PayerAlias.objects.filter(is_active=True).exists()
    again = undo(senior, receipt)
    assert (again.applied, again.left) == (1, [])
    assert (balance(one), balance(two), fresh(receipt).unapplied, fresh(receipt).state) == (0, 8_00, 12_00, "on account")
    assert (
        trial_balance(bank.company_id, TODAY) == before | {"4900": 0}
        and not OpenItem.objects.filter(kind="late_fee", balance__gt=0).exists()
    )
    assert [(d.state, d.amount, d.reason) for d in Dispute.objects.order_by("pk")][-1] == ("open", 8_00, "damaged")
    assert PayerAlias.objects.filter(is_active=True, value="DE77").exists() and verify_books(TODAY) == []
    bounce(senior, receipt)  # and once more, both ways
    assert undo(senior, receipt).applied == 1 and balance(one) == 0 and verify_books(TODAY) == []


def test_what_was_paid_meanwhile_stays_paid_and_the_money_waits(bank, acme, ana, senior):
    one, two = issue(acme, 60_00, number="INV-1", day=EARLY), issue(acme, 50_00, day=EARLY)
    receipt = money_in(bank, 110_00, acme)
    work(ana, receipt, (one, 60_00), (two, 50_00))
    bounce(senior, receipt)
    work(ana, money_in(bank, 60_00, acme), (one, 60_00))
    again = undo(senior, receipt)
    assert (again.applied, again.left) == (1, ["INV-1"]) and balance(one) == balance(two) == 0
    assert fresh(receipt).unapplied == 60_00 and fresh(receipt).state == "partly applied" and verify_books(TODAY) == []


def test_parts_currencies_and_credits_used_elsewhere_come_along_and_can_be_taken_back(bank, acme, ana, senior):
    rate("EUR", "USD", "1.25")
    bolt = make_customer(bank.company, "Bolt Ltd")
    theirs, dollars, ours = issue(bolt, 40_00, day=EARLY), issue(acme, 25_00, day=EARLY, currency="USD"), issue(acme, 70_00, day=EARLY)
    receipt = money_in(bank, 100_00, acme)
    part = split_receipt(actor=ana, receipt=receipt, version=0, amount=40_00, customer=bolt, today=TODAY, now=NOW)
    work(ana, part, (theirs, 40_00))
    abroad = convert(ana, receipt, dollars, 20_00)
    leave_on_account(actor=ana, receipt=fresh(receipt), version=fresh(receipt).version, now=NOW)
    other = money_in(bank, 30_00, acme)
    work(ana, other, (ours, 70_00), (fresh(receipt).open_item, -40_00))
    before = trial_balance(bank.company_id, TODAY)
    bounce(senior, receipt)
    assert undo(senior, receipt).applied == 3
    assert [balance(i) for i in (theirs, dollars, ours)] == [0, 0, 0] and trial_balance(bank.company_id, TODAY) == before
    assert [fresh(r).unapplied for r in (receipt, part, abroad, other)] == [0, 0, 0, 0]
    with pytest.raises(NothingToUndo, match="isn't returned"):
        undo(senior, receipt)
    conversion = Match.objects.get(receipt=receipt, rule="conversion", reversed_by=None)
    reverse_match(actor=senior, match=conversion, reason="no", today=TODAY, now=NOW)
    split = Match.objects.get(receipt=receipt, rule="split", reversed_by=None)
    reverse_match(actor=senior, match=Match.objects.get(receipt=part, reversed_by=None), reason="no", today=TODAY, now=NOW)
    reverse_match(actor=senior, match=split, reason="no", today=TODAY, now=NOW)
    assert fresh(receipt).unapplied == 60_00 and fresh(part).joined_back and balance(dollars) == 25_00 and verify_books(TODAY) == []


def test_the_statements_line_waits_for_its_right_receipt_and_the_banks_day_ties(bank, acme, ana, senior):
    take(camt([Row(100_00, "INV", "ACME GmbH", reference="REF-1"), Row(100_00, "INV", "ACME GmbH", reference="REF-2")]))
    wrong, right = [fresh(r) for r in bank.receipts.order_by("pk")]
    take(camt([Row(-100_00, "RETURN", "ACME GmbH", reversal=True)], opening=200_00, number=2, day=DAY.replace(day=16)))
    line = StatementLine.objects.get(treatment="return")
    bounce(senior, wrong, line=line)
    undo(senior, wrong)
    line.refresh_from_db()
    assert (line.handled, line.returns) == (False, None)
    assert [(i.kind, i.amount) for i in Account(bank).day(TODAY).items] == [("bank_only", -100_00)]
    bounce(senior, right, line=line)
    assert not Account(bank).day(TODAY).items and verify_books(TODAY) == []


def test_who_may_and_how_the_page_offers_it(bank, acme, ana, senior):
    receipt = money_in(bank, 100_00, acme)
    leave_on_account(actor=ana, receipt=receipt, version=0, now=NOW)
    take_off_account(actor=ana, receipt=receipt, now=NOW)
    bounce(senior, receipt)
    with pytest.raises(NotAllowed):
        undo(ana, receipt)
    with pytest.raises(NothingToUndo, match="say how you know"):
        undo(senior, receipt, " ")
    page = url("receipt", receipt.pk)
    assert b"It was no return" in enter(senior).get(page).content and b"It was no return" not in enter(ana).get(page).content
    client = enter(senior)
    assert client.post(url("return-undo", receipt.pk), {"reason": "their letter"}, **HTMX)["HX-Redirect"] == page
    told = client.get(page).content
    assert b"stands again" in told and b"their letter" in told and fresh(receipt).state == "unapplied"
