"""Files beside records: the panel any page includes, adding, downloading, taking off. Who may is asked of the record."""

from typing import Any
from urllib.parse import urlsplit

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme

from arops.lib.files import download
from arops.lib.http import page, toast
from arops.lib.refusal import Refused
from org.access import by_record
from workflow.forms import AttachForm
from workflow.services.attachments import AttachmentError, attach, attachment_in_sight, files_of, handed_out, remove_attachment
from workflow.services.subjects import address_of, find_subject


@by_record
def panel(request: HttpRequest, subject: str, subject_pk: int) -> HttpResponse:
    """The files of a record; a POST adds one. Without htmx, back to the page the form stood on."""
    user: Any = request.user
    record = find_subject(user, subject, subject_pk, to_edit=request.method == "POST")
    if record is None:
        raise Http404
    if request.method != "POST":
        return page(request, "workflow/attachments.html", {"files": files_of(user, record), "record": record}, fragment="panel")
    try:
        added = _add(request, record)
    except Refused as refusal:
        return _answer(request, record, f"Not attached: {refusal}.", "bad")
    return _answer(request, record, f"{added} is attached.", "ok")


def _add(request: HttpRequest, record: Any) -> str:
    user: Any = request.user
    form = AttachForm(request.POST, request.FILES)
    if not form.is_valid():
        first = next(iter(form.errors.items()))
        raise AttachmentError("choose a file first" if first[0] == "file" else f"{first[0]}: {first[1][0]}".rstrip("."))
    given, data = form.cleaned_data["file"], form.cleaned_data
    made = attach(
        actor=user, subject=record, kind=data["kind"], name=given.name, content=given.read(), content_type=given.content_type or "",
        note=data["note"],
    )  # fmt: skip
    return made.name


@by_record
def fetch(request: HttpRequest, pk: int) -> HttpResponse:
    """The file, to keep: never shown in the browser."""
    found = attachment_in_sight(_user(request), pk)
    if found is None or request.method not in ("GET", "HEAD"):
        raise Http404
    return download(handed_out(found[0]))


@by_record
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a file off its record."""
    found = attachment_in_sight(_user(request), pk, to_edit=True)
    if found is None or request.method != "POST":
        raise Http404
    attachment, record = found
    remove_attachment(actor=_user(request), subject=record, attachment=attachment)
    return _answer(request, record, f"{attachment.name} is taken off; it is kept for the audit.", "ok")


def _answer(request: HttpRequest, record: Any, words: str, tone: str) -> HttpResponse:
    """The panel anew for htmx, else the page it stood on, with what happened."""
    user: Any = request.user
    if getattr(request, "htmx", False):
        status = 200 if tone == "ok" else 422
        context = {"files": files_of(user, record), "record": record, "said": words, "tone": tone}
        response = page(request, "workflow/attachments.html", context, fragment="panel", status=status)
        return toast(request, response, words, tone=tone)
    return toast(request, redirect(_back(request, record)), words, tone=tone)


def _back(request: HttpRequest, record: Any) -> str:
    wanted = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(wanted, allowed_hosts=None) and urlsplit(wanted).path.startswith("/"):
        return wanted
    return address_of(record._meta.label_lower, record.pk) or "/"


def _user(request: HttpRequest) -> Any:
    return request.user
