"""Promises over the API: read, and given one by one or many at once. Whether they are kept the ledger decides."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, ClassVar

from django.db import models
from rest_framework.request import Request
from rest_framework.response import Response

from arops.api import schemas
from arops.api.bulk import plain_decimal
from arops.api.ids import public
from arops.api.lists import DetailView, ListView
from arops.api.render import iso
from arops.api.schemas.promises import STATE
from arops.api.writes import WriteView
from arops.lib import clock, money
from collections_app.models import Promise
from collections_app.services.promise_rows import GIVE, save_promises
from customers.services.master import Saved


class PromiseRecords(WriteView):
    """Promises in sight."""

    permission, write_permission, kind = "collections.view", GIVE, "promise"
    money = True

    def rows(self) -> models.QuerySet[Any]:
        """Promises in sight, with what their shape needs."""
        seen: models.QuerySet[Any] = Promise.objects.visible_to(self.actor, "collections.view")
        return seen.select_related("company").prefetch_related("items", "instalments")

    def shape(self, row: Promise) -> dict[str, Any]:
        """A promise."""
        cur = row.currency
        items = [{"open_item": public("item", i.open_item_id), "amount": money.to_text(i.amount, cur)} for i in row.items.all()]
        parts = [
            {"due_date": p.due_on.isoformat(), "amount": money.to_text(p.amount, cur), "state": p.state,
             "received": money.to_text(p.received, cur)}
            for p in row.instalments.all()
        ]  # fmt: skip
        return {
            "id": public("promise", row.pk), "company": row.company.code, "customer": public("customer", row.customer_id),
            "currency": cur, "amount": money.to_text(row.amount, cur), "given_on": row.given_on.isoformat(),
            "due_date": row.due_on.isoformat(), "state": row.state, "received": money.to_text(row.received, cur),
            "decided_on": iso(row.decided_on), "level": row.level,
            "supersedes": public("promise", row.supersedes_id), "note": row.note, "items": items, "instalments": parts,
        }  # fmt: skip

    def save(self, rows: list[Any], *, atomic: bool = False, dry_run: bool = False) -> list[Saved]:
        """By save_promises."""
        return save_promises(
            rows, actor=self.actor, source_system=self.source_system, today=clock.today(), atomic=atomic, dry_run=dry_run
        )  # fmt: skip

    def total_of(self) -> Callable[[Mapping[str, Any]], Decimal | None]:
        """What was promised."""
        return lambda row: plain_decimal(row.get("amount"))


class Promises(PromiseRecords, ListView):
    """GET the promises in sight, by key; POST one."""

    stamp, changes = "", ("updated_at", "instalments__updated_at")
    filters: ClassVar = {"company": "company__code", "customer": "customer_id", "currency": "currency", "state": "state"}
    known: ClassVar = {"state": Promise.State.values}

    @schemas.reads(
        "promises_list", schemas.page("Promise"),
        schemas.page_parameters("company", "customer", "currency", state=(STATE, "Without it, all.")),
    )  # fmt: skip
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One page of promises, with their items and instalments."""
        return super().get(request, *args, **kwargs)

    @schemas.writes("promises_create", schemas.ref("PromiseIn"), schemas.written("Promise"), money=True)
    def post(self, request: Request) -> Response:
        """Record a promise. One that an open promise of the same items says already answers 200."""
        return self.create(request)


class PromiseDetail(PromiseRecords, DetailView):
    """One promise by our id."""

    @schemas.reads("promises_get", schemas.found("Promise"))
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """A promise by id."""
        return super().get(request, *args, **kwargs)


class PromisesBulk(PromiseRecords):
    """Many promises at once."""

    @schemas.writes("promises_bulk", schemas.bulk("PromiseIn", total=True), schemas.bulk_answer(), money=True)
    def post(self, request: Request) -> Response:
        """Record up to 5,000 promises, such as those that an agency or a call centre took."""
        return self.many(request)
