"""Settings: why memos are issued and balances given up, in the company's own list."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from arops.lib.http import page, redirect_htmx, toast
from arops.lib.refusal import Refused
from invoicing.forms import ReasonForm
from invoicing.models import MemoReason
from invoicing.services.reasons import KINDS, STANDARD, save_reason
from org.access import allowed
from org.actors import NotAllowed
from org.models import Company


@allowed("settings.manage")
def reasons(request: HttpRequest) -> HttpResponse:
    """The list of a company; a POST adds a reason or changes one."""
    user: Any = request.user
    companies = list(Company.objects.visible_to(user, "settings.manage"))
    company = next((c for c in companies if c.code == request.GET.get("company")), companies[0])
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            saved = save_reason(actor=user, company=company, **form.cleaned_data)
        except NotAllowed as refusal:
            raise PermissionDenied(str(refusal)) from refusal
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            return toast(
                request, redirect_htmx(request, f"{reverse('invoicing:reasons')}?company={company.code}"), f"{saved.name} is saved"
            )
    rows: list[Any] = list(MemoReason.objects.filter(company=company).order_by("-is_active", "name"))
    chosen = next((r for r in rows or STANDARD if r.code == request.GET.get("code")), None)
    if chosen and not form.is_bound:
        form = ReasonForm(initial={name: getattr(chosen, name, True) for name in ReasonForm.base_fields})
    context = {
        "rows": rows or STANDARD, "is_standard": not rows, "company": company, "companies": companies, "form": form, "kinds": KINDS,
        "can_users": user.can("users.manage"), "chosen": chosen,
    }  # fmt: skip
    return page(request, "invoicing/reasons.html", context, status=422 if form.errors else 200)
