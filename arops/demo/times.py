"""When the demo's people did what they did: rows bear the moment of loading until they are put back to their days.

Much of it can't be changed afterwards (steps, findings, the audit trail): only the tables' owner can put it back, in the transaction of the
load and before the first seal; loaded as the runtime role, the rows stay as they are.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime

from django.db import connection

KEPT = (
    ("disputes_disputenote", "at"),
    ("workflow_tasknote", "at"),
    ("workflow_task", "created_at"),
    ("disputes_settlement", "requested_at"),
)
GUARDED = ("disputes_disputefinding", "disputes_disputestep", "disputes_disputemovement", "workflow_event")
SPANS = "unnest(%s::timestamptz[], %s::timestamptz[], %s::date[]) s(began, ended, day)"
PUT_BACK = f"""
    UPDATE {{table}} t SET {{column}} = s.day + time '09:00' + (t.{{column}} - s.began)
    FROM {SPANS} WHERE t.{{column}} >= s.began AND t.{{column}} < s.ended"""
OPENED = f"""
    UPDATE {{table}} t SET at = d.opened_on + time '08:00' FROM disputes_dispute d
    WHERE {{which}} AND t.at >= %s AND NOT EXISTS (SELECT FROM {SPANS} WHERE t.at >= s.began AND t.at < s.ended)"""
"""What the bank's money did (a short payment opened a case) lies between the spans."""


class Times:
    """Spans of loading, each with the day that it tells of."""

    def __init__(self) -> None:
        self.began = _now()
        self.spans: list[tuple[datetime, datetime, date]] = []

    @contextmanager
    def on(self, day: date) -> Iterator[None]:
        """What is done within was done on this day."""
        began = _now()
        yield
        self.spans.append((began, _now(), day))

    def put_back(self) -> None:
        """Give the rows their days, where the tables are ours."""
        columns = [list(column) for column in zip(*self.spans, strict=True)]
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_tables WHERE tablename = ANY(%s) AND tableowner = current_user", [list(GUARDED)])
            if cursor.fetchone() != (len(GUARDED),):
                return
            for table, column in KEPT:
                cursor.execute(PUT_BACK.format(table=table, column=column), columns)
            self._put_back_guarded(cursor, columns)

    def _put_back_guarded(self, cursor: object, columns: list[list[object]]) -> None:
        execute = cursor.execute  # type: ignore[attr-defined]
        execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in GUARDED:
            execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        for table in ("disputes_disputestep", "disputes_disputemovement"):
            execute(OPENED.format(table=table, which="d.id = t.dispute_id"), [self.began, *columns])
        which = "t.subject_type = 'disputes.dispute' AND d.id = t.subject_id"
        execute(OPENED.format(table="workflow_event", which=which), [self.began, *columns])
        for table in GUARDED:
            execute(PUT_BACK.format(table=table, column="at"), columns)
            execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
        execute("SET CONSTRAINTS ALL DEFERRED")


def _now() -> datetime:
    """The database's clock, not the transaction's."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        found: datetime = cursor.fetchone()[0]
        return found
