"""The plain check that ours is measured beside: what a lookup in a spreadsheet does.

Price and unit against the purchase order's line, quantity against what is left of it, the total against what is left of its amount, tax
against the rate. It knows no contract, no versions, no conversions, no work; and never where an error began.
"""

from decimal import Decimal

from invoicing.checks.facts import Billed, Facts, PurchaseOrder


def check_plainly(document: Billed, facts: Facts) -> list[str]:
    """What a lookup notices: a text for each thing that doesn't agree."""
    po = facts.purchase_orders.get(document.purchase_order or 0)
    found = _lines(document, po) if po else []
    if po and po.amount is not None and po.billed_amount + document.subtotal > po.amount:
        found.append("total")
    for line in document.lines:
        rate = next(iter(facts.tax_rates.get(line.tax_code, ())), None)
        if rate and abs(line.amount * rate.percent / 100 - line.tax_amount) >= 1:
            found.append(f"tax of line {line.number}")
    return found


def _lines(document: Billed, po: PurchaseOrder) -> list[str]:
    found = []
    for line in document.lines:
        bought = po.lines.get(line.po_line or 0)
        if bought is None or bought.unit_price is None:
            continue
        if (line.unit_price, line.unit) != (bought.unit_price, bought.unit):
            found.append(f"price of line {line.number}")
        before = sum((quantity for _, quantity in bought.billed), Decimal(0))
        if bought.quantity is not None and before + line.quantity > bought.quantity:
            found.append(f"quantity of line {line.number}")
    return found
