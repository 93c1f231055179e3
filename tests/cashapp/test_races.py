"""Many people at once on the same money: one wins, the books keep."""

from datetime import UTC, datetime
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connection

from cashapp.models import Match, Receipt
from cashapp.services import Share, apply_receipt, reverse_match
from cashapp.services.errors import AllocationError, NothingToUndo, OverLimit, StaleReceipt
from ledger.errors import LedgerError
from ledger.models import OpenItem
from ledger.verify import verify_books
from tests.cashapp.worlds import TODAY, make_bank, money_in
from tests.factories import DAY, issue, make_customer, make_user

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 9, 20, 9, tzinfo=UTC)
THREADS = 16


def at_once(*acts: Any) -> list[object]:
    """Run all at the same moment; answers with what each returned or raised."""
    gate, outcomes = Barrier(len(acts)), [None] * len(acts)

    def one(n: int) -> None:
        gate.wait()
        try:
            outcomes[n] = acts[n]()
        except (StaleReceipt, AllocationError, NothingToUndo, LedgerError) as error:
            outcomes[n] = error
        finally:
            connection.close()

    threads = [Thread(target=one, args=[n]) for n in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return outcomes


def test_sixteen_apply_one_receipt_and_it_is_applied_once():
    bank = make_bank()
    acme, ana = make_customer(bank.company, "ACME"), make_user("specialist", bank.company)
    items = [issue(acme, 100_00, day=DAY.replace(day=1)) for _ in range(THREADS)]
    receipt = money_in(bank, 100_00, acme)
    outcomes = at_once(
        *(
            lambda i=i: apply_receipt(actor=ana, receipt=receipt, version=0, shares=[Share(i.pk, 100_00)], today=TODAY, now=NOW)
            for i in items
        )
    )
    assert sum(isinstance(o, Match) for o in outcomes) == 1
    assert sum(isinstance(o, StaleReceipt) for o in outcomes) == THREADS - 1
    assert sum(i.balance for i in OpenItem.objects.filter(pk__in=[i.pk for i in items])) == (THREADS - 1) * 100_00
    assert not verify_books(TODAY)


def test_eight_receipts_race_for_one_invoice_and_one_gets_it():
    bank = make_bank()
    acme, ana = make_customer(bank.company, "ACME"), make_user("specialist", bank.company)
    invoice = issue(acme, 100_00, day=DAY.replace(day=1))
    receipts = [money_in(bank, 100_00, acme) for _ in range(8)]
    outcomes = at_once(
        *(
            lambda r=r: apply_receipt(actor=ana, receipt=r, version=0, shares=[Share(invoice.pk, 100_00)], today=TODAY, now=NOW)
            for r in receipts
        )
    )
    assert sum(isinstance(o, Match) for o in outcomes) == 1 and OpenItem.objects.get(pk=invoice.pk).balance == 0
    assert Receipt.objects.to_clear().count() == 7


def test_one_posting_is_taken_back_once():
    bank = make_bank()
    acme, senior = make_customer(bank.company, "ACME"), make_user("senior", bank.company)
    invoice, receipt = issue(acme, 100_00, day=DAY.replace(day=1)), money_in(bank, 100_00, acme)
    match = apply_receipt(actor=senior, receipt=receipt, version=0, shares=[Share(invoice.pk, 100_00)], today=TODAY, now=NOW)
    outcomes = at_once(*[lambda: reverse_match(actor=senior, match=match, reason="wrong", today=TODAY, now=match.at)] * 4)
    assert sum(isinstance(o, Receipt) for o in outcomes) == 1 and OpenItem.objects.get(pk=invoice.pk).balance == 100_00


def test_small_write_offs_at_once_on_one_invoice_stay_within_the_limit():
    bank = make_bank()
    acme, ana = make_customer(bank.company, "ACME"), make_user("specialist", bank.company)
    item = issue(acme, 1_000_00, day=DAY.replace(day=1))
    receipts = [money_in(bank, 10_00, acme) for _ in range(8)]
    outcomes = at_once(
        *(
            lambda r=r: apply_receipt(actor=ana, receipt=r, version=0, shares=[Share(item.pk, 10_00, write_off=4_00)], today=TODAY, now=NOW)
            for r in receipts
        )
    )
    assert sum(isinstance(o, Match) for o in outcomes) == 1 and sum(isinstance(o, OverLimit) for o in outcomes) == 7
    assert OpenItem.objects.get(pk=item.pk).balance == 986_00
    assert not verify_books(TODAY)
