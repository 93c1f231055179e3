"""Putting the inbox in order: many at once, two made one, one parted in two; drafts of answers."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from arops.lib import clock
from arops.lib.http import redirect_htmx, toast
from arops.lib.refusal import Refused
from collections_app.models import Inquiry, InquiryEntry
from collections_app.services.inquiries.drafting import drop_draft, keep_draft
from collections_app.services.inquiries.sorting import MOST, merge_inquiries, sort_inquiries, split_inquiry
from collections_app.views.inquiries.shared import WORK, act, inquiry_in_sight, inquiry_url, owner_of, person, version_of
from org.access import allowed
from org.actors import NotAllowed

SAID = {"assign": "given", "close": "closed", "not_ours": "closed as not for us", "spam": "closed as spam"}


@require_POST
@allowed(WORK)
def bulk(request: HttpRequest) -> HttpResponse:
    """Several inquiries (`keys`) given to `owner` or oneself (`me`), or closed (`do`)."""
    user = person(request)
    keys = [int(key) for key in request.POST.getlist("keys")[:MOST] if key.isascii() and key.isdecimal() and len(key) < 18]
    wanted = request.POST.get("do", "")
    found = list(Inquiry.objects.visible_to(user, WORK).filter(pk__in=keys).select_related("company", "customer").order_by("pk"))
    there = redirect_htmx(request, f"{reverse('collections:inbox')}?view={_view(request)}")
    if wanted not in (*SAID, "me") or not found:
        return toast(request, there, "Nothing was chosen", tone="warn")
    owner = user if wanted == "me" else owner_of(request, {inquiry.company_id for inquiry in found})
    done = sort_inquiries(
        actor=user, inquiries=found, act="assign" if wanted == "me" else wanted, today=clock.today(), owner=owner,
        reason=request.POST.get("reason", "").replace("\x00", "")[:2000],
    )  # fmt: skip
    said = f"{done.done} {SAID['assign' if wanted == 'me' else wanted]}"
    rest = f"; {len(done.refused)} not: {done.refused[0]}" if done.refused else ""
    return toast(request, there, (said + rest)[:300], tone="warn" if done.refused else "ok")


def _view(request: HttpRequest) -> str:
    view = request.POST.get("view", "")
    return view if view.isascii() and view.isalpha() and len(view) < 20 else "open"


@require_POST
@allowed(WORK)
def merge(request: HttpRequest, pk: int) -> HttpResponse:
    """Make it part of another, by that one's number; then to that one."""
    found, user = inquiry_in_sight(request, pk, WORK), person(request)
    number = request.POST.get("into", "").replace("\x00", "").strip()[:40]
    rows = Inquiry.objects.visible_to(user, WORK).filter(company=found.company_id, number__iexact=number)
    into = rows.select_related("company", "customer").first()

    def do(actor: Any) -> str:
        if into is None:
            raise Refused("no inquiry in your sight has this number")
        merge_inquiries(actor=actor, inquiry=found, into=into, today=clock.today(), version=version_of(request))
        return f"{found.number} is part of {into.number} now"

    return act(request, found, do, inquiry_url(into) if into else "")


@require_POST
@allowed(WORK)
def split(request: HttpRequest, pk: int) -> HttpResponse:
    """Make one of its mails (`entry`) an inquiry of its own, and go there."""
    found, user = inquiry_in_sight(request, pk, WORK), person(request)
    key = request.POST.get("entry", "")
    entry = InquiryEntry(pk=int(key) if key.isascii() and key.isdecimal() and len(key) < 18 else 0)  # one of another's is none: refused
    try:
        made = split_inquiry(
            actor=user, inquiry=found, entry=entry, now=clock.now(), today=clock.today(), version=version_of(request)
        )  # fmt: skip
    except (Refused, NotAllowed) as refusal:
        return toast(request, redirect_htmx(request, inquiry_url(found)), str(refusal), tone="bad")
    return toast(request, redirect_htmx(request, inquiry_url(made)), f"{made.number} is of its own now")


@require_POST
@allowed(WORK)
def draft(request: HttpRequest, pk: int) -> HttpResponse:
    """Keep what is typed of an answer so far; `drop` throws it away."""
    found, user = inquiry_in_sight(request, pk, WORK), person(request)
    if request.POST.get("drop"):
        drop_draft(actor=user, inquiry=found)
        return toast(request, redirect_htmx(request, inquiry_url(found)), "The draft is thrown away")
    words = {name: request.POST.get(name, "").replace("\x00", "") for name in ("subject", "body")}
    lists = {name: [value.replace("\x00", "")[:254] for value in request.POST.getlist(name)] for name in ("to", "encloses")}
    keep_draft(actor=user, inquiry=found, words=words | lists, now=clock.now())
    return HttpResponse(status=204)
