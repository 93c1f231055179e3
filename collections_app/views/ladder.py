"""The ladder: rungs of each company, in their order."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_POST

from arops.lib.http import page, redirect_htmx, toast
from arops.lib.refusal import Refused
from collections_app.forms.escalation import RungForm
from collections_app.models import Rung
from collections_app.selectors.escalation_lists import ladders
from collections_app.services.escalation.ladder import add_standard_ladder, move_rung, save_rung
from org import policy
from org.access import allowed
from org.models import Company


@allowed("collections.view")
def ladder(request: HttpRequest) -> HttpResponse:
    """The ladders of the companies in sight."""
    user: Any = request.user
    rows = [(company, rungs, _may_edit(user, company)) for company, rungs in ladders(user)]
    roles = {code: name for code, (name, _) in policy.ROLES.items()}
    return page(request, "collections_app/ladder.html", {"rows": rows, "roles": roles})


@require_POST
@allowed("collections.configure")
def standard(request: HttpRequest, pk: int) -> HttpResponse:
    """Give a company the usual ladder."""
    user: Any = request.user
    company = _company(request, pk)
    try:
        add_standard_ladder(actor=user, company=company)
    except Refused as error:
        return toast(request, _back(request), str(error), tone="bad")
    return toast(request, _back(request), f"{company.code} has the usual ladder: change it as you like")


@allowed("collections.configure")
def rung_new(request: HttpRequest, pk: int) -> HttpResponse:
    """A rung at the top of a company's ladder."""
    return _form(request, _company(request, pk), None)


@allowed("collections.configure")
def rung(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a rung."""
    user: Any = request.user
    found = get_object_or_404(Rung.objects.visible_to(user, "collections.configure").select_related("company"), pk=pk)
    if not _may_edit(user, found.company):
        raise Http404
    return _form(request, found.company, found)


def _form(request: HttpRequest, company: Company, found: Rung | None) -> HttpResponse:
    user: Any = request.user
    form = RungForm(request.POST or None, currency=company.base_currency, rung=found)
    if form.is_bound and form.is_valid():
        try:
            saved = save_rung(actor=user, company=company, wanted=form.rung(), rung=found)
        except Refused as error:
            form.add_error(None, str(error))
        else:
            return toast(request, _back(request), f"The rung {saved.name} is kept")
    return page(request, "collections_app/rung.html", {"company": company, "rung": found, "form": form}, status=422 if form.errors else 200)


@require_POST
@allowed("collections.configure")
def move(request: HttpRequest, pk: int) -> HttpResponse:
    """Let a rung and its neighbour change places."""
    user: Any = request.user
    found = get_object_or_404(Rung.objects.visible_to(user, "collections.configure"), pk=pk)
    if not user.can("collections.configure", found.company_id):
        raise Http404
    move_rung(actor=user, rung=found, up=request.POST.get("way") == "up")
    return _back(request)


def _company(request: HttpRequest, pk: int) -> Company:
    user: Any = request.user
    found = get_object_or_404(Company.objects.visible_to(user, "collections.configure"), pk=pk)
    if not _may_edit(user, found):
        raise Http404
    return found


def _may_edit(user: Any, company: Company) -> bool:
    return bool(user.can("collections.configure", company.pk) and not user.only_reads)


def _back(request: HttpRequest) -> HttpResponse:
    return redirect_htmx(request, reverse("collections:ladder"))
