"""E-invoices: both syntaxes hold by schema, sums and the official rules; what is tampered with is caught; what lacks is named."""

import time
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum import iso11649

from cashapp.engine.standards import read as read_reference
from customers.models import CustomerDocument
from invoicing.einvoice import (
    Account,
    EInvoice,
    EInvoiceRefused,
    Line,
    Party,
    Unreadable,
    broken_rules,
    check_schema,
    read,
    remittance_reference,
    write,
)
from invoicing.einvoice.addresses import parse_address
from invoicing.einvoice.schematron import judge
from invoicing.selectors.einvoices import einvoice_of
from invoicing.services.einvoices import write_einvoice
from tests.invoicing.sent import bill, make_buyer, make_seller

CORPUS = Path(__file__).resolve().parents[3] / "shared" / "formats" / "dev"
D = Decimal
SELLER = Party(
    "Seller GmbH", "DE", ("Hafen 1",), "20457", "Hamburg", vat_id="DE123456789", registration="HRB 1", email="ar@seller.example",
    endpoint="9930:DE123456789", phone="+49 40 1", contact="Accounts",
)  # fmt: skip
BUYER = Party("Buyer AG", "DE", ("Weg 2",), "10115", "Berlin", vat_id="DE987654321", endpoint="9930:DE987654321")


def line(n=1, amount="100.00", percent="19", category="S", **fields):
    tax = (D(amount) * D(percent) / 100).quantize(D("0.01"))
    return replace(Line(n, "Service", D(1), "HUR", D(amount), D(amount), tax, category, D(percent)), **fields)


def document(*lines, kind="invoice", **fields):
    lines = lines or (line(),)
    net, tax = sum(x.amount for x in lines), sum(x.tax for x in lines)
    given = {
        "terms": "net 30", "po_number": "PO-1", "buyer_reference": "B-1", "remittance": remittance_reference("INV-1"),
        "account": Account("DE89370400440532013000", "COBADEFFXXX", "Seller GmbH"),
    }  # fmt: skip
    made = EInvoice(kind, "INV-1", date(2026, 9, 1), date(2026, 10, 1), "EUR", SELLER, BUYER, lines, net, tax, net + tax, **given | fields)
    return made


MANY = (
    line(1, "100.00", po_line=10, sku="A"), line(2, "33.33", "7"), line(3, "-10.00", quantity=D(1), unit_price=D("-10")),
    line(4, "10.01", quantity=D(3), unit_price=D("3.333")), line(5, "5.00", quantity=D(2), unit_price=D("3")),
)  # fmt: skip


@pytest.mark.parametrize("syntax", ["ubl", "cii"])
@pytest.mark.parametrize("kind", ["invoice", "debit_memo", "credit_memo"])
def test_a_document_of_every_kind_holds_by_schema_sums_and_the_official_rules(kind, syntax):
    made = document(
        *MANY, kind=kind, order="SO-1", contract="C-1", project="P-1", cost_code="CC", delivered_on=date(2026, 8, 30),
        refers_to=(("INV-0", date(2026, 8, 1)),), notes=("A word",),
    )  # fmt: skip
    xml = write(made, syntax)
    assert check_schema(xml) == [] and broken_rules(read(xml)) == []
    verdict = judge(xml, syntax)
    assert verdict.broken == () and verdict.missing == "" and verdict.ran
    back = read(xml)
    assert back["BT-1"] == "INV-1" and back["BT-3"] == {"invoice": "380", "debit_memo": "383", "credit_memo": "381"}[kind]
    assert D(back["BT-112"]) == made.total and back["BT-83"] == made.remittance and back["BT-84"] == "DE89370400440532013000"
    assert (back["BT-10"], back["BT-12"], back["BT-13"], back["BT-14"], back["BT-19"]) == ("B-1", "C-1", "PO-1", "SO-1", "CC")
    assert back["BG-3"][0]["BT-25"] == "INV-0" and back["BT-72"] == date(2026, 8, 30)
    assert {(x["BT-118"], D(x["BT-119"]), D(x["BT-116"])) for x in back["BG-23"]} == {("S", D(19), D("105.01")), ("S", D(7), D("33.33"))}
    assert sum(D(x["BT-131"]) for x in back["BG-25"]) == made.net and all(D(x["BT-146"]) >= 0 for x in back["BG-25"])


