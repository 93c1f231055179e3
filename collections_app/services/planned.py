"""Steps that people take: planned at night by the strategies, closed when they are done or no longer needed.

A call that is planned counts as a contact from its day on, made or not, so that a letter doesn't overtake it within the quiet days.
"""

from collections.abc import Iterator, Sequence
from datetime import date

from django.db import connection, transaction
from django.db.models import Q

from collections_app.models import PlannedStep, StrategyStep, StrategyVersion
from collections_app.policy.dunning import Action, Decision, plan
from collections_app.selectors.dunning import accounts, late_customers
from collections_app.selectors.strategies import StrategyBook, gone_steps
from customers.models import Customer
from org.actors import Actor, require
from org.models import Company
from workflow.services import record

State = PlannedStep.State
BATCH = 1_000

ACTS = {"call": StrategyStep.Channel.CALL, "meeting": StrategyStep.Channel.CALL}
"""Kind of an activity → the channel of the steps that it is the doing of."""


def plan_steps(*, company: Company, day: date, actor: Actor) -> dict[str, int]:
    """Plan the calls, tasks and escalations that strategies ask for on the day, each once for the item it counts from; drop those whose
    item is no longer open, and those of versions out of force that what holds now no longer has.

    A transaction a batch of customers: killed anywhere, it is simply run again. Raises NotAllowed.
    """
    require(actor, "dunning.run", company.pk)
    book, counts = StrategyBook(company, day), {"planned": 0, "dropped": drop_settled(company=company, day=day, actor=actor)}
    counts["dropped"] += drop_superseded(book=book, actor=actor)
    if not any(map(has_people, book.all_versions)):
        return counts
    ids = late_customers(company, day)
    for start in range(0, len(ids), BATCH):
        counts["planned"] += _plan(book, ids[start : start + BATCH], actor)
    return counts


@transaction.atomic
def _plan(book: StrategyBook, ids: Sequence[int], actor: Actor) -> int:
    """Plan a batch, and tell the trail in the same transaction: what stands after a kill is told."""
    made = [_row(book, action, decision) for action, decision in actions_due(book, ids)]
    before = PlannedStep.objects.filter(customer__in=ids).count()
    PlannedStep.objects.bulk_create(made, ignore_conflicts=True)
    planned = PlannedStep.objects.filter(customer__in=ids).count() - before if made else 0
    if planned:
        record(actor=actor, type="strategy.planned", company_id=book.company.pk, day=book.day.isoformat(), planned=planned)
    return planned


def actions_due(book: StrategyBook, ids: Sequence[int]) -> Iterator[tuple[Action, Decision]]:
    """The step that is due for each account of the customers, of those that have one."""
    known = Customer.objects.in_bulk(ids)
    customers = {pk: customer for pk, customer in known.items() if has_people(book.version_of(customer))}
    for account in accounts(customers, book.day):
        found = plan(account, book.rules_of(customers[account.customer_id], account.currency), book.day)
        if found:
            yield found


def has_people(version: StrategyVersion | None) -> bool:
    """Whether some step of the version is for people to take."""
    return version is not None and any(not step.is_written for step in version.steps.all())


def _row(book: StrategyBook, action: Action, decision: Decision) -> PlannedStep:
    account = decision.account
    return PlannedStep(
        company=book.company, customer_id=account.customer_id, currency=account.currency, step_id=action.step_id, due_on=book.day,
        cycle=decision.asked[0].debit.cycle[-80:], amount=decision.amount,
    )  # fmt: skip


DROP = """
UPDATE collections_app_plannedstep p SET state = 'dropped', closed_on = %(day)s, closed_by = %(actor)s, note = 'its item is settled'
WHERE p.company_id = %(company)s AND p.state = 'open' AND NOT EXISTS (
    SELECT FROM ledger_openitem i WHERE i.id = substring(p.cycle FROM '#([0-9]+)$')::bigint AND i.balance > 0)
"""


def drop_settled(*, company: Company, day: date, actor: Actor) -> int:
    """Close the planned steps whose item was paid, credited or given up meanwhile, in one statement: how many."""
    with connection.cursor() as cursor:
        cursor.execute(DROP, {"day": day, "actor": actor.label[:80], "company": company.pk})
        return int(cursor.rowcount)


@transaction.atomic
def drop_superseded(*, book: StrategyBook, actor: Actor) -> int:
    """Close open steps of versions out of force that the version which holds for the customer now no longer has: how many."""
    ended = Q(step__version__state=StrategyVersion.State.RETIRED, step__version__valid_to__lte=book.day)
    rows = PlannedStep.objects.filter(ended, company=book.company, state=State.OPEN).select_related("customer", "step")
    gone: dict[tuple[int, int], set[int]] = {}
    dropped = []
    for row in rows:
        now = book.version_of(row.customer)
        key = (row.step.version_id, now.pk if now else 0)
        if key not in gone:
            gone[key] = gone_steps(StrategyVersion.objects.get(pk=key[0]), now)
        if row.step_id in gone[key]:
            dropped.append(row.pk)
    if not dropped:
        return 0
    record(actor=actor, type="strategy.steps_dropped", company_id=book.company.pk, day=book.day.isoformat(), dropped=len(dropped))
    return PlannedStep.objects.filter(pk__in=dropped, state=State.OPEN).update(
        state=State.DROPPED, closed_on=book.day, closed_by=actor.label[:80], note=PlannedStep.SUPERSEDED
    )


@transaction.atomic
def close_planned(*, customer: Customer, kind: str, day: date, actor: Actor) -> int:
    """An activity was logged: planned steps that it is the doing of are done. `kind` is that of the activity; how many were closed."""
    if kind not in ACTS:
        return 0
    found = PlannedStep.objects.filter(customer=customer, state=State.OPEN, step__channel=ACTS[kind], due_on__lte=day)
    return found.update(state=State.DONE, closed_on=day, closed_by=actor.label[:80])


@transaction.atomic
def close_step(*, actor: Actor, step: PlannedStep, day: date, note: str = "", needed: bool = True) -> PlannedStep:
    """A task is done, an escalation raised; or (`needed` False) it is no longer needed. Done twice it is done once. Raises NotAllowed."""
    require(actor, "collections.work", step.company_id)
    held = PlannedStep.objects.select_for_update(of=("self",)).get(pk=step.pk)
    if held.state == State.OPEN:
        held.state, held.closed_on, held.closed_by = State.DONE if needed else State.DROPPED, day, actor.label[:80]
        held.note = note.strip()[:300]
        held.save(update_fields=["state", "closed_on", "closed_by", "note"])
        record(
            actor=actor, type="strategy.step_done" if needed else "strategy.step_dropped", company_id=held.company_id, subject=held,
            customer_id=held.customer_id,
        )  # fmt: skip
    return held
