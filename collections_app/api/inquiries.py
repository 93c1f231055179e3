"""Inquiries over the API: read, and opened by other systems such as a portal. Answers are people's."""

from typing import Any, ClassVar

from django.db import models
from drf_spectacular.utils import OpenApiResponse
from rest_framework.request import Request
from rest_framework.response import Response

from arops.api import schemas
from arops.api.idempotency import once
from arops.api.ids import public
from arops.api.lists import DetailView, ListView, RecordView
from arops.api.problems import refused
from arops.api.render import iso
from arops.api.schemas.inquiries import KIND, STATE
from arops.api.views import object_of
from arops.lib import clock, money
from arops.lib.rows import Fields, Problem, one_of, read_row, reference, text
from collections_app.models import Inquiry, InquiryEntry, Suggestion
from collections_app.selectors.inquiries.thread import words_shown
from collections_app.services.inquiries.moving import WORK, open_inquiry
from customers.services.saving import Customers
from messaging.selectors import quoting
from org.models import User

FIELDS: Fields = {
    "company": text(20, needed=True), "customer": reference, "subject": text(300, needed=True), "words": text(20_000),
    "kind": one_of("paid", "dispute", "promise", "copy", "statement", "document", "other"),
    "source": one_of("phone", "colleague", "portal"), "owner": text(254, needed=True),
}  # fmt: skip
MADE = {(201, "application/json"): OpenApiResponse(schemas.ref("Inquiry"), "Opened.")}


class InquiryRecords(RecordView):
    """Inquiries in sight."""

    permission, write_permission, kind = "collections.view", WORK, "inquiry"

    def rows(self) -> models.QuerySet[Any]:
        """Inquiries in sight."""
        seen: models.QuerySet[Any] = Inquiry.objects.visible_to(self.actor, self.permission)
        return seen.select_related("company", "owner").prefetch_related("items")

    def shape(self, row: Inquiry) -> dict[str, Any]:
        """An inquiry as lists show it."""
        return {
            "id": public("inquiry", row.pk), "company": row.company.code, "number": row.number,
            "customer": public("customer", row.customer_id), "subject": row.subject, "kind": row.kind, "source": row.source,
            "state": row.state, "owner": row.owner.email if row.owner else None,
            "asked_on": row.asked_on.isoformat(), "answer_by": row.answer_by.isoformat(), "answered_at": iso(row.answered_at),
            "closed_on": iso(row.closed_on), "items": [public("item", i.open_item_id) for i in row.items.all()], "version": row.version,
            "created_at": row.created_at.isoformat(),
        }  # fmt: skip

    def whole(self, row: Inquiry) -> dict[str, Any]:
        """With what was said, and what was recognised in it."""
        entries = list(row.entries.select_related("mail", "message").order_by("pk"))
        shut = quoting([e.mail for e in entries if e.mail], self.actor)
        said = Suggestion.objects.filter(entry__inquiry=row).order_by("pk")
        told = [_entry(e, shut=e.mail_id in shut) for e in entries]
        return self.shape(row) | {"entries": told, "suggestions": [_suggestion(s) for s in said]}


def _entry(entry: InquiryEntry, *, shut: bool) -> dict[str, Any]:
    shown = {"automatic": "", "message_state": "", "subject": ""}
    if entry.mail:
        mail = entry.mail
        shown |= {"automatic": mail.automatic, "subject": mail.subject}
        words = words_shown(mail) if shut else mail.body
        return shown | {"kind": "mail", "who": mail.sender, "at": (mail.sent_at or mail.received_at).isoformat(), "words": words}
    if entry.message:
        shown |= {"message_state": entry.message.state, "subject": entry.message.subject}
        return shown | {"kind": "answer", "who": entry.actor, "at": entry.at.isoformat(), "words": entry.message.body}
    return shown | {"kind": "note", "who": entry.actor, "at": entry.at.isoformat(), "words": entry.note}


def _suggestion(row: Suggestion) -> dict[str, Any]:
    return {
        "kind": row.kind, "quote": row.quote, "rule": row.rule, "currency": row.currency or None, "day": iso(row.day), "state": row.state,
        "amount": money.to_text(row.amount, row.currency) if row.amount is not None and row.currency else None, "result": row.result,
    }  # fmt: skip


class Inquiries(InquiryRecords, ListView):
    """GET the inquiries in sight, by key; POST one."""

    stamp = ""
    changes = ("updated_at", "entries__updated_at", "entries__message__updated_at", "entries__suggestions__updated_at")
    filters: ClassVar = {
        "company": "company__code", "customer": "customer_id", "number": "number", "state": "state", "kind": "kind",
        "owner": "owner__email__iexact",
    }  # fmt: skip
    known: ClassVar = {"state": Inquiry.State.values, "kind": Inquiry.Kind.values}

    @schemas.reads(
        "inquiries_list", schemas.page("InquiryRow"),
        schemas.page_parameters(
            "company", "customer", "number", state=(STATE, "Without it, all."), kind=(KIND, ""),
            owner=(schemas.ANY, "An e-mail address."),
        ),
    )  # fmt: skip
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One page of inquiries: what customers and colleagues ask, with owner and by when it is to be answered."""
        return super().get(request, *args, **kwargs)

    @schemas.writes("inquiries_create", schemas.ref("InquiryIn"), MADE)
    def post(self, request: Request) -> Response:
        """Open an inquiry about a customer's account. Needs an Idempotency-Key, so that a retry opens no second one."""
        return once(request, self.actor, lambda: self._open(object_of(request.data)), needed=True)

    def _open(self, said: dict[str, Any]) -> Response:
        values, problems = read_row(said, FIELDS, required=("customer", "subject"))
        found = Customers([said], actor=self.actor, permission=WORK, source_system="").find(said) if not problems else None
        if isinstance(found, Problem):
            problems.append(found)
        owner = User.objects.filter(email__iexact=values["owner"], is_active=True).first() if values.get("owner") else None
        if values.get("owner") and (owner is None or (found and not isinstance(found, Problem) and not owner.can(WORK, found.company_id))):
            problems.append(Problem("/owner", "missing_reference", "nobody who answers customers has this address"))
        if problems or found is None or isinstance(found, Problem):
            raise refused(problems)
        made = open_inquiry(
            actor=self.actor, company=found.company, customer=found, subject=values["subject"], words=values.get("words", ""),
            kind=values.get("kind", "other"), source=values.get("source", "phone"), owner=owner, now=clock.now(), today=clock.today(),
        )  # fmt: skip
        return Response(self.whole(self.rows().get(pk=made.pk)), status=201)


class InquiryDetail(InquiryRecords, DetailView):
    """One inquiry by our id."""

    @schemas.reads("inquiries_get", schemas.found("Inquiry"))
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """An inquiry by id, with its mails, answers and notes, and what was recognised in them."""
        return super().get(request, *args, **kwargs)
