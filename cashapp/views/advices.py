"""Advices beside the receipt in hand: joined, taken apart, their files looked at with what they name marked."""

import base64
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_POST

from arops.lib import clock
from arops.lib.refusal import InputRefused, Refused
from cashapp.forms import number, words
from cashapp.models import Remittance, RemittanceJoin
from cashapp.selectors import remittances as reading
from cashapp.selectors.disagreements import marked
from cashapp.selectors.work import receipt_in_sight
from cashapp.services.remittances.joining import join, unjoin
from cashapp.services.remittances.looking import draw_page, look_at
from cashapp.views import acts
from org.access import allowed
from org.actors import NotAllowed

MARKED = 60
"""Names that are marked on a page."""


@require_POST
@allowed("cash.apply")
def join_here(request: HttpRequest, pk: int) -> HttpResponse:
    """Join an advice to the receipt in hand; it is matched again by what the advice says."""
    user: Any = request.user
    receipt = acts.in_sight(request, pk)
    wanted = max(0, number(request.POST.get("remittance")))
    remittance = get_object_or_404(Remittance.objects.visible_to(user, "cash.apply").filter(company=receipt.company_id), pk=wanted)
    version = number(request.POST.get("version"))
    try:
        join(actor=user, remittance=remittance, receipt=receipt, version=version, today=clock.today(), now=clock.now())
    except (Refused, NotAllowed) as error:
        return acts.refused(request, receipt, str(error), error=error)
    return acts.moved_on(request, pk, f"{remittance.number} is joined to {receipt.number}", "")


@require_POST
@allowed("cash.apply")
def apart(request: HttpRequest, pk: int) -> HttpResponse:
    """Take an advice and the receipt in hand apart."""
    user: Any = request.user
    joined = _joined(request, pk, "cash.apply")
    receipt = acts.in_sight(request, joined.receipt_id)
    try:
        unjoin(actor=user, joined=joined, reason=words(request.POST.get("reason"), 300), today=clock.today(), now=clock.now())
    except (Refused, NotAllowed) as error:
        return acts.refused(request, receipt, str(error), error=error)
    return acts.moved_on(request, receipt.pk, f"{joined.remittance.number} and {receipt.number} are taken apart", "")


@allowed("cash.view")
def file(request: HttpRequest, pk: int) -> HttpResponse:
    """The advice's file beside the receipt: its text or rows with the documents that it names marked, or its pages drawn anew."""
    joined = _joined(request, pk)
    stored = _file_of(request, joined)
    look, names = look_at(stored), _names(joined)
    context = {
        "joined": joined, "look": look, "pages": range(1, look.pages + 1), "segments": marked(look.text, names),
        "rows": [[marked(cell, names) or [("", "")] for cell in row] for row in look.rows],
    }  # fmt: skip
    return render(request, "cashapp/parts/advice_file.html", context)


@allowed("cash.view")
def drawn(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """A page of the file as a picture, with the documents that the advice names marked on it."""
    joined = _joined(request, pk)
    try:
        png = base64.b64decode(draw_page(_file_of(request, joined), number, marks=_names(joined)))
    except InputRefused:
        raise Http404 from None
    response = HttpResponse(png, content_type="image/png")
    response["X-Content-Type-Options"], response["Cache-Control"] = "nosniff", "private, max-age=86400, immutable"
    return response


def _joined(request: HttpRequest, pk: int, permission: str = "cash.view") -> RemittanceJoin:
    """A join that stands, of an advice and a receipt in sight; else 404."""
    user: Any = request.user
    rows = RemittanceJoin.objects.visible_to(user, permission).filter(ended_at=None)
    found = get_object_or_404(rows.select_related("remittance", "receipt__company", "receipt__open_item"), pk=max(0, pk))
    if receipt_in_sight(user, found.receipt_id, permission) is None:
        raise Http404
    return found


def _file_of(request: HttpRequest, joined: RemittanceJoin) -> Any:
    user: Any = request.user
    remittance = reading.remittance_in_sight(user, joined.remittance_id)
    stored = reading.file_of(remittance) if remittance else None
    if stored is None or not reading.may_have_file(user, stored):
        raise Http404
    return stored


def _names(joined: RemittanceJoin) -> list[str]:
    rows = joined.remittance.lines.exclude(reference="").values_list("reference", flat=True)
    return list(dict.fromkeys(rows[:MARKED]))
