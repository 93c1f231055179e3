"""Asking for memos about a document: credit, debit, cancel and bill again; who would approve, before it is sent."""

from collections.abc import Callable
from typing import Any, TypeVar

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from arops.lib import clock, money
from arops.lib.http import page, redirect_htmx, toast
from arops.lib.refusal import Refused
from invoicing import selectors
from invoicing.forms import MemoForm, RebillForm
from invoicing.models import Invoice
from invoicing.services.memos import KINDS, foresee_memo, left_to_credit, request_memo, request_rebill, total_of, whole_of
from invoicing.services.reasons import reasons_for
from org.access import allowed
from org.actors import NotAllowed
from workflow.models import Approval
from workflow.services.approvals import sent_before
from workflow.services.subjects import address_of

R = TypeVar("R")


def token_of(request: HttpRequest) -> str:
    """What makes two sendings of a form the same."""
    return request.POST.get("token", "").replace("\x00", "")[:60]


def _invoice(request: HttpRequest, pk: int) -> Invoice:
    user: Any = request.user
    found = get_object_or_404(selectors.in_sight(user, "memos.request").exclude(kind=Invoice.Kind.CREDIT_MEMO), pk=pk)
    if not user.can("memos.request", found.company_id):
        raise PermissionDenied("this needs the permission memos.request")
    return found


@allowed("memos.request")
def credit(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask for a credit memo about a document, in whole or in part."""
    return _memo(request, _invoice(request, pk), "credit_memo")


@allowed("memos.request")
def debit(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask for a debit memo about a document."""
    return _memo(request, _invoice(request, pk), "debit_memo")


def _memo(request: HttpRequest, invoice: Invoice, kind: str) -> HttpResponse:
    user: Any = request.user
    form = _form(request, invoice, kind)
    if request.method == "POST":
        asked = sent_before(user, token_of(request)) or (form.is_valid() and attempt(form, lambda: _ask(request, invoice, kind, form)))
        if asked:
            return answered(request, asked)
    context = {
        "form": form, "invoice": invoice, "rows": form.rows(), "kind": kind, "credited": selectors.credited(invoice),
        "left": left_to_credit(invoice), "token": getattr(request, "request_id", ""), "digits": money.exponent(invoice.currency),
        "mine": invoice.issued_by == user.label, "word": "credit" if kind == "credit_memo" else "debit",
    }  # fmt: skip
    return page(request, "invoicing/memo.html", context, status=422 if request.method == "POST" else 200)


def _form(request: HttpRequest, invoice: Invoice, kind: str) -> MemoForm:
    reasons = reasons_for(invoice.company_id, kind)
    start = {"document_date": clock.today(), "apply": True} | (_whole(invoice) if request.GET.get("all") == "1" else {})
    return MemoForm(request.POST or None, request.FILES or None, invoice=invoice, kind=kind, reasons=reasons, initial=start)


def _whole(invoice: Invoice) -> dict[str, Any]:
    """The form's first values for all that is left of the document."""
    start: dict[str, Any] = {}
    for line in whole_of(invoice):
        key = line.line_id or 0
        start |= {f"net_{key}": money.to_text(line.net, invoice.currency), f"tax_{key}": money.to_text(line.tax, invoice.currency)}
    return start


def _ask(request: HttpRequest, invoice: Invoice, kind: str, form: MemoForm) -> Approval:
    user: Any = request.user
    return request_memo(
        actor=user, invoice=invoice, kind=kind, lines=form.cleaned_data["lines"], apply=form.cleaned_data.get("apply", False),
        token=token_of(request), today=clock.today(), now=clock.now(), evidence=form.shown(), **form.words(),
    )  # fmt: skip


def attempt(form: Any, work: Callable[[], R]) -> R | None:
    """What the work makes; None when it is refused, with the reason on the form."""
    try:
        return work()
    except (Refused, NotAllowed) as refused:
        form.add_error(None, str(refused))
        return None


def answered(request: HttpRequest, asked: Approval) -> HttpResponse:
    """To what was made of a request, or to the request that waits."""
    if asked.result_id and (url := address_of(asked.result_type, asked.result_id)):
        return toast(request, redirect_htmx(request, url), f"Done: {asked.title}")
    said = "Sent for approval" if asked.state == "waiting" else f"This is {asked.get_state_display()}"
    return toast(request, redirect_htmx(request, reverse("workflow:approval", args=[asked.pk])), f"{said}: {asked.title}")


@require_POST
@allowed("memos.request")
def foresee(request: HttpRequest, pk: int, kind: str) -> HttpResponse:
    """Who would approve what stands in the form now, and why: a fragment beside it."""
    user: Any = request.user
    invoice = _invoice(request, pk)
    if kind not in (*KINDS, "rebill"):
        raise Http404
    if kind == "rebill":
        amount = total_of(whole_of(invoice))
    else:
        form = _form(request, invoice, kind)
        form.is_valid()
        amount = total_of(form.cleaned_data.get("lines", []))
    seen = foresee_memo(actor=user, invoice=invoice, kind="credit_memo" if kind == "rebill" else kind, amount=amount, today=clock.today())
    return render(request, "workflow/parts/foresight.html", {"seen": seen if amount > 0 else None})


@allowed("memos.request")
def rebill(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask to cancel an invoice and bill it again."""
    user: Any = request.user
    invoice = _invoice(request, pk)
    if invoice.kind != Invoice.Kind.INVOICE:
        raise Http404
    start = {"document_date": clock.today()}
    form = RebillForm(request.POST or None, request.FILES or None, reasons=reasons_for(invoice.company_id, "credit_memo"), initial=start)
    if request.method == "POST":
        asked = sent_before(user, token_of(request)) or (form.is_valid() and attempt(form, lambda: _rebill(request, invoice, form)))
        if asked:
            return answered(request, asked)
    amount = total_of(whole_of(invoice))
    context = {
        "form": form, "invoice": invoice, "amount": amount, "open": max(invoice.open_item.balance, 0), "today": clock.today(),
        "token": getattr(request, "request_id", ""), "seen": None, "age": (clock.today() - invoice.document_date).days,
    }  # fmt: skip
    if amount > 0:
        context["seen"] = foresee_memo(actor=user, invoice=invoice, kind="credit_memo", amount=amount, today=clock.today())
    return page(request, "invoicing/rebill.html", context, status=422 if request.method == "POST" else 200)


def _rebill(request: HttpRequest, invoice: Invoice, form: RebillForm) -> Approval:
    user: Any = request.user
    return request_rebill(
        actor=user, invoice=invoice, token=token_of(request), today=clock.today(), now=clock.now(), evidence=form.shown(), **form.words()
    )
