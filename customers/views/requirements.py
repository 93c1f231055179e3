"""Rules about a customer's invoices: added, given a new version, ended."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.dateparse import parse_date
from django.views.decorators.http import require_POST

from arops.lib import clock
from arops.lib.http import filters_of, page, redirect_htmx, toast
from arops.lib.refusal import Refused
from customers.forms import RuleForm
from customers.models import BillingRequirement, Customer
from customers.selectors import rule_words
from customers.services.requirements import add_requirement, end_requirement, revise_requirement
from org.access import allowed


@allowed("requirements.edit")
def new(request: HttpRequest, pk: int) -> HttpResponse:
    """A new rule."""
    user: Any = request.user
    customer = get_object_or_404(Customer.objects.visible_to(user, "requirements.edit").select_related("company"), pk=pk)
    asked = filters_of(request, kind="po_number", learned="", note="")
    start = {"valid_from": clock.today(), "kind": asked["kind"], "learned_from": asked["learned"], "note": asked["note"]}
    form = RuleForm(request.POST or None, initial=start)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            add_requirement(
                actor=user, customer=customer, kind=data["kind"], params=form.params, valid_from=data["valid_from"], note=data["note"],
                learned_from=data["learned_from"],
            )  # fmt: skip
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            return toast(request, redirect_htmx(request, _tab(customer)), "The rule holds from then on.")
    return _form(request, form, customer, "New rule", "Add the rule")


@allowed("requirements.edit")
def revise(request: HttpRequest, pk: int) -> HttpResponse:
    """A new version of a rule; the one before stays for the invoices of its days."""
    user: Any = request.user
    rule = _rule(request, pk)
    form = RuleForm(request.POST or None, rule=rule, initial=RuleForm.starts_with(rule, clock.today()))
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            revise_requirement(
                actor=user, requirement=rule, params=form.params, valid_from=data["valid_from"], note=data["note"],
                learned_from=data["learned_from"],
            )  # fmt: skip
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            return toast(request, redirect_htmx(request, _tab(rule.customer)), "The new version holds from then on.")
    return _form(request, form, rule.customer, f"New version: {rule_words(rule)}", "Save the version")


@require_POST
@allowed("requirements.edit")
def end(request: HttpRequest, pk: int) -> HttpResponse:
    """A rule ends: on the day that is given, else today."""
    user: Any = request.user
    rule = _rule(request, pk)
    try:
        day = parse_date(request.POST.get("valid_to", "")[:10]) or clock.today()
        end_requirement(actor=user, requirement=rule, valid_to=day, reason=request.POST.get("reason", ""))
    except (Refused, ValueError) as refusal:
        return toast(request, redirect_htmx(request, _tab(rule.customer)), f"Not ended: {refusal}.", tone="warn")
    return toast(request, redirect_htmx(request, _tab(rule.customer)), f"The rule ends on {day}.")


def _rule(request: HttpRequest, pk: int) -> BillingRequirement:
    user: Any = request.user
    rows = BillingRequirement.objects.visible_to(user, "requirements.edit").select_related("customer", "customer__company")
    found: BillingRequirement = get_object_or_404(rows, pk=pk)
    return found


def _tab(customer: Customer) -> str:
    return reverse("customers:tab", args=[customer.pk, "requirements"])


def _form(request: HttpRequest, form: RuleForm, customer: Customer, title: str, button: str) -> HttpResponse:
    context = {"form": form, "customer": customer, "title": title, "button": button, "back": _tab(customer), "when": RuleForm.WHEN}
    return page(request, "customers/rule_form.html", context, status=422 if form.errors else 200)
