"""Invoices of the demo that their customers would not pay: each a good life with one thing wrong, where it really goes wrong. Pure."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from arops.demo import words
from arops.demo.lives import (
    Life,
    Lives,
    Row,
    blanket_of,
    contract_of,
    days_before,
    escalates,
    is_blanket,
    make_life,
    months_back,
    wants_signatures,
)
from arops.demo.plan import COMPANIES, PlanCustomer, PlanInvoice
from arops.lib import money

COMPANY = "US01"
PRICES = {sku: (sku, said, unit, Decimal(price)) for sku, said, unit, price in words.GOODS}


@dataclass
class Fault:
    """A life, its invoice whole, and the rule that speaks up. `exempt`: the customer's tax exemption is on file."""

    rule: str
    customer: PlanCustomer
    life: Life
    document: Row
    exempt: bool = False


def make_faults(lives: Lives, invoices: list[PlanInvoice]) -> list[Fault]:
    """One for each way to go wrong, of different customers as far as there are enough."""
    ours = [c for c in lives.covered if c.company == COMPANY]
    used: set[str] = set()
    found = []
    for n, (rule, spoil, fits) in enumerate(WAYS):
        choice = [c for c in ours if fits(c)]
        customer = next((c for c in choice if c.number not in used), None)
        if customer is None:
            continue
        used.add(customer.number)
        found.append(_fault(n, rule, customer, spoil, lives))
    return [*found, *_twice(lives, invoices, used)]


def _fault(n: int, rule: str, customer: PlanCustomer, spoil: Callable[["Fault"], None], lives: Lives) -> Fault:
    goods = [(*PRICES["SRV-HR"][:3], Decimal(6), PRICES["SRV-HR"][3]), (*PRICES["PRT-FLT"][:3], Decimal(12), PRICES["PRT-FLT"][3])]
    day = lives.today - timedelta(days=2 + n % 9)
    life = make_life(customer, f"F{n + 1:02d}", day, goods, blanket_of(customer) if is_blanket(customer) else f"PO-{70_001 + n}")
    fault = Fault(rule, customer, life, document(customer, f"INV-{20_001 + n}", day, goods, life.invoice))
    spoil(fault)
    total(fault.document)
    return fault


def document(customer: PlanCustomer, number: str, day: date, goods: list[Any], behind: Row) -> Row:
    """An invoice as the ERP sends it, still without sums."""
    lines = [
        {"number": n, "sku": sku, "description": said, "unit": unit, "quantity": str(quantity), "unit_price": str(price), **more}
        for n, ((sku, said, unit, quantity, price), more) in enumerate(zip(goods, behind["lines"], strict=True), 1)
    ]
    return {
        "company": customer.company, "number": number, "external_id": number, "customer": {"external_id": customer.number},
        "currency": customer.currency, "document_date": day.isoformat(), "po_number": behind["po_number"], "order": behind["order"],
        "payment_terms": customer.terms, "lines": lines,
    }  # fmt: skip


def total(row: Row) -> None:
    """Amounts and tax of the lines, and the document's sums."""
    rate, currency = next(c.tax for c in COMPANIES if c.code == row["company"]), row["currency"]
    amounts = [money.round_to_minor(Decimal(line["quantity"]) * Decimal(line["unit_price"]), currency) for line in row["lines"]]
    tax = money.round_to_minor(money.to_decimal(sum(amounts), currency) * rate, currency)
    for line, amount, part in zip(row["lines"], amounts, money.split(tax, amounts), strict=True):
        line |= {"amount": money.to_text(amount, currency), "tax_amount": money.to_text(part, currency)}
    row["total"] = money.to_text(sum(amounts) + tax, currency)


def line_of(row: Row, sku: str) -> Row:
    found: Row = next(line for line in row["lines"] if line.get("sku") == sku)
    return found


def price_entered_wrong(fault: Fault) -> None:
    """The desk typed last year's surcharge into the order; the invoice follows it."""
    for row in (fault.life.order, fault.document):
        line_of(row, "SRV-HR")["unit_price"] = "156.75"


def price_billed_wrong(fault: Fault) -> None:
    line_of(fault.document, "PRT-FLT")["unit_price"] = "68.90"


def _old_version(fault: Fault) -> None:
    """The amendment never reached our price table: the order and the invoice have the price before it."""
    for row in (fault.life.order, fault.document):
        line_of(row, "SRV-HR")["unit_price"] = "136.80"


def _risen_twice(fault: Fault) -> None:
    price = (Decimal("142.50") * Decimal("1.03")).quantize(Decimal("0.0001"))
    for row in (fault.life.order, fault.document):
        line_of(row, "SRV-HR")["unit_price"] = str(price)


