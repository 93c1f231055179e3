"""Open items and exchange rates over the API."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar

from django.db import models, transaction
from django.db.models import Q
from django.shortcuts import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response

from arops.api import schemas
from arops.api.idempotency import once
from arops.api.ids import private, public
from arops.api.lists import DetailView, ListView, RecordView
from arops.api.problems import ApiProblem, invalid
from arops.api.views import object_of
from arops.api.writes import WriteView
from arops.lib import money
from ledger.models import FxRate, OpenItem
from ledger.payload import Problem, Rate, day_of, read_rate, read_terms
from ledger.services import change_terms, set_rate
from org.actors import Actor
from org.models import Company


class ItemRecords(RecordView):
    """Open items in sight."""

    permission, kind = "invoices.view", "item"

    def rows(self) -> models.QuerySet[Any]:
        """Items in sight."""
        return OpenItem.objects.visible_to(self.actor, "invoices.view").select_related("company")

    def shape(self, row: OpenItem) -> dict[str, Any]:
        """An item as the API shows it; signed amounts."""
        return {
            "id": public("item", row.pk), "company": row.company.code, "customer": public("customer", row.customer_id), "kind": row.kind,
            "number": row.number, "currency": row.currency, "document_date": row.document_date.isoformat(),
            "due_date": row.due_date.isoformat(), "po_number": row.po_number,
            "discount_until": row.discount_until.isoformat() if row.discount_until else None,
            "discount_amount": money.to_text(row.discount_amount, row.currency), "amount": money.to_text(row.amount, row.currency),
            "balance": money.to_text(row.balance, row.currency), "base_currency": row.company.base_currency,
            "base_balance": money.to_text(row.base_balance, row.company.base_currency),
        }  # fmt: skip


class OpenItems(ItemRecords, ListView):
    """The items; those with a balance unless `state` says otherwise."""

    stamp, changes = "", ("lines__entry__posted_at",)
    filters: ClassVar = {
        "company": "company__code", "customer": "customer_id", "kind": "kind", "number": "number", "currency": "currency",
        "due_before": "due_date__lt",
    }  # fmt: skip

    @property
    def parameters(self) -> frozenset[str]:  # type: ignore[override]
        """Those of lists, and what needs a question of its own."""
        return super().parameters | {"state"}

    def filter_value(self, name: str, value: str) -> Any:
        """Ids as keys, days as days."""
        if name == "due_before":
            return _day("due_before", value)
        return private("customer", value) if name == "customer" else value

    def filtered(self, rows: models.QuerySet[Any], wanted: Any) -> models.QuerySet[Any]:
        """Also by what is open."""
        state = wanted.get("state", "open")
        if state not in ("open", "closed", "all"):
            raise invalid("?state", "invalid", "state is open, closed or all")
        if state != "all":
            rows = rows.filter(balance=0) if state == "closed" else rows.exclude(balance=0)
        return super().filtered(rows, wanted)

    @schemas.reads(
        "open_items_list", schemas.page("OpenItem"),
        schemas.page_parameters("company", "customer", "kind", "number", "currency", "due_before", "state"),
    )  # fmt: skip
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One page of items, in the order of ids. `updated_since`: something was posted on the item at that moment or later."""
        return super().get(request, *args, **kwargs)


