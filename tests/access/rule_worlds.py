"""Rules of cash on a side: a version of the matrix and its trial, an own rule of a customer and its trial, an alarm."""

from datetime import date
from typing import Any

from cashapp.models import DriftAlarm
from cashapp.services.policies import ask_policy_change
from cashapp.services.rules import draft_matrix, draft_rule, run_trial
from customers.models import Customer
from org.models import Company, User
from tests.factories import SYSTEM


def make_versions(company: Company, people: dict[str, User], today: date) -> None:
    """A draft of the matrix by the senior, tried; a change of the policy that waits; an alarm about a rule."""
    ask_policy_change(actor=people["senior"], company=company, why=f"of {company.code}", auto_threshold=95)
    made = draft_matrix(actor=people["senior"], company=company, name=f"Version of {company.code}")
    run_trial(actor=SYSTEM, subject=made, first=today, last=today, today=today)
    DriftAlarm.objects.create(
        company=company, rule="single amount", from_date=today, to_date=today, posted=9, reversed=5, expected="0.01",
        words=f"5 of 9 taken back in {company.code}",
    )  # fmt: skip


def make_rules(customer: Customer, name: str, today: date) -> None:
    """A rule about the customer that names it, tried."""
    said: dict[str, Any] = {"name": f"{name} pays ahead", "effect": "on_account", "condition": {}, "values": {}}
    rule = draft_rule(actor=SYSTEM, company=customer.company, customer=customer, **said)
    run_trial(actor=SYSTEM, subject=rule, first=today, last=today, today=today)
