"""What the engine may do alone in each company."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse

from arops.lib.http import page, redirect_htmx, toast
from cashapp.forms.policies import PolicyForm
from cashapp.selectors.engine_input import policy_of
from cashapp.selectors.rules import active_matrix
from cashapp.services.policies import change_policy
from org.access import allowed
from org.models import Company


@allowed("cash.view")
def policies(request: HttpRequest) -> HttpResponse:
    """The policy of every company in sight."""
    user: Any = request.user
    rows = [(c, policy_of(c.pk), active_matrix(c.pk)) for c in Company.objects.visible_to(user, "cash.view")]
    return page(request, "cashapp/policies.html", {"rows": rows, "may_edit": user.can("rules.edit")})


@allowed("rules.edit")
def policy(request: HttpRequest, pk: int) -> HttpResponse:
    """Thresholds and tolerances of a company, to change."""
    user: Any = request.user
    company = get_object_or_404(Company.objects.visible_to(user, "rules.edit"), pk=pk)
    form = PolicyForm(request.POST or None, instance=policy_of(company.pk))
    if request.method == "POST" and form.is_valid():
        change_policy(actor=user, company=company, **form.cleaned_data)
        return toast(request, redirect_htmx(request, reverse("cashapp:policies")), f"{company.code}: the policy is changed")
    return page(request, "cashapp/policy.html", {"company": company, "form": form}, status=422 if form.errors else 200)
