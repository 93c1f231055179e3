"""What stands to be billed, of one source each: its lines with their prices, and what is in the way. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from arops.lib import money
from invoicing.billing.model import Offer, OfferLine, Reason, Slot
from invoicing.billing.money import amount_of, rate_on, six_places
from invoicing.checks.facts import (
    ZERO,
    Contract,
    Customer,
    Facts,
    Order,
    OrderLine,
    PurchaseOrder,
    Step,
    Version,
    WorkLine,
    WorkOrder,
)
from invoicing.checks.pricing import agreed_price, factor, version_on

APART = ("milestones", "schedule", "progress")
"""Contracts billed by these aren't billed by their work orders or orders."""
Texts = Mapping[tuple[str, int, int], str]
"""("work" or "order", key, number of the line) → what the line is called."""
NOT_SIGNED = Reason("not_signed", "the customer has not signed for the work", "service")
NO_LINES = Reason("nothing_billable", "nothing of it is billable", "service")


@dataclass(frozen=True, slots=True)
class Around:
    """What a source hangs on: its order, contract with the version in force on the day that counts, purchase order."""

    order: Order | None
    contract: Contract | None
    version: Version | None
    purchase: PurchaseOrder | None
    day: date

    @property
    def po_number(self) -> str:
        """The customer's purchase order, as it is recorded or as the order desk wrote it down."""
        return self.purchase.number if self.purchase else self.order.po_number if self.order else ""


def of_work_order(facts: Facts, work: WorkOrder, texts: Texts, today: date) -> Offer | None:
    """A finished work order, priced by the contract as of its completion, else by its order; None where it isn't billed by itself."""
    around = _around(facts, work.order, work.contract, work.purchase_order, work.completed_on or today)
    if around.version and around.version.billing in APART:
        return None
    customer = facts.customers[work.customer]
    reasons, lines = list(_hindrances(facts, customer, around, today)), list[OfferLine]()
    signed = work.signed_off_by or work.signed_off_on or "sign_off" in work.attachments
    if not signed and _signature_wanted(customer, around, today):
        reasons.append(NOT_SIGNED)
    for line in work.lines:
        if not line.is_billable or line.quantity <= 0:
            continue
        made = _work_line(facts, work, line, around, customer, texts)
        if isinstance(made, Reason):
            reasons.append(made)
        else:
            lines.append(made)
    if not lines and not reasons:
        reasons.append(NO_LINES)
    return Offer(
        "work", (f"work_order:{work.key}",), work.number, "", ("orders.workorder", work.key), work.customer, work.currency, around.day,
        tuple(lines), cost_code=work.cost_code, reasons=_once(reasons), **_frame(customer, around),
    )  # fmt: skip


def of_order(
    facts: Facts, order: Order, quantities: Mapping[int, Decimal], keys: Sequence[str], number: str, record: tuple[str, int], day: date,
    texts: Texts, today: date, freight: str = "",
) -> Offer | None:  # fmt: skip
    """Quantities of an order's lines that left, or the order as a whole; `freight` is the article that its freight is billed as."""
    around = _around(facts, order.key, order.contract, order.purchase_order, order.ordered_on)
    if around.version and around.version.billing in APART:
        return None
    customer = facts.customers[order.customer]
    reasons, lines = list(_hindrances(facts, customer, around, today)), []
    for line_number, quantity in quantities.items():
        line = order.lines.get(line_number)
        if line is not None and quantity > 0:
            lines.append(_order_line(order, line, quantity, around, customer, texts))
    charge = order.freight_amount if _freight_billed(order, around) else None
    if freight and charge:
        lines.append(_flat(freight, "Freight", charge, order.currency, tax_code_of(customer, around), around))
    if not lines:
        return None
    kind = "delivery" if record[0] == "orders.delivery" else "order"
    return Offer(
        kind, tuple(keys), number, f"order {order.number}" if kind == "delivery" else "", record, order.customer, order.currency, day,
        tuple(lines), reasons=_once(reasons), **_frame(customer, around),
    )  # fmt: skip


def of_milestone(facts: Facts, contract: Contract, code: str, today: date) -> Offer | None:
    """A milestone that was reached; None when no version in force on its day knows it, or it was billed."""
    reached = contract.reached[code]
    return _of_step(facts, contract, code, reached, today, "milestone", f"milestone:{contract.key}:{code}")


