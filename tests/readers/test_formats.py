"""What each reader makes of a small file of its format."""

from dataclasses import replace
from datetime import date

import pytest

from cashapp.readers import detect
from cashapp.readers.model import BankFile, ReadError, RemittanceRef, foot
from tests.readers.samples import ALL, BAI2, CAMT, MT940


def read(text: str) -> BankFile:
    return detect.read(text.encode())


def refusal(text: str) -> ReadError:
    with pytest.raises(ReadError) as caught:
        read(text)
    return caught.value


@pytest.mark.parametrize("name", ALL)
def test_every_format_is_told_by_its_content_and_foots(name: str) -> None:
    file = detect.read(ALL[name], name="misleading.exe")
    assert file.format == name
    assert [foot(statement) for statement in file.statements] == [0]


def test_a_statement_without_a_balance_cannot_be_footed_and_a_wrong_one_shows_the_difference() -> None:
    statement = read(MT940).statements[0]
    assert foot(replace(statement, closing_balance=None)) is None
    assert foot(replace(statement, closing_balance=119999)) == 1


# BAI2


def test_bai2_entries_carry_sign_channel_and_text() -> None:
    ach, wire, lockbox, returned = read(BAI2).statements[0].entries
    assert [e.amount for e in (ach, wire, lockbox, returned)] == [150000, 50050, 11000, -50000]
    assert [e.channel for e in (ach, wire, lockbox, returned)] == ["ach", "wire", "lockbox", "return"]
    assert ach.text == "ACME CORP CCD INV 4711"
    assert (wire.bank_reference, wire.customer_reference, wire.end_to_end_id, wire.payer_name) == ("W0001", "CUST9", "E2E-77", "BETA LLC")
    assert wire.text.split("\n") == ["Incoming Wire,From: BETA LLC, Ref 8/26", "EREF: E2E-77", "DBNM: BETA LLC", "REMI: INVOICE 4712, 4713"]
    assert (lockbox.bank_reference, lockbox.text) == ("LB1", "LOCKBOX NO 68751")
    assert (returned.value_date, returned.is_reversal, returned.line) == (date(2026, 4, 3), True, 10)


def test_bai2_several_records_on_a_line_and_text_over_lines() -> None:
    squeezed = BAI2.replace("NO 68751/\n", "NO\n68751/    ").replace("02,123456789", "  02,123456789")
    assert [e.amount for e in read(squeezed).statements[0].entries] == [150000, 50050, 11000, -50000]
    assert read(squeezed).statements[0].entries[2].text == "LOCKBOX NO\n68751"


def test_bai2_yen_has_no_implied_decimals_but_the_digits_stay_minor_units() -> None:
    assert read(BAI2.replace("USD", "JPY")).statements[0].entries[0].currency == "JPY"
    assert refusal(BAI2.replace("0123456789,USD", "0123456789,QQQ")).line == 3


def test_bai2_wrong_counts_are_warned_of() -> None:
    assert read(BAI2).warnings == ()
    warnings = read(BAI2.replace("49,2683150,9", "49,2683151,12")).warnings
    assert [warning.split(":")[0] for warning in warnings] == ["line 11", "line 11"]


@pytest.mark.parametrize(
    ("old", "new", "line", "word"),
    [
        ("99,2683150,1,13/\n", "", 12, "cut off"),
        ("49,2683150,9/\n", "", 11, "49"),
        ("16,142,150000", "16,142,15x000", 4, "amount"),
        ("16,142,150000", "16,742,150000", 4, "type code"),
        ("260401,2359", "260231,2359", 2, "date"),
        ("122099999,1,260401", "122099999,2,260401", 2, "deletion"),
        ("122099999,1,260401", "122099999,4,260401", 2, "test"),
        ("16,142,150000,Z", "16,142,150000,Q", 4, "funds"),
        ("03,0123456789,USD", "03,,USD", 3, "account number"),
        ("99,2683150,1,13/\n", "99,2683150,1,13/\n16,142,1,Z,,,X/\n", 14, "follow"),
    ],
)
def test_bai2_broken_files_are_refused_with_line_and_reason(old: str, new: str, line: int, word: str) -> None:
    error = refusal(BAI2.replace(old, new))
    assert error.line == line
    assert word in error.reason


