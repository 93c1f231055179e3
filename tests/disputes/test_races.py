"""Many at once: the same form opens one case, of two changes one counts, and no more is contested than is open."""

from contextlib import suppress
from threading import Barrier, Thread

import pytest
from django.db import connection

from disputes.models import Dispute
from disputes.selectors import disputed_by_item
from disputes.services import DisputeError, StaleDispute, amend_dispute, move_dispute, open_dispute
from tests.factories import DAY, issue, make_company, make_customer, make_user

pytestmark = pytest.mark.django_db(transaction=True)
THREADS = 8


def test_twins_of_a_form_open_one_case():
    company = make_company()
    item, ana = issue(make_customer(company), 100_00), make_user("specialist", company)
    gate, told = Barrier(THREADS), []

    def send() -> None:
        gate.wait()
        try:
            told.append(open_dispute(actor=ana, open_item=item, amount=100_00, reason="price", today=DAY, source="form:1").pk)
        except Exception as error:  # whatever it is, it is not the one case
            told.append(error)
        finally:
            connection.close()

    threads = [Thread(target=send) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert told == [Dispute.objects.get().pk] * THREADS


def test_of_two_who_change_a_case_at_once_one_is_told_to_look_again():
    company = make_company()
    item, sam = issue(make_customer(company), 100_00), make_user("senior", company)
    case = open_dispute(actor=sam, open_item=item, amount=50_00, reason="price", today=DAY, source="form:1")
    gate, told = Barrier(THREADS), []

    def send(n: int) -> None:
        gate.wait()
        mine = Dispute.objects.get(pk=case.pk)
        try:
            if n % 2:
                amend_dispute(actor=sam, dispute=mine, version=0, today=DAY, amount=n * 1_00)
            else:
                move_dispute(actor=sam, dispute=mine, version=0, today=DAY, state="investigating")
            told.append("done")
        except StaleDispute:
            told.append("stale")
        finally:
            connection.close()

    threads = [Thread(target=send, args=[n]) for n in range(1, THREADS + 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(told) == ["done"] + ["stale"] * (THREADS - 1)
    case.refresh_from_db()
    assert case.version == 1 and sum(m.delta for m in case.movements.all()) == case.amount


def test_many_who_contest_the_same_item_never_contest_more_than_is_open():
    company = make_company()
    item, ana = issue(make_customer(company), 100_00), make_user("specialist", company)
    gate = Barrier(THREADS)

    def send(n: int) -> None:
        gate.wait()
        with suppress(DisputeError):
            open_dispute(actor=ana, open_item=item, amount=30_00, reason="price", today=DAY, source=f"form:{n}")
        connection.close()

    threads = [Thread(target=send, args=[n]) for n in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert disputed_by_item([item.pk]) == {item.pk: 90_00}
