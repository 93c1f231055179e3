"""The page of an inquiry: its thread, what was recognised, whose it is, what can be done; files of its mails."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_POST

from arops.lib import clock
from arops.lib.files import Kept, download
from arops.lib.http import address, page
from arops.lib.refusal import Refused
from collections_app.forms.inquiries import OwnerForm
from collections_app.models import Inquiry
from collections_app.selectors.inquiries.thread import decided_of, readings_of, thread_of
from collections_app.selectors.inquiries.whose import candidates
from collections_app.services.inquiries.moving import assign_inquiry, close_inquiry, note_inquiry, reopen_inquiry, set_customer
from collections_app.services.inquiries.passing_on import hand_to_cash, keep_sender
from collections_app.views.inquiries import answering
from collections_app.views.inquiries.inbox import mail_in_sight
from collections_app.views.inquiries.shared import WORK, act, inquiry_in_sight, owner_of, person, version_of
from customers.models import Customer
from messaging.models import InboundPart
from messaging.selectors import quoting
from org.access import allowed
from org.models import User


@allowed("collections.view")
def inquiry(request: HttpRequest, pk: int) -> HttpResponse:
    """The inquiry: thread, suggestions, facts, and everything that can be done."""
    user, found = person(request), inquiry_in_sight(request, pk)
    works = user.can(WORK, found.company_id)
    today, now = clock.today(), clock.now()
    thread = thread_of(found, user)
    context = {
        "inquiry": found, "thread": thread, "today": today, "now": now, "may_work": works, "is_open": found.state != Inquiry.State.CLOSED,
        "waits": found.state in ("new", "open"), "late": found.state in ("new", "open") and found.answer_by <= now,
        "readings": readings_of(found, today, with_receipts=user.can("cash.view", found.company_id)), "decided": _decided(found),
        "items": [i.open_item for i in found.items.select_related("open_item").order_by("open_item__due_date", "pk")],
        "reply": answering.panel(user, found) if works else None, "mails": sum(step.kind == "mail" for step in thread),
        **_whose(user, found, works),
    }  # fmt: skip
    return page(request, "collections_app/inbox/inquiry.html", context)


def _whose(user: Any, found: Inquiry, works: bool) -> dict[str, Any]:
    """Whose it is, or may be; who answers."""
    seen = Customer.objects.visible_to(user, WORK).filter(company=found.company_id)
    maybe = candidates(found) if found.customer is None and works else []
    in_sight = set(seen.filter(pk__in=[c.customer.pk for c in maybe]).values_list("pk", flat=True)) if maybe else set()
    people = User.objects.filter(is_active=True, memberships__company=found.company_id).distinct().order_by("name")
    workers = [p.pk for p in people if p.can(WORK, found.company_id)] if works else []
    return {
        "candidates": [c for c in maybe if c.customer.pk in in_sight], "foreign": any(c.customer.pk not in in_sight for c in maybe),
        "owner_form": OwnerForm(people=people.filter(pk__in=workers), initial={"owner": found.owner_id}) if works else None,
        "call_url": address("collections:call", found.customer_id) if found.customer_id and works else "",
        "may_cash": works and user.can("cash.import", found.company_id),
        "may_keep": works and found.contact_id is None and found.customer_id is not None and user.can("customers.edit", found.company_id),
    }  # fmt: skip


def _decided(found: Inquiry) -> list[tuple[Any, str]]:
    """What was decided of the suggestions, with the page of what came of it."""
    names = {"promise": "collections:promise", "dispute": "disputes:detail", "receipt": "ledger:item", "message": "messaging:message"}
    rows = []
    for row in decided_of(found):
        kind, _, key = row.result.partition(":")
        rows.append((row, address(names[kind], int(key)) if kind in names and key.isdecimal() else ""))
    return rows


@require_POST
@allowed(WORK)
def assign(request: HttpRequest, pk: int) -> HttpResponse:
    """Give it to somebody; `me` takes it oneself."""
    found = inquiry_in_sight(request, pk, WORK)

    def do(user: Any) -> str:
        owner = user if request.POST.get("me") else owner_of(request, [found.company_id])
        assign_inquiry(actor=user, inquiry=found, owner=owner, version=version_of(request))
        return f"{found.number} is {'yours' if owner == user else owner.name if owner else 'nobody’s'}"

    return act(request, found, do)


@require_POST
@allowed(WORK)
def customer(request: HttpRequest, pk: int) -> HttpResponse:
    """Say whose it is, by the customer's key or number."""
    found, user = inquiry_in_sight(request, pk, WORK), person(request)
    seen = Customer.objects.visible_to(user, WORK).filter(company=found.company_id).select_related("collector", "company")
    key, number = request.POST.get("customer", ""), request.POST.get("number", "").replace("\x00", "").strip()[:60]
    chosen = (
        seen.filter(pk=int(key)).first()
        if key.isascii() and key.isdecimal() and len(key) < 18
        else seen.filter(number__iexact=number).first()
    )

    def do(actor: Any) -> str:
        if chosen is None:
            raise Refused("no customer in your sight has this number")
        set_customer(actor=actor, inquiry=found, customer=chosen, version=version_of(request))
        return f"{found.number} is {chosen.name}’s"

    return act(request, found, do)


