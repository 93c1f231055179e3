"""The outbox: what waits, went out, failed or is parked; a message and what can be done about it."""

from collections.abc import Callable
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_POST

from arops.lib import clock
from arops.lib.files import Kept, download
from arops.lib.http import filters_of, page, redirect_htmx, toast
from arops.lib.sheets import Cover, export_response
from arops.lib.tables import Column, Table
from messaging import services
from messaging.forms import RetryForm
from messaging.models import Message
from messaging.selectors import count_by_state, history_of, kinds_in_sight, message_list, reads_whole
from org.access import allowed
from org.actors import NotAllowed

PER_PAGE = 100
TONES = {"sent": "ok", "failed": "bad", "parked": "warn", "claimed": "info", "pending": "info"}


@allowed("collections.view")
def outbox(request: HttpRequest) -> HttpResponse:
    """Messages in sight, latest first, by state, kind, customer and text."""
    user: Any = request.user
    asked = filters_of(request, q="", state="", kind="", customer="", page="1")
    key = asked["customer"]
    customer = int(key) if key.isascii() and key.isdigit() and len(key) < 18 else None
    everything = message_list(actor=user, kind=asked["kind"], text=asked["q"], customer_id=customer)
    found = everything.filter(state=asked["state"]) if asked["state"] in Message.State.values else everything
    in_force = {k: v for k, v in asked.items() if v and k != "page"}
    file = _export(request, found, in_force)
    if file:
        return file
    counts = count_by_state(everything)
    shown = Paginator(found, PER_PAGE).get_page(asked["page"])
    context = {
        "asked": asked, "in_force": in_force, "page": shown, "counts": counts,
        "table": outbox_table(shown.object_list, with_note=asked["state"] in ("failed", "parked")),
        "tabs": [("", "All", sum(counts.values())), *((code, label, counts.get(code, 0)) for code, label in Message.State.choices[1:])],
        "kinds": kinds_in_sight(user), "destination": services.destination(), "user_can_export": user.can("reports.export"),
    }  # fmt: skip
    return page(request, "messaging/outbox.html", context, fragment="rows")


def outbox_table(messages: Any, *, with_note: bool = False) -> Table:
    """The outbox as rows and columns, for the page and for files; with a note where it matters: why one failed or is parked."""
    note = Column("error", "Note", lambda m: m.error, grow=True)
    columns = [
        Column("customer", "Customer", lambda m: m.customer.name if m.customer else "nobody in particular", pin=True, href=_message_url),
        Column("subject", "Subject", lambda m: m.subject, grow=not with_note, priority=3 if with_note else 2),
        Column("state", "State", lambda m: m.get_state_display(), kind="badge", tone=lambda m: TONES.get(m.state, "")),
        *([note] if with_note else []),
        Column("to", "To", lambda m: ", ".join(m.recipients) or m.get_channel_display(), priority=2),
        Column("kind", "Kind", lambda m: m.kind.replace("_", " "), priority=3),
        Column("at", "When", lambda m: f"{m.sent_at or m.not_before:%Y-%m-%d %H:%M}", priority=2),
    ]  # fmt: skip
    return Table(columns, messages, row_id=lambda m: f"message-{m.pk}", name="outbox")


def _message_url(message: Message) -> str:
    return reverse("messaging:message", args=[message.pk])


def _export(request: HttpRequest, found: Any, in_force: dict[str, str]) -> HttpResponse | None:
    user: Any = request.user
    if request.GET.get("format") in ("xlsx", "csv") and not user.can("reports.export"):
        raise PermissionDenied("taking data out needs the permission reports.export")
    if "format" not in request.GET:
        return None
    return export_response(request, outbox_table(found, with_note=True), Cover("Outbox", user.name, clock.today(), in_force))


@allowed("collections.view")
def message(request: HttpRequest, pk: int) -> HttpResponse:
    """A message: its text, files, history, and what can be done about it."""
    return _page(request, _message(request, pk, "collections.view"))


