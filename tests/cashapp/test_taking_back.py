"""What was done on receipts, taken back: postings undone and reversed, receipts returned by the bank."""

from datetime import date, timedelta

import pytest

from cashapp.models import Match, PayerAlias, Receipt
from cashapp.services import (
    leave_on_account,
    return_receipt,
    reverse_match,
    split_receipt,
)
from cashapp.services.errors import NothingToUndo
from cashapp.services.holding import ReceiptReturned
from cashapp.services.returning import ReturnRefused, dismiss_return
from disputes.models import Dispute
from ledger.errors import PeriodNotOpen
from ledger.models import Entry
from ledger.selectors import trial_balance
from ledger.services import close_period
from org.actors import NotAllowed
from tests.cashapp.desk import EARLY, NOW, acme, ana, balance, bank, fresh, senior, work
from tests.cashapp.worlds import TODAY, Row, camt, money_in, take
from tests.factories import DAY, SYSTEM, issue, make_customer

__all__ = ["acme", "ana", "bank", "senior"]
pytestmark = pytest.mark.django_db


def test_undoing_ones_own_posting_restores_all_of_it(bank, acme, ana):
    item, receipt = issue(acme, 100_00, day=EARLY), money_in(bank, 90_00, payer="ACME Zentrale", account="DE1")
    match = work(ana, receipt, (item, 90_00, 0, 0, 10_00))
    reverse_match(actor=ana, match=match, reason="", today=TODAY, now=match.at)
    back = fresh(receipt)
    assert balance(item) == 100_00 and back.state == "unidentified" and back.unapplied == 90_00
    assert Dispute.objects.get().resolution == "withdrawn" and not PayerAlias.objects.filter(is_active=True).exists()
    with pytest.raises(NothingToUndo, match="already"):
        reverse_match(actor=ana, match=match, reason="", today=TODAY, now=match.at)
    work(ana, receipt, (item, 90_00), rest=False)
    assert balance(item) == 10_00


def test_others_postings_are_reversed_with_a_reason_by_those_who_may(bank, acme, ana, senior):
    item, receipt = issue(acme, 100_00, day=EARLY), money_in(bank, 100_00, acme)
    match = work(ana, receipt, (item, 100_00))
    with pytest.raises(NotAllowed):
        reverse_match(actor=ana, match=match, reason="wrong", today=TODAY, now=match.at + timedelta(hours=1))
    with pytest.raises(NothingToUndo, match="say why"):
        reverse_match(actor=senior, match=match, reason=" ", today=TODAY, now=match.at)
    reverse_match(actor=senior, match=match, reason="wrong invoice", today=TODAY, now=match.at)
    match.refresh_from_db()
    assert match.reversed_by.effective_date == TODAY and balance(item) == 100_00 and fresh(receipt).unapplied == 100_00


def test_nothing_is_taken_back_in_a_closed_period(bank, acme, ana, senior):
    item, receipt = issue(acme, 100_00, day=EARLY), money_in(bank, 100_00, acme)
    match = work(ana, receipt, (item, 100_00))
    period = bank.company.periods.get(name="2026-09")
    close_period(period=period, actor=SYSTEM, at=NOW)
    reverse_match(actor=senior, match=match, reason="wrong", today=TODAY, now=match.at)
    match.refresh_from_db()
    assert match.reversed_by.effective_date == date(2026, 10, 1)
    for open_period in bank.company.periods.exclude(state="closed"):
        close_period(period=open_period, actor=SYSTEM, at=NOW)
    with pytest.raises(PeriodNotOpen):
        work(ana, receipt, (item, 100_00))


