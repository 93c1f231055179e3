"""What may belong together but was not joined alone: receipts for an advice, advices for a receipt, each with its reasons."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Q, QuerySet

from cashapp.engine.joining import Pair, likely
from cashapp.engine.likeness import tokens
from cashapp.models import Receipt, Remittance
from cashapp.selectors.joining_input import joining_input, waiting_advices
from org.actors import Actor

SHOWN = 5
LOOKED_AT = 80


@dataclass(frozen=True, slots=True)
class Candidate:
    """The other side of a join that a person may make: a receipt or an advice, and the pair's likeness."""

    receipt: Receipt
    remittance: Remittance
    pair: Pair


def receipts_for(actor: Actor, remittance: Remittance, today: date) -> list[Candidate]:
    """Receipts in sight that an advice may speak of, best first."""
    advised, received, apart = joining_input(remittance.company_id, today, [remittance])
    pairs = likely(advised, received, apart)[:LOOKED_AT]
    rows = Receipt.objects.visible_to(actor, "cash.apply").filter(pk__in=[p.receipt for p in pairs]).order_by()
    seen = {r.pk: r for r in rows.select_related("customer", "open_item", "company")}
    return [Candidate(seen[p.receipt], remittance, p) for p in pairs if p.receipt in seen][:SHOWN]


def advices_for(actor: Actor, receipt: Receipt, today: date) -> list[Candidate]:
    """Advices in sight that wait and may speak of a receipt, best first."""
    if receipt.split_from_id or receipt.returned_on:
        return []
    waiting = _near(waiting_advices(receipt.company_id, today), receipt)[:LOOKED_AT]
    rows = {a.pk: a for a in waiting}
    if not rows:
        return []
    pairs = likely(*joining_input(receipt.company_id, today, rows.values(), receipt))
    seen = set(Remittance.objects.visible_to(actor, "cash.apply").filter(pk__in=[p.advice for p in pairs]).values_list("pk", flat=True))
    return [Candidate(receipt, rows[p.advice], p) for p in pairs if p.advice in seen][:SHOWN]


def _near(advices: QuerySet[Remittance], receipt: Receipt) -> QuerySet[Remittance]:
    near = Q(total=receipt.amount) | Q(trace__in=sorted(tokens(receipt.text))[:200])
    if payer := receipt.customer_id or receipt.suggested_id:
        near |= Q(customer=payer)
    if receipt.payer_name:
        near |= Q(payer_name__iexact=receipt.payer_name)
    return advices.filter(near, currency=receipt.currency).select_related("customer")
