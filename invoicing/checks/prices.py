"""Prices: contract → purchase order → order → invoice, line by line, in one unit.

What the customer will pay (`expected`) is the purchase order's price where it names one, else the contract's in force on the price day,
else the order's. Decision table for a line billed at another price, first row that fits:

| billed price is … | rule | origin |
| --- | --- | --- |
| the agreed one per another unit, or units don't convert | unit | pricing_setup, order_entry, billing_output: first with another |
| the contract's, and the purchase order names another | price | pricing_setup |
| that of another version, and the order has it too, or there is no order | contract_version | contract_setup |
| that of another version, and the order has another price | contract_version | billing_output |
| the right version's with more or fewer escalations | escalator | likewise |
| anything else | price | order_entry if the order is the first that differs, else billing_output |

Billed at the purchase order's price, while the contract names another: `po_price`, a warning; contract_setup when it is the price of
another version (the amendment never reached the purchase order), else pricing_setup.
"""

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import NamedTuple

from arops.lib import money
from invoicing.checks import saying
from invoicing.checks.case import Case, Strand
from invoicing.checks.facts import Version
from invoicing.checks.pricing import ONE, Agreed, agreed_price, escalated
from invoicing.checks.saying import Hit, Link

HALF = Decimal("0.5")


class Quote(NamedTuple):
    """A price that a document of the chain names, in its own unit and turned into the invoice line's (None: can't be)."""

    document: str
    unit_price: Decimal
    unit: str
    here: Decimal | None


class Gap(NamedTuple):
    """A line whose price isn't the agreed one: which rule it breaks, and all that is needed to say so."""

    rule: str
    strand: Strand
    expected: Quote
    quotes: tuple[Quote, ...]
    origin: str
    effect: int
    note: str
    agreed: Agreed | None


def gaps(case: Case) -> list[Gap]:
    """Every line's price judged, once for all rules about prices."""
    if case.gaps is None:
        case.gaps = []
        for strand in case.strands:
            if ("price", strand.line.number) not in case.settled and (gap := _gap(strand, case)):
                case.gaps.append(gap)
                if gap.rule != "po_price":
                    case.explain(strand.line.number, gap.effect)
                if gap.rule == "unit":
                    case.settled.add(("quantity", strand.line.number))
    return case.gaps


def of_rule(rule: str) -> Callable[[Case], Iterator[Hit]]:
    """The rule that tells the gaps of its kind."""
    return lambda case: (_hit(gap, case) for gap in gaps(case) if gap.rule == rule)


def _gap(s: Strand, case: Case) -> Gap | None:
    quotes, agreed = _quotes(s, case)
    if not quotes:
        return None
    line = s.line
    expected = next((q for q in quotes if q.document == "purchase_order"), quotes[0])
    if line.unit_price == expected.unit_price and line.unit == expected.unit:
        contract = quotes[0]
        if contract is expected or contract.document != "contract" or _same(contract, line.unit_price, s, case):
            return None
        return _against_contract(s, case, expected, quotes, agreed)
    if _same(expected, line.unit_price, s, case):
        contract = quotes[0]
        if contract is not expected and contract.document == "contract" and not _same(contract, line.unit_price, s, case):
            return _against_contract(s, case, expected, quotes, agreed)
        return None
    return _judge(s, case, expected, quotes, agreed)


def _quotes(s: Strand, case: Case) -> tuple[tuple[Quote, ...], Agreed | None]:
    """The prices along the chain; nothing where currencies differ or the line is no article."""
    line, found, agreed = s.line, [], None
    if s.step or not line.quantity or line.sku in case.policy.release_skus:
        return (), None
    if s.version and s.version.prices and (agreed := agreed_price(s.version, line.sku, _tier(s, case), line.unit, s.day)):
        found.append(_quote("contract", agreed.unit_price, agreed.unit, s, case))
    if s.po_line and s.po_line.unit_price is not None:
        found.append(_quote("purchase_order", s.po_line.unit_price, s.po_line.unit, s, case))
    if s.order_line and line.sku not in case.policy.freight_skus:
        found.append(_quote("order", s.order_line.unit_price, s.order_line.unit, s, case))
    return tuple(found), agreed


