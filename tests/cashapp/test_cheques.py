"""Cheques keyed in batches: nothing is booked until count and total agree; the deposit on the statement is no other money."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from cashapp.models import ChequeBatch, Receipt, RemittanceJoin
from cashapp.readers.advice.model import AdviceLine
from cashapp.services.cheques import (
    ChequeRefused,
    KeyedBefore,
    NewCheque,
    deposit_batch,
    drop_batch,
    drop_cheque,
    key_cheque,
    open_batch,
    recount_batch,
    tally_of,
)
from cashapp.services.matching import match_receipts
from ledger.models import OpenItem
from ledger.verify import verify_books
from org.actors import NotAllowed
from tests.cashapp.worlds import TODAY, Row, camt, make_bank, take
from tests.factories import SYSTEM, issue, make_customer, make_user

pytestmark = pytest.mark.django_db
NOW = datetime.fromisoformat("2026-09-20T08:00:00+00:00")


def batch_of(bank, count=2, total=1_500_00, **more) -> ChequeBatch:
    return open_batch(
        actor=more.pop("actor", SYSTEM), bank_account=bank, deposit_date=TODAY, expected_count=count, expected_total=total, today=TODAY
    )


def test_a_batch_is_booked_when_it_agrees_and_its_stubs_say_what_is_paid():
    bank = make_bank()
    acme = make_customer(bank.company, "Acme")
    paid, other = issue(acme, 900_00, number="INV-1"), issue(acme, 900_00, number="INV-2")
    batch = batch_of(bank)
    one = key_cheque(actor=SYSTEM, batch=batch, cheque=NewCheque(900_00, "1001", customer=acme, lines=(AdviceLine("INV-2", paid=900_00),)))
    wrong = key_cheque(actor=SYSTEM, batch=batch, cheque=NewCheque(60_00, "1002", payer_name="Stranger"))
    with pytest.raises(ChequeRefused, match=r"540\.00 EUR missing"):
        deposit_batch(actor=SYSTEM, batch=batch, now=NOW)
    assert not Receipt.objects.exists()
    mended = key_cheque(actor=SYSTEM, batch=batch, cheque=NewCheque(600_00, "1002", payer_name="Stranger"), replaces=wrong.pk)
    assert mended.pk == wrong.pk and tally_of(batch).agrees
    receipts = deposit_batch(actor=SYSTEM, batch=batch, now=NOW)
    assert [(r.amount, r.channel, r.customer) for r in receipts] == [(900_00, "cheque", acme), (600_00, "cheque", None)]
    one.refresh_from_db()
    assert RemittanceJoin.objects.get(remittance=one.remittance).receipt == receipts[0] and one.remittance.trace == "1001"
    match_receipts(company=bank.company, actor=SYSTEM, today=TODAY, now=NOW, receipts=receipts, post=True)
    balance = dict(OpenItem.objects.filter(pk__in=[paid.pk, other.pk]).values_list("number", "balance"))
    assert balance == {"INV-1": 900_00, "INV-2": 0}  # by the stub, though both have the amount
    assert not verify_books(TODAY)
    with pytest.raises(ChequeRefused, match="deposited"):
        drop_cheque(actor=SYSTEM, cheque=one)


def test_a_cheque_is_keyed_once_unless_it_is_meant():
    bank = make_bank()
    batch, cheque = batch_of(bank), NewCheque(750_00, "77", payer_name="Acme")
    key_cheque(actor=SYSTEM, batch=batch, cheque=cheque)
    with pytest.raises(KeyedBefore, match=batch.number):
        key_cheque(actor=SYSTEM, batch=batch, cheque=replace(cheque, payer_name="ACME"))
    second = key_cheque(actor=SYSTEM, batch=batch, cheque=cheque, again=True)
    assert len(deposit_batch(actor=SYSTEM, batch=batch, now=NOW)) == 2 and second.ordinal == 2


@pytest.mark.parametrize(
    "cheque",
    [NewCheque(0, "1", payer_name="A"), NewCheque(1, " ", payer_name="A"), NewCheque(1, "1", TODAY + timedelta(days=1), payer_name="A")],
)
def test_what_is_no_cheque(cheque):
    batch = batch_of(make_bank())
    with pytest.raises(ChequeRefused):
        key_cheque(actor=SYSTEM, batch=batch, cheque=cheque)


def test_counting_again_dropping_and_who_may():
    bank = make_bank()
    batch = batch_of(bank, 1, 5_00)
    with pytest.raises(ChequeRefused):
        recount_batch(actor=SYSTEM, batch=batch, expected_count=0, expected_total=5_00)
    recount_batch(actor=SYSTEM, batch=batch, expected_count=2, expected_total=7_00)
    with pytest.raises(ChequeRefused, match="why"):
        drop_batch(actor=SYSTEM, batch=batch, reason="")
    drop_batch(actor=SYSTEM, batch=batch, reason="keyed by a colleague")
    with pytest.raises(ChequeRefused, match="dropped"):
        key_cheque(actor=SYSTEM, batch=batch, cheque=NewCheque(1, "1", payer_name="A"))
    with pytest.raises(NotAllowed):
        batch_of(bank, actor=make_user("auditor", bank.company))
    ana = make_user("specialist", bank.company, scope="portfolio")
    assert not ChequeBatch.objects.visible_to(ana, "cash.import").exists()
    assert ChequeBatch.objects.visible_to(ana, "cash.import").filter(pk=batch_of(bank, actor=ana).pk).exists()


def test_the_deposit_on_the_statement_brings_no_second_receipt():
    bank = make_bank()
    batch = batch_of(bank, 1, 750_00)
    key_cheque(actor=SYSTEM, batch=batch, cheque=NewCheque(750_00, "77", payer_name="Acme"))
    deposit_batch(actor=SYSTEM, batch=batch, now=NOW)
    day = TODAY + timedelta(days=2)
    result = take(camt([Row(750_00, "DEPOSIT", day=day), Row(750_00, "another", "Acme", day=day)], day=day))
    batch.refresh_from_db()
    assert len(result.receipts) == 1 and batch.statement_line.text == "DEPOSIT" and batch.statement_line.treatment == "announced"
    assert any(batch.number in note for note in result.notes)
    assert not verify_books(day)
