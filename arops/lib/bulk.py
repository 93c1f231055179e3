"""Many rows in few statements: keys taken ahead, rows by COPY."""

import io
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection


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
    buffer = io.StringIO("\n".join("\t".join(map(_field, row)) for row in rows) + "\n")
    if buffer.getvalue() == "\n":
        return
    names = ", ".join(f'"{c}"' for c in columns)
    with connection.cursor() as cursor, connection.wrap_database_errors:
        cursor.cursor.copy_expert(f'COPY "{table}" ({names}) FROM STDIN', buffer)


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
