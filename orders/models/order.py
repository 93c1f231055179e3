"""What was ordered: the customer's purchase orders, our sales orders, deliveries, units."""

import pghistory
from django.contrib.postgres.indexes import OpClass
from django.db import models
from django.db.models import Q
from django.db.models.functions import Upper

from orders.models.base import Record, by_day, tracked
from orders.models.contract import Contract
from orders.querysets import PurchaseOrderQuerySet, RecordQuerySet
from org.models import Company
from org.querysets import ScopedQuerySet


@pghistory.track(*tracked())
class PurchaseOrder(Record):
    """A customer's purchase order. `amount` and quantities are what may be billed on it; what is left follows from what was."""

    class State(models.TextChoices):
        OPEN = "open", "open"
        CLOSED = "closed", "closed"
        CANCELLED = "cancelled", "cancelled"

    contract = models.ForeignKey(Contract, models.PROTECT, null=True, blank=True, related_name="purchase_orders")
    issued_on = models.DateField()
    expires_on = models.DateField(null=True, blank=True, help_text="The last day it may be billed on.")
    is_blanket = models.BooleanField(default=False, help_text="Drawn on by many orders until its amount is used up.")
    amount = models.BigIntegerField(null=True, blank=True, help_text="Minor units, net; empty: what its lines say.")
    payment_terms = models.CharField(max_length=40, blank=True)
    bill_to = models.TextField(blank=True)
    ship_to = models.TextField(blank=True)
    buyer = models.CharField(max_length=150, blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)

    objects = PurchaseOrderQuerySet.as_manager()

    class Meta(Record.Meta):
        constraints = [
            *Record.Meta.constraints,
            models.UniqueConstraint(fields=["customer", "number"], name="purchaseorder_number_once"),
            models.CheckConstraint(condition=Q(amount=None) | Q(amount__gt=0), name="purchaseorder_amount_positive"),
        ]
        indexes = [*Record.Meta.indexes, *by_day("purchaseorder", "issued_on")]


@pghistory.track(*tracked())
class PurchaseOrderLine(models.Model):
    """A line of a purchase order; without a quantity it is drawn on by amount."""

    order = models.ForeignKey(PurchaseOrder, models.CASCADE, related_name="lines")
    number = models.IntegerField()
    sku = models.CharField(max_length=60, blank=True)
    description = models.CharField(max_length=300, blank=True)
    unit = models.CharField(max_length=10, blank=True)
    quantity = models.DecimalField(max_digits=18, decimal_places=6, null=True, blank=True)
    unit_price = models.DecimalField(max_digits=20, decimal_places=8, null=True, blank=True)
    amount = models.BigIntegerField(null=True, blank=True)

    class Meta:
        ordering = ["order", "number"]
        constraints = [models.UniqueConstraint(fields=["order", "number"], name="purchaseorder_line_once")]

    def __str__(self) -> str:
        return f"{self.number} {self.description}"


@pghistory.track(*tracked())
class SalesOrder(Record):
    """An order as our order desk entered it."""

    class State(models.TextChoices):
        OPEN = "open", "open"
        SHIPPED = "shipped", "shipped or done"
        BILLED = "billed", "billed"
        CANCELLED = "cancelled", "cancelled"

    class Freight(models.TextChoices):
        INCLUDED = "included", "included"
        BILLED = "billed", "billed"

    purchase_order = models.ForeignKey(PurchaseOrder, models.PROTECT, null=True, blank=True, related_name="sales_orders")
    contract = models.ForeignKey(Contract, models.PROTECT, null=True, blank=True, related_name="sales_orders")
    po_number = models.CharField(max_length=60, blank=True, help_text="As the desk wrote it down.")
    ordered_on = models.DateField()
    requested_on = models.DateField(null=True, blank=True)
    payment_terms = models.CharField(max_length=40, blank=True)
    tax_code = models.CharField(max_length=20, blank=True)
    bill_to = models.TextField(blank=True)
    ship_to = models.TextField(blank=True)
    freight = models.CharField(max_length=10, choices=Freight.choices, blank=True, help_text="Empty: as the contract says.")
    freight_amount = models.BigIntegerField(null=True, blank=True, help_text="Minor units agreed for freight, where it is billed.")
    entered_by = models.CharField(max_length=100, blank=True, help_text="Who at the order desk entered it.")
    sales_representative = models.CharField(max_length=100, blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)

    objects = RecordQuerySet.as_manager()

    class Meta(Record.Meta):
        constraints = [*Record.Meta.constraints, models.UniqueConstraint(fields=["company", "number"], name="salesorder_number_once")]
        indexes = [
            *Record.Meta.indexes, *by_day("salesorder", "ordered_on"),
            models.Index(OpClass(Upper("po_number"), name="text_pattern_ops"), name="salesorder_by_po", condition=~Q(po_number="")),
        ]  # fmt: skip


