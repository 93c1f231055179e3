"""How the check reasons: what was agreed, what explains what, what a batch draws together, and the shape of what it says."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from invoicing.checks import ORIGINS, RULES, Billed, BilledLine, Facts, Found, Policy, check, check_batch
from invoicing.checks.facts import (
    Claim,
    Contract,
    Customer,
    Earlier,
    EarlierLine,
    Order,
    OrderLine,
    Price,
    PurchaseLine,
    PurchaseOrder,
    TaxRate,
    Version,
    WorkLine,
    WorkOrder,
)  # fmt: skip
from invoicing.checks.pricing import agreed_price, escalations, factor, version_on

D = Decimal
DAY = date(2026, 10, 1)
V1 = Version(
    1, date(2025, 1, 1), payment_terms="net 30", prices={"FLT": (Price("FLT", "EA", D("11.00")),)},
)  # fmt: skip
V2 = replace(V1, number=2, valid_from=date(2026, 6, 1), prices={"FLT": (Price("FLT", "EA", D("11.50")),)})
CONTRACT = Contract(1, "CT-5", 1, "USD", (V1, V2))
PO = PurchaseOrder(
    1, "PO-55", 1, "USD", date(2026, 9, 1), None, 5_750_00, {1: PurchaseLine(1, "FLT", "EA", D(500), D("11.50"))}, contract=1
)
ORDER = Order(
    1, "SO-9", 1, "USD", date(2026, 9, 10), {1: OrderLine(1, "FLT", "EA", D(500), D("11.50"), po_line=1, delivered=D(500))}, 1, 1,
    po_number="PO-55", deliveries=("DL-1",), delivered_on=date(2026, 9, 20),
)  # fmt: skip
CUSTOMER = Customer(1, "C-1", "Harbor", "USD", "net 30", tax_code="TX", keeps_purchase_orders=True)
RATES = {"TX": (TaxRate("TX", "Texas", "US-TX", D("8.25"), "S", date(2020, 1, 1)),)}


def facts(**changed: Any) -> Facts:
    usual: dict[str, Any] = {
        "customers": {1: CUSTOMER}, "contracts": {1: CONTRACT}, "purchase_orders": {1: PO}, "orders": {1: ORDER}, "work_orders": {},
        "tax_rates": RATES, "conversions": {("FLT", "BX", "EA"): D(12)}, "earlier": {},
    }  # fmt: skip
    return Facts(**(usual | changed))


def line(quantity: str = "500", price: str = "11.50", **changed: Any) -> BilledLine:
    amount = int((D(quantity) * D(price) * 100).quantize(D(1)))
    usual = {"tax_code": "TX", "tax_amount": int((amount * D("0.0825")).quantize(D(1), "ROUND_HALF_UP")), "po_line": 1, "order_line": 1}
    return BilledLine(**({"number": 1, "sku": "FLT", "description": "", "quantity": D(quantity), "unit": "EA", "unit_price": D(price),
                          "amount": amount} | usual | changed))  # fmt: skip


def invoice(*lines: BilledLine, **changed: Any) -> Billed:
    net, tax = sum(x.amount for x in lines), sum(x.tax_amount for x in lines)
    usual: dict[str, Any] = {
        "key": 7, "kind": "invoice", "number": "INV-7", "customer": 1, "currency": "USD", "document_date": DAY, "payment_terms": "net 30",
        "po_number": "PO-55", "lines": lines, "subtotal": net, "tax_total": tax, "total": net + tax, "order": 1, "purchase_order": 1,
    }  # fmt: skip
    return Billed(**(usual | changed))


def at_price(po: str, order: str) -> dict[str, Any]:
    """Facts with other prices on the purchase order and the order."""
    first = replace(PO, lines={1: replace(PO.lines[1], unit_price=D(po))})
    second = replace(ORDER, lines={1: replace(ORDER.lines[1], unit_price=D(order))})
    return {"purchase_orders": {1: first}, "orders": {1: second}}


def told(found: tuple[Found, ...]) -> list[tuple[str, str, int]]:
    return [(f.rule, f.origin, f.effect) for f in found]


def test_the_story_of_the_filters_in_every_variant() -> None:
    """Contract, purchase order, order, invoice: the first link that disagrees with the one before it is named."""
    for po, order, billed, expected in (
        ("11.50", "11.50", "11.50", []),
        ("11.50", "12.00", "12.00", [("price", "order_entry", 250_00)]),
        ("11.50", "11.50", "12.00", [("price", "billing_output", 250_00)]),
        ("11.50", "12.00", "11.50", []),
        ("11.50", "11.00", "11.00", [("contract_version", "contract_setup", -250_00)]),
        ("11.50", "11.50", "11.00", [("contract_version", "billing_output", -250_00)]),
        ("11.25", "11.50", "11.50", [("price", "pricing_setup", 125_00)]),
        ("11.25", "11.25", "11.25", [("po_price", "pricing_setup", -125_00)]),
        ("11.00", "11.00", "11.00", [("po_price", "contract_setup", -250_00)]),
    ):
        assert told(check(invoice(line(price=billed)), facts(**at_price(po, order)))) == expected, (po, order, billed)


def test_a_finding_names_document_line_version_day_and_value() -> None:
    (found,) = check(invoice(line(price="12.00")), facts(**at_price("11.50", "12.00")))
    assert (
        found.words
        == "Line 1 (FLT) is billed at 12.00 per EA, agreed is 11.50 per EA (purchase order PO-55 line 1): 250.00 USD too much for 500 EA."
    )
    contract, po, order, billed = found.sources
    assert (contract.document, contract.number, contract.key, contract.revision, contract.day) == ("contract", "CT-5", 1, 2, V2.valid_from)
    assert (po.document, po.line, po.value) == ("purchase_order", 1, "11.50 per EA")
    assert (order.document, order.day, order.value) == ("order", ORDER.ordered_on, "12.00 per EA")
    assert (billed.document, billed.key, billed.value) == ("invoice", 0, "12.00 per EA")
    assert found.key == "price:1" and "order SO-9 line 1: 12.00 per EA" in found.reasoning


def test_what_follows_from_a_price_is_not_told_again() -> None:
    """500 at 12.00 are above the purchase order's 5,750.00, but only because of the price. With 520 ordered they would be by themselves."""
    assert [f.rule for f in check(invoice(line(price="12.00")), facts())] == ["price"]
    exhausted = replace(PO, billed_amount=1_00)
    assert [f.rule for f in check(invoice(line(price="12.00")), facts(purchase_orders={1: exhausted}))] == ["price", "po_exhausted"]


