"""Payers' codes for deductions, and what each is to us."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_POST

from arops.lib import clock
from arops.lib.http import page, redirect_htmx, toast
from arops.lib.refusal import Refused
from arops.lib.sheets import Cover, export_response
from arops.lib.tables import Column, Table
from cashapp.forms import number, words
from cashapp.models import DeductionCode
from cashapp.selectors.deduction_codes import Used, companies_to_map, hit_rate, mapped_codes, used_codes
from cashapp.services.deduction_codes import drop_code, map_code
from customers.models import Customer
from disputes.models import Dispute
from org.access import allowed
from org.actors import NotAllowed

SHOWN = 300


@allowed("cash.view")
def index(request: HttpRequest) -> HttpResponse:
    """Codes that came, those nobody explained first; and what was said of codes."""
    user: Any = request.user
    used = used_codes(user, clock.today())
    if user.can("reports.export") and (
        file := export_response(request, _table(used), Cover("Deduction codes", user.name, clock.today(), {}))
    ):
        return file
    hits, uses = hit_rate(used)
    context = {
        "used": used[:SHOWN], "mapped": mapped_codes(user), "hits": hits, "uses": uses, "reasons": Dispute.Reason.choices,
        "rate": round(100 * hits / uses) if uses else None, "companies": companies_to_map(user), "labels": dict(Dispute.Reason.choices),
        "open": sum(not u.reason for u in used), "user_can_export": user.can("reports.export"),
    }  # fmt: skip
    return page(request, "cashapp/codes.html", context)


def _table(used: list[Used]) -> Table:
    labels = dict(Dispute.Reason.choices)
    columns = [
        Column("code", "Code", lambda u: u.code, pin=True), Column("customer", "Customer", lambda u: u.customer, grow=True),
        Column("uses", "Times in a year", lambda u: u.uses, kind="num", total=True),
        Column("amount", "Held back", lambda u: u.amount, kind="money", total=True), Column("last", "Last", lambda u: u.last, kind="date"),
        Column("reason", "Is to us", lambda u: str(labels.get(u.reason, ""))),
    ]  # fmt: skip
    return Table(columns, used, currency=lambda u: u.currency, name="codes")


@require_POST
@allowed("rules.edit")
def save(request: HttpRequest, pk: int) -> HttpResponse:
    """Say what a code is in a company: for one customer, or for whoever uses it."""
    user: Any = request.user
    company = next((c for c in companies_to_map(user) if c.pk == pk), None)
    if company is None:
        raise Http404
    chosen = number(request.POST.get("customer"))
    customer = Customer.objects.visible_to(user, "rules.edit").filter(pk=chosen, company=company).first() if chosen > 0 else None
    whole = request.POST.get("for") == "all" or customer is None
    back = redirect_htmx(request, reverse("cashapp:codes"))
    try:
        made = map_code(
            actor=user, company=company, code=words(request.POST.get("code"), 60), reason=words(request.POST.get("reason"), 30),
            customer=None if whole else customer, note=words(request.POST.get("note"), 200),
        )  # fmt: skip
    except (Refused, NotAllowed) as refusal:
        return toast(request, back, f"{refusal}".capitalize(), tone="bad")
    return toast(request, back, f"{made.code} is {dict(Dispute.Reason.choices)[made.reason]} from now on")


@require_POST
@allowed("rules.edit")
def drop(request: HttpRequest, pk: int) -> HttpResponse:
    """Forget what a code is."""
    user: Any = request.user
    row = get_object_or_404(DeductionCode.objects.visible_to(user, "rules.edit"), pk=pk)
    drop_code(actor=user, row=row)
    return toast(request, redirect_htmx(request, reverse("cashapp:codes")), f"{row.code} waits for a person again")