@require_POST
@allowed(WORK)
def note(request: HttpRequest, pk: int) -> HttpResponse:
    """A word among ourselves."""
    found = inquiry_in_sight(request, pk, WORK)
    words = request.POST.get("body", "").replace("\x00", "")[:20_000]
    return act(request, found, lambda user: (note_inquiry(actor=user, inquiry=found, words=words), "Noted")[1])


@require_POST
@allowed(WORK)
def close(request: HttpRequest, pk: int) -> HttpResponse:
    """Nothing more is to be done; on to the next with `then=next`."""
    found = inquiry_in_sight(request, pk, WORK)
    reason = request.POST.get("reason", "").replace("\x00", "")[:2000]

    def do(user: Any) -> str:
        close_inquiry(
            actor=user,
            inquiry=found,
            today=clock.today(),
            reason=reason,
            version=version_of(request),
            ending=request.POST.get("ending", ""),
        )
        return f"{found.number} is closed"

    return act(request, found, do, reverse("collections:inquiry-next", args=[pk]))


@require_POST
@allowed(WORK)
def reopen(request: HttpRequest, pk: int) -> HttpResponse:
    """It isn't done after all."""
    found = inquiry_in_sight(request, pk, WORK)

    def do(user: Any) -> str:
        reopen_inquiry(actor=user, inquiry=found, now=clock.now(), version=version_of(request))
        return f"{found.number} is open again"

    return act(request, found, do)


@require_POST
@allowed(WORK)
def to_cash(request: HttpRequest, pk: int) -> HttpResponse:
    """Its mail is a remittance advice: cash reads it."""
    found = inquiry_in_sight(request, pk, WORK)
    return act(request, found, lambda user: (hand_to_cash(actor=user, inquiry=found), "Cash reads the mail within a minute")[1])


@require_POST
@allowed("customers.edit")
def keep(request: HttpRequest, pk: int) -> HttpResponse:
    """Who wrote becomes a contact of the customer."""
    found = inquiry_in_sight(request, pk, WORK)
    return act(request, found, lambda user: f"{keep_sender(actor=user, inquiry=found).name} is a contact now")


@allowed("collections.view")
def original(request: HttpRequest, pk: int) -> HttpResponse:
    """A mail as it came, as an attachment that no browser opens."""
    found = mail_in_sight(request, pk)
    if quoting([found], person(request)):
        raise Http404
    return download(Kept(found.stored_file.name, bytes(found.stored_file.content), "application/octet-stream"))


@allowed("collections.view")
def part(request: HttpRequest, pk: int) -> HttpResponse:
    """A file of a mail as it came, as an attachment that no browser opens."""
    found = get_object_or_404(InboundPart.objects.select_related("stored_file"), pk=pk)
    mail = mail_in_sight(request, found.mail_id)
    if mail.automatic and quoting([mail], person(request)):
        raise Http404
    return download(Kept(found.name, bytes(found.stored_file.content), "application/octet-stream"))