def test_tax_that_is_right_for_the_right_price_is_no_second_error() -> None:
    right = line().tax_amount
    assert [f.rule for f in check(invoice(line(price="12.00", tax_amount=right)), facts())] == ["price"]
    assert told(check(invoice(line(tax_amount=right + 3)), facts())) == [("tax_amount", "billing_output", 3)]


def test_boxes_and_pieces_compare_right() -> None:
    """41 boxes of 12 are 492 pieces; a box costs twelve times a piece; at the price of a piece it is an error of units, not of prices."""
    boxed = line("41", "138.00", unit="BX")
    assert check(invoice(boxed), facts()) == ()
    assert told(check(invoice(line("41", "11.50", unit="BX")), facts())) == [("unit", "billing_output", 0)]
    assert [f.rule for f in check(invoice(line("42", "138.00", unit="BX")), facts())] == ["quantity_ordered"]
    assert told(check(invoice(line("500", "11.50", unit="PK")), facts())) == [("unit", "billing_output", 0)]


def test_two_equal_deliveries_are_no_duplicate_and_a_third_is() -> None:
    half = line("250")
    first = Earlier(3, "INV-3", date(2026, 9, 28), invoice(half).total, "USD", "PO-55", 1, (
        EarlierLine("FLT", D(250), D("11.50"), half.amount, 1, 1, 1),
    ))  # fmt: skip
    claim = Claim(3, "INV-3", first.day, "FLT", D(250), "EA", half.amount, 1)
    order = replace(ORDER, lines={1: replace(ORDER.lines[1], claims=(claim,))})
    po = replace(PO, billed_amount=half.amount, lines={1: replace(PO.lines[1], billed=(("EA", D(250)),), billed_amount=half.amount)})
    there = facts(orders={1: order}, purchase_orders={1: po}, earlier={1: (first,)})
    assert check(invoice(half), there) == ()
    full = replace(ORDER, lines={1: replace(ORDER.lines[1], claims=(claim, replace(claim, invoice=4, number="INV-4")))})
    assert [f.rule for f in check(invoice(half), replace(there, orders={1: full}))] == ["duplicate"]
    again = invoice(half, replaces=3)
    assert check(again, replace(there, orders={1: order})) == (), "billed again in place of the first: that one doesn't count"