def more_than_done(fault: Fault) -> None:
    line_of(fault.document, "SRV-HR")["quantity"] = "8"
    for row in (fault.life.order, fault.life.purchase_order):
        assert row
        line_of(row, "SRV-HR")["quantity"] = "8"
        if "amount" in row:
            row["amount"] = str(sum(Decimal(line["quantity"]) * Decimal(line["unit_price"]) for line in row["lines"]))


def _not_done(fault: Fault) -> None:
    (job,) = fault.life.work_orders
    job |= {"state": "started", "completed_on": "", "signed_off_by": "", "signed_off_on": ""}


def not_signed(fault: Fault) -> None:
    (job,) = fault.life.work_orders
    job |= {"signed_off_by": "", "signed_off_on": ""}


def _expired(fault: Fault) -> None:
    assert fault.life.purchase_order
    day = date.fromisoformat(fault.document["document_date"])
    fault.life.purchase_order["expires_on"] = days_before(day, 8)


def _no_number(fault: Fault) -> None:
    """The customer wants its number on every invoice; nobody asked for one when the order came."""
    fault.life.order |= {"purchase_order": "", "po_number": ""}
    fault.life.purchase_order = None
    fault.document["po_number"] = ""
    for row in (fault.life.order, fault.document):
        for line in row["lines"]:
            line.pop("po_line", None)


def _exhausted(fault: Fault) -> None:
    """The purchase order was issued for half of it."""
    assert fault.life.purchase_order
    fault.life.purchase_order |= {"amount": "800.00", "lines": []}
    for row in (fault.life.order, fault.document):
        for line in row["lines"]:
            line.pop("po_line", None)


def _other_unit(fault: Fault) -> None:
    line_of(fault.document, "PRT-FLT").update(unit="PL", quantity="1", unit_price="770.40")


def _other_terms(fault: Fault) -> None:
    fault.document["payment_terms"] = "due on receipt"


def _exempt(fault: Fault) -> None:
    fault.exempt = True


def freight(fault: Fault) -> None:
    fault.life.order["freight"] = "included"
    row = {"number": 3, "sku": "FRT", "description": "Freight", "unit": "EA", "quantity": "1", "unit_price": "95.00"}
    fault.document["lines"].append({**row, "tax_code": fault.document["lines"][0]["tax_code"], "contract": contract_of(fault.customer)})


def damaged(fault: Fault) -> None:
    (delivery,) = fault.life.deliveries
    delivery["note"] = "Four filter sets crushed; driver took pictures."
    delivery["lines"][0]["damaged"] = "4"


def single(customer: PlanCustomer) -> bool:
    return not is_blanket(customer) and not escalates(customer)


def _rising(customer: PlanCustomer) -> bool:
    return not is_blanket(customer) and escalates(customer)


def steady(customer: PlanCustomer) -> bool:
    """On one purchase order for long, at prices that stand still: these are Ana's, who sees her own portfolio alone."""
    return is_blanket(customer) and not escalates(customer)


def signing(customer: PlanCustomer) -> bool:
    return single(customer) and wants_signatures(customer)


WAYS: tuple[tuple[str, Callable[[Fault], None], Callable[[PlanCustomer], bool]], ...] = (
    ("work_not_signed", not_signed, signing),
    ("escalator", _risen_twice, _rising),
    ("price", price_entered_wrong, single),
    ("work_not_done", _not_done, steady),
    ("contract_version", _old_version, single),
    ("quantity_work", more_than_done, single),
    ("po_expired", _expired, single),
    ("po_missing", _no_number, single),
    ("po_exhausted", _exhausted, single),
    ("exemption_ignored", _exempt, single),
    ("quantity_delivered", damaged, steady),
    ("freight_not_agreed", freight, steady),
    ("terms", _other_terms, single),
    ("unit", _other_unit, single),
    ("price", price_billed_wrong, steady),
)
"""The rule that finds it, how a good life is spoilt, and which customers it fits."""


def _twice(lives: Lives, invoices: list[PlanInvoice], used: set[str]) -> Iterator[Fault]:
    """An invoice of last month once more, under another number."""
    first = months_back(lives.today, 1)
    for invoice in invoices:
        behind = lives.invoices.get(invoice.number)
        if behind and invoice.company == COMPANY and invoice.day >= first and invoice.customer not in used:
            customer = next(c for c in lives.covered if c.number == invoice.customer)
            row = document(customer, f"INV-{20_000 + len(WAYS) + 1}", invoice.day + timedelta(days=1), invoice.lines, behind)
            total(row)
            yield Fault("duplicate", customer, Life(None, {}, [], [], {}), row)
            return
