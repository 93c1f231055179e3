"""One advice: what it says, the file to look at, the receipts it speaks of, what was done with it."""

import base64
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_POST

from arops.lib import clock
from arops.lib.files import Kept, download
from arops.lib.http import page, redirect_htmx, toast
from arops.lib.refusal import InputRefused, Refused
from cashapp.forms import number, words
from cashapp.models import Receipt, RemittanceJoin
from cashapp.selectors import remittances as reading
from cashapp.selectors.advice_customers import customer_typed, receipts_like
from cashapp.selectors.disagreements import advices_of
from cashapp.selectors.engine_input import policy_of
from cashapp.selectors.join_candidates import receipts_for
from cashapp.selectors.work import receipt_in_sight
from cashapp.services.remittances.joining import join, unjoin
from cashapp.services.remittances.keying import name_customer
from cashapp.services.remittances.looking import draw_page, look_at
from cashapp.services.remittances.setting_aside import set_aside, take_up
from cashapp.views.remittances.lists import undo_address
from org.access import allowed
from org.actors import NotAllowed
from org.selectors import actor_names
from workflow.models import StoredFile


@allowed("cash.view")
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """The advice with its lines, its file, its receipts and its history."""
    user: Any = request.user
    found = _seen(request, pk)
    history, past = list(reading.history_of(found)), list(reading.past_joins(user, found))
    file = reading.file_of(found)
    may_look = file is not None and reading.may_have_file(user, file)
    may_apply = user.can("cash.apply", found.company_id)
    text = words(request.GET.get("q"), 80)
    look = look_at(file) if file and may_look else None
    labels = {found.created_by, *(e.actor for e in history), *(j.made_by for j in found.shown_joins), *(j.ended_by for j in past)}
    context = {
        "remittance": found, "lines": list(found.lines.all()), "joins": found.shown_joins, "past": past, "history": history,
        "names": actor_names(labels - {""}), "file": file, "may_look": may_look, "look": look,
        "page_numbers": range(1, look.pages + 1) if look else (),
        "may_apply": may_apply, "q": text, "candidates": _candidates(user, found, text) if may_apply and not found.set_aside else (),
        "differences": _differences(user, found), **_sums(found),
    }  # fmt: skip
    return page(request, "cashapp/remittance.html", context, fragment="candidates")


def _candidates(user: Any, remittance: Any, text: str) -> list[tuple[Receipt, Any]]:
    """Receipts that it may speak of, each with what speaks for it: the likeliest first; those that are looked for by the amount."""
    likely = [] if text else [(c.receipt, c.pair) for c in receipts_for(user, remittance, clock.today())]
    return likely or [(receipt, None) for receipt in receipts_like(user, remittance, text)]


def _differences(user: Any, remittance: Any) -> list[tuple[Receipt, str]]:
    """Where the advices of its receipts disagree with money that waits, in words; of the first few receipts."""
    waiting = [j.receipt for j in remittance.shown_joins if j.receipt.open_item.balance][:5]
    policy = policy_of(remittance.company_id) if waiting else None
    return [(receipt, d.words) for receipt in waiting if policy for d in advices_of(user, receipt, policy).differences]


def _sums(remittance: Any) -> dict[str, Any]:
    """What the advice says beside what its lines come to and what came in; differences in minor units, None where one side is silent."""
    told = remittance.total
    lines = remittance.lines_sum if remittance.lines_silent == 0 else None
    received = remittance.received if remittance.shown_joins else None
    announced = remittance.announced if received is not None else None
    return {
        "lines_sum": lines, "lines_off": None if told is None or lines is None else lines - told, "received": received,
        "announced": announced, "received_off": None if received is None or announced is None else received - announced,
    }  # fmt: skip


@allowed("cash.view")
def picture(request: HttpRequest, pk: int) -> HttpResponse:
    """A page (`?n=`) of the advice's file, drawn anew as a picture: nothing of the file itself reaches the browser."""
    user: Any = request.user
    file = reading.file_of(_seen(request, pk))
    if file is None or not reading.may_have_file(user, file):
        raise Http404
    return drawn(request, file)


def drawn(request: HttpRequest, file: StoredFile) -> HttpResponse:
    """A page of a file as a picture of ours, the first where none is asked for; 404 where there is none."""
    wanted = number(request.GET.get("n", "1"))
    try:
        png = base64.b64decode(draw_page(file, wanted))
    except InputRefused:
        raise Http404 from None
    response = HttpResponse(png, content_type="image/png")
    response["X-Content-Type-Options"], response["Cache-Control"] = "nosniff", "private, max-age=86400, immutable"
    return response


