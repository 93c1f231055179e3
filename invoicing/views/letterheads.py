"""What companies' paper looks like, with a preview."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.urls import reverse

from arops.lib import clock, pdf
from arops.lib.http import page, redirect_htmx, toast
from arops.lib.refusal import Refused
from invoicing.einvoice import remittance_reference
from invoicing.einvoice.reference import in_fours
from invoicing.forms.deliveries import LetterheadForm
from invoicing.models import Letterhead
from invoicing.services.letterheads import set_letterhead
from invoicing.services.paper import ACCENT, TaxRow, look_of, said_of, sheet
from org.access import allowed
from org.models import Company


@allowed("settings.manage")
def index(request: HttpRequest) -> HttpResponse:
    """The companies one may set up, each with its paper."""
    companies = Company.objects.visible_to(_user(request), "settings.manage").select_related("letterhead")
    return page(request, "invoicing/letterheads.html", {"companies": companies, "can_users": _user(request).can("users.manage")})


@allowed("settings.manage")
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """A company's letterhead: changed, and shown on a sample."""
    user, company = _user(request), _company(request, pk)
    head = Letterhead.objects.filter(company=company).first()
    initial = {name: getattr(head, name) if head else "" for name in ("footer", "payment_note")} | {
        "accent": head.accent if head else ACCENT
    }
    form = LetterheadForm(request.POST or None, request.FILES or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        data, upload = form.cleaned_data, form.cleaned_data["logo"]
        try:
            set_letterhead(
                actor=user, company=company, accent=data["accent"], footer=data["footer"], payment_note=data["payment_note"],
                logo=upload.read() if upload else None, remove_logo=data["remove_logo"],
            )  # fmt: skip
        except Refused as error:
            form.add_error("logo" if "logo" in str(error) else "accent", str(error))
        else:
            return toast(
                request, redirect_htmx(request, reverse("invoicing:letterhead", args=[pk])), f"The paper of {company.code} is saved"
            )
    context = {"form": form, "head": head, **sample(company), "can_pdf": pdf.is_available()}
    return page(request, "invoicing/letterhead.html", context, status=422 if form.errors else 200)


@allowed("settings.manage")
def as_pdf(request: HttpRequest, pk: int) -> HttpResponse:
    """The sample as PDF."""
    company = _company(request, pk)
    context = sample(company)
    made = pdf.from_html(render_to_string("invoicing/paper.html", context), sheet(context["accent"], "en"))
    return HttpResponse(made, content_type="application/pdf", headers={"Content-Disposition": 'inline; filename="sample.pdf"'})


def sample(company: Company) -> dict[str, Any]:
    """An invoice that nobody owes, in the company's currency: whoever sets up the paper need not see anybody's."""
    day, currency = clock.today(), company.base_currency
    line = {
        "sku": "SRV-HR", "po_line": 10, "contract": "", "work_order": "WO-2041", "releases": None, "unit": "HUR", "period_from": None,
        "period_to": None,
    }  # fmt: skip
    lines = [
        SimpleNamespace(number=1, description="Field service", quantity=4, unit_price=150, amount=600_00, **line),
        SimpleNamespace(
            number=2, description="Filter set", quantity=2, unit_price=64, amount=128_00, **line | {"unit": "EA", "sku": "PRT-FLT"}
        ),
    ]
    invoice: Any = SimpleNamespace(
        number="INV-SAMPLE", currency=currency, document_date=day, due_date=day + timedelta(days=30), payment_terms="net 30",
        po_number="PO-1001", order_reference="SO-77", cost_code="", refers_to=None, replaces=None, reason="", retainage=0, subtotal=728_00,
        tax_total=60_06, total=788_06, kind="invoice", reason_code="", language="en", open_item=SimpleNamespace(discount_amount=0),
    )  # fmt: skip
    customer = SimpleNamespace(name="Sample Customer", address="1 Example Street\nSample Town", number="C-100", tax_id="")
    reference = remittance_reference(invoice.number)
    return {
        **said_of(invoice, "en"), "company": company, "customer": customer, "lines": lines, "is_credit": False, "copy": False,
        "taxes": [TaxRow("Tax 8.25 %", 728_00, 60_06)], "payable": invoice.total, "reference": reference,
        "reference_in_fours": in_fours(reference), "account_in_fours": company.bank_account, "discount_until": None, "buyer_reference": "",
        **look_of(company, "en"),
    }  # fmt: skip


def _company(request: HttpRequest, pk: int) -> Company:
    found: Company = get_object_or_404(Company.objects.visible_to(_user(request), "settings.manage"), pk=pk)
    return found


def _user(request: HttpRequest) -> Any:
    return request.user
