"""Contracts of the demo beside those for service: billed by the month, by milestones, by progress with retainage. Pure."""

from datetime import date, timedelta
from typing import Any

from arops.demo.lives import TAX_CODES, Lives, Row, common, months_back, place_of
from arops.demo.plan import PlanCustomer

MONTHLY, PROJECTS, PROGRESS = "M", "B", "P"
"""What follows CT- in the numbers of contracts billed by the month, by milestones, by progress."""


def project_contracts(lives: Lives) -> list[Row]:
    """Monitoring by the month for every ninth customer under contract; projects of the second company."""
    monthly = [_monthly(c, lives) for c in lives.covered[4::9]]
    builders = [c for c in lives.covered if c.company == "US02"]
    return [*monthly, *(_milestones(c, lives) for c in builders[1::9]), *(_progress(c, lives) for c in builders[3::12])]


def _contract(customer: PlanCustomer, kind: str, title: str, signed: date, versions: list[Row], **more: Any) -> Row:
    names = {"title": title, "project": f"P-{place_of(customer):04d}", "signed_on": signed.isoformat()}
    terms = {"payment_terms": customer.terms, "tax_code": TAX_CODES[customer.company]}
    return {**common(customer, f"CT-{kind}-{customer.number}"), **names, "versions": [{**terms, **v} for v in versions], **more}


def _monthly(customer: PlanCustomer, lives: Lives) -> Row:
    first = lives.since
    step = {
        "code": "MON", "kind": "recurring", "name": "Remote monitoring", "amount": f"{(place_of(customer) % 5 + 2) * 160}.00",
        "planned_on": first.isoformat(), "every_months": 1,
    }  # fmt: skip
    version = {"number": 1, "valid_from": first.isoformat(), "billing": "schedule", "steps": [step]}
    return _contract(customer, MONTHLY, "Remote monitoring", first - timedelta(days=9), [version])


def _milestones(customer: PlanCustomer, lives: Lives) -> Row:
    """Of three milestones the first was reached two months ago, the second this month, the third lies ahead."""
    first, today = lives.since, lives.today
    days = (months_back(today, 2) + timedelta(days=14), today - timedelta(days=6), months_back(today, -2))
    names = (("M1", "Design approved", "24000.00"), ("M2", "Equipment on site", "58000.00"), ("M3", "Acceptance", "36000.00"))
    steps = [{"code": code, "name": name, "amount": amount, "planned_on": day.isoformat()}
             for (code, name, amount), day in zip(names, days, strict=True)]  # fmt: skip
    version = {"number": 1, "valid_from": first.isoformat(), "billing": "milestones", "not_to_exceed": "120000.00", "steps": steps}
    reached = [{"code": code, "reached_on": day.isoformat(), "note": "Minutes of the site meeting"}
               for (code, _, _), day in list(zip(names, days, strict=True))[:2]]  # fmt: skip
    return _contract(customer, PROJECTS, "Cooling plant", first - timedelta(days=30), [version], milestones_reached=reached)


def _progress(customer: PlanCustomer, lives: Lives) -> Row:
    """Amended once: the price of the whole rose with the scope."""
    version = {
        "number": 1, "valid_from": lives.since.isoformat(), "billing": "progress", "retainage_percent": "10", "not_to_exceed": "180000.00",
        "note": "Phase 2 as tendered.",
    }  # fmt: skip
    amended = {**version, "number": 2, "valid_from": months_back(lives.today, 1).isoformat(), "not_to_exceed": "210000.00",
               "note": "Amendment 1: second pump house."}  # fmt: skip
    return _contract(customer, PROGRESS, "Plant extension, phase 2", lives.since - timedelta(days=25), [version, amended])
