"""Advices by what they wait for: to be joined, joined, disagreeing, set aside; several set aside at once."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from arops.lib import clock
from arops.lib.http import page, redirect_htmx, toast
from arops.lib.refusal import Refused
from arops.lib.sheets import Cover, export_response
from arops.lib.tables import Column, Table
from cashapp.forms import words
from cashapp.forms.remittances import AdviceFilesForm, FilterForm
from cashapp.models import Remittance
from cashapp.selectors import remittances as reading
from cashapp.selectors.remittances import VIEWS, Wanted
from cashapp.services.remittances.setting_aside import set_aside, take_up
from customers.models import Customer
from org.access import allowed
from org.actors import NotAllowed

EXPORTED, AT_ONCE = 50_000, 500
COMPANY = "advices_of_company"
"""Session key of the company that advices were brought for last."""
_SAID = {"q": "text", "least": "at least", "most": "at most", "paid_from": "paid from", "paid_to": "paid to"}


@allowed("cash.view")
def index(request: HttpRequest, upload: AdviceFilesForm | None = None) -> HttpResponse:
    """A view of advices, narrowed by filters, a page at a time; `format=xlsx` or `csv` gives all of it as a file."""
    user: Any = request.user
    form = FilterForm(request.GET)
    valid, wanted = form.is_valid(), form.wanted()
    found = reading.remittances(user, wanted)
    if request.GET.get("format") in ("xlsx", "csv") and valid:
        return _export(request, found, wanted, form)
    after = request.GET.get("after", "")[:300]
    rows, following = reading.page_of(user, found, after)
    counts = reading.counts(user)
    may_import = user.can("cash.import")
    context = {
        "rows": rows, "next": following, "is_first": not after, "wanted": wanted, "sums": reading.totals(found), "asked": form.data,
        "tabs": [(code, label, counts.get(code)) for code, label in VIEWS], "label": dict(VIEWS)[wanted.view],
        "in_force": in_force(form, user), "errors": form.reasons(), "sources": Remittance.Source.choices,
        "companies": list(reading.companies_of(user)), "user_can_export": user.can("reports.export"), "may_import": may_import,
        "may_apply": user.can("cash.apply"), "was": list(request.GET.items()),
        "upload": upload or (_upload(request) if may_import else None),
    }  # fmt: skip
    return page(request, "cashapp/remittances.html", context, fragment="rows", status=422 if upload or not valid else 200)


def _upload(request: HttpRequest) -> AdviceFilesForm:
    """The place to bring files, for the company of the last time."""
    user: Any = request.user
    companies = reading.companies_of(user, "cash.import")
    form = AdviceFilesForm(companies=companies)
    form.initial["company"] = companies.filter(pk=request.session.get(COMPANY, 0)).first() or form.fields["company"].initial
    return form


def in_force(form: FilterForm, user: Any) -> dict[str, str]:
    """The filters that narrow the list: name and words."""
    data = getattr(form, "cleaned_data", {})
    given = {n: str(form.data.get(n)) for n in form.fields if n != "view" and data.get(n) not in (None, "")}
    if "customer" in given:
        row = Customer.objects.visible_to(user, "cash.view").filter(pk=data["customer"]).first()
        given["customer"] = row.name if row else "of somebody"
    if "source" in given:
        given["source"] = dict(Remittance.Source.choices)[data["source"]]
    if "company" in given:
        given["company"] = next((c.code for c in reading.companies_of(user) if c.pk == data["company"]), "another")
    return {_SAID.get(name, name): value for name, value in given.items()}


def _export(request: HttpRequest, found: QuerySet[Remittance], wanted: Wanted, form: FilterForm) -> HttpResponse:
    user: Any = request.user
    if not user.can("reports.export"):
        raise PermissionDenied("this needs the permission reports.export")
    rows, more = reading.page_of(user, found, size=EXPORTED)
    if more:
        said = f"More than {EXPORTED:,} advices fit these filters: narrow them, or take them by the API."
        return HttpResponse(said, status=422, content_type="text/plain; charset=utf-8")
    cover = Cover("Remittances", user.name, clock.today(), {"view": dict(VIEWS)[wanted.view]} | in_force(form, user))
    return export_response(request, table_of(rows), cover) or HttpResponse(status=422)


def table_of(rows: list[Remittance]) -> Table:
    """The list's columns for files."""
    columns = [
        Column("number", "Advice", lambda r: r.number, pin=True),
        Column("payer", "Payer", lambda r: r.customer.name if r.customer else r.payer_name, grow=True),
        Column("customer", "Customer number", lambda r: r.customer.number if r.customer else ""),
        Column("company", "Company", lambda r: r.company.code),
        Column("source", "Came by", lambda r: r.get_source_display()),
        Column("format", "Format", lambda r: r.format),
        Column("paid", "Paid on", lambda r: r.payment_date, kind="date"),
        Column("total", "Says was paid", lambda r: r.total, kind="money", total=True),
        Column("received", "Came in", lambda r: r.received if r.shown_joins else None, kind="money", total=True),
        Column("trace", "Cheque or trace", lambda r: r.trace),
        Column("reference", "Payer's number", lambda r: r.reference),
        Column("receipts", "Receipts", lambda r: ", ".join(j.receipt.number for j in r.shown_joins)),
        Column("aside", "Set aside because", lambda r: r.set_aside),
        Column("notes", "Notes", lambda r: " ".join(r.notes)),
        Column("came", "Came in on", lambda r: r.created_at.date(), kind="date"),
    ]
    return Table(columns, rows, currency=lambda r: r.currency, row_id=lambda r: f"remittance-{r.pk}", name="remittances")


