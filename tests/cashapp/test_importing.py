"""Bank files in: booked whole or refused whole, known when they come again."""

import pytest

from cashapp.models import BankFile, BankStatement, Match, Receipt, StatementLine
from cashapp.services import import_bank_file, match_receipts
from cashapp.services.errors import AlreadyImported, DoesNotFoot, StatementGap, UnknownBankAccount
from ledger.selectors import trial_balance
from org.actors import NotAllowed
from tests.cashapp.worlds import TODAY, Row, camt, make_bank
from tests.factories import DAY, SYSTEM, issue, make_customer, make_user

pytestmark = pytest.mark.django_db


def take(content: bytes, name: str = "a.xml", **more):
    return import_bank_file(actor=more.pop("actor", SYSTEM), content=content, name=name, today=TODAY, **more)


def test_credits_become_receipts_and_cash_ties_to_the_bank():
    bank = make_bank()
    result = take(camt([Row(100_00, "INV-1", "ACME GmbH"), Row(-5_00, "fee"), Row(50_00, "?", "Nobody")], opening=1000_00))
    assert [r.amount for r in result.receipts] == [100_00, 50_00]
    assert {line.treatment for line in StatementLine.objects.all()} == {"receipt", "not_receivable"}
    assert trial_balance(bank.company_id, DAY) == {"1000": 150_00, "2100": -150_00}
    assert [r.number for r in Receipt.objects.order_by("pk")] == ["RC-000001", "RC-000002"]


def test_the_whole_way_from_file_to_paid_invoice():
    bank = make_bank()
    customer = make_customer(bank.company, "ACME GmbH")
    invoice = issue(customer, 100_00, number="INV-10001", day=DAY.replace(day=1))
    take(camt([Row(100_00, "INV-10001", "ACME GMBH")]))
    run = match_receipts(company=bank.company, actor=SYSTEM, today=TODAY)
    invoice.refresh_from_db()
    assert invoice.balance == 0 and len(run.posted) == 1
    receipt = Receipt.objects.get()
    assert receipt.customer == customer and receipt.state == "applied"
    match = Match.objects.get()
    assert match.identification is not None and match.reasons


@pytest.mark.parametrize("again", [lambda c: c, lambda c: b"\xef\xbb\xbf" + c, lambda c: c + b"\r\n"])
def test_the_same_file_again_changes_nothing(again):
    make_bank()
    content = camt([Row(100_00)])
    take(content)
    with pytest.raises(AlreadyImported, match="already imported"):
        take(again(content), name="renamed.xml")
    assert Receipt.objects.count() == 1 and BankFile.objects.count() == 1


def test_the_same_statement_in_another_file_is_left_out():
    make_bank()
    take(camt([Row(100_00)]))
    with pytest.raises(AlreadyImported, match="was imported before"):
        take(camt([Row(100_00)]).replace(b"<MsgId>M1<", b"<MsgId>M9<"))
    assert Receipt.objects.count() == 1


def test_a_statement_that_does_not_foot_is_refused_whole():
    make_bank()
    with pytest.raises(DoesNotFoot, match=r"S-1.*difference of 1\.00"):
        take(camt([Row(100_00)], closing=99_00))
    assert not BankFile.objects.exists() and not Receipt.objects.exists()


def test_a_gap_is_held_until_someone_accepts_it_with_a_reason():
    bank = make_bank()
    take(camt([Row(100_00)]))
    late = camt([Row(10_00)], opening=120_00, number=3, day=DAY.replace(day=17))
    with pytest.raises(StatementGap, match=r"20\.00 EUR lies between"):
        take(late)
    with pytest.raises(NotAllowed):
        take(late, actor=make_user("specialist", bank.company), accept_gap="lost")
    result = take(late, actor=make_user("senior", bank.company), accept_gap="the bank lost 2")
    assert len(result.receipts) == 1 and BankStatement.objects.get(statement_id="S-3").gap_reason == "the bank lost 2"


def test_statements_that_chain_are_taken_in_turn():
    make_bank()
    take(camt([Row(100_00)]))
    take(camt([Row(100_00)], opening=100_00, number=2, day=DAY.replace(day=16)))
    assert Receipt.objects.count() == 2


def test_twins_in_statements_that_chain_are_two_payments():
    make_bank()
    take(camt([Row(100_00, "same", reference="NONREF")]))
    take(camt([Row(100_00, "same", reference="NONREF")], opening=100_00, number=2))
    assert Receipt.objects.count() == 2


def test_an_unknown_account_is_named():
    make_bank(identifier="4417")
    with pytest.raises(UnknownBankAccount, match="DE89370400440532013000") as refused:
        take(camt([Row(100_00)]))
    assert refused.value.identifiers == ("DE89370400440532013000",)
    assert refused.value.accounts == (("DE89370400440532013000", "EUR"),)


def test_a_number_that_is_set_up_in_another_currency_is_said_to_be():
    make_bank(currency="USD")
    with pytest.raises(UnknownBankAccount, match=r"DE89370400440532013000 is set up in USD, which is another account"):
        take(camt([Row(100_00)]))


def test_somebody_elses_account_is_unknown():
    make_bank()
    outsider = make_user("specialist", make_bank(identifier="4711", name="Other").company)
    with pytest.raises(UnknownBankAccount):
        take(camt([Row(100_00)]), actor=outsider)
    with pytest.raises(NotAllowed):
        take(camt([Row(100_00)]), actor=make_user("auditor", outsider.memberships.get().company))


def test_notifications_do_not_double_the_money():
    bank = make_bank()
    take(
        camt([Row(100_00)])
        .replace(b"camt.053.001.02", b"camt.054.001.02")
        .replace(b"BkToCstmrStmt", b"BkToCstmrDbtCdtNtfctn")
        .replace(b"Stmt>", b"Ntfctn>")
    )
    assert not Receipt.objects.exists() and StatementLine.objects.get().treatment == "announced"
    take(camt([Row(100_00)]))
    assert Receipt.objects.count() == 1 and trial_balance(bank.company_id, DAY)["1000"] == 100_00
