"""Ageing adds up, by whatever it is shown, and every figure is the sum of the items it opens into."""

from datetime import date, timedelta

import pytest

from disputes.services import close_dispute, move_dispute
from ledger.aging import Buckets
from ledger.asof import Scope
from ledger.models import Entry
from ledger.services import reverse_entries
from org.actors import Reach
from reports.selectors.ageing import DIMENSIONS, ageing
from reports.selectors.customer import overview
from reports.selectors.items import item_list, part_of
from reports.selectors.question import Question
from tests.factories import SYSTEM, apply, contest, issue, make_company, make_customer, make_user, rate, receive

pytestmark = pytest.mark.django_db
DAY = date(2026, 9, 30)


def ask(day=DAY, reach=None, **fields):
    return Question(day, Scope(reach or Reach(everything=True)), **fields)


@pytest.fixture
def world():
    """Two companies in two currencies; items in every bucket, credits, unapplied cash, a dispute, a foreign-currency item."""
    rate("EUR", "USD", "1.10")
    us, de = make_company(currency="USD"), make_company(currency="EUR")
    keller = make_user("specialist", us, scope="portfolio")
    acme = make_customer(us, "Acme", segment="retail", collector=keller)
    child = make_customer(us, "Acme Paris", parent=acme, currency="EUR", segment="retail")
    bolt = make_customer(de, "Bolt", segment="industry")
    for age, amount in ((-10, 100_00), (0, 50_00), (1, 200_00), (31, 300_00), (61, 400_00), (91, 500_00)):
        issue(acme, amount, day=DAY - timedelta(days=age + 30), due=DAY - timedelta(days=age))
    disputed = issue(bolt, 1000_00, day=date(2026, 7, 1), due=date(2026, 7, 31))
    issue(child, 80_00, day=date(2026, 8, 1), due=date(2026, 8, 31))
    issue(bolt, -70_00, kind="credit_memo", day=date(2026, 9, 1))
    receive(bolt, 30_00, day=date(2026, 9, 20))
    dispute = contest(
        company=de, customer=bolt, open_item=disputed, number="D-1", reason="price", amount=250_00, currency="EUR",
        due_date=DAY, opened_on=date(2026, 9, 5), opened_by="user:1", source="t:1",
    )  # fmt: skip
    return {"us": us, "de": de, "keller": keller, "acme": acme, "child": child, "bolt": bolt, "disputed": disputed, "dispute": dispute}


def test_each_item_is_in_its_bucket_and_credits_stand_apart(world):
    lines = {line.label: line for line in ageing(ask(), by=("customer",)).lines}
    assert lines["Acme"].own.buckets == [150_00, 200_00, 300_00, 400_00, 500_00]
    assert lines["Bolt"].own.buckets == [0, 0, 0, 1000_00, 0]
    assert lines["Bolt"].own.credits == -100_00
    assert lines["Bolt"].own.disputed == 250_00


@pytest.mark.parametrize("by", [(name,) for name in DIMENSIONS] + [("company", "collector"), ("segment", "currency")])
def test_by_whatever_it_is_shown_the_total_is_the_same_and_ties_to_the_journal(world, by):
    report = ageing(ask(), by=by)
    assert {c: a.total for c, a in report.totals.items()} == {"USD": 1550_00, "EUR": 980_00}
    assert {c: a.disputed for c, a in report.totals.items()} == {"USD": 0, "EUR": 250_00}
    assert {(t.currency, t.difference) for t in report.ties} == {("USD", 0), ("EUR", 0)}


def test_the_foreign_item_counts_in_its_company_currency_at_the_rate_of_its_day(world):
    assert ageing(ask(), by=("company",)).base_totals["USD"].total == 1550_00 + 88_00


@pytest.mark.parametrize("buckets", [Buckets(), Buckets((0,)), Buckets((15, 45)), Buckets((0, 7, 14, 30, 180))])
@pytest.mark.parametrize("basis", ["due", "document"])
@pytest.mark.parametrize("apart", [True, False])
def test_every_figure_is_the_sum_of_the_items_it_opens_into(world, buckets, basis, apart):
    question = ask(basis=basis, buckets=buckets, credits_apart=apart)
    for line in ageing(question, by=("customer",)).lines:
        mine = question.within(customer_ids=[line.keys["customer"]], currency=line.currency)
        for n, amount in enumerate(line.own.buckets):
            assert item_list(part_of(mine, str(n))).totals.get(line.currency, 0) == amount
        assert item_list(part_of(mine, "")).totals.get(line.currency, 0) == line.own.total
        if apart:
            assert item_list(part_of(mine, "credits")).totals.get(line.currency, 0) == line.own.credits
            assert item_list(part_of(mine, "overdue")).totals.get(line.currency, 0) == line.own.past_due