@require_POST
@allowed("cash.apply")
def several(request: HttpRequest) -> HttpResponse:
    """Set the ticked advices aside with one reason, or take them up again; the toast undoes it."""
    user: Any = request.user
    keys = [int(k) for k in request.POST.getlist("keys")[:AT_ONCE] if k.isascii() and k.isdigit() and len(k) < 18]
    chosen = list(Remittance.objects.visible_to(user, "cash.apply").filter(pk__in=keys))
    back = redirect_htmx(request, _back(request))
    if not chosen:
        return toast(request, back, "Tick the advices first", tone="bad")
    up = request.POST.get("do") == "up"
    try:
        if up:
            done = take_up(actor=user, remittances=chosen)
        else:
            done = set_aside(actor=user, remittances=chosen, reason=words(request.POST.get("reason"), 300))
    except (Refused, NotAllowed) as refusal:
        return toast(request, back, str(refusal).capitalize(), tone="bad")
    said = f"{len(done)} advice{'' if len(done) == 1 else 's'} {'taken up again' if up else 'set aside'}"
    return toast(request, back, said, undo_url="" if up else undo_address(done))


def undo_address(done: list[Remittance]) -> str:
    """What the toast's undo posts to."""
    return f"{reverse('cashapp:remittances-undo')}?keys={','.join(str(r.pk) for r in done)}"


@require_POST
@allowed("cash.apply")
def undo(request: HttpRequest) -> HttpResponse:
    """Take up again what a moment ago was set aside."""
    user: Any = request.user
    keys = [int(k) for k in request.GET.get("keys", "").split(",")[:AT_ONCE] if k.isascii() and k.isdigit() and len(k) < 18]
    chosen = list(Remittance.objects.visible_to(user, "cash.apply").filter(pk__in=keys))
    one = len(chosen) == 1
    there = reverse("cashapp:remittance", args=[chosen[0].pk]) if one else reverse("cashapp:remittances")
    take_up(actor=user, remittances=chosen)
    return toast(request, redirect_htmx(request, there), "Taken up again" if chosen else "Nothing to undo")


def _back(request: HttpRequest) -> str:
    """The list as it was."""
    form = FilterForm(data={n: request.POST.get(f"was_{n}", "") for n in FilterForm.base_fields})
    form.is_valid()
    kept = {n: str(form.data[n]) for n in form.fields if getattr(form, "cleaned_data", {}).get(n) not in (None, "")}
    query = "&".join(f"{n}={v}" for n, v in kept.items() if v.replace("-", "").isalnum())
    return f"{reverse('cashapp:remittances')}?{query}"
