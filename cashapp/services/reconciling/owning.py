"""Who clears cash that isn't applied, and after how many days somebody is told of it."""

from collections.abc import Iterable

from django.db import transaction

from cashapp.models import MatchPolicy, Receipt
from cashapp.services.errors import CashError
from org.actors import Actor, require
from org.models import Company, User
from org.selectors import people_with
from workflow.services import record


class OwnerRefused(CashError):
    """Whom cash can't be given to, or days that make no sense; the message says why."""


@transaction.atomic
def assign_receipts(*, actor: Actor, receipts: Iterable[Receipt], owner: User | None) -> int:
    """Give receipts to somebody (None: to nobody) to clear; answers with how many changed hands. Taking them oneself needs cash.apply,
    giving them to another work.assign. Raises OwnerRefused, NotAllowed."""
    rows = Receipt.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=[r.pk for r in receipts]).order_by("pk")
    by_company: dict[int, list[Receipt]] = {}
    for receipt in rows:
        by_company.setdefault(receipt.company_id, []).append(receipt)
    itself = owner is not None and owner.pk == actor.reach().person_id
    changed = 0
    for company_id, own in by_company.items():
        require(actor, "cash.apply" if itself else "work.assign", company_id)
        if owner is not None and not people_with([company_id], "cash.apply").filter(pk=owner.pk).exists():
            raise OwnerRefused(f"{owner.name} applies no cash there: choose somebody who does")
        moving = [r for r in own if r.assigned_to_id != (owner.pk if owner else None)]
        Receipt.objects.filter(pk__in=[r.pk for r in moving]).update(assigned_to=owner)
        changed += len(moving)
        if moving:
            record(
                actor=actor, type="receipts.assigned", company_id=company_id, count=len(moving), owner=owner.label if owner else "",
                receipts=[r.number for r in moving][:100],
            )  # fmt: skip
    return changed


@transaction.atomic
def set_alert_days(*, actor: Actor, company: Company, unapplied: int, unidentified: int) -> MatchPolicy:
    """After how many days the owners of cash are told that it still isn't applied. Raises OwnerRefused, NotAllowed."""
    require(actor, "rules.edit", company.pk)
    if not all(1 <= days <= 3650 for days in (unapplied, unidentified)):
        raise OwnerRefused("days are 1 to 3650")
    policy = MatchPolicy.objects.select_for_update().filter(company=company).first() or MatchPolicy(company=company)
    before, policy.alert_days = policy.alert_days, {"unapplied": unapplied, "unidentified": unidentified}
    policy.save()
    record(
        actor=actor, type="match_policy.changed", company_id=company.pk, subject=policy, changed={"alert_days": [before, policy.alert_days]}
    )
    return policy
