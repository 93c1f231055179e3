"""What changed since a moment, so that a caller who asks now and then misses nothing.

A row's stamp is older than its commit: whoever asks in between doesn't see the row, and would never ask for it again. So each answer says
`until`: the moment before which nothing can appear any more, which is what to ask for the next time. Whoever writes to a table holds a
lock on it from before a row is stamped until the end, and locks can be looked at; nobody is kept waiting. Looked at before the rows are
read: what was finished by then is among them, what began later bears a later stamp.
"""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection, models

DRIFT = timedelta(seconds=10)
"""Some stamps are of the clock of the server that wrote them, set a moment before the row was."""
_UNTIL = """
    SELECT least(statement_timestamp(),
                 min(CASE WHEN a.usename = current_user THEN a.xact_start ELSE statement_timestamp() - interval '1 day' END))
    FROM pg_locks l JOIN pg_stat_activity a USING (pid)
    WHERE l.mode = 'RowExclusiveLock' AND l.pid <> pg_backend_pid() AND l.relation = ANY(%s::regclass[])
        AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""  # another role's beginning isn't told: a day is longer than any takes


def changed_since(rows: models.QuerySet[Any], paths: Sequence[str], since: datetime) -> models.QuerySet[Any]:
    """Rows of which one of these moments (look-ups, perhaps through other tables) is then or later. Each is asked for by itself, so that
    each is found by its own index."""
    if len(paths) == 1 and "__" not in paths[0]:
        return rows.filter(**{f"{paths[0]}__gte": since})
    model: Any = rows.model
    found = [model._base_manager.filter(**{f"{path}__gte": since}).order_by().values("pk") for path in paths]
    return rows.filter(pk__in=found[0].union(*found[1:]) if len(found) > 1 else found[0])


def settled_until(model: Any, paths: Collection[str]) -> datetime:
    """The moment before which no such change can appear any more."""
    with connection.cursor() as cursor:
        cursor.execute(_UNTIL, [sorted({_table_of(model, path) for path in paths})])
        until: datetime = cursor.fetchone()[0]
    return until.astimezone(UTC) - DRIFT


def _table_of(model: Any, path: str) -> str:
    *steps, _ = path.split("__")
    for step in steps:
        model = model._meta.get_field(step).related_model
    return str(model._meta.db_table)
