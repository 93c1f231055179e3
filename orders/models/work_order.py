"""What was done: work orders with their hours and parts."""

import pghistory
from django.db import models
from django.db.models import Q

from orders.models.base import Record, by_day, tracked
from orders.models.contract import Contract
from orders.models.order import PurchaseOrder, SalesOrder
from orders.querysets import WorkOrderQuerySet


@pghistory.track(*tracked())
class WorkOrder(Record):
    """A job at the customer's: ordered, scheduled, done, signed for."""

    class State(models.TextChoices):
        ORDERED = "ordered", "ordered"
        SCHEDULED = "scheduled", "scheduled"
        STARTED = "started", "started"
        DONE = "done", "done"
        CANCELLED = "cancelled", "cancelled"

    order = models.ForeignKey(SalesOrder, models.PROTECT, null=True, blank=True, related_name="work_orders")
    contract = models.ForeignKey(Contract, models.PROTECT, null=True, blank=True, related_name="work_orders")
    purchase_order = models.ForeignKey(PurchaseOrder, models.PROTECT, null=True, blank=True, related_name="work_orders")
    kind = models.CharField(max_length=60, blank=True, help_text="Such as installation, repair, inspection.")
    site = models.CharField(max_length=200, blank=True)
    cost_code = models.CharField(max_length=60, blank=True)
    ordered_on = models.DateField()
    scheduled_on = models.DateField(null=True, blank=True)
    completed_on = models.DateField(null=True, blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.ORDERED)
    technician = models.CharField(max_length=100, blank=True)
    signed_off_by = models.CharField(max_length=150, blank=True, help_text="The customer's person who signed for the work.")
    signed_off_on = models.DateField(null=True, blank=True)
    not_to_exceed = models.BigIntegerField(null=True, blank=True, help_text="Minor units, net.")
    note = models.TextField(blank=True)

    objects = WorkOrderQuerySet.as_manager()

    class Meta(Record.Meta):
        constraints = [
            *Record.Meta.constraints,
            models.UniqueConstraint(fields=["company", "number"], name="workorder_number_once"),
            models.CheckConstraint(condition=~Q(state="done") | Q(completed_on__isnull=False), name="workorder_done_on_a_day"),
        ]
        indexes = [
            *Record.Meta.indexes,
            *by_day("workorder", "ordered_on"),
            models.Index(fields=["company", "completed_on"], name="workorder_done", condition=Q(state="done")),
        ]


@pghistory.track(*tracked())
class WorkOrderLine(models.Model):
    """Hours, a part or an expense of a work order."""

    class Kind(models.TextChoices):
        HOURS = "hours", "hours"
        PART = "part", "part"
        EXPENSE = "expense", "expense"

    work_order = models.ForeignKey(WorkOrder, models.CASCADE, related_name="lines")
    number = models.IntegerField()
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.HOURS)
    sku = models.CharField(max_length=60, blank=True)
    description = models.CharField(max_length=300, blank=True)
    unit = models.CharField(max_length=10, blank=True)
    quantity = models.DecimalField(max_digits=18, decimal_places=6)
    order_line = models.IntegerField(null=True, blank=True)
    is_billable = models.BooleanField(default=True)

    class Meta:
        ordering = ["work_order", "number"]
        constraints = [models.UniqueConstraint(fields=["work_order", "number"], name="workorder_line_once")]

    def __str__(self) -> str:
        return f"{self.number} {self.description}"
