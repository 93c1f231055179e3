"""The night's statements: of each schedule whose day has come, to each of its customers, once.

A statement, its message and the row that says so are written together, so that a night killed anywhere goes on where it stopped.
"""

import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import IntegrityError

from collections_app.models import SentStatement, StatementSchedule
from collections_app.policy.statement_days import due_day
from collections_app.selectors.addresses import unreached
from collections_app.selectors.dunning import minimum_in
from collections_app.selectors.statement import Statement, first_day, statements
from collections_app.selectors.statement_schedules import audiences, members_of
from collections_app.services.statements import accounts_of, balances_of, send_statement
from customers.models import Customer
from customers.reaching import Reach
from messaging.selectors import reach_of
from org.actors import Actor
from org.models import Company

BATCH = 100
"""Customers whose accounts are read together."""

log = logging.getLogger(__name__)


def send_statements(*, actor: Actor, company: Company, day: date, now: datetime) -> dict[str, int]:
    """Send what is due by the company's schedules on a day, or was in the days before it. Answers with how many were `sent`, `left_out`
    (a rule of the schedule says so, which is kept) and `failed`. Safe to repeat. Raises NotAllowed."""
    counts: Counter[str] = Counter(sent=0, left_out=0, failed=0)
    schedules = list(StatementSchedule.objects.filter(company=company, is_active=True).select_related("company"))
    due = {s.pk: found for s in schedules if (found := due_day(s.day, s.every_months, s.starts_on, day))}
    if due:
        whom = audiences(company, schedules)
        for schedule in (s for s in schedules if s.pk in due):
            counts.update(_send_schedule(schedule, whom.get(schedule.pk, []), due[schedule.pk], actor, now))
    return dict(counts)


def _send_schedule(schedule: StatementSchedule, ids: Sequence[int], as_of: date, actor: Actor, now: datetime) -> Counter[str]:
    done = set(SentStatement.objects.filter(schedule=schedule, as_of=as_of).values_list("customer", flat=True))
    waiting, counts = [pk for pk in ids if pk not in done], Counter[str]()
    for start in range(0, len(waiting), BATCH):
        batch = waiting[start : start + BATCH]
        to = reach_of(batch, "statement")
        for made in _built(schedule, batch, as_of):
            counts[_one(_Sending(schedule, made, to[made[0].customer.pk], actor, now))] += 1
    del counts[""]
    return counts


def _built(schedule: StatementSchedule, ids: Sequence[int], as_of: date) -> Iterator[list[Statement]]:
    """Each head's statement, of a group with those of all under it."""
    heads = Customer.objects.select_related("company").in_bulk(ids)
    families = members_of(ids) if schedule.for_group else {}
    everybody = [heads[pk] for pk in ids] + [one for members in families.values() for one in members]
    made = {one.customer.pk: one for one in statements(everybody, first_day(as_of), as_of)}
    for pk in ids:
        yield [made[pk], *(made[one.pk] for one in families.get(pk, []) if not made[one.pk].is_empty)]


@dataclass(frozen=True, slots=True)
class _Sending:
    schedule: StatementSchedule
    made: list[Statement]
    to: Reach
    actor: Actor
    now: datetime


def _one(sending: _Sending) -> str:
    """What became of it; empty where there is nothing to tell or another process was first."""
    head, as_of = sending.made[0].customer, sending.made[0].as_of
    if all(one.is_empty for one in sending.made):
        return ""
    try:
        why = _left_out(sending.schedule, sending.made) or unreached(head, sending.to)
        if why:
            return _leave_out(sending, why)
        sent = send_statement(
            actor=sending.actor, made=sending.made, recipients=sending.to.to, format=sending.schedule.format, now=sending.now,
            dedupe_key=f"statement:{sending.schedule.pk}:{head.pk}:{as_of}", schedule=sending.schedule,
        )  # fmt: skip
    except Exception:
        log.exception("statement of customer %s", head.pk)
        return "failed"
    return "sent" if sent else ""


def _left_out(schedule: StatementSchedule, made: Sequence[Statement]) -> str:
    """Why the schedule sends it to nobody; empty when it does."""
    if schedule.only_overdue and not any(one.past_due for one in made):
        return "nothing is past due"
    company, as_of = schedule.company, made[0].as_of
    reached = [
        amount >= minimum_in(schedule.minimum, company.base_currency, currency, as_of) for currency, amount in balances_of(made).items()
    ]
    return "" if not schedule.minimum or any(reached) else "less is open than the schedule asks for"


def _leave_out(sending: _Sending, why: str) -> str:
    head = sending.made[0]
    fields = {
        "balance": balances_of(sending.made), "accounts": accounts_of(sending.made), "left_out_because": why,
        "made_by": sending.actor.label, "company": head.customer.company,
    }  # fmt: skip
    try:
        _, new = SentStatement.objects.get_or_create(
            schedule=sending.schedule, customer=head.customer, as_of=head.as_of, defaults=fields
        )  # fmt: skip
    except IntegrityError:
        return ""
    return "left_out" if new else ""
