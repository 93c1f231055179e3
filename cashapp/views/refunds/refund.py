"""One refund: asked for, looked at, cancelled, seen paid, come back."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST

from arops.lib import clock, money
from arops.lib.http import page, redirect_htmx, toast
from arops.lib.refusal import Refused
from cashapp.forms import number, words
from cashapp.forms.refunds import PaidForm, RefundForm
from cashapp.models import Refund
from cashapp.selectors import refunds as reading
from cashapp.services.refunds.asking import ask_refund, cancel_refund
from cashapp.services.refunds.paying import pay_refund, return_refund
from cashapp.views.refunds.lists import TONES
from invoicing.services.giving_up import makers_of
from invoicing.services.reasons import reasons_for
from invoicing.views.memos import attempt, token_of
from ledger.models import OpenItem
from org.access import allowed
from org.actors import NotAllowed
from org.selectors import actor_names
from workflow.services.approvals import foresee, sent_before


@allowed("refunds.request")
def create(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask to pay a credit back: how much, why, where to; who would approve it is told while the amount is typed."""
    user: Any = request.user
    if (sent := sent_before(user, token_of(request))) and (before := Refund.objects.filter(approval=sent).first()):
        return _back(request, before)
    item = reading.credit_in_sight(user, pk)
    if item is None:
        raise Http404
    form = RefundForm(
        request.POST or None, request.FILES or None, item=item, reasons=reasons_for(item.company_id, "refund"),
        initial={"document_date": clock.today(), "amount": money.to_text(-item.balance, item.currency)},
    )  # fmt: skip
    if request.method == "POST" and form.is_valid() and (refund := attempt(form, lambda: _ask(request, item, form))):
        said = "waits for approval" if refund.state == Refund.State.WAITING else "is approved: it can be handed to payables"
        return toast(request, redirect_htmx(request, reverse("cashapp:refund", args=[refund.pk])), f"{refund.number} {said}")
    seen = foresee(
        actor=user, company=item.company, kind="refund", amount=_typed(request, item), currency=item.currency,
        customer_id=item.customer_id, makers=makers_of([item.pk]), today=clock.today(),
    )  # fmt: skip
    if "amount" in request.GET:
        return render(request, "workflow/parts/foresight.html", {"seen": seen})
    context = {
        "form": form, "item": item, "seen": seen, "token": getattr(request, "request_id", ""), "open": -item.balance,
        "accounts": list(reading.accounts_for(item)), "may_propose": user.can("bankdetails.edit", item.company_id),
    }  # fmt: skip
    return page(request, "cashapp/refund_new.html", context, status=422 if request.method == "POST" else 200)


def _typed(request: HttpRequest, item: OpenItem) -> int:
    """The part of the credit that stands in the form now; all of it where that can't be told."""
    try:
        amount = money.parse((request.POST or request.GET).get("amount", "").strip(), item.currency)
    except money.MoneyError:
        return -item.balance
    return amount if 0 < amount <= -item.balance else -item.balance


def _ask(request: HttpRequest, item: OpenItem, form: RefundForm) -> Refund:
    user: Any = request.user
    return ask_refund(
        actor=user, item=item, amount=form.cleaned_data["amount"], payout=form.cleaned_data["payout"], token=token_of(request),
        today=clock.today(), now=clock.now(), evidence=form.shown(), **form.words(),
    )  # fmt: skip


@allowed("cash.view")
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """The refund with where it goes, what was decided, what the bank shows, and what may be done with it."""
    user: Any = request.user
    found, today = _seen(request, pk), clock.today()
    history = list(reading.history_of(found))
    may_export = user.can("refunds.export", found.company_id)
    handed = may_export and found.state == Refund.State.EXPORTED
    context = {
        "r": found, "tone": TONES[found.state], "why": reading.unpayable(found.payout_account, today) if found.state == "approved" else "",
        "history": history, "names": actor_names({found.created_by, *(e.actor for e in history)}),
        "may_cancel": _may_cancel(user, found), "may_export": may_export, "lines": reading.lines_for(found) if may_export else [],
        "paid_form": PaidForm(company_id=found.company_id, currency=found.currency, initial={"day": today}) if handed else None,
        "may_return": may_export and found.state in ("exported", "paid"),
    }  # fmt: skip
    return page(request, "cashapp/refund.html", context)


def _may_cancel(user: Any, found: Refund) -> bool:
    if found.state == Refund.State.WAITING:
        return bool(found.created_by == user.label)
    return found.state == Refund.State.APPROVED and bool(user.can("refunds.approve", found.company_id))


def _seen(request: HttpRequest, pk: int, permission: str = "cash.view") -> Refund:
    user: Any = request.user
    rows: Any = Refund.objects.visible_to(user, permission)
    found = rows.select_related(
        "company", "customer", "payout_account", "open_item", "export", "approval", "paid_line__statement__bank_account"
    ).filter(pk=pk).first()  # fmt: skip
    if found is None:
        raise Http404
    return found


@require_POST
@allowed("refunds.request")
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Don't pay it after all."""
    found = _seen(request, pk, "refunds.request")
    return _act(request, found, "is cancelled; the credit is open again", lambda user: cancel_refund(
        actor=user, refund=found, reason=words(request.POST.get("reason"), 300), today=clock.today(), now=clock.now()
    ))  # fmt: skip


@require_POST
@allowed("refunds.export")
def paid(request: HttpRequest, pk: int) -> HttpResponse:
    """It left the bank: by a line of a statement, or by what a person says."""
    found = _seen(request, pk, "refunds.export")
    chosen = next((line for line in reading.lines_for(found) if line.pk == number(request.POST.get("line"))), None)
    if chosen:
        given: dict[str, Any] = {"bank_account": chosen.statement.bank_account, "day": chosen.booking_date, "line": chosen}
    else:
        form = PaidForm(request.POST, company_id=found.company_id, currency=found.currency)
        if not form.is_valid():
            return toast(request, _back(request, found), "Choose the account and the day", tone="bad")
        given = form.cleaned_data
    return _act(request, found, "is paid", lambda user: pay_refund(actor=user, refund=found, **given))


@require_POST
@allowed("refunds.export")
def returned(request: HttpRequest, pk: int) -> HttpResponse:
    """It came back, or was never paid."""
    found = _seen(request, pk, "refunds.export")
    return _act(request, found, "came back; the credit is open again", lambda user: return_refund(
        actor=user, refund=found, reason=words(request.POST.get("reason"), 300), day=clock.today()
    ))  # fmt: skip


def _act(request: HttpRequest, found: Refund, said: str, act: Any) -> HttpResponse:
    try:
        act(request.user)
    except (Refused, NotAllowed) as refusal:
        return toast(request, _back(request, found), f"{refusal}".capitalize(), tone="bad")
    return toast(request, _back(request, found), f"{found.number} {said}")


def _back(request: HttpRequest, found: Refund) -> HttpResponse:
    return redirect_htmx(request, reverse("cashapp:refund", args=[found.pk]))
