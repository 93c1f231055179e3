"""What late payment costs: policies in force and before, and the legal maximum by place."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse

from arops.lib import clock, money
from arops.lib.http import page, redirect_htmx, toast
from arops.lib.refusal import Refused
from collections_app.forms.charges import ChargePolicyForm, LegalLimitForm
from collections_app.models import ChargePolicy, LegalLimit
from collections_app.selectors.charge_lists import companies_that_charge, segments_of
from collections_app.services.charges.policies import end_policy, first_free_day, save_limit, save_policy
from org.access import allowed
from org.models import Company


@allowed("collections.view")
def policies(request: HttpRequest) -> HttpResponse:
    """Policies and limits of the companies in sight, those in force first."""
    user: Any = request.user
    today = clock.today()
    companies = companies_that_charge(user)
    mine = ChargePolicy.objects.visible_to(user, "collections.view").select_related("company").prefetch_related("tiers")
    limits = LegalLimit.objects.visible_to(user, "collections.view").select_related("company")
    rows = [
        (c, [p for p in mine if p.company_id == c.pk], [m for m in limits if m.company_id == c.pk], _may_edit(user, c)) for c in companies
    ]  # fmt: skip
    return page(request, "collections_app/charge_policies.html", {"rows": rows, "today": today})


@allowed("charges.edit")
def policy_new(request: HttpRequest, pk: int) -> HttpResponse:
    """A policy from a day on: for all, or for a segment; it begins with what is in force (`of`)."""
    user: Any = request.user
    company, today = _company(request, pk), clock.today()
    free = max(first_free_day(company, today), today.replace(day=1))
    start = _initial(request, company) | {"valid_from": free}
    form = ChargePolicyForm(
        request.POST or None, currency=company.base_currency, segments=segments_of(company), today=today, initial=start
    )  # fmt: skip
    if form.is_bound and form.is_valid():
        try:
            saved = save_policy(actor=user, company=company, wanted=form.policy(), today=today)
        except Refused as error:
            form.add_error(None, str(error))
        else:
            return toast(request, _back(request), f"{saved.name} is in force from {saved.valid_from}")
    context = {"company": company, "form": form, "free": free}
    return page(request, "collections_app/charge_policy.html", context, status=422 if form.errors else 200)


def _initial(request: HttpRequest, company: Company) -> dict[str, Any]:
    """The fields of the policy that is changed; else those of a usual one."""
    key = request.GET.get("of", "")
    found = (
        ChargePolicy.objects.filter(company=company, pk=int(key)).first() if key.isascii() and key.isdecimal() and len(key) < 18 else None
    )
    if found is None:
        return {"grace_days": 5, "nets_credits": True, "basis": "rate", "days_0": 0}
    names = "name segment basis grace_days charges_disputed nets_credits".split()
    start: dict[str, Any] = {name: getattr(found, name) for name in names}
    for name in ("minimum_charge", "minimum_due"):
        start[name] = money.to_text(getattr(found, name), company.base_currency)
    for n, tier in enumerate(found.tiers.all()[:5]):
        fee = money.to_text(tier.fee, company.base_currency) if tier.fee else ""
        start |= {f"days_{n}": tier.from_days, f"rate_{n}": tier.rate.normalize(), f"fee_{n}": fee}
    return start


@allowed("charges.edit")
def policy_end(request: HttpRequest, pk: int) -> HttpResponse:
    """End a policy at the end of this month, with none to follow it."""
    user: Any = request.user
    found = get_object_or_404(ChargePolicy.objects.visible_to(user, "charges.edit").select_related("company"), pk=pk)
    if request.method != "POST" or not _may_edit(user, found.company):
        raise Http404
    response = _back(request)
    try:
        ended = end_policy(actor=user, policy=found, last=clock.today(), today=clock.today())
    except Refused as error:
        return toast(request, response, str(error), tone="bad")
    return toast(request, response, f"{ended.name} ends on {ended.valid_to}")


@allowed("charges.edit")
def limit_new(request: HttpRequest, pk: int) -> HttpResponse:
    """The most that may be charged in a place, with its source, from a day on."""
    user: Any = request.user
    company, today = _company(request, pk), clock.today()
    start = {"limit_from": today.replace(day=1)}
    form = LegalLimitForm(request.POST or None, currency=company.base_currency, today=today, initial=start)
    if form.is_bound and form.is_valid():
        data = form.cleaned_data
        try:
            saved = save_limit(
                actor=user, company=company, place=data["place"], max_rate=data["max_rate"], max_fee=data["max_fee"], source=data["source"],
                valid_from=data["limit_from"],
            )  # fmt: skip
        except Refused as error:
            form.add_error(None, str(error))
        else:
            return toast(request, _back(request), f"The limit of {saved.place} is noted")
    return page(request, "collections_app/legal_limit.html", {"company": company, "form": form}, status=422 if form.errors else 200)


def _back(request: HttpRequest) -> HttpResponse:
    return redirect_htmx(request, reverse("collections:charge-policies"))


def _company(request: HttpRequest, pk: int) -> Company:
    user: Any = request.user
    found = get_object_or_404(Company.objects.visible_to(user, "charges.edit"), pk=pk)
    if not _may_edit(user, found):
        raise Http404
    return found


def _may_edit(user: Any, company: Company) -> bool:
    return bool(user.can("charges.edit", company.pk) and not user.only_reads)
