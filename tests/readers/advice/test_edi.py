"""What payers say by EDI and through their banks becomes lines that can be checked by eye; nothing is made to tie out."""

from dataclasses import replace
from datetime import date

import pytest

from cashapp.readers.advice import detect, nacha
from cashapp.readers.advice.model import Advice, AdviceLine
from cashapp.readers.model import ReadError
from tests.readers.advice.samples import ISA, REMADV, REMT, X12
from tests.readers.advice.samples import nacha as nacha_file


def one(text: str, encoding: str = "utf-8", currency: str = "") -> Advice:
    (advice,) = detect.read(text.encode(encoding), currency=currency).advices
    return advice


def refused(text: str) -> ReadError:
    with pytest.raises(ReadError) as caught:
        detect.read(text.encode())
    return caught.value


# X12 820


def test_an_820_says_who_paid_what_and_with_which_trace_number() -> None:
    advice = one(X12)
    assert (advice.currency, advice.total, advice.payment_date) == ("USD", 248050, date(2027, 2, 19))
    assert (advice.payer_name, advice.payer_account, advice.trace, advice.reference) == ("ACME CORP", "7788990011", "ACH-99001", "REM-55")


def test_its_lines_are_documents_with_discount_credits_that_take_and_adjustments_with_their_reason() -> None:
    first, second, credit, *alone = one(X12).lines
    assert first == AdviceLine("INV-1001", "invoice", 100000, 2000, None, 98000, text="of 2027-01-15", po_number="PO-7")
    assert second == AdviceLine("INV-1002", "invoice", 160050, None, -5000, 155050, code="01")
    assert (credit.kind, credit.reference, credit.paid) == ("credit", "CM-9", -5000)
    assert [(line.kind, line.adjustment) for line in alone] == [("adjustment", 50), ("adjustment", -50)]
    assert one(X12).sum_of_lines == 248050 and not one(X12).notes


def test_an_820_that_does_not_tie_out_is_taken_as_it_is_with_a_note() -> None:
    advice = one(X12.replace("2480.5*", "2480.51*"))
    assert (advice.total, advice.sum_of_lines) == (248051, 248050)
    assert advice.notes == ("it says USD 2,480.51 was paid; its lines add up to 2,480.50",)


def test_adjustments_after_a_document_stand_beside_it_where_only_then_the_sum_ties_out() -> None:
    advice = one(X12.replace("2480.5*", "2430.5*").replace("1550.50*1600.50~", "1550.50~"))
    assert [(line.reference, line.paid, line.adjustment) for line in advice.lines[1:3]] == [
        ("INV-1002", 155050, None), ("CLAIM-3", None, -5000)
    ]  # fmt: skip


@pytest.mark.parametrize(
    "changed",
    [
        X12.replace("*", "|").replace("~\n", "\n"),
        "\ufeff   " + X12.replace("~\n", "~\r\n   "),
        X12.replace("*", "¦").replace("~\n", "\x1c"),
        X12[X12.index("ST*") : X12.index("GE*")],
        X12.replace("          *ZZ*ACMECORP       *01*SELLER         *", "*ZZ*ACMECORP*01*SELLER*"),
    ],
    ids=["newline ends a segment", "mark, indents", "odd signs", "no envelope", "ISA without padding"],
)
def test_separators_are_those_of_the_sender(changed: str) -> None:
    assert one(changed, "cp1252" if "¦" in changed else "utf-8") == one(X12)


def test_an_820_without_currency_is_in_that_of_whoever_is_paid() -> None:
    plain = X12.replace("CUR*PR*USD~\n", "").replace("SE*18", "SE*17")
    assert (one(plain).currency, one(plain, currency="CAD").currency) == ("USD", "CAD")


def test_what_is_cut_off_or_no_820_is_refused_with_the_line() -> None:
    cut = refused(X12[: X12.index("ENT*2")])
    assert cut.line == 16 and "cut off" in cut.reason
    assert "isn't ended by SE" in refused(X12.replace("SE*18*0001~\n", "")).reason
    assert "X12 810, no 820" in refused(X12.replace("ST*820", "ST*810")).reason
    assert refused(X12.replace("980*1000", "9x0*1000")).line == 11
    assert "fewer than 16 elements" in refused(ISA[:60]).reason


def test_other_sets_in_the_envelope_are_passed_over_and_told() -> None:
    both = X12.replace("GE*1", "ST*997*0002~\nAK1*RA*42~\nSE*3*0002~\nGE*2")
    file = detect.read(both.encode())
    assert (file.format, len(file.advices), file.notes) == ("X12 820", 1, ("the 997s in it were passed over",))


# EDIFACT REMADV


def test_a_remadv_says_what_each_document_gets_and_why_something_was_held_back() -> None:
    advice = one(REMADV)
    assert (advice.currency, advice.total, advice.payment_date) == ("EUR", 151620, date(2027, 2, 20))
    assert (advice.payer_name, advice.payer_account) == ("O'NEILL + CO", "DE02120300000000202051")
    assert (advice.trace, advice.reference, advice.notes) == ("PAY4711", "AVIS-77", ())
    assert advice.lines == (
        AdviceLine("INV-1001", "invoice", 119000, 2380, None, 116620),
        AdviceLine("INV-1002", "invoice", 50000, None, -5000, 45000, code="71", text="short delivery 12 pieces"),
        AdviceLine("CN-9", "credit", -10000, None, None, -10000),
    )


