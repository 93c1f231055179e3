"""Reading contracts, purchase orders, orders, deliveries and work orders as an ERP sends them. Pure: rows in, values or problems out.

Amounts can only be read in a currency: the row's own, or that of the record it changes. So a row is read in two steps: who it is about
(`identity`), then, with the currency known, everything (`read`).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from typing import Any

from arops.lib import money
from arops.lib.rows import (
    Field,
    Fields,
    Problem,
    amount,
    currency,
    day,
    decimal,
    one_of,
    or_empty,
    read_row,
    reference,
    source_version,
    text,
    whole,
    yes_or_no,
)
from customers.payload import terms

MAX_LINES = 5_000
_ZERO = Decimal(0)
_quantity = decimal(6, least=_ZERO, most=Decimal("999999999999"))
_price = decimal(8)
_day = or_empty(day)
_reference = or_empty(reference)
_terms: Field = lambda value: value if value == "" else terms(value)  # noqa: E731 - a field like the others


@dataclass(frozen=True, slots=True)
class Parts:
    """A list within a row: its fields by currency, those each entry needs, what an entry that leaves a field out says."""

    fields: Callable[[str], Fields]
    required: tuple[str, ...]
    usual: Mapping[str, Any]
    numbered: str = ""
    once: tuple[str, ...] = ()
    parts: Mapping[str, "Parts"] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Shape:
    """What rows of a kind hold: header fields by currency, lists, what a new record needs."""

    fields: Callable[[str], Fields]
    required: tuple[str, ...]
    parts: Mapping[str, Parts]


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a row is about, as far as it can be told; what is no text is told by `read`."""

    company: str
    source_system: str
    external_id: str
    number: str
    currency: str


def identity(row: Any, source_system: str) -> Identity:
    """The names by which a row's record is found."""
    if not isinstance(row, Mapping):
        return Identity("", source_system, "", "", "")
    said = [_said(row.get(name)) for name in ("company", "source_system", "external_id", "number", "currency")]
    code = said[4] if said[4] in _CURRENCIES else ""
    return Identity(said[0], said[1] or source_system, said[2], said[3], code)


def _said(value: Any) -> str:
    return value.strip() if isinstance(value, str) and "\x00" not in value else ""


_CURRENCIES = frozenset(money.currencies())
_HEADER: dict[str, Field] = {
    "source_system": text(40),
    "external_id": text(80, needed=True),
    "source_version": source_version,
    "company": text(20, needed=True),
    "customer": reference,
    "number": text(60, needed=True),
    "currency": currency,
}


def _prices(code: str) -> Fields:
    return {
        "number": whole(1), "sku": text(60, needed=True), "description": text(300), "unit": text(10, needed=True), "unit_price": _price,
        "from_quantity": _quantity, "valid_from": _day, "valid_to": _day,
    }  # fmt: skip


def _steps(code: str) -> Fields:
    return {
        "code": text(30, needed=True), "kind": one_of("milestone", "recurring"), "name": text(200, needed=True),
        "amount": amount(code, least=1), "planned_on": _day, "until": _day, "every_months": whole(1, 120),
    }  # fmt: skip


def _versions(code: str) -> Fields:
    return {
        "number": whole(1, 10_000), "valid_from": day, "valid_to": _day, "payment_terms": _terms, "tax_code": text(20),
        "billing": one_of("work", "order", "milestones", "schedule", "progress"), "freight": one_of("included", "billed"),
        "fees_agreed": yes_or_no, "sign_off_needed": yes_or_no, "retainage_percent": decimal(2, least=_ZERO, most=Decimal("99.99")),
        "not_to_exceed": or_empty(amount(code, least=1)), "escalator_percent": decimal(3, least=Decimal(-50), most=Decimal(500)),
        "escalator_months": whole(1, 1_200), "note": text(4_000),
    }  # fmt: skip


_VERSION_USUAL: dict[str, Any] = {
    "valid_to": None, "payment_terms": "", "tax_code": "", "billing": "work", "freight": "billed", "fees_agreed": False,
    "sign_off_needed": False, "retainage_percent": _ZERO, "not_to_exceed": None, "escalator_percent": _ZERO, "escalator_months": 12,
    "note": "",
}  # fmt: skip
_PRICES = Parts(
    _prices, ("sku", "unit", "unit_price"), {"description": "", "from_quantity": _ZERO, "valid_from": None, "valid_to": None}, "number"
)
_STEPS = Parts(
    _steps,
    ("code", "name", "amount"),
    {"kind": "milestone", "planned_on": None, "until": None, "every_months": 1},
    once=("code",),
)
VERSION = Parts(_versions, ("valid_from",), _VERSION_USUAL, "number", parts={"prices": _PRICES, "steps": _STEPS})
MILESTONE = Parts(
    lambda code: {"code": text(30, needed=True), "reached_on": day, "note": text(300)}, ("code", "reached_on"), {"note": ""}, once=("code",)
)
CONTRACT = Shape(
    lambda code: {**_HEADER, "title": text(200), "project": text(60), "signed_on": _day, "ended_on": _day},
    ("customer", "number", "versions"),
    {"versions": VERSION, "milestones_reached": MILESTONE},
)

_PO_LINES = Parts(
    lambda code: {
        "number": whole(1), "sku": text(60), "description": text(300), "unit": text(10), "quantity": or_empty(_quantity),
        "unit_price": or_empty(_price), "amount": or_empty(amount(code, least=0)),
    },
    (),
    {"sku": "", "description": "", "unit": "", "quantity": None, "unit_price": None, "amount": None},
    "number",
)  # fmt: skip
PURCHASE_ORDER = Shape(
    lambda code: {
        **_HEADER, "contract": _reference, "issued_on": day, "expires_on": _day, "is_blanket": yes_or_no,
        "amount": or_empty(amount(code, least=1)), "payment_terms": _terms, "bill_to": text(1000), "ship_to": text(1000),
        "buyer": text(150), "state": one_of("open", "closed", "cancelled"),
    },
    ("customer", "number", "issued_on"),
    {"lines": _PO_LINES},
)  # fmt: skip

