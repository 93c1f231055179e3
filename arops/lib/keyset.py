"""Pages of long lists by cursor: no counting, no skipping, whatever the page. The cursor is the last row's sort value and key."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import DateField, DateTimeField, IntegerField, Q, QuerySet


@dataclass(frozen=True, slots=True)
class Slice:
    """Keys of the rows of a page, and the cursor of the next (empty: there is none)."""

    keys: list[int]
    after: str = ""


def slice_of(found: QuerySet[Any], path: str, *, down: bool = False, after: str = "", size: int = 100) -> Slice:
    """The page after the cursor, sorted by `path` (never null) and key. A cursor that makes no sense is none."""
    cursor = _read(after, _kind(found.model, path))
    if cursor:
        value, pk = cursor
        way = "lt" if down else "gt"
        beyond = Q(**{f"{path}__{way}": value}) | Q(**{path: value, f"pk__{way}": pk})
        found = found.filter(beyond, **{f"{path}__{way}e": value})
    sign = "-" if down else ""
    order = [f"{sign}{path}", f"{sign}pk"] if path != "pk" else [f"{sign}pk"]
    # Keys first, rows after: a million wide rows would be sorted on disk, a million keys are not.
    rows = list(found.order_by(*order).values_list("pk", path)[: size + 1])
    keys = [key for key, _ in rows[:size]]
    return Slice(keys, f"{rows[size - 1][1]}~{keys[-1]}" if len(rows) > size else "")


def in_order(found: QuerySet[Any], keys: Sequence[int]) -> list[Any]:
    """The rows of these keys, in their order."""
    rows = found.in_bulk(list(keys))
    return [rows[key] for key in keys if key in rows]


def _kind(model: Any, path: str) -> type:
    field: Any = None
    for name in path.split("__"):
        field = (field.related_model if field else model)._meta.get_field(name if name != "pk" else "id")
    if isinstance(field, DateTimeField):
        raise TypeError("a cursor over moments is not needed yet")
    return date if isinstance(field, DateField) else int if isinstance(field, IntegerField) else str


def _read(text: str, kind: type) -> tuple[Any, int] | None:
    value, _, pk = text[:300].rpartition("~")
    if not (pk.isascii() and pk.isdigit() and len(pk) < 19) or "\x00" in value:
        return None
    try:
        return (date.fromisoformat(value) if kind is date else kind(value)), int(pk)
    except ValueError:
        return None
