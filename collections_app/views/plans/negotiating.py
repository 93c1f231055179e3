"""A plan negotiated while the customer is on the telephone: every change shows the schedule, who approves it, and what it brings."""

from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse

from arops.lib import clock
from arops.lib.http import page, redirect_htmx, toast
from arops.lib.refusal import Refused
from collections_app.forms.plans import NegotiateForm, negotiated, usual
from collections_app.models import PaymentPlan
from collections_app.policy.plans import percent_of
from collections_app.selectors.plans import coverable_rows, currencies_of, effect_of
from collections_app.services.plans import ask_for_plan, make_plan
from collections_app.services.plans.asking import limited_by
from collections_app.services.plans.making import OPEN_TO_CHANGE, check_terms
from collections_app.services.policies import policy_of
from customers.models import Customer
from org.access import allowed
from workflow.models import Approval
from workflow.services.approvals import foresee


@allowed("plans.make")
def new(request: HttpRequest, pk: int) -> HttpResponse:
    """Negotiate a plan with a customer."""
    user: Any = request.user
    return _negotiate(request, get_object_or_404(Customer.objects.visible_to(user, "plans.make").select_related("company"), pk=pk))


@allowed("plans.make")
def change(request: HttpRequest, pk: int) -> HttpResponse:
    """Negotiate a draft, or a plan that was refused, anew."""
    user: Any = request.user
    rows = PaymentPlan.objects.visible_to(user, "plans.make").filter(state__in=OPEN_TO_CHANGE).select_related("customer__company")
    plan = get_object_or_404(rows, pk=pk)
    return _negotiate(request, plan.customer, plan)


def _negotiate(request: HttpRequest, customer: Customer, plan: PaymentPlan | None = None) -> HttpResponse:
    today = clock.today()
    currencies = currencies_of(customer)
    currency = plan.currency if plan else _chosen(request, currencies)
    rows = coverable_rows(customer, currency) if currency else []
    given = request.POST if request.method == "POST" else request.GET if "first" in request.GET else None
    ticked = _ticked(request, plan, rows)
    begin = negotiated(plan) if plan else usual(today, policy_of(customer.company).plan_default_days)
    form = NegotiateForm(
        given, customer=customer, items=rows, currency=currency, today=today, initial=begin | {"items": ticked}
    )  # fmt: skip
    if request.method == "POST" and form.is_valid() and (made := _made(request, customer, form, plan)):
        return made
    context = {
        "form": form, "customer": customer, "plan": plan, "rows": rows, "currency": currency, "currencies": currencies, "today": today,
        "ticked": {int(value) for value in given.getlist("items") if value.isdecimal()} if given is not None else set(ticked),
        "seen": _seen(request, customer, form if given is not None else _begun(form, customer, rows, currency, begin, ticked)),
    }  # fmt: skip
    return page(request, "collections_app/plan_negotiate.html", context, fragment="seen", status=422 if request.method == "POST" else 200)


def _chosen(request: HttpRequest, currencies: list[str]) -> str:
    asked = request.POST.get("currency") or request.GET.get("currency") or ""
    return asked if asked in currencies else currencies[0] if currencies else ""


def _ticked(request: HttpRequest, plan: PaymentPlan | None, rows: list[Any]) -> list[int]:
    """What is chosen at first: what the draft covers, what the address names, else what is past due; all where nothing is."""
    free = [item for item, amount in rows if amount]
    if plan:
        return list(plan.items.values_list("open_item", flat=True))  # type: ignore[attr-defined]
    named = {int(value) for value in request.GET.getlist("item") if value.isdecimal()}
    if named:
        return [item.pk for item in free if item.pk in named]
    late = [item.pk for item in free if item.due_date < clock.today()]
    return late or [item.pk for item in free]


def _begun(
    form: NegotiateForm, customer: Customer, rows: list[Any], currency: str, begin: dict[str, Any], ticked: list[int]
) -> NegotiateForm:
    """The form as if what it begins with had been typed, so that the first look shows a schedule already."""
    data = {name: "" if value is None else str(value) for name, value in begin.items()} | {"items": ticked}
    return NegotiateForm(data, customer=customer, items=rows, currency=currency, today=form.today)


def _made(request: HttpRequest, customer: Customer, form: NegotiateForm, plan: PaymentPlan | None) -> HttpResponse | None:
    """Keep the draft, and ask for it unless it is only to be kept; None where that is refused, with the reason in the form."""
    user: Any = request.user
    data, today = form.cleaned_data, clock.today()
    try:
        with transaction.atomic():
            kept = make_plan(
                actor=user, customer=customer, items=list(data["items"]), terms=form.terms(), today=today, pays=data["pays"],
                contact=data["contact"], note=data["note"], default_days=data["default_days"], plan=plan,
            )  # fmt: skip
            asked = ask_for_plan(actor=user, plan=kept, today=today, now=clock.now()) if request.POST.get("then") != "keep" else None
    except Refused as error:
        form.add_error(None, str(error))
        return None
    said = f"{kept.number} is kept as a draft"
    if asked:
        said = f"{kept.number} may be offered now" if asked.state == Approval.State.ALONE else f"{kept.number} waits for approval"
    return toast(request, redirect_htmx(request, reverse("collections:plan", args=[kept.pk])), said)


def _seen(request: HttpRequest, customer: Customer, form: NegotiateForm) -> dict[str, Any]:
    """What the terms come to: the schedule, its sums, who would approve it, money by week; or why they make no plan."""
    if not form.is_valid():
        first = next((str(errors[0]) for errors in form.errors.values()), "")
        return {"refused": first}
    data = form.cleaned_data
    total, chosen = form.total, list(data["items"])
    try:
        dues, waived = check_terms(customer.company, total, form.terms(), data["pays"])
    except Refused as error:
        return {"refused": str(error)}
    user: Any = request.user
    known = {"actor": user, "company": customer.company, "currency": form.currency, "customer_id": customer.pk, "today": form.today}
    kind, amount = limited_by(total=total, waived=waived, **known)
    foreseen = foresee(kind=kind, amount=amount, **known)
    effect = effect_of(customer, [(item.due_date, form.free[item.pk]) for item in chosen], dues, waived, form.today)
    return {
        "dues": dues, "total": total, "waived": waived, "share": percent_of(waived, total) if waived else None, "items": len(chosen),
        "pays": total - waived, "interest": effect.interest, "all": sum(due.total for due in dues), "seen": foreseen, "effect": effect,
        "currency": form.currency,
    }  # fmt: skip