def _page(request: HttpRequest, found: Message, form: RetryForm | None = None) -> HttpResponse:
    user: Any = request.user
    files = found.enclosed.select_related("storedfile").defer("storedfile__content")
    whole = reads_whole(user, found)
    context = {
        "whole": whole, "message": found, "tone": TONES.get(found.state, ""), "files": files if whole else (),
        "history": history_of(found),
        "may_act": user.can("messages.send", found.company_id), "destination": services.destination(), "now": clock.now(),
        "form": form or RetryForm(initial={"recipients": "\n".join(found.recipients)}),
    }  # fmt: skip
    return page(request, "messaging/message.html", context, status=422 if form else 200)


@allowed("collections.view")
def attachment(request: HttpRequest, pk: int, file_pk: int) -> HttpResponse:
    """A file that goes with a message, as a download."""
    found = _message(request, pk, "collections.view")
    if not reads_whole(_user(request), found):
        raise Http404
    one = get_object_or_404(found.enclosed.select_related("storedfile"), storedfile=file_pk)
    return download(Kept(one.name, bytes(one.storedfile.content), one.storedfile.content_type))


@require_POST
@allowed("messages.send")
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a message back."""
    found = _message(request, pk, "messages.send")
    return _do(request, found, "Taken back: it isn’t sent", lambda user: services.cancel_message(actor=user, message=found))


@require_POST
@allowed("messages.send")
def retry(request: HttpRequest, pk: int) -> HttpResponse:
    """Send a failed or cancelled message, to the addresses given."""
    found, form = _message(request, pk, "messages.send"), RetryForm(request.POST)
    if not form.is_valid():
        return _page(request, found, form)
    to, undo = form.cleaned_data["recipients"], reverse("messaging:cancel", args=[pk])
    try:
        services.retry_message(actor=_user(request), message=found, now=clock.now() + services.RESTS, recipients=to)
    except (services.MessageError, NotAllowed) as error:
        form.add_error("recipients", str(error))
        return _page(request, found, form)
    return toast(request, _back(request, found), "Goes out in ten seconds", undo_url=undo)


@require_POST
@allowed("messages.send")
def release(request: HttpRequest, pk: int) -> HttpResponse:
    """Say whether a parked message went out (`went_out` yes or no)."""
    found, went_out = _message(request, pk, "messages.send"), request.POST.get("went_out") == "yes"
    if request.POST.get("went_out") not in ("yes", "no"):  # what isn't said sends no mail a second time
        return toast(request, _back(request, found), "say whether it went out", tone="bad")
    told = "Kept as sent" if went_out else "Goes out again in ten seconds"
    now = clock.now() if went_out else clock.now() + services.RESTS
    return _do(request, found, told, lambda user: services.release_parked(actor=user, message=found, went_out=went_out, now=now))


@require_POST
@allowed("messages.send")
def posted(request: HttpRequest, pk: int) -> HttpResponse:
    """A letter was printed and posted."""
    found = _message(request, pk, "messages.send")
    return _do(request, found, "Kept as posted", lambda user: services.mark_posted(actor=user, message=found, now=clock.now()))


def _do(request: HttpRequest, found: Message, told: str, act: Callable[[Any], object]) -> HttpResponse:
    try:
        act(_user(request))
    except (services.MessageError, NotAllowed) as error:
        return toast(request, _back(request, found), str(error), tone="bad")
    return toast(request, _back(request, found), told)


def _back(request: HttpRequest, found: Message) -> HttpResponse:
    return redirect_htmx(request, reverse("messaging:message", args=[found.pk]))


def _message(request: HttpRequest, pk: int, permission: str) -> Message:
    found: Message = get_object_or_404(Message.objects.visible_to(_user(request), permission).select_related("customer", "company"), pk=pk)
    return found


def _user(request: HttpRequest) -> Any:
    return request.user
