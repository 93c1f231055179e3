"""CSV and Excel lists: mapping, questions instead of guesses, and what a workbook may hold."""

import io
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import openpyxl
import pytest

from cashapp.readers import detect
from cashapp.readers.mapping import Mapping, parse_amount, parse_day
from cashapp.readers.model import BankEntry, ReadError, foot
from tests.readers.samples import CSV

PLAIN = Mapping(date="Date", amount="Amount", text=("Text",), currency="USD", date_format="%Y-%m-%d")


def csv(*rows: str) -> bytes:
    return "\n".join(("Date,Text,Amount", *rows)).encode()


def entries(data: bytes, mapping: Mapping | None = PLAIN) -> tuple[BankEntry, ...]:
    return detect.read(data, mapping=mapping).statements[0].entries


def refusal(data: bytes, mapping: Mapping | None = PLAIN) -> ReadError:
    with pytest.raises(ReadError) as caught:
        detect.read(data, mapping=mapping)
    return caught.value


def workbook(*rows: tuple[Any, ...], formats: dict[str, str] | None = None) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    for cell, number_format in (formats or {}).items():
        book.active[cell].number_format = number_format
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_a_list_that_leaves_no_question_is_read_as_it_is() -> None:
    file = detect.read(CSV.encode())
    statement = file.statements[0]
    first, fee = statement.entries
    assert (first.amount, first.booking_date, first.payer_name, first.bank_reference) == (125050, date(2026, 4, 13), "ACME GmbH", "T-1")
    assert (fee.amount, fee.value_date, fee.line) == (-50, date(2026, 4, 13), 3)
    assert (statement.opening_balance, statement.closing_balance, foot(statement)) == (100000, 225000, 0)
    assert "utf-8" in file.warnings[0]


def test_newest_first_lists_foot_too() -> None:
    head, first, second = CSV.strip().split("\n")
    statement = detect.read("\n".join((head, second, first)).encode()).statements[0]
    assert (statement.opening_balance, statement.closing_balance, foot(statement)) == (100000, 225000, 0)


def test_a_running_balance_that_does_not_follow_is_not_used() -> None:
    file = detect.read(CSV.replace("2.250,00", "2.249,00").encode())
    assert file.statements[0].closing_balance is None
    assert any("running balance" in warning for warning in file.warnings)


def test_I6_an_ambiguous_day_is_asked_never_guessed() -> None:
    data = CSV.replace("13.04.2026", "03/04/2026").replace("14.04.2026", "04/04/2026").encode()
    error = refusal(data, None)
    assert error.line == 2
    assert "3 April 2026" in error.reason and "4 March 2026" in error.reason
    proposal = detect.propose(data)
    assert [(q.field, set(q.choices)) for q in proposal.questions] == [("date_format", {"%d/%m/%Y", "%m/%d/%Y"})]
    us = detect.read(data, mapping=replace(proposal.mapping, date_format="%m/%d/%Y"))
    assert us.statements[0].entries[0].booking_date == date(2026, 3, 4)
    assert detect.read(data.replace(b"04/04/2026", b"14/04/2026")).statements[0].entries[0].booking_date == date(2026, 4, 3)


def test_I6_a_mapping_without_date_format_does_not_guess_either() -> None:
    error = refusal(csv("03/04/2026,x,1.00"), replace(PLAIN, date_format=None))
    assert (error.line, "choose the date format" in error.reason) == (2, True)


@pytest.mark.parametrize("day", ["31.02.2026", "00.01.2026", "13.04.0206", "13.04.2062", "13.04.1926", "13.4", "١٣.٠٤.٢٠٢٦", "soon"])
def test_I6_days_that_do_not_exist_or_cannot_be_meant_are_refused(day: str) -> None:
    head, first, second = CSV.strip().split("\n")
    bad = second.replace("14.04.2026", day)
    assert refusal("\n".join((head, first, bad)).encode(), None).line == 3


def test_I6_a_year_far_from_the_others_is_refused() -> None:
    rows = ["2026-04-01,a,1.00"] * 3 + ["2032-04-01,b,1.00"]
    error = refusal(csv(*rows))
    assert (error.line, "years away" in error.reason) == (5, True)


