"""Invoices of the last months that went out wrong and were paid short by just that: the check explains each of them. Pure.

Each is an order's life with one thing wrong, like those of `arops.demo.faults`, from before the check held anything.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from arops.demo import faults
from arops.demo.faults import COMPANY, PRICES, Fault
from arops.demo.lives import Life, Lives, Row, blanket_of, is_blanket, make_life
from arops.demo.plan import Plan, PlanCustomer, PlanInvoice, PlanPayment
from arops.lib import money
from customers.terms import parse_terms

FIRST, LAST = 30_001, 6
"""Number of the first invoice; days since the latest short payment, so that its statement is in."""
GOODS = (("SRV-HR", 6), ("PRT-FLT", 12))
GREAT = (("PRT-CMP", 4), ("INS-KIT", 4))


@dataclass(frozen=True, slots=True)
class Mistake:
    """An invoice that went out wrong: what the customer left out when it paid, on which lines, why, and what was found in the end."""

    number: str
    rule: str
    customer: str
    short: int
    paid_on: date
    lines: tuple[int, ...]
    reason: str
    cause: str
    words: str
    waiting: bool = False


@dataclass(frozen=True, slots=True)
class Way:
    """How an invoice goes wrong: what spoils it, whom it fits, the lines that are wrong, and what came of it."""

    rule: str
    spoil: Callable[[Fault], None]
    fits: Callable[[PlanCustomer], bool]
    lines: tuple[int, ...]
    reason: str
    cause: str
    words: str
    whole: bool = False
    desk: str = ""
    technician: str = ""
    great: bool = False


def _great_price(fault: Fault) -> None:
    """The price list has the compressor of next year; the contract doesn't."""
    faults.line_of(fault.document, "PRT-CMP")["unit_price"] = "2640.00"


_TYPED = Way("price", faults.price_entered_wrong, faults.single, (1,), "price", "order_price",
             "Hours at 156.75; our contract says 142.50.", desk="Marcus Bell")  # fmt: skip
_LISTED = Way(
    "price", faults.price_billed_wrong, faults.steady, (2,), "price", "billed_price", "Filter sets are 64.20 by contract, not 68.90."
)
_HOURS = Way(
    "quantity_work", faults.more_than_done, faults.single, (1,), "quantity", "billed_more", "Your technician was here six hours, not eight."
)
_BROKEN = Way(
    "quantity_delivered",
    faults.damaged,
    faults.steady,
    (2,),
    "damaged",
    "goods_damaged",
    "Four filter sets came crushed, see the driver's note.",
)
_FREIGHT = Way("freight_not_agreed", faults.freight, faults.steady, (3,), "freight", "order_fees", "Freight is included in our prices.")
_UNSIGNED = Way("work_not_signed", faults.not_signed, faults.signing, (1,), "not_delivered", "work_proof",
                "We pay for work that our site manager signed for.", whole=True, technician="Luis Ortega")  # fmt: skip
_GREAT = Way("price", _great_price, faults.steady, (1,), "price", "billed_price", "", great=True)
WAYS = (
    _TYPED, _LISTED, _UNSIGNED, _TYPED, _BROKEN, _HOURS, _TYPED, _FREIGHT, _LISTED, _UNSIGNED, _TYPED, _BROKEN, _FREIGHT, _TYPED, _LISTED,
    _UNSIGNED, _BROKEN, _TYPED, _HOURS, _GREAT,
)  # fmt: skip
"""The last of them is the one that waits untouched, for whoever tries it."""


def make_mistakes(lives: Lives, plan: Plan) -> list[Mistake]:
    """Add their lives, invoices and payments to the story; each of another customer as far as there are enough."""
    ours = [c for c in reversed(lives.covered) if c.company == COMPANY and c.terms in ("net 14", "net 30", "net 45")]
    used: dict[str, int] = {}
    made = []
    for n, way in enumerate(WAYS):
        choice = sorted((c for c in ours if way.fits(c)), key=lambda c: used.get(c.number, 0))
        if choice:
            used[choice[0].number] = used.get(choice[0].number, 0) + 1
            made.append(_mistake(n, way, choice[0], lives, plan))
    plan.invoices.sort(key=lambda i: (i.day, i.company, i.customer))
    plan.payments.sort(key=lambda p: (p.day, p.company, p.payer))
    return made


