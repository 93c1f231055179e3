"""Statements over the API: what went out, its file; the schedules that send them."""

from collections.abc import Mapping, Sequence
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
from arops.api.schemas.ladder import SENDING, SENT_SHOW
from arops.api.schemas.parts import DAY, one_of
from arops.lib import money
from arops.lib.files import Kept, download
from arops.lib.rows import parse_day
from collections_app.models import SentStatement
from collections_app.selectors.statement_schedules import balance_in_sight, seen_among, sent_in_sight
from messaging.models import Message
from messaging.selectors import reads_whole

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TYPES = {"pdf": "application/pdf", "xlsx": XLSX}
BYTES = {"type": "string", "format": "binary"}
FILE = {(200, kind): OpenApiResponse(BYTES, "The statement.") for kind in TYPES.values()}


class SentRecords(RecordView):
    """Statements of customers in sight; of a group's, the accounts in sight."""

    permission, kind = "collections.view", "sent_statement"
    seen: set[int]

    def rows(self) -> models.QuerySet[Any]:
        """Statements in sight, with what their shape needs."""
        return sent_in_sight(self.actor).prefetch_related("message__enclosed")

    def prepare(self, rows: Sequence[Any]) -> None:
        """Which accounts of groups are in sight, at once."""
        self.seen = seen_among(self.actor, rows)

    def shape(self, row: SentStatement) -> dict[str, Any]:
        """A statement and what became of it."""
        message, is_whole = row.message, {int(pk) for pk in row.accounts} <= self.seen
        accounts = {pk: sums for pk, sums in row.accounts.items() if int(pk) in self.seen}
        files: Any = message.enclosed.all() if message and is_whole else []
        return {
            "id": public("sent_statement", row.pk), "company": row.company.code, "customer": public("customer", row.customer_id),
            "as_of": row.as_of.isoformat(), "schedule": public("statement_schedule", row.schedule_id),
            "balances": _sums(balance_in_sight(row, self.seen)), "whole": is_whole,
            "accounts": [{"customer": public("customer", int(pk)), "balances": _sums(sums)} for pk, sums in sorted(accounts.items())],
            "left_out_because": row.left_out_because or None, "state": message.state if message else None,
            "channel": message.channel if message else None, "recipients": list(message.recipients) if message else [],
            "sent_at": iso(message.sent_at) if message else None, "files": [f.name for f in files],
            "made_at": row.at.isoformat(),
        }  # fmt: skip


def _sums(balances: Mapping[str, int]) -> list[dict[str, str]]:
    return [{"currency": currency, "amount": money.to_text(amount, currency)} for currency, amount in sorted(balances.items())]


class SentStatements(SentRecords, ListView):
    """The statements, by key."""

    stamp, changes = "", ("updated_at", "message__updated_at")
    filters: ClassVar = {
        "company": "company__code", "customer": "customer_id", "schedule": "schedule_id", "as_of": "as_of", "state": "message__state",
    }  # fmt: skip
    known: ClassVar = {"state": Message.State.values}
    shows: ClassVar = {"sent": Q(left_out_because=""), "left": ~Q(left_out_because="")}

    def filter_value(self, name: str, value: str) -> Any:
        """Days, and ids of schedules, too."""
        if name == "as_of" and parse_day(value) is None:
            raise invalid("?as_of", "invalid", "as_of is a day such as 2026-10-31")
        return private("statement_schedule", value) if name == "schedule" else super().filter_value(name, value)

    @schemas.reads(
        "sent_statements_list", schemas.page("SentStatement"),
        schemas.page_parameters(
            "company", "customer", schedule=(schemas.ANY, "Our id of a schedule, such as sch_3."),
            as_of=(DAY, "The day that it is as of."), state=(SENDING, "Of the message."),
            show=(SENT_SHOW, "sent, or left for those left out; without it, both."),
        ),
    )  # fmt: skip
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One page of statements that went out by schedule or by hand, and of those left out, with the reason."""
        return super().get(request, *args, **kwargs)


class SentStatementDetail(SentRecords, DetailView):
    """One statement by our id."""

    @schemas.reads("sent_statements_get", schemas.found("SentStatement"))
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """A statement by id."""
        return super().get(request, *args, **kwargs)


class SentStatementFile(SentRecords):
    """A statement's file."""

    parameters: ClassVar = frozenset({"form"})

    def get_renderers(self) -> list[BaseRenderer]:
        """The file, or a problem in JSON."""
        return [*super().get_renderers(), File()]

    @schemas.reads(
        "sent_statements_file", FILE, schemas.parameters(form=(one_of("pdf", "xlsx"), "Which file, where it went as both; the first.")),
    )  # fmt: skip
    def get(self, request: Request, public_id: str) -> HttpResponse:
        """The file that went out. Of a group's statement, only for whoever sees all of its accounts; 404 otherwise."""
        form = request.query_params.get("form")
        if form not in (None, *TYPES):
            raise invalid("?form", "invalid", "form is pdf or xlsx")
        row = self.rows().filter(pk=private("sent_statement", public_id)).exclude(message=None).first()
        if row is None or not reads_whole(self.actor, row.message):
            raise Http404
        files = row.message.enclosed.select_related("storedfile").order_by("pk")
        found = files.filter(storedfile__content_type=TYPES[form]).first() if form else files.first()
        if found is None:
            raise Http404
        return download(Kept(found.name, bytes(found.storedfile.content), found.storedfile.content_type))
