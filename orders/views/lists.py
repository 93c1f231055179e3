"""The five lists: filters, sort and place in the address; files of exactly what is filtered."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from arops.lib import clock
from arops.lib.http import page
from arops.lib.sheets import Cover, export_response
from customers.models import Customer
from orders.forms.filters import FilterForm
from orders.selectors import listing
from orders.selectors.listing import KINDS, Kind
from orders.views.columns import table_of
from org.access import allowed
from org.models import Company

EXPORTED = 50_000
"""Records that one file holds; a file of more would keep a worker for minutes, and there the API serves better."""
_SAID = {"q": "text", "dated_from": "dated from", "dated_to": "dated to", "purchase_order": "purchase order"}


@allowed("orders.view")
def index(request: HttpRequest) -> HttpResponse:
    """The orders' life begins with the orders."""
    return redirect("orders:orders")


@allowed("orders.view")
def contracts(request: HttpRequest) -> HttpResponse:
    """Contracts in sight."""
    return _list(request, KINDS["contracts"])


@allowed("orders.view")
def purchase_orders(request: HttpRequest) -> HttpResponse:
    """Customers' purchase orders in sight."""
    return _list(request, KINDS["purchase-orders"])


@allowed("orders.view")
def orders(request: HttpRequest) -> HttpResponse:
    """Sales orders in sight."""
    return _list(request, KINDS["orders"])


@allowed("orders.view")
def deliveries(request: HttpRequest) -> HttpResponse:
    """Deliveries in sight."""
    return _list(request, KINDS["deliveries"])


@allowed("orders.view")
def work_orders(request: HttpRequest) -> HttpResponse:
    """Work orders in sight."""
    return _list(request, KINDS["work-orders"])


def _list(request: HttpRequest, kind: Kind) -> HttpResponse:
    """Records that the filters mean; `format=xlsx` or `csv` gives all of them as a file."""
    user: Any = request.user
    form = FilterForm(request.GET, kind=kind)
    valid, today = form.is_valid(), clock.today()
    found = listing.matching(user, kind, form.filters(), today)
    if request.GET.get("format") in ("xlsx", "csv") and valid:
        return _export(request, kind, form, found)
    asked = _asked(request)
    rows, after = listing.page_of(kind, found, sort=form.sorting(), after=request.GET.get("after", "")[:300])
    sums = listing.totals(kind, found, everything=request.GET.get("sum") == "all")
    in_force = _in_force(user, form)
    context = {
        "kind": kind, "tabs": _tabs(kind), "table": table_of(kind, rows, form.sorting(), asked, today), "rows": rows, "next": after,
        "sums": sums, "asked": asked, "in_force": in_force, "errors": form.reasons(), "is_first": not request.GET.get("after"),
        "states": [(code, label) for code, (label, _) in kind.states.items()], "hidden": _hidden(asked), **_offers(user, kind),
    }  # fmt: skip
    return page(request, "orders/list.html", context, fragment="rows", status=200 if valid else 422)


def _tabs(current: Kind) -> list[tuple[str, str, bool]]:
    return [(reverse(f"orders:{kind.code}"), kind.label, kind is current) for kind in KINDS.values()]


def _offers(user: Any, kind: Kind) -> dict[str, Any]:
    reach = user.reach("orders.view")
    companies = Company.objects.all() if reach.everything else Company.objects.filter(pk__in=reach.companies | reach.portfolios)
    can_edit = user.can("orders.edit")
    return {
        "companies": companies, "user_can_export": user.can("reports.export"), "can_edit": can_edit,
        "new_url": reverse(f"orders:{kind.code}-new") if can_edit else "",
        "import_url": reverse(f"orders:{kind.code}-import") if can_edit else "",
    }  # fmt: skip


def _asked(request: HttpRequest) -> dict[str, str]:
    """The query string's own words, without the place in the list."""
    return {name: request.GET.get(name, "")[:200] for name in FilterForm.base_fields if request.GET.get(name)}


def _hidden(asked: dict[str, str]) -> dict[str, str]:
    """Filters that have no control of their own and stay when another is changed."""
    return {name: asked[name] for name in ("customer", "contract", "purchase_order", "order", "sort") if name in asked}


def _in_force(user: Any, form: FilterForm) -> dict[str, str]:
    """The filters that narrow the list: name and words."""
    said = {}
    for name, value in form.found.items():
        if name == "sort" or value in (None, ""):
            continue
        said[_SAID.get(name, name)] = _words(user, form, name, value)
    return said


def _words(user: Any, form: FilterForm, name: str, value: Any) -> str:
    """A filter's value for people: the number of the record whose key it is."""
    models: dict[str, Any] = {kind.one.replace(" ", "_"): kind.model for kind in KINDS.values()} | {"customer": Customer}
    if name == "company":
        return next((c.code for c in Company.objects.filter(pk=value)), str(value))
    if name == "state":
        return form.kind.states[value][0]
    if name in models:
        found = models[name].objects.visible_to(user, "orders.view").filter(pk=value).first()
        return (found.name if name == "customer" else found.number) if found else str(value)
    return str(value)


def _export(request: HttpRequest, kind: Kind, form: FilterForm, found: QuerySet[Any]) -> HttpResponse:
    user: Any = request.user
    if not user.can("reports.export"):
        raise PermissionDenied("this needs the permission reports.export")
    rows, after = listing.page_of(kind, found, sort=form.sorting(), size=EXPORTED)
    if after:
        said = f"More than {EXPORTED:,} records fit these filters: narrow them, or take them by the API."
        return HttpResponse(said, status=422, content_type="text/plain; charset=utf-8")
    cover = Cover(kind.label, user.name, clock.today(), _in_force(user, form))
    return export_response(request, table_of(kind, rows, form.sorting(), {}, clock.today()), cover) or HttpResponse(status=422)
