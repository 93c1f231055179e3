"""What a payment plan does to the books: parts of items made instalments, and given back; nothing is earned, gained or lost by it."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger import posting
from ledger.asof import Scope, aging
from ledger.drafts import Books, DraftError, ItemState, NewItem, Part, give_back, instalment
from ledger.models import OpenItem
from ledger.selectors import books_of, item_state, moved_to_instalments, open_instalments
from ledger.verify import verify_books
from org.actors import Reach
from tests.factories import DAY, SYSTEM, apply, issue, make_company, make_customer, rate, receive

FIRST = date(2026, 10, 15)


def spread(item: OpenItem, amount: int, *, number: str = "PLN-1/1", due: date = FIRST) -> OpenItem:
    item.refresh_from_db()
    new = NewItem(item.customer_id, "instalment", number, item.document_date, due, amount, 0)
    books = books_of(item.company, item.currency, DAY)
    draft = instalment(books, parts=[Part(item_state(item), amount)], item=new, day=DAY, source=f"plan:{item.company_id}:{number}")
    return OpenItem.objects.get(pk=posting.post_one(draft, actor=SYSTEM).item_id)


@pytest.mark.django_db
def test_an_instalment_ages_by_its_own_date_and_what_is_not_paid_goes_back_at_the_rates_it_was_booked_at() -> None:
    """An invoice of 100.00 EUR at 1.10 is moved to one instalment; 40.00 are paid at 1.20, 60.00 go back."""
    company = make_company()
    customer = make_customer(company, currency="EUR")
    rate("EUR", "USD", "1.10", date(2026, 1, 1))
    invoice = issue(customer, 100_00, day=date(2026, 7, 1), due=date(2026, 7, 31))
    rate("EUR", "USD", "1.20", DAY)
    held = spread(invoice, 100_00)
    scope = Scope(Reach(everything=True), company_ids=[company.pk])
    (before,) = aging(date(2026, 9, 14), scope)
    (after,) = aging(DAY, scope)
    assert (before.buckets, after.buckets) == ((0, 0, 100_00, 0, 0), (100_00, 0, 0, 0, 0)) and after.base_total == 110_00
    assert [line["open_item"] for line in moved_to_instalments(company.pk)] == [invoice.pk]
    assert open_instalments([invoice.pk]) == {invoice.pk: [held]}
    apply(receive(customer, 40_00), (held, 40_00))
    held.refresh_from_db(), invoice.refresh_from_db()
    books = books_of(company, "EUR", DAY)
    back = give_back(books, instalment=item_state(held), back=[(item_state(invoice), 60_00, 66_00)], day=DAY, source="back:1")
    posting.post_one(back, actor=SYSTEM)
    held.refresh_from_db(), invoice.refresh_from_db()
    assert (held.balance, invoice.balance, invoice.base_balance) == (0, 60_00, 66_00) and open_instalments([invoice.pk]) == {}
    assert {found.check for found in verify_books(DAY, [company])} <= {"every instalment in the books is a plan's"}


@given(st.lists(st.tuples(st.integers(1, 10**9), st.integers(1, 10**9)), min_size=1, max_size=6), st.data())
def test_parts_and_what_goes_back_balance_in_both_currencies(held: list[tuple[int, int]], data: st.DataObject) -> None:
    books = Books(1, "USD", "EUR")
    items = [ItemState(n, 9, "EUR", balance, base) for n, (balance, base) in enumerate(held, 1)]
    parts = [Part(item, data.draw(st.integers(1, item.balance))) for item in items]
    total = sum(p.amount for p in parts)
    draft = instalment(books, parts=parts, item=NewItem(1, "instalment", "P/1", DAY, FIRST, total, 0), day=DAY, source="p")
    assert draft.opens and sum(line.base_amount for line in draft.lines) == 0 == sum(line.amount for line in draft.lines)
    share = draft.opens.base_amount
    left = ItemState(99, 9, "EUR", total, share)
    paid = data.draw(st.integers(0, total - 1))
    rest = ItemState(99, 9, "EUR", total - paid, share - left.base_of(paid) if paid else share)
    back, todo = [], rest.balance
    for part in reversed(parts):
        amount = min(part.amount, todo)
        back += [(part.item, amount, part.item.base_of(amount))] if amount else []
        todo -= amount
    undone = give_back(books, instalment=rest, back=back, day=DAY, source="b")
    assert sum(line.base_amount for line in undone.lines) == 0 == sum(line.amount for line in undone.lines)


def test_what_does_not_sum_is_refused() -> None:
    item, books = ItemState(1, 9, "USD", 100, 100), Books(1, "USD", "USD")
    with pytest.raises(DraftError):
        instalment(books, parts=[Part(item, 60)], item=NewItem(1, "instalment", "P/1", DAY, FIRST, 50, 0), day=DAY, source="p")
    with pytest.raises(DraftError):
        give_back(books, instalment=item, back=[(item, 160, 160)], day=DAY, source="b")
