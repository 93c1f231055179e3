"""Keeping what was reported."""

import hashlib
import json
from collections.abc import Iterator
from datetime import date
from typing import Any

from django.db import transaction

from ledger.asof import Scope
from org.actors import Actor, Reach
from org.models import Company
from reports.models import AgingSnapshot
from reports.selectors.ageing import AgeingLine, ageing
from reports.selectors.question import Question
from workflow.services import record


@transaction.atomic
def take_snapshot(*, company: Company, day: date, actor: Actor) -> AgingSnapshot:
    """Keep the company's ageing of the day; the one that is there already stays as it is and is returned."""
    kept = AgingSnapshot.objects.filter(company=company, day=day).first()
    if kept:
        return kept
    report = ageing(Question(day, Scope(Reach(everything=True), company_ids=[company.pk])), by=("customer",))
    content: dict[str, Any] = {
        "labels": list(report.labels),
        "rows": [_row(line) for line in report.lines],
        "control_total": {tie.currency: tie.journal for tie in report.ties},
    }
    snapshot, created = AgingSnapshot.objects.get_or_create(
        company=company, day=day, defaults={**content, "ties": report.ties_all, "sha256": content_hash(day, content), "actor": actor.label}
    )
    if created:
        record(actor=actor, type="aging.snapshot", company_id=company.pk, subject=snapshot, day=day.isoformat(), sha256=snapshot.sha256)
    return snapshot


def content_hash(day: date, content: dict[str, Any]) -> str:
    """SHA-256 of the content in its canonical form."""
    return hashlib.sha256(json.dumps([day.isoformat(), content], sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def altered_snapshots(company_ids: list[int] | None = None) -> Iterator[str]:
    """Kept ageings whose content is no longer what was hashed when they were taken, of all companies or those named, in words."""
    kept = AgingSnapshot.objects.select_related("company").order_by("pk")
    for snapshot in (kept if company_ids is None else kept.filter(company__in=company_ids)).iterator(chunk_size=20):
        content = {"labels": snapshot.labels, "rows": snapshot.rows, "control_total": snapshot.control_total}
        if content_hash(snapshot.day, content) != snapshot.sha256:
            yield f"{snapshot.company.code} ageing of {snapshot.day} isn't what was kept at {snapshot.taken_at:%Y-%m-%d %H:%M}"


def _row(line: AgeingLine) -> dict[str, Any]:
    return {
        "customer": line.keys["customer"],
        "name": line.label,
        "currency": line.currency,
        "buckets": line.own.buckets,
        "credits": line.own.credits,
        "disputed": line.own.disputed,
        "total": line.own.total,
        "base_total": line.base.total,
        "items": line.items,
    }
