"""Numbers read through noise: what posts, what is shown, what is left alone."""

import pytest

from cashapp.engine.references import digits, key, longest, parts, scientific, skeleton, tail, upper
from tests.cashapp.engine.desk import ACME_ACCOUNT, BETA, PAYERS, given, invoice, one, receipt, says, words

NUMBER = "INV-2026-004217"
CLOSED = invoice(9, 0, "INV-2026-001111")
ITEMS = (invoice(1, 123_45, NUMBER), invoice(2, 777_10, "INV-2026-004299"), invoice(3, 88_01, "INV-2026-009003", BETA))


@pytest.mark.parametrize(
    "text",
    [
        NUMBER,
        "inv-2026-004217",
        "INV2026004217",
        "INV 2026 004217",
        f"PAYMENT FOR {NUMBER} THANK YOU",
        f"SVWZ+{NUMBER} EREF+99182736",
        "/RFB/INV/2026/004217",
    ],
)
def test_a_number_as_printed_or_with_other_separators_posts_whoever_pays(text: str) -> None:
    for account in (ACME_ACCOUNT, "XX000111222333"):
        found = one(receipt(123_45, text, account=account), *ITEMS)
        assert (found.outcome, given(found), found.customer_id) == ("post", {1: (123_45,)}, 1), words(found)
        assert found.evidence and key(text[found.evidence[0].start : found.evidence[0].end]) == key(NUMBER)


@pytest.mark.parametrize(
    ("text", "how"),
    [
        ("INV-2O26-OO42I7", "scanning noise"),
        ("2026004217", "without its prefix"),
        ("4217", "end of the number"),
        ("INV-2026-04217", "end of the number"),
        ("INV-2026-004271", "slip"),
        ("INV-2026-0042", "cut off"),
        ("26-004217", "end of the number"),
        ("V-2026-OO42I7", "beginning is lost"),
        ("2.02E+09", "spreadsheet"),
    ],
)
def test_a_damaged_number_of_a_known_payer_posts_with_the_amount_and_says_how_it_was_read(text: str, how: str) -> None:
    items = [i for i in ITEMS if i.id != 2] if "E+" in text else ITEMS
    found = one(receipt(123_45, text), *items, CLOSED)
    assert (found.outcome, given(found)) == ("post", {1: (123_45,)}), words(found)
    assert how in words(found)


@pytest.mark.parametrize("text", ["INV-2O26-OO42I7", "2026004217", "4217", "INV-2026-04217", "2.02E+09"])
def test_I10_a_damaged_number_of_an_unknown_payer_is_never_applied_alone(text: str) -> None:
    assert one(receipt(123_45, text, account="XX000111222333"), *ITEMS).outcome != "post"


def test_I10_a_number_borne_by_two_customers_is_decided_by_payer_and_amount_or_by_a_person() -> None:
    mine, theirs = invoice(1, 123_45, "2026-0042"), invoice(2, 123_45, "2026-0042", BETA)
    assert one(receipt(123_45, "2026-0042", account=""), mine, theirs).outcome != "post"
    assert one(receipt(123_45, "2026-0042"), mine, theirs).outcome != "post", "the other owes the same amount under the same number"
    other = invoice(2, 500_00, "2026-0042", BETA)
    assert given(one(receipt(123_45, "2026-0042"), mine, other)) == {1: (123_45,)}
    assert one(receipt(120_00, "2026-0042"), mine, other).outcome != "post", "the amount must agree"


def test_I10_what_a_spreadsheet_left_decides_nothing_between_items_of_one_amount() -> None:
    items = (invoice(1, 500_00, "SF/164455"), invoice(2, 500_00, "SF/213561"))
    found = one(receipt(500_00, "1.64E+05"), *items)
    assert found.outcome != "post" and "spreadsheet" in words(found)


def test_a_slip_may_be_another_document_where_the_batch_does_not_know_what_is_closed() -> None:
    found = one(receipt(123_45, "INV-2026-004271"), *ITEMS)
    assert found.outcome == "suggest" and "may be another document, paid already" in words(found)


