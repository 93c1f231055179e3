"""Mail about settlements: to each who could sign what waits for their department, to whoever asked when it is refused."""

from collections.abc import Iterable
from datetime import date, datetime

from django.urls import reverse

from arops.lib import money
from disputes.models import Dispute, Settlement, SignOff
from disputes.policy.settling import WAYS
from disputes.selectors.settling import people_of
from org.models import User
from org.selectors import actor_names
from workflow.services.authority import person_id_of
from workflow.services.notices import SPAN, Notice, register_notices, wants_mail

MANY = 500


@register_notices("settlements")
def settlement_notices(now: datetime, today: date) -> Iterable[Notice]:
    """Sign-offs of the last days that wait, to their departments; settlements that a department refused, to those who asked. (What
    becomes of approvals is told with the approvals.)"""
    since = now - SPAN
    related = ("department", "settlement__dispute__customer", "settlement__dispute__company")
    waiting = list(
        SignOff.objects.filter(state=SignOff.State.WAITING, settlement__requested_at__gte=since)
        .select_related(*related)
        .order_by("pk")[:MANY]
    )
    people, names = people_of({row.department_id for row in waiting}), actor_names({row.asked_by for row in waiting})
    for row in waiting:
        to = [p for p in people.get(row.department_id, []) if p.label != row.asked_by]
        yield _asked(row, to, names.get(row.asked_by, row.asked_by))
    refused = Settlement.objects.filter(state=Settlement.State.REFUSED, approval=None, decided_at__gte=since)
    done = list(refused.select_related("dispute__customer").order_by("pk")[:MANY])
    askers = User.objects.in_bulk({person_id_of(row.requested_by) or 0 for row in done})
    for settlement in done:
        yield _refused(settlement, _who_sees(settlement, askers.get(person_id_of(settlement.requested_by) or 0)))


def _who_sees(row: Settlement, asker: User | None) -> User | None:
    """Whoever asked, if the case is still in their sight."""
    seen = asker and Dispute.objects.visible_to(asker, "disputes.view").filter(pk=row.dispute_id).exists()
    return asker if seen else None


def _line(row: Settlement) -> str:
    amount = f", {money.format(row.amount, row.currency)} {row.currency}" if row.amount else ""
    return " ".join(f"{row.dispute.number}, {row.dispute.customer.name}: {WAYS[row.resolution].label.lower()}{amount}".split())


def _asked(row: SignOff, people: Iterable[User], asker: str) -> Notice:
    line = _line(row.settlement)
    body = f"{asker} asks {row.department.name} to sign off.\n\n{line}\nWhy: {row.settlement.words or 'not said'}\n"
    to = tuple(sorted(p.email for p in people if wants_mail(p)))
    company = row.settlement.dispute.company_id
    return Notice(f"sign-off:{row.pk}", company, to, f"To sign off: {line}"[:200], body, reverse("disputes:sign-off", args=[row.pk]))


def _refused(row: Settlement, asker: User | None) -> Notice:
    line = _line(row)
    to = (asker.email,) if asker and wants_mail(asker) else ()
    body = f"This is refused, and the case is to be decided again.\n\n{line}\nReason: {row.decision_note or 'not said'}\n"
    path = reverse("disputes:detail", args=[row.dispute_id])
    return Notice(f"settlement:{row.pk}:refused", row.dispute.company_id, to, f"Refused: {line}"[:200], body, path)
