"""Keying in a document: an invoice is a draft first and issued when the check finds nothing in its way; a memo is asked for."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse

from arops.lib import clock, money
from arops.lib.http import page, redirect_htmx, toast
from arops.lib.refusal import Refused
from customers.models import Customer
from invoicing import selectors
from invoicing.forms import DocumentForm, blame
from invoicing.forms.drafts import KeyedLineFormSet
from invoicing.models import Invoice
from invoicing.services import DocumentRefused
from invoicing.services.adjusting import request_keyed
from invoicing.services.drafting import DraftRefused
from invoicing.services.hand import Keyed, key_invoice
from invoicing.services.keying import SERIES
from invoicing.views.memos import answered, token_of
from org.access import allowed
from org.actors import NotAllowed
from workflow.models import Approval


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
    may_memo = user.can("memos.request", customer.company_id)
    kinds = [(k, label.capitalize()) for k, label in Invoice.Kind.choices if k == "invoice" or may_memo]
    start = {
        "document_date": clock.today(), "currency": customer.currency, "payment_terms": customer.payment_terms, "kind": _kind(request),
    }  # fmt: skip
    form = DocumentForm(request.POST or None, kinds=kinds, initial=start)
    lines = KeyedLineFormSet(request.POST or None, prefix="line")
    if request.method == "POST" and form.is_valid() and lines.is_valid():
        made = _issued(request, customer, form, lines)
        if isinstance(made, Approval):
            return answered(request, made)
        if made:
            return _told(request, made)
    context = {
        "form": form, "lines": lines, "customer": customer, "token": getattr(request, "request_id", ""), "series": SERIES,
        "digits": money.exponent(customer.currency), "odd_digits": {c: n for c in money.currencies() if (n := money.exponent(c)) != 2},
    }  # fmt: skip
    return page(request, "invoicing/new.html", context, status=422 if request.method == "POST" else 200)


def _told(request: HttpRequest, made: Keyed) -> HttpResponse:
    """To the invoice, or to the draft with what holds it."""
    if (invoice := made.invoice) is not None:
        said = f"{invoice.get_kind_display().capitalize()} {invoice.number} issued: {money.format(invoice.total, invoice.currency)}"
        return toast(request, redirect_htmx(request, reverse("invoicing:detail", args=[invoice.pk])), f"{said} {invoice.currency}")
    held = made.draft.state == "held"
    there = redirect_htmx(request, reverse("invoicing:draft", args=[made.draft.pk]))
    said = "Kept as draft: the check holds it, see what it found" if held else "Kept as draft"
    return toast(request, there, said, tone="warn" if held else "ok")


def _issued(request: HttpRequest, customer: Customer, form: DocumentForm, lines: Any) -> Keyed | Approval | None:
    """The document or its draft, or the request for a memo; None when the books refuse it, with the reasons beside the fields."""
    user: Any = request.user
    filled = [line for line in lines.forms if line.row()]
    if not filled:
        form.add_error(None, "a document has at least one line")
        return None
    row = form.row(customer, [line.row() for line in filled])
    try:
        if row["kind"] != "invoice":
            today, now = clock.today(), clock.now()
            return request_keyed(actor=user, company=customer.company, row=row, token=token_of(request), today=today, now=now)
        return key_invoice(
            actor=user, company=customer.company, row=row, token=token_of(request), issue="draft" not in request.POST, now=clock.now(),
            today=clock.today(),
        )  # fmt: skip
    except (DocumentRefused, DraftRefused) as refused:
        if not refused.problems:
            form.add_error(None, str(refused))
        blame(form, filled, refused.problems)
    except (Refused, NotAllowed) as refused:
        form.add_error(None, str(refused))
    return None