def test_a_booking_after_the_latest_day_is_refused() -> None:
    data = csv("2026-04-01,a,1.00", "2026-06-01,b,1.00")
    with pytest.raises(ReadError, match="line 3"):
        detect.read(data, mapping=PLAIN, latest=date(2026, 5, 1))
    assert len(detect.read(data, mapping=PLAIN, latest=date(2026, 6, 1)).statements[0].entries) == 2


@pytest.mark.parametrize(
    ("written", "decimal", "thousands", "minor"),
    [
        ("1234.50", ".", "", 123450), ("1,234.50", ".", ",", 123450), ("1.234,50", ",", ".", 123450), ("1 234,50", ",", " ", 123450),
        ("1\u202f234,50", ",", " ", 123450), ("1’234.50", ".", "'", 123450), ("-1234.5", ".", "", -123450), ("1234.50-", ".", "", -123450),
        ("(1,234.50)", ".", ",", -123450), ("\u22125", ".", "", -500), ("+5", ".", "", 500), ("USD 5.00", ".", "", 500),
        ("5.00 $", ".", "", 500), (".50", ".", "", 50), ("0.00", ".", "", 0), ("-0", ".", "", 0), ("5.00000", ".", "", 500),
    ],
)  # fmt: skip
def test_amounts_as_lists_write_them(written: str, decimal: Any, thousands: Any, minor: int) -> None:
    assert parse_amount(written, replace(PLAIN, decimal=decimal, thousands=thousands), "USD", 1) == minor


@pytest.mark.parametrize(
    "written",
    ["12..34", "1,23.40", "12,34", "1.2E+10", "1e3", "١٢٣", "1_000", "NaN", "inf", "--5", "", "-", "1.005", "0x10", "5 EUR", "1,2345.00"],
)
def test_amounts_that_are_not(written: str) -> None:
    with pytest.raises(ReadError, match="line 7"):
        parse_amount(written, replace(PLAIN, thousands=","), "USD", 7)


def test_1_525_alone_may_be_either_and_is_asked() -> None:
    data = b'Date,Text,Amount,Currency\n2026-04-01,a,"1,525",USD\n'
    assert [q.field for q in detect.propose(data).questions] == ["decimal"]
    assert refusal(data, None).line == 2
    decided = data + b'2026-04-02,b,"2,525.10",USD\n'
    assert [entry.amount for entry in entries(decided, None)] == [152500, 252510]


def test_currency_is_asked_when_the_list_has_none() -> None:
    assert refusal(csv("2026-04-01,a,1.00"), None).line == 2
    assert entries(csv("2026-04-01,a,1.00"))[0].currency == "USD"


def test_each_account_and_currency_becomes_a_statement() -> None:
    data = b"Date,Amount,Currency\n2026-04-01,1.00,USD\n2026-04-01,100,JPY\n2026-04-02,2.00,USD\n"
    file = detect.read(data)
    assert [(s.currency, [e.amount for e in s.entries]) for s in file.statements] == [("USD", [100, 200]), ("JPY", [100])]


def test_debit_and_credit_columns() -> None:
    mapping = Mapping(date="Date", credit="In", debit="Out", currency="USD", date_format="%Y-%m-%d")
    data = b"Date,In,Out\n2026-04-01,5.00,\n2026-04-01,,7.00\n"
    assert [entry.amount for entry in entries(data, mapping)] == [500, -700]
    negative = data.replace(b",7.00", b",-7.00")
    assert refusal(negative, mapping).line == 3
    assert [entry.amount for entry in entries(negative, replace(mapping, negative="absolute"))] == [500, -700]
    assert [entry.amount for entry in entries(negative, replace(mapping, negative="reverse"))] == [500, 700]
    assert "credit and a debit" in refusal(data.replace(b"5.00,", b"5.00,1.00"), mapping).reason


