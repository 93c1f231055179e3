"""What the runtime role may do to each table. Full rights by default; a model may name fewer in `runtime_privileges`."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.db import models

ALL = ("SELECT", "INSERT", "UPDATE", "DELETE")


def grant_statements(role: str, tables: Iterable[type[models.Model]], cursor: Any) -> Iterator[str]:
    """The SQL that sets `role`'s rights, from nothing: no right that a model doesn't ask for survives a migration."""
    name = f'"{role}"'
    cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    existing = {row[0] for row in cursor.fetchall()}
    yield f"GRANT USAGE ON SCHEMA public TO {name}"
    yield f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {name}"
    yield f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {name}"
    if "django_migrations" in existing:
        yield f"GRANT SELECT ON django_migrations TO {name}"
    for model in tables:
        table = model._meta.db_table
        if table in existing and model._meta.managed:
            yield f'GRANT {", ".join(_rights(model))} ON "{table}" TO {name}'


def _rights(model: type[models.Model]) -> tuple[str, ...]:
    rights = getattr(model, "runtime_privileges", None)
    if rights:
        return tuple(rights)
    # History written by triggers (pghistory) is only added to.
    return ("SELECT", "INSERT") if hasattr(model, "pgh_tracked_model") else ALL
