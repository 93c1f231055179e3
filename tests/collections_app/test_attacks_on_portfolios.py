"""Attacks on whose customers are whose and what was brought in: absences in absences, notes about customers of others, credits as cash."""

from datetime import date, timedelta
from typing import Any

import pytest

from collections_app.selectors.effort import Span, brought
from collections_app.selectors.portfolios import handed_to
from collections_app.services.absences import follow_absences, plan_absence
from collections_app.services.activities import log_activity
from collections_app.services.portfolios import assign_customers
from customers.models import Customer
from org.models import User
from tests.factories import DAY, SYSTEM, apply, issue, make_company, make_customer, make_user, receive

pytestmark = pytest.mark.django_db


def on(days: int) -> date:
    return DAY + timedelta(days=days)


class Team:
    """Three people; the first is away from today, the second covers and is away from the day after tomorrow, the third covers for both."""

    def __init__(self, first_back: int, second_back: int) -> None:
        self.company = make_company()
        self.people = [make_user("specialist", self.company) for _ in range(4)]
        one, two, three, _ = self.people
        self.ones, self.twos = make_customer(self.company, collector=one), make_customer(self.company, collector=two)
        self.away(one, two, 0, first_back)
        self.away(two, three, 2, second_back)

    def away(self, person: User, cover: User, first: int, back: int) -> None:
        days: dict[str, Any] = {"first": on(first), "last": on(back - 1), "today": on(first)}
        plan_absence(actor=SYSTEM, company=self.company, person=person, cover=cover, **days)

    def night(self, day: int) -> list[int]:
        """Whose the customers of the first and the second person are, counted from 1."""
        follow_absences(actor=SYSTEM, company=self.company, today=on(day))
        held = Customer.objects.in_bulk([self.ones.pk, self.twos.pk])
        return [self.people.index(held[c.pk].collector) + 1 for c in (self.ones, self.twos)]


@pytest.mark.parametrize(
    ("first_back", "second_back", "between"), [(10, 20, [1, 3]), (20, 10, [2, 2])], ids=["the first is back first", "the cover is"]
)
def test_customers_come_home_though_their_cover_was_away_too(first_back: int, second_back: int, between: list[int]) -> None:
    team = Team(first_back, second_back)
    assert team.night(3) == [3, 3]
    assert team.night(10) == between
    assert team.night(20) == [1, 2]


def test_who_was_given_to_somebody_else_meanwhile_stays_there() -> None:
    team = Team(10, 20)
    assign_customers(actor=SYSTEM, customers=[team.ones], to=team.people[3], today=on(4))
    assert (team.night(10), team.night(20)) == ([4, 3], [4, 2])


def test_a_note_about_a_customer_who_went_on_to_somebody_else_is_not_shown() -> None:
    company = make_company()
    one, two = (make_user("specialist", company, scope="portfolio") for _ in range(2))
    customer = make_customer(company)
    assign_customers(actor=SYSTEM, customers=[customer], to=one, today=DAY, note="pays on Fridays")
    assert [row.customer for row in handed_to(one)] == [customer]
    assign_customers(actor=SYSTEM, customers=[customer], to=two, today=DAY, note="pays on Fridays")
    assert (list(handed_to(one)), [row.now for row in handed_to(two)]) == ([], [two])


def test_a_credit_memo_is_no_cash_that_a_contact_brought() -> None:
    company = make_company()
    person, customer = make_user("specialist", company), make_customer(company)
    invoice = issue(customer, 100_00)
    log_activity(actor=person, customer=customer, kind="call", outcome="no_answer", today=DAY)
    apply(issue(customer, -40_00, kind="credit_memo"), (invoice, 40_00))
    apply(receive(customer, 60_00), (invoice, 60_00))
    assert [row.amount for row in brought(SYSTEM, Span(company, DAY, DAY))] == [60_00]
