"""What is said to the customer on the page of a case: the reply, its preview, what became of what was said."""

import secrets
from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_POST

from arops.lib import clock
from arops.lib.http import address, page, redirect_htmx, toast
from arops.lib.refusal import Refused
from disputes.forms.telling import ReplyForm
from disputes.models import CaseText, Dispute
from disputes.selectors.telling import files_of_case, filled, recipients_of, replies_for, said_by_note, tells_by_default
from disputes.services import move_dispute
from disputes.services.telling import reply_to_customer, send_again
from disputes.views.shared import case_in_sight, case_url, go_on, queue_of, version_of
from messaging.models import Message
from messaging.selectors import writable
from messaging.services import cancel_message
from org.access import allowed
from org.actors import NotAllowed

WAITABLE = (Dispute.State.OPEN, Dispute.State.INVESTIGATING, Dispute.State.DECISION)


def panel(user: Any, dispute: Dispute, form: ReplyForm | None = None) -> dict[str, Any]:
    """What the case's page needs to answer the customer, with what became of what was said (`said`: note → its mail)."""
    contacts = writable(dispute.customer)
    company = dispute.company_id
    return {
        "said": said_by_note(dispute.notes.exclude(message=None)), "contacts": contacts,
        "may_reply": user.can("disputes.work", company) and user.can("messages.send", company),
        "form": form or _form(dispute), "texts": replies_for(dispute), "token": secrets.token_hex(16),
        "contact_url": address("customers:contact-new", dispute.customer_id) if user.can("customers.edit", company) else "",
        "texts_url": address("disputes:texts") if user.can("disputes.configure", company) else "",
        "may_wait": dispute.state in WAITABLE,
        "tells_progress": bool(contacts) and tells_by_default(company, CaseText.Event.PROGRESS), "can_tell": bool(contacts),
    }  # fmt: skip


def _form(dispute: Dispute, data: Any = None) -> ReplyForm:
    first = {"to": recipients_of(dispute.customer), "subject": f"{dispute.number}: {dispute.open_item.number}"}
    return ReplyForm(data, contacts=writable(dispute.customer), attachments=files_of_case(dispute), initial=first)


@allowed("disputes.work")
def reply(request: HttpRequest, pk: int) -> HttpResponse:
    """Answer the customer: the page of a reply, and its sending. `wait` has the case wait for the customer from then on."""
    dispute, user = case_in_sight(request, pk, "disputes.work"), _user(request)
    form = _form(dispute, request.POST if request.method == "POST" else None)
    if request.method != "POST" or not form.is_valid():
        return _page(request, dispute, form)
    try:
        with transaction.atomic():
            message = _send(request, dispute, form.cleaned_data)
    except (Refused, NotAllowed) as error:
        form.add_error(None, str(error))
        return _page(request, dispute, form)
    undo = address("disputes:unsend", pk, message.pk) if user.can("messages.send", dispute.company_id) else ""
    return toast(request, go_on(request, pk), f"Mail to {dispute.customer.name} goes out in ten seconds", undo_url=undo)


def _send(request: HttpRequest, dispute: Dispute, data: dict[str, Any]) -> Message:
    user, token = _user(request), request.POST.get("token", "")[:40] or secrets.token_hex(16)
    message = reply_to_customer(
        actor=user, dispute=dispute, recipients=data["to"], subject=data["subject"], body=data["body"], files=data["attached"], token=token,
        now=clock.now(),
    )  # fmt: skip
    if data["wait"] and dispute.state in WAITABLE:
        move_dispute(
            actor=user, dispute=dispute, state=Dispute.State.WAITING, waiting_on=Dispute.WaitingOn.CUSTOMER, version=version_of(request),
            today=clock.today(),
        )  # fmt: skip
    return message


def _page(request: HttpRequest, dispute: Dispute, form: ReplyForm, fragment: str | None = None, **more: Any) -> HttpResponse:
    shown = panel(_user(request), dispute, form)
    if request.method == "POST":
        shown["token"] = request.POST.get("token", "")[:40] or shown["token"]
    queue = queue_of(request)
    context: dict[str, Any] = {"dispute": dispute, "reply": shown, "queue": queue, "back": case_url(dispute.pk, queue)}
    return page(request, "disputes/reply.html", context | more, fragment=fragment, status=422 if form.errors and not fragment else 200)


@allowed("disputes.work")
def words(request: HttpRequest, pk: int) -> HttpResponse:
    """Subject and text of a reply by a chosen text, filled in for the case."""
    dispute, chosen = case_in_sight(request, pk, "disputes.work"), request.GET.get("text", "")
    key = int(chosen) if chosen.isascii() and chosen.isdigit() and len(chosen) < 18 else 0
    form = _form(dispute)
    if key:
        text = get_object_or_404(CaseText, pk=key, company=dispute.company_id, event=CaseText.Event.REPLY, is_active=True)
        said = filled(text, dispute, clock.today())
        form.initial.update(subject=said.subject, body=said.body)
    return _page(request, dispute, form, fragment="words")


@require_POST
@allowed("disputes.work")
def preview(request: HttpRequest, pk: int) -> HttpResponse:
    """The mail as it would go out; nothing is kept."""
    dispute = case_in_sight(request, pk, "disputes.work")
    form = _form(dispute, request.POST)
    form.is_valid()
    files = [a for a in files_of_case(dispute) if a.pk in form.cleaned_data.get("attached", [])]
    return _page(request, dispute, form, fragment="preview", mail=form.cleaned_data, files=files)


@require_POST
@allowed("messages.send")
def unsend(request: HttpRequest, pk: int, message_pk: int) -> HttpResponse:
    """Take back what was said while it rests in the outbox."""
    return _on_message(request, pk, message_pk, "Taken back: it isn’t sent", lambda user, _, m: cancel_message(actor=user, message=m))


@require_POST
@allowed("messages.send")
def resend(request: HttpRequest, pk: int, message_pk: int) -> HttpResponse:
    """Send what failed or was taken back after all."""
    said = "Goes out in ten seconds"
    return _on_message(
        request, pk, message_pk, said, lambda user, dispute, m: send_again(actor=user, dispute=dispute, message=m, now=clock.now())
    )


def _on_message(request: HttpRequest, pk: int, message_pk: int, said: str, do: Callable[[Any, Dispute, Message], object]) -> HttpResponse:
    dispute = case_in_sight(request, pk, "messages.send")
    message = get_object_or_404(Message.objects.filter(pk__in=dispute.notes.exclude(message=None).values("message")), pk=message_pk)
    back = redirect_htmx(request, case_url(pk, queue_of(request)))
    try:
        do(request.user, dispute, message)
    except (Refused, NotAllowed) as error:
        return toast(request, back, str(error), tone="bad")
    return toast(request, back, said)


def _user(request: HttpRequest) -> Any:
    return request.user
