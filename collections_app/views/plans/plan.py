"""One plan: how it stands, its paper, and what may be done with it."""

from collections.abc import Callable
from datetime import date
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_POST

from arops.lib import clock
from arops.lib.files import download
from arops.lib.http import page, redirect_htmx, toast
from arops.lib.refusal import Refused
from collections_app.forms.days import parse_day
from collections_app.forms.plans import SignForm
from collections_app.models import PaymentPlan
from collections_app.selectors.plans import dues_of, effect_of, movements_of, parts_of, rows_of
from collections_app.services.plans import ask_for_plan, cancel_plan, send_offer, settle_early, sign_plan
from collections_app.services.plans.early import payoff_of
from collections_app.views.plans.lists import tone_of
from messaging.selectors import writable
from org.access import allowed
from org.selectors import actor_names
from workflow.models import Approval, Event
from workflow.services.attachments import files_of

State = PaymentPlan.State


def _plan(request: HttpRequest, pk: int, permission: str = "collections.view") -> PaymentPlan:
    user: Any = request.user
    rows = PaymentPlan.objects.visible_to(user, permission).select_related(
        "customer__company", "contact", "approval", "rest_item", "replaces", "signed_file"
    )
    return get_object_or_404(rows, pk=pk)


@allowed("collections.view")
def plan(request: HttpRequest, pk: int) -> HttpResponse:
    """A plan with its instalments as they stand today, what it covers, what moved in the books, and its history."""
    found = _plan(request, pk)
    return page(request, "collections_app/plan.html", _context(request, found), fragment="payoff")


def _context(request: HttpRequest, found: PaymentPlan, sign: SignForm | None = None) -> dict[str, Any]:
    user: Any = request.user
    today = clock.today()
    parts = parts_of(found, today)
    items: Any = found.items.select_related("open_item")  # type: ignore[attr-defined]
    events = list(Event.objects.filter(subject_type=found._meta.label_lower, subject_id=found.pk).order_by("-id"))
    (row,) = rows_of([found], today)
    ahead = found.state in (State.DRAFT, State.REFUSED, State.WAITING, State.OFFERED)
    covered = [(row.open_item.due_date, row.amount) for row in items]
    dues = dues_of(part.part for part in parts)
    names = actor_names({found.made_by, *(e.actor for e in events)})
    return {
        "plan": found, "customer": found.customer, "parts": parts, "items": items, "row": row, "today": today, "tone": tone_of(found),
        "newer": list(found.versions.exclude(state=State.CANCELLED)),  # type: ignore[attr-defined]
        "interest": sum(due.interest for due in dues), "pays": found.total - found.waived, "all": sum(due.total for due in dues),
        "effect": effect_of(found.customer, covered, dues, found.waived, today) if ahead else None,
        "moves": movements_of(found), "events": events, "names": names, "files": files_of(user, found),
        **_may(user, found, sign, today), **_payoff(request, found, today),
    }  # fmt: skip


def _may(user: Any, found: PaymentPlan, sign: SignForm | None, today: date) -> dict[str, Any]:
    """What the person may do with the plan as it stands."""
    makes = user.can("plans.make", found.company_id)
    open_now = found.state in (State.DRAFT, State.REFUSED)
    running = found.state == State.ACTIVE
    cancels = user.can("plans.approve", found.company_id) if running else makes
    offered = makes and found.state == State.OFFERED
    by = found.contact.name if found.contact else ""
    return {
        "may_change": makes and open_now, "may_cancel": cancels and found.state in (*State.values[:4], State.REFUSED),
        "sign": (sign or SignForm(today=today, initial={"signed_by": by})) if offered else None, "may_early": makes and running,
        "may_send": offered and user.can("messages.send", found.company_id),
        "addresses": [c.email for c in writable(found.customer)] if offered else [],
    }  # fmt: skip