def test_items_know_their_days_their_disputed_part_and_are_cut_only_in_rows(world):
    found = item_list(part_of(ask(), "3").within(customer_ids=[world["bolt"].pk]), limit=1)
    (row,) = found.rows
    assert (row.days, row.bucket, row.disputed, found.count) == (61, 3, 250_00, 1)
    everything = item_list(ask(), limit=2)
    assert (len(everything.rows), everything.count) == (2, 10)
    assert everything.totals == {"EUR": 980_00, "USD": 1550_00}
    assert everything.disputed == found.disputed == {"EUR": 250_00}


def test_an_unknown_column_is_refused():
    for part in ("9", "-1", "²", "late"):
        with pytest.raises(ValueError):
            part_of(ask(), part)


def test_a_reversed_application_is_absent_from_its_day_and_present_before(world):
    receipt = receive(world["acme"], 500_00, day=date(2026, 9, 21))
    oldest = min(world["acme"].open_items.filter(kind="invoice"), key=lambda item: item.due_date)
    entry = apply(receipt, (oldest, 500_00), day=date(2026, 9, 22))
    reverse_entries(entries=[Entry.objects.get(pk=entry)], day=date(2026, 9, 25), actor=SYSTEM, reason="misapplied")

    def over_90(day):
        return item_list(part_of(ask(day).within(customer_ids=[world["acme"].pk]), "4")).totals.get("USD", 0)

    oldest_only = ask(date(2026, 9, 23)).within(customer_ids=[world["acme"].pk])
    assert oldest.pk not in {row.item.item_id for row in item_list(oldest_only).rows}
    assert over_90(DAY) == 500_00
    for day in (date(2026, 9, 21), date(2026, 9, 23), date(2026, 9, 24), date(2026, 9, 25), DAY):
        assert ageing(ask(day), by=("customer",)).ties_all


def test_known_at_reprints_what_could_be_known_then(world):
    before = Entry.objects.order_by("-posted_at").first().posted_at
    issue(world["acme"], 999_00, day=date(2026, 9, 2))
    known = ageing(ask(known_at=before), by=("company",))
    assert known.totals["USD"].total == 1550_00
    assert known.ties_all


def test_a_dispute_counts_from_the_day_it_was_opened_to_the_day_it_was_resolved(world):
    close_dispute(actor=SYSTEM, dispute=world["dispute"], resolution="withdrawn", today=date(2026, 9, 20), agreed=0)
    assert [ageing(ask(d)).totals["EUR"].disputed for d in (date(2026, 9, 4), date(2026, 9, 5), date(2026, 9, 19), date(2026, 9, 20))] == [
        0, 250_00, 250_00, 0,
    ]  # fmt: skip


def test_a_dispute_opened_again_is_in_the_ageing_again(world):
    dispute = close_dispute(actor=SYSTEM, dispute=world["dispute"], resolution="paid", today=date(2026, 9, 20), agreed=0)
    assert ageing(ask()).totals["EUR"].disputed == 0
    move_dispute(actor=SYSTEM, dispute=dispute, state="open", version=dispute.version, today=date(2026, 9, 25))
    assert ageing(ask()).totals["EUR"].disputed == 250_00
    assert overview(world["bolt"], DAY).disputed == 250_00


def test_no_more_is_disputed_than_is_open(world):
    apply(receive(world["bolt"], 900_00), (world["disputed"], 900_00))
    assert ageing(ask()).totals["EUR"].disputed == 100_00
    assert overview(world["bolt"], DAY).disputed == 100_00


def test_a_specialist_limited_to_a_portfolio_sees_only_its_own_and_it_ties(world):
    report = ageing(ask(reach=world["keller"].reach("reports.view")), by=("customer",))
    assert [line.label for line in report.lines] == ["Acme"]
    assert report.totals["USD"].total == 1550_00
    assert report.ties_all
