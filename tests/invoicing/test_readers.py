"""Days, amounts and headings as people write them: read one way, or refused, never guessed."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arops.lib.reading import ReadError, values
from invoicing.readers import assemble, fields, mapping, table


@pytest.mark.parametrize(
    ("written", "order", "expected"),
    [
        ("2026-04-03", "", date(2026, 4, 3)), ("20260403", "", date(2026, 4, 3)), ("2026/04/03", "mdy", date(2026, 4, 3)),
        ("03.04.2026", "", date(2026, 4, 3)), ("3.4.26", "mdy", date(2026, 4, 3)), ("03/04/2026", "dmy", date(2026, 4, 3)),
        ("03/04/2026", "mdy", date(2026, 3, 4)), ("25/04/2026", "", date(2026, 4, 25)), ("04/25/2026", "", date(2026, 4, 25)),
        ("5-5-2026", "", date(2026, 5, 5)), ("3 Apr 2026", "", date(2026, 4, 3)), ("2026-04-03 00:00:00", "", date(2026, 4, 3)),
    ],
)  # fmt: skip
def test_days_are_read(written, order, expected):
    assert values.day(written, order) == expected


@pytest.mark.parametrize(
    "written", ["03/04/2026", "31.02.2026", "0206-01-01", "01.01.2062", "25/25/2026", "٠٣.٠٤.٢٠٢٦", "soon", "", "2026-4-3"]
)
def test_days_that_are_unclear_are_refused(written):
    with pytest.raises(values.Unclear):
        values.day(written)


@pytest.mark.parametrize(
    ("written", "mark", "plain"),
    [
        ("1,234.50", ".", "1234.50"), ("1.234,50", ",", "1234.50"), ("1'234.50", ".", "1234.50"), ("1 234,50", ",", "1234.50"),
        ("(12.00)", ".", "-12.00"), ("12.00-", ".", "-12.00"), ("−12", ".", "-12"), ("EUR 5", ".", "5"), ("5 €", ",", "5"),
        ("+5", ".", "5"),
        ("007", ".", "7"), (".5", ".", "0.5"), ("-0.00", ".", "0.00"), ("1,234", ".", "1234"), ("1,234", ",", "1.234"),
    ],
)  # fmt: skip
def test_numbers_are_read(written, mark, plain):
    assert values.number(written, mark) == plain


@pytest.mark.parametrize("written", ["NaN", "inf", "1e5", "1.2E+10", "1_000", "12..34", "1,23,456", "٣٤", "=1+1", "--5", "", "1.234.56"])
def test_what_is_no_number_is_refused(written):
    with pytest.raises(values.Unclear):
        values.number(written, ".")


@given(st.decimals(min_value=-(10**9), max_value=10**9, places=2), st.sampled_from([(".", ","), (",", ".")]))
def test_an_amount_written_with_groups_is_itself_again(amount, marks):
    point, group = marks
    written = f"{amount:,.2f}".translate({ord("."): point, ord(","): group})
    assert Decimal(values.number(written, point)) == amount


@pytest.mark.parametrize(
    ("headings", "expected"),
    [
        (["Belegnummer", "Debitor", "Belegdatum", "Fällig am", "Bruttobetrag"],
         {"number", "customer", "document_date", "due_date", "total"}),
        (["N° facture", "Code client", "Date facture", "Échéance", "Total TTC", "Devise"],
         {"number", "customer", "document_date", "due_date", "total", "currency"}),
        (["Número de factura", "Cliente", "Fecha", "Vencimiento", "Importe total"],
         {"number", "customer", "document_date", "due_date", "total"}),
        (["Numer faktury", "Kontrahent", "Data wystawienia", "Ilość", "Cena", "Wartość"],
         {"number", "customer", "document_date", "quantity", "unit_price", "amount"}),
        (["invoice_number", "customer_id", "invoice_date", "amount"], {"number", "customer", "document_date", "total"}),
        (["Weather", "Mood"], set()),
    ],
)  # fmt: skip
def test_headings_are_known_in_several_languages(headings, expected):
    assert fields.assign(headings).keys() == expected


def test_every_field_is_found_by_its_own_name_and_label():
    for name, field in fields.FIELDS.items():
        assert fields.meaning(field.label) == name
        assert fields.meaning(name) in fields.FIELDS


def test_headings_that_repeat_or_lack_get_names_of_their_own():
    read = table.read(b"Number,Customer,,Date,Date\n1,2,3,4,5\n")
    assert read.headings == ("Number", "Customer", "column C", "Date", "Date (2)")


def test_rows_longer_than_the_headings_are_refused_with_their_line():
    with pytest.raises(ReadError, match="3 fields") as refused:
        table.read(b"Number,Customer\n1,2\n1,2,3\n")
    assert refused.value.line == 3


def test_a_tax_total_is_shared_out_to_the_cent_and_one_line_takes_what_the_document_says():
    head = b"Number,Customer,Date,Line,Amount,Tax total,Currency\n"
    read = table.read(head + b"A,K,2026-09-01,1,10.00,1.00,USD\nA,K,2026-09-01,2,10.00,1.00,USD\nA,K,2026-09-01,3,10.00,1.00,USD\n")
    (draft,) = assemble.assemble(read, mapping.guess(read)).drafts
    assert [line["tax_amount"] for line in draft.payload["lines"]] == ["0.34", "0.33", "0.33"]
    assert draft.place("/lines/1/amount") == (1, "amount") and draft.place("/customer") == (0, "customer") and draft.place("") == (0, "")
    single = table.read(b"Number,Customer,Date,Description,Total,VAT,Currency\nA,K,2026-09-01,Work,11.00,1.00,USD\n")
    (draft,) = assemble.assemble(single, mapping.guess(single)).drafts
    assert draft.payload["lines"] == [{"description": "Work", "amount": "10.00", "tax_amount": "1.00"}]
    assert assemble.said_total(draft.payload) == ("USD", 1100)


def test_totals_at_the_foot_are_passed_over_and_said():
    read = table.read(b"Number,Customer,Date,Total\nA,K,2026-09-01,5.00\nTotal,,,5.00\n")
    made = assemble.assemble(read, mapping.guess(read))
    assert len(made.drafts) == 1 and "line 3 was passed over" in made.notes[0]
