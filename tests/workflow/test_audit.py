"""The chain over the audit trail: whole, in order, and broken at exactly the seal whose events were touched."""

import threading

import pytest
from django.db import connection, transaction

from ledger.verify import CHAIN, verify_books
from tests.factories import DAY, SYSTEM
from workflow.models import AuditSeal, Event
from workflow.services import audit, record
from workflow.services.audit import chain_head, check_chain, seal_events

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def small_seals(monkeypatch):
    """Four events a seal."""
    monkeypatch.setattr(audit, "SIZE", 4)


def write(count):
    return [record(actor=SYSTEM, type="probe", n=n, text="Zażółć", amount=12_00) for n in range(count)]


def test_events_are_sealed_once_in_portions_and_the_chain_holds():
    write(10)
    assert seal_events() == 10
    assert [seal.count for seal in AuditSeal.objects.all()] == [4, 4, 2]
    assert seal_events() == 0
    write(1)
    assert seal_events() == 1
    assert list(check_chain()) == []
    head = chain_head()
    assert (head.events, head.upto_event_id) == (11, Event.objects.latest("pk").pk)
    assert str(head).startswith("11 events")


def test_an_empty_trail_has_an_empty_chain():
    assert seal_events() == 0
    assert list(check_chain()) == []
    assert str(chain_head()).endswith("no seal yet")


ATTACKS = {
    "edited": "UPDATE workflow_event SET actor = 'user:1' WHERE id = %s",
    "amount": "UPDATE workflow_event SET data = data || '{\"amount\": 1}' WHERE id = %s",
    "dated back": "UPDATE workflow_event SET at = at - interval '1 microsecond' WHERE id = %s",
    "removed": "DELETE FROM workflow_event WHERE id = %s",
    "renumbered": "UPDATE workflow_event SET id = -id WHERE id = %s",
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_whatever_is_done_to_a_sealed_event_is_found_at_its_seal(attack, admin_conn):
    """As a superuser, with the triggers that refuse it switched off."""
    events = write(10)
    seal_events()
    with admin_conn, admin_conn.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(ATTACKS[attack], [events[5].pk])
    (found,) = check_chain()
    assert f"events {events[3].pk + 1} to {events[7].pk}" in found
    assert CHAIN in {difference.check for difference in verify_books(DAY)}


def test_a_slipped_in_event_and_a_swapped_pair_are_found(admin_conn):
    events = write(6)
    seal_events()
    with admin_conn, admin_conn.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(
            "INSERT INTO workflow_event (id, type, actor, subject_type, data) VALUES (%s, 'x', 'y', '', '{}')", [events[0].pk - 1]
        )
    (found,) = check_chain()
    assert "4 were sealed, there are 5" in found


def test_a_seal_that_was_forged_breaks_the_next(admin_conn):
    write(10)
    seal_events()
    first = AuditSeal.objects.first()
    with admin_conn, admin_conn.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("UPDATE workflow_auditseal SET hash = repeat('0', 64) WHERE id = %s", [first.pk])
    assert len(list(check_chain())) == 2, "the forged seal itself, and the one that leans on it"


def test_the_runtime_role_can_neither_change_nor_remove_seals(app_conn):
    write(1)
    seal_events()
    for attack in ("UPDATE workflow_auditseal SET hash = ''", "DELETE FROM workflow_auditseal", "TRUNCATE workflow_auditseal"):
        with pytest.raises(Exception, match="permission denied"), app_conn, app_conn.cursor() as cursor:
            cursor.execute(attack)


def elsewhere(body):
    """Run something in another thread, on a connection of its own."""

    def work():
        try:
            body()
        finally:
            connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    return thread


def test_a_seal_waits_for_numbers_whose_transactions_are_still_open(monkeypatch):
    """The writer drew its number first and commits last: sealing past it would leave it out for good."""
    drawn, finish = threading.Event(), threading.Event()

    @transaction.atomic
    def slow_writer():
        record(actor=SYSTEM, type="slow")
        drawn.set()
        finish.wait(10)

    writer = elsewhere(slow_writer)
    assert drawn.wait(10)
    write(2)
    monkeypatch.setattr(audit, "PATIENCE", 0.1)
    assert seal_events() == 0, "left to the next time"
    monkeypatch.setattr(audit, "PATIENCE", 10)
    threading.Timer(0.2, finish.set).start()
    assert seal_events() == 3
    writer.join()
    assert list(check_chain()) == []


def test_writers_are_neither_kept_waiting_nor_left_out(monkeypatch):
    monkeypatch.setattr(audit, "SIZE", 50)
    stop = threading.Event()

    def writing():
        while not stop.wait(0.002):
            with transaction.atomic():
                write(3)

    writers = [elsewhere(writing) for _ in range(4)]
    sealed = sum(seal_events() for _ in range(15))
    stop.set()
    [writer.join() for writer in writers]
    sealed += seal_events()
    assert sealed == Event.objects.count() > 15
    assert list(check_chain()) == []


def test_two_sealers_at_once_seal_once():
    write(40)
    sealers = [elsewhere(seal_events) for _ in range(6)]
    [sealer.join() for sealer in sealers]
    seal_events()
    assert sum(AuditSeal.objects.values_list("count", flat=True)) == 40
    assert list(check_chain()) == []
