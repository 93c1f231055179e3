"""The letters of a run written down: who is written to at which level for what, and who is left out and why; hundreds of customers in a
transaction, without the pages, which are made afterwards."""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from collections_app.models import DunningLetter, DunningRun, StrategyStep
from collections_app.policy.bridge import held_by_why
from collections_app.selectors.dunning import Case, candidates, cases
from collections_app.services.dunning_letters import draft_letter, listed_items
from customers.models import Customer
from messaging.models import Message
from messaging.services import Draft, queue_drafts
from org.actors import Actor

BATCH = 200
"""Customers of one transaction."""

log = logging.getLogger(__name__)


def queue_letters(*, run: DunningRun, actor: Actor, now: datetime, tell: Callable[[int, int], None]) -> None:
    """Decide about every customer with something past due that has no row in the run yet. Safe to repeat, and to kill."""
    done = set(run.letters.values_list("customer", flat=True))
    waiting = [pk for pk in candidates(run.company, run.day) if pk not in done]
    for start in range(0, len(waiting), BATCH):
        queue_customers(run=run, ids=waiting[start : start + BATCH], actor=actor, now=now)
        tell(len(done) + min(start + BATCH, len(waiting)), len(done) + len(waiting))


def queue_customers(*, run: DunningRun, ids: Sequence[int], actor: Actor, now: datetime) -> None:
    """All letters and reasons of these customers, together or not at all. Where one goes wrong, each is tried by itself, and what goes
    wrong is noted and doesn't stop the others."""
    try:
        with transaction.atomic():
            _write(run, list(cases(run.company, run.day, ids)), actor, now)
    except Exception:
        if len(ids) > 1:
            for pk in ids:
                queue_customers(run=run, ids=[pk], actor=actor, now=now)
            return
        log.exception("dunning: customer %s", ids[0])
        _note_error(run, Customer.objects.get(pk=ids[0]), actor)


def _write(run: DunningRun, found: Sequence[Case], actor: Actor, now: datetime) -> None:
    written = [(case, *draft_letter(case, case.step, run.day)) for case in found if case.step]
    drafts = [_draft(run, case, subject, body) for case, subject, body in written]
    messages = queue_drafts(actor=actor, company=run.company, drafts=drafts, not_before=now)
    of_case = {id(case): message for (case, *_), message in zip(written, messages, strict=True)}
    DunningLetter.objects.bulk_create(_row(run, case, of_case.get(id(case)), actor) for case in found)


def _draft(run: DunningRun, case: Case, subject: str, body: str) -> Draft:
    to = () if case.step and case.step.channel == StrategyStep.Channel.LETTER else case.to
    channel = Message.Channel.EMAIL if to else Message.Channel.LETTER
    return Draft(case.customer, "dunning", dedupe_key(run, case), to, subject, body, channel)


def dedupe_key(run: DunningRun, case: Case) -> str:
    """Customer, currency, day, level, cycle: what makes a letter the only one of its kind."""
    decision = case.decision
    return f"dunning:{case.customer.pk}:{decision.account.currency}:{run.day}:{decision.level}:{decision.asked[0].debit.item_id}"


def _row(run: DunningRun, case: Case, message: Message | None, actor: Actor) -> DunningLetter:
    decision, step = case.decision, case.step
    about: dict[str, Any] = {
        "currency": decision.account.currency, "level": decision.level, "level_name": step.name if step else "", "step": step,
        "days_past_due": decision.days, "amount": decision.amount, "held_out": decision.held_out, "items": listed_items(decision),
        "cycle": decision.cycle[:80], "reason": decision.reason, "left_out_because": decision.because[:200],
        "held": held_by_why(decision, run.day), "needs_approval": bool(step and step.needs_approval), "made_by": actor.label,
    }  # fmt: skip
    return DunningLetter(run=run, company=run.company, customer=case.customer, message=message, **about)


def _note_error(run: DunningRun, customer: Customer, actor: Actor) -> None:
    """Say so in the run, unless somebody else wrote to the customer meanwhile."""
    words = "the letter could not be written: see the server’s log"
    if not run.letters.filter(customer=customer).exists():
        DunningLetter.objects.create(
            run=run, company=run.company, customer=customer, currency=customer.currency, reason="error", left_out_because=words,
            cycle="", made_by=actor.label,
        )  # fmt: skip
