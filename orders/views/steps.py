"""Steps of a record's life, one small page each: end, milestone reached, close, complete, sign off."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse

from arops.lib import clock
from arops.lib.http import page, redirect_htmx, toast
from arops.lib.refusal import Refused
from orders import services
from orders.forms.parts import blame, rows_of
from orders.forms.sheets import KINDS as SHEETS
from orders.forms.sheets import WORK_LINES, Lines, all_valid, lines_of
from orders.forms.steps import ActForm, CloseForm, CompleteForm, EndForm, MilestoneForm, SignOffForm
from orders.models import Contract, PurchaseOrder, WorkOrder
from orders.selectors import agreement
from orders.selectors.details import in_sight
from orders.services.single import ChangedMeanwhile, RowRefused
from orders.views.columns import PAGES
from orders.views.keying import key_of
from org.access import allowed
from org.actors import NotAllowed


@allowed("orders.edit")
def end_contract(request: HttpRequest, pk: int) -> HttpResponse:
    """End a contract early."""
    record = _found(request, Contract, pk)
    form = EndForm(request.POST or None, today=clock.today(), initial={"ended_on": clock.today()})

    def do(data: dict[str, Any]) -> str:
        services.end_contract(actor=_user(request), contract=record, ended_on=data["ended_on"], reason=data["reason"])
        return f"{record.number} ends on {data['ended_on']}"

    about = "What was agreed and billed stays; from that day on nothing of it holds, and the check says so of every invoice."
    return _step(request, record, form, do, title=f"End {record.number} early", button="End it", about=about)


@allowed("orders.edit")
def milestone(request: HttpRequest, pk: int) -> HttpResponse:
    """Say that a milestone is reached."""
    record = _found(request, Contract, pk)
    today, versions = clock.today(), agreement.versions_of(record)
    current = agreement.current(record, versions, today) or (versions[-1] if versions else None)
    steps = [state.step for state in agreement.steps_on(record, current, today) if state.is_open]
    form = MilestoneForm(
        request.POST or None, today=today, open_steps=steps, initial={"code": request.GET.get("code", "")[:30], "reached_on": today}
    )

    def do(data: dict[str, Any]) -> str:
        services.reach_milestone(
            actor=_user(request), contract=record, code=data["code"], reached_on=data["reached_on"], note=data["note"]
        )  # fmt: skip
        return f"{data['code']} is reached"

    about = "It is said once, and may be billed from then on." if steps else "Every milestone of the contract is reached, or it has none."
    return _step(request, record, form, do, title=f"Milestone of {record.number} reached", button="It is reached", about=about)


@allowed("orders.edit")
def close_purchase_order(request: HttpRequest, pk: int) -> HttpResponse:
    """Close or cancel a purchase order."""
    record = _found(request, PurchaseOrder, pk)
    form = CloseForm(request.POST or None, today=clock.today())

    def do(data: dict[str, Any]) -> str:
        saved = services.close_purchase_order(actor=_user(request), purchase_order=record, reason=data["reason"], state=data["state"])
        return f"{record.number} is {saved.get_state_display()}"

    about = "Nothing more is billed on it. Editing it opens it again."
    return _step(request, record, form, do, title=f"Close or cancel {record.number}", button="Close it", about=about)


@allowed("orders.edit")
def complete_work_order(request: HttpRequest, pk: int) -> HttpResponse:
    """Say that the work is done, with its hours and parts."""
    record = _found(request, WorkOrder, pk)
    form = CompleteForm(request.POST or None, today=clock.today(), initial={"completed_on": clock.today(), "technician": record.technician})
    lines = Lines(WORK_LINES, request.POST or None, lines_of(SHEETS["work-orders"], record)["lines"])

    def do(data: dict[str, Any]) -> str:
        services.complete_work_order(
            actor=_user(request), work_order=record, completed_on=data["completed_on"], technician=data["technician"],
            lines=rows_of(lines.sent), seen=key_of(request.POST.get("seen", "")),
        )  # fmt: skip
        return f"{record.number} is done"

    return _step(request, record, form, do, title=f"Complete {record.number}", button="It is done", lines=lines)


@allowed("orders.edit")
def sign_off(request: HttpRequest, pk: int) -> HttpResponse:
    """Note who of the customer's signed for the work."""
    record = _found(request, WorkOrder, pk)
    form = SignOffForm(request.POST or None, today=clock.today(), initial={"signed_off_on": clock.today()})

    def do(data: dict[str, Any]) -> str:
        services.sign_off(
            actor=_user(request), work_order=record, signed_off_by=data["signed_off_by"], signed_off_on=data["signed_off_on"],
            seen=key_of(request.POST.get("seen", "")),
        )  # fmt: skip
        return f"{record.number} is signed off"

    about = "Attach the signed sheet on the page of the work order."
    return _step(request, record, form, do, title=f"Sign off {record.number}", button="It is signed", about=about)


def _user(request: HttpRequest) -> Any:
    return request.user


def _found(request: HttpRequest, model: Any, pk: int) -> Any:
    return get_object_or_404(in_sight(_user(request), model, "orders.edit"), pk=pk)


def _step(
    request: HttpRequest, record: Any, form: ActForm, do: Callable[[dict[str, Any]], str], *, title: str, button: str, about: str = "",
    lines: Lines | None = None,
) -> HttpResponse:  # fmt: skip
    """Show the form; take the step and go back to the record, or say beside the fields why not."""
    back = reverse(f"orders:{_page(record)}", args=[record.pk])
    status = 422 if request.method == "POST" else 200
    if request.method == "POST" and all_valid(form, *([lines] if lines else [])):
        try:
            return toast(request, redirect_htmx(request, back), do(form.cleaned_data))
        except RowRefused as refused:
            blame(refused.problems, form, {"lines": lines.sent} if lines else {})
        except ChangedMeanwhile as refused:
            form.add_error(None, str(refused))
            status = 409
        except (Refused, NotAllowed) as refused:
            form.add_error(None, str(refused))
    context = {"record": record, "form": form, "title": title, "button": button, "about": about, "back": back, "lines": lines}
    return page(request, "orders/step.html", context, status=status)


def _page(record: Any) -> str:
    return PAGES[{Contract: "contracts", PurchaseOrder: "purchase-orders", WorkOrder: "work-orders"}[type(record)]]
