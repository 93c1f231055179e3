"""Repeats: found above the bounds and the company's rate, faded, put aside, grown; raised once."""

from datetime import date, timedelta
from fractions import Fraction

import pytest

from disputes.models import DisputePolicy, Repeat
from disputes.policy.repeating import Rule, Seen, candidates, elsewhere, is_repeat
from disputes.selectors.problems import repeats_in
from disputes.selectors.rates import invoices_by_source
from disputes.services.problems import ProblemError, raise_problem, raise_repeat
from disputes.services.repeats import RepeatError, dismiss_repeat, find_repeats
from org.actors import NotAllowed
from tests.disputes.shop_of_causes import Shop, every
from tests.factories import SYSTEM, make_customer, make_user
from tests.orders.worlds import bill, make_life

DAY = date(2026, 9, 15)
START = DAY - timedelta(days=80)


def test_an_invoice_with_two_cases_counts_once_and_what_they_share_is_said() -> None:
    at = {"customer": "7", "product": "F", "order_desk": "L. Fischer"}
    seen = [Seen(1, n // 2, 100, at) for n in range(6)] + [Seen(1, 9, 50, {**at, "order_desk": "M"})]
    found = {c.dimension: c for c in candidates(seen, 3)}
    assert (found["product"].cases, found["product"].amount, found["product"].all_cases) == (4, 650, 4)
    assert found["product"].also == "entered by L. Fischer (6 of 7)"


def test_a_rate_is_compared_with_the_companys() -> None:
    rule = Rule(3, Fraction(2, 100))
    assert is_repeat(9, 60, 20, 1000, rule)
    assert not is_repeat(2, 10, 2, 1000, rule) and not is_repeat(3, 600, 3, 1000, rule)
    assert not is_repeat(30, 1000, 60, 1000, rule)  # the company's own rate is higher
    assert elsewhere(9, 60, 20, 1000) == Fraction(11, 940) and elsewhere(9, 60, 9, 60) is None


@pytest.mark.django_db
class TestTheNight:
    @pytest.fixture(autouse=True)
    def shop(self):
        self.shop = Shop()
        self.invoices = self.shop.bill(self.shop.acme, every(2, START, 30))
        self.shop.bill(self.shop.other, every(1, START, 60), sku="PMP-1")
        for invoice in self.invoices[:6]:
            self.shop.dispute(invoice, cause=self.shop.cause(), order_desk="L. Fischer")

    def look(self, day=DAY):
        return find_repeats(actor=SYSTEM, company=self.shop.company, day=day)

    def repeat(self, dimension="product"):
        return Repeat.objects.get(dimension=dimension)

    def test_a_source_that_no_invoice_names_any_more_is_left_out(self):
        """Customer and product; the cases say who entered their orders, but no order says so now."""
        self.look()
        assert set(Repeat.objects.values_list("dimension", flat=True)) == {"customer", "product"}

    def test_what_comes_back_at_one_source_is_offered_with_its_reason_in_words(self):
        assert self.look() == {"offered": 2, "new": 2, "faded": 0}
        (first, *_) = [o for o in repeats_in(self.shop.senior, "offered") if o.repeat.dimension == "product"]
        assert first.reason == (
            "Product Filter FLT-20 (FLT-20), entered by L. Fischer (6 of 6): 6 of 30 invoices disputed for price not as agreed, 20.0 %, "
            "elsewhere 0.0 %"
        )
        assert (first.repeat.amount, first.repeat.all_cases, first.repeat.all_invoices) == (240_00, 6, 90)

    def test_a_second_night_changes_nothing_and_old_cases_fade(self):
        self.look()
        assert self.look() == {"offered": 2, "new": 0, "faded": 0}
        assert self.look(DAY + timedelta(days=90))["faded"] == 2
        assert set(Repeat.objects.values_list("state", flat=True)) == {"faded"}
        assert self.look()["offered"] == 2

    def test_the_companys_own_bounds_count(self):
        DisputePolicy.objects.create(company=self.shop.company, repeat_cases=7)
        assert self.look()["offered"] == 0
        DisputePolicy.objects.update(repeat_cases=3, repeat_rate=25)
        assert self.look()["offered"] == 0

    def test_put_aside_stays_aside_until_it_grows(self):
        self.look()
        with pytest.raises(RepeatError, match="say why"):
            dismiss_repeat(actor=self.shop.senior, repeat=self.repeat(), reason=" ")
        dismiss_repeat(actor=self.shop.senior, repeat=self.repeat(), reason="new price list since May")
        self.look()
        assert self.repeat().state == "dismissed"
        for invoice in self.invoices[6:8]:
            self.shop.dispute(invoice, cause=self.shop.cause())
        self.look()
        assert (self.repeat().state, self.repeat().cases) == ("dismissed", 6)
        self.shop.dispute(self.invoices[8], cause=self.shop.cause())
        self.look()
        assert (self.repeat().state, self.repeat().cases) == ("offered", 9)

    def test_it_is_raised_once_and_not_offered_while_its_problem_is_open(self):
        self.look()
        problem = raise_repeat(actor=self.shop.senior, repeat=self.repeat(), today=DAY, owner=self.shop.senior)
        assert problem.number == "PRB-000001" and problem.department.code == "sales"
        assert problem.title == "Price not as agreed: product Filter FLT-20 (FLT-20)"
        assert "6 of 30 invoices disputed" in problem.findings and "L. Fischer" in problem.findings
        self.look()
        assert self.repeat().state == "raised" and self.repeat().problem == problem
        with pytest.raises(ProblemError, match="already"):
            raise_repeat(actor=self.shop.senior, repeat=self.repeat(), today=DAY)

    def test_only_those_who_work_problems_decide(self):
        self.look()
        with pytest.raises(NotAllowed):
            dismiss_repeat(actor=self.shop.specialist, repeat=self.repeat(), reason="no")
        with pytest.raises(NotAllowed):
            raise_repeat(actor=self.shop.specialist, repeat=self.repeat(), today=DAY)

    def test_a_portfolio_sees_no_repeat_of_another_ones_customer(self):
        self.look()
        ana = make_user("specialist", self.shop.company, scope="portfolio")
        assert [o.repeat.dimension for o in repeats_in(ana, "offered")] == []
        self.shop.acme.collector = ana
        self.shop.acme.save()
        assert {o.repeat.dimension for o in repeats_in(ana, "offered")} == {"customer"}
        lee = make_user("senior", self.shop.company, scope="portfolio")
        with pytest.raises(NotAllowed, match="whole company"):
            raise_problem(actor=lee, company=self.shop.company, cause=self.shop.cause(), today=DAY)


@pytest.mark.django_db
def test_invoices_are_counted_by_what_their_lines_say() -> None:
    """The order's desk and representative, the job's technician, the contract: each invoice once; memos not."""
    shop = Shop()
    customer = make_customer(shop.company, "Life", sales_representative="S. Rep")
    life = make_life(customer)
    for number in ("A-1", "A-2"):
        bill(life, number)
    bill(life, "CM-9", kind="credit_memo")
    life.order.entered_by = "L. Fischer"
    life.order.save()
    life.work_order.technician = "T. Ech"
    life.work_order.save()
    first, last = date(2026, 9, 1), date(2026, 9, 30)
    sources = {
        "customer": str(customer.pk), "sales_representative": "S. Rep", "technician": "T. Ech", "price_list": "C-1",
        "order_desk": "L. Fischer",
    }  # fmt: skip
    for dimension, source in sources.items():
        assert invoices_by_source(shop.company.pk, dimension, [source, "0"], first, last) == {source: 2}, dimension
    assert invoices_by_source(shop.company.pk, "order_desk", ["L. Fischer"], last, last) == {}
