"""Mailboxes that are read: their list, one set up or changed, tried out, read at the next moment. Its password is never shown."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_POST

from arops.lib.http import page, redirect_htmx, toast
from arops.lib.refusal import Refused
from messaging.forms import MailboxForm
from messaging.models import Mailbox
from messaging.services.mailboxes import change_mailbox, create_mailbox, read_soon, try_mailbox
from org.access import allowed
from org.models import Company


@allowed("settings.manage")
def mailboxes(request: HttpRequest) -> HttpResponse:
    """Mailboxes of the companies that one sets up: when each was read, and what was wrong."""
    return page(request, "messaging/mailboxes.html", {"mailboxes": _mailboxes(request)})


@allowed("settings.manage")
def create(request: HttpRequest) -> HttpResponse:
    """Set a mailbox up, and say at once whether it can be read."""
    user: Any = request.user
    form = MailboxForm(request.POST or None, companies=Company.objects.visible_to(user, "settings.manage"))
    if request.method == "POST" and form.is_valid():
        try:
            made = create_mailbox(actor=user, company=form.cleaned_data["company"], given=form.given())
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            return _tried(request, made, f"{made.name} is set up")
    return page(request, "messaging/mailbox.html", {"form": form}, status=422 if form.errors else 200)


@allowed("settings.manage")
def mailbox(request: HttpRequest, pk: int) -> HttpResponse:
    """A mailbox: its particulars to change, its state, its buttons."""
    user: Any = request.user
    found = get_object_or_404(_mailboxes(request), pk=pk)
    form = MailboxForm(request.POST or None, mailbox=found)
    if request.method == "POST" and form.is_valid():
        try:
            changed = change_mailbox(actor=user, mailbox=found, given=form.given())
        except Refused as refusal:
            form.add_error("password" if "password" in str(refusal) else None, str(refusal))
        else:
            return _tried(request, changed, f"{changed.name} is saved")
    return page(request, "messaging/mailbox.html", {"form": form, "mailbox": found}, status=422 if form.errors else 200)


@require_POST
@allowed("settings.manage")
def test(request: HttpRequest, pk: int) -> HttpResponse:
    """Connect, log in, open the folder; nothing is taken."""
    return _tried(request, get_object_or_404(_mailboxes(request), pk=pk), "")


@require_POST
@allowed("settings.manage")
def soon(request: HttpRequest, pk: int) -> HttpResponse:
    """Have it read at the next moment, even after a failure."""
    user: Any = request.user
    found = get_object_or_404(_mailboxes(request), pk=pk)
    read_soon(actor=user, mailbox=found)
    there = redirect_htmx(request, reverse("messaging:mailbox", args=[pk]))
    return toast(request, there, f"{found.name} is read within a minute")


def _tried(request: HttpRequest, found: Mailbox, done: str) -> HttpResponse:
    """Back to the mailbox, with what trying it out said."""
    user: Any = request.user
    there = redirect_htmx(request, reverse("messaging:mailbox", args=[found.pk]))
    before = f"{done}; but " if done else ""
    try:
        waiting = try_mailbox(actor=user, mailbox=found)
    except Refused as refusal:
        said = f"{before}{refusal}"
        return toast(request, there, said[:1].upper() + said[1:], tone="warn" if done else "bad")
    words = f"Connected to {found.host}: {waiting} mail{'' if waiting == 1 else 's'} in {found.folder} to look at"
    return toast(request, there, f"{done}. {words}" if done else words)


def _mailboxes(request: HttpRequest) -> Any:
    user: Any = request.user
    return Mailbox.objects.visible_to(user, "settings.manage").select_related("company")
