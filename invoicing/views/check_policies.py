"""What a company wants done about findings."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse

from arops.lib.http import page, redirect_htmx, toast
from invoicing.checks import ORIGINS
from invoicing.forms.checks import PolicyForm
from invoicing.models import CheckPolicy
from invoicing.services.checking import set_check_policy
from org.access import allowed
from org.actors import NotAllowed
from org.models import Company


@allowed("checks.edit")
def index(request: HttpRequest) -> HttpResponse:
    """The policy of each company in sight."""
    user: Any = request.user
    companies = list(Company.objects.visible_to(user, "checks.edit").order_by("code"))
    known = {p.company_id: p for p in CheckPolicy.objects.filter(company__in=companies)}
    rows = [(company, known.get(company.pk) or CheckPolicy(company=company), company.pk in known) for company in companies]
    return page(request, "invoicing/check_policies.html", {"rows": rows})


@allowed("checks.edit")
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """The policy of one company, rule by rule."""
    user: Any = request.user
    company = get_object_or_404(Company.objects.visible_to(user, "checks.edit"), pk=pk)
    policy = CheckPolicy.objects.filter(company=company).first()
    form = PolicyForm(request.POST or None, initial=PolicyForm.start(policy))
    if request.method == "POST" and form.is_valid():
        try:
            set_check_policy(
                actor=user, company=company, pushed=form.cleaned_data["pushed"], drafted=form.cleaned_data["drafted"], rules=form.rules(),
                freight_skus=form.articles("freight_skus"), fee_skus=form.articles("fee_skus"),
            )  # fmt: skip
        except NotAllowed as refusal:
            form.add_error(None, str(refusal))
        else:
            return toast(request, redirect_htmx(request, reverse("invoicing:check-policies")), f"Saved for {company.code}")
    rules = [(rule, field, [ORIGINS[o] for o in rule.origins]) for rule, field in form.rows()]
    context = {"company": company, "policy": policy, "form": form, "rules": rules}
    return page(request, "invoicing/check_policy.html", context, status=422 if request.method == "POST" else 200)