def of_slot(facts: Facts, contract: Contract, slot: Slot, today: date) -> Offer | None:
    """One period of a recurring amount; None when it was billed."""
    claims = contract.step_claims.get(slot.code, ())
    if any(slot.day <= claim.about < slot.following for claim in claims):
        return None
    key = f"schedule:{contract.key}:{slot.code}:{slot.day}"
    return _of_step(facts, contract, slot.code, slot.day, today, "schedule", key, slot.following - timedelta(days=1))


def _of_step(
    facts: Facts, contract: Contract, code: str, day: date, today: date, kind: str, key: str, last: date | None = None
) -> Offer | None:  # fmt: skip
    """A step of the version in force on the day; `last`: the last day of its period, where it has one."""
    around = _around(facts, None, contract.key, None, day)
    step = around.version.steps.get(code) if around.version else None
    if step is None or (kind == "milestone" and (step.kind != "milestone" or contract.step_claims.get(code))):
        return None
    customer = facts.customers[contract.customer]
    said = step.name or code
    description = f"{said}, {day:%-d %B %Y}" if kind == "schedule" else said
    line = _flat(step.code, description, step.amount, contract.currency, tax_code_of(customer, around), around)
    if last:
        line = replace(line, period_from=day, period_to=last)
    return Offer(
        kind, (key,), f"{contract.number} {code}", description, ("orders.contract", contract.key), contract.customer, contract.currency,
        day, (line,), reasons=_once(_hindrances(facts, customer, around, today)), **_frame(customer, around),
    )  # fmt: skip


def slots(contract: Contract, today: date) -> Iterator[Slot]:
    """The days up to today on which a recurring amount of a contract is to be billed, each by the version in force on it."""
    for version in contract.versions:
        for step in version.steps.values():
            if step.kind == "recurring" and (first := step.planned_on or version.valid_from):
                for day, following in _days(first, step, version, today):
                    if version_on(contract, day) is version:
                        yield Slot(contract.key, step.code, day, following)


def _days(first: date, step: Step, version: Version, today: date) -> Iterator[tuple[date, date]]:
    last = min(day for day in (today, step.until, version.valid_to) if day is not None)
    n, day = 0, first
    while day <= last:
        n += 1
        following = months_after(first, n * step.every_months)
        if day >= version.valid_from:
            yield day, following
        day = following


