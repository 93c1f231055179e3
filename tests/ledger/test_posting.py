"""What events post, read like a ledger."""

from datetime import date
from decimal import Decimal

import pytest
from django.utils import timezone

from ledger import drafts, posting, services
from ledger.asof import Scope, aging, item_balances
from ledger.drafts import DraftError, ItemState, NewItem, Part
from ledger.errors import AlreadyReversed, DuplicateNumber, LedgerError, MissingRate, PeriodNotOpen
from ledger.models import Entry, FxRate, OpenItem, Period
from ledger.selectors import books_of, first_open_day, item_state, rate_on, trial_balance
from ledger.verify import verify_books
from org.actors import NotAllowed, Reach
from tests.factories import DAY, SYSTEM, apply, issue, make_company, make_customer, make_user, rate, receive

pytestmark = pytest.mark.django_db
EVERYTHING = Scope(Reach(everything=True))


def balances(company, day=date(2026, 12, 31)):
    return {code: amount for code, amount in trial_balance(company.pk, day).items() if amount}


def test_an_invoice_is_issued_paid_and_closed():
    """2026-09-15 invoice 324.75 of which tax 24.75; receipt of the same; applied."""
    company = make_company()
    customer = make_customer(company)
    invoice = issue(customer, 324_75, tax=24_75)
    assert balances(company) == {"1200": 324_75, "2200": -24_75, "4000": -300_00}
    receipt = receive(customer, 324_75)
    assert balances(company) == {"1000": 324_75, "2200": -24_75, "4000": -300_00}, "unapplied cash is a credit on receivables"
    apply(receipt, (invoice, 324_75))
    invoice.refresh_from_db(), receipt.refresh_from_db()
    assert (invoice.balance, receipt.balance) == (0, 0)
    assert verify_books(DAY) == []


def test_one_receipt_over_two_invoices_with_discount_and_a_rest_on_account():
    company = make_company()
    customer = make_customer(company)
    first, second = issue(customer, 100_00), issue(customer, 50_00)
    receipt = receive(customer, 160_00)
    apply(receipt, (first, 100_00), (second, 50_00), others=(("discount", 2_00),))
    receipt.refresh_from_db()
    assert receipt.balance == -12_00
    assert balances(company) == {"1000": 160_00, "1200": -12_00, "4000": -150_00, "4800": 2_00}


def test_l9_exchange_difference_is_posted_on_settlement_and_nothing_stays_behind():
    """EUR 26.45 billed at 1.5289 (40.44), paid at 1.6000 (42.32): gain 1.88, both items zero in both currencies."""
    company = make_company(currency="USD")
    rate("EUR", "USD", "1.5289")
    rate("EUR", "USD", "1.6", date(2026, 9, 20))
    customer = make_customer(company, currency="EUR")
    invoice = issue(customer, 26_45)
    receipt = receive(customer, 26_45, day=date(2026, 9, 20))
    apply(receipt, (invoice, 26_45), day=date(2026, 9, 20))
    invoice.refresh_from_db(), receipt.refresh_from_db()
    assert (invoice.balance, invoice.base_balance, receipt.balance, receipt.base_balance) == (0, 0, 0, 0)
    assert balances(company) == {"1000": 42_32, "4000": -40_44, "6950": -1_88}
    assert verify_books(date(2026, 9, 20)) == []


def test_partial_settlements_in_foreign_currency_leave_no_cent_of_base():
    company = make_company(currency="USD")
    rate("JPY", "USD", "0.00667")
    customer = make_customer(company, currency="JPY")
    invoice = issue(customer, 1000)
    for part in (333, 333, 334):
        apply(receive(customer, part), (invoice, part))
    invoice.refresh_from_db()
    assert (invoice.amount, invoice.balance, invoice.base_balance) == (1000, 0, 0)
    assert verify_books(DAY) == []