@pytest.mark.parametrize(
    ("category", "code"), [("Z", ""), ("E", ""), ("AE", "VATEX-EU-AE"), ("K", "VATEX-EU-IC"), ("G", "VATEX-EU-G"), ("O", "VATEX-EU-O")]
)
@pytest.mark.parametrize("syntax", ["ubl", "cii"])
def test_what_bears_no_tax_says_why(category, code, syntax):
    seller = replace(SELLER, vat_id="", registration="HRB 1", endpoint="") if category == "O" else SELLER
    buyer = replace(BUYER, vat_id="", endpoint="") if category == "O" else BUYER
    free = line(percent="0", category=category, tax=D(0), exemption="Medical, § 4" if category == "E" else "")
    xml = write(replace(document(free, delivered_on=date(2026, 8, 30)), seller=seller, buyer=buyer), syntax)
    (row,) = read(xml)["BG-23"]
    assert judge(xml, syntax).broken == () and row.get("BT-121", "") == code
    assert bool(row.get("BT-120") or row.get("BT-121")) == (category != "Z")


def test_peppol_is_claimed_where_both_are_in_the_network_and_nowhere_else():
    assert "peppol.eu:2017:poacc:billing:3.0" in write(document(), "ubl").decode()
    assert "peppol" not in write(document(buyer_reference="B"), "cii").decode().replace("urn:fdc:peppol.eu:2017:poacc:billing:01:1.0", "")
    outside = write(replace(document(), buyer=replace(BUYER, endpoint="")), "ubl").decode()
    assert "urn:cen.eu:en16931:2017</" in outside and "peppol" not in outside


@pytest.mark.parametrize(
    ("was", "becomes", "rules"),
    [
        ("119.00</cbc:TaxInclusiveAmount>", "120.00</cbc:TaxInclusiveAmount>", {"BR-CO-15", "BR-CO-16"}),
        ("119.00</cbc:PayableAmount>", "118.00</cbc:PayableAmount>", {"BR-CO-16"}),
        ("100.00</cbc:TaxableAmount>", "50.00</cbc:TaxableAmount>", {"BR-S-08", "BR-CO-17"}),
        ("100.00</cbc:TaxExclusiveAmount>", "99.00</cbc:TaxExclusiveAmount>", {"BR-CO-13", "BR-CO-15"}),
        ("<cbc:ID>S</cbc:ID>", "<cbc:ID>E</cbc:ID>", {"BR-E-09", "BR-E-10"}),
        ("<cbc:Percent>19</cbc:Percent>", "<cbc:Percent>0</cbc:Percent>", {"BR-S-05", "BR-CO-17"}),
        ("DE123456789", "123456789", {"BR-CO-09"}),
    ],
)
def test_what_is_tampered_with_is_caught_without_the_official_rules(was, becomes, rules):
    xml = write(document(), "ubl").decode()
    assert was in xml
    found = {b.rule for b in broken_rules(read(xml.replace(was, becomes).encode()))}
    assert rules <= found


def test_the_official_rules_catch_it_too_and_ours_agree_with_them():
    xml = write(document(), "ubl").replace(b"119.00</cbc:TaxInclusiveAmount>", b"120.00</cbc:TaxInclusiveAmount>")
    assert "BR-CO-15" in {b.rule for b in judge(xml, "ubl").broken}


def test_the_operator_s_own_rules_run_beside_the_standard_s(tmp_path):
    rules = Path(__file__).parent / "own_rules.xslt"
    (tmp_path / "HOUSE-UBL.xslt").write_text(rules.read_text())
    verdict = judge(write(document(), "ubl"), "ubl", str(tmp_path))
    assert [b.rule for b in verdict.broken] == ["HOUSE-1"] and "HOUSE-UBL.xslt" in verdict.ran
    assert judge(write(document(), "cii"), "cii", str(tmp_path)).broken == ()


def test_without_saxon_it_is_said_plainly(monkeypatch):
    monkeypatch.setattr("invoicing.einvoice.schematron.find_spec", lambda name: None)
    assert "saxonche is not installed" in judge(b"<x/>", "ubl").missing