_ORDER_LINES = Parts(
    lambda code: {
        "number": whole(1), "sku": text(60), "description": text(300), "unit": text(10), "quantity": _quantity, "unit_price": _price,
        "tax_code": text(20), "po_line": or_empty(whole(1)), "is_service": yes_or_no,
    },
    ("quantity", "unit_price"),
    {"sku": "", "description": "", "unit": "", "tax_code": "", "po_line": None, "is_service": False},
    "number",
)  # fmt: skip
ORDER = Shape(
    lambda code: {
        **_HEADER, "purchase_order": _reference, "contract": _reference, "po_number": text(60), "ordered_on": day, "requested_on": _day,
        "payment_terms": _terms, "tax_code": text(20), "bill_to": text(1000), "ship_to": text(1000),
        "freight": one_of("", "included", "billed"), "freight_amount": or_empty(amount(code, least=0)), "entered_by": text(100),
        "sales_representative": text(100), "state": one_of("open", "shipped", "billed", "cancelled"),
    },
    ("customer", "number", "ordered_on"),
    {"lines": _ORDER_LINES},
)  # fmt: skip

_DELIVERY_LINES = Parts(
    lambda code: {"order_line": whole(1), "quantity": _quantity, "damaged": _quantity},
    ("order_line", "quantity"),
    {"damaged": _ZERO},
    once=("order_line",),
)
DELIVERY = Shape(
    lambda code: {
        **_HEADER, "order": reference, "shipped_on": day, "delivered_on": _day, "carrier": text(100), "signed_by": text(150),
        "note": text(300),
    },
    ("order", "number", "shipped_on"),
    {"lines": _DELIVERY_LINES},
)  # fmt: skip

_WORK_LINES = Parts(
    lambda code: {
        "number": whole(1), "kind": one_of("hours", "part", "expense"), "sku": text(60), "description": text(300), "unit": text(10),
        "quantity": _quantity, "order_line": or_empty(whole(1)), "is_billable": yes_or_no,
    },
    ("quantity",),
    {"kind": "hours", "sku": "", "description": "", "unit": "", "order_line": None, "is_billable": True},
    "number",
)  # fmt: skip
WORK_ORDER = Shape(
    lambda code: {
        **_HEADER, "order": _reference, "contract": _reference, "purchase_order": _reference, "kind": text(60), "site": text(200),
        "cost_code": text(60), "ordered_on": day, "scheduled_on": _day, "completed_on": _day,
        "state": one_of("ordered", "scheduled", "started", "done", "cancelled"), "technician": text(100), "signed_off_by": text(150),
        "signed_off_on": _day, "not_to_exceed": or_empty(amount(code, least=1)), "note": text(4_000),
    },
    ("customer", "number", "ordered_on"),
    {"lines": _WORK_LINES},
)  # fmt: skip
CONVERSION: Fields = {
    "company": text(20, needed=True), "sku": text(60), "from_unit": text(10, needed=True), "to_unit": text(10, needed=True),
    "factor": decimal(8, least=Decimal("0.00000001"), most=Decimal("9999999999")),
}  # fmt: skip
CONVERSIONS = Shape(lambda code: CONVERSION, ("company", "from_unit", "to_unit", "factor"), {})


@lru_cache(maxsize=1024)
def _fields(shape: Callable[[str], Fields], code: str) -> Fields:
    return shape(code)


def read(row: Any, shape: Shape, code: str, *, is_new: bool) -> tuple[dict[str, Any], list[Problem]]:
    """The values of a row, amounts in minor units of `code`, and what is wrong with it. A new record needs what its shape requires."""
    values, problems = read_row(row, _fields(shape.fields, code), frozenset(shape.parts), shape.required if is_new else ())
    if isinstance(row, Mapping):
        for name, parts in shape.parts.items():
            if row.get(name) is not None:
                values[name] = read_parts(row[name], parts, code, f"/{name}", problems)
    return values, problems


def read_parts(rows: Any, parts: Parts, code: str, pointer: str, problems: list[Problem]) -> list[dict[str, Any]]:
    """The entries of a list, each whole: what one leaves out is as usual."""
    if not isinstance(rows, Sequence) or isinstance(rows, str) or len(rows) > MAX_LINES:
        problems.append(Problem(pointer, "invalid", f"{pointer.rpartition('/')[2]} is a list of at most {MAX_LINES:,} objects"))
        return []
    fields, also, found = _fields(parts.fields, code), frozenset(parts.parts), []
    for n, row in enumerate(rows):
        here = f"{pointer}/{n}"
        values, wrong = read_row(row, fields, also, parts.required, here)
        problems += wrong
        for name, inner in parts.parts.items():
            said = row.get(name) if isinstance(row, Mapping) else None
            values[name] = [] if said is None else read_parts(said, inner, code, f"{here}/{name}", problems)
        if parts.numbered:
            values.setdefault(parts.numbered, n + 1)
        found.append({**parts.usual, **values})
    _once(found, (parts.numbered,) if parts.numbered else parts.once, pointer, problems)
    return found


def _once(found: Sequence[Mapping[str, Any]], names: tuple[str, ...], pointer: str, problems: list[Problem]) -> None:
    for name in names:
        seen = set()
        for n, values in enumerate(found):
            if (value := values.get(name)) is not None:
                if value in seen:
                    problems.append(Problem(f"{pointer}/{n}/{name}", "duplicate", f"{name} {value} is there twice"))
                seen.add(value)
