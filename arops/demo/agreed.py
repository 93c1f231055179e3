"""What stands before the demo's invoices, kept through the services: taxes, units, contracts, orders, work."""

from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from typing import Any

from arops.demo.lives import TAX_CODES, Lives
from arops.demo.setup import SYSTEM, World, all_good
from customers.services import Saved
from customers.services.taxes import set_tax_rate
from orders import services

RATES = (
    ("US01", "TX-DAL", "Texas, Dallas", "US-TX-DAL", "8.25", "S"), ("US02", "OH-COL", "Ohio, Columbus", "US-OH-COL", "6", "S"),
    ("DE01", "DE-19", "Germany, standard rate", "DE", "19", "S"), ("DE01", "DE-AE", "Reverse charge", "DE", "0", "AE"),
)  # fmt: skip
UNITS = (("", "CS", "EA", "12"), ("", "DAY", "HUR", "8"), ("CBL-M", "KMT", "MTR", "1000"), ("PRT-FLT", "PK", "EA", "6"))
"""Article, from, to, factor."""


def keep_lives(world: World, lives: Lives) -> None:
    """Everything that was agreed, ordered and done, as the ERP sends it; each kind after those it hangs on."""
    for code, tax, name, jurisdiction, percent, category in RATES:
        set_tax_rate(
            actor=SYSTEM, company=world.companies[code], code=tax, name=name, jurisdiction=jurisdiction, percent=Decimal(percent),
            valid_from=min(i.day for i in world.plan.invoices).replace(day=1), category=category,
        )  # fmt: skip
    units = ("sku", "from_unit", "to_unit", "factor")
    all_good(services.save_unit_conversions(
        [{"company": code, **dict(zip(units, row, strict=True))} for code in TAX_CODES for row in UNITS], actor=world.erp
    ))  # fmt: skip
    save_all(world, services.save_contracts, lives.contracts.values())
    save_all(world, services.save_purchase_orders, lives.purchase_orders.values())
    save_all(world, services.save_orders, lives.orders)
    save_all(world, services.save_deliveries, lives.deliveries)
    save_all(world, services.save_work_orders, lives.work_orders)


def save_all(world: World, save: Callable[..., Sequence[Saved]], rows: Iterable[dict[str, Any]]) -> None:
    """Save rows that are good."""
    all_good(save(list(rows), actor=world.erp, source_system="erp"))