def test_a_validator_that_dies_is_started_again():
    from invoicing.einvoice import schematron

    xml = write(document(), "ubl")
    assert judge(xml, "ubl").broken == ()
    schematron._CHILDREN.process.kill()
    assert judge(xml, "ubl").missing == ""


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"seller": replace(SELLER, country="")}, "seller.country"), ({"buyer": replace(BUYER, country="")}, "buyer.country"),
        ({"seller": replace(SELLER, vat_id="", tax_number="")}, "seller.vat_id"),
        ({"seller": replace(SELLER, vat_id="12345")}, "seller.vat_id"),
        ({"buyer": replace(BUYER, endpoint="nonsense")}, "buyer.peppol_id"), ({"buyer_reference": "", "po_number": ""}, "buyer_reference"),
        ({"currency": "KWD", "total": D("119.001"), "tax": D("19.001")}, "currency"),
    ],
)  # fmt: skip
def test_a_refusal_names_the_field_to_mend(changed, field):
    with pytest.raises(EInvoiceRefused) as refused:
        write(replace(document(), **changed), "ubl")
    assert field in {fault.field for fault in refused.value.faults}


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (line(category=None), "no tax code"), (line(category=None, tax_code="XX"), "tax code XX has no rate"),
        (line(unit="hours"), "is no unit"),
        (line(tax=D("12.00")), "19 % of 100.00 is 19.00"), (line(category="E", tax=D("19.00")), "bears no tax"),
        (line(category="S", percent="0"), "standard rate"),
    ],
)  # fmt: skip
def test_a_line_that_cannot_be_written_says_why(bad, said):
    with pytest.raises(EInvoiceRefused, match=said):
        write(document(bad), "ubl")


def test_reverse_charge_needs_the_buyer_s_id():
    free = line(percent="0", category="AE", tax=D(0))
    with pytest.raises(EInvoiceRefused, match="reverse charge needs"):
        write(replace(document(free), buyer=replace(BUYER, vat_id="", registration="")), "cii")


amounts = st.decimals(min_value=D("-500.00"), max_value=D("9000.00"), places=2)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(amounts, st.sampled_from(["19", "7"]), st.decimals("0.5", "40", places=3)), min_size=1, max_size=9))
def test_sums_hold_whatever_the_lines_are(parts):
    lines = [
        line(n, str(amount), percent, quantity=quantity, unit_price=(amount / quantity).quantize(D("0.0001")))
        for n, (amount, percent, quantity) in enumerate(parts, 1)
    ]
    made = document(*lines)
    if made.total <= 0:
        return
    for syntax in ("ubl", "cii"):
        back = read(write(made, syntax))
        assert broken_rules(back) == [] and D(back["BT-112"]) == made.total


@settings(max_examples=60, deadline=None)
@given(st.text(min_size=1, max_size=60))
def test_every_number_gives_a_valid_creditor_reference(number):
    reference = remittance_reference(number)
    assert iso11649.is_valid(reference) and len(reference) <= 25


def test_the_cash_desk_reads_back_the_number_that_the_reference_was_made_of():
    (found,) = read_reference(remittance_reference("INV-2026-00017"))
    assert found.payload == "INV202600017"


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Hafenstr. 1\n20457 Hamburg", (("Hafenstr. 1",), "20457", "Hamburg", "")),
        ("1200 Foundry Way\nDallas, TX 75201", (("1200 Foundry Way",), "75201", "Dallas", "TX")),
        ("12 Main St, Austin, TX 78701", (("12 Main St",), "78701", "Austin", "TX")),
        ("10 High St\nLeeds LS1 4AP", (("10 High St",), "LS1 4AP", "Leeds", "")),
        ("Acme\nUnit 3\nSomewhere", (("Unit 3", "Somewhere"), "", "", "")),
        ("Weg 1\nDE-10115 Berlin\nGermany", (("Weg 1",), "10115", "Berlin", "")), ("", ((), "", "", "")),
    ],
)  # fmt: skip
def test_an_address_is_taken_apart_as_far_as_that_is_plain(text, parts):
    found = parse_address(text, "Acme")
    assert (found.street, found.postcode, found.city, found.region) == parts


