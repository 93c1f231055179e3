"""Plain rows from the database, for reads of thousands where an object each would cost more than the query."""

from collections.abc import Hashable, Iterable
from typing import Any, TypeVar

from django.db import connection

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


def gather(sql: str, *values: Any) -> list[Any]:
    """The rows of a query; lists go as arrays."""
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())


def grouped(pairs: Iterable[tuple[Key, Value]]) -> dict[Key, list[Value]]:
    """Values by key, in their order."""
    found: dict[Key, list[Value]] = {}
    for key, value in pairs:
        found.setdefault(key, []).append(value)
    return found
