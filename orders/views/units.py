"""Unit conversions: how many of one unit another is."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from arops.lib.http import page, toast
from arops.lib.refusal import Refused
from orders.forms.units import UnitForm
from orders.models import UnitConversion
from orders.services import save_unit_conversion
from orders.services.conversions import remove_unit_conversion
from orders.services.single import RowRefused, in_words
from org.access import allowed
from org.actors import NotAllowed
from org.models import Company

SHOWN = 500


@allowed("orders.edit")
def index(request: HttpRequest) -> HttpResponse:
    """The table of conversions, and a form that adds one or changes its factor."""
    user: Any = request.user
    companies = Company.objects.visible_to(user, "orders.edit").order_by("code")
    form = UnitForm(request.POST or None, companies=companies)
    if request.method == "POST" and form.is_valid():
        try:
            made = save_unit_conversion(actor=user, row=form.row())
        except RowRefused as refused:
            for problem in refused.problems:
                name = problem.pointer.strip("/")
                form.add_error(name if name in form.fields else None, in_words(problem))
        except (Refused, NotAllowed) as refused:
            form.add_error(None, str(refused))
        else:
            return toast(request, redirect("orders:units"), str(made))
    rows: Any = UnitConversion.objects.visible_to(user, "orders.edit").select_related("company")
    context = {"form": form, "rows": list(rows.order_by("company__code", "sku", "from_unit", "to_unit")[:SHOWN]), "most": SHOWN}
    return page(request, "orders/units.html", context, status=422 if request.method == "POST" else 200)


@require_POST
@allowed("orders.edit")
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a conversion out."""
    user: Any = request.user
    found = get_object_or_404(UnitConversion.objects.visible_to(user, "orders.edit"), pk=pk)
    said = str(found)
    try:
        remove_unit_conversion(actor=user, conversion=found)
    except (Refused, NotAllowed) as refused:
        return toast(request, redirect("orders:units"), str(refused), tone="bad")
    return toast(request, redirect("orders:units"), f"{said} taken out")
