"""Payment plans of a customer: one that runs, signed on paper, and a draft."""

from datetime import date, datetime, timedelta

from collections_app.policy.plans import Terms
from collections_app.services.plans import ask_for_plan, make_plan, sign_plan
from customers.models import Customer
from org.models import User
from tests.factories import SYSTEM, issue
from workflow.services.approvals import Evidence


def make_plans(customer: Customer, collector: User, name: str, now: datetime, today: date) -> None:
    """Both about items of their own."""
    items = [issue(customer, 300_00, day=today, number=f"PL-{name}-{n}") for n in (1, 2)]
    terms = Terms(today, today + timedelta(days=30), number=2)
    runs, _ = (make_plan(actor=SYSTEM, customer=customer, items=[item], terms=terms, today=today) for item in items)
    ask_for_plan(actor=SYSTEM, plan=runs, today=today, now=now)
    runs.refresh_from_db()
    paper = Evidence(f"{name}.txt", f"signed by {name}".encode())
    sign_plan(actor=collector, plan=runs, signed_by="Eva", signed_on=today, today=today, file=paper)