# MT940 and MT942


def test_mt940_german_details_reversal_and_interest_month() -> None:
    statement = read(MT940).statements[0]
    first, returned, fee = statement.entries
    assert (statement.account, statement.account_servicer, statement.sequence) == ("0000007055", "51230800", "00027/00001")
    assert (first.amount, first.bank_reference, first.end_to_end_id) == (25050, "BANK-1", "E2E-1")
    assert (first.payer_name, first.payer_account, first.payer_bank) == ("ACME GMBH", "DE14508800500194785000", "DRESDEFF508")
    assert first.text == "GUTSCHRIFT\nRECHNUNG 4711 VOM 01.03.26"
    assert (returned.amount, returned.is_reversal, returned.channel) == (-5000, True, "return")
    assert (fee.amount, fee.value_date, fee.booking_date) == (-50, date(2026, 2, 28), date(2026, 4, 1))


def test_mt940_a_booking_day_across_new_year() -> None:
    entry = read(MT940.replace("2603310331CR", "2512310102CR")).statements[0].entries[0]
    assert (entry.value_date, entry.booking_date) == (date(2025, 12, 31), date(2026, 1, 2))


def test_mt940_dutch_details() -> None:
    body = ":86:/EREF/E9//CNTP/NL32INGB0000012345/INGBNL2A/J.Janssen///REMI/USTD//Factuurnr 4711 Klantnr 1/"
    entry = read(MT940.replace(":86:GEBUEHR", body)).statements[0].entries[2]
    assert (entry.end_to_end_id, entry.payer_account, entry.payer_bank) == ("E9", "NL32INGB0000012345", "INGBNL2A")
    assert (entry.payer_name, entry.text) == ("J.Janssen", "Factuurnr 4711 Klantnr 1")
    long_reference = read(MT940.replace("NMSCNONREF", "NOVBNL49RABO0166416932\nBAKKER BV")).statements[0].entries[2]
    assert (long_reference.payer_account, long_reference.payer_name) == ("NL49RABO0166416932", "BAKKER BV")
    checked = body.replace("USTD//Factuurnr 4711 Klantnr 1", "STRD/CUR/9001123412341234")
    structured = read(MT940.replace(":86:GEBUEHR", checked)).statements[0].entries[2].structured
    assert structured == (RemittanceRef("9001123412341234", kind="creditor_reference"),)


def test_mt940_text_that_looks_like_a_tag_or_an_end_stays_text() -> None:
    entry = read(MT940.replace(":86:GEBUEHR", ":86:AM 01.04. UM\n:12:11 UHR\n-\nGEBUEHR")).statements[0].entries[2]
    assert entry.text == "AM 01.04. UM\n:12:11 UHR\n-\nGEBUEHR"


def test_mt942_is_interim_and_checks_its_sums() -> None:
    interim = (
        ":20:X\n:25:DE1\n:28C:1\n:34F:EUR0,\n:13D:2604011200+0100\n:61:260401C5,00NTRFNONREF\n:61:260401EC7,00NTRFNONREF\n:90C:2EUR12,\n"
    )
    file = read(interim)
    assert (file.format, file.statements[0].kind, file.warnings) == ("mt942", "interim", ())
    assert [(e.amount, e.status) for e in file.statements[0].entries] == [(500, "booked"), (700, "pending")]
    assert len(read(interim.replace("2EUR12", "3EUR12")).warnings) == 1


