"""The demo's collectors share their customers by rules; one of them has a day off soon."""

from datetime import date, timedelta

from arops.demo.setup import SYSTEM, World
from collections_app.services.absences import plan_absence
from collections_app.services.portfolios import RuleDraft, save_rule

AHEAD = timedelta(days=10)


def share_customers(world: World, today: date) -> None:
    """In each company all customers are shared by the team. Nothing moves, since each is with one of it already."""
    team = tuple(sorted({customer.collector_id for customer in world.customers.values() if customer.collector_id}))
    for company in world.companies.values():
        save_rule(actor=SYSTEM, company=company, draft=RuleDraft("All customers", team))
    company, (first, *others) = world.companies["US01"], team
    people = {customer.collector_id: customer.collector for customer in world.customers.values()}
    person, cover = people[first], people[others[0]]
    assert person and cover
    plan_absence(
        actor=SYSTEM, company=company, person=person, cover=cover, first=today + AHEAD, last=today + AHEAD, today=today,
        note="Key accounts pay on Fridays; call the plant, not the head office.",
    )  # fmt: skip
