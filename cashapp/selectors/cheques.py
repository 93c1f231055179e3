"""Batches of cheques with how far each is."""

from django.db.models import Count, QuerySet, Sum
from django.db.models.functions import Coalesce

from cashapp.models import ChequeBatch, KeyedCheque
from org.actors import Actor

SHOWN = 100


def batches_of(actor: Actor) -> list[ChequeBatch]:
    """Batches in sight with `keyed` and `keyed_total` (minor units), those being keyed first."""
    found = ChequeBatch.objects.visible_to(actor, "cash.import").select_related("bank_account", "company", "statement_line")
    found = found.annotate(keyed=Count("cheques"), keyed_total=Coalesce(Sum("cheques__amount"), 0))
    rows = list(found.order_by("-pk")[:SHOWN])
    return sorted(rows, key=lambda b: b.state != ChequeBatch.State.OPEN)


def cheques_of(batch: ChequeBatch) -> QuerySet[KeyedCheque]:
    """What was keyed, the latest first."""
    return KeyedCheque.objects.filter(batch=batch).select_related("customer", "image", "receipt", "remittance").order_by("-ordinal")
