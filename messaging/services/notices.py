"""Telling colleagues by mail what waits for them: what `workflow.services.notices` derives and nobody was told yet goes into the outbox."""

from datetime import date, datetime

from django.conf import settings
from django.db import transaction

from messaging.models import Message
from messaging.services.queueing import MAX_RECIPIENTS, queue_message
from org.actors import SystemActor
from org.models import Company
from workflow.services.notices import Notice, notices_due

ACTOR = SystemActor("notices")


@transaction.atomic
def queue_notices(*, now: datetime, today: date) -> int:
    """Put the notices that aren't there yet into the outbox, each once; answers with how many."""
    due = {notice.key: notice for notice in notices_due(now, today)}
    told = set(Message.objects.filter(dedupe_key__in=due).values_list("dedupe_key", flat=True))
    fresh = [notice for key, notice in due.items() if key not in told]
    companies = Company.objects.in_bulk({notice.company_id for notice in fresh})
    return sum(_queue(notice, companies[notice.company_id], now) for notice in fresh)


def _queue(notice: Notice, company: Company, now: datetime) -> bool:
    _, created = queue_message(
        actor=ACTOR, company=company, customer=None, kind=notice.kind, dedupe_key=notice.key, subject=notice.subject,
        recipients=notice.recipients[:MAX_RECIPIENTS], body=f"{notice.body}{_where(notice.path)}", not_before=now,
        author=notice.author,
    )  # fmt: skip
    return created


def _where(path: str) -> str:
    """The line with the address of the page."""
    if not path:
        return ""
    return f"\n{settings.SITE_URL}{path}\n" if settings.SITE_URL else f"\nArOps, {path}\n"
