"""Advices as lists and PDFs: what every writer of the demo says comes back, layouts are proposed and known again, attacks are refused."""

import io
import time
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import date

import openpyxl
import pypdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf.generic import NameObject, TextStringObject

from arops.demo import advices as writers
from arops.demo.paper import pdf as paper
from arops.lib import codec
from cashapp.readers.advice import detect, preview
from cashapp.readers.advice.layout import AdviceMapping, fingerprint
from cashapp.readers.advice.model import Advice, AdviceLine
from cashapp.readers.model import ReadError

DAY = date(2026, 11, 3)
LINES = (
    AdviceLine("INV-10001", "invoice", 1_234_56, 24_69, None, 1_209_87),
    AdviceLine("INV-10002", "invoice", 5_000_00, None, -125_00, 4_875_00, "DMG"),
    AdviceLine("INV-10003", "invoice", 7_00, None, None, 7_00),
)
ADVICE = Advice("USD", 6_091_87, LINES, DAY, "KESTREL FOODS", "", "4711-9", "")
WRITERS = {
    "Excel": lambda language: writers.sheet(_in(language), language),
    "CSV": lambda language: writers.comma_separated(_in(language), language),
    "PDF": lambda language: writers.printed(_in(language), language),
}


def _in(language: str) -> Advice:
    return replace(ADVICE, currency="EUR") if language == "de" else ADVICE


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("form", WRITERS)
def test_what_a_payer_writes_is_what_is_read(form: str, language: str) -> None:
    file = detect.read(WRITERS[form](language))
    (advice,) = file.advices
    assert file.format == form
    assert replace(advice, text="") == _in(language) and not file.notes
    assert "KESTREL FOODS" in advice.text


def test_a_mail_in_columns_is_read_without_what_stands_around_them() -> None:
    (advice,) = detect.read(writers.letter(ADVICE, "en").encode()).advices
    assert [(line.reference, line.gross, line.paid) for line in advice.lines] == [(x.reference, x.gross, x.paid) for x in LINES]
    assert (advice.total, advice.trace, advice.payment_date) == (6_091_87, "4711-9", DAY)


SEVERAL = (
    "Check number,Check date,Customer,Invoice,Type,Gross amount,Discount,Net amount\n"
    "81,2026-11-02,NORDIA,A1,Invoice,100.00,2.00,98.00\n,,,A2,Invoice,50.00,-1.00,49.00\n,,,CM7,Credit memo,-20.00,,-20.00\n"
    "82,2026-11-03,KESTREL,B1,Invoice,10.00,,10.00\n,,,,Freight claim,,,-4.00\n"
)


def test_several_payments_in_one_list_are_several_advices() -> None:
    first, second = detect.read(SEVERAL.encode(), currency="USD").advices
    assert (first.trace, first.payment_date, first.payer_name, first.sum_of_lines) == ("81", date(2026, 11, 2), "NORDIA", 127_00)
    assert [(x.reference, x.kind, x.discount, x.paid) for x in first.lines] == [
        ("A1", "invoice", 2_00, 98_00), ("A2", "invoice", 1_00, 49_00), ("CM7", "credit", None, -20_00),
    ]  # fmt: skip
    assert (second.trace, second.sum_of_lines) == ("82", 6_00)
    assert (second.lines[1].kind, second.lines[1].adjustment) == ("adjustment", -4_00)


def test_what_does_not_tie_is_noted_and_never_made_to() -> None:
    text = "Payment total,120.00\nInvoice,Invoice amount,Discount,Amount paid\nA1,100.00,3.00,98.00\nA2,10.00,,10.00\n"
    (advice,) = detect.read(text.encode(), currency="EUR").advices
    assert (advice.total, advice.sum_of_lines) == (120_00, 108_00)
    assert any("line 3" in note for note in advice.notes) and any("120.00 is said to be paid" in note for note in advice.notes)


