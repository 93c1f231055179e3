"""What is posted is corrected by new entries alone, on open days; a bounced payment puts everything back."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import Error as DatabaseError
from django.db import transaction
from django.utils import timezone

from ledger import services
from ledger.asof import Scope, aging, item_balances
from ledger.errors import LedgerError, PeriodNotOpen
from ledger.models import Entry, OpenItem, Period
from ledger.selectors import first_open_day, trial_balance
from ledger.verify import verify_books
from org.actors import Reach
from tests.factories import DAY, SYSTEM, apply, issue, make_company, make_customer, rate, receive

pytestmark = pytest.mark.django_db
EVERYTHING = Scope(Reach(everything=True))
OCTOBER = date(2026, 10, 5)


def close(company, *months):
    for month in months:
        services.close_period(period=Period.objects.get(company=company, name=month), actor=SYSTEM, at=timezone.now())


def open_on(day):
    return {row.item_id: row.balance for row in item_balances(day, EVERYTHING)}


def balances(company):
    return {code: amount for code, amount in trial_balance(company.pk, OCTOBER).items() if amount}


@pytest.mark.parametrize("change", [{"effective_date": OCTOBER}, {"currency": "EUR"}, {"source": "x"}, {"actor": "user:1"}])
def test_l13_a_posted_entry_keeps_its_date_and_all_else(change):
    invoice = issue(make_customer(make_company()), 100_00)
    with pytest.raises(DatabaseError), transaction.atomic():
        Entry.objects.filter(pk=invoice.opened_by_id).update(**change)
    with pytest.raises(DatabaseError), transaction.atomic():
        Entry.objects.filter(pk=invoice.opened_by_id).delete()
    assert Entry.objects.get().effective_date == DAY


def test_l13_what_lies_in_a_closed_year_is_undone_in_an_open_period_only():
    """The invoice of September is cancelled in October; September's reports stay as they were."""
    company = make_company()
    invoice = issue(make_customer(company), 100_00)
    entry = Entry.objects.get(pk=invoice.opened_by_id)
    close(company, "2026-09")
    with pytest.raises(PeriodNotOpen), transaction.atomic():
        services.reverse_entries(entries=[entry], day=DAY, actor=SYSTEM, reason="wrong customer")
    assert first_open_day(company.pk, DAY) == date(2026, 10, 1)
    services.reverse_entries(entries=[entry], day=OCTOBER, actor=SYSTEM, reason="wrong customer")
    assert open_on(date(2026, 9, 30)) == {invoice.pk: 100_00}
    assert open_on(OCTOBER) == {}
    assert verify_books(date(2026, 9, 30)) == verify_books(OCTOBER) == []


def test_l15_neither_an_entry_twice_nor_its_reversal_is_reversed():
    invoice = issue(make_customer(make_company()), 100_00)
    entry = Entry.objects.get(pk=invoice.opened_by_id)
    (first,) = services.reverse_entries(entries=[entry], day=DAY, actor=SYSTEM, reason="a")
    for again in (entry, Entry.objects.get(pk=first.entry_id)):
        with pytest.raises(LedgerError), transaction.atomic():
            services.reverse_entries(entries=[again], day=DAY, actor=SYSTEM, reason="b")
    assert OpenItem.objects.get(pk=invoice.pk).balance == 0


def test_l17_a_receipt_bounces_after_it_paid_three_invoices():
    """2026-09-15 receipt 600 over 100, 200 and 300; 2026-10-05 it bounces: all three are open as before, and the ledger too."""
    company = make_company()
    customer = make_customer(company)
    invoices = [issue(customer, amount, due=DAY) for amount in (100_00, 200_00, 300_00)]
    before = balances(company)
    ages = aging(OCTOBER, EVERYTHING, by=("customer",))
    receipt = receive(customer, 600_00)
    apply(receipt, *((invoice, invoice.amount) for invoice in invoices))
    assert open_on(DAY) == {}
    applied = Entry.objects.filter(lines__open_item=receipt).distinct()
    services.reverse_entries(entries=applied, day=OCTOBER, actor=SYSTEM, reason="bounced")
    assert open_on(OCTOBER) == {invoice.pk: invoice.amount for invoice in invoices}
    assert OpenItem.objects.get(pk=receipt.pk).balance == 0
    assert balances(company) == before
    assert aging(OCTOBER, EVERYTHING, by=("customer",)) == ages, "as old as if nothing had been paid"
    assert verify_books(OCTOBER) == verify_books(DAY) == []


@pytest.mark.parametrize(
    ("currency", "quote", "amount", "paid_at", "base", "difference"),
    [
        ("JPY", "0.006543", 1_000_001, "0.0067", 6_543_01, 157_00),
        ("KWD", "3.2612", 1_234_567, "3.2513", 4_026_17, -12_22),
        ("EUR", "1.5289", 26_45, "1.5289", 40_44, 0),
    ],
)
def test_l9_l18_currencies_of_no_two_and_three_decimals_settle_exactly_in_dollars(currency, quote, amount, paid_at, base, difference):
    """Billed at one rate, paid at another in three parts that don't divide: nothing stays behind in either currency."""
    company = make_company(currency="USD")
    rate(currency, "USD", quote)
    rate(currency, "USD", paid_at, OCTOBER)
    customer = make_customer(company, currency=currency)
    invoice = issue(customer, amount)
    assert invoice.base_amount == base
    parts = (amount // 3, amount // 3, amount - 2 * (amount // 3))
    for part in parts:
        apply(receive(customer, part, day=OCTOBER), (invoice, part), day=OCTOBER)
    assert not OpenItem.objects.exclude(balance=0, base_balance=0).exists()
    gain = -balances(company).get("6950", 0)
    assert gain == balances(company)["1000"] - base
    assert abs(gain - difference) <= 1, "each receipt is turned into cents by itself"
    assert verify_books(OCTOBER) == []


def test_l18_a_rate_of_many_digits_is_no_float():
    company = make_company(currency="USD")
    rate("KWD", "USD", "3.26120001")
    invoice = issue(make_customer(company, currency="KWD"), 10**13)
    assert invoice.base_amount == int(Decimal(10**13) / 1000 * Decimal("3.26120001") * 100)
