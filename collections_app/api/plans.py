"""Payment plans over the API: read only. They are negotiated, allowed and signed by people."""

from typing import Any, ClassVar

from django.db import models
from rest_framework.request import Request
from rest_framework.response import Response

from arops.api import schemas
from arops.api.ids import public
from arops.api.lists import DetailView, ListView, RecordView
from arops.api.render import iso
from arops.api.schemas.plans import STATE
from arops.lib import clock, money
from collections_app.models import PaymentPlan
from collections_app.selectors.plans import PlanRow, parts_of, row_of


class PlanRecords(RecordView):
    """Payment plans in sight."""

    permission, kind = "collections.view", "payment_plan"

    def rows(self) -> models.QuerySet[Any]:
        """Plans in sight, with what their shape needs."""
        seen: models.QuerySet[Any] = PaymentPlan.objects.visible_to(self.actor, "collections.view")
        return seen.select_related("company").prefetch_related("instalments__open_item", "instalments__interest_item")

    def shape(self, row: PaymentPlan) -> dict[str, Any]:
        """A plan as lists show it."""
        return _shape(row_of(row, clock.today()))

    def whole(self, row: PaymentPlan) -> dict[str, Any]:
        """With what it covers and its instalments."""
        cur = row.currency
        items: Any = row.items.select_related("open_item")  # type: ignore[attr-defined]
        covered = [
            {"open_item": public("item", i.open_item_id), "number": i.open_item.number, "amount": money.to_text(i.amount, cur)}
            for i in items
        ]
        parts = [
            {
                "ordinal": p.part.ordinal, "due_date": p.part.due_on.isoformat(), "amount": money.to_text(p.part.amount, cur),
                "interest": money.to_text(p.part.interest, cur), "open": money.to_text(p.open, cur), "state": str(p.state),
                "open_item": public("item", p.part.open_item_id), "interest_item": public("item", p.part.interest_item_id),
            }
            for p in parts_of(row, clock.today())
        ]  # fmt: skip
        return self.shape(row) | {"items": covered, "instalments": parts}


def _shape(row: PlanRow) -> dict[str, Any]:
    plan = row.plan
    amounts = {"total": plan.total, "waived": plan.waived, "paid": row.paid, "open": row.open, "missed": row.missed}
    days = {name: getattr(plan, name) for name in ("made_on", "offer_until", "signed_on", "ended_on")} | {"next_on": row.next_on}
    return {
        "id": public("payment_plan", plan.pk), "company": plan.company.code, "customer": public("customer", plan.customer_id),
        "number": plan.number, "kind": plan.kind, "state": plan.state, "currency": plan.currency, "rate": f"{plan.rate.normalize():f}",
        "default_days": plan.default_days, **{name: iso(day) for name, day in days.items()},
        **{name: money.to_text(amount, plan.currency) for name, amount in amounts.items()},
        "next_amount": money.to_text(row.next_amount, plan.currency),
    }  # fmt: skip


class Plans(PlanRecords, ListView):
    """The payment plans, by key."""

    stamp = ""
    changes = (
        "updated_at", "instalments__updated_at", "instalments__open_item__lines__entry__posted_at",
        "instalments__interest_item__lines__entry__posted_at",
    )  # fmt: skip
    filters: ClassVar = {
        "company": "company__code",
        "customer": "customer_id",
        "currency": "currency",
        "number": "number",
        "state": "state",
    }
    known: ClassVar = {"state": PaymentPlan.State.values}

    @schemas.reads(
        "payment_plans_list", schemas.page("PaymentPlanRow"),
        schemas.page_parameters("company", "customer", "number", "currency", state=(STATE, "Without it, all.")),
    )  # fmt: skip
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One page of payment plans and settlements, with what is paid and missed as of today."""
        return super().get(request, *args, **kwargs)


class PlanDetail(PlanRecords, DetailView):
    """One plan by our id."""

    @schemas.reads("payment_plans_get", schemas.found("PaymentPlan"))
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """A payment plan by id, with what it covers and its instalments as they stand today."""
        return super().get(request, *args, **kwargs)
