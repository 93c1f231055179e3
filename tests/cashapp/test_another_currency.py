"""A payment in one currency for a debt in another: converted, applied, taken back; the books tie whatever the rates are."""

from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from cashapp.engine.exchange import cost, strays, worth
from cashapp.models import Match, Receipt
from cashapp.services import return_receipt, reverse_match
from cashapp.services.converting import Exchange, convert_receipt
from cashapp.services.errors import AllocationError, OutsideGroup
from ledger.drafts import Books, ItemState, NewItem, Part, conversion
from ledger.errors import MissingRate
from ledger.models import Line
from ledger.selectors import trial_balance
from ledger.verify import verify_books
from org.actors import NotAllowed
from tests.cashapp.desk import EARLY, NOW, acme, ana, balance, bank, fresh, senior
from tests.cashapp.pages import HTMX, act, enter, url
from tests.cashapp.worlds import TODAY, money_in
from tests.factories import DAY, issue, make_customer, make_user, rate

__all__ = ["acme", "ana", "bank", "senior"]
pytestmark = pytest.mark.django_db
DAYS = Decimal("1.25")


@pytest.fixture(autouse=True)
def rates(bank, settings):
    settings.BUSINESS_DATE = TODAY
    rate("EUR", "USD", "1.25")
    rate("GBP", "EUR", "1.20")


def convert(actor, receipt, item, cash, value=DAYS, reason="", **more):
    given = {"version": fresh(receipt).version, "today": TODAY, "now": NOW} | more
    return convert_receipt(actor=actor, receipt=receipt, item=item, exchange=Exchange(cash, Decimal(value), reason), **given)


def exchange(company):
    return trial_balance(company.pk, TODAY).get("6950", 0)


def test_it_pays_an_item_of_another_currency_and_gain_or_loss_is_booked(bank, acme, ana):
    rate("EUR", "USD", "1.20", EARLY)  # the invoice was written at another rate than the day's of the money
    item = issue(acme, 125_00, day=EARLY, currency="USD")
    rate("EUR", "USD", "1.25", DAY)
    receipt = money_in(bank, 150_00, payer="who knows")
    part = convert(ana, receipt, item, 100_00)
    assert balance(item) == 0 and (fresh(part).state, part.currency, part.amount) == ("applied", "USD", 125_00)
    assert (fresh(receipt).unapplied, fresh(receipt).customer) == (50_00, acme)
    assert exchange(bank.company) == 4_17  # 125.00 USD were 104.17 EUR when they were billed, and brought 100.00
    assert verify_books(TODAY) == []


def test_another_rate_wants_a_reason_and_lies_near_the_days(bank, acme, ana):
    item, receipt = issue(acme, 125_00, day=EARLY, currency="USD"), money_in(bank, 100_00, acme)
    with pytest.raises(AllocationError, match="say why the rate"):
        convert(ana, receipt, item, 100_00, "1.24")
    with pytest.raises(AllocationError, match=r"was worth 1\.25"):
        convert(ana, receipt, item, 100_00, "1.29", "they say so")
    part = convert(ana, receipt, item, 100_00, "1.24", "the rate of their bank")
    assert (balance(item), part.amount) == (1_00, 124_00)
    assert "at 1.24: the rate of their bank" in Match.objects.get(receipt=receipt).reasons[0]
    assert exchange(bank.company) == -80 and verify_books(TODAY) == []  # 124.00 USD were worth 99.20 EUR, and brought 100.00


@pytest.mark.parametrize(
    ("cash", "words"), [(100_01, "no more than the 100.00"), (0, "more than nothing"), (90_00, "more than the 100.00 that are open")]
)
def test_what_does_not_fit_is_refused(bank, acme, ana, cash, words):
    item, receipt = issue(acme, 100_00, day=EARLY, currency="USD"), money_in(bank, 100_00, acme)
    with pytest.raises(AllocationError, match=words):
        convert(ana, receipt, item, cash)
    assert not Match.objects.exists()


def test_who_may_what_and_for_whom(bank, acme, ana):
    receipt = money_in(bank, 100_00, acme)
    with pytest.raises(OutsideGroup):
        convert(ana, receipt, issue(make_customer(bank.company, "Bolt Ltd"), 50_00, day=EARLY, currency="USD"), 40_00)
    item = issue(acme, 50_00, day=EARLY, currency="USD")
    with pytest.raises(NotAllowed):
        convert(make_user("readonly", bank.company), receipt, item, 40_00)
    with pytest.raises(AllocationError, match="like the receipt"):
        convert(ana, receipt, issue(acme, 50_00, day=EARLY), 40_00)


def test_it_is_taken_back_with_what_it_paid(bank, acme, ana):
    item, receipt = issue(acme, 150_00, day=EARLY, currency="GBP"), money_in(bank, 100_00, payer="who knows")
    part = convert(ana, receipt, item, 100_00, Decimal("0.83333333"))
    assert (part.amount, balance(item)) == (83_33, 66_67)
    match = Match.objects.get(receipt=receipt)
    reverse_match(actor=ana, match=match, reason="", today=TODAY, now=match.at)
    assert (balance(item), fresh(receipt).unapplied, fresh(receipt).customer) == (150_00, 100_00, None)
    assert fresh(part).joined_back and exchange(bank.company) == 0 and verify_books(TODAY) == []
    again = convert(ana, receipt, item, 60_00, Decimal("0.83333333"))
    assert again.number != part.number and balance(item) == 100_00


