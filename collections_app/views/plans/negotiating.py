"""A plan negotiated while the customer is on the telephone: every change shows the schedule, who approves it, and what it brings."""

from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse

from arops.lib import clock
from arops.lib.http import page, redirect_htmx, toast
from arops.lib.refusal import Refused
from collections_app.forms.plan_rows import Rows
from collections_app.forms.plans import NegotiateForm, negotiated, rows_of_draft, rows_of_running, usual
from collections_app.models import PaymentPlan
from collections_app.selectors.plans import coverable_rows, currencies_of, open_principal, returned_rows
from collections_app.services.plans import ask_for_plan, make_plan, reschedule_plan
from collections_app.services.plans.making import OPEN_TO_CHANGE
from collections_app.services.policies import policy_of
from collections_app.views.plans.seen import rows_then, seen_of, shown_rows
from customers.models import Customer
from org.access import allowed
from workflow.models import Approval


@allowed("plans.make")
def new(request: HttpRequest, pk: int) -> HttpResponse:
    """Negotiate a plan with a customer."""
    user: Any = request.user
    return _negotiate(request, get_object_or_404(Customer.objects.visible_to(user, "plans.make").select_related("company"), pk=pk))


@allowed("plans.make")
def change(request: HttpRequest, pk: int) -> HttpResponse:
    """Negotiate a draft, or a plan that was refused, anew."""
    plan = get_object_or_404(_plans(request).filter(state__in=OPEN_TO_CHANGE), pk=pk)
    return _negotiate(request, plan.customer, plan, plan.replaces)


@allowed("plans.make")
def reschedule(request: HttpRequest, pk: int) -> HttpResponse:
    """A new schedule for what isn't paid of a running plan; the draft of one, where there is one."""
    running = get_object_or_404(_plans(request).filter(state=PaymentPlan.State.ACTIVE), pk=pk)
    draft = running.versions.filter(state__in=OPEN_TO_CHANGE).first()  # type: ignore[attr-defined]
    if draft is not None:
        return redirect("collections:plan-change", draft.pk)
    return _negotiate(request, running.customer, None, running)


def _plans(request: HttpRequest) -> Any:
    user: Any = request.user
    rows = PaymentPlan.objects.visible_to(user, "plans.make")
    return rows.select_related("customer__company", "company", "rest_item", "replaces__company", "replaces__rest_item")


def _negotiate(
    request: HttpRequest, customer: Customer, plan: PaymentPlan | None = None, running: PaymentPlan | None = None
) -> HttpResponse:  # fmt: skip
    currencies = [] if running else currencies_of(customer)
    currency = running.currency if running else plan.currency if plan else _chosen(request, currencies)
    rows = returned_rows(running) if running else coverable_rows(customer, currency) if currency else []
    given = request.POST if request.method == "POST" else request.GET if "rhythm" in request.GET else None
    ticked = [item.pk for item, _ in rows] if running else _ticked(request, plan, rows)
    form = _form(given, customer, rows, currency, ticked, plan, running)
    if request.method == "POST" and form.is_valid() and (made := _made(request, customer, form, plan, running)):
        return made
    then = request.GET.get("then", "") if request.method == "GET" else ""
    if then:
        form = rows_then(form, then)
    seen = seen_of(request, customer, form)
    context = {
        "form": form, "customer": customer, "plan": plan, "running": running, "rows": rows, "currency": currency, "currencies": currencies,
        "today": form.today, "ticked": _chosen_items(given, ticked), "seen": seen, "written": shown_rows(form, seen), "then": then,
    }  # fmt: skip
    fragment, status = "rows" if then else "seen", 422 if request.method == "POST" else 200
    return page(request, "collections_app/plan_negotiate.html", context, fragment=fragment, status=status)


def _form(
    given: Any, customer: Customer, rows: list[Any], currency: str, ticked: list[int], plan: PaymentPlan | None, running: PaymentPlan | None
) -> NegotiateForm:  # fmt: skip
    """The form as it was sent; at first as if what it begins with had been typed, so that the first look shows a schedule already."""
    today, written = clock.today(), None
    if given is None:
        begin = negotiated(plan or running) if plan or running else usual(today, policy_of(customer.company).plan_default_days)  # type: ignore[arg-type]
        written = _begun(plan, running, today)
        given = {name: "" if value is None else str(value) for name, value in begin.items()} | {"items": ticked}
    return NegotiateForm(given, customer=customer, items=rows, currency=currency, today=today, running=running, rows=written)


def _begun(plan: PaymentPlan | None, running: PaymentPlan | None, today: Any) -> Rows:
    if plan is not None:
        return rows_of_draft(plan)
    return rows_of_running(open_principal(running), running.currency, today) if running else Rows()


def _chosen_items(given: Any, ticked: list[int]) -> set[int]:
    return set(ticked) if given is None else _keys(given.getlist("items"))


def _keys(said: list[str]) -> set[int]:
    """Keys that an address or a form names."""
    return {int(value) for value in said if value.isascii() and value.isdecimal() and len(value) < 19}


def _chosen(request: HttpRequest, currencies: list[str]) -> str:
    asked = request.POST.get("currency") or request.GET.get("currency") or ""
    return asked if asked in currencies else currencies[0] if currencies else ""


def _ticked(request: HttpRequest, plan: PaymentPlan | None, rows: list[Any]) -> list[int]:
    """What is chosen at first: what the draft covers, what the address names, else what is past due; all where nothing is."""
    free = [item for item, amount in rows if amount]
    if plan:
        return list(plan.items.values_list("open_item", flat=True))  # type: ignore[attr-defined]
    named = _keys(request.GET.getlist("item"))
    if named:
        return [item.pk for item in free if item.pk in named]
    late = [item.pk for item in free if item.due_date < clock.today()]
    return late or [item.pk for item in free]


def _made(
    request: HttpRequest, customer: Customer, form: NegotiateForm, plan: PaymentPlan | None, running: PaymentPlan | None
) -> HttpResponse | None:  # fmt: skip
    """Keep the draft, and ask for it unless it is only to be kept; None where that is refused, with the reason in the form."""
    user: Any = request.user
    data, today = form.cleaned_data, clock.today()
    known = {
        "actor": user, "terms": form.terms(), "today": today, "contact": data["contact"], "note": data["note"],
        "default_days": data["default_days"], "plan": plan,
    }  # fmt: skip
    try:
        with transaction.atomic():
            if running is not None:
                kept = reschedule_plan(running=running, **known)
            else:
                kept = make_plan(customer=customer, items=list(data["items"]), pays=data["pays"], **known)
            asked = ask_for_plan(actor=user, plan=kept, today=today, now=clock.now()) if request.POST.get("then") != "keep" else None
    except Refused as error:
        form.add_error(None, str(error))
        return None
    said = f"{kept.number} is kept as a draft"
    if asked:
        said = f"{kept.number} may be offered now" if asked.state == Approval.State.ALONE else f"{kept.number} waits for approval"
    return toast(request, redirect_htmx(request, reverse("collections:plan", args=[kept.pk])), said)
