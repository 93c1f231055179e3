"""A record's whole form: its head, a contract's version, its tables of lines; and what is special about each kind."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from arops.lib import money
from arops.lib.rows import Problem
from customers.models import Customer
from orders import services
from orders.forms import records as forms
from orders.forms.parts import blame, filled, rows_of
from orders.models import Contract, ContractVersion, Delivery, PurchaseOrder, SalesOrder, WorkOrder
from orders.selectors.details import order_lines


@dataclass(frozen=True, slots=True)
class Table:
    """Lines of a form: the name of their list in the row, their formset, heading and hint; `adds` is false where the lines are given."""

    name: str
    title: str
    lines: Any
    hint: str = ""
    adds: bool = True
    is_priced: bool = False


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of record as it is entered by hand: its model and form, the day it begins with, its lines, the service that keeps it."""

    code: str
    model: Any
    form: type[forms.RecordForm]
    save: Callable[..., Any]
    day: str
    tables: tuple[Table, ...] = ()


PRICES = Table("prices", "Prices", forms.PriceLines, "a price list or rate card; empty where prices stand on the orders")
STEPS = Table("steps", "Milestones and what recurs", forms.StepLines, "net amounts; what recurs needs its first day")
WORK_LINES = Table("lines", "Hours and parts", forms.WorkOrderLines, "what was worked and used; what isn’t billed is kept too")
_PO_LINES = Table("lines", "Lines", forms.PurchaseOrderLines, "an empty amount is quantity × price", is_priced=True)
_ORDER_LINES = Table("lines", "Lines", forms.SalesOrderLines, "services are billed by their work orders", is_priced=True)
_DELIVERED = Table("lines", "What left", forms.DeliveryLines, "filled in with what is still to be delivered", adds=False)

KINDS = {
    kind.code: kind
    for kind in (
        Kind("contracts", Contract, forms.ContractForm, services.save_contract, "signed_on"),
        Kind("purchase-orders", PurchaseOrder, forms.PurchaseOrderForm, services.save_purchase_order, "issued_on", (_PO_LINES,)),
        Kind("orders", SalesOrder, forms.SalesOrderForm, services.save_order, "ordered_on", (_ORDER_LINES,)),
        Kind("deliveries", Delivery, forms.DeliveryForm, services.save_delivery, "shipped_on", (_DELIVERED,)),
        Kind("work-orders", WorkOrder, forms.WorkOrderForm, services.save_work_order, "ordered_on", (WORK_LINES,)),
    )
}
"""As in the list's address → kind."""


def all_valid(*parts: Any) -> bool:
    """Whether every part is, each looked at whatever the others say."""
    return False not in {part.is_valid() for part in parts}


class Lines:
    """A table of lines with what was typed into it."""

    def __init__(self, table: Table, data: Any, start: Sequence[dict[str, Any]]) -> None:
        self.table = table
        self.forms = table.lines(data, prefix=f"{table.name.removesuffix('s')}", initial=list(start))
        self.sent: list[Any] = []

    def is_valid(self) -> bool:
        """Whether every line can be read; `sent` are those that are there."""
        good: bool = self.forms.is_valid()
        self.sent = filled(self.forms) if good else []
        return good


class Sheet:
    """Head, version and lines as one form."""

    def __init__(
        self, kind: Kind, data: Any, customer: Customer, *, start: dict[str, Any], version: dict[str, Any] | None = None,
        lines: dict[str, Sequence[dict[str, Any]]] | None = None, is_new: bool,
    ) -> None:  # fmt: skip
        self.kind, self.is_new = kind, is_new
        self.head = kind.form(data, customer=customer, is_new=is_new, initial=start)
        self.version = forms.VersionForm(data, initial=version) if version is not None else None
        tables = (PRICES, STEPS) if version is not None else kind.tables
        self.tables = [Lines(table, data, (lines or {}).get(table.name, ())) for table in tables]

    def is_valid(self) -> bool:
        """Every part is looked at, so that all that is wrong is said at once."""
        return all_valid(self.head, *([self.version] if self.version else []), *self.tables)

    def row(self) -> dict[str, Any]:
        """The record as the service takes it: of a new one what was filled in, of one that is changed everything."""
        row = self.head.filled() if self.is_new else self.head.row()
        lists = {lines.table.name: rows_of(lines.sent) for lines in self.tables}
        if self.version is not None:
            return row | {"versions": [self.version.filled() | lists]}
        return row | lists

    def blame(self, problems: Sequence[Problem]) -> None:
        """Put what was refused beside the fields."""
        parts: dict[str, Sequence[Any]] = {lines.table.name: lines.sent for lines in self.tables}
        blame(problems, self.head, parts | ({"versions": [self.version]} if self.version else {}))


