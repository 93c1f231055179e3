"""What became of answers: one that the mail server refused, or that came back, answered nobody. Nothing tells us: the outbox is read."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef

from collections_app.models import Inquiry, InquiryEntry
from collections_app.services.inquiries.moving import State, changed, locked
from messaging.models import Message
from org.actors import SystemActor

SPAN = timedelta(days=14)
"""How long after it was written an answer can still fail."""
ACTOR = SystemActor("inbox")
_NOT_SENT = (Message.State.FAILED, Message.State.CANCELLED)


def follow_answers(*, now: datetime) -> int:
    """Open inquiries again whose last answer failed: an answer is owed still, by when it was owed. How many that were. Safe to repeat."""
    later = InquiryEntry.objects.filter(inquiry=OuterRef("inquiry"), message__isnull=False, pk__gt=OuterRef("pk"))
    failed = InquiryEntry.objects.filter(
        message__state=Message.State.FAILED, message__created_at__gte=now - SPAN, inquiry__answered_at__isnull=False
    ).exclude(Exists(later.exclude(message__state__in=_NOT_SENT)))
    keys = list(failed.order_by("inquiry").values_list("inquiry", flat=True).distinct()[:200])
    return sum(_open_again(pk) for pk in keys)


@transaction.atomic
def _open_again(pk: int) -> int:
    found = locked(Inquiry(pk=pk), None)
    if found.answered_at is None:
        return 0  # another worker was here
    InquiryEntry.objects.create(inquiry=found, note="The answer could not be delivered: answer again, elsewhere.", actor=ACTOR.label)
    found.state, found.closed_on, found.answered_at = State.OPEN, None, None
    changed(ACTOR, found, "inquiry.answer_failed", ["state", "closed_on", "answered_at"])
    return 1
