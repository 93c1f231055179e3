"""Millions of rows in minutes, for `manage.py bench disputes`: one INSERT … SELECT a table, triggers asleep, keys given so that rows find
each other. Only in a scratch database."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

from django.apps import apps
from django.db import connections
from django.db.models import Field
from django.db.models.fields import NOT_PROVIDED


def run_sql(sql: str, **params: Any) -> list[tuple[Any, ...]]:
    """One statement as the tables' owner; its rows where it has any."""
    with connections["owner"].cursor() as cursor:
        cursor.execute(sql, params or None)
        return cursor.fetchall() if cursor.description else []


@contextmanager
def triggers_asleep(*labels: str) -> Iterator[None]:
    """The guards of these models don't look while rows are filled in; foreign keys and checks still do."""
    tables = [apps.get_model(label)._meta.db_table for label in labels]
    for table in tables:
        run_sql(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    yield
    for table in tables:
        run_sql(f"ALTER TABLE {table} ENABLE TRIGGER USER")
        run_sql(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT coalesce(max(id), 1) FROM {table}))")


def fill(label: str, source: str, /, **columns: str) -> None:
    """Rows of a model from `source` (what stands behind FROM): an SQL expression for each column. What isn't named has its field's
    default."""
    model = apps.get_model(label)
    given = dict(columns)
    for field in model._meta.local_concrete_fields:
        if field.column not in given and (default := _default(field)) is not None:
            given[field.column] = default
    run_sql(f"INSERT INTO {model._meta.db_table} ({', '.join(given)}) SELECT {', '.join(given.values())} FROM {source}")


def _default(field: "Field[Any, Any]") -> str | None:
    """A field's default as SQL; nothing where the column may be empty, is a key, or has a default in the database."""
    if field.primary_key or field.null or field.has_db_default():
        return None
    if getattr(field, "auto_now", False):
        return "now()"
    value = field.get_default() if field.default is not NOT_PROVIDED else ""
    return _literal(value)


def _literal(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return "'[]'"
    if isinstance(value, dict):
        return "'{}'"
    if isinstance(value, (str, date)):
        return f"'{value}'"
    return str(value)


def one_of(values: list[Any], number: str) -> str:
    """SQL: the value at a place that a number chooses."""
    items = ", ".join(_literal(value) for value in values)
    return f"(ARRAY[{items}])[1 + ({number}) % {len(values)}]"
