"""Mail to those who approve rules in the company: about rules that drift, and changes of the match policy that wait."""

from collections.abc import Iterable
from datetime import date, datetime

from django.urls import reverse

from cashapp.models import DriftAlarm, PolicyChange
from org.selectors import people_with
from workflow.services.notices import SPAN, Notice, register_notices, wants_mail


@register_notices("rules of cash")
def rule_notices(now: datetime, today: date) -> Iterable[Notice]:
    """Alarms of the last days that nobody closed yet: one mail an alarm."""
    alarms = DriftAlarm.objects.filter(closed_at=None, raised_at__gte=now - SPAN).select_related("company").order_by("pk")
    for alarm in alarms:
        people = [p for p in people_with([alarm.company_id], "rules.approve") if wants_mail(p)]
        path = f"{reverse('cashapp:rules-watch')}?company={alarm.company.code}"
        subject = f"Taken back more often: {alarm.rule} in {alarm.company.code}"
        body = f"{alarm.words}\n\nLook at what was taken back, and say what is done about it.\n"
        yield Notice(f"drift:{alarm.pk}", alarm.company_id, tuple(p.email for p in people), subject[:200], body, path)


@register_notices("match policy")
def policy_notices(now: datetime, today: date) -> Iterable[Notice]:
    """Changes that wait for approval: one mail a change, to those who may decide and didn't ask for it."""
    changes = PolicyChange.objects.filter(state="waiting", asked_at__gte=now - SPAN).select_related("company").order_by("pk")
    for change in changes:
        people = [p for p in people_with([change.company_id], "rules.approve") if wants_mail(p) and p.label != change.asked_by]
        subject = f"Match policy of {change.company.code}: a change waits for approval"
        body = f"What the engine may do alone is to be changed, because: {change.why}\n\nLook at it, and approve or refuse it.\n"
        yield Notice(
            f"policy-change:{change.pk}", change.company_id, tuple(p.email for p in people), subject[:200], body,
            reverse("cashapp:policy-change", args=[change.pk]),
        )  # fmt: skip
