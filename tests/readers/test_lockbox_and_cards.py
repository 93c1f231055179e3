"""Lockbox files by a bank's own layout, lists of card sales, OFX of several accounts: what becomes a receipt, a charge, a refusal."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arops.demo.lockboxes import BANK, Cheque, lockbox_file
from cashapp.readers import detect, lockbox
from cashapp.readers.lockbox import LockboxProfile, Place
from cashapp.readers.model import CARD, FEE, BankFile, ReadError, foot
from tests.readers.samples import MORE

DAY = date(2026, 11, 3)
CHEQUES = (
    Cheque("2101", 150_00, "KESTREL FOODS", "4417", (("INV-1", 100_00), ("INV-2", 50_00))),
    Cheque("2102", 75_50, "NORDIA WORKS", "9981", (("INV-3", 60_00), ("INV-4", 10_00), ("INV-5", 5_50))),
    Cheque("2103", 20_00, "A STRANGER", ""),
)
FILE = lockbox_file("5501", CHEQUES, DAY)
SALES = (
    "Date,Description,Name,Currency,Gross,Fee,Net,Batch,Invoice\n"
    "2026-11-03,Sale,KESTREL FOODS,USD,100.00,2.90,97.10,B7,INV-1\n"
    "2026-11-03,Sale,NORDIA WORKS,USD,50.00,-1.45,48.55,B7,INV-2\n"
    "2026-11-03,Refund,NORDIA WORKS,USD,-20.00,0.00,-20.00,B7,\n"
    "2026-11-03,Payout to bank,,USD,-125.65,0.00,-125.65,B7,\n"
)


def read(data: bytes, profile: LockboxProfile = BANK) -> BankFile:
    return detect.read(data, profiles={"5501": profile})


def test_each_cheque_is_an_entry_with_what_its_stub_says() -> None:
    (statement,) = read(FILE).statements
    assert (statement.account, statement.currency, statement.kind) == ("LOCKBOX 5501", "USD", "notification")
    assert [(e.amount, e.customer_reference, e.payer_name) for e in statement.entries] == [
        (150_00, "2101", "KESTREL FOODS"), (75_50, "2102", "NORDIA WORKS"), (20_00, "2103", "A STRANGER"),
    ]  # fmt: skip
    stubs = [[(r.number, r.amount) for r in e.structured] for e in statement.entries]
    assert stubs == [[("INV-1", 100_00), ("INV-2", 50_00)], [("INV-3", 60_00), ("INV-4", 10_00), ("INV-5", 5_50)], []]
    assert {e.channel for e in statement.entries} == {"lockbox"} and {e.booking_date for e in statement.entries} == {DAY}


@pytest.mark.parametrize("name", MORE)
@settings(max_examples=40, deadline=2000)
@given(at=st.integers(0, 700), length=st.integers(0, 40), piece=st.binary(max_size=8))
def test_a_file_with_a_piece_replaced_is_read_or_refused(name: str, at: int, length: int, piece: bytes) -> None:
    try:
        file = detect.read(MORE[name][:at] + piece + MORE[name][at + length :])
    except ReadError as refusal:
        assert refusal.reason and (refusal.line is None or refusal.line >= 1)
    else:
        assert file.format


def test_another_layout_reads_other_columns_and_a_wrong_one_is_told() -> None:
    one_a_record = replace(BANK, repeat=0)
    stubs = [[r.number for r in e.structured] for e in read(FILE, one_a_record).statements[0].entries]
    assert stubs[0] == ["INV-1"], "the rest of the record is not taken for another document"
    with pytest.raises(ReadError, match="digits with implied decimals"):
        read(FILE, replace(BANK, amount=Place(53, 10)))


LINES = FILE.decode().split("\n")
BROKEN = {
    "cut off": ("\n".join(LINES[:-2]), "without its 9 trailer"),
    "a cheque of another amount": (FILE.decode().replace("6001001000001500", "6001001000001400"), "the batch's total is 24550"),
    "a record too few": ("\n".join([*LINES[:4], *LINES[5:]]), "records announced"),
    "an overflow of another item": (FILE.decode().replace("4001002602", "4001003602"), "below the cheque of item"),
    "no total of the lockbox": ("\n".join([line for line in LINES if line[:1] != "8"]), "before the total"),
    "a day that is none": (FILE.decode().replace("0005501261103", "0005501263103", 1), "is not a day"),
    "more after the end": (FILE.decode() + LINES[0], "follow the 9"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_lockbox_file_that_is_not_whole_is_refused_with_its_line(what: str) -> None:
    body, words = BROKEN[what]
    with pytest.raises(ReadError, match=words) as refusal:
        read(body.encode())
    assert refusal.value.line


def test_a_sample_reads_by_the_layout_that_is_tried() -> None:
    assert sum(e.amount for e in lockbox.try_out(FILE, profile=BANK).statements[0].entries) == 245_50
    with pytest.raises(ReadError, match="no BAI lockbox file"):
        lockbox.try_out(b"01,1,2,261103,0800,1,,,2/\n", profile=BANK)


def test_a_sale_by_card_is_a_receipt_in_full_and_its_fee_a_charge() -> None:
    file = detect.read(SALES.encode())
    (statement,) = file.statements
    assert statement.kind == "notification", "without a running balance it only tells what makes up a payout"
    moved = [(e.amount, e.channel, e.type_code) for e in statement.entries]
    assert moved == [
        (100_00, "card", ""), (-2_90, "card", FEE), (50_00, "card", ""), (-1_45, "card", FEE), (-20_00, "return", CARD),
        (-125_65, "card", ""),
    ]  # fmt: skip
    assert sum(amount for amount, *_ in moved) == 0
    assert [r.number for r in statement.entries[0].structured] == ["INV-1"]
    assert any("bank charges" in warning for warning in file.warnings)


def test_a_batch_of_cards_may_be_one_receipt_with_its_sales_as_parts() -> None:
    mapping = replace(detect.propose(SALES.encode()).mapping, lump=True)
    entries = detect.read(SALES.encode(), mapping=mapping).statements[0].entries
    assert [(e.amount, e.type_code) for e in entries] == [(150_00, ""), (-4_35, FEE), (-20_00, CARD), (-125_65, "")]
    assert [(r.number, r.amount) for r in entries[0].structured] == [("INV-1", 100_00), ("INV-2", 50_00)]
    assert "KESTREL FOODS 100.00" in entries[0].text


def test_a_fee_that_does_not_make_the_net_is_refused_with_its_line() -> None:
    with pytest.raises(ReadError, match="don't make the net") as refusal:
        detect.read(SALES.replace("48.55", "48.54").encode())
    assert refusal.value.line == 3


def test_a_wallet_with_a_running_balance_foots_with_its_fees() -> None:
    rows = (
        "Date,Name,Currency,Gross,Fee,Net,Balance\n2026-11-03,A,USD,100.00,-2.90,97.10,97.10\n2026-11-03,B,USD,50.00,-1.45,48.55,145.65\n"
    )
    (statement,) = detect.read(rows.encode()).statements
    assert (statement.kind, statement.closing_balance, foot(statement)) == ("booked", 145_65, 0)


def test_every_statement_of_an_ofx_file_is_read_with_its_own_account() -> None:
    one = "<STMTRS><CURDEF>USD<BANKACCTFROM><ACCTID>{0}</BANKACCTFROM><BANKTRANLIST><STMTTRN><TRNTYPE>CREDIT<DTPOSTED>20261103<TRNAMT>{1}"
    body = "".join(f"{one}<FITID>{n}<NAME>KESTREL<MEMO>INV-1</STMTTRN></BANKTRANLIST></STMTRS>" for n in (1, 2))
    data = (
        "OFXHEADER:100\nDATA:OFXSGML\nVERSION:102\nENCODING:UTF-8\n\n<OFX>" + body.replace("{0}", "77").replace("{1}", "10.00") + "</OFX>"
    )
    file = detect.read(data.replace("ACCTID>77", "ACCTID>88", 1).encode())
    assert [(s.account, [e.amount for e in s.entries]) for s in file.statements] == [("88", [10_00]), ("77", [10_00])]
    assert file.statements[0].entries[0].text == "INV-1" and file.statements[0].entries[0].bank_reference == "1"
    for bad, words in (("20261103", "without a day"), ("10.00", "without a day or an amount")):
        with pytest.raises(ReadError, match=words) as refusal:
            detect.read(data.replace(bad, "", 1).encode())
        assert refusal.value.line
    with pytest.raises(ReadError, match="two ways"):
        detect.read(data.replace("10.00", "2,000").encode())
