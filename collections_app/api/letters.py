"""Dunning letters over the API: read only. They are written by the night's run and allowed by people."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.http import Http404, HttpResponse
from drf_spectacular.utils import OpenApiResponse
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from arops.api import schemas
from arops.api.ids import private, public
from arops.api.lists import DetailView, ListView, RecordView
from arops.api.problems import invalid
from arops.api.render import File, iso
from arops.api.schemas.ladder import SENDING, SHOW
from arops.api.schemas.parts import DAY, WHOLE
from arops.lib import money
from arops.lib.files import download
from arops.lib.rows import parse_day
from collections_app.models import DunningLetter
from collections_app.policy.dunning import REASONS
from messaging.models import Message

BYTES = {"type": "string", "format": "binary"}
FILE = {(200, kind): OpenApiResponse(BYTES, "The letter.") for kind in ("application/pdf", "text/html")}


class LetterRecords(RecordView):
    """Letters in sight, and accounts left out."""

    permission, kind = "collections.view", "dunning_letter"

    def rows(self) -> models.QuerySet[Any]:
        """Letters in sight, with what their shape needs."""
        seen: models.QuerySet[Any] = DunningLetter.objects.visible_to(self.actor, "collections.view")
        return seen.select_related("company", "run", "message")

    def shape(self, row: DunningLetter) -> dict[str, Any]:
        """A letter as lists show it."""
        cur, message = row.currency, row.message
        return {
            "id": public("dunning_letter", row.pk), "company": row.company.code, "customer": public("customer", row.customer_id),
            "day": row.run.day.isoformat(), "currency": cur, "level": row.level, "level_name": row.level_name,
            "days_past_due": row.days_past_due, "amount": money.to_text(row.amount, cur), "held_out": money.to_text(row.held_out, cur),
            "held": [{"why": why, "amount": money.to_text(amount, cur)} for why, amount in row.held.items()],
            "reason": row.reason or None, "left_out_because": row.left_out_because or None, "waits": row.waits,
            "decided_by": row.decided_by or None, "state": message.state if message else None,
            "channel": message.channel if message else None, "recipients": list(message.recipients) if message else [],
            "sent_at": iso(message.sent_at) if message else None, "has_file": row.pdf_id is not None,
            "created_at": row.created_at.isoformat(),
        }  # fmt: skip

    def whole(self, row: DunningLetter) -> dict[str, Any]:
        """With the items that it asks for."""
        return self.shape(row) | {"items": [_item(item, row.currency) for item in row.items]}


def _item(item: dict[str, Any], currency: str) -> dict[str, Any]:
    amounts = {name: money.to_text(int(item[name]), currency) for name in ("balance", "disputed", "promised", "covered", "asked")}
    return {
        "open_item": public("item", item["id"]), "number": item["number"], "due_date": item["due"], "days": item["days"], **amounts
    }  # fmt: skip


class Letters(LetterRecords, ListView):
    """The letters, by key."""

    stamp, changes = "", ("updated_at", "message__updated_at")
    filters: ClassVar = {
        "company": "company__code", "customer": "customer_id", "currency": "currency", "day": "run__day", "level": "level",
        "reason": "reason", "state": "message__state",
    }  # fmt: skip
    known: ClassVar = {"state": Message.State.values, "reason": list(REASONS)}
    shows: ClassVar = {"letters": Q(reason=""), "left": ~Q(reason="")}

    def filter_value(self, name: str, value: str) -> Any:
        """Days and levels too."""
        if name == "day":
            return _day(value)
        if name == "level" and not (value.isascii() and value.isdecimal() and len(value) < 5):
            raise invalid("?level", "invalid", "level is a whole number")
        return super().filter_value(name, value)

    @schemas.reads(
        "dunning_letters_list", schemas.page("DunningLetterRow"),
        schemas.page_parameters(
            "company", "customer", "currency", day=(DAY, "Of the run."), level=(WHOLE, ""),
            reason=(schemas.ANY, "Code of why an account was left out."), state=(SENDING, "Of the message."),
            show=(SHOW, "letters, or left for accounts left out; without it, both."),
        ),
    )  # fmt: skip
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One page of dunning letters and of accounts left out, with the reason."""
        return super().get(request, *args, **kwargs)


def _day(value: str) -> Any:
    found = parse_day(value)
    if found is None:
        raise invalid("?day", "invalid", "day is a day such as 2026-10-31")
    return found


class LetterDetail(LetterRecords, DetailView):
    """One letter by our id."""

    @schemas.reads("dunning_letters_get", schemas.found("DunningLetter"))
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """A letter by id, with the items that it asks for; or an account left out."""
        return super().get(request, *args, **kwargs)


class LetterFile(LetterRecords):
    """A letter's page."""

    def get_renderers(self) -> list[BaseRenderer]:
        """The file, or a problem in JSON."""
        return [*super().get_renderers(), File()]

    @schemas.reads("dunning_letters_file", FILE)
    def get(self, request: Request, public_id: str) -> HttpResponse:
        """The letter as it was written: PDF, or HTML where the server made none. 404 where nothing was written."""
        row = self.rows().select_related("pdf").filter(pk=private("dunning_letter", public_id)).exclude(pdf=None).first()
        if row is None:
            raise Http404
        return download(row.pdf)