@pytest.mark.parametrize(("currency", "amount"), [("JPY", 1_000), ("KWD", 1_234)])
def test_l18_currencies_of_no_and_three_decimals(currency, amount):
    company = make_company(currency=currency)
    customer = make_customer(company)
    invoice = issue(customer, amount)
    apply(receive(customer, amount), (invoice, amount))
    assert OpenItem.objects.get(pk=invoice.pk).balance == 0


def test_the_same_event_posts_once():
    company = make_company()
    customer = make_customer(company)
    first = issue(customer, 100_00, number="INV-1")
    item = NewItem(customer.pk, "invoice", "INV-1", DAY, DAY, 100_00, 100_00)
    draft = drafts.document(books_of(company, "USD", DAY), item=item, source=f"invoice:{company.pk}:INV-1", net=100_00)
    again = posting.post_one(draft, actor=SYSTEM)
    assert (again.created, again.entry_id, again.item_id) == (False, first.opened_by_id, first.pk)
    assert Entry.objects.count() == 1


def test_a_number_is_used_once_a_company_and_kind():
    customer = make_customer(make_company())
    issue(customer, 1, number="INV-1")
    item = NewItem(customer.pk, "invoice", "INV-1", DAY, DAY, 5, 5)
    with pytest.raises(DuplicateNumber):
        posting.post_one(drafts.document(books_of(customer.company, "USD", DAY), item=item, source="other", net=5), actor=SYSTEM)


def test_a_reversal_opens_the_invoice_again_and_happens_once():
    customer = make_customer(make_company())
    invoice, receipt = issue(customer, 100_00), receive(customer, 100_00)
    entry = Entry.objects.get(pk=apply(receipt, (invoice, 100_00)))
    services.reverse_entries(entries=[entry], day=date(2026, 9, 20), actor=SYSTEM, reason="wrong invoice")
    assert OpenItem.objects.get(pk=invoice.pk).balance == 100_00
    with pytest.raises(AlreadyReversed):
        services.reverse_entries(entries=[entry], day=date(2026, 9, 20), actor=SYSTEM, reason="again")


def test_r4_what_was_reversed_is_absent_from_its_day_on_and_present_before():
    customer = make_customer(make_company())
    invoice, receipt = issue(customer, 100_00), receive(customer, 100_00)
    entry = Entry.objects.get(pk=apply(receipt, (invoice, 100_00), day=date(2026, 9, 18)))
    services.reverse_entries(entries=[entry], day=date(2026, 9, 25), actor=SYSTEM, reason="bounced")

    def open_on(day):
        return {row.item_id: row.balance for row in item_balances(date(2026, 9, day), EVERYTHING)}

    assert open_on(17) == {invoice.pk: 100_00, receipt.pk: -100_00}
    assert open_on(18) == open_on(24) == {}
    assert open_on(25) == {invoice.pk: 100_00, receipt.pk: -100_00}


@pytest.mark.django_db(transaction=True)
def test_known_at_reprints_what_was_known_then():
    customer = make_customer(make_company())
    invoice = issue(customer, 100_00)
    moment = timezone.now()
    apply(receive(customer, 100_00, day=DAY), (invoice, 100_00), day=DAY)
    assert item_balances(DAY, EVERYTHING) == []
    (known,) = item_balances(DAY, EVERYTHING, known_at=moment)
    assert (known.item_id, known.balance) == (invoice.pk, 100_00)


def test_ageing_by_days_past_due():
    customer = make_customer(make_company())
    for due in (date(2026, 9, 30), date(2026, 9, 29), date(2026, 8, 31), date(2026, 8, 30), date(2026, 6, 1)):
        issue(customer, 10_00, day=date(2026, 6, 1), due=due)
    (row,) = aging(date(2026, 9, 30), EVERYTHING, by=("customer",))
    assert row.buckets == (10_00, 20_00, 10_00, 0, 10_00)
    assert row.total == 50_00


def test_ageing_shows_a_portfolio_to_its_collector_alone():
    company = make_company()
    ana = make_user("specialist", company, scope="portfolio")
    mine, other = make_customer(company, collector=ana), make_customer(company)
    issue(mine, 10_00), issue(other, 20_00)
    (row,) = aging(DAY, Scope(ana.reach("customers.view")), by=("company",))
    assert row.total == 10_00


