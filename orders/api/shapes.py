"""Records of the order's life as the API shows them: the same fields that it takes, references as our ids."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from arops.api.ids import public
from arops.lib import money

_AMOUNTS = frozenset({"amount", "freight_amount", "not_to_exceed"})
_POINTS_TO = {"contract": "contract", "purchase_order": "purchase_order", "order": "order"}
HEADERS: dict[str, tuple[str, ...]] = {
    "contract": tuple("title project signed_on ended_on".split()),
    "purchase_order": tuple(
        "contract issued_on expires_on is_blanket amount payment_terms bill_to ship_to buyer state".split()
    ),
    "order": tuple(
        "purchase_order contract po_number ordered_on requested_on payment_terms tax_code bill_to ship_to freight freight_amount "
        "entered_by sales_representative state".split()
    ),
    "delivery": tuple("order shipped_on delivered_on carrier signed_by note".split()),
    "work_order": tuple(
        "order contract purchase_order kind site cost_code ordered_on scheduled_on completed_on state technician signed_off_by "
        "signed_off_on not_to_exceed note".split()
    ),
}  # fmt: skip


def header(kind: str, row: Any) -> dict[str, Any]:
    """A record as lists show it."""
    said = {name: _reference(row, name) if name in _POINTS_TO else value_of(row, name, row.currency) for name in HEADERS[kind]}
    return {
        "id": public(kind, row.pk), "source_system": row.source_system, "external_id": row.external_id,
        "source_version": row.source_version, "company": row.company.code, "customer": public("customer", row.customer_id),
        "number": row.number, "currency": row.currency, **said, "revision": row.revision, "updated_at": row.updated_at.isoformat(),
    }  # fmt: skip


def _reference(row: Any, name: str) -> str | None:
    return public(_POINTS_TO[name], getattr(row, f"{name}_id"))


def parts(rows: Iterable[Any], names: tuple[str, ...], currency: str) -> list[dict[str, Any]]:
    """Lines and the like, by their fields."""
    return [{name: value_of(row, name, currency) for name in names} for row in rows]


def value_of(row: Any, name: str, currency: str) -> Any:
    """A field as JSON has it: amounts and decimals as plain text, days as ISO days."""
    value = getattr(row, name)
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, date):
        return value.isoformat()
    return money.to_text(value, currency) if name in _AMOUNTS and value is not None else value


def plain(value: Decimal) -> str:
    """A decimal without the zeros at its end."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
