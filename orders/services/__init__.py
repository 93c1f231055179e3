"""Writing the order's life: rows from ERPs in bulk, single records by hand, what happens to them one by one."""

from customers.services import NotSaved, Saved
from orders.services.contracts import amend_contract, end_contract, reach_milestone, save_contract, save_contracts
from orders.services.conversions import save_unit_conversion, save_unit_conversions
from orders.services.ordering import (
    close_purchase_order,
    save_deliveries,
    save_delivery,
    save_order,
    save_orders,
    save_purchase_order,
    save_purchase_orders,
)
from orders.services.work import complete_work_order, save_work_order, save_work_orders, sign_off

__all__ = [
    "NotSaved", "Saved", "amend_contract", "close_purchase_order", "complete_work_order", "end_contract", "reach_milestone",
    "save_contract", "save_contracts", "save_deliveries", "save_delivery", "save_order", "save_orders", "save_purchase_order",
    "save_purchase_orders", "save_unit_conversion", "save_unit_conversions", "save_work_order", "save_work_orders", "sign_off",
]  # fmt: skip
