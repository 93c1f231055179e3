"""Many rows in few statements: keys taken ahead, rows by COPY, keys asked for as one array."""

import io
import re
from collections.abc import Iterable, Sequence
from typing import Any, cast

from django.db import connection, models
from django.db.models.expressions import RawSQL

MANY = 100
"""Rows from which a COPY's plans aren't those of a single row."""


def in_array(keys: Iterable[int]) -> RawSQL:
    """For `field__in`: thousands of keys as one array. A parameter for each costs more than the look-up."""
    return RawSQL("SELECT unnest(%s::bigint[])", [list(keys)])


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


def update_rows(rows: Sequence[models.Model], names: Sequence[str]) -> None:
    """Write fields of many rows of one model, as `bulk_update` does, but by a statement whose length doesn't grow with them."""
    if not rows:
        return
    meta = rows[0]._meta
    fields = [cast(Any, meta.get_field(name)) for name in (meta.pk.name, *names)]
    types = [_LENGTH.sub("", field.rel_db_type(connection) if field.primary_key else field.db_type(connection)) for field in fields]
    columns = [field.column for field in fields]
    changes = ", ".join(f'"{c}" = v."{c}"' for c in columns[1:])
    arrays = ", ".join(f"%s::{kind}[]" for kind in types)
    known_as = ", ".join(f'"{c}"' for c in columns)
    with connection.cursor() as cursor:
        cursor.execute(
            f'UPDATE "{meta.db_table}" t SET {changes} FROM unnest({arrays}) AS v({known_as}) WHERE t."{columns[0]}" = v."{columns[0]}"',
            [[field.get_db_prep_save(getattr(row, field.attname), connection) for row in rows] for field in fields],
        )


_LENGTH = re.compile(r"\(.*\)")
"""`varchar(120)[]` would cut what is too long; without its length the column itself judges."""

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
