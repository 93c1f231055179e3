"""Many rows in few statements: keys taken ahead, rows by COPY."""

import io
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection

MANY = 100
"""Rows from which a COPY's plans aren't those of a single row."""


def take_ids(table: str, count: int) -> list[int]:
    """`count` keys of the table's identity column, ascending."""
    if not count:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(s) FROM (SELECT pg_get_serial_sequence(%s, 'id')::regclass AS s) q, generate_series(1, %s)", [table, count]
        )
        return [row[0] for row in cursor.fetchall()]


def copy_rows(table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Insert rows by one COPY: one statement to the triggers. None is NULL; everything else goes by its `str`."""
    lines = ["\t".join(map(_field, row)) for row in rows]
    if not lines:
        return
    names = ", ".join(f'"{c}"' for c in columns)
    with connection.cursor() as cursor, connection.wrap_database_errors:
        cursor.cursor.copy_expert(f'COPY "{table}" ({names}) FROM STDIN', io.StringIO("\n".join(lines) + "\n"))
        if len(lines) > MANY:
            # The triggers keep the plans of their first run for the life of the session, and plans made for thousands of rows read whole
            # tables: kept for single rows, they would make each later posting as slow as the books are long.
            cursor.execute("DISCARD PLANS")


_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def _field(value: Any) -> str:
    kind = type(value)
    if kind is int:
        return str(value)
    if kind is str:
        return value.translate(_ESCAPES) if "\\" in value or not value.isprintable() else value
    if value is None:
        return "\\N"
    return ("t" if value else "f") if kind is bool else str(value)