def _payoff(request: HttpRequest, found: PaymentPlan, today: date) -> dict[str, Any]:
    """What ends a running plan by a day, today or the one typed."""
    if found.state != State.ACTIVE:
        return {}
    try:
        by = max(today, parse_day(request.GET.get("by", ""), today))
    except ValueError:
        by = today
    return {"payoff": payoff_of(found, by), "by": request.GET.get("by", by.isoformat())}


def _do(request: HttpRequest, found: PaymentPlan, act: Callable[[], str]) -> HttpResponse:
    """Do something with a plan and go back to it, with what came of it or why not."""
    response = redirect_htmx(request, reverse("collections:plan", args=[found.pk]))
    try:
        return toast(request, response, act())
    except Refused as error:
        return toast(request, response, f"{str(error)[:1].upper()}{str(error)[1:]}", tone="bad")


@require_POST
@allowed("plans.make")
def ask(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask to offer a draft."""
    user: Any = request.user
    found = _plan(request, pk, "plans.make")

    def act() -> str:
        asked = ask_for_plan(actor=user, plan=found, today=clock.today(), now=clock.now())
        return f"{found.number} may be offered now" if asked.state == Approval.State.ALONE else f"{found.number} waits for approval"

    return _do(request, found, act)


@require_POST
@allowed("plans.make")
def sign(request: HttpRequest, pk: int) -> HttpResponse:
    """Note that the customer signed: the plan runs from now on."""
    user: Any = request.user
    found = _plan(request, pk, "plans.make")
    form = SignForm(request.POST, request.FILES, today=clock.today())
    if form.is_valid():
        try:
            sign_plan(actor=user, plan=found, today=clock.today(), **form.for_service())
            return toast(request, redirect_htmx(request, reverse("collections:plan", args=[found.pk])), f"{found.number} runs")
        except Refused as error:
            form.add_error(None, str(error))
    return page(request, "collections_app/plan.html", _context(request, found, form), status=422)


@require_POST
@allowed("plans.make")
def send(request: HttpRequest, pk: int) -> HttpResponse:
    """Send the offer to an address."""
    user: Any = request.user
    found = _plan(request, pk, "plans.make")
    if not user.can("messages.send", found.company_id):
        raise PermissionDenied("this needs the permission messages.send")

    def act() -> str:
        message = send_offer(actor=user, plan=found, to=request.POST.get("to", ""), now=clock.now())
        return message.error or f"The offer goes to {message.recipients[0]}"

    return _do(request, found, act)


@require_POST
@allowed("plans.make")
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """End a plan, with a reason."""
    user: Any = request.user
    found = _plan(request, pk, "plans.make")
    if found.state == State.ACTIVE and not user.can("plans.approve", found.company_id):
        raise PermissionDenied("a running plan is ended by whoever approves plans (plans.approve)")

    def act() -> str:
        reason = request.POST.get("reason", "")[:300]
        cancel_plan(actor=user, plan=found, reason=reason, today=clock.today(), now=clock.now())
        return f"{found.number} is over"

    return _do(request, found, act)


@require_POST
@allowed("plans.make")
def early(request: HttpRequest, pk: int) -> HttpResponse:
    """Agree that all that is left is paid by a day."""
    user: Any = request.user
    found, today = _plan(request, pk, "plans.make"), clock.today()

    def act() -> str:
        try:
            by = parse_day(request.POST.get("by", ""), today)
        except ValueError as error:
            raise Refused(str(error)) from None
        settle_early(actor=user, plan=found, by=by, today=today)
        return f"What is left of {found.number} is due on {by}"

    return _do(request, found, act)


@allowed("collections.view")
def paper(request: HttpRequest, pk: int) -> HttpResponse:
    """The agreement, as it was offered."""
    found = _plan(request, pk)
    if found.offer is None:
        raise Http404("it isn’t written yet")
    return download(found.offer)


@allowed("collections.view")
def signed(request: HttpRequest, pk: int) -> HttpResponse:
    """The agreement, as the customer signed it."""
    found = _plan(request, pk)
    if found.signed_file is None:
        raise Http404("no signed paper was kept")
    return download(found.signed_file)