@pghistory.track(*tracked())
class SalesOrderLine(models.Model):
    """A line of a sales order."""

    order = models.ForeignKey(SalesOrder, models.CASCADE, related_name="lines")
    number = models.IntegerField()
    sku = models.CharField(max_length=60, blank=True)
    description = models.CharField(max_length=300, blank=True)
    unit = models.CharField(max_length=10, blank=True)
    quantity = models.DecimalField(max_digits=18, decimal_places=6)
    unit_price = models.DecimalField(max_digits=20, decimal_places=8)
    tax_code = models.CharField(max_length=20, blank=True)
    po_line = models.IntegerField(null=True, blank=True)
    is_service = models.BooleanField(default=False, help_text="Billed by its work orders, not by deliveries.")

    class Meta:
        ordering = ["order", "number"]
        constraints = [models.UniqueConstraint(fields=["order", "number"], name="salesorder_line_once")]

    def __str__(self) -> str:
        return f"{self.number} {self.description}"


@pghistory.track(*tracked())
class Delivery(Record):
    """Goods that left and arrived: the proof of delivery is attached."""

    order = models.ForeignKey(SalesOrder, models.PROTECT, related_name="deliveries")
    shipped_on = models.DateField()
    delivered_on = models.DateField(null=True, blank=True)
    carrier = models.CharField(max_length=100, blank=True)
    signed_by = models.CharField(max_length=150, blank=True)
    note = models.CharField(max_length=300, blank=True)

    objects = RecordQuerySet.as_manager()

    class Meta(Record.Meta):
        verbose_name_plural = "deliveries"
        constraints = [*Record.Meta.constraints, models.UniqueConstraint(fields=["company", "number"], name="delivery_number_once")]
        indexes = [*Record.Meta.indexes, *by_day("delivery", "shipped_on")]


@pghistory.track(*tracked())
class DeliveryLine(models.Model):
    """What of an order's line was delivered; `damaged` of it did not arrive whole."""

    delivery = models.ForeignKey(Delivery, models.CASCADE, related_name="lines")
    order_line = models.IntegerField()
    quantity = models.DecimalField(max_digits=18, decimal_places=6)
    damaged = models.DecimalField(max_digits=18, decimal_places=6, default=0)

    class Meta:
        ordering = ["delivery", "order_line"]
        constraints = [models.UniqueConstraint(fields=["delivery", "order_line"], name="delivery_line_once")]

    def __str__(self) -> str:
        return f"{self.order_line}: {self.quantity}"


class UnitConversion(models.Model):
    """How many `to_unit` one `from_unit` is: of one article, or (empty sku) of all."""

    company = models.ForeignKey(Company, models.PROTECT, related_name="unit_conversions")
    sku = models.CharField(max_length=60, blank=True)
    from_unit = models.CharField(max_length=10)
    to_unit = models.CharField(max_length=10)
    factor = models.DecimalField(max_digits=18, decimal_places=8)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["company", "sku", "from_unit"]
        constraints = [
            models.UniqueConstraint(fields=["company", "sku", "from_unit", "to_unit"], name="unit_conversion_once"),
            models.CheckConstraint(condition=Q(factor__gt=0), name="unit_conversion_positive"),
        ]

    def __str__(self) -> str:
        return f"1 {self.from_unit} = {self.factor} {self.to_unit}"
