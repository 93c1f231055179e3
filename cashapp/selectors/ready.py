"""What is ready to post at once, and the sample of it that is looked at."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Count, Q, Sum

from cashapp.models import BandReview, Match, MatchProposal, Receipt
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


def judged_wrong(company_id: int) -> set[int]:
    """Receipts whose answer a person judged wrong in a sample: from then on a person posts them."""
    failed = BandReview.objects.filter(company=company_id, failed_at__isnull=False).order_by().values_list("judged", flat=True)
    return {int(pk) for judged in failed for pk, said in judged.items() if said == "wrong"}


def taken_back(receipts: Sequence[Receipt], *, alone: bool = False) -> set[int]:
    """Of these, receipts of which a posting (`alone`: one of the engine's) was taken back; parts split off or handed over and joined again
    don't count."""
    undone = Match.objects.filter(receipt__in=[r.pk for r in receipts], reversed_by__isnull=False).exclude(
        rule__in=("split", "transfer", "conversion")
    )
    return set((undone.filter(alone=True) if alone else undone).values_list("receipt", flat=True))


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
