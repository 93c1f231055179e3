"""Columns of the five lists: one description for the page, the workbook and the CSV file."""

from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

from django.urls import reverse

from arops.lib.tables import Column, Table
from orders.models import Contract, ContractVersion
from orders.selectors.listing import Kind, Row
from orders.terms import in_force

State = tuple[str, str]
"""A state in words, and its tone."""


def to(name: str, key: int | None) -> str:
    """The page of a record; nowhere without a key."""
    return reverse(f"orders:{name}", args=[key]) if key else ""


def version_on(contract: Contract, day: date) -> ContractVersion | None:
    """The version in force by the contract's versions as loaded; None when none is."""
    return in_force(contract.versions.all(), day, contract.ended_on)


def contract_state(contract: Contract, day: date) -> State:
    """In force, ended, over, to come, or without terms."""
    versions = list(contract.versions.all())
    if contract.ended_on and contract.ended_on <= day:
        return f"ended {contract.ended_on}", ""
    if version_on(contract, day):
        return ("in force", "ok") if not contract.ended_on else (f"ends {contract.ended_on}", "warn")
    if not versions:
        return "no terms yet", "warn"
    return ("to come", "info") if all(v.valid_from > day for v in versions) else ("over", "bad")


def purchase_order_state(order: Any, left: int | None, day: date) -> State:
    """Open, used up, expired, closed or cancelled."""
    if order.state != "open":
        return order.get_state_display(), ""
    if order.expires_on and order.expires_on < day:
        return f"expired {order.expires_on}", "bad"
    if left is not None and left <= 0:
        return ("used up", "warn") if left == 0 else ("overdrawn", "bad")
    return "open", "ok"


def order_state(order: Any) -> State:
    """Its own state."""
    return order.get_state_display(), {"open": "info", "shipped": "ok"}.get(order.state, "")


def delivery_state(delivery: Any) -> State:
    """Under way or arrived, and whether somebody signed."""
    if delivery.delivered_on is None:
        return "under way", "info"
    return ("signed for", "ok") if delivery.signed_by else ("arrived, not signed", "warn")


def work_state(work: Any) -> State:
    """Its own state, and whether done work was signed for."""
    if work.state == "done":
        return ("done, signed", "ok") if work.signed_off_on else ("done, not signed", "warn")
    return work.get_state_display(), "" if work.state == "cancelled" else "info"


def state_of(row: Row, day: date) -> State:
    """The state of a list's row."""
    record = row.record
    code = type(record).__name__
    if code == "Contract":
        return contract_state(record, day)
    if code == "PurchaseOrder":
        return purchase_order_state(record, row.figures.left, day)
    return {"SalesOrder": order_state, "Delivery": delivery_state, "WorkOrder": work_state}[code](record)


def _of(name: str) -> Callable[[Row], Any]:
    return lambda row: getattr(row.record, name)


def _figure(name: str) -> Callable[[Row], Any]:
    return lambda row: getattr(row.figures, name)


def _hung(name: str, page: str) -> dict[str, Any]:
    """A column's value and link for a record that this one hangs on."""

    def value(row: Row) -> str:
        other = getattr(row.record, name)
        return other.number if other else ""

    return {"value": value, "href": lambda row: to(page, getattr(row.record, f"{name}_id"))}


def _contracts(day: date) -> list[Column]:
    def in_force(row: Row) -> str:
        version = version_on(row.record, day)
        return f"v{version.number} from {version.valid_from}" if version else ""

    def until(row: Row) -> date | None:
        version = version_on(row.record, day)
        return version.valid_to if version else None

    def limit(row: Row) -> int | None:
        version = version_on(row.record, day)
        return version.not_to_exceed if version else None

    return [
        Column("title", "Title", _of("title"), priority=2),
        Column("project", "Project", _of("project"), priority=3),
        Column("signed", "Signed", _of("signed_on"), kind="date", priority=3),
        Column("version", "In force", in_force),
        Column("until", "Until", until, kind="date", priority=3),
        Column("limit", "Not to exceed", limit, kind="money", priority=3),
        Column("billed", "Billed", _figure("billed"), kind="money", total=True),
    ]


