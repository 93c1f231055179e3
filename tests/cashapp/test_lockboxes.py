"""Lockboxes and card sales on a bank account: money counts once, whichever file tells of it first, and what cards cost is a charge."""

from dataclasses import replace
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from arops.demo.lockboxes import BANK, Cheque, lockbox_file
from cashapp.models import BankAccount, Receipt, StatementLine
from cashapp.readers.lockbox import STANDARD
from cashapp.services import import_bank_file
from cashapp.services.accounts import BankAccountTaken, profile_of, save_lockboxes
from cashapp.services.errors import AlreadyImported, UnknownBankAccount
from cashapp.services.importing import CardsNotSetUp
from ledger.models import Line
from ledger.verify import verify_books
from tests.cashapp.pages import business_date, desk, enter, url
from tests.cashapp.worlds import IBAN, TODAY, Row, camt, make_bank
from tests.factories import SYSTEM, make_user

__all__ = ["business_date", "desk"]
pytestmark = pytest.mark.django_db
FILE = lockbox_file("5501", [Cheque("77", 100_00, "NORDIA", "12", (("INV-1", 100_00),)), Cheque("78", 50_00, "ALBA", "13")], TODAY)
LOCKBOX = b"<BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>LBOX</Cd><SubFmlyCd>LBDB</SubFmlyCd></Fmly></Domn></BkTxCd>"
SALES = (
    f"Date,Name,Currency,Gross,Fee,Net,Batch,Invoice\n{TODAY},NORDIA,EUR,100.00,2.90,97.10,B7,INV-1\n"
    f"{TODAY},ALBA,EUR,50.00,1.45,48.55,B7,\n{TODAY},ALBA,EUR,-5.00,0.00,-5.00,B7,\n"
)


@pytest.fixture
def bank() -> BankAccount:
    return make_bank()


def bring(content: bytes, bank: BankAccount, name: str = "a") -> list[str]:
    """What becomes of the file's lines."""
    result = import_bank_file(actor=SYSTEM, content=content, name=name, today=TODAY, company=bank.company, bank_account=bank)
    lines = StatementLine.objects.filter(statement__bank_file=result.bank_file).order_by("pk")
    return list(lines.values_list("treatment", flat=True))


def cash(bank: BankAccount) -> int:
    return sum(Line.objects.filter(account=bank.ledger_account_id).values_list("amount", flat=True))


def deposit(amount: int) -> bytes:
    return camt([Row(amount, "DEPOSIT", "")], opening=0).replace(b"</AcctSvcrRef>", b"</AcctSvcrRef>" + LOCKBOX)


def test_a_lockbox_file_brings_the_cheques_and_the_deposit_is_for_information(bank: BankAccount) -> None:
    with pytest.raises(UnknownBankAccount, match="enter its number at Lockboxes"):
        import_bank_file(actor=SYSTEM, content=FILE, name="a", today=TODAY, company=bank.company)
    save_lockboxes(actor=SYSTEM, account=bank, numbers=["0005501"], profile=replace(BANK, currency="EUR"))
    assert bring(FILE, bank) == ["receipt", "receipt"] and cash(bank) == 150_00
    assert [(r.amount, r.channel, [d["number"] for d in r.structured]) for r in Receipt.objects.order_by("pk")] == [
        (100_00, "lockbox", ["INV-1"]), (50_00, "lockbox", []),
    ]  # fmt: skip
    assert bring(deposit(150_00), bank, "b") == ["announced"] and cash(bank) == 150_00
    with pytest.raises(AlreadyImported):
        bring(FILE, bank, "again")
    assert verify_books(TODAY) == []


def test_without_a_lockbox_the_deposit_itself_is_the_receipt(bank: BankAccount) -> None:
    assert bring(deposit(150_00), bank) == ["receipt"] and cash(bank) == 150_00


def test_a_lockbox_belongs_to_one_account(bank: BankAccount) -> None:
    save_lockboxes(actor=SYSTEM, account=bank, numbers=["5501"], profile=STANDARD)
    other = make_bank(bank.company, identifier="DE02", name="Second")
    with pytest.raises(BankAccountTaken, match="another account"):
        save_lockboxes(actor=SYSTEM, account=other, numbers=["05501"], profile=STANDARD)


def test_sales_by_card_are_receipts_and_what_they_cost_is_a_bank_charge(bank: BankAccount) -> None:
    with pytest.raises(CardsNotSetUp, match="name the card processor"):
        bring(SALES.encode(), bank)
    bank.card_payers = ["CARDSTREAM"]
    bank.save()
    assert bring(SALES.encode(), bank, "b") == ["receipt", "charge", "receipt", "charge", "return"]
    charges = Line.objects.filter(account__kind="bank_charges", account__company=bank.company).values_list("amount", flat=True)
    assert sorted(charges) == [1_45, 2_90] and cash(bank) == 150_00 - 4_35
    assert bring(camt([Row(140_65, "PAYOUT B7", "Cardstream Ltd")], opening=0), bank, "c") == ["announced"]
    assert bring(camt([Row(9_00, "INV-9", "Nordia AB")], opening=140_65, number=2), bank, "d") == ["receipt"]
    assert verify_books(TODAY) == []


def test_the_page_tries_a_layout_and_saves_it(desk: Any) -> None:
    bank = BankAccount.objects.get(identifiers__contains=[IBAN])
    client, address = enter(desk.senior), url("lockboxes", bank.pk)
    shown = client.get(address).context["form"]
    typed = {f.name: shown[f.name].value() or "" for f in shown if f.name != "sample"}
    typed = {name: shown.fields[name].prepare_value(value) for name, value in typed.items()} | {
        "numbers": "5501",
        "paid": "21-30",
        "repeat": 30,
    }
    sample = {"sample": SimpleUploadedFile("l.txt", FILE), "try": "1"}
    tried = client.post(address, typed | sample)
    assert tried.status_code == 200 and b"l.txt reads:" in tried.content and b"INV-1" in tried.content
    bank.refresh_from_db()
    assert bank.lockboxes == [], "a try saves nothing"
    wrong = client.post(address, typed | {"sample": SimpleUploadedFile("l.txt", FILE.replace(b"0000015000", b"0000015001"))})
    assert wrong.status_code == 422 and "its cheques make 15000" in wrong.content.decode()
    for bad in ({"amount": ""}, {"amount": "17-8"}, {"paid": "21-60"}, {"numbers": "5501 / 7"}, {"repeat": "-1"}):
        assert client.post(address, typed | bad).status_code == 422, bad
    assert client.post(address, typed).status_code == 302
    bank.refresh_from_db()
    assert bank.lockboxes == ["5501"] and profile_of(bank).paid.length == 10
    assert enter(make_user("auditor", bank.company)).get(address).status_code in (403, 404)
