"""What is ready to post at once, and the sample of it that is looked at."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Count, Q, Sum

from cashapp.models import BandReview, MatchProposal, Receipt
from cashapp.selectors.queue import in_words
from cashapp.selectors.work import Row, items_of_allocations, row_of, segments
from org.actors import Actor
from org.models import Company


@dataclass(frozen=True, slots=True)
class Looked:
    """A receipt of the sample: what its payer wrote, what would be posted, and what was said of it so far."""

    receipt: Receipt
    proposal: MatchProposal | None
    rows: tuple[Row, ...]
    segments: tuple[tuple[str, str], ...]
    said: str


def companies_with_ready(actor: Actor, now: datetime, today: date) -> list[tuple[Company, int]]:
    """Companies in which receipts are ready to post, with how many."""
    ready: Any = Receipt.objects.visible_to(actor, "cash.apply").to_clear().filter(band=Receipt.Band.GREEN, question="")
    ready = ready.free_for(actor.reach().person_id, now).filter(Q(waits_until=None) | Q(waits_until__lte=today)).order_by()
    counts = dict(ready.values_list("company").annotate(n=Count("pk")))
    return [(c, counts[c.pk]) for c in Company.objects.visible_to(actor, "cash.apply").filter(pk__in=counts).order_by("code")]


def sums_of(actor: Actor, review: BandReview) -> str:
    """What the receipts of a review sum to, by currency, in words."""
    found: Any = Receipt.objects.visible_to(actor, "cash.apply").filter(pk__in=[pk for pk, _ in review.receipts]).order_by()
    return in_words({row["currency"]: -row["n"] for row in found.values("currency").annotate(n=Sum("open_item__balance"))})


def to_look_at(actor: Actor, review: BandReview) -> list[Looked]:
    """The sample in its order, four queries."""
    rows: Any = Receipt.objects.visible_to(actor, "cash.apply").filter(pk__in=review.sample).order_by()
    receipts = {r.pk: r for r in rows.select_related("customer", "suggested", "open_item")}
    best = {p.receipt_id: p for p in MatchProposal.objects.filter(receipt__in=receipts, rank=1).select_related("customer")}
    items = items_of_allocations(actor, review.company_id, best.values())
    found = []
    for pk in review.sample:
        if pk not in receipts:
            continue
        proposal = best.get(pk)
        shares = proposal.allocations if proposal else []
        given = tuple(row_of(items[a["item"]], a, {}) for a in shares if a["item"] in items)
        marks = tuple(segments(receipts[pk].text, proposal.evidence if proposal else []))
        found.append(Looked(receipts[pk], proposal, given, marks, review.judged.get(str(pk), "")))
    return found
