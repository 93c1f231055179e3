"""Statement of account: on screen and paper, as PDF, as Excel."""

from datetime import date, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse

from arops.lib import clock, pdf
from arops.lib.http import page
from arops.lib.sheets import export_response
from collections_app.selectors.statement import Statement, first_day, statement
from collections_app.services.statement_paper import account_table, cover_of, items_table, paper_of
from customers.models import Customer
from invoicing.services.paper import look_of
from org.access import allowed
from reports.selectors.customer import in_sight


@allowed("customers.view")
def statement_page(request: HttpRequest, pk: int) -> HttpResponse:
    """The account from a day to a day; `format=pdf` or `format=xlsx` gives the file."""
    user: Any = request.user
    customer = get_object_or_404(in_sight(user, pk))
    first, last, error = _span(request)
    made = statement(customer, first, last)
    wanted = request.GET.get("format", "")
    if wanted == "pdf" and pdf.is_available():
        return _pdf(customer, made)
    file = export_response(request, items_table([made]), cover_of([made], user.name), {"Account": account_table([made])})
    if file:
        return file
    context = {
        "statement": made, "customer": customer, "error": error, "can_pdf": pdf.is_available(), "asked_pdf": wanted == "pdf",
        **look_of(customer.company),
        "send_url": reverse("customers:write", args=[pk]) + "?statement=1" if user.can("messages.send", customer.company_id) else "",
    }  # fmt: skip
    return page(request, "customers/statement.html", context, status=400 if error else 200)


def _pdf(customer: Customer, made: Statement) -> HttpResponse:
    response = HttpResponse(paper_of([made]), content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="statement-{customer.pk}-{made.as_of}.pdf"'
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
