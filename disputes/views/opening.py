"""Opening a case by hand, and changing what is contested."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse

from arops.lib import clock, money
from arops.lib.http import page, redirect_htmx, toast
from arops.lib.refusal import Refused
from disputes.forms.opening import AmendForm, OpenForm
from disputes.models import CaseText, Dispute
from disputes.policy.reasons import reason_of
from disputes.selectors.contestable import contestable_lines
from disputes.selectors.telling import tells_by_default
from disputes.services import amend_dispute
from disputes.services.amounts import free_of
from disputes.services.by_hand import open_by_hand
from disputes.services.opening import NewDispute
from disputes.views.shared import case_in_sight, case_url, go_on, queue_of, version_of
from ledger.models import OpenItem
from org.access import allowed
from org.actors import NotAllowed


@allowed("disputes.open")
def create(request: HttpRequest, item_pk: int) -> HttpResponse:
    """Open a case on an item: the whole document, lines of it, or an amount. `?lines=3,4&reason=price` tick and choose beforehand."""
    user: Any = request.user
    seen = OpenItem.objects.visible_to(user, "disputes.open").owed().open().select_related("customer", "company")
    item = get_object_or_404(seen, pk=item_pk)
    lines, free = contestable_lines(item), free_of(item)
    form = OpenForm(request.POST or None, request.FILES or None, item=item, lines=lines, free=free, initial=_asked(request, lines))
    if request.method == "POST" and form.is_valid():
        made = _open(request, item, form)
        if made is not None:
            return toast(request, redirect_htmx(request, reverse("disputes:detail", args=[made.pk])), f"{made.number} opened", tone="ok")
    context = {
        "item": item, "form": form, "token": request.POST.get("token") or getattr(request, "request_id", ""), "rows": form.rows(),
        "free": free, "contested": item.balance - free, "digits": money.exponent(item.currency),
        "tells": tells_by_default(item.company_id, CaseText.Event.OPENED),
        "kind": form["kind"].value() or "invoice", "kinds": form.fields["kind"].choices if lines else _WITHOUT_LINES,  # type: ignore[attr-defined]
    }  # fmt: skip
    return page(request, "disputes/open.html", context, status=422 if form.errors else 200)


_WITHOUT_LINES = (("invoice", "all of it"), ("amount", "an amount"))


def _asked(request: HttpRequest, lines: list[Any]) -> dict[str, Any]:
    """What the address ticks beforehand: lines by their numbers, a reason, or the rule of the check that found it."""
    numbers = set(request.GET.get("lines", "").split(","))
    ticked = [line.pk for line in lines if str(line.number) in numbers]
    reason = request.GET.get("reason", "") or reason_of(request.GET.get("rule", "")[:60])
    return {"lines": ticked, "kind": "lines" if ticked else "invoice", "reason": reason if reason in Dispute.Reason.values else ""}


def _open(request: HttpRequest, item: OpenItem, form: OpenForm) -> Dispute | None:
    """The case, or None with what refused it on the form. The same form sent twice opens one."""
    user: Any = request.user
    told = form.for_service()
    source = f"form:{user.pk}:{item.pk}:{request.POST.get('token', '').replace(chr(0), '')[:40]}"
    evidence, tells = told.pop("evidence"), ("tells" in request.POST) if "asks_tells" in request.POST else None
    try:
        return open_by_hand(
            actor=user, wanted=NewDispute(open_item=item, source=source, **told), evidence=evidence, today=clock.today(), now=clock.now(),
            tells=tells,
        )  # fmt: skip
    except (Refused, NotAllowed) as refusal:
        _tell(form, refusal)
        return None


@allowed("disputes.work")
def amend(request: HttpRequest, pk: int) -> HttpResponse:
    """Change what is contested of an open case: its amount, its lines, its reason."""
    case = case_in_sight(request, pk, "disputes.work")
    item, queue = case.open_item, queue_of(request)
    lines, free = contestable_lines(item, beside=case), free_of(item, beside=case)
    start = {
        "kind": "lines" if case.kind == "lines" else "amount", "amount": money.to_text(case.amount, case.currency), "reason": case.reason,
        "lines": [line.pk for line in lines if line.contested],
    }  # fmt: skip
    form = AmendForm(request.POST or None, item=item, lines=lines, free=free, initial=start)
    if request.method == "POST" and form.is_valid():
        try:
            amend_dispute(actor=request.user, dispute=case, version=version_of(request), today=clock.today(), **form.for_service())  # type: ignore[arg-type]
        except (Refused, NotAllowed) as refusal:
            _tell(form, refusal)
        else:
            return toast(request, go_on(request, pk), f"{case.number}: {money.format(case.amount, case.currency)} in dispute", tone="ok")
    context = {
        "dispute": case, "item": item, "form": form, "rows": form.rows(), "free": free, "digits": money.exponent(item.currency),
        "kind": form["kind"].value() or start["kind"], "kinds": AMENDED if lines else AMENDED[1:], "queue": queue,
        "back": case_url(pk, queue), "version": request.POST.get("version") or case.version,
    }  # fmt: skip
    return page(request, "disputes/amend.html", context, status=422 if form.errors else 200)


AMENDED = (("lines", "lines"), ("amount", "an amount"))


def _tell(form: OpenForm | AmendForm, refusal: Exception) -> None:
    """Say a refusal beside the field that it is about, where it is about one of the form's."""
    field = getattr(refusal, "field", "")
    shown = {"reason", "department"} | ({"amount"} if form.cleaned_data.get("kind") == "amount" else set())
    form.add_error(field if field in shown else None, str(refusal))
