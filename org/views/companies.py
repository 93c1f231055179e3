"""Companies and their departments."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse

from arops.lib.http import page, redirect_htmx, toast
from arops.lib.refusal import Refused
from org.access import allowed
from org.forms import CompanyForm, DepartmentForm, RenameForm
from org.models import Company, Department
from org.services import add_department, change_company, rename_department


@allowed("settings.manage")
def companies(request: HttpRequest) -> HttpResponse:
    """Companies one may set up."""
    user: Any = request.user
    return page(request, "org/companies.html", {"companies": Company.objects.visible_to(user, "settings.manage")})


@allowed("settings.manage")
def company(request: HttpRequest, pk: int) -> HttpResponse:
    """A company's particulars; code and currency stand for good."""
    user: Any = request.user
    found = get_object_or_404(Company.objects.visible_to(user, "settings.manage"), pk=pk)
    form = CompanyForm(request.POST or None, initial={name: getattr(found, name) for name in Company.PARTICULARS})
    if request.method == "POST" and form.is_valid():
        change_company(actor=user, company=found, **form.cleaned_data)
        return toast(request, redirect_htmx(request, reverse("org:companies")), f"{found.code} is saved")
    return page(request, "org/company.html", {"company": found, "form": form}, status=422 if form.errors else 200)


@allowed("settings.manage")
def departments(request: HttpRequest) -> HttpResponse:
    """Departments by company, and a form for one more."""
    user: Any = request.user
    form = DepartmentForm(request.POST or None, companies=Company.objects.visible_to(user, "settings.manage"))
    if request.method == "POST" and form.is_valid():
        try:
            made = add_department(actor=user, **form.cleaned_data)
        except Refused as error:
            form.add_error("code", str(error))
        else:
            return toast(request, redirect_htmx(request, reverse("org:departments")), f"{made.name} is added")
    rows = Department.objects.visible_to(user, "settings.manage").select_related("company").prefetch_related("memberships__user")
    return page(request, "org/departments.html", {"departments": rows, "form": form}, status=422 if form.errors else 200)


@allowed("settings.manage")
def department(request: HttpRequest, pk: int) -> HttpResponse:
    """Rename a department."""
    user: Any = request.user
    found = get_object_or_404(Department.objects.visible_to(user, "settings.manage"), pk=pk)
    form = RenameForm(request.POST or None, initial={"name": found.name})
    if request.method == "POST" and form.is_valid():
        rename_department(actor=user, department=found, name=form.cleaned_data["name"])
        return toast(request, redirect_htmx(request, reverse("org:departments")), f"{found.name} is saved")
    return page(request, "org/department.html", {"department": found, "form": form}, status=422 if form.errors else 200)