def _quote(document: str, unit_price: Decimal, unit: str, s: Strand, case: Case) -> Quote:
    line = s.line
    if unit == line.unit:
        return Quote(document, unit_price, unit, unit_price)
    times = case.factor(line.sku, line.unit, unit)
    return Quote(document, unit_price, unit or line.unit, None if times is None else unit_price * times)


def _tier(s: Strand, case: Case) -> Decimal:
    """The quantity that decides the tier: what was ordered, not the part that this invoice bills."""
    for known in (s.order_line, s.po_line):
        if known and known.quantity is not None:
            times = case.factor(s.line.sku, known.unit, s.line.unit)
            return known.quantity * (times or ONE)
    return s.line.quantity


def _same(quote: Quote, unit_price: Decimal, s: Strand, case: Case) -> bool:
    """Whether the price comes to the same amount: to the cent, or within one where it was turned into another unit."""
    if quote.here is None:
        return False
    if quote.here == unit_price:
        return True
    gap = abs((quote.here - unit_price) * s.line.quantity).scaleb(money.exponent(case.document.currency))
    return gap < (HALF if quote.unit == s.line.unit else ONE) + case.policy.tolerance


def _judge(s: Strand, case: Case, expected: Quote, quotes: tuple[Quote, ...], agreed: Agreed | None) -> Gap:
    line = s.line
    if expected.here is None or (line.unit != expected.unit and line.unit_price == expected.unit_price):
        return Gap("unit", s, expected, quotes, _unit_origin(s, quotes), 0, "", agreed)
    effect = _effect(s, case, expected)
    contract, order = quotes[0], quotes[-1]
    if contract is not expected and contract.document == "contract" and _same(contract, line.unit_price, s, case):
        return Gap("price", s, expected, quotes, "pricing_setup", effect, "", agreed)
    if order.document == "order" and order.unit != expected.unit and order.unit_price == expected.unit_price:
        return Gap("unit", s, expected, quotes, "order_entry", 0, "", agreed)
    stale = "contract_setup" if order.document != "order" or _same(order, line.unit_price, s, case) else "billing_output"
    if agreed and s.contract and contract.document == "contract" and _same(contract, expected.here, s, case):
        if other := _other_version(s, line.unit_price, agreed.version):
            return Gap("contract_version", s, expected, quotes, stale, effect, f"It is the price of version {other.number}.", agreed)
        if (times := _other_escalation(agreed, line.unit_price)) is not None:
            rises = "1 escalation" if times == 1 else f"{times} escalations"
            so_far = "was 1" if agreed.escalations == 1 else f"were {agreed.escalations}"
            note = f"It is the price after {rises}; on {saying.day(s.day)} there {so_far}."
            return Gap("escalator", s, expected, quotes, stale, effect, note, agreed)
    broken = order.document == "order" and order is not expected and not _same(order, expected.here, s, case)
    return Gap("price", s, expected, quotes, "order_entry" if broken else "billing_output", effect, _other_tier(s, agreed), agreed)


def _against_contract(s: Strand, case: Case, expected: Quote, quotes: tuple[Quote, ...], agreed: Agreed | None) -> Gap:
    """Billed as the purchase order says, while the contract says otherwise."""
    contract = quotes[0]
    other = _other_version(s, expected.unit_price, agreed.version) if agreed else None
    note = f"The purchase order has the price of version {other.number}." if other else ""
    effect = _effect(s, case, contract)
    return Gap("po_price", s, contract, quotes, "contract_setup" if other else "pricing_setup", effect, note, agreed)


def _effect(s: Strand, case: Case, expected: Quote) -> int:
    if expected.here is None:
        return 0
    return saying.minor(case, s.line.unit_price * s.line.quantity) - saying.minor(case, expected.here * s.line.quantity)


