"""Tax rates by jurisdiction with their history, and the certificates that exempt from them."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.dateparse import parse_date
from django.views.decorators.http import require_POST

from arops.lib import clock
from arops.lib.http import filters_of, page, redirect_htmx, toast
from arops.lib.refusal import Refused
from arops.lib.sheets import Cover, export_response
from arops.lib.tables import Column, Table
from customers.forms import RateForm
from customers.models import TaxRate
from customers.selectors import current_rates, rates_in_sight
from customers.services.taxes import CATEGORIES, end_tax_rate, set_tax_rate
from org.access import allowed
from org.models import Company

TONES = {"current": "ok", "future": "info", "past": ""}


@allowed("rates.view")
def index(request: HttpRequest) -> HttpResponse:
    """The rates that hold, or (`show=all`) all there were and will be. Also as Excel and CSV."""
    return _page(request, None)


def _page(request: HttpRequest, form: RateForm | None) -> HttpResponse:
    user: Any = request.user
    asked = filters_of(request, company="", q="", show="")
    found: list[Any] = list(rates_in_sight(user, asked["company"], asked["q"]))
    stands = current_rates(found, clock.today())
    for rate in found:
        rate.stands, rate.tone = stands[rate.pk], TONES[stands[rate.pk]]
        rate.kind = f"{rate.category} {CATEGORIES.get(rate.category, '')}".strip()
    rows = found if asked["show"] == "all" else [rate for rate in found if rate.stands != "past"]
    narrowed = {name: asked[name] for name in ("company", "q") if asked[name]}
    if request.GET.get("format") and not user.can("reports.export"):
        raise PermissionDenied("this needs the permission reports.export")
    file = export_response(
        request, table_of(rows), Cover("Tax rates", user.name, clock.today(), narrowed | {"show": asked["show"] or "in force"})
    )
    if file:
        return file
    may_edit = user.can("taxes.edit")
    start = RateForm(actor=user, initial={"valid_from": clock.today(), "category": "S"}) if may_edit else None
    context = {
        "rows": rows, "asked": asked, "narrowed": narrowed, "past": sum(rate.stands == "past" for rate in found), "may_edit": may_edit,
        "user_can_export": user.can("reports.export"), "companies": Company.objects.visible_to(user, "rates.view"), "form": form or start,
        "today": clock.today(),
    }  # fmt: skip
    return page(request, "customers/tax_rates.html", context, fragment="table", status=422 if form else 200)


def table_of(rows: list[Any]) -> Table:
    """The list as rows and columns, for files."""
    columns = [
        Column("company", "Company", lambda r: r.company.code), Column("jurisdiction", "Jurisdiction", lambda r: r.jurisdiction),
        Column("code", "Code", lambda r: r.code), Column("name", "Name", lambda r: r.name),
        Column("percent", "Per cent", lambda r: r.percent.normalize(), kind="num"), Column("category", "Category", lambda r: r.category),
        Column("from", "From", lambda r: r.valid_from, kind="date"), Column("to", "To", lambda r: r.valid_to, kind="date"),
        Column("stands", "Stands", lambda r: r.stands),
    ]  # fmt: skip
    return Table(columns, rows, name="rate")


@require_POST
@allowed("taxes.edit")
def new(request: HttpRequest) -> HttpResponse:
    """A rate from a day on."""
    user: Any = request.user
    form = RateForm(request.POST, actor=user)
    if form.is_valid():
        try:
            made = set_tax_rate(actor=user, **form.cleaned_data)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            return toast(request, redirect_htmx(request, reverse("customers:tax-rates")), f"{made} from {made.valid_from}.")
    return _page(request, form)


@require_POST
@allowed("taxes.edit")
def end(request: HttpRequest, pk: int) -> HttpResponse:
    """A code ends on the day that is given, else today."""
    user: Any = request.user
    rate = get_object_or_404(TaxRate.objects.visible_to(user, "taxes.edit"), pk=pk)
    back = redirect_htmx(request, reverse("customers:tax-rates"))
    try:
        day = parse_date(request.POST.get("valid_to", "")[:10]) or clock.today()
        end_tax_rate(actor=user, rate=rate, valid_to=day)
    except (Refused, ValueError) as refusal:
        return toast(request, back, f"Not ended: {refusal}.", tone="warn")
    return toast(request, back, f"{rate.code} ends on {day}.")