def test_a_closed_period_refuses_and_the_first_open_day_is_offered():
    company = make_company()
    customer = make_customer(company)
    controller = make_user("controller", company)
    september = Period.objects.get(company=company, name="2026-09")
    services.close_period(period=september, actor=controller, at=timezone.now())
    with pytest.raises(PeriodNotOpen, match="closed"):
        issue(customer, 1)
    assert first_open_day(company.pk, DAY) == date(2026, 10, 1)
    assert first_open_day(company.pk, date(2099, 1, 1)) is None


def test_a_period_is_closed_by_those_who_may_and_reopened_by_another():
    company = make_company()
    period = Period.objects.get(company=company, name="2026-09")
    first, second = make_user("controller", company), make_user("controller", company)
    with pytest.raises(NotAllowed):
        services.close_period(period=period, actor=make_user("specialist", company), at=timezone.now())
    services.close_period(period=period, actor=first, at=timezone.now())
    period.refresh_from_db()
    with pytest.raises(LedgerError, match="someone else"):
        services.reopen_period(period=period, actor=first, at=timezone.now(), reason="late invoice")
    with pytest.raises(LedgerError, match="why"):
        services.reopen_period(period=period, actor=second, at=timezone.now(), reason=" ")
    assert services.reopen_period(period=period, actor=second, at=timezone.now(), reason="late invoice").state == "open"


def test_whoever_closed_a_period_does_not_reopen_it_by_a_page_from_before():
    company = make_company()
    period, stale = (company.periods.order_by("span").first() for _ in range(2))
    first = make_user("controller", company)
    services.close_period(period=period, actor=first, at=timezone.now())
    with pytest.raises(services.PeriodStateError, match="someone else"):
        services.reopen_period(period=stale, actor=first, at=timezone.now(), reason="late invoice")
    period.refresh_from_db()
    assert period.state == "closed"


def test_rates_hold_until_the_next_and_read_both_ways():
    rate("EUR", "USD", "1.25", date(2026, 9, 1))
    rate("EUR", "USD", "1.30", date(2026, 9, 10))
    assert rate_on("EUR", "USD", date(2026, 9, 9)) == Decimal("1.25")
    assert rate_on("USD", "EUR", date(2026, 9, 9)) == Decimal("0.8")
    assert rate_on("USD", "USD", date(1990, 1, 1)) == 1
    with pytest.raises(MissingRate, match="GBP"):
        rate_on("GBP", "USD", DAY)
    assert FxRate.objects.count() == 2


def test_drafts_refuse_what_does_not_add_up():
    state = ItemState(1, 1, "USD", 100, 100)
    books = drafts.Books(1, "USD", "USD")
    with pytest.raises(DraftError, match="zero"):
        drafts.application(books, parts=[Part(state, 50)], day=DAY, source="x")
    for part in (0, 101, -1):
        with pytest.raises(DraftError, match="not part"):
            state.base_of(part)
    item = NewItem(1, "invoice", "A", DAY, DAY, 100, 100)
    with pytest.raises(DraftError, match="sum"):
        drafts.document(books, item=item, source="x", net=90, tax=9)


def test_unidentified_cash_finds_its_owner():
    company = make_company()
    customer = make_customer(company)
    found = receive(None, 75_00, company=company)
    assert balances(company) == {"1000": 75_00, "2100": -75_00}
    item = NewItem(customer.pk, "receipt", f"{found.number}-1", DAY, DAY, -75_00, -75_00)
    draft = drafts.identification(books_of(company, "USD", DAY), found=item_state(found), item=item, day=DAY, source="identified")
    posting.post_one(draft, actor=SYSTEM)
    assert balances(company) == {"1000": 75_00, "1200": -75_00}
    assert [row.customer_id for row in item_balances(DAY, EVERYTHING)] == [customer.pk]
