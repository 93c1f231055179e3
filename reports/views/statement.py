"""Statement of account: on screen and paper, as PDF, as Excel."""

from datetime import date, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse

from arops.lib import clock, pdf
from arops.lib.http import page
from arops.lib.sheets import export_response
from collections_app.selectors.statement import Statement, first_day, statements
from collections_app.services.statement_paper import account_table, cover_of, items_table, paper_of
from customers.models import Customer
from customers.selectors import ids_below
from invoicing.services.paper import look_of
from org.access import allowed
from reports.selectors.customer import in_sight


@allowed("customers.view")
def statement_page(request: HttpRequest, pk: int) -> HttpResponse:
    """The account from a day to a day; `format=pdf` or `format=xlsx` gives the file."""
    user: Any = request.user
    customer = get_object_or_404(in_sight(user, pk))
    first, last, error = _span(request)
    children = in_sight_children(user, customer)
    as_group = request.GET.get("group") == "1" and bool(children)
    made = statements([customer, *children] if as_group else [customer], first, last)
    wanted = request.GET.get("format", "")
    if wanted == "pdf" and pdf.is_available():
        return _pdf(made)
    file = export_response(request, items_table(made), cover_of(made, user.name), {"Account": account_table(made)})
    if file:
        return file
    context = {
        "accounts": made, "statement": made[0], "customer": customer, "as_group": as_group, "children": len(children),
        "error": error, "can_pdf": pdf.is_available(), "asked_pdf": wanted == "pdf",
        **look_of(customer.company, "en"),
        "send_url": _send_url(pk, as_group) if user.can("messages.send", customer.company_id) else "",
    }  # fmt: skip
    return page(request, "customers/statement.html", context, status=400 if error else 200)


def _send_url(pk: int, as_group: bool) -> str:
    return reverse("customers:statement-send", args=[pk]) + ("?group=1" if as_group else "")


def in_sight_children(user: Any, customer: Customer) -> list[Customer]:
    """The active customers of a group under its head that the person sees: nobody is shown, or mails out, the account of another
    portfolio."""
    below = ids_below([customer.pk]).get(customer.pk, [])
    children = Customer.objects.visible_to(user, "customers.view").filter(pk__in=below, is_active=True)
    return list(children.select_related("company").order_by("name", "pk"))


def _pdf(made: list[Statement]) -> HttpResponse:
    response = HttpResponse(paper_of(made), content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="statement-{made[0].customer.pk}-{made[0].as_of}.pdf"'
    return response


def _span(request: HttpRequest) -> tuple[date, date, str]:
    """The days asked for; three months up to today when nothing (or nonsense) is."""
    today = clock.today()
    usual = first_day(today), today
    try:
        last = date.fromisoformat(request.GET.get("as_of") or today.isoformat())
        first = date.fromisoformat(request.GET.get("first") or first_day(last).isoformat())
    except ValueError:
        return *usual, "Write days like 2026-11-23."
    if not date(1990, 1, 1) <= first <= last <= today + timedelta(days=3660):
        return *usual, "The first day lies before the last, and neither far off."
    return first, last, ""
