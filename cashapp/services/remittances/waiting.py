"""Advices that wait are joined to receipts where nothing competes; what competes is left to a person."""

from collections.abc import Sequence
from datetime import date

from django.db import transaction

from cashapp.engine.joining import Pair, join_all
from cashapp.models import Receipt, Remittance, RemittanceJoin
from cashapp.selectors.joining_input import joining_input
from org.actors import Actor, require
from org.models import Company
from workflow.models import Event
from workflow.services import record_many


@transaction.atomic
def join_waiting(*, actor: Actor, company: Company, today: date) -> list[RemittanceJoin]:
    """Join what waits: advices without a receipt (or without all of it) to receipts of the last months. Safe to repeat.

    The receipts are not matched again: `match_receipts` does both, and so does `match_joined`. Raises NotAllowed (cash.apply).
    """
    require(actor, "cash.apply", company.pk)
    if not Remittance.objects.filter(company=company, set_aside="").exists():
        return []
    take_turns(company)
    made = join_all(*joining_input(company.pk, today)).made
    return _write(made, actor=actor, company=company) if made else []


def take_turns(company: Company) -> None:
    """Whoever joins in a company waits for others who do."""
    Company.objects.select_for_update(no_key=True).get(pk=company.pk)


def bring_back(receipts: Sequence[int]) -> None:
    """Receipts that waited for an advice wait no longer."""
    Receipt.objects.filter(pk__in=receipts).exclude(waits_until=None).update(waits_until=None, waits_for="")


def _write(pairs: Sequence[Pair], *, actor: Actor, company: Company) -> list[RemittanceJoin]:
    joins = [
        RemittanceJoin(remittance_id=p.advice, receipt_id=p.receipt, how=p.how, score=p.score, reasons=list(p.reasons), made_by=actor.label)
        for p in pairs
    ]
    RemittanceJoin.objects.bulk_create(joins, batch_size=2000)
    bring_back([p.receipt for p in pairs])
    advices = dict(Remittance.objects.filter(pk__in=[p.advice for p in pairs]).values_list("pk", "number"))
    owners = dict(Receipt.objects.filter(pk__in=[p.receipt for p in pairs]).values_list("pk", "customer"))
    record_many(
        Event(
            actor=actor.label, type="remittance.joined", company_id=company.pk, customer_ref=owners[p.receipt],
            data={"remittance": advices[p.advice], "how": p.how, "score": p.score, "reasons": list(p.reasons)},
            subject_type="cashapp.receipt", subject_id=p.receipt,
        )
        for p in pairs
    )  # fmt: skip
    return joins
