"""Asking for things and allowing them, for tests."""

from datetime import date, datetime
from threading import Barrier, Thread

from django.db import IntegrityError, connection, connections

from arops.lib.refusal import Refused
from workflow.services.approvals import approve, ask

TODAY = date(2026, 9, 20)


NOW = datetime.fromisoformat("2026-09-20T08:00:00+00:00")


KIND = "test_thing"


DONE: list[int] = []


COUNT = iter(range(10**9))


def wish(actor, company, amount, *, customer=7, today=TODAY, now=NOW, token=None, **fields):
    given = {"payload": {"n": 1}, "title": "a thing", "reason": "because", "currency": "USD"} | fields
    return ask(
        actor=actor, company=company, kind=KIND, amount=amount, customer_id=customer, token=token or f"t{next(COUNT)}", today=today,
        now=now, **given,
    )  # fmt: skip


def allow(actor, approval, today=TODAY, now=NOW):
    return approve(actor=actor, approval=approval, now=now, today=today)


def at_once(*works):
    """What each answers or is refused, begun together, each with a connection of its own."""
    barrier, said = Barrier(len(works)), []

    def run(work):
        barrier.wait()
        try:
            said.append(work())
        except (Refused, IntegrityError) as error:
            said.append(error)
        finally:
            connections.close_all()

    threads = [Thread(target=run, args=[work]) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    connection.ensure_connection()
    return said
