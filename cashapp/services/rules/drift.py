"""The nightly look at rules: one that is taken back more often than when it was switched on raises an alarm, once until it is closed."""

from datetime import date, datetime, timedelta

from django.db import transaction

from cashapp.engine.watching import DRIFTS, TOO_FEW, Watched
from cashapp.models import DriftAlarm
from cashapp.selectors.watch import LOOKED_AT, watched
from cashapp.services.rules.errors import RuleRefused
from org.actors import Actor, require
from org.models import Company
from workflow.services import record


@transaction.atomic
def watch_rules(*, actor: Actor, company: Company, today: date) -> dict[str, int]:
    """Judge every rule by its last 90 days and raise alarms; safe to repeat. Counts: rules, alarms raised, too few to say."""
    require(actor, "rules.edit", company.pk)
    found = watched(company.pk, today)
    known = set(DriftAlarm.objects.filter(company=company, closed_at=None).values_list("rule", flat=True))
    raised = [_raise(actor, company, w, today) for w in found if w.verdict == DRIFTS and w.rule[:60] not in known and _fresh(company, w)]
    return {"rules": len(found), "alarms": len(raised), "too_few": sum(w.verdict == TOO_FEW for w in found)}


def _fresh(company: Company, seen: Watched) -> bool:
    """Whether it got worse since an alarm about it was closed: what somebody has looked at is not brought up again every night."""
    last = DriftAlarm.objects.filter(company=company, rule=seen.rule[:60]).order_by("-pk").first()
    return last is None or seen.taken_back > last.reversed


def _raise(actor: Actor, company: Company, seen: Watched, today: date) -> DriftAlarm:
    alarm = DriftAlarm.objects.create(
        company=company, rule=seen.rule[:60], from_date=today - timedelta(days=LOOKED_AT), to_date=today, posted=seen.posted,
        reversed=seen.taken_back, expected=seen.normal.rate, words=seen.words[:300],
    )  # fmt: skip
    record(
        actor=actor, type="rules.drift_alarm", company_id=company.pk, subject=alarm, rule=seen.rule, posted=seen.posted,
        taken_back=seen.taken_back, expected=str(seen.normal.rate),
    )  # fmt: skip
    return alarm


@transaction.atomic
def close_alarm(*, actor: Actor, alarm: DriftAlarm, words: str, now: datetime) -> DriftAlarm:
    """Say what was found and done about it. It comes back only if more is taken back. Raises RuleRefused, NotAllowed."""
    require(actor, "rules.edit", alarm.company_id)
    if not words.strip():
        raise RuleRefused("say what was found, and what is done about it")
    held = DriftAlarm.objects.select_for_update().get(pk=alarm.pk)
    if held.closed_at:
        raise RuleRefused("somebody closed it already")
    held.closed_by, held.closed_at, held.closed_words = actor.label, now, words.strip()[:300]
    held.save()
    record(actor=actor, type="rules.drift_closed", company_id=held.company_id, subject=held, rule=held.rule, words=held.closed_words)
    return held