ASKED = {
    "03/04/2026": ("Invoice,Amount,Payment date\nA1,10.00,03/04/2026\n", "date_order", "3 April 2026 or 4 March 2026", 2),
    "1,234": ("Invoice;Amount\nA1;1,234\nA2;1.234\n", "decimal_mark", "before decimals or between thousands", 2),
    "no currency": ("Invoice,Amount\nA1,10.00\n", "currency", "choose one", None),
    "no reference": ("Payment date,Amount,PO\n2026-11-03,10.00,9\n", "reference", "which column holds the invoice numbers", None),
}


@pytest.mark.parametrize("what", ASKED)
def test_I6_what_can_be_read_two_ways_is_asked_and_a_saved_layout_answers(what: str) -> None:
    text, field, words, line = ASKED[what]
    currency = "" if field == "currency" else "USD"
    proposal = preview.propose(text.encode(), currency=currency)
    assert [(q.field, q.line) for q in proposal.questions] == [(field, line)]
    with pytest.raises(ReadError, match=words):
        detect.read(text.encode(), currency=currency)
    answer = {"date_order": "dmy", "decimal_mark": ",", "currency": "USD", "reference": "PO"}[field]
    saved = codec.encode(replace(proposal.mapping, **{field: answer}))
    if field == "decimal_mark":
        with pytest.raises(ReadError, match="more decimals than USD has"):
            detect.read(text.encode(), layout=saved)
        return
    assert detect.read(text.encode(), layout=saved).advices[0].lines[0].paid == 10_00


def test_a_mark_before_three_digits_parts_thousands_where_the_currency_has_two_decimals() -> None:
    for cell in ("1,234", "1.234"):
        (advice,) = detect.read(f"Invoice;Amount\nA1;{cell}\n".encode(), currency="USD").advices
        assert advice.lines[0].paid == 1_234_00
    with pytest.raises(ReadError, match="between thousands"):
        detect.read(b"Invoice;Amount\nA1;1,234\n", currency="KWD")


def test_a_layout_is_known_by_its_headings_and_names_what_is_missing() -> None:
    asked = preview.propose(SEVERAL.encode(), currency="USD")
    assert asked.fingerprint == fingerprint(["CHECK NUMBER", "Check  date", "customer", *asked.headings[3:]])
    assert asked.rows[0][:2] == ("81", "2026-11-02") and not asked.questions
    with pytest.raises(ReadError, match="no column for invoice amount"):
        preview.try_out(b"Invoice,Net amount\nA1,1.00\n", mapping=asked.mapping)
    assert (
        preview.try_out(SEVERAL.encode(), mapping=replace(asked.mapping, trace="", payer_name="", payment_date="")).advices[0].trace == ""
    )
    with pytest.raises(ReadError):
        detect.read(SEVERAL.encode(), layout={"reference": 7})


BROKEN = {
    "an amount": ("Invoice,Amount\nA1,12..34\n", "is not a number", 2),
    "a day": ("Invoice,Amount,Payment date\nA1,1.00,31.02.2026\n", "no day of the calendar", 2),
    "a year": ("Invoice,Amount,Payment date\nA1,1.00,2062-11-03\n", "no year", 2),
    "a quote": ('Invoice,Amount\n"A1,1.00\n', "quote was not closed", 2),
    "too many cells": ("Invoice,Amount\nA1,1,00\n", "separator or quote", 2),
    "nothing below": ("Invoice,Amount\n", "no rows below", 1),
    "no headings": ("Dear all,\nplease see above.\n", "no row of headings", 1),
    "shortened": ("Invoice,Amount\nA1,1.2E+10\n", "shortened by a spreadsheet", 2),
    "a page": ("<!DOCTYPE html><html>", "HTML page", 1),
}


@pytest.mark.parametrize("what", BROKEN)
def test_I4_a_broken_list_is_refused_with_its_line(what: str) -> None:
    text, words, line = BROKEN[what]
    with pytest.raises(ReadError, match=words) as refusal:
        detect.read(text.encode(), currency="USD")
    assert refusal.value.line == line


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_I4_encodings_and_separators_are_found_out(encoding: str) -> None:
    for mark in ";\t|":
        text = mark.join(["Rechnungsnummer", "Zahlbetrag", "Bemerkung"]) + "\n" + mark.join(["R-1", "1.234,50 €", "Grüße"]) + "\n"
        (advice,) = detect.read(text.encode(encoding)).advices
        assert (advice.currency, advice.lines[0].paid, advice.lines[0].text) == ("EUR", 1_234_50, "Grüße")