class OpenItemDetail(ItemRecords, DetailView):
    """One item; its due date and purchase order may change, with history, for what was issued stays as issued."""

    write_permission = "invoices.issue"

    @schemas.reads("open_items_get", schemas.found("OpenItem"))
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """An item by id."""
        return super().get(request, *args, **kwargs)

    @schemas.writes("open_items_change", schemas.ref("OpenItemChange"), schemas.found("OpenItem"))
    def patch(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Agree another due date, or correct the purchase order number. The document keeps what it was issued with."""
        row = get_object_or_404(self.rows(), pk=private(self.kind, kwargs["public_id"]))
        return once(request, self.actor, lambda: self._change(row, object_of(request.data)), needed=False)

    def _change(self, row: OpenItem, said: Any) -> Response:
        terms = read_terms(said)
        if isinstance(terms, list):
            errors = [{"pointer": p.pointer, "code": p.code, "detail": p.detail} for p in terms]
            raise ApiProblem(422, errors[0]["code"], errors[0]["detail"], errors)
        changed = change_terms(actor=self.actor, item=row, **terms)
        return Response(self.whole(self.rows().get(pk=changed.pk)))


@dataclass(frozen=True, slots=True)
class _SavedRate:
    """What became of a rate."""

    index: int
    outcome: str
    pk: int | None = None
    problems: tuple[Problem, ...] = ()
    external_id: str | None = None


class _Undo(Exception):
    """Rolls a dry run or a broken atomic call back."""


class RateRecords(WriteView):
    """Exchange rates, which all companies share; one limited to some companies writes those of their currencies."""

    permission, write_permission, kind = "rates.view", "rates.edit", "rate"
    of_company = True

    def rows(self) -> models.QuerySet[Any]:
        """All rates."""
        return FxRate.objects.all()

    def shape(self, row: FxRate) -> dict[str, Any]:
        """A rate as the API shows it."""
        rate = f"{row.rate:f}".rstrip("0").rstrip(".") if "." in f"{row.rate:f}" else f"{row.rate:f}"
        return {"id": public("rate", row.pk), "currency": row.currency, "base": row.base, "day": row.day.isoformat(), "rate": rate}

    def save(self, rows: list[Any], *, atomic: bool = False, dry_run: bool = False) -> list[_SavedRate]:
        """By set_rate, one by one: there are few."""
        bases = _bases(self.actor)
        saved: list[_SavedRate] = []
        try:
            with transaction.atomic():
                saved = [_save(index, row, self.actor, bases) for index, row in enumerate(rows)]
                if dry_run or (atomic and any(s.outcome == "rejected" for s in saved)):
                    raise _Undo
        except _Undo:
            kept = Problem("", "not_applied", "the row is good, but another row of this atomic call is not")
            saved = saved if dry_run else [s if s.problems else _SavedRate(s.index, "rejected", None, (kept,)) for s in saved]
        return saved


class Rates(RateRecords, ListView):
    """GET the rates; POST one."""

    stamp = ""
    filters: ClassVar = {"currency": "currency", "base": "base", "day": "day"}

    def filter_value(self, name: str, value: str) -> Any:
        """Days as days."""
        return _day("day", value) if name == "day" else value

    @schemas.reads(
        "fx_rates_list", schemas.page("FxRate"),
        schemas.page_parameters("currency", "base", updated_since=False, day=({"type": "string", "format": "date"}, "")),
    )  # fmt: skip
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One page of rates, in the order they were entered."""
        return super().get(request, *args, **kwargs)

    @schemas.writes("fx_rates_create", schemas.ref("FxRateIn"), schemas.written("FxRate"))
    def post(self, request: Request) -> Response:
        """Enter the rate of a day, or correct it. What was posted keeps the rate it was posted at."""
        return self.create(request)


class RateDetail(RateRecords, DetailView):
    """One rate."""

    @schemas.reads("fx_rates_get", schemas.found("FxRate"))
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """A rate by id."""
        return super().get(request, *args, **kwargs)


class RatesBulk(RateRecords):
    """Many rates at once."""

    @schemas.writes("fx_rates_bulk", schemas.bulk("FxRateIn"), schemas.bulk_answer())
    def post(self, request: Request) -> Response:
        """Enter or correct up to 5,000 rates."""
        return self.many(request)


def _bases(actor: Actor) -> frozenset[str] | None:
    """The currencies whose rates the actor may set; None for any."""
    reach = actor.reach("rates.edit")
    if reach.everything:
        return None
    return frozenset(Company.objects.filter(Q(pk__in=reach.companies)).values_list("base_currency", flat=True))


def _save(index: int, row: Any, actor: Actor, bases: frozenset[str] | None) -> _SavedRate:
    read = read_rate(row)
    if not isinstance(read, Rate):
        return _SavedRate(index, "rejected", None, tuple(read))
    if bases is not None and read.base not in bases:
        problem = Problem("/base", "missing_reference", f"no company of yours keeps its books in {read.base}")
        return _SavedRate(index, "rejected", None, (problem,))
    before = FxRate.objects.filter(currency=read.currency, base=read.base, day=read.day).first()
    if before and before.rate == read.rate:
        return _SavedRate(index, "unchanged", before.pk)
    saved = set_rate(actor=actor, currency=read.currency, base=read.base, day=read.day, rate=Decimal(read.rate))
    return _SavedRate(index, "updated" if before else "created", saved.pk)


def _day(name: str, value: str) -> Any:
    found = day_of(value)
    if found is None:
        raise invalid(f"?{name}", "invalid", f"{name} is a day such as 2026-10-31")
    return found
