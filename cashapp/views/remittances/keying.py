"""An advice keyed by hand, and the customers offered while one types."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from arops.lib import clock, money
from arops.lib.http import page, redirect_htmx, toast
from arops.lib.refusal import Refused
from arops.lib.sniffing import sniff
from cashapp.forms import number, words
from cashapp.forms.remittances import AdviceForm, AdviceLines
from cashapp.models import Remittance
from cashapp.selectors.advice_customers import customer_typed, customers_like
from cashapp.selectors.remittances import companies_of
from cashapp.services.remittances.joining import match_joined
from cashapp.services.remittances.keying import key_remittance
from org.access import allowed
from org.actors import NotAllowed
from workflow.models import StoredFile
from workflow.services import store_file


@allowed("cash.import")
def new(request: HttpRequest) -> HttpResponse:
    """Key an advice: who paid what for which documents. Saved, it is joined to its receipt at once where that is clear."""
    user: Any = request.user
    form = AdviceForm(request.POST or None, request.FILES or None, companies=companies_of(user, "cash.import"))
    valid = form.is_valid() if form.is_bound else False
    currency = form.cleaned_data.get("currency", "USD") if valid else "USD"
    lines = AdviceLines(request.POST or None, prefix="line", form_kwargs={"currency": currency})
    if valid and lines.is_valid():
        made = _saved(request, form, lines)
        if made:
            there = redirect_htmx(request, _next(request, made))
            joined = made.joins.filter(ended_at=None).exists()  # type: ignore[attr-defined]
            return toast(request, there, f"{made.number} is taken in{', and joined to its receipt' if joined else ''}")
    context = {
        "form": form, "lines": lines, "digits": 2, "odd_digits": {c: n for c in money.currencies() if (n := money.exponent(c)) != 2},
    }  # fmt: skip
    return page(request, "cashapp/remittance_new.html", context, status=422 if form.is_bound else 200)


def _next(request: HttpRequest, made: Remittance) -> str:
    """Ctrl Enter goes on to the next one; Ctrl S to what was made, where it is in sight."""
    user: Any = request.user
    if "more" in request.POST or not Remittance.objects.visible_to(user, "cash.view").filter(pk=made.pk).exists():
        return reverse("cashapp:remittance-new")
    return reverse("cashapp:remittance", args=[made.pk])


def _saved(request: HttpRequest, form: AdviceForm, lines: Any) -> Remittance | None:
    """The advice; None when it is refused, with the reason in the form."""
    user: Any = request.user
    company = form.cleaned_data["company"]
    customer = customer_typed(user, company.pk, form.cleaned_data["payer"])
    advice = form.advice(lines.forms, customer.name if customer else form.cleaned_data["payer"].strip())
    try:
        file = kept_scan(request, form.cleaned_data["file"])
        made = key_remittance(actor=user, company=company, advice=advice, customer=customer, stored_file=file)
        if user.can("cash.apply", company.pk):
            match_joined(actor=user, company=company, today=clock.today(), now=clock.now())
    except (Refused, NotAllowed) as refusal:
        form.add_error(None, str(refusal))
        return None
    return made


def kept_scan(request: HttpRequest, file: Any) -> StoredFile | None:
    """A scan kept by what its bytes are; None for none. Raises NotTaken for what isn't kept (programs, pages, archives)."""
    user: Any = request.user
    if not file:
        return None
    content = file.read()
    return store_file(actor=user, name=file.name, content=content, content_type=sniff(content).content_type)[0]


@allowed("cash.import")
def customers(request: HttpRequest) -> HttpResponse:
    """Customers of a company by what is typed, for the field's list."""
    user: Any = request.user
    company = number(request.GET.get("company"))
    offered = customers_like(user, company if company > 0 else None, words(request.GET.get("payer"), 80))
    return render(request, "cashapp/parts/customers.html", {"offered": offered})
