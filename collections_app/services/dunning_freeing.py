"""Levels that reached nobody are set free, so that they are given again: letters taken back from the outbox, those that failed and were
not sent to a better address within the quiet days, those that came back, and those that nobody allowed."""

from contextlib import suppress
from datetime import timedelta
from typing import Any

from django.db import transaction

from collections_app.models import DunningLetter, DunningRun
from collections_app.selectors.strategies import StrategyBook
from messaging.models import Message
from messaging.services import MessageError, cancel_message
from org.actors import SystemActor
from workflow.models import Event
from workflow.services import record_many

SYSTEM = SystemActor("dunning")
State = Message.State


@transaction.atomic
def free_levels(*, run: DunningRun) -> None:
    """Set free what counts as given and never reached anybody, before the run decides."""
    letters = DunningLetter.objects.filter(company=run.company, reason="").select_related("message")
    letters.filter(message__state=State.CANCELLED).update(reason="cancelled", left_out_because="taken back before it was sent")
    _free_drafts(run, letters)
    quiet = StrategyBook(run.company, run.day).longest_quiet
    failed = letters.filter(message__state=State.FAILED)
    for letter in failed.filter(message__bounces__isnull=False).distinct():
        _free(letter, "bounced", f"came back: {letter.message.error}")  # type: ignore[union-attr]
    for letter in failed.filter(message__bounces=None, run__day__lte=run.day - timedelta(days=quiet)):
        _free(letter, "undelivered", f"not delivered: {letter.message.error}")  # type: ignore[union-attr]


def _free_drafts(run: DunningRun, letters: Any) -> None:
    """Letters of earlier days that were not allowed, or whose run stopped before they had pages: today's are written anew, with what is
    open today."""
    old = letters.filter(message__state=State.DRAFT, run__day__lt=run.day)
    rows = list(old.select_for_update(of=("self",)).order_by("pk").values_list("pk", "message", "customer"))
    if not rows:
        return
    Message.objects.filter(pk__in=[message for _, message, _ in rows]).update(state=State.CANCELLED)
    words = "nobody allowed it before the next run, which decided anew"
    DunningLetter.objects.filter(pk__in=[pk for pk, *_ in rows]).update(reason="not_allowed", left_out_because=words)
    record_many(
        Event(
            actor=SYSTEM.label, type="message.cancelled", company_id=run.company_id, subject_type="messaging.message", subject_id=message,
            customer_ref=customer, data={"kind": "dunning", "reason": words},
        )
        for _, message, customer in rows
    )  # fmt: skip


def _free(letter: DunningLetter, reason: str, words: str) -> None:
    with suppress(MessageError):
        cancel_message(actor=SYSTEM, message=letter.message)  # type: ignore[arg-type]
        DunningLetter.objects.filter(pk=letter.pk).update(reason=reason, left_out_because=words[:200])
