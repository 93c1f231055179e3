"""The same call twice has one effect."""

import threading

import pytest
from django.db import connection, connections, transaction

from invoicing.models import Invoice
from ledger.models import OpenItem
from tests.api.conftest import caller, invoice
from tests.api.test_conventions import is_problem
from workflow.models import IdempotencyKey


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/invoices", "/invoices/bulk", "/credit-memos", "/credit-memos/bulk", "/debit-memos", "/debit-memos/bulk",
                                  "/receipts", "/receipts/bulk", "/bank-files"])  # fmt: skip
def test_money_needs_a_key(erp, path):
    headers = {"Content-Type": "multipart/form-data; boundary=x"} if path == "/bank-files" else {}
    body = "--x--\r\n" if headers else {"rows": [{}]} if path.endswith("bulk") else {}
    is_problem(erp.post(path, body, key=None, **headers), 400, "idempotency_key_needed")
    for bad in ("", "k" * 256, "k\x00", "k\x7f", "schlüssel"):
        is_problem(erp.post(path, body, key=None, **{"Idempotency-Key": bad}, **headers), 400)


@pytest.mark.django_db
def test_a_repeat_gets_the_first_answer_and_says_so(erp):
    first, again = (erp.post("/invoices", invoice("1"), key="k1") for _ in range(2))
    assert first.status_code == again.status_code == 201
    assert first.content == again.content
    assert "Idempotent-Replayed" not in first and again["Idempotent-Replayed"] == "true"
    assert Invoice.objects.count() == 1


@pytest.mark.django_db
def test_the_same_key_for_another_call_is_refused_and_of_another_caller_is_another_key(erp, us):
    assert erp.post("/invoices", invoice("1"), key="k1").status_code == 201
    is_problem(erp.post("/invoices", invoice("2"), key="k1"), 422, "idempotency_key_reused")
    is_problem(erp.post("/debit-memos", invoice("1"), key="k1"), 422, "idempotency_key_reused")
    assert caller().post("/invoices", invoice("2"), key="k1").status_code == 201


@pytest.mark.django_db
def test_what_failed_is_not_kept(erp):
    is_problem(erp.post("/invoices", invoice("1", total="1.00"), key="k1"), 422)
    assert IdempotencyKey.objects.count() == 0
    assert erp.post("/invoices", invoice("1"), key="k1").status_code == 201


@pytest.mark.django_db
def test_an_answer_without_effect_is_not_kept(erp):
    dry = {"rows": [invoice("1")], "dry_run": True}
    assert erp.post("/invoices/bulk", dry, key="k1").status_code == 200
    broken = {"rows": [invoice("1"), {}], "mode": "atomic"}
    assert erp.post("/invoices/bulk", broken, key="k1").status_code == 207
    answer = erp.post("/invoices/bulk", {"rows": [invoice("1")], "mode": "atomic"}, key="k1")
    assert answer.status_code == 200 and answer.json()["summary"]["created"] == 1
    assert erp.post("/invoices/bulk", dry, key=None).status_code == 200, "a dry run needs no key"


@pytest.mark.django_db
def test_keys_are_accepted_where_they_are_not_needed(erp):
    row = {"company": "US01", "number": "N-1", "name": "New", "currency": "USD"}
    first, again = (erp.post("/customers", row, key="k1") for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201) and again["Idempotent-Replayed"] == "true"
    assert erp.post("/customers", row, key=None).status_code == 200


def at_once(count, work):
    barrier, found = threading.Barrier(count), []

    def run(n):
        barrier.wait()
        try:
            found.append(work(n))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(n,)) for n in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


@pytest.mark.django_db(transaction=True)
def test_fifty_twins_have_one_effect_and_one_answer(erp):
    secret = erp.headers["Authorization"].split()[1]
    from tests.api.conftest import Caller

    answers = at_once(50, lambda n: Caller(secret).post("/invoices", invoice("1"), key="twin"))
    assert [a.status_code for a in answers] == [201] * 50
    assert len({a.content for a in answers}) == 1
    assert sum("Idempotent-Replayed" in a for a in answers) == 49
    assert Invoice.objects.count() == OpenItem.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_twin_that_has_to_wait_too_long_is_told(erp, monkeypatch):
    monkeypatch.setattr("arops.api.idempotency.PATIENCE", "50ms")
    import hashlib

    key = IdempotencyKey  # the lock is named by caller and key
    assert key.objects.count() == 0
    from org.models import ApiKey

    name = f"{ApiKey.objects.get().label} slow"
    lock = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)
    held, done = threading.Event(), threading.Event()

    def first():
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [lock])
            held.set()
            done.wait(10)
        connections.close_all()

    thread = threading.Thread(target=first)
    thread.start()
    held.wait(10)
    answer = erp.post("/invoices", invoice("1"), key="slow")
    done.set()
    thread.join()
    is_problem(answer, 409, "in_flight")
    assert answer["Retry-After"] and Invoice.objects.count() == 0
