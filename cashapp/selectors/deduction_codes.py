"""Payers' codes for deductions: how often each came, for how much, and whether somebody said what it is to us."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, Max, Sum
from django.db.models.functions import Abs, Coalesce, Trim, Upper

from cashapp.models import DeductionCode, RemittanceLine
from cashapp.selectors.advice_lines import Codes, reason_of
from org.actors import Actor, Reach
from org.models import Company

BACK = timedelta(days=365)
"""How far back uses are counted."""


@dataclass(frozen=True, slots=True)
class Used:
    """A code as one customer used it in a year: `amount` is what was held back under it, in minor units of `currency`."""

    company_id: int
    customer_id: int | None
    customer: str
    code: str
    currency: str
    uses: int
    amount: int
    last: date
    reason: str


def used_codes(actor: Actor, today: date) -> list[Used]:
    """Every code in sight that came in the last year, those without a reason first, then by what they cost."""
    lines: Any = RemittanceLine.objects.visible_to(actor, "cash.view").exclude(code="")
    lines = lines.filter(remittance__created_at__date__gte=today - BACK).annotate(plain=Upper(Trim("code"))).order_by()
    keys = ("remittance__company", "remittance__customer", "remittance__customer__name", "plain", "remittance__currency")
    rows = lines.values_list(*keys).annotate(
        uses=Count("pk"), held=Sum(Abs(Coalesce("adjustment", "paid", 0))), last=Max("remittance__created_at__date")
    )  # fmt: skip
    codes = _codes({row[0] for row in rows})
    found = [
        Used(company, customer, name or "payer unknown", code, currency, uses, held, last, reason_of(codes[company], customer, code))
        for company, customer, name, code, currency, uses, held, last in rows
    ]
    return sorted(found, key=lambda u: (bool(u.reason), -u.amount, u.code))


def _codes(companies: Iterable[int]) -> dict[int, Codes]:
    found: dict[int, Codes] = defaultdict(dict)
    for row in DeductionCode.objects.filter(company__in=companies).exclude(reason=""):
        found[row.company_id][row.customer_id, row.code] = row.reason
    return found


def hit_rate(used: Iterable[Used]) -> tuple[int, int]:
    """Uses whose code had a reason, and all uses."""
    rows = list(used)
    return sum(u.uses for u in rows if u.reason), sum(u.uses for u in rows)


def mapped_codes(actor: Actor) -> list[DeductionCode]:
    """What was said of codes, in sight: those of one customer, and those of everybody."""
    seen: Any = DeductionCode.objects.visible_to(actor, "cash.view").select_related("company", "customer")
    reach = actor.reach("cash.view")
    rows = seen.order_by("company__code", "code", "customer__name")
    return [row for row in rows if row.customer is None or reach.everything or row.company_id in reach.companies or _own(row, reach)]


def _own(row: DeductionCode, reach: Reach) -> bool:
    if row.customer is None or reach.customers is not None:
        return row.customer is not None and row.customer_id in (reach.customers or ())
    return row.customer.collector_id == reach.person_id


def companies_to_map(actor: Actor) -> list[Company]:
    """Where the actor says what codes are."""
    return list(Company.objects.visible_to(actor, "rules.edit").order_by("code"))
