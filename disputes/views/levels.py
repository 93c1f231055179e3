"""Service levels and the policy of cases, by company: to read for those who see cases, to change for those who configure them."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_POST

from arops.lib import clock
from arops.lib.http import page, redirect_htmx, toast
from disputes.forms.levels import LevelForm, PolicyForm
from disputes.models import Dispute, ServiceLevel
from disputes.selectors.levels import STANDARD_DAYS, USUAL_DAYS, policy_of
from disputes.services.errors import DisputeError
from disputes.services.levels import FIELDS, remove_level, save_level, save_policy, standard_levels
from org.access import allowed
from org.models import Company, Department


@allowed("disputes.view")
def index(request: HttpRequest) -> HttpResponse:
    """How a company works its cases."""
    return _show(request, _company(request, "disputes.view"))


@require_POST
@allowed("disputes.configure")
def policy(request: HttpRequest) -> HttpResponse:
    """Change the policy."""
    company, form = _company(request, "disputes.configure"), PolicyForm(request.POST)
    if form.is_valid():
        try:
            save_policy(actor=_user(request), company=company, today=clock.today(), **form.cleaned_data)
        except DisputeError as refusal:
            form.add_error(refusal.field or None, str(refusal))
        else:
            return _back(request, company, "Saved: it holds from now on")
    return _show(request, company, policy_form=form)


@require_POST
@allowed("disputes.configure")
def level(request: HttpRequest) -> HttpResponse:
    """Set a service level, or change the one that is there for the same."""
    company = _company(request, "disputes.configure")
    form = LevelForm(request.POST, company=company)
    if form.is_valid():
        try:
            save_level(actor=_user(request), company=company, **form.cleaned_data)
        except DisputeError as refusal:
            form.add_error(refusal.field or None, str(refusal))
        else:
            return _back(request, company, "Saved: it holds for cases that are opened, or handed over, from now on")
    return _show(request, company, level_form=form)


@require_POST
@allowed("disputes.configure")
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a service level away."""
    found = ServiceLevel.objects.visible_to(_user(request), "disputes.configure").select_related("company", "department")
    gone = get_object_or_404(found, pk=pk)
    remove_level(actor=_user(request), level=gone)
    return _back(request, gone.company, "Taken away: the more general one holds")


@require_POST
@allowed("disputes.configure")
def standard(request: HttpRequest) -> HttpResponse:
    """Set up the standard levels."""
    company = _company(request, "disputes.configure")
    made = standard_levels(actor=_user(request), company=company)
    return _back(request, company, f"{made} service levels set up" if made else "There are service levels already")


def _show(request: HttpRequest, company: Company, **forms: Any) -> HttpResponse:
    user = _user(request)
    held = policy_of(company.pk)
    rows = list(ServiceLevel.objects.filter(company=company).select_related("department").order_by("department__name", "reason"))
    form = forms.get("policy_form") or PolicyForm(initial={name: getattr(held, name) for name in FIELDS})
    context = {
        "company": company, "companies": Company.objects.visible_to(user, "disputes.view"), "policy": held,
        "policy_form": form, "tell_boxes": [form[name] for name in FIELDS if name.startswith("tells_")],
        "level_form": forms.get("level_form") or LevelForm(company=company), "levels": _levels(rows),
        "standard": [(Dispute.Reason(code).label, days) for code, days in STANDARD_DAYS.items()] + [("any other", USUAL_DAYS)],
        "departments": Department.objects.filter(company=company).exists(), "is_default": not isinstance(held.pk, int),
        "may_edit": user.can("disputes.configure", company.pk),
    }  # fmt: skip
    return page(request, "disputes/levels.html", context, status=422 if forms else 200)


def _levels(rows: list[ServiceLevel]) -> list[tuple[ServiceLevel, str, str]]:
    """Levels with what they hold for and from when they count; those that hold for all come last of their department."""
    rows.sort(key=lambda r: (r.department.name if r.department else "", not r.reason, r.reason))
    return [
        (
            row, Dispute.Reason(row.reason).label if row.reason else "any reason",
            "from the day it gets the case" if row.department_id else "from the day the case was opened",
        )
        for row in rows
    ]  # fmt: skip


def _company(request: HttpRequest, permission: str) -> Company:
    """The company that was chosen, or the first in sight. Raises 404."""
    found = Company.objects.visible_to(_user(request), permission)
    code = request.POST.get("company") or request.GET.get("company") or ""
    chosen = found.filter(code=code.replace("\x00", "")).first() if code else found.first()
    if chosen is None:
        raise Http404
    return chosen  # type: ignore[no-any-return]


def _back(request: HttpRequest, company: Company, said: str) -> HttpResponse:
    return toast(request, redirect_htmx(request, f"{reverse('disputes:levels')}?company={company.code}"), said, tone="ok")


def _user(request: HttpRequest) -> Any:
    return request.user
