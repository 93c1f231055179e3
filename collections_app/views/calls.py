"""The call screen: one page, one hand on the phone, the outcome by number keys. What is typed is kept as it is typed."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_POST

from arops.lib import clock
from arops.lib.http import address, page, redirect_htmx, toast
from collections_app.forms.calls import CallForm
from collections_app.models import Activity, Promise, WorkTask
from collections_app.selectors.calling import before_call, missed_part, rows_of
from collections_app.selectors.worklist import Asked, lease_of
from collections_app.services.activities import ActivityError
from collections_app.services.calls import record_call
from collections_app.services.leases import give_back, take_lease
from collections_app.services.promises import PromiseError
from collections_app.views.listing import list_of, up_to_date
from customers.models import Customer
from disputes.services import DisputeError
from ledger.models import OpenItem
from org.access import allowed
from org.actors import NotAllowed

DRAFTED = ("outcome", "contact", "amount", "due_on", "parts", "reason", "body", "seconds")
"""Fields of a half-done call that are kept in the session until it is saved."""


@allowed("collections.work")
def call(request: HttpRequest, pk: int) -> HttpResponse:
    """GET shows the account ready to be called; POST records what came of it and brings the next call."""
    user: Any = request.user
    customer = _customer(request, pk)
    items = list(OpenItem.objects.open().owed().filter(customer=customer).order_by("due_date", "pk"))
    form = CallForm(request.POST or None, customer=customer, items=items, today=clock.today(), initial=_begun(request, customer))
    if request.method == "POST" and form.is_valid():
        try:
            told = record_call(actor=user, customer=customer, today=clock.today(), source=_source(request, customer), **form.for_service())
        except (ActivityError, PromiseError, DisputeError, NotAllowed) as error:
            form.add_error(None, str(error))
        else:
            _forget(request, customer)
            give_back(user=user, customer=customer)
            return toast(request, redirect_htmx(request, _next(request, customer)), told, tone="ok")
    return page(request, "collections_app/call.html", _context(request, customer, items, form), status=422 if form.errors else 200)


@require_POST
@allowed("collections.work")
def draft(request: HttpRequest, pk: int) -> HttpResponse:
    """Keep what is typed so far."""
    customer = _customer(request, pk)
    drafts = request.session.get("calls", {})
    drafts[str(customer.pk)] = {name: request.POST.get(name, "")[:4000] for name in DRAFTED} | {
        "items": request.POST.getlist("items")[:500]
    }
    request.session["calls"] = dict(list(drafts.items())[-5:])
    return HttpResponse(status=204)


def _customer(request: HttpRequest, pk: int) -> Customer:
    user: Any = request.user
    return get_object_or_404(Customer.objects.visible_to(user, "collections.work").select_related("company"), pk=pk)


def _source(request: HttpRequest, customer: Customer) -> str | None:
    """What makes two sendings of the form the same; nothing where the form brings no token."""
    token = request.POST.get("token", "").replace("\x00", "")[:60]
    return f"call:{request.user.pk}:{customer.pk}:{token}" if token else None


def _begun(request: HttpRequest, customer: Customer) -> dict[str, Any]:
    """What the form starts with: the half-done call, else what the address asks for."""
    kept: dict[str, Any] = request.session.get("calls", {}).get(str(customer.pk), {})
    outcome = request.GET.get("outcome", "")
    return kept | ({"outcome": outcome} if outcome and outcome in Activity.Outcome.values else {})


def _forget(request: HttpRequest, customer: Customer) -> None:
    drafts = request.session.get("calls", {})
    if drafts.pop(str(customer.pk), None):
        request.session["calls"] = drafts


def _context(request: HttpRequest, customer: Customer, items: list[OpenItem], form: CallForm) -> dict[str, Any]:
    user: Any = request.user
    today, now = clock.today(), clock.now()
    take_lease(user=user, customer=customer, now=now)
    form.fields["contact"].empty_label = "not said"  # type: ignore[attr-defined]
    promise = Promise.objects.filter(customer=customer).order_by("-given_on", "-pk").first()
    return {
        "customer": customer, "items": items, "rows": rows_of(customer, items), "ahead": before_call(customer, items, today, now),
        "lease": lease_of(customer, user, now), "form": form, "today": today, "chosen": _chosen(request, items, form),
        "contacts": customer.contacts.filter(is_active=True).order_by("-takes_calls", "role", "name"),
        "mixed": len({i.currency for i in items}) > 1,
        "last": Activity.objects.filter(customer=customer).exclude(kind="note").first(),
        "promise": promise, "missed": missed_part(promise) if promise else None,
        "activities": Activity.objects.filter(customer=customer)[:8], "kept": bool(form.initial.get("body")),
        "token": request.POST.get("token") or getattr(request, "request_id", ""),
        "left": _calls_left(request, customer), "statement_url": address("customers:statement", customer.pk),
        "may_plan": user.can("plans.make", customer.company_id),
    }  # fmt: skip


def _chosen(request: HttpRequest, items: list[OpenItem], form: CallForm) -> set[int]:
    """Items that are ticked: those sent, those asked for by the address, those of the draft; else what is overdue."""
    asked = request.POST.getlist("items") or request.GET.getlist("items") or form.initial.get("items") or []
    wanted = {int(pk) for pk in asked if str(pk).isdecimal() and len(str(pk)) < 19}
    found = {item.pk for item in items if item.pk in wanted}
    return found or {item.pk for item in items if item.due_date < clock.today() and not form.is_bound}


def _calls_left(request: HttpRequest, customer: Customer) -> int:
    """How many other accounts of the person's list are to be called."""
    left: int = _calls(request, customer).order_by().values("customer").distinct().count()
    return left


def _calls(request: HttpRequest, customer: Customer) -> QuerySet[WorkTask]:
    return list_of(request, Asked()).callable().exclude(customer=customer)


def _next(request: HttpRequest, customer: Customer) -> str:
    """The next account of the list to be called; the list itself when there is none, or when saving without 'next'."""
    user: Any = request.user
    if request.POST.get("then") == "next":
        up_to_date(request)
        listed = list_of(request, Asked())
        for task in listed.callable().filter(pk__in=listed.free(clock.now())).exclude(customer=customer).select_related("customer")[:20]:
            if take_lease(user=user, customer=task.customer, now=clock.now()):
                return reverse("collections:call", args=[task.customer_id])
    return reverse("collections:queue")
