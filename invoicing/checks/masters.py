"""What holds for the whole document: its customer, currency, terms of payment, address; and orders that were cancelled.

| what differs | rule | origin |
| --- | --- | --- |
| order, contract or work order of another customer | customer_wrong | order_entry if only the order is, else billing_output |
| the order is cancelled | order_cancelled | billing_output |
| another currency than agreed, and the order has it so | currency | order_entry |
| … the customer master has it so, the order (if any) doesn't | currency | customer_master |
| … none has it so | currency | billing_output |
| other terms than agreed: the order has them so | terms | order_entry |
| … the customer master has them so, and the order says nothing else | terms | customer_master |
| … only the purchase order has them so, against the contract | terms | contract_setup |
| … none has them so | terms | billing_output |
| another address than the purchase order asks for: the order has it so | bill_to | order_entry |
| … the customer master has it so | bill_to | customer_master |
| … else | bill_to | billing_output |

What was agreed is what the contract says, else the purchase order, else the order, else the customer master.
"""

from collections.abc import Iterator
from functools import lru_cache

from customers.terms import Terms, TermsError, parse_terms
from invoicing.checks import saying
from invoicing.checks.case import Case
from invoicing.checks.saying import Hit, Link


def customer_wrong(case: Case) -> Iterator[Hit]:
    """Records of another customer among those that are billed."""
    d = case.document
    for s in case.strands:
        for kind, record in (("order", s.order), ("contract", s.contract), ("work_order", s.work)):
            if record is None or record.customer == d.customer or (kind, record.key) in case.settled or case.is_family(record.customer):
                continue
            case.settled.add((kind, record.key))
            name = saying.other(case, record.customer)
            mine = (s.po and s.po.customer == d.customer) or (kind == "order" and s.contract and s.contract.customer == d.customer)
            source = saying.Source(kind, record.number, record.key, None, record.revision, None, name)
            links = [Link("purchase_order", d.customer, saying.of_po(s.po, "this customer's"))] if s.po and mine else []
            links += [Link(kind, record.customer, source), Link("invoice", d.customer, saying.of_invoice(case, _me(case), s.line.number))]
            numbers = tuple(x.line.number for x in case.strands if record in (x.order, x.contract, x.work))
            yield Hit(
                numbers, name, _me(case), sum(x.line.amount for x in case.strands if x.line.number in numbers),
                "order_entry" if mine and kind == "order" else "billing_output",
                f"{saying.NAMES[kind].capitalize()} {record.number} is {name}'s, the invoice goes to {_me(case)}.",
                saying.walk(links), saying.sources(links), f"{kind}:{record.key}",
            )  # fmt: skip


def cancelled(case: Case) -> Iterator[Hit]:
    """Orders that were cancelled are billed all the same."""
    for order in case.orders():
        if order.state != "cancelled":
            continue
        strands = [s for s in case.strands if s.order is order]
        for s in strands:
            case.settled.add(("quantity", s.line.number))
        effect = sum(case.right_amount(s.line) for s in strands)
        links = [
            Link("order", "cancelled", saying.of_order(order, "cancelled")),
            Link("invoice", "billed", saying.of_invoice(case, saying.amount(case, effect))),
        ]
        yield Hit(
            tuple(s.line.number for s in strands), "nothing: the order is cancelled", saying.amount(case, effect), effect, "billing_output",
            f"Order {order.number} is cancelled, yet {saying.amount(case, effect)} are billed on it.",
            saying.walk(links), saying.sources(links), order.number,
        )  # fmt: skip


def currency(case: Case) -> Iterator[Hit]:
    """Another currency than agreed."""
    d = case.document
    named = [*(x.currency for x in case.contracts()), *(x.currency for x in case.purchase_orders()), *(x.currency for x in case.orders())]
    if all(x == d.currency for x in named):
        return
    links = _chain(case, "currency")
    if not links or links[0].document == "customer" or all(x.value == d.currency for x in links):
        return
    agreed, by_order = links[0], next((x for x in links if x.document == "order"), None)
    if agreed.value == d.currency:
        return
    if by_order is not None and by_order is not agreed and by_order.value == d.currency:
        origin = "order_entry"
    elif by_order is None and links[-1].document == "customer" and links[-1] is not agreed and links[-1].value == d.currency:
        origin = "customer_master"
    else:
        origin = "billing_output"
    links.append(Link("invoice", d.currency, saying.of_invoice(case, d.currency)))
    for s in case.strands:
        case.settled.add(("price", s.line.number))
    yield Hit(
        (), str(agreed.value), d.currency, 0, origin,
        f"The invoice is in {d.currency}, agreed is {agreed.value} ({saying.name_of(agreed.source)}): no price of it can be right.",
        saying.walk(links, _WHY[origin]), saying.sources(links),
    )  # fmt: skip


