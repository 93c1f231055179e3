"""The work list over the API, as it was last ranked: read only. What is done about a task is done on its page, or by what it asks for."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.db import models
from rest_framework.request import Request
from rest_framework.response import Response

from arops.api import schemas
from arops.api.ids import public
from arops.api.lists import DetailView, ListView, RecordView
from arops.api.problems import invalid
from arops.api.render import iso
from arops.api.schemas.work import BUCKET, KIND
from arops.lib import money
from collections_app.models import WorkTask
from collections_app.policy.worklist import KINDS


class WorkRecords(RecordView):
    """Tasks in sight."""

    permission, kind = "collections.view", "work_task"

    def rows(self) -> models.QuerySet[Any]:
        """Tasks in sight, with what their shape needs."""
        seen: models.QuerySet[Any] = WorkTask.objects.visible_to(self.actor, "collections.view")
        return seen.select_related("company", "owner")

    def shape(self, row: WorkTask) -> dict[str, Any]:
        """A task."""
        return {
            "id": public("work_task", row.pk), "company": row.company.code, "customer": public("customer", row.customer_id), "key": row.key,
            "kind": row.kind, "bucket": row.bucket, "title": row.title, "currency": row.currency,
            "amount": money.to_text(row.amount, row.currency), "effect": money.to_text(row.effect, row.currency), "score": row.score,
            "due_on": row.due_on.isoformat(), "oldest_due": iso(row.oldest_due),
            "why": row.why, "reasons": row.reasons, "next_action": row.next_action, "owner": row.owner.email if row.owner else None,
            "routed_to": row.routed_to or None, "minutes": row.minutes, "ranked_at": row.ranked_at.isoformat(),
        }  # fmt: skip


class WorkTasks(WorkRecords, ListView):
    """The tasks, by key."""

    stamp = ""
    filters: ClassVar = {
        "company": "company__code", "customer": "customer_id", "currency": "currency", "kind": "kind", "bucket": "bucket",
        "owner": "owner__email__iexact", "routed_to": "routed_to", "key": "key",
    }  # fmt: skip
    known: ClassVar = {"kind": tuple(KINDS), "bucket": WorkTask.Bucket.values}

    @property
    def parameters(self) -> frozenset[str]:  # type: ignore[override]
        """Those of lists, and the least score."""
        return super().parameters | {"min_score"}

    def filtered(self, rows: models.QuerySet[Any], wanted: Mapping[str, str]) -> models.QuerySet[Any]:
        """Also by the least score."""
        least = wanted.get("min_score", "0")
        if not (least.isdecimal() and least.isascii() and len(least) < 19):
            raise invalid("?min_score", "invalid", "min_score is a whole number")
        return super().filtered(rows.filter(score__gte=int(least)) if int(least) else rows, wanted)

    @schemas.reads(
        "work_tasks_list", schemas.page("WorkTask"),
        schemas.page_parameters(
            "company", "customer", "currency", updated_since=False, kind=(KIND, ""), bucket=(BUCKET, ""),
            owner=(schemas.ANY, "An e-mail address."), routed_to=(schemas.ANY, "Code of the department that can fix it."),
            key=(schemas.ANY, "The task's own name, such as call:17:USD."), min_score=(schemas.ANY, "Only tasks that score as much."),
        ),
    )  # fmt: skip
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One page of tasks, as last ranked. An id lives as long as the task does, however often it is ranked; `key` names it for ever."""
        return super().get(request, *args, **kwargs)


class WorkTaskDetail(WorkRecords, DetailView):
    """One task by our id."""

    @schemas.reads("work_tasks_get", schemas.found("WorkTask"))
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """A task by id; gone once nothing is to be done."""
        return super().get(request, *args, **kwargs)