def test_I3_a_workbook_that_is_a_bomb_or_a_program_is_refused() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as bomb:
        bomb.writestr("xl/worksheets/sheet1.xml", b" " * 30_000_000)
    with pytest.raises(ReadError, match="zip bomb"):
        detect.read(out.getvalue())
    book = openpyxl.Workbook()
    book.active["A1"], book.active["XFD1048576"] = "Invoice", "far away"  # type: ignore[index]
    far = io.BytesIO()
    book.save(far)
    with pytest.raises(ReadError, match="rows"):
        detect.read(far.getvalue())
    for program in (b"MZ\x90\x00", b"\x7fELF\x02\x01"):
        with pytest.raises(ReadError):
            detect.read(program + b"\x00" * 100)


PAPER = writers.printed(ADVICE, "en")


def _changed(change: Callable[[pypdf.PdfWriter], object]) -> bytes:
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(PAPER))
    change(writer)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def _opens(kind: str, key: str) -> Callable[[pypdf.PdfWriter], object]:
    def change(writer: pypdf.PdfWriter) -> None:
        action = pypdf.generic.DictionaryObject({NameObject("/S"): NameObject(kind), NameObject(key): TextStringObject("app.alert(1)")})
        writer.root_object[NameObject("/OpenAction")] = action

    return change


HARMFUL = {
    "a script": (lambda: _changed(_opens("/JavaScript", "/JS")), "script or form"),
    "a program to launch": (lambda: _changed(_opens("/Launch", "/F")), "program to launch"),
    "a file within": (lambda: _changed(lambda w: w.add_attachment("a.exe", b"MZ")), "file within"),
    "a password": (lambda: _changed(lambda w: w.encrypt("secret", algorithm="RC4-128")), "encrypted"),
    "encrypted without one": (lambda: _changed(lambda w: w.encrypt("", "owner", algorithm="RC4-128")), "encrypted"),
    "a hundred pages and more": (lambda: paper([[(50, "x", False)]] * 4_500), "more than 100 pages"),
    "ten thousand pages": (lambda: paper([[(50, "x", False)]]).replace(b"/Count 1", b"/Count 10000"), "more than 100 pages"),
    "no text": (lambda: paper([[]]), "no text in the PDF"),
    "no table": (lambda: paper([[(50, "We have paid.", False)]]), "no row of headings"),
    "cut off": (lambda: PAPER[:300], "damaged|no text|no row"),
}


@pytest.mark.parametrize("what", HARMFUL)
def test_I13_a_pdf_that_can_do_more_than_be_read_is_refused(what: str) -> None:
    make, words = HARMFUL[what]
    data = make()
    began = time.process_time()
    with pytest.raises(ReadError, match=words):
        detect.read(data)
    assert time.process_time() - began < 5


def test_a_pdf_over_several_pages_is_one_advice() -> None:
    many = tuple(AdviceLine(f"INV-{n}", "invoice", n * 100, None, None, n * 100) for n in range(1, 100))
    (advice,) = detect.read(writers.printed(replace(ADVICE, lines=many, total=sum(x.paid or 0 for x in many)), "en")).advices
    assert advice.lines == many and not advice.notes


@settings(max_examples=25, deadline=None)
@given(st.binary(max_size=400) | st.text(max_size=200).map(str.encode))
def test_whatever_comes_is_read_or_refused(data: bytes) -> None:
    for text in (data, b"Invoice,Amount paid\n" + data, PAPER[:600] + data + PAPER[600:]):
        try:
            detect.read(text, currency="USD")
        except ReadError as refusal:
            assert refusal.reason


def test_a_mapping_survives_being_saved() -> None:
    mapping = preview.propose(SEVERAL.encode(), currency="USD").mapping
    assert codec.decode(codec.encode(mapping), AdviceMapping) == mapping
