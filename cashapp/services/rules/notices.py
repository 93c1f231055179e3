"""Mail about rules that drift, to those who may switch rules on and off in the company."""

from collections.abc import Iterable
from datetime import date, datetime

from django.urls import reverse

from cashapp.models import DriftAlarm
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