def months_after(day: date, months: int) -> date:
    """The same day so many months on, or the last of that month where it has fewer days."""
    index = day.year * 12 + day.month - 1 + months
    first = date(index // 12, index % 12 + 1, 1)
    last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    return min(first + timedelta(days=day.day - 1), last)


def _around(facts: Facts, order: int | None, contract: int | None, purchase: int | None, day: date) -> Around:
    known = facts.orders.get(order or 0)
    bought = facts.purchase_orders.get(purchase or (known.purchase_order if known else None) or 0)
    agreed = facts.contracts.get(contract or (known.contract if known else None) or (bought.contract if bought else None) or 0)
    return Around(known, agreed, version_on(agreed, day) if agreed else None, bought, day)


def _frame(customer: Customer, around: Around) -> dict[str, Any]:
    """What the invoice's head takes from the chain: terms from contract, purchase order, order, customer, in that order."""
    version, bought, order = around.version, around.purchase, around.order
    agreed = (version and version.payment_terms) or (bought and bought.payment_terms) or (order and order.payment_terms)
    return {
        "po_number": around.po_number, "order": order.number if order else "",
        "contract": around.contract.number if around.contract else "",
        "payment_terms": agreed or customer.payment_terms,
        "retainage_percent": version.retainage_percent if version else ZERO,
    }  # fmt: skip


def tax_code_of(customer: Customer, around: Around, line: OrderLine | None = None) -> str:
    """The tax code of a line: its own order line's, the contract's, the order's, the customer's."""
    version, order = around.version, around.order
    own = line.tax_code if line else ""
    return own or (version.tax_code if version else "") or (order.tax_code if order else "") or customer.tax_code


def frame_of(facts: Facts, contract: int, day: date) -> dict[str, Any]:
    """The head of an invoice that bills a contract by itself: purchase order, terms, share of retainage."""
    around = _around(facts, None, contract, None, day)
    return _frame(facts.customers[facts.contracts[contract].customer], around)


def tax_code_for(facts: Facts, contract: int, day: date) -> str:
    """The tax code of a line that bills a contract by itself."""
    return tax_code_of(facts.customers[facts.contracts[contract].customer], _around(facts, None, contract, None, day))


def _hindrances(facts: Facts, customer: Customer, around: Around, today: date) -> Iterator[Reason]:
    """What keeps all of it from being billed today."""
    wants = {r.kind for r in customer.requirements if r.valid_from <= today and (r.valid_to is None or today <= r.valid_to)}
    if "po_number" in wants and not around.po_number:
        yield Reason("po_missing", "the customer wants a purchase order number, and none is known", "sales")
    bought = around.purchase
    if bought and (bought.state != "open" or (bought.expires_on and today > bought.expires_on)):
        said = f"expired on {bought.expires_on}" if bought.state == "open" else f"is {bought.state}"
        yield Reason("po_expired", f"purchase order {bought.number} {said}", "sales")
    if around.contract and around.version is None:
        yield Reason("not_in_force", f"no version of contract {around.contract.number} is in force on {around.day}", "contracts")
    code = tax_code_of(customer, around)
    if code and rate_on(facts.tax_rates, code, today) is None:
        yield Reason("no_tax_rate", f"there is no rate of tax code {code} on {today}", "tax")


def _signature_wanted(customer: Customer, around: Around, today: date) -> bool:
    asked = any(
        r.kind == "sign_off" and r.valid_from <= today and (r.valid_to is None or today <= r.valid_to) for r in customer.requirements
    )
    return asked or bool(around.version and around.version.sign_off_needed)


def _work_line(facts: Facts, work: WorkOrder, line: WorkLine, around: Around, customer: Customer, texts: Texts) -> OfferLine | Reason:
    """Priced by the purchase order's line, the contract's rate card, or the order's line, in the unit of the price."""
    ordered = around.order.lines.get(line.order_line or 0) if around.order else None
    priced = _price(around, line.sku, line.quantity, line.unit, ordered)
    if priced is None:
        return Reason("no_price", f"no price is agreed for {line.sku or f'line {line.number}'}", "pricing")
    unit, price = priced
    turned = factor(facts.conversions, line.sku, line.unit, unit)
    if turned is None:
        return Reason("no_conversion", f"nothing says how many {unit} one {line.unit} of {line.sku} is", "pricing")
    quantity = six_places(line.quantity * turned)
    return OfferLine(
        line.sku, texts.get(("work", work.key, line.number), "") or line.sku, quantity, unit or line.unit, price,
        amount_of(quantity, price, work.currency), tax_code_of(customer, around, ordered), ordered.po_line if ordered else None,
        line.order_line, work.number, around.contract.number if around.contract else "",
    )  # fmt: skip


def _order_line(order: Order, line: OrderLine, quantity: Decimal, around: Around, customer: Customer, texts: Texts) -> OfferLine:
    """Priced as agreed where that is said per the order's unit, else as ordered."""
    priced = _price(around, line.sku, line.quantity, line.unit, line)
    price = priced[1] if priced and priced[0] == line.unit else line.unit_price
    return OfferLine(
        line.sku, texts.get(("order", order.key, line.number), "") or line.sku, quantity, line.unit, price,
        amount_of(quantity, price, order.currency), tax_code_of(customer, around, line), line.po_line, line.number, "",
        around.contract.number if around.contract else "",
    )  # fmt: skip


def _price(around: Around, sku: str, quantity: Decimal, unit: str, ordered: OrderLine | None) -> tuple[str, Decimal] | None:
    """Unit and price that the customer will pay: the purchase order's, the contract's as of the day, the order's; in that order."""
    bought = around.purchase.lines.get(ordered.po_line or 0) if around.purchase and ordered else None
    if bought is not None and bought.unit_price is not None:
        return bought.unit or unit, bought.unit_price
    agreed = agreed_price(around.version, sku, quantity, unit, around.day) if around.version and sku else None
    if agreed is not None:
        return agreed.unit, agreed.unit_price
    return (ordered.unit, ordered.unit_price) if ordered else None


def _freight_billed(order: Order, around: Around) -> bool:
    agreed = around.version.freight if around.version else "billed"
    return (order.freight or agreed) == "billed"


def _flat(sku: str, description: str, amount: int, currency: str, tax_code: str, around: Around) -> OfferLine:
    price = money.to_decimal(amount, currency)
    contract = around.contract.number if around.contract else ""
    return OfferLine(sku, description[:300], Decimal(1), "EA", price, amount, tax_code, contract=contract)


def _once(reasons: Iterable[Reason]) -> tuple[Reason, ...]:
    return tuple(dict.fromkeys(reasons))
