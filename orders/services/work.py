"""Work orders: ordered, scheduled, done, signed for."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, ClassVar

from arops.lib.rows import Problem
from customers.services import NotSaved, Saved
from orders.models import Contract, PurchaseOrder, SalesOrder, WorkOrder, WorkOrderLine
from orders.payload import WORK_ORDER
from orders.services.batch import Batch, save_rows
from orders.services.kinds import Change, LinesKind
from orders.services.single import save_one
from org.actors import Actor


class WorkOrders(LinesKind):
    """Jobs at customers."""

    name, words, prefix, model, shape = "work_order", "work order", "wo", WorkOrder, WORK_ORDER
    references: ClassVar = {"order": (SalesOrder, "ord"), "contract": (Contract, "ctr"), "purchase_order": (PurchaseOrder, "po")}
    line_model, parent = WorkOrderLine, "work_order"
    line_fields = ("number", "kind", "sku", "description", "unit", "quantity", "order_line", "is_billable")

    def judge(self, change: Change, problems: list[Problem], batch: Batch) -> None:
        """A state that the row leaves out follows from its days; what is done was done on a day."""
        if "state" not in change.values and change.value("state") in ("ordered", "scheduled", "started"):
            if change.values.get("completed_on"):
                change.values["state"] = "done"
            elif change.values.get("scheduled_on") and change.value("state") == "ordered":
                change.values["state"] = "scheduled"
        if change.value("state") == "done" and not change.value("completed_on"):
            problems.append(Problem("/completed_on", "required", "work that is done was completed on a day: completed_on"))

    def verb(self, change: Change) -> str:
        """Completed or signed off, rather than updated."""
        if change.is_new:
            return "created"
        done = change.after.get("state") == "done"
        return "completed" if done else "signed_off" if change.after.get("signed_off_on") else "updated"


KIND = WorkOrders()


def save_work_orders(rows: Sequence[Any], *, actor: Actor, source_system: str, atomic: bool = False, dry_run: bool = False) -> list[Saved]:
    """Create or update work orders by the sender's id, else by number. One outcome a row."""
    return save_rows(KIND, rows, actor=actor, source_system=source_system, atomic=atomic, dry_run=dry_run)


def save_work_order(
    *, actor: Actor, row: Mapping[str, Any], record: WorkOrder | None = None, seen: int | None = None, source_system: str = "arops"
) -> WorkOrder:
    """Make a work order by hand, or change one. Raises NotAllowed, NotSaved."""
    found: WorkOrder = save_one(KIND, row, actor=actor, source_system=source_system, record=record, seen=seen)
    return found


def complete_work_order(
    *, actor: Actor, work_order: WorkOrder, completed_on: date, technician: str = "", lines: Sequence[Mapping[str, Any]] | None = None,
    seen: int | None = None,
) -> WorkOrder:  # fmt: skip
    """Say that the work is done, with its hours and parts where they are given. Raises NotAllowed, NotSaved."""
    if work_order.state == WorkOrder.State.CANCELLED:
        raise NotSaved(f"{work_order.number} was cancelled: take it up again before it is done")
    row: dict[str, Any] = {"state": "done", "completed_on": completed_on.isoformat()}
    row |= {"technician": technician} if technician else {}
    row |= {"lines": list(lines)} if lines is not None else {}
    found: WorkOrder = save_one(KIND, row, actor=actor, record=work_order, seen=seen)
    return found


def sign_off(*, actor: Actor, work_order: WorkOrder, signed_off_by: str, signed_off_on: date, seen: int | None = None) -> WorkOrder:
    """Note who of the customer's signed for the work, and when. Raises NotAllowed, NotSaved before the work is done."""
    if work_order.state != WorkOrder.State.DONE:
        raise NotSaved(f"{work_order.number} isn't done yet: it is signed for once it is")
    if not signed_off_by.strip():
        raise NotSaved("say who signed for the work")
    row = {"signed_off_by": signed_off_by.strip(), "signed_off_on": signed_off_on.isoformat()}
    found: WorkOrder = save_one(KIND, row, actor=actor, record=work_order, seen=seen)
    return found