def test_the_bank_takes_it_back_with_all_its_currencies(bank, acme, ana, senior):
    item, receipt = issue(acme, 125_00, day=EARLY, currency="USD"), money_in(bank, 120_00, acme)
    part = convert(ana, receipt, item, 100_00)
    return_receipt(actor=senior, receipt=fresh(receipt), reason="no funds", today=TODAY, now=NOW)
    assert balance(item) == 125_00 and fresh(part).state == fresh(receipt).state == "returned"
    assert not Match.objects.filter(reversed_by=None).exists() and exchange(bank.company) == 0
    assert not Line.objects.filter(account__kind="fx", entry__reversed_by=None, entry__reverses=None).exists()
    assert verify_books(TODAY) == []


def test_the_workbench_finds_it_shows_both_amounts_and_posts(bank, acme, ana):
    item, receipt, client = issue(acme, 125_00, number="INV-7001", day=EARLY, currency="USD"), money_in(bank, 100_00, acme), enter(ana)
    found = client.get(url("find", receipt.pk), {"q": "INV-7001"}, **HTMX).content.decode()
    assert "INV-7001" in found and "about 100.00 EUR" in found
    look = client.get(url("convert", receipt.pk), {"item": item.pk, "rate": "1.24"}, **HTMX).content.decode()
    assert "124.00 USD" in look and "1.00 stay open" in look and "At 1.25 it would be all of it" in look
    refused = act(client, "convert", receipt, item=item.pk, rate="1.24", cash="100.00")
    assert refused.status_code == 422 and refused["HX-Retarget"] == "#found" and b"say why the rate" in refused.content.lower()
    assert b"is no rate" in act(client, "convert", receipt, item=item.pk, rate="1e9").content
    done = act(client, "convert", receipt, item=item.pk)
    assert "100.00 EUR paid 125.00 USD of INV-7001" in done["HX-Trigger"] and balance(item) == 0
    assert url("match-undo", Match.objects.get(receipt=receipt).pk) in done["HX-Trigger"]
    assert b"became 125.00 USD" in client.get(url("receipt", receipt.pk)).content


def test_money_is_converted_first_and_applied_later(bank, acme, ana):
    item, receipt = issue(acme, 50_00, day=EARLY, currency="USD"), money_in(bank, 100_00, acme)
    act(enter(ana), "convert", receipt, item=item.pk, cash="100", do="only")
    part = Receipt.objects.select_related("open_item").get(split_from=receipt)
    assert (part.unapplied, part.currency, balance(item)) == (125_00, "USD", 50_00) and part.proposals.exists()


def test_without_a_rate_nothing_is_converted(bank, acme, ana):
    rate("CHF", "EUR", "1.10", TODAY)
    item, receipt = issue(acme, 50_00, day=TODAY, currency="CHF"), money_in(bank, 100_00, acme)
    with pytest.raises(MissingRate):
        convert(ana, receipt, item, 10_00)


CURRENCIES = st.sampled_from(["EUR", "USD", "JPY", "BHD"])
RATES = st.decimals("0.00005", "20000", places=8)


@given(cash=st.integers(1, 10**9), owed=st.integers(1, 10**9), rate=RATES, paid_in=CURRENCIES, owed_in=CURRENCIES)
def test_who_pays_the_price_has_paid_and_less_is_never_more(cash, owed, rate, paid_in, owed_in):
    price = cost(owed, owed_in, rate, paid_in)
    gets = worth(cash, paid_in, rate, owed_in, owed)
    assert worth(price, paid_in, rate, owed_in, owed) == owed
    assert gets <= owed if cash < price else gets >= owed
    assert not strays(rate, rate) and strays(rate * Decimal("1.04"), rate)


@given(
    balance=st.integers(2, 10**9), part=st.integers(1, 10**9), base=st.integers(1, 10**9), gets=st.integers(1, 10**9), rate=RATES,
    companys=CURRENCIES, paid_in=CURRENCIES, owed_in=CURRENCIES,
)  # fmt: skip
def test_both_entries_balance_and_exchange_holds_the_difference_alone(balance, part, base, gets, rate, companys, paid_in, owed_in):
    assume(paid_in != owed_in and part <= balance)
    base = balance if paid_in == companys else base
    item = NewItem(1, "receipt", "R-2", DAY, DAY, -gets, 0)
    own = ItemState(7, "receivable", paid_in, -balance, -base)
    owed = Books(1, companys, owed_in, Decimal(1) if owed_in == companys else rate)
    entries = conversion(Books(1, companys, paid_in), owed, part=Part(own, -part), item=item, day=DAY, source="convert:1:0")
    for entry in entries:
        assert sum(line.amount for line in entry.lines) == sum(line.base_amount for line in entry.lines) == 0
        assert entry.currency != companys or all(line.amount == line.base_amount for line in entry.lines)
    fx = sum(line.base_amount for entry in entries for line in entry.lines if line.account == "fx")
    assert fx == -sum(line.base_amount for entry in entries for line in entry.lines if line.account != "fx")
