"""The call screen: one page, one hand on the phone, the outcome by number keys."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse

from arops.lib import clock
from arops.lib.http import page, redirect_htmx, toast
from collections_app.forms import CallForm
from collections_app.models import Activity, Promise
from collections_app.selectors.worklist import work_list
from collections_app.services.activities import ActivityError
from collections_app.services.calls import record_call
from collections_app.services.promises import PromiseError
from customers.models import Customer
from disputes.services import DisputeError
from ledger.models import OpenItem
from org.access import allowed
from org.actors import NotAllowed


@allowed("collections.work")
def call(request: HttpRequest, pk: int) -> HttpResponse:
    """GET shows the account ready to be called; POST records what came of it and brings the next call."""
    user: Any = request.user
    customer = get_object_or_404(Customer.objects.visible_to(user, "collections.work").select_related("company"), pk=pk)
    items = list(OpenItem.objects.open().owed().filter(customer=customer).order_by("due_date", "pk"))
    form = CallForm(request.POST or None, customer=customer, items=items, today=clock.today())
    if request.method == "POST" and form.is_valid():
        try:
            told = record_call(actor=user, customer=customer, today=clock.today(), **form.for_service())
        except (ActivityError, PromiseError, DisputeError, NotAllowed) as error:
            form.add_error(None, str(error))
        else:
            return toast(request, redirect_htmx(request, _next(request, customer)), told, tone="ok")
    return page(request, "collections_app/call.html", _context(customer, items, form), status=422 if form.errors else 200)


def _context(customer: Customer, items: list[OpenItem], form: CallForm) -> dict[str, Any]:
    today = clock.today()
    return {
        "customer": customer, "items": items, "form": form, "today": today,
        "overdue": [i for i in items if i.due_date < today],
        "contacts": customer.contacts.filter(is_active=True),
        "last": Activity.objects.filter(customer=customer).exclude(kind="note").first(),
        "promise": Promise.objects.filter(customer=customer).order_by("-given_on").first(),
        "activities": Activity.objects.filter(customer=customer)[:8],
    }  # fmt: skip


def _next(request: HttpRequest, customer: Customer) -> str:
    """The next account of the list to be called; the list itself when there is none, or when saving without 'next'."""
    user: Any = request.user
    if request.POST.get("then") == "next":
        for item in work_list(user=user, today=clock.today(), with_waiting=False):
            if item.task.kind in ("call", "broken_promise") and item.customer != customer:
                return reverse("collections:call", args=[item.customer.pk])
    return reverse("collections:queue")