def _mistake(n: int, way: Way, customer: PlanCustomer, lives: Lives, plan: Plan) -> Mistake:
    paid_on = _working(plan.today - timedelta(days=LAST + (len(WAYS) - 1 - n) * 2 + (n < len(WAYS) - 1) * 8))
    day = paid_on - timedelta(days=4 + (parse_terms(customer.terms).due_date(paid_on) - paid_on).days)
    goods = [(*PRICES[sku][:3], Decimal(quantity), PRICES[sku][3]) for sku, quantity in (GREAT if way.great else GOODS)]
    life = make_life(customer, f"M{n + 1:02d}", day, goods, blanket_of(customer) if is_blanket(customer) else f"PO-{71_001 + n}")
    fault = Fault(way.rule, customer, life, faults.document(customer, f"INV-{FIRST + n}", day, goods, life.invoice))
    faults.total(fault.document)
    right = money.parse(fault.document["total"], customer.currency)
    way.spoil(fault)
    faults.total(fault.document)
    _people(life, way)
    lives.add(life)
    _make_room(lives, customer, fault.document)
    lives.documents[fault.document["number"]] = fault.document
    short = _short(fault, way, right)
    plan.invoices.append(_planned(fault, customer, day))
    plan.payments.append(_payment(fault, customer, paid_on, short, way))
    return Mistake(
        fault.document["number"], way.rule, customer.number, short, paid_on, way.lines, way.reason, way.cause, way.words, n == len(WAYS) - 1
    )


def _make_room(lives: Lives, customer: PlanCustomer, document: Row) -> None:
    """A blanket order has room for what is billed on it here, too."""
    if order := lives.purchase_orders.get((customer.number, document["po_number"])) if is_blanket(customer) else None:
        more = money.parse(document["total"], customer.currency) + money.parse(order["amount"], customer.currency)
        order["amount"] = money.to_text(more, customer.currency)


def _working(day: date) -> date:
    return day - timedelta(days=max(0, day.weekday() - 4))


def _people(life: Life, way: Way) -> None:
    """Whose hand it was, where the mistake is one of a row."""
    if way.desk:
        life.order["entered_by"] = way.desk
    for job in life.work_orders if way.technician else ():
        job["technician"] = way.technician


def _short(fault: Fault, way: Way, right: int) -> int:
    """What a careful customer leaves out, tax included: what was billed too much, or all of the lines in question."""
    currency = fault.document["currency"]
    too_much = money.parse(fault.document["total"], currency) - right
    if way.rule == "quantity_delivered":
        line = faults.line_of(fault.document, "PRT-FLT")
        gross = money.parse(line["amount"], currency) + money.parse(line["tax_amount"], currency)
        return gross * 4 // 12
    if not way.whole:
        return too_much
    chosen = [line for line in fault.document["lines"] if line["number"] in way.lines]
    return sum(money.parse(line["amount"], currency) + money.parse(line["tax_amount"], currency) for line in chosen)


def _planned(fault: Fault, customer: PlanCustomer, day: date) -> PlanInvoice:
    row, terms = fault.document, parse_terms(customer.terms)
    net, tax = (sum(money.parse(line[name], customer.currency) for line in row["lines"]) for name in ("amount", "tax_amount"))
    return PlanInvoice(
        customer.company, customer.number, row["number"], day, terms.due_date(day), row["po_number"], list(_lines(fault)), net, tax
    )


def _lines(fault: Fault) -> Iterator[tuple[str, str, str, Decimal, Decimal]]:
    for line in fault.document["lines"]:
        yield line["sku"], line["description"], line["unit"], Decimal(line["quantity"]), Decimal(line["unit_price"])


def _payment(fault: Fault, customer: PlanCustomer, day: date, short: int, way: Way) -> PlanPayment:
    number, currency = fault.document["number"], customer.currency
    why = {"price": "price difference", "freight": "freight", "damaged": "damage"}.get(way.reason, "see mail")
    total = money.parse(fault.document["total"], currency)
    return PlanPayment(
        customer.company, day, total - short, currency, customer.name.upper()[:35], customer.account,
        f"INV {number} less {why} {money.to_text(short, currency)}", "mistake", [(number, total)], customer.number, short,
    )  # fmt: skip
