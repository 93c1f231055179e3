"""Records by hand: entered, changed, amended. What was changed by somebody else meanwhile is told, not overwritten."""

from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse

from arops.lib import clock, money
from arops.lib.http import page, redirect_htmx, toast
from arops.lib.refusal import Refused
from customers.models import Customer
from orders.forms.sheets import KINDS, Kind, Sheet, VersionSheet, delivery_lines, head_of, lines_of, start_new
from orders.models import Contract, ContractVersion, Delivery, PurchaseOrder, SalesOrder
from orders.selectors import agreement, choosing
from orders.selectors.details import in_sight
from orders.selectors.history import history
from orders.selectors.listing import KINDS as LISTED
from orders.services import amend_contract
from orders.services.entering import enter_record
from orders.services.single import ChangedMeanwhile, RowRefused
from orders.views.columns import PAGES
from org.access import allowed
from org.actors import NotAllowed
from workflow.services.once import once

Change = Callable[[], Any]


def key_of(text: str) -> int | None:
    """A key from an address; None for what is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


@allowed("orders.edit")
def contract_new(request: HttpRequest) -> HttpResponse:
    """Enter a contract with its first version."""
    return _new(request, KINDS["contracts"])


@allowed("orders.edit")
def purchase_order_new(request: HttpRequest) -> HttpResponse:
    """Enter a customer's purchase order."""
    return _new(request, KINDS["purchase-orders"])


@allowed("orders.edit")
def order_new(request: HttpRequest) -> HttpResponse:
    """Enter an order."""
    return _new(request, KINDS["orders"])


@allowed("orders.edit")
def delivery_new(request: HttpRequest) -> HttpResponse:
    """Register a delivery of an order: what is still to be delivered is filled in."""
    return _new(request, KINDS["deliveries"])


@allowed("orders.edit")
def work_order_new(request: HttpRequest) -> HttpResponse:
    """Enter a work order."""
    return _new(request, KINDS["work-orders"])


@allowed("orders.edit")
def contract_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change the head of a contract; what was agreed is amended."""
    return _edit(request, KINDS["contracts"], pk)


@allowed("orders.edit")
def purchase_order_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a purchase order."""
    return _edit(request, KINDS["purchase-orders"], pk)


@allowed("orders.edit")
def order_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change an order."""
    return _edit(request, KINDS["orders"], pk)


@allowed("orders.edit")
def delivery_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a delivery."""
    return _edit(request, KINDS["deliveries"], pk)


