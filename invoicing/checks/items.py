"""Articles: on the price list, and those that were ordered.

| what is wrong | rule | origin |
| --- | --- | --- |
| on no price list, purchase order or order, but used on the work order | item_not_agreed | service_execution |
| on no price list, purchase order, order or work order | item_not_agreed | billing_output |
| another article than the order's line, and the work order reports it | item_differs | service_execution |
| another article than the order's line, and no document before the invoice has it | item_differs | billing_output |
"""

from collections.abc import Iterator

from invoicing.checks import saying
from invoicing.checks.case import Case, Strand
from invoicing.checks.saying import Hit, Link


def not_agreed(case: Case) -> Iterator[Hit]:
    """Articles that a contract with a price list doesn't list, that no purchase order or order names either."""
    for s in case.strands:
        if (
            s.version is None
            or not s.version.has_price_list
            or not s.contract
            or s.line.sku in s.version.prices
            or s.step
            or case.is_extra(s)
        ):
            continue
        if not s.line.amount or s.order_line or (s.po_line and s.po_line.unit_price is not None):
            continue
        case.explain(s.line.number, case.right_amount(s.line))
        case.settled.add(("quantity", s.line.number))
        links = [Link("contract", None, saying.of_contract(s.contract, s.version, "not listed"))]
        links += _reported(s)
        billed = saying.price(s.line.unit_price, s.line.unit)
        links.append(Link("invoice", s.line.sku, saying.of_invoice(case, billed, s.line.number)))
        yield Hit(
            (s.line.number,), "not on the price list", billed, s.line.amount, saying.origin_of(links),
            f"{saying.place(s)} is on no price list, purchase order or order: {saying.amount(case, s.line.amount)} that nobody agreed to.",
            saying.walk(links), saying.sources(links),
        )  # fmt: skip


def differs(case: Case) -> Iterator[Hit]:
    """Another article than the order's line says."""
    for s in case.strands:
        line, ordered = s.line, s.order_line
        if line.order_line is None or not ordered or not s.order or not line.sku or not ordered.sku or line.sku == ordered.sku:
            continue
        if case.is_extra(s) or (s.po_line and s.po_line.sku == line.sku):
            continue
        case.explain(line.number, case.right_amount(line))
        case.settled |= {("price", line.number), ("quantity", line.number)}
        links = [Link("order", ordered.sku, saying.of_order(s.order, ordered.sku, ordered.number)), *_reported(s)]
        links.append(Link("invoice", line.sku, saying.of_invoice(case, line.sku, line.number)))
        yield Hit(
            (line.number,), ordered.sku, line.sku, line.amount, saying.origin_of(links),
            f"{saying.place(s)} bills {line.sku}, line {ordered.number} of order {s.order.number} is for {ordered.sku}.",
            saying.walk(links), saying.sources(links),
        )  # fmt: skip


def _reported(s: Strand) -> list[Link]:
    if s.work and any(x.sku == s.line.sku for x in s.work.lines):
        return [Link("work_order", s.line.sku, saying.of_work(s.work, f"{s.line.sku} used"))]
    return []
