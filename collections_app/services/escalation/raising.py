"""Accounts that climb: proposed by the night, raised by a person, with the page that the system writes from the facts of the day."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from django.db import IntegrityError, transaction

from collections_app.models import Escalation, PlannedStep, Rung
from collections_app.policy.escalation import Climb, because, climb, recommend, write_summary
from collections_app.selectors.dunning import late_customers
from collections_app.selectors.escalation import BATCH, Ladder, left_by_offers, settled_cases, standings, steps_that_escalate
from collections_app.selectors.escalation_facts import facts_of
from collections_app.services.escalation.errors import EscalationError
from customers.models import Customer
from ledger.services import next_numbers
from org.actors import Actor, require
from org.models import Company
from workflow.models import Event
from workflow.services import record, record_many

State = Escalation.State
MOST = 200
"""Accounts that a night proposes, those with most past due first: more than people can look at helps nobody. The next night goes on."""


def propose_escalations(*, actor: Actor, company: Company, day: date) -> dict[str, int]:
    """The night's step: accounts that meet a rung above the one they reached are proposed, those asked for by a strategy too; cases of
    which nothing is past due any more are closed. A case an account at a time; safe to repeat. Raises NotAllowed."""
    require(actor, "escalations.raise", company.pk)
    closed = _close_settled(actor, company, day)
    ladder, made = Ladder(company, day), 0
    if ladder.rungs:
        made += _by_strategy(actor, ladder, day)
        found = sorted(_climbs(ladder, day), key=lambda c: ladder.in_base(c.standing.amount, c.standing.currency), reverse=True)
        made += _propose(actor, ladder, found[: max(0, MOST - made)], day)
    return {"proposed": made, "closed": closed}


def _climbs(ladder: Ladder, day: date) -> Iterator[Climb]:
    ids = late_customers(ladder.company, day)
    for start in range(0, len(ids), BATCH):
        for standing in standings(ids[start : start + BATCH], day):
            if found := climb(standing, ladder.steps(standing.currency)):
                yield found


@transaction.atomic
def _propose(actor: Actor, ladder: Ladder, climbs: Sequence[Climb], day: date) -> int:
    rungs = {rung.pk: rung for rung in ladder.rungs}
    customers = Customer.objects.select_related("company").in_bulk([c.standing.customer_id for c in climbs])
    rows = [
        _row(customers[c.standing.customer_id], c.standing.currency, rungs[c.step.rung_id], c.because, day, actor, State.PROPOSED)
        for c in climbs
    ]  # fmt: skip
    for row, climbed in zip(rows, climbs, strict=True):
        row.amount = climbed.standing.amount
    return _keep(rows, actor)


def _keep(rows: Sequence[Escalation], actor: Actor) -> int:
    if not rows:
        return 0
    numbers = next_numbers(company=rows[0].company, kind="escalation", prefix="ESC-", count=len(rows))
    for row, number in zip(rows, numbers, strict=True):
        row.number = number
    Escalation.objects.bulk_create(rows)
    record_many(_event("escalation.proposed", row, actor) for row in rows)
    return len(rows)


def _event(kind: str, row: Escalation, actor: Actor) -> Event:
    return Event(
        company_id=row.company_id, type=kind, actor=actor.label, subject_type="collections_app.escalation", subject_id=row.pk,
        customer_ref=row.customer_id, data={"number": row.number, "rung": row.rung.name, "amount": row.amount, "currency": row.currency},
    )  # fmt: skip


def _row(customer: Customer, currency: str, rung: Rung, why: str, day: date, actor: Actor, state: str) -> Escalation:
    """A case with its page, not kept yet."""
    facts = facts_of(customer, currency, day)
    return Escalation(
        company=customer.company, customer=customer, currency=currency, rung=rung, state=state, amount=facts["past_due"], because=why[:300],
        facts=facts, summary=write_summary(facts, rung.name), recommended=recommend(facts, rung.action, outside=rung.is_outside)[:300],
        raised_on=day, raised_by=actor.label,
    )  # fmt: skip


@transaction.atomic
def _by_strategy(actor: Actor, ladder: Ladder, day: date) -> int:
    """Steps of strategies that escalate: the account is proposed for their rung, and the step is done. One waits while all that is past due
    is in a plan offered."""
    rungs = {rung.code: rung for rung in ladder.rungs}
    due = steps_that_escalate(ladder.company, day, rungs)
    offered = left_by_offers({step.customer_id for step in due}, day)
    steps = [step for step in due if (step.customer_id, step.currency) not in offered][:MOST]
    stands = {(s.customer_id, s.currency): s for s in standings({step.customer_id for step in steps}, day)}
    rows: dict[tuple[int, str], Escalation] = {}
    for step in steps:
        account, rung = (step.customer_id, step.currency), rungs[step.step.escalate_to]
        if account not in rows and account in stands and stands[account].reached < rung.ordinal:
            why = f"the strategy asks for it; {because(stands[account])}"
            rows[account] = _row(step.customer, step.currency, rung, why, day, actor, State.PROPOSED)
    PlannedStep.objects.filter(pk__in=[step.pk for step in steps]).update(
        state=PlannedStep.State.DONE, closed_on=day, closed_by=actor.label
    )
    return _keep(list(rows.values()), actor)


@transaction.atomic
def _close_settled(actor: Actor, company: Company, day: date) -> int:
    rows = settled_cases(company, day)
    ended = [row for row in rows if row.state != State.DISMISSED]  # what was dismissed stays so, but the account begins anew
    for row in rows:
        row.closed_on, row.version = day, row.version + 1
    for row in ended:
        row.state = State.CLOSED
    Escalation.objects.bulk_update(rows, ["state", "closed_on", "version"])
    record_many(_event("escalation.closed", row, actor) for row in ended)
    return len(ended)


@transaction.atomic
def raise_case(*, actor: Actor, customer: Customer, currency: str, rung: Rung, reason: str, day: date) -> Escalation:
    """Raise an account to a rung by hand: it waits there for a decision. Raises EscalationError, NotAllowed."""
    require(actor, "escalations.raise", customer.company_id)
    if not reason.strip():
        raise EscalationError("say why the account is raised")
    if rung.company_id != customer.company_id or not rung.is_active:
        raise EscalationError("choose a rung of the company's ladder")
    row = _row(customer, currency, rung, reason.strip(), day, actor, State.OPEN)
    if not row.amount:
        raise EscalationError(f"nothing is past due in {currency}: there is nothing to raise")
    row.number = next_numbers(company=customer.company, kind="escalation", prefix="ESC-")[0]
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        raise EscalationError("the account is on the ladder already: go on with that case") from error
    tell(row, actor, "escalation.raised", rung=rung.name, because=row.because)
    return row


def tell(row: Escalation, actor: Actor, kind: str, **data: Any) -> None:
    """Add what happened to a case to the audit trail."""
    record(
        actor=actor, type=kind, company_id=row.company_id, subject=row, customer_id=row.customer_id, number=row.number, **data
    )  # fmt: skip