@allowed("orders.edit")
def work_order_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a work order."""
    return _edit(request, KINDS["work-orders"], pk)


def _new(request: HttpRequest, kind: Kind) -> HttpResponse:
    """Choose the customer (of a delivery the order), then fill in."""
    user: Any = request.user
    order = _hung(request, "order", SalesOrder) if "order" in kind.form.base_fields or kind.model is Delivery else None
    key = key_of(request.GET.get("customer", ""))
    if order is None and (kind.model is Delivery or key is None):
        return _choose(request, kind)
    seen = Customer.objects.visible_to(user, "orders.edit").select_related("company")
    customer: Customer = order.customer if order else get_object_or_404(seen, pk=key)
    sheet = Sheet(
        kind, request.POST or None, customer, start=start_new(kind, customer, clock.today(), order, _names(request)),
        version={"valid_from": clock.today()} if kind.model is Contract else None,
        lines={"lines": delivery_lines(order)} if order and kind.model is Delivery else None, is_new=True,
    )  # fmt: skip
    if request.method == "POST" and sheet.is_valid():
        row = sheet.row() | {"company": customer.company.code, "customer": f"cus_{customer.pk}"}
        if kind.model is Delivery and order:
            row |= {"order": f"ord_{order.pk}"}
        made = _try(
            sheet,
            lambda: enter_record(actor=user, model=kind.model, save=kind.save, customer=customer, row=row, token=_token(request)),
        )
        if made:
            return _done(request, kind, made[0], f"{LISTED[kind.code].one.capitalize()} {sheet.head.cleaned_data['number']} entered")
    return _show(request, kind, sheet, customer, order=order)


def _names(request: HttpRequest) -> dict[str, str]:
    """Numbers of the records that a new one is to hang on, by the keys in the address."""
    found = {name: _hung(request, name, model) for name, model in (("purchase_order", PurchaseOrder), ("contract", Contract))}
    if found["purchase_order"]:
        found["contract"] = found["contract"] or found["purchase_order"].contract
    return {name: record.number for name, record in found.items() if record}


def _hung(request: HttpRequest, name: str, model: Any) -> Any:
    user: Any = request.user
    key = key_of(request.GET.get(name, ""))
    return get_object_or_404(in_sight(user, model, "orders.edit"), pk=key) if key else None


def _choose(request: HttpRequest, kind: Kind) -> HttpResponse:
    """For whom, or of which order."""
    user: Any = request.user
    text = request.GET.get("q", "").replace("\x00", "").strip()[:80]
    found = choosing.orders_like(user, text) if kind.model is Delivery else choosing.customers_like(user, text)
    context = {
        "q": text,
        "found": found,
        "kind": LISTED[kind.code],
        "of_order": kind.model is Delivery,
        "url": reverse(f"orders:{kind.code}-new"),
    }
    return page(request, "orders/choose.html", context, fragment="found")


def _edit(request: HttpRequest, kind: Kind, pk: int) -> HttpResponse:
    """Show what is there; keep what was changed, unless somebody else changed it meanwhile."""
    user: Any = request.user
    record = get_object_or_404(in_sight(user, kind.model, "orders.edit"), pk=pk)
    sheet = Sheet(kind, request.POST or None, record.customer, start=head_of(kind, record), lines=lines_of(kind, record), is_new=False)
    conflict = False
    if request.method == "POST" and sheet.is_valid():
        try:
            saved = _try(sheet, lambda: _locked(record, lambda: kind.save(actor=user, row=sheet.row(), record=record, seen=_seen(request))))
            if saved:
                return _done(
                    request, kind, record.pk, f"{saved.number} saved" if saved.revision != record.revision else "Nothing was changed"
                )
        except ChangedMeanwhile:
            conflict = True
    return _show(request, kind, sheet, record.customer, record=record, conflict=conflict)


def _locked(record: Any, change: Change) -> Any:
    """Make the change with the record held, so that nobody slips in between the look at its revision and the write."""
    with transaction.atomic():
        list(type(record).objects.select_for_update(of=("self",), no_key=True).filter(pk=record.pk))
        return change()


def _try(sheet: Any, change: Change) -> Any:
    """What the change makes; None when it is refused, with the reasons beside the fields."""
    try:
        return change()
    except RowRefused as refused:
        sheet.blame(refused.problems)
    except ChangedMeanwhile:
        raise
    except (Refused, NotAllowed) as refused:
        getattr(sheet, "head", sheet.version).add_error(None, str(refused))
    return None


def _seen(request: HttpRequest) -> int | None:
    """The revision that was on the screen."""
    return key_of(request.POST.get("seen", ""))


def _token(request: HttpRequest) -> str:
    """What makes two sendings of a form the same."""
    return request.POST.get("token", "").replace("\x00", "")[:60]


def _done(request: HttpRequest, kind: Kind, pk: int, said: str) -> HttpResponse:
    return toast(request, redirect_htmx(request, reverse(f"orders:{PAGES[kind.code]}", args=[pk])), said)


def _show(
    request: HttpRequest, kind: Kind, sheet: Sheet, customer: Customer, *, record: Any = None, order: Any = None, conflict: bool = False
) -> HttpResponse:
    order = order or getattr(record, "order", None)
    currency = (record or order or customer).currency
    back = reverse(f"orders:{PAGES[kind.code]}", args=[record.pk]) if record else reverse(f"orders:{kind.code}")
    context = {
        "kind": LISTED[kind.code], "sheet": sheet, "customer": customer, "record": record, "order": order,
        "sections": sheet.head.sections(), "proposals": sheet.head.proposals(), "token": getattr(request, "request_id", ""),
        "back": back, "currency": currency, "digits": money.exponent(currency),
        "odd_digits": {c: n for c in money.currencies() if (n := money.exponent(c)) != 2},
        "is_priced": any(lines.table.is_priced for lines in sheet.tables), "ordered": _ordered(sheet, order),
        "verb": "Save" if record else "Enter", **_conflict(record, conflict),
    }  # fmt: skip
    status = 409 if conflict else 422 if request.method == "POST" else 200
    return page(request, "orders/form.html", context, status=status)


def _ordered(sheet: Sheet, order: Any) -> dict[int, Any]:
    """The order's lines by number, to stand beside what is delivered of them."""
    return {line.number: line for line in order.lines.all()} if order is not None and sheet.kind.model is Delivery else {}


def _conflict(record: Any, conflict: bool) -> dict[str, Any]:
    """Who changed it meanwhile and what, and the revision that is on the screen now."""
    if record is None:
        return {"conflict": None, "seen": ""}
    if not conflict:
        return {"conflict": None, "seen": record.revision}
    return {"conflict": next(iter(history(record)), None), "seen": record.revision}


@allowed("orders.edit")
def amend(request: HttpRequest, pk: int) -> HttpResponse:
    """A new version of a contract, begun with what the last one says; those before stay as they are."""
    user: Any = request.user
    contract = get_object_or_404(in_sight(user, Contract, "orders.edit"), pk=pk)
    versions = agreement.versions_of(contract)
    latest: ContractVersion | None = versions[-1] if versions else None
    sheet = VersionSheet(request.POST or None, latest, contract.currency)
    conflict = False
    if request.method == "POST" and sheet.is_valid():
        try:
            made = _try(sheet, lambda: _locked(contract, lambda: _amended(request, contract, sheet)))
            if made:
                return _done(request, KINDS["contracts"], contract.pk, f"{contract.number} amended")
        except ChangedMeanwhile:
            conflict = True
    context = {
        "contract": contract, "sheet": sheet, "latest": latest, "number": (latest.number if latest else 0) + 1, "cur": contract.currency,
        "token": getattr(request, "request_id", ""), **_conflict(contract, conflict),
    }  # fmt: skip
    return page(request, "orders/amend.html", context, status=409 if conflict else 422 if request.method == "POST" else 200)


def _amended(request: HttpRequest, contract: Contract, sheet: VersionSheet) -> tuple[int, bool]:
    user: Any = request.user
    return once(
        actor=user, token=_token(request),
        make=lambda: int(amend_contract(actor=user, contract=contract, version=sheet.row(), seen=_seen(request)).pk),
    )  # fmt: skip
