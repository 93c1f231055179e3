"""What stands beside a case on its page: its lines, its clock and what waiting has cost, where it stood how long, cases like it."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, Sum

from disputes.models import Dispute, DisputeLine, DisputeMovement, DisputePolicy, DisputeStep
from disputes.policy.clock import cost_of_delay, days_left
from disputes.policy.track import Stage, stages
from org.actors import Actor

FEW = 5
"""Similar cases that are named; the rest are counted."""


@dataclass(frozen=True, slots=True)
class Clock:
    """The clock of a case: working days left (negative: late), whether it stands still and what makes it, and the cost of the delay."""

    left: int
    is_paused: bool
    pauses: tuple[str, ...]
    cost: int
    percent: Any
    costs_since: date


@dataclass(frozen=True, slots=True)
class Alike:
    """Cases of the same cause, or of the same customer and reason: how many, what they claimed in the company's currency, the latest."""

    title: str
    since: date
    count: int
    amount: int
    cases: list[Dispute]
    query: str


def clock_of(case: Dispute, policy: DisputePolicy, today: date) -> Clock:
    """The case's clock as it stands today. Delay costs from the day the money was due, or the case was opened if that was later."""
    begun = max(case.open_item.due_date, case.opened_on)
    end = case.resolved_on or today
    waited = sum(
        delta * max(0, (end - max(day, begun)).days)
        for day, delta in DisputeMovement.objects.filter(dispute=case).values_list("day", "delta")
    )
    cost = cost_of_delay(max(0, waited), policy.cost_of_capital, 1)
    left = days_left(case.due_date, today, case.paused_on)
    return Clock(left, case.paused_on is not None, tuple(policy.paused_by), cost, policy.cost_of_capital, begun)


def stages_of(case: Dispute, today: date) -> list[Stage]:
    """Where the case stood, and how long."""
    steps = DisputeStep.objects.filter(dispute=case).order_by("pk")
    rows = steps.values_list("state", "waiting_on", "department__name", "day", "by")
    return stages([(state, on, department or "", day, by) for state, on, department, day, by in rows], today)


def lines_of(case: Dispute) -> list[DisputeLine]:
    """The contested lines, as the document shows them."""
    return list(DisputeLine.objects.filter(dispute=case).select_related("line").order_by("line__number"))


def alike(actor: Actor, case: Dispute, policy: DisputePolicy, today: date) -> list[Alike]:
    """Cases in sight of the same cause, and of the same customer and reason, opened in the days that the company looks for repeats in."""
    since = today - timedelta(days=policy.repeat_days)
    seen: Any = Dispute.objects.visible_to(actor, "disputes.view").filter(opened_on__gte=since).exclude(pk=case.pk)
    found = []
    if case.cause_id:
        query = f"view=every&company={case.company_id}&cause={case.cause_id}&opened_from={since}"
        found.append(_alike(f"Same cause: {case.cause}", seen.filter(company=case.company_id, cause=case.cause_id), since, query))
    same = seen.filter(customer=case.customer_id, reason=case.reason)
    words = f"Same customer, same reason: {case.get_reason_display()}"
    found.append(_alike(words, same, since, f"view=every&customer={case.customer_id}&reason={case.reason}&opened_from={since}"))
    return [entry for entry in found if entry.count]


def _alike(title: str, rows: Any, since: date, query: str) -> Alike:
    sums = rows.order_by().aggregate(n=Count("pk"), total=Sum("base_amount"))
    columns = ("pk", "number", "amount", "currency", "state", "resolution")
    cases = list(rows.order_by("-opened_on", "-pk").only(*columns)[:FEW]) if sums["n"] else []
    return Alike(title, since, sums["n"], sums["total"] or 0, cases, query)