@pytest.mark.parametrize(
    ("old", "new", "line", "word"),
    [
        (":25:51230800/0000007055\n", "", 1, "account"),
        (":20:STARTUMS\n", "", 1, ":20:"),
        ("CR250,50", "CR250.50.1", 5, ":61:"),
        ("CR250,50", "CR,", 5, ":61:"),
        ("CR250,50", "CR250,505", 5, "decimals"),
        ("2603310331CR", "2602310331CR", 5, "date"),
        ("2603310331CR", "2613310331CR", 5, "date"),
        (":62F:C260331EUR", ":62F:C260331USD", 12, "USD"),
        (":60F:C260330EUR1000,00", ":60F:C260330EUR", 4, "amount"),
        (":60F:C260330EUR1000,00", ":60F:X260330EUR1,00", 4, "balance"),
        (":28C:00027/00001", ":25:SECOND", 3, "second account"),
    ],
)
def test_mt940_broken_files_are_refused_with_line_and_reason(old: str, new: str, line: int, word: str) -> None:
    error = refusal(MT940.replace(old, new))
    assert error.line == line
    assert word in error.reason


# camt


def test_camt_a_batch_that_adds_up_becomes_a_row_for_each_payment() -> None:
    statement = read(CAMT).statements[0]
    acme, beta, returned, pending = statement.entries
    assert (statement.account, statement.account_servicer, statement.opening_balance) == ("DE89370400440532013000", "COBADEFFXXX", -10000)
    assert [(e.amount, e.ordinal) for e in statement.entries] == [(15000, 1), (25000, 1), (-4000, 2), (9900, 3)]
    assert (acme.payer_name, acme.payer_account, acme.payer_bank) == ("ACME GmbH", "DE02120300000000202051", "BYLADEM1001")
    assert acme.structured == (
        RemittanceRef("4711", 19600, 400, "invoice", document_type="CINV"),
        RemittanceRef("CM-9", -4600, None, "credit_note", document_type="CREN"),
    )
    assert (acme.end_to_end_id, beta.end_to_end_id, beta.text) == ("E1", "", "Rechnung 4712")
    assert beta.structured == (RemittanceRef("RF18539007547034", kind="creditor_reference"),)
    assert (acme.bank_reference, acme.type_code, acme.channel) == ("BATCH-1", "PMNT/RCDT/ESCT", "transfer")
    assert (returned.is_reversal, returned.payer_name, returned.text) == (True, "GAMMA SA", "return reason AC04")
    assert pending.status == "pending"


def test_camt_a_batch_that_does_not_add_up_stays_one_row_without_a_payer() -> None:
    file = read(CAMT.replace('<Amt Ccy="EUR">250.00', '<Amt Ccy="EUR">250.01'))
    entry = file.statements[0].entries[0]
    assert (entry.amount, entry.payer_name, len(entry.structured)) == (40000, "", 3)
    assert len(file.warnings) == 1


@pytest.mark.parametrize(("version", "container"), [("01", "BkToCstmrStmtV01"), ("14", "BkToCstmrStmt")])
def test_camt_versions_and_missing_namespaces_read_alike(version: str, container: str) -> None:
    other = CAMT.replace("camt.053.001.08", f"camt.053.001.{version}").replace("BkToCstmrStmt>", f"{container}>")
    bare = CAMT.replace(' xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"', "")
    assert read(other).statements == read(bare).statements == read(CAMT).statements


@pytest.mark.parametrize(
    ("old", "new", "word"),
    [
        ("400.00<", "400.005<", "decimals"),
        ("400.00<", "4e2<", "amount"),
        ("400.00<", "<", "no amount"),
        ("400.00<", "١٢٣<", "amount"),
        ("<CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>", "<CdtDbtInd>X</CdtDbtInd><Sts><Cd>", "credit nor debit"),
        ("<IBAN>DE89370400440532013000</IBAN>", "", "account"),
        ("<BookgDt><Dt>2026-03-31</Dt>", "<BookgDt><Dt>2026-02-31</Dt>", "date"),
        ('<Ntry><Amt Ccy="EUR">400', '<Ntry><Amt Ccy="EURO">400', "ISO 4217"),
        ("</Stmt>", "", "well-formed"),
        ("<Cd>BOOK</Cd>", "<Cd>SOON</Cd>", "status"),
        ("BkToCstmrStmt>", "CstmrCdtTrfInitn>", "no camt"),
    ],
)
def test_camt_broken_files_are_refused_with_line_and_reason(old: str, new: str, word: str) -> None:
    assert old in CAMT
    error = refusal(CAMT.replace(old, new))
    assert error.line and word in error.reason
