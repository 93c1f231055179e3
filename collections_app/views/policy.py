"""How a company collects: tolerances of promises, limits of plans, hours to answer in."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse

from arops.lib.http import page, redirect_htmx, toast
from collections_app.forms.policy import LABELS, ZONE, CollectionPolicyForm
from collections_app.services.policies import PolicyRefused, change_policy, policy_of
from org.access import allowed
from org.models import Company
from org.selectors import actor_names
from workflow.models import Event


@allowed("collections.view")
def first(request: HttpRequest) -> HttpResponse:
    """The policy of the first company in sight."""
    company = _companies(request).first()
    if company is None:
        return page(request, "collections_app/no_company.html", {})
    return policy(request, company.pk)


@allowed("collections.view")
def policy(request: HttpRequest, pk: int) -> HttpResponse:
    """A company's policy; whoever may configure collections changes it."""
    user: Any = request.user
    company = get_object_or_404(_companies(request), pk=pk)
    may_edit = user.can("collections.configure", company.pk) and not user.only_reads
    form = CollectionPolicyForm(
        request.POST if request.method == "POST" and may_edit else None, policy=policy_of(company), currency=company.base_currency
    )
    if form.is_bound and form.is_valid():
        try:
            change_policy(actor=user, company=company, **form.cleaned_data)
        except PolicyRefused as error:
            form.add_error(None, str(error))
        else:
            response = redirect_htmx(request, reverse("collections:policy", args=[company.pk]))
            return toast(request, response, f"{company.code} collects by this from now on", tone="ok")
    if not may_edit:
        for field in form.fields.values():
            field.disabled = True
    events = list(Event.objects.filter(type="collection_policy.changed", company_id=company.pk).order_by("-id")[:20])
    context = {
        "company": company, "companies": list(_companies(request)), "form": form, "may_edit": may_edit,
        "changes": [(e, _lines(e)) for e in events], "names": actor_names({e.actor for e in events}),
    }  # fmt: skip
    return page(request, "collections_app/policy.html", context, status=422 if form.errors else 200)


def _companies(request: HttpRequest) -> Any:
    user: Any = request.user
    return Company.objects.visible_to(user, "collections.view").order_by("code")


def _lines(event: Event) -> list[str]:
    """What an event changed, in words."""
    changed = event.data.get("changed", {}).items()
    return [f"{_called(name)}: {was} → {now}" for name, (was, now) in changed]


def _called(name: str) -> str:
    return LABELS[name][0] if name in LABELS else {"holidays": "Holidays", "office_zone": ZONE}[name]
