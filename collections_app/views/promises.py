"""Promises: what was promised, what became of it."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_POST

from arops.lib import clock
from arops.lib.http import page, redirect_htmx, toast
from collections_app.models import Promise
from collections_app.services.promises import PromiseError, cancel_promise
from org.access import allowed

STATES = ("open", "broken", "partly", "kept", "superseded", "cancelled", "all")


@allowed("collections.view")
def promises(request: HttpRequest) -> HttpResponse:
    """Promises in sight by state, the next to fall due first; decided ones by their verdict, latest first."""
    state = request.GET.get("state", "open")
    found = (
        Promise.objects.visible_to(_user(request), "collections.view")
        .select_related("customer", "supersedes")
        .prefetch_related("items__open_item")
    )
    if state != "all":
        found = found.filter(state=state if state in STATES else "open")
    found = found.order_by("due_on") if state == "open" else found.order_by("-decided_on", "-pk")
    context = {"promises": found[:500], "state": state, "states": STATES, "today": clock.today()}
    return page(request, "collections_app/promises.html", context, fragment="table")


@require_POST
@allowed("promises.give")
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Withdraw a promise recorded by mistake."""
    promise = get_object_or_404(Promise.objects.visible_to(_user(request), "promises.give"), pk=pk)
    response = redirect_htmx(request, reverse("collections:promises"))
    try:
        cancel_promise(actor=_user(request), promise=promise, today=clock.today(), reason=request.POST.get("reason", "recorded by mistake"))
    except PromiseError as error:
        return toast(request, response, str(error), tone="bad")
    return toast(request, response, "The promise counts for nothing now", tone="ok")


def _user(request: HttpRequest) -> Any:
    return request.user
