"""The policy of dunning: levels, days, texts."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from arops.lib.http import page, redirect_htmx, toast
from collections_app.forms.strategies import PolicyForm, policy_values
from collections_app.models import DunningPolicy
from collections_app.policy.letters import FIELDS
from collections_app.services.dunning import DunningError
from collections_app.services.dunning_policy import MAX_LEVELS, create_default_policy, save_policy
from org.access import allowed
from org.actors import NotAllowed
from org.models import Company
from workflow.models import Event


@allowed("collections.view")
def policy(request: HttpRequest, pk: int) -> HttpResponse:
    """A policy: to read, and for those who may, to change."""
    user: Any = request.user
    found = _policy(request, pk)
    currency, count = found.company.base_currency, _count(request, found)
    adding = request.method == "POST" and request.POST.get("then") in ("add", "remove")
    form = PolicyForm(request.POST if request.method == "POST" and not adding else None, initial=_initial(request, found, adding),
                      currency=currency, count=count)  # fmt: skip
    if request.method == "POST" and not user.can("dunning.edit", found.company_id):
        raise Http404
    if request.method == "POST" and not adding and form.is_valid():
        try:
            save_policy(actor=user, policy=found, draft=form.for_service())
        except (DunningError, NotAllowed) as error:
            form.add_error(None, str(error))
        else:
            return toast(
                request, redirect_htmx(request, reverse("collections:dunning-policy", args=[pk])), "Kept: it holds from the next run"
            )
    return page(request, "collections_app/dunning_policy.html", _context(request, found, form), status=422 if form.errors else 200)


def _count(request: HttpRequest, found: DunningPolicy) -> int:
    """How many levels the form shows: those there are, or as many as the person has made of them."""
    given = request.POST.get("count", "")
    count = int(given) if given.isascii() and given.isdigit() and len(given) < 3 else found.levels.count()
    count += {"add": 1, "remove": -1}.get(request.POST.get("then", ""), 0)
    return min(max(count, 1), MAX_LEVELS)


def _initial(request: HttpRequest, found: DunningPolicy, adding: bool) -> dict[str, Any]:
    return request.POST.dict() if adding else policy_values(found, found.company.base_currency)


def _context(request: HttpRequest, found: DunningPolicy, form: PolicyForm) -> dict[str, Any]:
    user: Any = request.user
    changes = Event.objects.filter(subject_type="collections_app.dunningpolicy", subject_id=found.pk).order_by("-id")
    return {
        "policy": found, "form": form, "may_edit": user.can("dunning.edit", found.company_id), "fields": FIELDS.items(),
        "changes": changes[:20], "more_levels": form.count < MAX_LEVELS, "currency": found.company.base_currency,
    }  # fmt: skip


@require_POST
@allowed("dunning.edit")
def create(request: HttpRequest) -> HttpResponse:
    """Give a company the standard policy to begin with."""
    user: Any = request.user
    company = get_object_or_404(Company.objects.visible_to(user, "dunning.edit"), code=request.POST.get("company", ""))
    made = create_default_policy(actor=user, company=company)
    return redirect(reverse("collections:dunning-policy", args=[made.pk]))


def _policy(request: HttpRequest, pk: int) -> DunningPolicy:
    user: Any = request.user
    found: DunningPolicy = get_object_or_404(DunningPolicy.objects.visible_to(user, "collections.view").select_related("company"), pk=pk)
    return found
