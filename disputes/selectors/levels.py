"""What a company promises itself: its policy, and the service level that holds for a case."""

from collections.abc import Collection
from datetime import date

from disputes.models import Dispute, DisputePolicy, DisputeStep, ServiceLevel
from disputes.policy.clock import Stay, add_working_days, started_on, stood_still, within
from disputes.policy.track import CLOSED

USUAL_DAYS = 5
"""Working days where nothing else is said. APQC's best performers settle in 4."""
STANDARD_DAYS = {
    Dispute.Reason.PRICE: 5,
    Dispute.Reason.QUANTITY: 5,
    Dispute.Reason.PO_MISSING: 3,
    Dispute.Reason.NOT_DELIVERED: 7,
    Dispute.Reason.DAMAGED: 7,
    Dispute.Reason.SHORT_PAYMENT: 3,
}
"""Working days by reason, for a company that has set none."""


def policy_of(company_id: int) -> DisputePolicy:
    """How the company works its cases; the defaults, not stored, where it hasn't said."""
    return DisputePolicy.objects.filter(company=company_id).first() or DisputePolicy(company_id=company_id)


class LevelBook:
    """The policies and service levels of some companies, read once."""

    def __init__(self, company_ids: Collection[int]) -> None:
        ids = set(company_ids)
        stored = {p.company_id: p for p in DisputePolicy.objects.filter(company__in=ids)}
        self.policies = {pk: stored.get(pk) or DisputePolicy(company_id=pk) for pk in ids}
        levels = ServiceLevel.objects.filter(company__in=ids).order_by()
        self._days = {(s.company_id, s.reason, s.department_id): s.days for s in levels}
        self._set = {company for company, *_ in self._days}

    def days(self, company_id: int, reason: str, department_id: int | None) -> int:
        """Working days by the level that is said most closely: reason and department, department, reason, all."""
        own = self.own_days(company_id, reason, department_id)
        return own if own is not None else self._general(company_id, reason)

    def own_days(self, company_id: int, reason: str, department_id: int | None) -> int | None:
        """Working days that the department has for itself, from the day it got the case; None where it has none."""
        if department_id is None:
            return None
        found = self._days.get((company_id, reason, department_id))
        return found if found is not None else self._days.get((company_id, "", department_id))

    def _general(self, company_id: int, reason: str) -> int:
        if company_id not in self._set:
            return STANDARD_DAYS.get(Dispute.Reason(reason), USUAL_DAYS)
        found = self._days.get((company_id, reason, None))
        return found if found is not None else self._days.get((company_id, "", None), USUAL_DAYS)

    def stops(self, company_id: int, state: str, waiting_on: str) -> bool:
        """Whether the clock of a case stands still there."""
        return state == Dispute.State.WAITING and waiting_on in self.policies[company_id].paused_by

    def due_on(self, company_id: int, reason: str, department_id: int | None, opened_on: date) -> date:
        """When a case opened that day is due."""
        return add_working_days(opened_on, self.days(company_id, reason, department_id))

    def due_from_start(self, case: Dispute, reason: str, today: date) -> date:
        """When a case is due by its reason, from the day it was opened (again), the days that its clock stood still added."""
        stays = self.stays_of(case)
        start = started_on(stays)
        return add_working_days(start, self._general(case.company_id, reason) + stood_still(stays, start, today))

    def due_with(self, case: Dispute, department_id: int | None, today: date) -> date:
        """When a case is due once a department has it: where that has days of its own, so many from the day it first got the case, and the
        days that it lay elsewhere or stood still don't count. Handing it back and forth wins nobody time."""
        own = self.own_days(case.company_id, case.reason, department_id)
        if own is None:
            return self.due_from_start(case, case.reason, today)
        stays, start = self.stays_of(case), started_on(self.stays_of(case))
        with_whom = list(DisputeStep.objects.filter(dispute=case.pk).order_by("pk").values_list("department_id", flat=True))
        ends = [*(stay.day for stay in stays[1:]), today]
        held = [s.day for s, whose in zip(stays, with_whom, strict=True) if whose == department_id and s.day >= start and not s.is_closed]
        if not held:
            return add_working_days(today, own)
        away = [
            (stay.day, end) for stay, end, whose in zip(stays, ends, with_whom, strict=True) if whose != department_id or stay.stands_still
        ]
        return add_working_days(held[0], own + within(away, held[0], today))

    def stays_of(self, case: Dispute) -> list[Stay]:
        """The steps of the case, as the clock sees them."""
        steps = DisputeStep.objects.filter(dispute=case.pk).order_by("pk").values_list("day", "state", "waiting_on")
        return [Stay(day, self.stops(case.company_id, state, on), state in CLOSED) for day, state, on in steps]
