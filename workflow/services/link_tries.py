"""Guessing codes of links is bounded: after `MOST` that open nothing, a place waits for the next quarter of an hour. Kept in the database,
so that it holds across processes and without Redis; where somebody came from only as a keyed hash."""

from datetime import datetime, timedelta

from django.db import connection
from django.utils.crypto import salted_hmac

from workflow.models import LinkTry

MOST = 30
KEPT = timedelta(days=1)


def is_barred(origin: str, now: datetime) -> bool:
    """Whether this place has tried too often in this quarter of an hour."""
    return LinkTry.objects.filter(origin=_hash(origin), since=_quarter(now), tries__gte=MOST).exists()


def count_try(origin: str, now: datetime) -> None:
    """Write down a code that opened nothing; what is older than a day is forgotten."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO workflow_linktry (origin, since, tries) VALUES (%s, %s, 1) "
            "ON CONFLICT (origin, since) DO UPDATE SET tries = workflow_linktry.tries + 1",
            [_hash(origin), _quarter(now)],
        )
    LinkTry.objects.filter(since__lt=now - KEPT).delete()


def _hash(origin: str) -> str:
    return salted_hmac("workflow.services.link_tries", origin, algorithm="sha256").hexdigest()


def _quarter(now: datetime) -> datetime:
    return now.replace(minute=now.minute - now.minute % 15, second=0, microsecond=0)
