"""The order lives behind the demo's recent invoices: contracts, purchase orders, orders, deliveries, work orders. Pure, like the plan.

More than half of the customers work under a contract. What they were billed in the last months was ordered, delivered or done before, at
the prices of their contract: these invoices stand the check. What was done and not billed yet is here too.
"""

import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from arops.demo import words
from arops.demo.plan import Plan, PlanCustomer, PlanInvoice
from arops.lib import money

Row = dict[str, Any]
Goods = tuple[str, str, str, Decimal, Decimal]
"""Article, words, unit, quantity, price."""

FREIGHT = "FRT"
SERVICES = frozenset({"SRV-HR", "SRV-EM", "MNT-QTR", "TRN-DAY"})
TAX_CODES = {"US01": "TX-DAL", "US02": "OH-COL", "DE01": "DE-19"}
TECHNICIANS = ("Omar Haddad", "Greta Holm", "Luis Ortega", "Dana Whitfield")
DESK = ("Lena Fischer", "Marcus Bell", "Yuki Tanaka")
REPRESENTATIVES = ("Lee Park", "Sofia Marin")
RISE = Decimal(3)
"""Per cent by which escalating contracts rise each year."""
MONTHS_COVERED = 4
"""Full months before this one whose invoices have orders behind them."""


@dataclass
class Life:
    """An order from purchase order to invoice, as rows."""

    purchase_order: Row | None
    order: Row
    deliveries: list[Row]
    work_orders: list[Row]
    invoice: Row


@dataclass
class Lives:
    """All rows by kind, and what invoices refer to, by their numbers."""

    contracts: dict[str, Row] = field(default_factory=dict)
    purchase_orders: dict[tuple[str, str], Row] = field(default_factory=dict)
    orders: list[Row] = field(default_factory=list)
    deliveries: list[Row] = field(default_factory=list)
    work_orders: list[Row] = field(default_factory=list)
    invoices: dict[str, Row] = field(default_factory=dict)
    documents: dict[str, Row] = field(default_factory=dict)
    """Invoices that didn't follow their orders, as the ERP sent them."""
    covered: list[PlanCustomer] = field(default_factory=list)
    since: date = date.min
    today: date = date.min

    def add(self, life: Life) -> None:
        """Take its rows."""
        if life.purchase_order:
            self.purchase_orders.setdefault((life.purchase_order["customer"], life.purchase_order["number"]), life.purchase_order)
        self.orders.append(life.order)
        self.deliveries += life.deliveries
        self.work_orders += life.work_orders


