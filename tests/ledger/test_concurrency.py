"""Many at once: the last cent is applied once, numbers have no gaps, the same event posts once."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from django.db import connection, transaction

from ledger import drafts, posting, services
from ledger.drafts import NewItem, Part
from ledger.errors import LedgerError
from ledger.models import Entry, OpenItem
from ledger.selectors import books_of, item_state, lock_items
from ledger.verify import verify_books
from tests.factories import DAY, SYSTEM, issue, make_company, make_customer, receive

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(work, count=16):
    """Run `work(n)` in `count` threads that start together; each one's answer or LedgerError."""
    barrier = threading.Barrier(count)

    def one(n):
        try:
            barrier.wait()
            return work(n)
        except LedgerError as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


def test_c1_sixteen_threads_apply_the_same_receipt():
    customer = make_customer(make_company())
    invoices = [issue(customer, 100_00) for _ in range(16)]
    receipt = receive(customer, 100_00)
    state, books = item_state(receipt), books_of(customer.company, "USD", DAY)

    def work(n):
        parts = [Part(state, -100_00), Part(item_state(invoices[n]), 100_00)]
        return posting.post_one(drafts.application(books, parts=parts, day=DAY, source=f"race:{n}"), actor=SYSTEM)

    outcomes = at_once(work)
    assert sum(isinstance(o, posting.Posted) for o in outcomes) == 1
    assert OpenItem.objects.get(pk=receipt.pk).balance == 0
    assert verify_books(DAY) == []


def test_crossed_postings_do_not_deadlock():
    customer = make_customer(make_company())
    invoices = [issue(customer, 100_00) for _ in range(6)]
    receipts = [receive(customer, 100_00) for _ in range(8)]
    books = books_of(customer.company, "USD", DAY)

    def work(n):
        for i, invoice in enumerate(invoices if n % 2 else reversed(invoices)):
            with transaction.atomic():
                held = lock_items([receipts[n].pk, invoice.pk])
                parts = [Part(item_state(held[receipts[n].pk]), -10_00), Part(item_state(held[invoice.pk]), 10_00)]
                posting.post_one(drafts.application(books, parts=parts, day=DAY, source=f"cross:{n}:{i}"), actor=SYSTEM)
        return True

    assert at_once(work, 8) == [True] * 8
    assert [item.balance for item in OpenItem.objects.filter(kind="invoice")] == [20_00] * 6
    assert verify_books(DAY) == []


def test_the_same_event_from_eight_threads_posts_once():
    customer = make_customer(make_company())
    books = books_of(customer.company, "USD", DAY)
    item = NewItem(customer.pk, "invoice", "TWIN", DAY, DAY, 5, 5)

    outcomes = at_once(lambda n: posting.post_one(drafts.document(books, item=item, source="twin", net=5), actor=SYSTEM), 8)
    assert len({o.entry_id for o in outcomes}) == 1
    assert sum(o.created for o in outcomes) == 1
    assert Entry.objects.count() == 1


def test_c5_numbers_have_no_gaps_though_one_in_seven_rolls_back():
    company = make_company()

    def work(n):
        drawn = []
        for i in range(7):
            try:
                with transaction.atomic():
                    (number,) = services.next_numbers(company=company, kind="memo", prefix="CM-")
                    if (n + i) % 7 == 0:
                        raise LedgerError("rolled back")
                    drawn.append(number)
            except LedgerError:
                continue
        return drawn

    numbers = sorted(number for drawn in at_once(work) for number in drawn)
    assert numbers == [f"CM-{n:06d}" for n in range(1, 97)]


def test_l12_a_period_that_closes_meanwhile_wins_or_waits():
    company = make_company()
    customer = make_customer(company)
    period = company.periods.get(name="2026-09")

    def work(n):
        if n == 0:
            return services.close_period(period=period, actor=SYSTEM, at="2026-10-01T00:00Z").state
        return issue(customer, 1).pk

    at_once(work, 8)
    late = Entry.objects.filter(effective_date__range=(date(2026, 9, 1), date(2026, 9, 30)))
    period.refresh_from_db()
    assert period.state == "closed"
    assert all(entry.posted_at for entry in late)
    with pytest.raises(LedgerError):
        issue(customer, 1)
    assert verify_books(DAY) == []