ATTACKS = [
    b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><Invoice>&a;</Invoice>',
    b'<!DOCTYPE x SYSTEM "http://127.0.0.1:1/x.dtd"><Invoice/>',
    b"<!DOCTYPE l [" + b'<!ENTITY l0 "lol">' + b"".join(b'<!ENTITY l%d "%s">' % (n, b"&l%d;" % (n - 1) * 10) for n in range(1, 12))
    + b"]><l>&l11;</l>",
    b"<Invoice" + b"><a" * 200_000, b"", b"\x00\x01", b"%PDF-1.7",
]  # fmt: skip


@pytest.mark.parametrize("content", ATTACKS)
def test_what_names_entities_or_is_no_invoice_is_refused_at_once(content):
    started = time.monotonic()
    with pytest.raises(Unreadable):
        read(content)
    assert time.monotonic() - started < 1


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus of real files isn't here")
def test_real_invoices_are_read_and_their_sums_hold():
    files = [*sorted((CORPUS / "ubl").rglob("*.xml")), *sorted((CORPUS / "cii").rglob("*.xml"))]
    readable = unbroken = 0
    for file in files:
        try:
            found = read(file.read_bytes())
        except Unreadable:
            continue
        readable += 1
        unbroken += not broken_rules(found)
    assert readable >= 0.9 * len(files)
    assert unbroken >= 0.9 * readable, (readable, unbroken)


@pytest.mark.django_db
class TestIssued:
    """Documents as they are in the books."""

    def test_both_syntaxes_of_an_issued_invoice_hold_and_say_what_it_says(self):
        customer = make_buyer(make_seller(), buyer_reference="DEPT-9")
        invoice = bill(
            customer, "INV-1", ("Work", "2", "50", "DE19", "19"), ("Book", "1", "33.33", "DE7", "7"), order="SO-9", cost_code="CC-1"
        )
        for syntax in ("ubl", "cii"):
            written = write_einvoice(invoice, syntax)
            back = read(written.xml)
            assert written.verdict.missing == "" and D(back["BT-112"]) == D("154.66")
            assert (back["BT-10"], back["BT-13"], back["BT-14"]) == ("DEPT-9", "PO-77", "SO-9")
            assert (
                back["BG-4"]["city"] == "Bremen" and back["BG-7"]["postcode"] == "10115" and back["BG-7"]["vat_identifier"] == "DE987654321"
            )

    def test_a_credit_memo_names_what_it_credits(self):
        customer = make_buyer(make_seller())
        bill(customer, "INV-1")
        memo = bill(customer, "CM-1", kind="credit_memo", refers_to="INV-1", reason="price agreed otherwise")
        back = read(write_einvoice(memo).xml)
        assert back["BT-3"] == "381" and back["BG-3"][0]["BT-25"] == "INV-1" and "price agreed otherwise" in back["BG-1"][0]["BT-22"]

    def test_exempt_by_certificate_and_by_code(self):
        company = make_seller()
        customer = make_buyer(company)
        CustomerDocument.objects.create(
            company=company, customer=customer, kind="exemption", state="received", reference="EX-55", created_by="t",
            expires_on=date(2027, 1, 1),
        )  # fmt: skip
        (row,) = read(write_einvoice(bill(customer, "INV-1", ("Work", "1", "80", "DE19", "0"))).xml)["BG-23"]
        assert (row["BT-118"], row["BT-120"]) == ("E", "Exempt: certificate EX-55")
        (row,) = read(write_einvoice(bill(customer, "INV-2", ("Work", "1", "80", "EX", "0"))).xml)["BG-23"]
        assert row["BT-120"] == "Exempt, § 4 UStG"

    def test_what_lacks_is_told_together(self):
        customer = make_buyer(make_seller(vat_id="", registration=""), country="")
        with pytest.raises(EInvoiceRefused) as refused:
            write_einvoice(bill(customer, "INV-1", ("Work", "1", "80", "DE19", "19")))
        assert {"buyer.country", "seller.vat_id"} <= {f.field for f in refused.value.faults}

    def test_a_document_without_lines_and_without_tax_goes_out(self):
        customer = make_buyer(make_seller(registration=""))
        row = bill(customer, "INV-1", lines=[], subtotal="10.00", tax_total="0.00", total="10.00")
        assert [x.category for x in einvoice_of(row).lines] == ["O"]
        for syntax in ("ubl", "cii"):
            assert read(write_einvoice(row, syntax).xml)["BG-4"].get("vat_identifier") is None