def test_a_wrong_digit_that_is_somebody_elses_number_with_the_same_amount_is_not_read_as_a_slip() -> None:
    items = (invoice(1, 500_10, "INV-104217"), invoice(2, 500_10, "INV-104218", BETA))
    found = one(receipt(500_10, "INV-104218"), *items)
    assert found.outcome != "post"


def test_a_payment_that_names_an_unrelated_customers_invoice_is_shown_not_posted() -> None:
    found = one(receipt(88_01, "INV-2026-009003"), *ITEMS)
    assert found.outcome != "post" and "not of the payer" in words(found)


def test_dates_amounts_and_the_payers_own_numbers_are_no_references() -> None:
    items = (invoice(1, 500_10, "20260915"), invoice(2, 75_00, "INV-2026-004299"))
    found = one(receipt(9_999_99, "DTD 15.09.2026 OUR REF 4299111 AMOUNT 75.00"), *items)
    assert found.outcome != "post" and not found.evidence


def test_the_short_form_of_a_list_names_every_item_in_it() -> None:
    items = [invoice(n, 100_00 + n * 7, f"INV-88{10 + n}") for n in range(1, 6)]
    found = one(receipt(items[1].balance + items[2].balance + items[4].balance, "INV-8812/13/15"), *items)
    assert (found.outcome, set(given(found))) == ("post", {2, 3, 5}), words(found)


def test_structured_remittance_comes_before_the_text() -> None:
    found = one(receipt(123_45, "INV-2026-004299", structured=says((NUMBER, 123_45))), *ITEMS)
    assert (found.outcome, given(found), found.rule) == ("post", {1: (123_45,)}, "structured remittance")


@pytest.mark.parametrize(
    ("reference", "standard"),
    [("RF18539007547034", "ISO 11649"), ("210000000003139471430009017", "Swiss QR reference"), ("+++090/9337/55493+++", "Belgian")],
)
def test_creditor_references_are_checked_and_unpacked(reference: str, standard: str) -> None:
    payload = {"ISO 11649": "539007547034", "Swiss QR reference": "21000000000313947143000901", "Belgian": "909337554"}[standard]
    found = one(receipt(55_55, structured=says((reference, None)), account=""), invoice(1, 55_55, payload), payers=PAYERS)
    assert (found.outcome, given(found)) == ("post", {1: (55_55,)})
    assert standard in words(found)
    broken = reference[:-4] + {"9": "8", "8": "7"}.get(reference[-4], "9") + reference[-3:]
    assert one(receipt(55_55, structured=says((broken, None)), account=""), invoice(1, 55_55, payload)).outcome != "post"


def test_a_purchase_order_names_all_its_items_or_the_one_whose_amount_agrees() -> None:
    items = (invoice(1, 100_01, po_number="PO4711-9"), invoice(2, 250_02, po_number="PO4711-9"), invoice(3, 999_03))
    assert given(one(receipt(350_03, "YOUR PO4711-9"), *items)) == {1: (100_01,), 2: (250_02,)}
    assert given(one(receipt(250_02, "YOUR PO4711-9"), *items)) == {2: (250_02,)}


def test_an_item_in_another_currency_is_never_paid() -> None:
    found = one(receipt(123_45, NUMBER), invoice(1, 123_45, NUMBER, currency="EUR"), invoice(2, 123_45, "INV-2026-008888"))
    assert found.outcome != "post" and "which is in EUR" in words(found)


def test_reading_keeps_places_and_takes_the_longest_number() -> None:
    assert len(upper("straße ﬁn")) == len("straße ﬁn")
    found = parts("RE: INV 42-0099 AND 42")
    assert [k for *_, k in longest(found, {"INV42": 1, "INV420099": 1}, 4)] == ["INV420099"]
    assert [k for *_, k in longest(parts("INV - 42"), {"INV42": 1}, 4)] == ["INV42"]
    assert [k for *_, k in longest(parts("INV          42"), {"INV42": 1}, 4)] == []


def test_forms_of_a_number() -> None:
    assert (key("inv-2026/0042"), digits("INV0042"), tail("INV-2026-00421"), tail("ABC")) == ("INV20260042", "42", "421", "")
    assert skeleton("INVO5Z6B8") == skeleton("1NV0S2G88")
    assert scientific("X 1.2E+10 Y") == [("12", 11, 2, 9)]
    assert scientific("41.2E+10") == []
