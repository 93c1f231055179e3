"""The order's life: contracts, prices, purchase orders, orders, deliveries, work orders, units."""

from typing import Any

from arops.api.schemas.parts import (
    COMPANY,
    CURRENCY,
    DAY,
    DECIMAL,
    EXTERNAL,
    FLAG,
    MOMENT,
    POSITIVE,
    REFERENCE,
    SOURCE,
    VERSION,
    WHOLE,
    Schema,
    given,
    listed,
    nullable,
    public_id,
    ref,
    taken,
    text,
)


def needed(limit: int, description: str = "") -> Schema:
    """Text that isn't empty."""
    return text(limit, description, minLength=1, pattern=r"\S")


def or_empty(schema: Schema) -> Schema:
    """The value, or an empty text that takes away what was there."""
    return {"anyOf": [schema, {"type": "string", "const": ""}]}


def words(*allowed: str) -> Schema:
    """One of these words."""
    return {"type": "string", "enum": list(allowed)}


NUMBER: Schema = {**WHOLE, "minimum": 1}
_DAY, _REFERENCE, _AMOUNT = or_empty(DAY), or_empty(REFERENCE), or_empty(POSITIVE)
_IDENTITY: dict[str, Schema] = {
    "source_system": SOURCE, "external_id": EXTERNAL | {"minLength": 1, "pattern": r"\S"}, "source_version": VERSION, "company": COMPANY,
    "number": needed(60), "customer": REFERENCE,
    "currency": {**CURRENCY, "description": "Without it, that of the contract, purchase order or order referred to, else the customer's."},
}  # fmt: skip
_IDENTITY_OUT: dict[str, Schema] = {
    "source_system": text(40), "external_id": nullable(text(80)), "source_version": nullable(VERSION), "company": COMPANY,
    "customer": public_id("cus"), "number": text(60), "currency": CURRENCY,
}  # fmt: skip
_STAMPS: dict[str, Schema] = {"revision": {**NUMBER, "description": "Counts changes."}, "updated_at": MOMENT}
_TERMS = text(40, "Such as `net 30` or `2/10 net 30`.")
_SPAN = {"valid_from": _DAY, "valid_to": _DAY}

# What a list within a record takes: (fields, those that are needed).
_PRICE: tuple[dict[str, Schema], tuple[str, ...]] = (
    {"number": NUMBER, "sku": needed(60), "description": text(300), "unit": needed(10), "unit_price": DECIMAL, "from_quantity": DECIMAL,
     **_SPAN},
    ("sku", "unit", "unit_price"),
)  # fmt: skip
_STEP: tuple[dict[str, Schema], tuple[str, ...]] = (
    {
        "code": needed(30, "The same in every version."), "kind": words("milestone", "recurring"), "name": needed(200), "amount": POSITIVE,
        "planned_on": {**_DAY, "description": "Milestone: when it should be reached. Recurring (where it is needed): the first day."},
        "until": _DAY, "every_months": {**NUMBER, "maximum": 120},
    },
    ("code", "name", "amount"),
)  # fmt: skip
_VERSION: dict[str, Schema] = {
    "number": {**NUMBER, "maximum": 10_000, "description": "1 as signed, 2 the first amendment. One that is there must be the same."},
    "valid_from": DAY, "valid_to": _DAY, "payment_terms": _TERMS, "tax_code": text(20),
    "billing": words("work", "order", "milestones", "schedule", "progress"), "freight": words("included", "billed"), "fees_agreed": FLAG,
    "sign_off_needed": FLAG, "retainage_percent": DECIMAL, "not_to_exceed": _AMOUNT, "escalator_percent": DECIMAL,
    "escalator_months": {**NUMBER, "maximum": 1_200}, "note": text(4_000),
}  # fmt: skip
_PO_LINE = ({"number": NUMBER, "sku": text(60), "description": text(300), "unit": text(10), "quantity": or_empty(DECIMAL),
             "unit_price": or_empty(DECIMAL), "amount": _AMOUNT}, ())  # fmt: skip
_ORDER_LINE = (
    {"number": NUMBER, "sku": text(60), "description": text(300), "unit": text(10), "quantity": DECIMAL, "unit_price": DECIMAL,
     "tax_code": text(20), "po_line": or_empty(NUMBER), "is_service": FLAG},
    ("quantity", "unit_price"),
)  # fmt: skip
_DELIVERY_LINE = ({"order_line": NUMBER, "quantity": DECIMAL, "damaged": DECIMAL}, ("order_line", "quantity"))
_WORK_LINE = (
    {"number": NUMBER, "kind": words("hours", "part", "expense"), "sku": text(60), "description": text(300), "unit": text(10),
     "quantity": DECIMAL, "order_line": or_empty(NUMBER), "is_billable": FLAG},
    ("quantity",),
)  # fmt: skip
_MILESTONE = ({"code": needed(30), "reached_on": DAY, "note": text(300)}, ("code", "reached_on"))