def months_back(day: date, count: int) -> date:
    """The first of the month `count` months before."""
    month = day.year * 12 + day.month - 1 - count
    return date(month // 12, month % 12 + 1, 1)


def is_covered(customer: PlanCustomer) -> bool:
    """Whether the customer works under a contract."""
    return int(customer.number[-4:]) % 9 < 5


def place_of(customer: PlanCustomer) -> int:
    """A small number by which customers under contract differ in their habits."""
    return int(customer.number[-4:])


def make_lives(plan: Plan) -> Lives:
    """The lives behind the plan's invoices, and work that waits to be billed."""
    lives = Lives(since=months_back(plan.today, MONTHS_COVERED), today=plan.today)
    lives.covered = [c for c in plan.customers if is_covered(c)]
    billed: dict[str, list[PlanInvoice]] = defaultdict(list)
    for invoice in plan.invoices:
        if invoice.day >= lives.since + timedelta(days=30):
            billed[invoice.customer].append(invoice)
    for customer in lives.covered:
        lives.contracts[customer.number] = _contract(customer, lives)
        mine = billed[customer.number]
        if is_blanket(customer):
            lives.purchase_orders[customer.number, blanket_of(customer)] = _blanket(customer, mine, lives)
        for invoice in mine:
            if is_blanket(customer):
                invoice.po = blanket_of(customer)
            life = make_life(customer, invoice.number.removeprefix("INV-"), invoice.day, invoice.lines, invoice.po)
            lives.add(life)
            lives.invoices[invoice.number] = life.invoice
    _unbilled(lives)
    return lives


def is_blanket(customer: PlanCustomer) -> bool:
    """Whether it orders on one purchase order for a long time."""
    return place_of(customer) % 3 == 1


def blanket_of(customer: PlanCustomer) -> str:
    """Number of its blanket purchase order."""
    return f"BPO-{customer.number[2:]}"


def escalates(customer: PlanCustomer) -> bool:
    """Whether its prices rise by themselves."""
    return place_of(customer) % 4 == 2


def wants_signatures(customer: PlanCustomer) -> bool:
    """Whether its contract has work billed only once it is signed for."""
    return place_of(customer) % 3 == 0


def common(customer: PlanCustomer, number: str) -> Row:
    """What every row of a customer has."""
    return {
        "company": customer.company,
        "customer": customer.number,
        "currency": customer.currency,
        "number": number,
        "external_id": number,
    }


def contract_of(customer: PlanCustomer) -> str:
    """Number of its service contract."""
    return f"CT-{customer.number}"


def _contract(customer: PlanCustomer, lives: Lives) -> Row:
    """A service contract: amended when the covered months began, or rising by its escalator, for the first time before they did."""
    terms: Row = {
        "payment_terms": customer.terms, "tax_code": TAX_CODES[customer.company], "sign_off_needed": wants_signatures(customer),
    }  # fmt: skip
    began = months_back(lives.today, 17 if escalates(customer) else 18)
    first = {"number": 1, "valid_from": began.isoformat(), **terms, "escalator_percent": str(RISE), "escalator_months": 12}
    if escalates(customer):
        versions = [{**first, "prices": _prices(before_rise)}]
    else:
        note = "Prices as agreed in the yearly review."
        versions = [
            {**first, "prices": _prices(lambda price: (price * Decimal("0.96")).quantize(Decimal("0.01"), ROUND_HALF_UP))},
            {"number": 2, "valid_from": lives.since.isoformat(), **terms, "note": note, "prices": _prices(lambda price: price)},
        ]
    signed = began - timedelta(days=20)
    return {**common(customer, contract_of(customer)), "title": "Service and parts", "signed_on": signed.isoformat(), "versions": versions}


def before_rise(price: Decimal) -> Decimal:
    """The price that a year's rise makes this one of."""
    base = price / (1 + RISE / 100)
    short = base.quantize(Decimal("0.0001"))
    risen = (short * (1 + RISE / 100)).quantize(Decimal("0.0001"), ROUND_HALF_UP)
    return short if risen == price else base.quantize(Decimal("0.00000001"))


def _prices(of: Any) -> list[Row]:
    return [
        {"sku": sku, "description": said, "unit": unit, "unit_price": str(of(Decimal(price)))}
        for sku, said, unit, price in words.GOODS
        if sku != FREIGHT
    ]


def _blanket(customer: PlanCustomer, invoices: Iterable[PlanInvoice], lives: Lives) -> Row:
    """A purchase order for the year, with room for a third more than was billed on it."""
    net = sum(invoice.net for invoice in invoices) * 4 // 3 + 20_000_00
    return {
        **common(customer, blanket_of(customer)), "contract": contract_of(customer), "is_blanket": True,
        "issued_on": lives.since.isoformat(), "expires_on": months_back(lives.today, -7).isoformat(),
        "amount": money.to_text(net - net % 1_000_00, customer.currency), "buyer": customer.contact, "payment_terms": customer.terms,
    }  # fmt: skip


def make_life(customer: PlanCustomer, stem: str, day: date, goods: Sequence[Goods], po: str) -> Life:
    """The life of an order that was billed (or could be) on a day: each step a few days before the next."""
    rng = random.Random(f"life:{stem}")
    lines = [(n, *line) for n, line in enumerate(goods, 1) if line[0] != FREIGHT]
    freight = sum((q * p for sku, *_, q, p in goods if sku == FREIGHT), Decimal(0))
    ordered = day - timedelta(days=rng.randrange(9, 16))
    single = not is_blanket(customer)
    order = {
        **common(customer, f"SO-{stem}"), "contract": contract_of(customer), "purchase_order": po, "po_number": po,
        "ordered_on": ordered.isoformat(), "requested_on": (day - timedelta(days=2)).isoformat(), "payment_terms": customer.terms,
        "entered_by": rng.choice(DESK), "sales_representative": rng.choice(REPRESENTATIVES), "state": "shipped",
        "freight": "billed" if freight else "", "freight_amount": plain(freight, customer) if freight else "",
        "lines": [_order_line(line, single) for line in lines],
    }  # fmt: skip
    return Life(
        _purchase_order(customer, po, ordered, goods, rng) if single else None,
        order,
        _deliveries(customer, stem, day, [x for x in lines if x[1] not in SERVICES], rng),
        _work_orders(customer, stem, day, ordered, [x for x in lines if x[1] in SERVICES], rng),
        _invoice(customer, stem, goods, po, single),
    )


def days_before(day: date, count: int) -> str:
    """An ISO day."""
    return (day - timedelta(days=count)).isoformat()


def plain(amount: Decimal, customer: PlanCustomer) -> str:
    """A computed amount as text."""
    return money.to_text(money.round_to_minor(amount, customer.currency), customer.currency)


def _purchase_order(customer: PlanCustomer, po: str, ordered: date, goods: Sequence[Goods], rng: random.Random) -> Row:
    net = sum((money.round_to_minor(q * p, customer.currency) for *_, q, p in goods), 0)
    issued = ordered - timedelta(days=rng.randrange(1, 6))
    return {
        **common(customer, po), "external_id": f"{customer.number}-{po}", "contract": contract_of(customer),
        "issued_on": issued.isoformat(),
        "expires_on": months_back(issued, -6).isoformat(), "amount": money.to_text(net, customer.currency), "buyer": customer.contact,
        "payment_terms": customer.terms,
        "lines": [
            {"sku": sku, "description": said, "unit": unit, "quantity": str(q), "unit_price": str(p)} for sku, said, unit, q, p in goods
        ],
    }  # fmt: skip


def _order_line(line: tuple[int, str, str, str, Decimal, Decimal], single: bool) -> Row:
    number, sku, said, unit, quantity, price = line
    row = {"number": number, "sku": sku, "description": said, "unit": unit, "quantity": str(quantity), "unit_price": str(price)}
    return row | {"is_service": sku in SERVICES} | ({"po_line": number} if single else {})


def _deliveries(customer: PlanCustomer, stem: str, day: date, lines: Sequence[Any], rng: random.Random) -> list[Row]:
    if not lines:
        return []
    shipped = day - timedelta(days=rng.randrange(3, 6))
    return [{
        **common(customer, f"DL-{stem}"), "order": f"SO-{stem}", "shipped_on": shipped.isoformat(),
        "delivered_on": (shipped + timedelta(days=2)).isoformat(), "carrier": rng.choice(["Northline Freight", "own vehicle", "Parcelway"]),
        "signed_by": customer.contact, "lines": [{"order_line": n, "quantity": str(quantity)} for n, *_, quantity, _ in lines],
    }]  # fmt: skip


def _work_orders(customer: PlanCustomer, stem: str, day: date, ordered: date, lines: Sequence[Any], rng: random.Random) -> list[Row]:
    if not lines:
        return []
    done = day - timedelta(days=rng.randrange(2, 5))
    kinds = {"SRV-HR": "hours", "TRN-DAY": "hours"}
    return [{
        **common(customer, f"WO-{stem}"), "order": f"SO-{stem}", "contract": contract_of(customer),
        "kind": {"MNT-QTR": "maintenance", "TRN-DAY": "training", "SRV-EM": "emergency call"}.get(lines[0][1], "service"),
        "site": customer.address.replace("\n", ", "), "ordered_on": ordered.isoformat(), "scheduled_on": days_before(done, 1),
        "completed_on": done.isoformat(), "state": "done", "technician": rng.choice(TECHNICIANS), "signed_off_by": customer.contact,
        "signed_off_on": done.isoformat(),
        "lines": [
            {"number": n, "kind": kinds.get(sku, "expense"), "sku": sku, "description": said, "unit": unit, "quantity": str(quantity),
             "order_line": n}
            for n, sku, said, unit, quantity, _ in lines
        ],
    }]  # fmt: skip


def _invoice(customer: PlanCustomer, stem: str, goods: Sequence[Goods], po: str, single: bool) -> Row:
    """What an invoice of it says besides the plan's own: the order, and for each line where it comes from."""
    lines = []
    for number, (sku, *_) in enumerate(goods, 1):
        row: Row = {"tax_code": TAX_CODES[customer.company], "contract": contract_of(customer)}
        if sku != FREIGHT:
            row["order_line"] = number
        if single:
            row["po_line"] = number
        if sku in SERVICES:
            row["work_order"] = f"WO-{stem}"
        lines.append(row)
    return {"order": f"SO-{stem}", "po_number": po, "lines": lines}


def _unbilled(lives: Lives) -> None:
    """Work of the last weeks that nobody has billed: one order for every eighth customer under contract."""
    goods = [(sku, said, unit, Decimal(price)) for sku, said, unit, price in words.GOODS if sku != FREIGHT]
    for n, customer in enumerate(lives.covered[::8]):
        rng = random.Random(f"unbilled:{customer.number}")
        lines = [(*rng.choice(goods)[:3], Decimal(rng.randrange(1, 9)), Decimal(0)) for _ in range(2)]
        priced = [(sku, said, unit, quantity, next(p for s, *_, p in goods if s == sku)) for sku, said, unit, quantity, _ in lines]
        po = blanket_of(customer) if is_blanket(customer) else f"PO-{60_000 + n}"
        lives.add(make_life(customer, f"N{n + 1:03d}", lives.today - timedelta(days=rng.randrange(0, 28)), priced, po))