def test_other_service_characters_decimal_commas_and_an_object_behind_the_message() -> None:
    other = REMADV.replace("UNA:+.? '", "UNA:+,? '").replace("1166.2'", "1166,20'")
    assert one(other) == one(REMADV)
    with_object = REMADV.replace("UNZ+1", "UNO+1+PDF:1'\nJVBERi0x'+:?UNH\nUNP+9+1'\nUNZ+1")
    assert one(with_object) == one(REMADV)


def test_a_refused_invoice_is_a_line_of_zero_with_its_reason() -> None:
    advice = one(REMADV.replace("MOA+12:450'", "MOA+12:0'").replace("AJT+71", "AJT+Z06"))
    line = advice.lines[1]
    assert (line.paid, line.adjustment, line.code) == (0, -50000, "Z06")
    assert advice.notes == ("it says EUR 1,516.20 was paid; its lines add up to 1,066.20",)


def test_a_remadv_cut_off_or_without_currency_is_refused() -> None:
    assert "cut off" in refused(REMADV[: REMADV.index("UNS")]).reason
    assert "isn't ended" in refused(REMADV.rstrip()[:-1]).reason
    assert "INVOIC, no REMADV" in refused(REMADV.replace("REMADV:", "INVOIC:")).reason
    assert "no currency" in refused(REMADV.replace("CUX+2:EUR:11'\n", "")).reason


# NACHA


def test_a_ctx_bears_an_820_cut_anywhere() -> None:
    advice = one(nacha_file(("22", 248050, X12.replace("\n", ""))))
    assert replace(advice, text="", payment_date=None) == replace(one(X12), payment_date=None)
    assert (advice.payment_date, advice.text) == (date(2027, 2, 22), "ACH trace number 021000020000001")


def test_a_ccd_bears_a_bare_segment_or_words_and_debits_are_passed_over() -> None:
    file = detect.read(
        nacha_file(
            ("22", 12000, "RMR*IV*4711**120.00\\"), ("22", 500, "RENT FEBRUARY\\"), ("27", 999, "TXP*1*2\\"), ("23", 0, ""), kind="CCD"
        ).encode()
    )
    bare, words = file.advices
    assert bare.lines == (AdviceLine("4711", "invoice", paid=12000),)
    assert (bare.payer_name, bare.payer_account, bare.trace, bare.reference) == ("ACME CORP", "1234567890", "021000020000001", "CUST-7")
    assert (words.total, words.text, words.lines) == (500, "RENT FEBRUARY", ())
    assert file.notes == ("1 debits in it are no payments and were passed over",)


def test_blocks_without_lines_and_short_lines_are_read_and_differing_totals_told() -> None:
    text = nacha_file(("22", 500, ""))
    assert detect.read(nacha_file(("22", 500, ""), newline="").encode()) == detect.read(text.encode())
    assert detect.read("\n".join(line.rstrip() for line in text.split("\n")).encode()) == detect.read(text.encode())
    entries, notes = nacha.entries(text.replace("000000000500", "000000000700").encode())
    assert entries[0].amount == 500 and notes == ("its control record says 000000000700 cents of credits, it holds 500",)
    assert refused(text.replace("0000000500CUST", "00000CCC00CUST")).line == 3


def test_an_entry_and_its_820_that_disagree_are_both_told() -> None:
    advice = one(nacha_file(("22", 100, X12.replace("\n", ""))))
    assert advice.total == 100
    assert advice.notes[-1] == "the entry moves USD 1.00, its 820 says USD 2,480.50"


# ISO 20022


def test_a_remt_001_keeps_what_was_due_taken_off_and_held_back() -> None:
    advice = one(REMT)
    assert (advice.currency, advice.total, advice.payment_date, advice.trace) == ("EUR", 100000, date(2027, 2, 20), "E2E-7")
    assert (advice.payer_name, advice.payer_account, advice.reference) == ("ACME GmbH", "DE02120300000000202051", "ADV-1")
    assert advice.lines == (
        AdviceLine("INV-1001", "invoice", 119000, 2380, -6620, 110000, code="DAMG", text="of 2027-01-15; two broken"),
        AdviceLine("CM-9", "credit", None, None, None, -10000),
    )
    assert (advice.text, advice.notes) == ("two invoices", ())


def test_a_payment_dated_far_ahead_is_noted_and_nothing_else_is_an_advice() -> None:
    (advice,) = detect.read(REMT.encode(), latest=date(2027, 1, 1)).advices
    assert advice.notes == ("paid on 2027-02-20, which lies after 2027-01-01",)
    assert "nothing of any payment" in refused(REMT[: REMT.index("<RmtInf>")] + "</RmtAdvc></Document>").reason
    assert refused("").reason == "the file is empty"
    assert "bring it under Remittances, Mails" in refused("Received: by x\nFrom: a@b.c\nSubject: Invoice,Paid\n\nINV-1,1.00\n").reason
