"""The order's life before the invoice."""

from orders.models.contract import BillingStep, Contract, ContractPrice, ContractVersion, MilestoneReached
from orders.models.listing import ListImport
from orders.models.order import Delivery, DeliveryLine, PurchaseOrder, PurchaseOrderLine, SalesOrder, SalesOrderLine, UnitConversion
from orders.models.work_order import WorkOrder, WorkOrderLine

__all__ = [
    "BillingStep", "Contract", "ContractPrice", "ContractVersion", "Delivery", "DeliveryLine", "ListImport", "MilestoneReached",
    "PurchaseOrder", "PurchaseOrderLine", "SalesOrder", "SalesOrderLine", "UnitConversion", "WorkOrder", "WorkOrderLine",
]  # fmt: skip
