"""The causes of a company, as lists and forms ask for them."""

from collections import Counter
from collections.abc import Iterable

from django.db.models import Count

from disputes.models import Cause, Dispute, Stage
from invoicing.checks import BY_CODE


def causes_of(company_id: int) -> list[Cause]:
    """The causes that can be chosen in a company, in the order of the stages."""
    found = Cause.objects.filter(company=company_id, is_active=True).select_related("owner")
    return in_order(found)


def in_order(causes: Iterable[Cause]) -> list[Cause]:
    """Causes as people read them: by stage along the life of an order, then as the company sorted them."""
    stages = list(Stage.values)
    return sorted(causes, key=lambda c: (stages.index(c.stage) if c.stage in stages else len(stages), c.sort, c.name))


def rules_without_cause(causes: Iterable[Cause]) -> list[str]:
    """Rules of the check that no active cause is named for."""
    there = {rule for cause in causes if cause.is_active for rule in cause.rules}
    return [code for code in BY_CODE if code not in there]


def rule_label(code: str) -> str:
    """How people call a rule; its code where the check no longer knows it."""
    return BY_CODE[code].label if code in BY_CODE else code.replace("_", " ")


def cases_by_cause(company_id: int) -> Counter[int]:
    """How many cases each cause of a company has."""
    rows = Dispute.objects.filter(company=company_id, cause__isnull=False).values_list("cause").annotate(n=Count("pk")).order_by()
    return Counter(dict(rows))