class VersionSheet:
    """A new version of a contract with its prices and steps."""

    def __init__(self, data: Any, latest: ContractVersion | None, currency: str) -> None:
        start = start_of(latest, list(forms.VersionForm.base_fields), currency) if latest else {}
        self.version = forms.VersionForm(data, initial=start | {"valid_from": "", "note": ""})
        self.tables = [Lines(t, data, version_lines(latest, t, currency) if latest else ()) for t in (PRICES, STEPS)]

    def is_valid(self) -> bool:
        """Every part is looked at."""
        return all_valid(self.version, *self.tables)

    def row(self) -> dict[str, Any]:
        """The version as the service takes it."""
        return self.version.filled() | {lines.table.name: rows_of(lines.sent) for lines in self.tables}

    def blame(self, problems: Sequence[Problem]) -> None:
        """Put what was refused beside the fields."""
        parts: dict[str, Sequence[Any]] = {lines.table.name: lines.sent for lines in self.tables}
        blame(problems, self.version, parts)


_MONEY = frozenset({"amount", "freight_amount", "not_to_exceed"})


def shown(value: Any) -> Any:
    """A value as a field shows it: a number without idle zeros, another record by its number."""
    if isinstance(value, Decimal):
        return f"{value:f}".rstrip("0").rstrip(".") if value % 1 else f"{value:.0f}"
    return value.number if hasattr(value, "_meta") else value


def start_of(record: Any, names: Sequence[str], currency: str) -> dict[str, Any]:
    """A form's first values from a record."""
    values = {name: getattr(record, name) for name in names}
    if values.get("from_quantity") == 0:
        values["from_quantity"] = None
    if values.get("kind") == "milestone":
        values["every_months"] = None
    return {
        name: "" if value is None else money.to_text(value, currency) if name in _MONEY else shown(value) for name, value in values.items()
    }  # fmt: skip


def head_of(kind: Kind, record: Any) -> dict[str, Any]:
    """The head's first values from a record."""
    names = [name for name in kind.form.base_fields if name not in kind.form.new_only]
    return start_of(record, names, record.currency)


def lines_of(kind: Kind, record: Any) -> dict[str, Sequence[dict[str, Any]]]:
    """The lines' first values from a record."""
    if isinstance(record, Delivery):
        return {"lines": delivery_lines(record.order, record)}
    tables = kind.tables
    return {t.name: [start_of(line, list(t.lines.form.base_fields), record.currency) for line in record.lines.all()] for t in tables}


def version_lines(version: ContractVersion, table: Table, currency: str) -> list[dict[str, Any]]:
    """The prices or steps of a version, to begin an amendment with."""
    names = list(table.lines.form.base_fields)
    return [start_of(line, names, currency) for line in getattr(version, table.name).all()]


def delivery_lines(order: SalesOrder, delivery: Delivery | None = None) -> list[dict[str, Any]]:
    """A line for every line of goods of the order: filled in with the delivery's own, or with what is still to be delivered."""
    own = {line.order_line: line for line in delivery.lines.all()} if delivery else {}  # type: ignore[attr-defined]
    found = []
    for progress in order_lines(order):
        number = progress.line.number
        if number in own:
            this = own[number]
            found.append({"order_line": number, "quantity": shown(this.quantity), "damaged": shown(this.damaged) if this.damaged else ""})
        elif not progress.line.is_service:
            left = "" if delivery or not progress.to_deliver else shown(progress.to_deliver)
            found.append({"order_line": number, "quantity": left})
    return found


def start_new(kind: Kind, customer: Customer, today: date, order: SalesOrder | None, asked: dict[str, str]) -> dict[str, Any]:
    """The first values of a new record: today, the customer's currency, and what it hangs on."""
    start: dict[str, Any] = {kind.day: today, "currency": (order or customer).currency}
    names = {name: text for name, text in asked.items() if name in kind.form.base_fields}
    if order is not None:
        start["number"] = next_number(kind.model, order)
        if kind.model is WorkOrder:
            around = {"order": order, "contract": order.contract, "purchase_order": order.purchase_order}
            names |= {name: record.number for name, record in around.items() if record}
    return start | names


def next_number(model: Any, order: SalesOrder) -> str:
    """A number after the order's own that is still free, for what belongs to it."""
    letter = "D" if model is Delivery else "W"
    taken = set(
        model.objects.filter(company=order.company_id, number__startswith=f"{order.number}-{letter}").values_list("number", flat=True)
    )
    n = 1
    while (number := f"{order.number}-{letter}{n}") in taken:
        n += 1
    return number[:60]
