"""Similar closed cases of the company, those in sight only: by customer and reason, product and reason, cause and product or customer.

Each group is read from its latest cases, up to a limit, by an index, and only then by who may see them: so it takes as long with a
hundred thousand cases as with a thousand, also for a person who sees one portfolio.
"""

from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from disputes.models import Dispute
from disputes.policy.precedents import Group, Past, group
from org.actors import Actor

MOST = 200
"""Cases that a group looks at …"""
READ = 1_000
"""… of so many of the latest, whoever may see them."""
SPAN = timedelta(days=730)
_ASKED = (
    "pk", "number", "cause_id", "cause__name", "resolution", "opened_on", "resolved_on", "claimed", "agreed", "base_amount",
)  # fmt: skip


def precedents(actor: Actor, dispute: Dispute, today: date) -> list[Group]:
    """Groups of similar cases that were closed before the day, the nearest first; those without a case are left out."""
    reason, said = {"reason": dispute.reason}, f"for “{dispute.get_reason_display()}”"
    groups = [_group(actor, dispute, today, f"of this customer {said}", customer=dispute.customer_id, **reason)]
    if dispute.product:
        groups.append(_group(actor, dispute, today, f"about {dispute.product} {said}", product=dispute.product, **reason))
    groups.append(_group(actor, dispute, today, f"{said} in the company", **reason))
    return [g for g in groups if g]


def same_cause(actor: Actor, dispute: Dispute, cause_id: int, today: date) -> list[Group]:
    """Closed cases of a cause, with this product, with this customer."""
    groups = [_group(actor, dispute, today, "of this customer with this cause", customer=dispute.customer_id, cause=cause_id)]
    if dispute.product:
        groups.append(_group(actor, dispute, today, f"about {dispute.product} with this cause", product=dispute.product, cause=cause_id))
    return [g for g in groups if g]


def _group(actor: Actor, dispute: Dispute, today: date, alike: str, **same: Any) -> Group | None:
    latest = Dispute.objects.filter(company=dispute.company_id, resolved_on__range=(today - SPAN, today), **same)
    keys = list(latest.exclude(pk=dispute.pk).order_by("-resolved_on", "-pk").values_list("pk", flat=True)[:READ])
    seen: Any = Dispute.objects.visible_to(actor, "disputes.view").filter(pk__in=keys)
    rows = seen.order_by("-resolved_on", "-pk").values_list(*_ASKED)[:MOST]
    return group(alike, [_past(*row) for row in rows], MOST, near=len(same) > 1)


def _past(
    pk: int, number: str, cause: int | None, name: str | None, resolution: str, opened: date, resolved: date, claimed: int,
    agreed: int | None, base: int,
) -> Past:  # fmt: skip
    share = Fraction(agreed, claimed) if agreed is not None and claimed else None
    label = Dispute.Resolution(resolution).label if resolution in Dispute.Resolution.values else "closed"
    return Past(pk, number, cause, name or "", resolution, label, max(0, (resolved - opened).days), base, share)
