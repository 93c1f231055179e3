"""Late charges over the API: read only. They are assessed by the month and waived by people."""

from typing import Any, ClassVar

from django.db import models
from rest_framework.request import Request
from rest_framework.response import Response

from arops.api import schemas
from arops.api.ids import public
from arops.api.lists import DetailView, ListView, RecordView
from arops.api.schemas.charges import STATE
from arops.lib import money
from collections_app.models import Charge
from collections_app.selectors.charge_lists import charges_in_sight


class ChargeRecords(RecordView):
    """Charges in sight."""

    permission, kind = "collections.view", "charge"

    def rows(self) -> models.QuerySet[Any]:
        """Charges in sight."""
        return charges_in_sight(self.actor)

    def shape(self, row: Charge) -> dict[str, Any]:
        """A charge as lists show it."""
        item = row.open_item
        return {
            "id": public("charge", row.pk), "company": row.company.code, "customer": public("customer", row.customer_id),
            "first_day": row.run.period_from.isoformat(), "last_day": row.run.period_to.isoformat(), "currency": row.currency,
            "amount": money.to_text(row.amount, row.currency), "open": money.to_text(item.balance if item else 0, row.currency),
            "state": row.state, "because": row.because, "open_item": public("item", row.open_item_id),
            "number": item.number if item else None, "policy": row.policy.name if row.policy else None,
        }  # fmt: skip

    def whole(self, row: Charge) -> dict[str, Any]:
        """With the days of each item that it is made of."""
        return self.shape(row) | {"lines": [_line(line, row.currency) for line in row.lines]}


def _line(line: dict[str, Any], currency: str) -> dict[str, Any]:
    parts = [
        {"first_day": p["from"], "last_day": p["to"], "days": p["days"], "base": money.to_text(p["base"], currency), "rate": p["rate"],
         "capped_by": p["capped"]}
        for p in line["parts"]
    ]  # fmt: skip
    return {
        "open_item": public("item", line["item"]), "number": line["number"], "due_date": line["due"],
        "amount": money.to_text(line["amount"], currency), "fee": money.to_text(line["fee"], currency), "capped_by": line["capped"],
        "days": parts,
    }  # fmt: skip


class Charges(ChargeRecords, ListView):
    """The charges, by key."""

    stamp, changes = "", ("updated_at", "open_item__lines__entry__posted_at")
    filters: ClassVar = {"company": "company__code", "customer": "customer_id", "currency": "currency", "state": "state"}
    known: ClassVar = {"state": Charge.State.values}

    @schemas.reads(
        "late_charges_list", schemas.page("LateChargeRow"),
        schemas.page_parameters("company", "customer", "currency", state=(STATE, "Without it, all.")),
    )  # fmt: skip
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One page of late charges, also of accounts that were left out and why."""
        return super().get(request, *args, **kwargs)


class ChargeDetail(ChargeRecords, DetailView):
    """One charge by our id."""

    @schemas.reads("late_charges_get", schemas.found("LateCharge"))
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """A late charge by id, with the days of each item that it is made of."""
        return super().get(request, *args, **kwargs)
