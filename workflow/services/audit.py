"""The chain over the audit trail: each seal hashes the events since the one before, and the seal before.

Who changes, removes or slips in an event that is sealed breaks the chain at that seal, and all seals after it would have to be
forged. Cutting off the chain's end can't be seen from inside: the night's summary prints its head, to be kept elsewhere.

An event's number is drawn before its transaction commits, so a seal must not reach beyond numbers whose transactions are still
open. Whoever writes an event holds a lock on the table from before the number is drawn until the end, and locks can be looked at.
Nobody is kept waiting: when a writer needs long, the sealing is left to the next time.
"""

import hashlib
import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from django.db import connection, transaction

from workflow.models import AuditSeal

SIZE = 500
"""Events in one seal at most: an edit is found to within so many."""
PATIENCE = 5.0
"""Seconds to wait for writers before the sealing is left to the next time."""
_LOCK = 0x5EA1
_EVENTS = (
    "SELECT id, jsonb_build_array(id, company_id, type, actor, subject_type, subject_id, customer_ref, data,"
    " (extract(epoch FROM at) * 1000000)::bigint)::text FROM workflow_event"
)
_ROWS = f"{_EVENTS} WHERE id > %s AND id <= %s ORDER BY id"


@dataclass(frozen=True, slots=True)
class Head:
    """The chain's last seal: the event it reaches to, how many events and seals there are, its hash."""

    upto_event_id: int = 0
    events: int = 0
    hash: str = ""

    def __str__(self) -> str:
        return f"{self.events} events up to {self.upto_event_id}, {self.hash[:16] or 'no seal yet'}"


def seal_events() -> int:
    """Seal all events whose transactions are finished; answers with how many. One sealer at a time, the others do nothing."""
    upto = settled_id(PATIENCE)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
        if not cursor.fetchone()[0]:
            return 0
        last = AuditSeal.objects.order_by("-upto_event_id").first()
        after, previous, sealed = (last.upto_event_id, last.hash, 0) if last else (0, "", 0)
        for chunk in _chunks(after, upto):
            previous = _digest(previous, (text for _, text in chunk))
            AuditSeal.objects.create(upto_event_id=chunk[-1][0], count=len(chunk), hash=previous)
            sealed += len(chunk)
    return sealed


def check_chain() -> Iterator[str]:
    """What doesn't fit, one sentence for each seal that is broken; nothing when every seal fits its events."""
    after, previous = 0, ""
    for seal in AuditSeal.objects.order_by("upto_event_id").iterator():
        rows = _rows(after, seal.upto_event_id)
        if len(rows) != seal.count:
            yield f"events {after + 1} to {seal.upto_event_id} (seal {seal.pk}): {seal.count} were sealed, there are {len(rows)}"
        elif _digest(previous, (text for _, text in rows)) != seal.hash:
            yield f"events {after + 1} to {seal.upto_event_id} (seal {seal.pk}) are not what was sealed"
        after, previous = seal.upto_event_id, seal.hash


def chain_head() -> Head:
    """Where the chain ends: what to write down outside the database."""
    last = AuditSeal.objects.order_by("-upto_event_id").first()
    if last is None:
        return Head()
    return Head(last.upto_event_id, sum(AuditSeal.objects.values_list("count", flat=True)), last.hash)


def event_digests(ids: Collection[int]) -> dict[int, str]:
    """Event → the SHA-256 of its text as the seals hash it: by it an event that was copied out can be held against the trail."""
    with connection.cursor() as cursor:
        cursor.execute(f"{_EVENTS} WHERE id = ANY(%s)", [list(ids)])
        return {key: hashlib.sha256(text.encode()).hexdigest() for key, text in cursor.fetchall()}


def _digest(previous: str, texts: Iterator[str]) -> str:
    digest = hashlib.sha256(previous.encode())
    for text in texts:
        digest.update(b"\n" + text.encode())
    return digest.hexdigest()


def _rows(after: int, upto: int) -> list[tuple[int, str]]:
    with connection.cursor() as cursor:
        cursor.execute(_ROWS, [after, upto])
        return cursor.fetchall()


def _chunks(after: int, upto: int) -> Iterator[list[tuple[int, str]]]:
    """The events after one up to another, in the portions that are sealed."""
    while rows := _first(after, upto):
        yield rows
        after = rows[-1][0]


def _first(after: int, upto: int) -> list[tuple[int, str]]:
    with connection.cursor() as cursor:
        cursor.execute(f"{_ROWS} LIMIT {SIZE}", [after, upto])
        return cursor.fetchall()


def settled_id(patience: float = PATIENCE, table: str = "workflow_event") -> int:
    """The highest number drawn up to now, once all are finished that may have drawn one; 0 when they take longer (seconds).

    `table` may be another one whose rows are only added and numbered by a sequence, such as the journal.
    """
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM {table}_id_seq")
        highest = int(cursor.fetchone()[0])
        writers, end = _writers(table), time.monotonic() + patience
        while writers:
            if time.monotonic() > end:
                return 0
            time.sleep(0.05)
            writers &= _writers(table)
    return highest


def _writers(table: str) -> set[str]:
    """The transactions, other than this session's, that have begun to write an event (or a row of another table)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT virtualtransaction FROM pg_locks WHERE relation = %s::regclass AND mode = 'RowExclusiveLock'"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) AND pid IS DISTINCT FROM pg_backend_pid()",
            [table],
        )
        return {row[0] for row in cursor.fetchall()}
