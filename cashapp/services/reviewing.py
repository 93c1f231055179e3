"""A confident band posted at once, after a person has looked at a sample of it: the sample, what is said of it, the posting."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Q

from cashapp.engine.sample import Drawn, sample_of
from cashapp.models import BandReview, MatchProposal, Receipt
from cashapp.selectors.engine_input import policy_of
from cashapp.services.errors import CashError
from cashapp.services.matching import MatchRun, match_receipts
from org.actors import Actor, require
from org.models import Company, User
from workflow.services import record

MOST = 5_000
"""Receipts that one review covers; what is left is the next one's."""

KEPT = timedelta(hours=12)
WRONG, RIGHT = "wrong", "right"


class ReviewRefused(CashError):
    """The band can't be posted: nothing is ready, the sample isn't looked at yet, or one of it was wrong."""


def ready_of(actor: Actor, company: Company, now: datetime, today: date) -> list[Receipt]:
    """Receipts in sight that are ready to post and in nobody else's hands."""
    found = Receipt.objects.visible_to(actor, "cash.apply").to_clear().filter(company=company, band=Receipt.Band.GREEN, question="")
    found = found.free_for(actor.reach().person_id, now).filter(Q(waits_until=None) | Q(waits_until__lte=today))
    return list(found.select_related("open_item").order_by("pk")[:MOST])


@transaction.atomic
def open_review(*, user: User, company: Company, today: date, now: datetime) -> BandReview:
    """The person's review of what is ready in a company: the one that was begun, while it is still about the same receipts, else a new one.

    Every review of the day that failed doubles the share that is looked at. Raises ReviewRefused (nothing is ready), NotAllowed.
    """
    require(user, "cash.apply", company.pk)
    ready = ready_of(user, company, now, today)
    if not ready:
        raise ReviewRefused("nothing is ready to post")
    before = BandReview.objects.filter(company=company, opened_by=user, day=today)
    stand = [[r.pk, r.version] for r in ready]
    begun = before.filter(failed_at=None, posted_at=None, opened_at__gte=now - KEPT).order_by("-pk").first()
    if begun and begun.receipts == stand:
        return begun
    failed = before.exclude(failed_at=None).count()
    percent = min(100, policy_of(company.pk).sample_percent * 2**failed)
    drawn = [Drawn(r.pk, r.version, r.unapplied, r.currency) for r in ready]
    sample = sample_of(drawn, percent, f"{company.code}:{today}:{failed}")
    return BandReview.objects.create(company=company, opened_by=user, day=today, percent=percent, receipts=stand, sample=sample)


@transaction.atomic
def judge_sample(*, user: User, review: BandReview, receipt_id: int, right: bool, now: datetime) -> BandReview:
    """Say whether what would be posted for a receipt of the sample is right. One that is wrong ends the review: nothing is posted, and the
    receipt goes to those to review. Raises ReviewRefused, NotAllowed."""
    require(user, "cash.apply", review.company_id)
    held = _mine(user, review)
    if receipt_id not in held.sample:
        raise ReviewRefused("this receipt is not among those to look at")
    held.judged[str(receipt_id)] = RIGHT if right else WRONG
    held.failed_at = None if right else now
    held.save(update_fields=["judged", "failed_at"])
    if not right:
        Receipt.objects.filter(pk=receipt_id).update(band=Receipt.Band.REVIEW, hint="judged wrong in a sample")
        MatchProposal.objects.filter(receipt=receipt_id, outcome="post").update(outcome="suggest")
    record(
        actor=user, type="band.judged", company_id=held.company_id, subject=held, receipt=receipt_id, right=right, percent=held.percent
    )  # fmt: skip
    return held


@transaction.atomic
def _mine(user: User, review: BandReview) -> BandReview:
    held = BandReview.objects.select_for_update().filter(pk=review.pk, opened_by=user).first()
    if held is None:
        raise ReviewRefused("this is another person's review")
    if not held.is_open:
        raise ReviewRefused("one of the sample was wrong: work those receipts one by one" if held.failed_at else "this was posted already")
    return held


def post_reviewed(*, user: User, review: BandReview, today: date, now: datetime) -> MatchRun:
    """Post what the review covers, as far as it stands as it was looked at; matched afresh, so nothing stale is posted.

    Raises ReviewRefused (the sample isn't looked at, one was wrong, posted before), NotAllowed.
    """
    require(user, "cash.apply", review.company_id)
    with transaction.atomic():
        held = _mine(user, review)
        if held.left:
            n = len(held.left)
            raise ReviewRefused(f"look at {n} more receipt{'s' if n > 1 else ''} of the sample first")
        held.posted_at = now
        held.save(update_fields=["posted_at"])
    run = match_receipts(company=held.company, actor=user, today=today, now=now, receipts=_unchanged(user, held.receipts), post=True)
    BandReview.objects.filter(pk=held.pk).update(posted=len(run.posted))
    record(
        actor=user, type="band.posted", company_id=held.company_id, subject=held, percent=held.percent, sample=len(held.sample),
        covered=len(held.receipts), posted=len(run.posted),
    )  # fmt: skip
    return run


def _unchanged(user: User, receipts: Sequence[Sequence[int]]) -> list[Receipt]:
    seen = {row[0]: row[1] for row in receipts}
    found = Receipt.objects.visible_to(user, "cash.apply").to_clear().filter(pk__in=seen, band=Receipt.Band.GREEN, question="")
    return [r for r in found if r.version == seen[r.pk]]
