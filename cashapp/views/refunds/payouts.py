"""Bank details that customers are paid back to: the list, proposed by one person, decided by another."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_POST

from arops.lib import clock
from arops.lib.files import download
from arops.lib.http import page, redirect_htmx, toast
from arops.lib.refusal import Refused
from arops.lib.sheets import Cover, export_response
from arops.lib.tables import Column, Table
from cashapp.forms import words
from cashapp.forms.refunds import PayoutForm
from cashapp.models import PayoutAccount
from cashapp.selectors import refunds as reading
from cashapp.services.refunds.accounts import (
    approve_payout_account,
    propose_payout_account,
    refuse_payout_account,
    retire_payout_account,
)
from customers.models import Customer
from org.access import allowed
from org.actors import NotAllowed
from org.selectors import actor_names
from workflow.services.recording import store_file

VIEWS = (("waiting", "To approve"), ("active", "In use"), ("all", "All"))
TONES = {"proposed": "warn", "active": "ok", "refused": "bad", "retired": ""}
SHOWN = 300


@allowed("cash.view")
def index(request: HttpRequest) -> HttpResponse:
    """Bank details in sight; of the account only its end."""
    user: Any = request.user
    view, text = request.GET.get("view", "waiting"), words(request.GET.get("q"), 80)
    view = view if view in dict(VIEWS) else "waiting"
    found = reading.payouts(user, view, text)
    cover = Cover("Bank details", user.name, clock.today(), {"view": dict(VIEWS)[view]} | ({"q": text} if text else {}))
    if user.can("reports.export") and (file := export_response(request, _table(found), cover)):
        return file
    rows = list(found[:SHOWN])
    waiting = reading.payouts(user, "waiting").count()
    context = {
        "rows": rows, "view": view, "q": text, "tones": TONES, "tabs": [(c, n, waiting if c == "waiting" else None) for c, n in VIEWS],
        "names": actor_names({r.proposed_by for r in rows}), "user_can_export": user.can("reports.export"),
    }  # fmt: skip
    return page(request, "cashapp/payouts.html", context, fragment="rows")


def _table(rows: Any) -> Table:
    columns = [
        Column("customer", "Customer", lambda r: r.customer.name, pin=True),
        Column("number", "Customer number", lambda r: r.customer.number),
        Column("holder", "In the name of", lambda r: r.holder), Column("end", "Account ends in", lambda r: r.account[-4:]),
        Column("currency", "Currency", lambda r: r.currency), Column("state", "State", lambda r: r.get_state_display()),
        Column("from", "Usable from", lambda r: r.usable_from, kind="date"), Column("words", "Where from", lambda r: r.words, grow=True),
    ]  # fmt: skip
    return Table(columns, rows, name="bank-details")


@allowed("bankdetails.edit")
def create(request: HttpRequest, pk: int) -> HttpResponse:
    """Propose bank details of a customer; somebody else approves them."""
    user: Any = request.user
    customer = get_object_or_404(Customer.objects.visible_to(user, "bankdetails.edit").select_related("company"), pk=pk)
    initial = {"holder": customer.name, "scheme": "us" if customer.country == "US" else "iban", "currency": customer.currency}
    form = PayoutForm(request.POST or None, request.FILES or None, currency=customer.currency, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            made = propose_payout_account(
                actor=user,
                customer=customer,
                details=form.details(),
                words=words(form.cleaned_data["words"], 500),
                evidence=_kept(user, form),
            )
        except (Refused, NotAllowed) as refusal:
            form.add_error(None, str(refusal))
        else:
            there = redirect_htmx(request, reverse("cashapp:payout", args=[made.pk]))
            return toast(request, there, "Proposed: somebody else approves them")
    return page(request, "cashapp/payout_new.html", {"form": form, "customer": customer}, status=422 if form.errors else 200)


def _kept(user: Any, form: PayoutForm) -> Any:
    file = form.cleaned_data.get("evidence")
    return store_file(actor=user, name=file.name, content=file.read(), content_type="application/octet-stream")[0] if file else None


@allowed("cash.view")
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Bank details with who proposed and decided them; the whole account only for those who deal with them."""
    user: Any = request.user
    found, history = _seen(request, pk), []
    company = found.customer.company_id
    deals = user.can("bankdetails.edit", company) or user.can("bankdetails.approve", company)
    history = list(reading.history_of(found))
    decides = user.can("bankdetails.approve", company) and found.state == "proposed"
    context = {
        "p": found, "tone": TONES[found.state], "whole": deals, "history": history, "waiting": reading.waiting_for(found),
        "names": actor_names({found.proposed_by, found.decided_by, *(e.actor for e in history)} - {""}),
        "may_decide": decides and found.proposed_by != user.label, "own": decides and found.proposed_by == user.label,
        "may_retire": user.can("bankdetails.edit", company) and found.state in ("proposed", "active"),
        "others": reading.others_with(user, found) if deals else [],
    }  # fmt: skip
    return page(request, "cashapp/payout.html", context)


def _seen(request: HttpRequest, pk: int, permission: str = "cash.view") -> PayoutAccount:
    user: Any = request.user
    rows: Any = PayoutAccount.objects.visible_to(user, permission)
    found = rows.select_related("customer__company", "evidence").filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


@allowed("bankdetails.edit")
def evidence(request: HttpRequest, pk: int) -> HttpResponse:
    """The paper that shows the details, for whoever deals with them."""
    found = _seen(request, pk, "bankdetails.edit")
    if found.evidence is None:
        raise Http404
    return download(found.evidence)


@require_POST
@allowed("bankdetails.approve")
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Approve or refuse what somebody else proposed."""
    found, said = _seen(request, pk, "bankdetails.approve"), words(request.POST.get("words"), 300)
    if request.POST.get("do") == "approve":
        return _act(request, found, "Approved; the contacts known before are told", lambda user: approve_payout_account(
            actor=user, payout=found, today=clock.today(), now=clock.now(), words=said
        ))  # fmt: skip
    return _act(request, found, "Refused", lambda user: refuse_payout_account(actor=user, payout=found, now=clock.now(), words=said))


@require_POST
@allowed("bankdetails.edit")
def retire(request: HttpRequest, pk: int) -> HttpResponse:
    """Use them no longer."""
    found, said = _seen(request, pk, "bankdetails.edit"), words(request.POST.get("words"), 300)
    return _act(
        request, found, "Not used any more", lambda user: retire_payout_account(actor=user, payout=found, now=clock.now(), words=said)
    )


def _act(request: HttpRequest, found: PayoutAccount, said: str, act: Any) -> HttpResponse:
    back = redirect_htmx(request, reverse("cashapp:payout", args=[found.pk]))
    try:
        act(request.user)
    except (Refused, NotAllowed) as refusal:
        return toast(request, back, f"{refusal}".capitalize(), tone="bad")
    return toast(request, back, said)
