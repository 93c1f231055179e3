"""The list of invoices, debit and credit memos: filters, sort and place in the address; files of exactly what is filtered."""

from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from arops.lib import clock
from arops.lib.http import page
from arops.lib.sheets import Cover, export_response
from arops.lib.tables import Column, Table
from customers.models import Customer
from invoicing import selectors
from invoicing.forms import FilterForm
from invoicing.models import Invoice
from invoicing.selectors.payable import gaps_in
from org.access import allowed
from org.models import Company

EXPORTED = 100_000
"""Documents that one file holds; a file of more would keep a worker for minutes, and there the API serves better."""
VIEWS = (("", "All"), ("open", "Open"), ("overdue", "Overdue"), ("disputed", "Disputed"), ("blocked", "Not payable"), ("paid", "Closed"))
_SAID = {
    "q": "text", "dated_from": "dated from", "dated_to": "dated to", "due_from": "due from", "due_to": "due to", "least": "at least",
    "most": "at most",
}  # fmt: skip


@allowed("invoices.view")
def index(request: HttpRequest) -> HttpResponse:
    """Documents in sight that the filters mean; `format=xlsx` or `csv` gives all of them as a file."""
    user: Any = request.user
    form = FilterForm(request.GET)
    valid = form.is_valid()
    sort = (form.cleaned_data.get("sort") or "-date") if valid or "sort" in form.cleaned_data else "-date"
    found = selectors.matching(user, form.filters(), clock.today())
    if request.GET.get("format") in ("xlsx", "csv") and valid:
        return _export(request, form, found, sort)
    shown = selectors.slice_of(found, sort=sort, after=request.GET.get("after", "")[:200])
    sums = selectors.totals(found, everything=request.GET.get("sum") == "all")
    context = {
        "form": form, "asked": _asked(request), "rows": shown.rows, "next": shown.after, "sums": sums, "sort": sort,
        "head": table_of([], sort, _asked(request)).head(), "disputed": selectors.contested(shown.rows), "today": clock.today(),
        "in_force": in_force(form), "views": _views(request), "errors": form.reasons(), "customer": _customer(user, form),
        "is_first": not request.GET.get("after"), "lacking": _lacking(shown.rows), **_offers(user),
    }  # fmt: skip
    return page(request, "invoicing/list.html", context, fragment="rows", status=200 if valid else 422)


def _lacking(rows: list[Invoice]) -> dict[int, str]:
    """Keys of documents that aren't payable yet, and what they lack in words."""
    found = gaps_in([row for row in rows if row.open_item.balance > 0], clock.today())
    return {pk: "; ".join(gap.words for gap in gaps) for pk, gaps in found.items() if gaps}


def _offers(user: Any) -> dict[str, Any]:
    reach = user.reach("invoices.view")
    companies = Company.objects.all() if reach.everything else Company.objects.filter(pk__in=reach.companies | reach.portfolios)
    return {
        "companies": companies, "kinds": Invoice.Kind.choices, "user_can_export": user.can("reports.export"),
        "can_issue": user.can("invoices.issue"), "can_import": user.can("invoices.import"),
    }  # fmt: skip


def _asked(request: HttpRequest) -> dict[str, str]:
    """The query string's own words, without the place in the list."""
    return {name: request.GET.get(name, "")[:200] for name in (*FilterForm.base_fields, "sort") if request.GET.get(name)}


def in_force(form: FilterForm) -> dict[str, str]:
    """The filters that narrow the list: name and words."""
    data = form.cleaned_data
    return {_SAID.get(n, n): str(form.data.get(n)) for n in form.fields if n not in ("sort", "state") and data.get(n) not in (None, "")}


def _views(request: HttpRequest) -> list[tuple[str, str, bool]]:
    """The list's states as tabs that keep the other filters."""
    asked = _asked(request)
    current = asked.pop("state", "")
    return [(f"?{urlencode(asked | ({'state': state} if state else {}))}", label, state == current) for state, label in VIEWS]


def _customer(user: Any, form: FilterForm) -> Customer | None:
    key = form.cleaned_data.get("customer")
    found: Customer | None = Customer.objects.visible_to(user, "invoices.view").filter(pk=key).first() if key else None
    return found


def _export(request: HttpRequest, form: FilterForm, found: QuerySet[Invoice], sort: str) -> HttpResponse:
    user: Any = request.user
    if not user.can("reports.export"):
        raise PermissionDenied("this needs the permission reports.export")
    rows = selectors.slice_of(found, sort=sort, size=EXPORTED)
    if rows.after:
        said = f"More than {EXPORTED:,} documents fit these filters: narrow them, or take them by the API."
        return HttpResponse(said, status=422, content_type="text/plain; charset=utf-8")
    state = form.cleaned_data.get("state") or ""
    cover = Cover("Invoices", user.name, clock.today(), in_force(form) | ({"state": state} if state else {}))
    lacking = _lacking(rows.rows)
    return export_response(request, table_of(rows.rows, sort, {}, lacking), cover) or HttpResponse(status=422)


def table_of(rows: list[Invoice], sort: str, query: dict[str, str], lacking: dict[int, str] | None = None) -> Table:
    """The list's columns, for its head and for files. Amounts are signed: a credit memo's are below zero."""
    columns = [
        Column("number", "Number", lambda r: r.number, sort="number", pin=True),
        Column("kind", "Kind", lambda r: r.get_kind_display(), priority=3),
        Column("customer", "Customer", lambda r: r.customer.name, sort="customer"),
        Column("customer_number", "Customer number", lambda r: r.customer.number),
        Column("company", "Company", lambda r: r.company.code, priority=3),
        Column("date", "Dated", lambda r: r.document_date, kind="date", sort="date", priority=2),
        Column("due", "Due", lambda r: r.open_item.due_date, kind="date", sort="due"),
        Column("po", "PO", lambda r: r.po_number, priority=3),
        Column("total", "Total", lambda r: r.open_item.amount, kind="money", sort="total", total=True, priority=2),
        Column("open", "Open", lambda r: r.open_item.balance, kind="money", sort="open", total=True),
        *([Column("lacks", "Not payable: lacks", lambda r: lacking.get(r.pk, ""), grow=True)] if lacking is not None else []),
    ]
    return Table(columns, rows, currency=lambda r: r.currency, sort=sort, query=query, row_id=lambda r: f"invoice-{r.pk}")


def back_to(customer: Customer) -> str:
    """The list narrowed to a customer."""
    return f"{reverse('invoicing:list')}?customer={customer.pk}"
