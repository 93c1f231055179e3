"""Receipts that a rule of the company leaves on their payer's account: named, kept and out of the queue, many at once."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from arops.lib.bulk import update_rows
from cashapp import engine
from cashapp.models import MatchProposal, Receipt
from cashapp.services.holding import leased_by_other, locked
from cashapp.services.settling import Days, identify_many
from org.actors import Actor
from workflow.models import Event
from workflow.services import record_many


@transaction.atomic
def keep_on_account(pairs: Sequence[tuple[Receipt, engine.Proposal]], *, actor: Actor, now: datetime | None) -> list[int]:
    """Leave receipts on the accounts of the customers that their proposals name; answers with the keys of those that were left.

    One that changed since, was returned, or that somebody works on stays as it is.
    """
    if not pairs:
        return []
    seen, wanted = {r.pk: r.version for r, _ in pairs}, {r.pk: p for r, p in pairs}
    held = [
        r
        for r in locked(list(wanted))
        if r.version == seen[r.pk] and not r.returned_on and wanted[r.pk].customer_id and not (now and leased_by_other(r, actor, now))
    ]
    identify_many([(r, wanted[r.pk].customer_id) for r in held if r.customer_id is None], actor=actor, days=Days())
    for receipt in held:
        receipt.on_account, receipt.question = True, ""
        receipt.version += 1
    update_rows(held, ["on_account", "question", "version"])
    MatchProposal.objects.filter(receipt__in=[r.pk for r in held]).delete()
    record_many(_event(r, wanted[r.pk], actor) for r in held)
    return [r.pk for r in held]


def _event(receipt: Receipt, proposal: engine.Proposal, actor: Actor) -> Event:
    data = {
        "receipt": receipt.number, "currency": receipt.currency, "amount": proposal.residual, "rule": proposal.rule,
        "reason": proposal.reasons[-1],
    }  # fmt: skip
    return Event(
        actor=actor.label, type="receipt.on_account", company_id=receipt.company_id, customer_ref=receipt.customer_id, data=data,
        subject_type="cashapp.receipt", subject_id=receipt.pk,
    )  # fmt: skip
