"""The taxonomy of causes: seen by everybody who sees cases, changed by those who set cases up."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_POST

from arops.lib.http import page, redirect_htmx, toast
from arops.lib.refusal import Refused
from disputes.forms.causes import CauseForm, RulesForm
from disputes.models import Cause, Stage
from disputes.selectors.causes import cases_by_cause, in_order, rule_label, rules_without_cause
from disputes.services.causes import add_cause, change_cause, map_rules, restore_cause, retire_cause, standard_causes
from disputes.views.cause_filters import tabs
from org.access import allowed
from org.actors import NotAllowed
from org.models import Company


@allowed("disputes.view")
def index(request: HttpRequest) -> HttpResponse:
    """The causes of a company by stage, retired ones last."""
    user: Any = request.user
    companies = list(Company.objects.visible_to(user, "disputes.view").order_by("code"))
    company = next((c for c in companies if c.code == request.GET.get("company")), companies[0] if companies else None)
    if company is None:
        return page(request, "disputes/taxonomy.html", tabs(user))
    causes = in_order(Cause.objects.filter(company=company).select_related("owner"))
    counts = cases_by_cause(company.pk)
    by_stage = [(label, [_row(c, counts[c.pk]) for c in causes if c.stage == code and c.is_active]) for code, label in Stage.choices]
    context = tabs(user, company) | {
        "company": company, "companies": companies, "stages": [(label, rows) for label, rows in by_stage if rows], "causes": causes,
        "retired": [_row(c, counts[c.pk]) for c in causes if not c.is_active], "may_set": user.can("disputes.configure", company.pk),
        "missing": [rule_label(code) for code in rules_without_cause(causes)] if causes else [],
    }  # fmt: skip
    return page(request, "disputes/taxonomy.html", context)


def _row(cause: Cause, cases: int) -> tuple[Cause, int, list[str]]:
    return cause, cases, [rule_label(code) for code in cause.rules]


@require_POST
@allowed("disputes.configure")
def standard(request: HttpRequest, company_pk: int) -> HttpResponse:
    """Set up the causes as delivered; those that there are stay."""
    company = _company(request, company_pk)
    made = 0

    def do(user: Any) -> str:
        nonlocal made
        made = standard_causes(actor=user, company=company)
        return f"{made} causes are set up for {company.code}" if made else f"{company.code} has all standard causes"

    return _done(request, company, do)


@allowed("disputes.configure")
def new(request: HttpRequest, company_pk: int) -> HttpResponse:
    """Add a cause."""
    company = _company(request, company_pk)
    form = CauseForm(request.POST or None, company=company, initial={"stage": request.GET.get("stage", "")})
    if request.method == "POST" and form.is_valid():
        try:
            cause = add_cause(actor=_user(request), company=company, **form.cleaned_data)
        except (Refused, NotAllowed) as refusal:
            form.add_error(None, str(refusal))
        else:
            return toast(request, redirect_htmx(request, _back(company)), f"{cause.name} is added")
    return page(request, "disputes/cause.html", {"company": company, "form": form, "back": _back(company)}, status=_status(form))


@allowed("disputes.configure")
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Rename a cause, give it another owner or stage; retire it or put it back into use."""
    cause = _cause(request, pk)
    start = {"name": cause.name, "stage": cause.stage, "owner": cause.owner_id, "is_ours": cause.is_ours}
    form = CauseForm(request.POST or None, company=cause.company, initial=start)
    if request.method == "POST" and form.is_valid():
        try:
            change_cause(actor=_user(request), cause=cause, **form.cleaned_data)
        except (Refused, NotAllowed) as refusal:
            form.add_error(None, str(refusal))
        else:
            return toast(request, redirect_htmx(request, _back(cause.company)), f"{form.cleaned_data['name']} is saved")
    context = {
        "company": cause.company, "form": form, "cause": cause, "back": _back(cause.company),
        "rules": [rule_label(code) for code in cause.rules], "cases": cause.disputes.count(),
    }  # fmt: skip
    return page(request, "disputes/cause.html", context, status=_status(form))


@require_POST
@allowed("disputes.configure")
def use(request: HttpRequest, pk: int) -> HttpResponse:
    """Retire a cause, or put it back into use."""
    cause = _cause(request, pk)

    def do(user: Any) -> str:
        if cause.is_active:
            return f"{retire_cause(actor=user, cause=cause).name} is retired"
        return f"{restore_cause(actor=user, cause=cause).name} is in use again"

    return _done(request, cause.company, do)


@allowed("disputes.configure")
def rules(request: HttpRequest, company_pk: int) -> HttpResponse:
    """Which cause each rule of the check points to."""
    company = _company(request, company_pk)
    causes = in_order(Cause.objects.filter(company=company))
    form = RulesForm(request.POST or None, causes=causes)
    if request.method == "POST" and form.is_valid():
        try:
            changed = map_rules(actor=_user(request), company=company, wanted=form.wanted())
        except (Refused, NotAllowed) as refusal:
            form.add_error(None, str(refusal))
        else:
            said = f"Saved: {changed} causes changed" if changed else "Nothing was changed"
            return toast(request, redirect_htmx(request, _back(company)), said)
    return page(request, "disputes/cause_rules.html", {"company": company, "form": form, "back": _back(company)}, status=_status(form))


def _done(request: HttpRequest, company: Company, do: Callable[[Any], str]) -> HttpResponse:
    response = redirect_htmx(request, _back(company))
    try:
        return toast(request, response, do(request.user))
    except (Refused, NotAllowed) as refusal:
        return toast(request, response, str(refusal), tone="bad")


def _back(company: Company) -> str:
    return reverse("disputes:taxonomy") + f"?company={company.code}"


def _status(form: Any) -> int:
    return 422 if form.errors else 200


def _company(request: HttpRequest, pk: int) -> Company:
    return get_object_or_404(Company.objects.visible_to(_user(request), "disputes.configure"), pk=pk)


def _cause(request: HttpRequest, pk: int) -> Cause:
    found = Cause.objects.visible_to(_user(request), "disputes.configure").select_related("company", "owner")
    return get_object_or_404(found, pk=pk)


def _user(request: HttpRequest) -> Any:
    return request.user