_HEADERS: dict[str, dict[str, Schema]] = {
    "Contract": {"title": text(200), "project": text(60), "signed_on": _DAY, "ended_on": _DAY},
    "PurchaseOrder": {
        "contract": _REFERENCE, "issued_on": DAY, "expires_on": _DAY, "is_blanket": FLAG, "amount": _AMOUNT, "payment_terms": _TERMS,
        "bill_to": text(1000), "ship_to": text(1000), "buyer": text(150), "state": words("open", "closed", "cancelled"),
    },
    "Order": {
        "purchase_order": _REFERENCE, "contract": _REFERENCE, "po_number": text(60), "ordered_on": DAY, "requested_on": _DAY,
        "payment_terms": _TERMS, "tax_code": text(20), "bill_to": text(1000), "ship_to": text(1000),
        "freight": words("", "included", "billed"), "freight_amount": _AMOUNT, "entered_by": text(100), "sales_representative": text(100),
        "state": words("open", "shipped", "billed", "cancelled"),
    },
    "Delivery": {"order": REFERENCE, "shipped_on": DAY, "delivered_on": _DAY, "carrier": text(100), "signed_by": text(150),
                 "note": text(300)},
    "WorkOrder": {
        "order": _REFERENCE, "contract": _REFERENCE, "purchase_order": _REFERENCE, "kind": text(60), "site": text(200),
        "cost_code": text(60), "ordered_on": DAY, "scheduled_on": _DAY, "completed_on": _DAY,
        "state": words("ordered", "scheduled", "started", "done", "cancelled"), "technician": text(100), "signed_off_by": text(150),
        "signed_off_on": _DAY, "not_to_exceed": _AMOUNT, "note": text(4_000),
    },
}  # fmt: skip
_NEEDED = {
    "Contract": ("customer", "versions"), "PurchaseOrder": ("customer", "issued_on"), "Order": ("customer", "ordered_on"),
    "Delivery": ("order", "shipped_on"), "WorkOrder": ("customer", "ordered_on"),
}  # fmt: skip
_LINES = {"PurchaseOrder": _PO_LINE, "Order": _ORDER_LINE, "Delivery": _DELIVERY_LINE, "WorkOrder": _WORK_LINE}
_PREFIX = {"Contract": "ctr", "PurchaseOrder": "po", "Order": "ord", "Delivery": "dlv", "WorkOrder": "wo"}
_POINTS_TO = {"contract": "ctr", "purchase_order": "po", "order": "ord"}


def _taken(part: tuple[dict[str, Schema], tuple[str, ...]], **more: Schema) -> Schema:
    return taken(part[1], **part[0], **more)


def _out(fields: dict[str, Schema]) -> dict[str, Schema]:
    """What was taken, as it is answered: references as our ids, null for what is not there."""
    return {name: _answered(name, schema) for name, schema in fields.items()}


def _answered(name: str, schema: Schema) -> Schema:
    if name in _POINTS_TO and schema in (REFERENCE, _REFERENCE):
        return public_id(_POINTS_TO[name]) if schema is REFERENCE else nullable(public_id(_POINTS_TO[name]))
    if "anyOf" in schema:
        return nullable({k: v for k, v in schema["anyOf"][0].items() if k != "examples"})
    return {k: v for k, v in schema.items() if k not in ("minLength", "pattern")} if schema.get("type") == "string" else schema


_LISTS_IN: dict[str, dict[str, Schema]] = {
    name: {"lines": listed(ref(f"{name}LineIn"), maxItems=5000, description="Replaces all lines.")} for name in _LINES
} | {
    "Contract": {
        "versions": listed(ref("ContractVersionIn"), minItems=1, maxItems=5000, description="Only added: each is whole."),
        "milestones_reached": listed(_taken(_MILESTONE), maxItems=5000, description="Each said once."),
    }
}  # fmt: skip
_LISTS_OUT: dict[str, dict[str, Schema]] = {name: {"lines": listed(given(**_out(part[0])))} for name, part in _LINES.items()} | {
    "Contract": {
        "versions": listed(given(**_out(_VERSION), prices=listed(given(**_out(_PRICE[0]))), steps=listed(given(**_out(_STEP[0]))))),
        "milestones_reached": listed(given(code=text(30), reached_on=DAY, note=text(300))),
    }
}


def _components() -> dict[str, Any]:
    found: dict[str, Schema] = {
        "ContractVersionIn": taken(
            ("valid_from",), **_VERSION, prices=listed(_taken(_PRICE), maxItems=5000), steps=listed(_taken(_STEP), maxItems=5000)
        )
    }  # fmt: skip
    for name, header in _HEADERS.items():
        row = {"id": public_id(_PREFIX[name]), **_IDENTITY_OUT, **_out(header), **_STAMPS}
        found[f"{name}Row"] = given(**row)
        found[name] = given(**row, **_LISTS_OUT[name])
        found[f"{name}In"] = taken(("company", "number", *_NEEDED[name]), **_IDENTITY, **header, **_LISTS_IN[name])
        if name in _LINES:
            found[f"{name}LineIn"] = _taken(_LINES[name])
    return found


COMPONENTS: dict[str, Schema] = _components() | {
    "Price": given(
        id=public_id("prc"), contract=public_id("ctr"), contract_number=text(60), customer=public_id("cus"), version=NUMBER, sku=text(60),
        description=text(300), unit=text(10), currency=CURRENCY,
        unit_price={**DECIMAL, "description": "As it is on the day, every rise included."}, unit_price_as_agreed=DECIMAL,
        from_quantity=DECIMAL, valid_from=DAY, valid_to=nullable(DAY), on=DAY,
    ),
    "UnitConversion": given(
        id=public_id("uc"), company=COMPANY, sku=text(60, "Empty: of every article."), from_unit=text(10), to_unit=text(10),
        factor={**DECIMAL, "description": "How many to_unit one from_unit is."},
    ),
    "UnitConversionIn": taken(
        ("company", "from_unit", "to_unit", "factor"), company=COMPANY, sku=text(60), from_unit=needed(10), to_unit=needed(10),
        factor={**DECIMAL, "pattern": r"^[0-9]{1,10}(\.[0-9]{1,8})?$"},
    ),
}  # fmt: skip