def test_equal_sales_without_a_reference_are_shown_not_held() -> None:
    """Nothing but the lines says that the two may be one: on the same day they are, on different days a person looks."""
    bare = replace(line(po_line=None, order_line=None), tax_code="", tax_amount=0)
    sale = invoice(bare, po_number="", order=None, purchase_order=None)
    nothing: dict[str, Any] = {"contracts": {}, "purchase_orders": {}, "orders": {}, "tax_rates": {}}
    before = Earlier(3, "INV-3", date(2026, 9, 28), sale.total, "USD", lines=(EarlierLine("FLT", D(500), D("11.50"), bare.amount),))
    assert told(check(sale, facts(earlier={1: (before,)}, **nothing))) == [("near_duplicate", "billing_output", sale.total)]
    same_day = replace(before, day=DAY)
    assert told(check(sale, facts(earlier={1: (same_day,)}, **nothing))) == [("duplicate", "billing_output", sale.total)]
    long_ago = replace(before, day=date(2026, 9, 1))
    assert check(sale, facts(earlier={1: (long_ago,)}, **nothing)) == ()


def test_a_batch_counts_what_its_own_documents_draw() -> None:
    """Each of three halves is right by itself; together they are one and a half."""
    halves = [replace(invoice(line("250")), key=n, number=f"INV-{n}", document_date=date(2026, 10, n)) for n in (1, 2, 3)]
    assert [check(x, facts()) for x in halves] == [(), (), ()]
    found = check_batch(halves, facts())
    assert [[f.rule for f in one] for one in found] == [[], [], ["duplicate"]]
    far = [replace(x, document_date=date(2026, 10 - n, 1)) for n, x in enumerate(halves)]
    assert [f.rule for f in check_batch(far, facts())[2]] == ["quantity_ordered"]


def test_nothing_is_asked_of_what_nobody_recorded() -> None:
    """An ERP that sends invoices alone gets no findings for the records that we don't have."""
    bare = invoice(line(order_line=None), order=None, purchase_order=None)
    nothing = facts(
        customers={1: replace(CUSTOMER, keeps_purchase_orders=False)}, contracts={}, purchase_orders={}, orders={}, tax_rates={},
        conversions={},
    )  # fmt: skip
    assert check(bare, nothing) == ()


def test_a_credit_memo_is_only_asked_whether_it_adds_up() -> None:
    memo = invoice(line("900", "99.00"), kind="credit_memo")
    assert check(memo, facts()) == ()
    assert [f.rule for f in check(replace(memo, total=memo.total + 1), facts())] == ["arithmetic"]


def test_lines_that_release_retainage_bill_nothing_of_their_own() -> None:
    release = line("1", "400.00", sku="", is_release=True, po_line=None, order_line=None, tax_code="", tax_amount=0)
    assert check(invoice(release), facts()) == ()


