"""What is done with a case of the ladder: one address an act, each with the version that was looked at."""

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_POST

from arops.lib import clock
from arops.lib.http import redirect_htmx, toast
from arops.lib.refusal import Refused
from collections_app.forms.escalation import PageForm, WordsForm
from collections_app.models import Escalation
from collections_app.selectors.escalation import cases_in_sight
from collections_app.services.escalation import deciding, placing
from org.access import allowed
from workflow.doorbell import ring

Act = Callable[[Any, Escalation, dict[str, Any]], str]


@require_POST
@allowed("escalations.raise")
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Keep the words of the page."""
    form = PageForm(request.POST)

    def act(user: Any, case: Escalation, _: dict[str, Any]) -> str:
        if not form.is_valid():
            raise deciding.EscalationError("the page needs words, 8,000 signs at most")
        deciding.edit_page(actor=user, case=case, **form.cleaned_data)
        return "The page is kept"

    return _done(request, pk, "escalations.raise", act)


@require_POST
@allowed("escalations.raise")
def step(request: HttpRequest, pk: int, move: str) -> HttpResponse:
    """Write the page anew, send a proposal up, or leave the account where it is."""
    acts: dict[str, Act] = {"renew": _renew, "confirm": _confirm, "dismiss": _dismiss}
    if move not in acts:
        raise Http404
    return _done(request, pk, "escalations.raise", acts[move])


def _renew(user: Any, case: Escalation, said: dict[str, Any]) -> str:
    deciding.renew_page(actor=user, case=case, day=clock.today(), version=said["version"])
    return "Written anew from today’s facts"


def _confirm(user: Any, case: Escalation, said: dict[str, Any]) -> str:
    done = deciding.confirm_proposal(actor=user, case=case, version=said["version"])
    return f"{done.number} waits for {done.rung}"


def _dismiss(user: Any, case: Escalation, said: dict[str, Any]) -> str:
    deciding.dismiss_proposal(actor=user, case=case, reason=said["words"], version=said["version"])
    return "The account stays where it is"


@require_POST
@allowed("escalations.decide")
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Accept what was raised with what is done, or send it back."""

    def act(user: Any, case: Escalation, said: dict[str, Any]) -> str:
        done = deciding.decide(
            actor=user, case=case, outcome=said["outcome"], words=said["words"], day=clock.today(), version=said["version"]
        )
        return "Decided" if done.state == Escalation.State.DECIDED else "Sent back"

    return _done(request, pk, "escalations.decide", act)


@require_POST
@allowed("collections.view")
def take(request: HttpRequest, pk: int) -> HttpResponse:
    """Say that one deals with the case."""

    def act(user: Any, case: Escalation, said: dict[str, Any]) -> str:
        deciding.take(actor=user, case=case, version=said["version"])
        return "Yours now"

    return _done(request, pk, "collections.view", act)


@require_POST
@allowed("collections.view")
def close(request: HttpRequest, pk: int) -> HttpResponse:
    """End a case by hand."""

    def act(user: Any, case: Escalation, said: dict[str, Any]) -> str:
        deciding.close_case(actor=user, case=case, reason=said["words"], day=clock.today(), version=said["version"])
        return "Closed"

    return _done(request, pk, "collections.view", act)


@require_POST
@allowed("escalations.place")
def outside(request: HttpRequest, pk: int, way: str) -> HttpResponse:
    """Place the account, take it back, have its pack made anew, or send it back unplaced."""
    acts: dict[str, Act] = {"place": _place, "recall": _recall, "pack": _pack, "return": _return}
    if way not in acts:
        raise Http404
    return _done(request, pk, "escalations.place", acts[way])


def _place(user: Any, case: Escalation, said: dict[str, Any]) -> str:
    done = placing.place(actor=user, case=case, placed_with=said["words"], day=clock.today(), version=said["version"])
    ring(placing.request_pack(actor=user, case=done))
    return f"Placed with {done.placed_with}; the pack is being made"


def _pack(user: Any, case: Escalation, said: dict[str, Any]) -> str:
    ring(placing.request_pack(actor=user, case=case))
    return "The pack is being made"


def _recall(user: Any, case: Escalation, said: dict[str, Any]) -> str:
    placing.recall(actor=user, case=case, reason=said["words"], day=clock.today(), version=said["version"])
    return "Recalled: it is chased here again"


def _return(user: Any, case: Escalation, said: dict[str, Any]) -> str:
    deciding.send_back(actor=user, case=case, reason=said["words"], day=clock.today(), version=said["version"])
    return "Sent back"


def _done(request: HttpRequest, pk: int, permission: str, act: Act) -> HttpResponse:
    """Do it and go back to the case; what is refused is said there."""
    user: Any = request.user
    case = get_object_or_404(cases_in_sight(user, permission), pk=pk)
    response = redirect_htmx(request, reverse("collections:escalation", args=[case.pk]))
    form = WordsForm(request.POST)
    if not form.is_valid():
        return toast(request, response, "the words are too long, or the version is missing", tone="bad")
    try:
        return toast(request, response, act(user, case, form.cleaned_data))
    except Refused as error:
        return toast(request, response, str(error), tone="bad")
