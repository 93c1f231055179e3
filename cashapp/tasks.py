"""Matching in the background."""

from celery import shared_task

from arops.lib import clock
from cashapp.services import match_receipts
from org.actors import SystemActor
from org.models import Company


@shared_task  # type: ignore[untyped-decorator]
def match_company(company_id: int) -> int:
    """Match what waits in one company; safe to repeat. Answers with how many were posted."""
    company = Company.objects.get(pk=company_id)
    return len(match_receipts(company=company, actor=SystemActor("matching"), today=clock.today(), now=clock.now()).posted)
