"""How findings are told: figures as people read them, the chain of documents with its first break, and where each figure stands."""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from arops.lib import money
from invoicing.checks.case import Case, Strand
from invoicing.checks.facts import Contract, Customer, Order, PurchaseOrder, Version, WorkOrder
from invoicing.checks.found import Source

ORIGIN_OF_BREAK = {
    "purchase_order": "pricing_setup",
    "order": "order_entry",
    "work_order": "service_execution",
    "delivery": "logistics",
    "customer": "customer_master",
    "invoice": "billing_output",
}
"""Whose error it is when a link is the first that differs from the one before it."""

NAMES = {
    "contract": "contract", "purchase_order": "purchase order", "order": "order", "work_order": "work order", "delivery": "delivery",
    "customer": "customer master",
}  # fmt: skip


class Link(NamedTuple):
    """One document of the chain: what stands in it (`value`, comparable), how it reads, and where."""

    document: str
    value: object
    source: Source


class Hit(NamedTuple):
    """What a rule found; the table adds what it knows of the rule."""

    lines: tuple[int, ...]
    expected: str
    billed: str
    effect: int
    origin: str
    words: str
    reasoning: str
    sources: tuple[Source, ...]
    tell: str = ""


def other(case: Case, customer: int) -> str:
    """Another customer, by its number alone: whoever reads the finding may not see that account, and never learns its name so."""
    owner = case.facts.customers.get(customer)
    return f"customer {owner.number}" if owner else "another customer"


def first_break(links: Sequence[Link]) -> int:
    """The place of the first link whose value isn't that of the one before; the last one where all agree."""
    return next((n for n in range(1, len(links)) if links[n].value != links[n - 1].value), len(links) - 1)


def origin_of(links: Sequence[Link]) -> str:
    """The point of origin by the chain: whose link breaks it first."""
    return ORIGIN_OF_BREAK.get(links[first_break(links)].document, "billing_output")


def walk(links: Sequence[Link], why: str = "") -> str:
    """The chain in words, link by link, with the first that breaks it."""
    steps = " → ".join(f"{name_of(x.source)}: {x.source.value}" for x in links)
    broken = links[first_break(links)]
    if why:
        return f"{steps}. {why}"
    before = links[max(first_break(links) - 1, 0)]
    return f"{steps}. The first that differs from what stands before it: {name_of(broken.source)} (against {name_of(before.source)})."


def name_of(source: Source) -> str:
    """A document by kind and number, with its version or line."""
    is_this = source.document == "invoice" and not source.key
    kind = "this invoice" if is_this else NAMES.get(source.document, source.document.replace("_", " "))
    number = f" {source.number}" if source.number and not is_this else ""
    part = f" version {source.revision}" if source.document == "contract" and source.revision else ""
    return f"{kind}{number}{part}" + (f" line {source.line}" if source.line is not None else "")


def sources(links: Iterable[Link]) -> tuple[Source, ...]:
    """Where the links' values stand."""
    return tuple(x.source for x in links)


def of_contract(contract: Contract, version: Version | None, value: str) -> Source:
    """A value that stands in a contract's version."""
    number, day = (version.number, version.valid_from) if version else (None, contract.ended_on)
    return Source("contract", contract.number, contract.key, None, number, day, value)


def of_po(po: PurchaseOrder, value: str, line: int | None = None) -> Source:
    """A value that stands in a purchase order."""
    return Source("purchase_order", po.number, po.key, line, po.revision, po.issued_on, value)


def of_order(order: Order, value: str, line: int | None = None) -> Source:
    """A value that stands in a sales order."""
    return Source("order", order.number, order.key, line, order.revision, order.ordered_on, value)


def of_delivery(order: Order, value: str, line: int | None = None) -> Source:
    """What the deliveries of an order say together."""
    return Source("delivery", ", ".join(order.deliveries[:3]), order.key, line, None, order.delivered_on, value)


def of_work(work: WorkOrder, value: str, line: int | None = None) -> Source:
    """A value that stands in a work order."""
    return Source("work_order", work.number, work.key, line, work.revision, work.completed_on or work.ordered_on, value)


def of_customer(customer: Customer, value: str) -> Source:
    """A value that stands in the customer master."""
    return Source("customer", customer.number, customer.key, None, None, None, value)


def of_earlier(key: int, number: str, line: int | None, day: date, value: str) -> Source:
    """A value that stands in an invoice issued before, or (without a pk of its own) in one that waits beside this."""
    return Source("invoice" if key > 0 else "draft", number, max(key, 0), line, None, day, value)


def of_invoice(case: Case, value: str, line: int | None = None) -> Source:
    """A value that stands in the document under check."""
    return Source("invoice", case.document.number, 0, line, None, case.document.document_date, value)


def number(value: Decimal) -> str:
    """A quantity or rate without needless zeros: 12.50 is 12.5."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def price(value: Decimal, unit: str = "") -> str:
    """A unit price with two decimals, or as many as it has, and its unit."""
    plain = number(value)
    whole, _, fraction = plain.partition(".")
    text = f"{int(whole):,}.{fraction.ljust(2, '0')}" if not plain.startswith("-") else plain
    return f"{text} per {unit}" if unit else text


def quantity(value: Decimal, unit: str) -> str:
    """A quantity with its unit; one that was turned into another unit is rounded for reading."""
    return f"{number(round(value, 4))} {unit}".rstrip()


def amount(case: Case, minor: int) -> str:
    """An amount with its currency; zero as 0."""
    currency = case.document.currency
    return f"{money.format(minor, currency) if minor else '0'} {currency}"


def too_much(case: Case, effect: int) -> str:
    """What a finding comes to, in words: 250.00 USD too much."""
    return f"{amount(case, abs(effect))} too {'much' if effect > 0 else 'little'}" if effect else "no sum hangs on it"


def place(strand: Strand) -> str:
    """A line as findings name it."""
    return f"Line {strand.line.number}" + (f" ({strand.line.sku})" if strand.line.sku else "")


def day(value: date | None) -> str:
    """A day, or that there is none."""
    return value.isoformat() if value else "no day"


def minor(case: Case, value: Decimal) -> int:
    """Minor units of a computed amount in major units."""
    return money.round_to_minor(value, case.document.currency)
