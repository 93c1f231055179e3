"""Short ways for tests of collections."""

from datetime import date, timedelta
from typing import Any

from collections_app.models import Strategy, StrategyTrial, StrategyVersion
from collections_app.policy.strategy import StepDraft, VersionDraft, fingerprint
from collections_app.services.strategies import change_version, create_strategy, draft_version
from customers.models import Customer
from org.models import Company
from tests.factories import SYSTEM

WORDS = {"en": ("Reminder of {total}", "Dear {customer}\n\n{items}")}
EARLY = date(2026, 1, 1)


def put_in_force(
    company: Company, steps: list[StepDraft], *, segment: str = "", customer: Customer | None = None, since: date = EARLY, **rules: Any
) -> StrategyVersion:
    """A version with these steps, in force since a day, for all, a segment or a customer, without asking two people."""
    version = _drafted(company, segment, customer)
    rules = {"grace_days": 3, "quiet_days": 7, "minimum": 25_00} | rules
    drafted = VersionDraft(steps=steps, **rules)
    change_version(actor=SYSTEM, version=version, draft=drafted, seen=version.revision)
    StrategyTrial.objects.create(version=version, day=since, content_hash=fingerprint(drafted), made_by=SYSTEM.label)
    before = version.strategy.versions.filter(state="active")
    before.update(state="retired", valid_to=since)
    StrategyVersion.objects.filter(pk=version.pk).update(state="active", valid_from=since, activated_by="test:other")
    version.refresh_from_db()
    return version


def _drafted(company: Company, segment: str, customer: Customer | None) -> StrategyVersion:
    there = Strategy.objects.filter(company=company, segment=segment, customer=customer, is_active=True).first()
    if there:
        return draft_version(actor=SYSTEM, strategy=there)
    return create_strategy(actor=SYSTEM, company=company, name=segment or "own", segment=segment, customer=customer)


def before(day: date, days: int) -> date:
    """So many days earlier."""
    return day - timedelta(days=days)
