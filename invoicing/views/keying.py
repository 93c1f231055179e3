"""Keying in a document, and crediting one."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse

from arops.lib import clock, money
from arops.lib.http import page, redirect_htmx, toast
from arops.lib.refusal import Refused
from customers.models import Customer
from invoicing import selectors
from invoicing.forms import CreditForm, DocumentForm, LineFormSet, blame
from invoicing.models import Invoice
from invoicing.services import DocumentRefused
from invoicing.services.keying import SERIES, credit_invoice, key_document, sent_before
from org.access import allowed
from org.actors import NotAllowed


@allowed("invoices.issue")
def new(request: HttpRequest) -> HttpResponse:
    """Choose the customer, then key in the document."""
    user: Any = request.user
    key = request.GET.get("customer", "")
    if key.isascii() and key.isdigit() and len(key) < 19:
        found = Customer.objects.visible_to(user, "invoices.issue").select_related("company")
        return _form(request, get_object_or_404(found, pk=int(key)))
    text = request.GET.get("q", "").replace("\x00", "").strip()[:80]
    context = {"q": text, "customers": selectors.customers_like(user, text), "kind": _kind(request)}
    return page(request, "invoicing/choose.html", context, fragment="found")


def _kind(request: HttpRequest) -> str:
    kind = request.GET.get("kind", "")
    return kind if kind in Invoice.Kind.values else "invoice"


def _form(request: HttpRequest, customer: Customer) -> HttpResponse:
    user: Any = request.user
    kinds = [
        (k, label.capitalize()) for k, label in Invoice.Kind.choices if k != "credit_memo" or user.can("memos.approve", customer.company_id)
    ]
    start = {
        "document_date": clock.today(), "currency": customer.currency, "payment_terms": customer.payment_terms, "kind": _kind(request),
    }  # fmt: skip
    form = DocumentForm(request.POST or None, kinds=kinds, initial=start)
    lines = LineFormSet(request.POST or None, prefix="line")
    if request.method == "POST" and form.is_valid() and lines.is_valid():
        made = _issued(request, customer, form, lines)
        if made:
            said = f"{made.get_kind_display().capitalize()} {made.number} issued: {money.format(made.total, made.currency)} {made.currency}"
            return toast(request, redirect_htmx(request, reverse("invoicing:detail", args=[made.pk])), said)
    context = {
        "form": form, "lines": lines, "customer": customer, "token": getattr(request, "request_id", ""), "series": SERIES,
        "digits": money.exponent(customer.currency), "odd_digits": {c: n for c in money.currencies() if (n := money.exponent(c)) != 2},
    }  # fmt: skip
    return page(request, "invoicing/new.html", context, status=422 if request.method == "POST" else 200)


def _issued(request: HttpRequest, customer: Customer, form: DocumentForm, lines: Any) -> Invoice | None:
    """The document; None when the books refuse it, with the reasons beside the fields."""
    user: Any = request.user
    filled = [line for line in lines.forms if line.row()]
    if not filled:
        form.add_error(None, "a document has at least one line")
        return None
    row = form.row(customer, [line.row() for line in filled])
    try:
        return key_document(actor=user, company=customer.company, row=row, token=_token(request))
    except DocumentRefused as refused:
        blame(form, filled, refused.problems)
    except (Refused, NotAllowed) as refused:
        form.add_error(None, str(refused))
    return None


def _token(request: HttpRequest) -> str:
    """What makes two sendings of a form the same."""
    return request.POST.get("token", "").replace("\x00", "")[:60]


@allowed("memos.approve")
def credit(request: HttpRequest, pk: int) -> HttpResponse:
    """Credit an invoice in whole or in part; the memo refers to it and stays open until it is applied."""
    user: Any = request.user
    invoice = get_object_or_404(selectors.in_sight(user, "memos.approve").exclude(kind=Invoice.Kind.CREDIT_MEMO), pk=pk)
    if not user.can("memos.approve", invoice.company_id):
        raise PermissionDenied("this needs the permission memos.approve")
    form = CreditForm(request.POST or None, invoice=invoice, initial=_whole(request, invoice))
    if request.method == "POST":
        memo = sent_before(user, invoice.company, _token(request)) or (_credited(request, invoice, form) if form.is_valid() else None)
        if memo:
            said = f"Credit memo {memo.number} issued; it is open until it is applied"
            return toast(request, redirect_htmx(request, reverse("invoicing:detail", args=[memo.pk])), said)
    credited = selectors.credited(invoice)
    context = {
        "form": form, "invoice": invoice, "rows": form.rows(), "credited": credited, "left": invoice.total - credited,
        "token": getattr(request, "request_id", ""), "digits": money.exponent(invoice.currency), "mine": invoice.issued_by == user.label,
    }  # fmt: skip
    return page(request, "invoicing/credit.html", context, status=422 if request.method == "POST" else 200)


def _whole(request: HttpRequest, invoice: Invoice) -> dict[str, Any]:
    """The form's first values; with `all=1` those of the whole invoice."""
    start: dict[str, Any] = {"document_date": clock.today()}
    if request.GET.get("all") != "1":
        return start
    for key, net, tax in [(line.pk, line.amount, line.tax_amount) for line in invoice.lines.all()] or [
        (0, invoice.subtotal, invoice.tax_total)
    ]:
        start |= {f"net_{key}": money.to_text(net, invoice.currency), f"tax_{key}": money.to_text(tax, invoice.currency)}
    return start


def _credited(request: HttpRequest, invoice: Invoice, form: CreditForm) -> Invoice | None:
    user: Any = request.user
    data = form.cleaned_data
    try:
        return credit_invoice(
            actor=user, invoice=invoice, lines=data["lines"], reason=data["reason"], day=data["document_date"],
            token=_token(request),
        )  # fmt: skip
    except DocumentRefused as refused:
        for problem in refused.problems:
            name = problem.pointer.strip("/")
            form.add_error(name if name in form.fields else None, problem.detail)
    except (Refused, NotAllowed) as refused:
        form.add_error(None, str(refused))
    return None
