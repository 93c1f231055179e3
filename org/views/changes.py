"""More rights that wait for a second person, and what became of those before."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_POST

from arops.lib import clock
from arops.lib.http import page, redirect_htmx, toast
from arops.lib.refusal import Refused
from org.access import allowed
from org.actors import NotAllowed
from org.selectors import actor_names, changes_in_sight
from org.services import confirm_change, refuse_change, withdraw_change

SHOWN = 100
MOVES = {
    "confirm": (confirm_change, "is confirmed"), "refuse": (refuse_change, "is refused"), "withdraw": (withdraw_change, "is withdrawn"),
}  # fmt: skip


@allowed("access.confirm")
def changes(request: HttpRequest) -> HttpResponse:
    """What waits, the oldest first; then what was decided lately, or done alone."""
    user: Any = request.user
    rows = changes_in_sight(user)
    waiting, done = list(rows.filter(state="waiting").order_by("pk")), list(rows.exclude(state="waiting")[:SHOWN])
    names = actor_names({label for row in (*waiting, *done) for label in (row.asked_by, row.decided_by) if label})
    context = {"waiting": waiting, "done": done, "names": names, "me": user.label, "can_users": user.can("users.manage")}
    return page(request, "org/changes.html", context)


@require_POST
@allowed("access.confirm")
def change_decide(request: HttpRequest, pk: int, verb: str) -> HttpResponse:
    """Confirm, refuse or withdraw."""
    user: Any = request.user
    found = get_object_or_404(changes_in_sight(user), pk=pk)
    answer = redirect_htmx(request, reverse("org:changes"))
    move, said = MOVES[verb if verb in MOVES else "refuse"]
    try:
        move(actor=user, change=found, now=clock.now())
    except (Refused, NotAllowed) as error:
        return toast(request, answer, str(error), tone="bad")
    return toast(request, answer, f"{found.title} {said}")
