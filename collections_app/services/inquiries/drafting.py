"""Answers that somebody began to write: kept as they are typed, gone when the answer is sent."""

from datetime import datetime
from typing import Any

from collections_app.models import Inquiry
from collections_app.models.inquiry import AnswerDraft
from collections_app.services.inquiries.moving import WORK
from org.actors import require
from org.models import User


def keep_draft(*, actor: User, inquiry: Inquiry, words: dict[str, Any], now: datetime) -> AnswerDraft | None:
    """Keep what stands in the form of an answer (`subject`, `body`, `to`, `encloses`); an empty one throws it away. Raises NotAllowed."""
    require(actor, WORK, inquiry.company_id)
    if not str(words.get("body", "")).strip():
        drop_draft(actor=actor, inquiry=inquiry)
        return None
    values = {
        "subject": str(words.get("subject", ""))[:220], "body": str(words["body"])[:20_000], "to": list(words.get("to", ()))[:50],
        "encloses": list(words.get("encloses", ()))[:50], "at": now,
    }  # fmt: skip
    return AnswerDraft.objects.update_or_create(inquiry=inquiry, author=actor, defaults=values)[0]


def drop_draft(*, actor: User, inquiry: Inquiry) -> None:
    """Throw one's draft away."""
    AnswerDraft.objects.filter(inquiry=inquiry, author=actor).delete()