def terms(case: Case) -> Iterator[Hit]:
    """Other terms of payment than agreed."""
    d = case.document
    if not _terms_doubtful(case):
        return
    links = [x for x in _chain(case, "payment_terms") if x.value is not None]
    billed = _read(d.payment_terms or (case.customer.payment_terms if case.customer else ""))
    if not links or billed is None or links[0].value == billed:
        return
    agreed = links[0]
    of = {x.document: x for x in links[1:]}
    order, master, po = of.get("order"), of.get("customer"), of.get("purchase_order")
    if order and order.value == billed:
        origin = "order_entry"
    elif master and master.value == billed and not (order and order.value == agreed.value):
        origin = "customer_master"
    elif po and po.value == billed:
        origin = "contract_setup"
    else:
        origin = "billing_output"
    links.append(Link("invoice", billed, saying.of_invoice(case, d.payment_terms or "as the customer master says")))
    yield Hit(
        (), agreed.source.value, d.payment_terms or links[-2].source.value, 0, origin,
        f"Billed with terms {d.payment_terms or links[-2].source.value}, agreed are {agreed.source.value} "
        f"({saying.name_of(agreed.source)}).",
        saying.walk(links, _WHY[origin]), saying.sources(links),
    )  # fmt: skip


def _terms_doubtful(case: Case) -> bool:
    """Whether the first document that names terms names others than are billed."""
    d = case.document
    billed = _read(d.payment_terms or (case.customer.payment_terms if case.customer else ""))
    first = next((s for s in case.strands if s.contract), None)
    said = first.version.payment_terms if first and first.version else ""
    said = said or next((x.payment_terms for x in case.purchase_orders()[:1]), "")
    said = said or next((x.payment_terms for x in case.orders()[:1]), "")
    said = said or (case.customer.payment_terms if case.customer else "")
    return bool(said) and _read(said) != billed


def bill_to(case: Case) -> Iterator[Hit]:
    """Another address than the purchase order asks for."""
    d, customer = case.document, case.customer
    po = next((x for x in case.purchase_orders() if x.bill_to and case.is_family(x.customer)), None)
    if not po or not d.bill_to or _plain(po.bill_to) == _plain(d.bill_to):
        return
    order = next((o for o in case.orders() if o.bill_to), None)
    links = [Link("purchase_order", _plain(po.bill_to), saying.of_po(po, _one_line(po.bill_to)))]
    if order:
        links.append(Link("order", _plain(order.bill_to), saying.of_order(order, _one_line(order.bill_to))))
    if customer and customer.address:
        links.append(Link("customer", _plain(customer.address), saying.of_customer(customer, _one_line(customer.address))))
    links.append(Link("invoice", _plain(d.bill_to), saying.of_invoice(case, _one_line(d.bill_to))))
    if order and _plain(order.bill_to) != _plain(po.bill_to):
        origin = "order_entry"
    elif customer and _plain(customer.address) == _plain(d.bill_to):
        origin = "customer_master"
    else:
        origin = "billing_output"
    yield Hit(
        (), _one_line(po.bill_to), _one_line(d.bill_to), 0, origin,
        f"The invoice goes to {_one_line(d.bill_to)}; {po.number} asks for {_one_line(po.bill_to)}.",
        saying.walk(links, _WHY[origin]), saying.sources(links),
    )  # fmt: skip


_WHY = {
    "order_entry": "The order is the first that differs from what was agreed.",
    "customer_master": "The order says nothing else, so the customer master was taken: it is the first that differs.",
    "contract_setup": "Purchase order and contract differ: what was set up doesn't fit what the customer ordered on.",
    "billing_output": "All documents before it agree: the invoice is the first that differs.",
}


def _chain(case: Case, what: str) -> list[Link]:
    """What each document says of the currency or of the terms, contract first; terms as read, so that spelling doesn't count."""
    links = []
    first = next((s for s in case.strands if s.contract), None)
    if first and first.contract and (what == "currency" or first.version):
        value = first.contract.currency if what == "currency" else first.version.payment_terms if first.version else ""
        links.append(("contract", value, saying.of_contract(first.contract, first.version, value)))
    for po in case.purchase_orders()[:1]:
        value = getattr(po, what)
        links.append(("purchase_order", value, saying.of_po(po, value)))
    for order in case.orders()[:1]:
        value = getattr(order, what)
        links.append(("order", value, saying.of_order(order, value)))
    if case.customer:
        value = getattr(case.customer, what)
        links.append(("customer", value, saying.of_customer(case.customer, value)))
    return [Link(kind, value if what == "currency" else _read(value), source) for kind, value, source in links if value]


@lru_cache(maxsize=1024)
def _read(text: str) -> Terms | None:
    try:
        return parse_terms(text)
    except TermsError:
        return None


def _me(case: Case) -> str:
    return case.customer.name if case.customer else "this customer"


@lru_cache(maxsize=4096)
def _plain(text: str) -> str:
    return "".join(x for x in text.upper() if x.isalnum())


def _one_line(text: str) -> str:
    return ", ".join(part.strip() for part in text.splitlines() if part.strip())[:120]
