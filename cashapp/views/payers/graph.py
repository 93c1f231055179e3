"""A customer among payers."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404

from arops.lib import clock
from arops.lib.http import page
from cashapp.selectors.payer_graph import graph_of
from customers.models import Customer
from org.access import allowed


@allowed("cash.view")
def graph(request: HttpRequest, pk: int) -> HttpResponse:
    """Who pays for a customer, whom it pays for, what it is known by, and accounts that were new."""
    user: Any = request.user
    customer = get_object_or_404(Customer.objects.visible_to(user, "cash.view").select_related("company"), pk=pk)
    context = {"g": graph_of(user, customer, clock.today()), "c": customer, "may_edit": user.can("payers.edit", customer.company_id)}
    return page(request, "cashapp/payers/graph.html", context)