def _purchase_orders(day: date) -> list[Column]:
    return [
        Column("issued", "Issued", _of("issued_on"), kind="date", sort="date"),
        Column("expires", "Expires", _of("expires_on"), kind="date", priority=2),
        Column("blanket", "Kind", lambda r: "blanket" if r.record.is_blanket else "one-off", priority=3),
        Column("contract", "Contract", **_hung("contract", "contract"), priority=3),
        Column("buyer", "Buyer", _of("buyer"), priority=3),
        Column("value", "Amount", _figure("value"), kind="money", total=True, priority=2),
        Column("billed", "Billed", _figure("billed"), kind="money", total=True, priority=3),
        Column("left", "Left", _figure("left"), kind="money", total=True),
    ]


def _orders(day: date) -> list[Column]:
    return [
        Column("ordered", "Ordered", _of("ordered_on"), kind="date", sort="date"),
        Column("po", "Their PO", lambda r: r.record.po_number, href=lambda r: to("purchase-order", r.record.purchase_order_id), priority=2),
        Column("contract", "Contract", **_hung("contract", "contract"), priority=3),
        Column("desk", "Entered by", _of("entered_by"), priority=3),
        Column("value", "Value", _figure("value"), kind="money", total=True),
        Column("billed", "Billed", _figure("billed"), kind="money", total=True, priority=2),
    ]


def _deliveries(day: date) -> list[Column]:
    return [
        Column("order", "Order", **_hung("order", "order")),
        Column("shipped", "Shipped", _of("shipped_on"), kind="date", sort="date", priority=2),
        Column("delivered", "Delivered", _of("delivered_on"), kind="date"),
        Column("carrier", "Carrier", _of("carrier"), priority=3),
        Column("signed_by", "Signed by", _of("signed_by"), priority=2),
    ]


def _work_orders(day: date) -> list[Column]:
    return [
        Column("kind", "Kind", _of("kind"), priority=2),
        Column("site", "Site", _of("site"), priority=3),
        Column("technician", "Technician", _of("technician"), priority=3),
        Column("ordered", "Ordered", _of("ordered_on"), kind="date", sort="date", priority=3),
        Column("scheduled", "Scheduled", _of("scheduled_on"), kind="date", priority=3),
        Column("completed", "Completed", _of("completed_on"), kind="date"),
        Column("signed", "Signed off", _of("signed_off_on"), kind="date", priority=2),
        Column("order", "Order", **_hung("order", "order"), priority=3),
        Column("billed", "Billed", _figure("billed"), kind="money", total=True),
    ]


_OWN = {
    "contracts": _contracts, "purchase-orders": _purchase_orders, "orders": _orders, "deliveries": _deliveries, "work-orders": _work_orders,
}  # fmt: skip
PAGES = {
    "contracts": "contract", "purchase-orders": "purchase-order", "orders": "order", "deliveries": "delivery", "work-orders": "work-order",
}  # fmt: skip
"""A kind's list → its page of one."""


def table_of(kind: Kind, rows: Iterable[Row], sort: str, query: dict[str, str], day: date) -> Table:
    """The list as rows and columns. For files the customer's number stands in a column of its own."""
    own = _OWN[kind.code](day)
    columns = [
        Column("number", "Number", _of("number"), sort="number", pin=True, href=lambda r: to(PAGES[kind.code], r.record.pk)),
        Column(
            "customer", "Customer", lambda r: r.record.customer.name, sort="customer", grow=True,
            href=lambda r: reverse("customers:detail", args=[r.record.customer_id]),
        ),
        Column("customer_number", "Customer number", lambda r: r.record.customer.number, priority=3),
        Column("company", "Company", lambda r: r.record.company.code, priority=3),
        *own,
        Column("state", "State", lambda r: state_of(r, day)[0], kind="badge", tone=lambda r: state_of(r, day)[1]),
    ]  # fmt: skip
    name = PAGES[kind.code]
    return Table(columns, rows, currency=lambda r: r.record.currency, sort=sort, query=query, row_id=lambda r: f"{name}-{r.record.pk}")
