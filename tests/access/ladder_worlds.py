"""Late charges and an account on the ladder, placed with its pack, for the crawl."""

from datetime import date, datetime
from decimal import Decimal

from collections_app.policy.charges import Tier
from collections_app.selectors.charges import month_before
from collections_app.services.charges.policies import NewPolicy, save_limit, save_policy
from collections_app.services.charges.running import run_charges
from collections_app.services.escalation.ladder import add_standard_ladder
from collections_app.services.escalation.placing import place
from collections_app.services.escalation.raising import raise_case
from customers.models import Customer
from org.models import Company, User
from tests.factories import SYSTEM
from workflow.services import store_file


def make_ladder(company: Company, people: dict[str, User], customer: Customer, now: datetime) -> None:
    """Interest since last month, assessed; the customer placed with an agency, and what went out with it."""
    today: date = now.date()
    month = month_before(today)
    wanted = NewPolicy("Interest", "rate", (Tier(0, Decimal(9)),), month.first)
    save_policy(actor=SYSTEM, company=company, wanted=wanted, today=month.first)
    save_limit(actor=SYSTEM, company=company, place="DE", max_rate=Decimal(8), max_fee=None, source="a law", valid_from=month.first)
    run_charges(company=company, period=month, day=today, actor=SYSTEM, now=now)
    rungs = {rung.code: rung for rung in add_standard_ladder(actor=SYSTEM, company=company)}
    case = raise_case(actor=people["specialist"], customer=customer, currency="EUR", rung=rungs["agency"], reason="silence", day=today)
    case = place(actor=people["supervisor"], case=case, placed_with="Fairway", day=today, version=case.version)
    case.pack, _ = store_file(actor=SYSTEM, name=f"{case.number}.zip", content=f"pack {company.code}".encode())
    case.save(update_fields=["pack"])
