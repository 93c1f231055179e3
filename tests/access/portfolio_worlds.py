"""A rule of portfolios and an absence to come, for the crawl."""

from datetime import date, timedelta

from collections_app.services.absences import plan_absence
from collections_app.services.portfolios import RuleDraft, save_rule
from org.models import Company, User
from tests.factories import SYSTEM


def make_portfolio(company: Company, people: dict[str, User], today: date) -> None:
    """Customers named from Q on are the senior's; the specialist is away next year, and the senior covers."""
    save_rule(actor=SYSTEM, company=company, draft=RuleDraft(f"{company.code} Q", (people["senior"].pk,), name_from="Q"))
    first = today + timedelta(days=400)
    person, cover = people["specialist"], people["senior"]
    plan_absence(actor=SYSTEM, company=company, person=person, cover=cover, first=first, last=first, today=today)