@allowed("cash.view")
def original(request: HttpRequest, pk: int) -> HttpResponse:
    """The advice's file as it came, as an attachment that no browser opens."""
    user: Any = request.user
    file = reading.file_of(_seen(request, pk))
    if file is None or not reading.may_have_file(user, file):
        raise Http404
    return download(Kept(file.name, bytes(file.content), "application/octet-stream"))


@require_POST
@allowed("cash.apply")
def aside(request: HttpRequest, pk: int) -> HttpResponse:
    """Say why it will have no receipt; or, without a reason that was given before, take it up again."""
    user: Any = request.user
    found = _seen(request, pk, "cash.apply")
    back = redirect_htmx(request, reverse("cashapp:remittance", args=[pk]))
    try:
        if request.POST.get("do") == "up":
            take_up(actor=user, remittances=[found])
            return toast(request, back, f"{found.number} is taken up again")
        done = set_aside(actor=user, remittances=[found], reason=words(request.POST.get("reason"), 300))
    except (Refused, NotAllowed) as refusal:
        return toast(request, back, str(refusal).capitalize(), tone="bad")
    return toast(request, back, f"{found.number} is set aside", undo_url=undo_address(done))


@require_POST
@allowed("cash.apply")
def customer(request: HttpRequest, pk: int) -> HttpResponse:
    """Say whose advice it is, by number or name; empty: nobody knows."""
    user: Any = request.user
    found = _seen(request, pk, "cash.apply")
    back = redirect_htmx(request, reverse("cashapp:remittance", args=[pk]))
    typed = words(request.POST.get("payer"), 200)
    chosen = customer_typed(user, found.company_id, typed, "cash.apply") if typed else None
    if typed and chosen is None:
        return toast(request, back, f"No customer of yours is {typed}", tone="bad")
    try:
        name_customer(actor=user, remittance=found, customer=chosen)
    except (Refused, NotAllowed) as refusal:
        return toast(request, back, str(refusal).capitalize(), tone="bad")
    return toast(request, back, f"{found.number} is {chosen.name}’s" if chosen else f"{found.number} is nobody’s yet")


@require_POST
@allowed("cash.apply")
def join_to(request: HttpRequest, pk: int) -> HttpResponse:
    """Join it to a receipt of the version that was seen."""
    user: Any = request.user
    found = _seen(request, pk, "cash.apply")
    receipt = receipt_in_sight(user, max(0, number(request.POST.get("receipt"))), "cash.apply")
    back = redirect_htmx(request, reverse("cashapp:remittance", args=[pk]))
    if receipt is None:
        return toast(request, back, "Choose a receipt of yours", tone="bad")
    version = number(request.POST.get("version"))
    try:
        join(actor=user, remittance=found, receipt=receipt, version=version, today=clock.today(), now=clock.now())
    except (Refused, NotAllowed) as refusal:
        return toast(request, back, str(refusal).capitalize(), tone="bad")
    return toast(request, back, f"{found.number} is joined to {receipt.number}")


@require_POST
@allowed("cash.apply")
def take_apart(request: HttpRequest, pk: int) -> HttpResponse:
    """Take the advice and a receipt apart again."""
    user: Any = request.user
    joins = RemittanceJoin.objects.visible_to(user, "cash.apply").select_related("remittance", "receipt__company", "receipt__open_item")
    joined = get_object_or_404(joins, pk=max(0, pk))
    if receipt_in_sight(user, joined.receipt_id, "cash.apply") is None:
        raise Http404
    back = redirect_htmx(request, reverse("cashapp:remittance", args=[joined.remittance_id]))
    try:
        unjoin(actor=user, joined=joined, reason=words(request.POST.get("reason"), 300), today=clock.today(), now=clock.now())
    except (Refused, NotAllowed) as refusal:
        return toast(request, back, str(refusal).capitalize(), tone="bad")
    return toast(request, back, f"{joined.remittance.number} and {joined.receipt.number} are taken apart")


def _seen(request: HttpRequest, pk: int, permission: str = "cash.view") -> Any:
    user: Any = request.user
    found = reading.remittance_in_sight(user, pk, permission)
    if found is None:
        raise Http404
    return found