def test_a_bounced_receipt_reopens_everything_it_paid(bank, acme, ana, senior):
    items = [issue(acme, n * 10_00, day=EARLY) for n in (1, 2, 3)]
    receipt = money_in(bank, 65_00, payer="unknown", account="DE1")
    work(ana, receipt, *((i, i.balance) for i in items), rest=True)
    return_receipt(actor=senior, receipt=receipt, reason="no funds", today=TODAY, now=NOW)
    back = fresh(receipt)
    assert [balance(i) for i in items] == [10_00, 20_00, 30_00]
    assert back.state == "returned" and back.returned_on == TODAY and not Receipt.objects.unapplied().exists()
    assert Match.objects.get().reversed_by is not None
    assert trial_balance(bank.company_id, TODAY) == {"1000": 0, "1200": 60_00, "2100": 0, "4000": -60_00}
    assert trial_balance(bank.company_id, DAY)["1200"] == -5_00
    with pytest.raises(ReceiptReturned):
        work(ana, receipt, (items[0], 10_00))
    with pytest.raises(ReceiptReturned):
        return_receipt(actor=senior, receipt=receipt, reason="again", today=TODAY, now=NOW)


def test_a_bounced_receipt_takes_its_parts_and_its_used_credit_along(bank, acme, ana, senior):
    bolt = make_customer(bank.company, "Bolt Ltd")
    receipt = money_in(bank, 100_00, acme)
    part = split_receipt(actor=ana, receipt=receipt, version=0, amount=40_00, customer=bolt, today=TODAY, now=NOW)
    theirs, ours = issue(bolt, 40_00, day=EARLY), issue(acme, 90_00, day=EARLY)
    work(ana, part, (theirs, 40_00))
    receipt.refresh_from_db()
    leave_on_account(actor=ana, receipt=receipt, version=receipt.version, now=NOW)
    other = money_in(bank, 30_00, acme)
    work(ana, other, (ours, 90_00), (fresh(receipt).open_item, -60_00))
    return_receipt(actor=senior, receipt=receipt, reason="no funds", today=TODAY, now=NOW)
    assert balance(theirs) == 40_00 and balance(ours) == 90_00 and fresh(part).state == "returned"
    assert fresh(other).unapplied == 30_00 and not Match.objects.filter(reversed_by=None).exists()
    with pytest.raises(ReturnRefused, match="a part"):
        Receipt.objects.filter(pk=part.pk).update(returned_on=None)
        return_receipt(actor=senior, receipt=fresh(part), reason="x", today=TODAY, now=NOW)


def test_a_statements_return_line_reverses_the_receipt_it_names(bank, acme, ana, senior):
    take(camt([Row(100_00, "INV", "ACME GmbH", reference="REF-12345")]))
    receipt = Receipt.objects.get()
    back = Row(-100_00, "RETURN REF-12345", "ACME GmbH", reversal=True, reference="REF-12345")
    take(camt([back], opening=100_00, number=2, day=DAY.replace(day=16)))
    line = receipt.return_lines.get()
    with pytest.raises(NotAllowed):
        return_receipt(actor=ana, receipt=receipt, line=line, reason="bank", today=TODAY, now=NOW)
    return_receipt(actor=senior, receipt=receipt, line=line, reason="bank", today=TODAY, now=NOW)
    line.refresh_from_db()
    assert line.handled and fresh(receipt).returned_on == DAY and trial_balance(bank.company_id, DAY)["1000"] == 0
    with pytest.raises(ReturnRefused):
        dismiss_return(actor=senior, line=line, reason="twice")


def test_a_return_of_another_amount_or_account_is_refused(bank, acme, senior):
    take(camt([Row(-7_00, "RETURN", "X", reversal=True)], opening=100_00))
    from cashapp.models import StatementLine

    line = StatementLine.objects.get()
    with pytest.raises(ReturnRefused, match="another amount"):
        return_receipt(actor=senior, receipt=money_in(bank, 100_00, acme), line=line, reason="bank", today=TODAY, now=NOW)
    dismiss_return(actor=senior, line=line, reason="a supplier's")
    assert Entry.objects.filter(kind="reversal").count() == 0
