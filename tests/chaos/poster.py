"""A process that posts and tells what it was told: each number is printed once the database has acknowledged it."""

import sys
import time

import django


def main(first: int) -> None:
    """Issue and pay invoices from a number on, until killed; after a lost connection go on with the number that was not acknowledged."""
    django.setup()
    from django.db import Error, connection

    n = first
    print("ready", flush=True)
    while True:
        try:
            told = _trade(n)
        except Error:
            connection.close()
            time.sleep(0.05)
            continue
        print(n, *told, flush=True)
        n += 1


def _trade(n: int) -> list[int]:
    """An invoice, a receipt, and the one applied to the other, in one transaction; the keys of the three entries."""
    from django.db import transaction

    from customers.models import Customer
    from ledger import drafts, posting
    from ledger.drafts import NewItem, Part
    from ledger.models import OpenItem
    from ledger.selectors import books_of, item_state
    from tests.factories import DAY, SYSTEM, cash_account

    with transaction.atomic():
        customer = Customer.objects.select_related("company").earliest("pk")
        books = books_of(customer.company, "USD", DAY)
        invoice = NewItem(customer.pk, "invoice", f"I{n}", DAY, DAY, 100, 100)
        receipt = NewItem(customer.pk, "receipt", f"R{n}", DAY, DAY, -100, -100)
        posted = posting.post(
            [
                drafts.document(books, item=invoice, source=f"invoice:{n}", net=100),
                drafts.receipt(books, item=receipt, cash_account_id=cash_account(customer.company).pk, source=f"receipt:{n}"),
            ],
            actor=SYSTEM,
        )
        debit, credit = (OpenItem.objects.get(pk=p.item_id) for p in posted)
        if not posted[0].created:
            return [p.entry_id for p in posted]
        parts = [Part(item_state(credit), -100), Part(item_state(debit), 100)]
        applied = posting.post_one(drafts.application(books, parts=parts, day=DAY, source=f"apply:{n}"), actor=SYSTEM)
        return [*(p.entry_id for p in posted), applied.entry_id]


if __name__ == "__main__":
    main(int(sys.argv[1]))
