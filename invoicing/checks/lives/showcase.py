"""A handful of speaking lives for the demo company: for every point of origin at least one, each with a single fault.

The first is told in every text about the check: filters agreed at 11.50, entered at 12.00, 500 of them, 250.00 too much.
"""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from random import Random

from invoicing.checks.lives.base import add_order, add_po, finish, start
from invoicing.checks.lives.faults import FAULTS
from invoicing.checks.lives.making import make_broken
from invoicing.checks.lives.model import Expected, Life, Maker, Row, iso, ref

SHOWN = (
    "old_price_list", "purchase_order_at_another_price", "hours_beyond_the_order", "never_signed", "damaged_on_the_way",
    "work_billed_again", "order_above_what_is_left", "done_too_late", "milestone_ahead_of_its_day", "retainage_forgotten",
    "terms_of_the_master", "certificate_ran_out", "old_rate", "number_lost", "escalator_not_billed",
)  # fmt: skip
"""Faults by name, in the order in which they are shown; the filters stand before them."""
SEED = 2026


def showcase(customers: Sequence[Row], *, company: str, today: date, first: int = 9001, lines: int = 3) -> Iterator[Life]:
    """One life for each speaking fault, numbered from `first`, given to the customers in turn.

    `customers` are rows as the API has them; number, external_id, source_system, name, currency, payment_terms, address and tax_code are
    taken over where they are there. Each life's `customer` row has to be saved after that: some faults lie in it. Invoices are of the
    weeks before `today`; the numbers of all records end in the life's own. Tax rates and units: `TAX_RATES`, `CONVERSIONS`.
    """
    by_name = {f.name: f for f in FAULTS}
    yield _filters(Maker(Random(SEED), first, company, today, lines, customers[0] if customers else None))
    for n, name in enumerate(SHOWN, 1):
        customer = customers[n % len(customers)] if customers else None
        dice = Random(SEED + n)
        yield make_broken(dice, first + n, by_name[name], company=company, last_day=today, lines=lines, more=False, customer=customer)


def _filters(m: Maker) -> Life:
    """Contract and purchase order have 11.50, the order was entered at 12.00 and billed so."""
    life = start(m, "goods")
    ordered = life.day - timedelta(days=14)
    agreed: Row = {"number": 1, "sku": "FLT-10", "unit": "EA", "unit_price": "11.50"}
    version = {"number": 1, "valid_from": iso(ordered - timedelta(days=200)), "payment_terms": life.meta["terms"], "prices": [agreed]}
    life.contracts.append(m.header(m.number("CT"), title="Filters and spares", versions=[version]))
    add_po(
        m,
        life,
        [agreed | {"quantity": "500"}],
        ordered - timedelta(days=2),
        amount="5750.00",
        expires_on=iso(life.day + timedelta(days=60)),
    )
    entered = agreed | {"description": "Filter cartridge 10 in", "quantity": "500", "unit_price": "12.00", "po_line": 1}
    order = add_order(m, life, [entered], ordered, state="shipped", entered_by="D. Ruiz")
    life.deliveries.append(
        m.header(
            m.number("DL"), order=ref(order["number"]), shipped_on=iso(life.day - timedelta(days=3)), signed_by="Receiving",
            lines=[{"order_line": 1, "quantity": "500"}],
        )
    )  # fmt: skip
    life.invoice["order"] = ref(order["number"])
    life.lines.append(entered | {"tax_code": life.meta["code"], "order_line": 1})
    life.expected.append(Expected("price", "order_entry", (1,)))
    life.faults.append("wrong_price_ordered")
    finish(life)
    return life