def _unit_origin(s: Strand, quotes: tuple[Quote, ...]) -> str:
    """The first link with another unit than the one before it."""
    units = [(q.document, q.unit) for q in quotes] + [("invoice", s.line.unit)]
    broken = next((doc for n, (doc, unit) in enumerate(units) if n and unit != units[n - 1][1]), "invoice")
    return saying.ORIGIN_OF_BREAK[broken]


def _other_version(s: Strand, unit_price: Decimal, right: Version) -> Version | None:
    for version in reversed(s.contract.versions if s.contract else ()):
        if version is right:
            continue
        for one in version.prices.get(s.line.sku, ()):
            if unit_price == one.unit_price or (
                version.escalator_percent and _escalation_of(one.unit_price, version, unit_price) is not None
            ):
                return version
    return None


def _other_escalation(agreed: Agreed, unit_price: Decimal) -> int | None:
    times = _escalation_of(agreed.price.unit_price, agreed.version, unit_price) if agreed.version.escalator_percent else None
    return None if times == agreed.escalations else times


def _escalation_of(base: Decimal, version: Version, unit_price: Decimal) -> int | None:
    return next((n for n in range(11) if escalated(base, version, n) == unit_price), None)


def _other_tier(s: Strand, agreed: Agreed | None) -> str:
    if not agreed:
        return ""
    for one in agreed.version.prices.get(s.line.sku, ()):
        if one is not agreed.price and escalated(one.unit_price, agreed.version, agreed.escalations) == s.line.unit_price:
            return f"It is the price from {saying.number(one.from_quantity)} {one.unit} on."
    return ""


def _hit(gap: Gap, case: Case) -> Hit:
    s, expected = gap.strand, gap.expected
    line = s.line
    links = [_link(q, gap, case) for q in gap.quotes]
    links.append(Link("invoice", line.unit_price, saying.of_invoice(case, saying.price(line.unit_price, line.unit), line.number)))
    billed, agreed = saying.price(line.unit_price, line.unit), saying.price(expected.unit_price, expected.unit)
    if gap.rule == "unit":
        sum_ = _unit_words(gap)
    else:
        sum_ = f"{saying.too_much(case, gap.effect)} for {saying.quantity(line.quantity, line.unit)}"
    by = saying.name_of(links[gap.quotes.index(expected)].source)
    words = f"{saying.place(s)} is billed at {billed}, agreed is {agreed} ({by}): {sum_}. {gap.note}".rstrip()
    return Hit((line.number,), agreed, billed, gap.effect, gap.origin, words, _reasoning(gap, links), saying.sources(links))


def _unit_words(gap: Gap) -> str:
    line, expected = gap.strand.line, gap.expected
    if expected.here is None:
        return f"nobody said how many {expected.unit} one {line.unit or 'unit'} is"
    return f"one {line.unit} would be {saying.price(expected.here)}; either unit or price is wrong, so that no sum can be named"


def _reasoning(gap: Gap, links: list[Link]) -> str:
    why = {
        "contract_setup": "The price that was used belongs to another state of the contract: what was set up was not brought up to date.",
        "pricing_setup": "Contract and purchase order name different prices: the first break lies between them.",
        "order_entry": "The order is the first that differs from what stands before it.",
        "billing_output": "All documents before it agree: the invoice is the first that differs.",
    }[gap.origin]
    return saying.walk(links, f"{why} {gap.note}".rstrip())


def _link(quote: Quote, gap: Gap, case: Case) -> Link:
    s, value = gap.strand, saying.price(quote.unit_price, quote.unit)
    if quote.document == "contract" and s.contract:
        return Link("contract", quote.here, saying.of_contract(s.contract, s.version, value))
    if quote.document == "purchase_order" and s.po:
        return Link("purchase_order", quote.here, saying.of_po(s.po, value, s.po_line.number if s.po_line else None))
    if s.order:
        return Link("order", quote.here, saying.of_order(s.order, value, s.order_line.number if s.order_line else None))
    return Link("invoice", quote.here, saying.of_invoice(case, value))