def test_hours_beyond_the_order_are_services_and_hours_beyond_the_work_are_billings() -> None:
    rate = replace(V2, prices={"SRV": (Price("SRV", "HUR", D(100)),)})
    order = replace(ORDER, lines={1: OrderLine(1, "SRV", "HUR", D(8), D(100), is_service=True)}, purchase_order=None, deliveries=())
    work = WorkOrder(
        1, "WO-7", 1, "USD", "done", date(2026, 9, 12), (WorkLine(1, "hours", "SRV", "HUR", D(10), 1),), order=1, contract=1,
        completed_on=date(2026, 9, 15), signed_off_by="P. Marsh",
    )  # fmt: skip
    there = facts(contracts={1: replace(CONTRACT, versions=(rate,))}, orders={1: order}, work_orders={1: work}, purchase_orders={})
    hours = line("10", "100.00", sku="SRV", unit="HUR", work_order=1, po_line=None)
    billed = invoice(hours, po_number="", purchase_order=None)
    assert told(check(billed, there)) == [("work_beyond_order", "service_execution", 200_00)]
    less = replace(work, lines=(replace(work.lines[0], quantity=D(8)),))
    assert told(check(billed, replace(there, work_orders={1: less}))) == [("quantity_work", "billing_output", 200_00)]
    open_ = replace(work, state="started", completed_on=None)
    assert told(check(billed, replace(there, work_orders={1: open_})))[0] == ("work_not_done", "service_execution", 1_000_00)


def test_a_policy_may_tolerate_minor_units() -> None:
    off = invoice(line("1", "11.52"))
    assert [f.rule for f in check(off, facts())] == ["price"]
    assert check(off, facts(), Policy(tolerance=2)) == ()


def test_versions_tiers_escalators_and_conversions() -> None:
    assert version_on(CONTRACT, date(2026, 5, 31)) is V1 and version_on(CONTRACT, date(2026, 6, 1)) is V2
    assert version_on(replace(CONTRACT, ended_on=date(2026, 9, 1)), date(2026, 9, 1)) is None
    assert version_on(CONTRACT, date(2024, 12, 31)) is None
    tiers = replace(V1, prices={"FLT": (Price("FLT", "EA", D(10)), Price("FLT", "EA", D(9), D(100)), Price("FLT", "BX", D(110)))})
    prices = [agreed_price(tiers, "FLT", D(q), unit, DAY) for q, unit in ((99, "EA"), (100, "EA"), (1, "BX"))]
    assert [p.unit_price for p in prices if p] == [D(10), D(9), D(110)]
    rising = replace(V1, escalator_percent=D(3), escalator_months=12, prices={"FLT": (Price("FLT", "EA", D("11.50")),)})
    assert [escalations(rising, x) for x in (date(2025, 12, 31), date(2026, 1, 1), date(2027, 1, 1))] == [0, 1, 2]
    risen = agreed_price(rising, "FLT", D(1), "EA", date(2027, 1, 1))
    assert risen and risen.unit_price == D("12.2004")
    known = {("FLT", "BX", "EA"): D(12), ("", "DAY", "HUR"): D(8)}
    assert [factor(known, "FLT", *pair) for pair in (("BX", "EA"), ("EA", "BX"), ("DAY", "HUR"), ("EA", "PK"))] == [12, D(1) / 12, 8, None]


def test_the_reference_tells_every_rule_as_it_is() -> None:
    text = (Path(__file__).resolve().parents[3] / "docs/reference/checks.md").read_text()
    rows = {row.split("|")[1].strip(" `"): row for row in text.splitlines() if row.startswith("| `")}
    for rule in RULES:
        row = rows[rule.code]
        assert f"| {rule.severity} | {', '.join(ORIGINS[o] for o in rule.origins)} | {rule.remedy} |" in row, rule.code
        assert rule.label in row