def test_direction_marks_and_inverse_signs() -> None:
    data = b"Date,Amount,DC\n2026-04-01,5.00,C\n2026-04-01,7.00,D\n"
    mapping = Mapping(date=1, amount=2, direction=3, currency="USD", date_format="%Y-%m-%d")
    assert [entry.amount for entry in entries(data, mapping)] == [500, -700]
    assert refusal(data.replace(b"00,D", b"00,X"), mapping).line == 3
    card = replace(PLAIN, sign="debit_positive")
    assert [entry.amount for entry in entries(csv("2026-04-01,shop,33.50", "2026-04-02,paid,-10.00"), card)] == [-3350, 1000]


def test_totals_and_blank_rows_are_passed_over_and_named() -> None:
    file = detect.read(csv("2026-04-01,a,1.00", ",,", "Total,,1.00"), mapping=PLAIN)
    assert len(file.statements[0].entries) == 1
    assert [warning.split(":")[0] for warning in file.warnings if "total" in warning] == ["line 4"]


@pytest.mark.parametrize("row", [",a,1.00", "2026-04-01,a,", "2026-04-01,a,1.00,5", "2026-04-01,a"])
def test_rows_that_lack_something_or_are_shifted_are_refused_with_their_line(row: str) -> None:
    assert refusal(csv("2026-04-01,a,1.00", row)).line == 3


@pytest.mark.parametrize("column", ["Nowhere", 0])
def test_a_mapping_that_does_not_fit_is_refused(column: Any) -> None:
    assert "column" in refusal(csv("2026-04-01,a,1.00"), replace(PLAIN, amount=column)).reason


# I4: encodings, separators, quotes


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
@pytest.mark.parametrize("separator", [";", "\t", "|"])
def test_I4_encodings_and_separators_are_recognised_and_shown(encoding: str, separator: str) -> None:
    data = CSV.replace("ACME", "MÜLLER").replace(";", separator).encode(encoding)
    proposal = detect.propose(data)
    assert (proposal.mapping.delimiter, proposal.questions) == (separator, ())
    assert any(str(proposal.mapping.encoding) in note for note in proposal.notes)
    assert detect.read(data).statements[0].entries[0].payer_name == "MÜLLER GmbH"


def test_I4_an_unclosed_quote_is_refused_with_the_line_that_opens_it() -> None:
    assert refusal(csv("2026-04-01,a,1.00", '2026-04-02,"open,1.00', "2026-04-03,c,1.00")).line == 3
    long = csv('2026-04-01,"open,1.00', *["2026-04-03,c,1.00"] * 80, '2026-04-03,"c",1.00')
    assert refusal(long).line == 2


def test_I4_a_wrong_encoding_in_the_mapping_is_refused_with_the_line() -> None:
    assert refusal(csv("2026-04-01,M\u00fc,1.00").replace("ü".encode(), b"\xfc"), replace(PLAIN, encoding="utf-8")).line == 2


# Excel


def test_a_workbook_keeps_document_numbers_and_cents() -> None:
    data = workbook(
        ("Date", "Description", "Amount", "Currency", "Reference", "Invoice number"),
        (datetime(2026, 4, 3), "by wire", 0.1 + 0.2, "USD", 4700012345, 42),
        (datetime(2026, 4, 4), "by wire", -1525, "USD", "007", 1.0),
        formats={"F2": "00000"},
    )
    first, second = detect.read(data).statements[0].entries
    assert (first.amount, first.booking_date, first.bank_reference, first.structured[0].number) == (
        30,
        date(2026, 4, 3),
        "4700012345",
        "00042",
    )
    assert (second.amount, second.bank_reference, second.structured[0].number) == (-152500, "007", "1")


def test_a_workbook_amount_with_a_tenth_of_a_cent_is_refused_with_its_row() -> None:
    data = workbook(("Date", "Amount", "Currency"), (date(2026, 4, 3), 1.005, "USD"))
    assert refusal(data, None).line == 2


def test_days_need_a_pattern_unless_they_are_iso() -> None:
    assert parse_day("2026-04-03T10:00:00", None, 1) == parse_day("3 Apr 2026", "%d %b %Y", 1) == date(2026, 4, 3)
