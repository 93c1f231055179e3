"""The same form sent many times at once opens one case, and every sender is told of it."""

from threading import Barrier, Thread

import pytest
from django.db import connection

from disputes.models import Dispute
from disputes.services import open_dispute
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
