"""Play: one task after another, each under a lease, so that two people never call the same customer."""

from itertools import chain

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_POST

from arops.lib import clock
from arops.lib.http import page, redirect_htmx, toast
from collections_app.models import WorkTask
from collections_app.selectors.worklist import WorkItem, WorkList
from collections_app.services.finishing import RESTS
from collections_app.services.leases import take_lease
from collections_app.views.listing import asked_of, person, query_of, up_to_date
from collections_app.views.panel import account_of
from collections_app.views.queue import MOST
from customers.models import Customer
from org.access import allowed

TRIES = 20
"""Accounts that may slip to colleagues between the look and the lease before we give up."""


@allowed("collections.work")
def play(request: HttpRequest) -> HttpResponse:
    """One task at a time, the next that nobody else is being served; `skip` passes one over for today."""
    up_to_date(request)
    asked = asked_of(request, request.GET.dict())
    listed = WorkList(person(request), clock.today(), asked)
    passed = _passed(request, request.GET.get("skip", ""))
    left, skipped = listed.now().exclude(key__in=passed).count(), listed.now().filter(key__in=passed).count() if passed else 0
    item = _serve(request, listed, passed)
    context = {"left": left, "skipped": skipped, "query": query_of(asked), "plays": True}
    return page(request, "collections_app/play.html", context | (account_of(request, item, RESTS) if item else {}))


def _serve(request: HttpRequest, listed: WorkList, passed: list[str]) -> WorkItem | None:
    """The first task whose account is, or becomes, the person's, in the order of the list: what is overdue before the rest."""
    free = listed.free(clock.now(), passed).select_related("customer__company", "owner")
    late = free.filter(due_on__lt=listed.late_before)
    for task in chain(late[:TRIES], free[:TRIES]):
        if _may(request, task) and take_lease(user=person(request), customer=task.customer, now=clock.now()):
            return listed.item(task.key)
    return None


def _may(request: HttpRequest, task: WorkTask) -> bool:
    return bool(Customer.objects.visible_to(person(request), "collections.work").filter(pk=task.customer_id).exists())


def _passed(request: HttpRequest, key: str) -> list[str]:
    """Keys passed over today, kept in the session."""
    today = str(clock.today())
    known = request.session.get("passed", {})
    keys: list[str] = known.get("keys", []) if known.get("day") == today else []
    if key and key not in keys:
        keys = [*keys, key[:80].replace("\x00", "")][-MOST:]
        request.session["passed"] = {"day": today, "keys": keys}
    return keys


@require_POST
@allowed("collections.work")
def take_over(request: HttpRequest, pk: int) -> HttpResponse:
    """An account that a colleague works on is mine from now on: to its call screen."""
    customer = get_object_or_404(Customer.objects.visible_to(person(request), "collections.work"), pk=pk)
    take_lease(user=person(request), customer=customer, now=clock.now(), takes_over=True)
    return toast(request, redirect_htmx(request, reverse("collections:call", args=[pk])), f"{customer.name} is yours now")
