"""Papers of customers: which are asked for, here, sent, expiring; one of them with its file and history."""

from collections.abc import Callable
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_POST

from arops.lib import clock
from arops.lib.http import filters_of, page, redirect_htmx, toast
from arops.lib.refusal import Refused
from arops.lib.sheets import Cover, export_response
from arops.lib.tables import Column, Table
from customers.forms import HaveForm, RequestForm, actors_of, is_given
from customers.models import Customer, CustomerDocument
from customers.requirements import CUSTOMER
from customers.selectors import STANDINGS, Asked, documents_in_sight, stands
from customers.services.documents import (
    cancel_document,
    receive_document,
    refuse_document,
    request_again,
    request_document,
    send_document,
)
from org.access import allowed
from org.models import Company, Department
from org.selectors import actor_names
from workflow.models import Event
from workflow.services.attachments import files_of

SHOWN = 500
"""Papers a page shows; its file holds all of them."""
TONES = {"expired": "bad", "refused": "bad", "expiring": "warn", "requested": "info", "waiting": "info", "good": "ok", "cancelled": ""}


@allowed("customers.view")
def index(request: HttpRequest) -> HttpResponse:
    """Papers of all customers in sight, the first to expire at the top. Also as Excel and CSV."""
    user: Any = request.user
    asked = filters_of(request, standing="", kind="", company="", customer="", waits="", q="", within="", sort="expires")
    narrowed = {name: asked[name] for name in ("kind", "company", "customer", "waits", "q", "within") if asked[name]}
    wanted = Asked(asked["standing"], asked["kind"], asked["company"], _whole(asked["customer"]), asked["waits"], asked["q"],
                   _whole(asked["within"], 3650), asked["sort"])  # fmt: skip
    today = clock.today()
    found = documents_in_sight(user, wanted, today)
    if request.GET.get("format") and not user.can("reports.export"):
        raise PermissionDenied("this needs the permission reports.export")
    rows = told(found if request.GET.get("format") else found[:SHOWN])
    table = table_of(rows, asked)
    file = export_response(
        request, table, Cover("Customer documents", user.name, today, {"standing": STANDINGS.get(wanted.standing, "")} | narrowed)
    )
    if file:
        return file
    count = found.count()
    context = {
        "table": table, "count": count, "cut": count - len(rows), "asked": asked, "narrowed": narrowed, "shown": SHOWN,
        "standings": list(STANDINGS.items()), "kinds": CustomerDocument.Kind.choices, "waits": _waits(user),
        "companies": Company.objects.visible_to(user, "customers.view"), "user_can_export": user.can("reports.export"),
        "may_edit": user.can("documents.edit"),
    }  # fmt: skip
    return page(request, "customers/documents.html", context, fragment="table")


def _waits(user: Any) -> list[tuple[str, str]]:
    names = dict(Department.objects.visible_to(user, "customers.view").values_list("code", "name"))
    return [(CUSTOMER, "the customer"), *sorted(names.items(), key=lambda pair: pair[1])]


def told(documents: Any) -> list[Any]:
    """Papers with what pages say of them beside their fields."""
    rows, today = list(documents), clock.today()
    names = {(d.company_id, d.code): d.name for d in Department.objects.filter(company__in={row.company_id for row in rows})}
    for row in rows:
        row.standing = stands(row, today)
        row.tone = TONES[row.standing.code]
        row.who = "the customer" if row.waits_for == CUSTOMER else names.get((row.company_id, row.waits_for), row.waits_for)
        row.who = row.who or (("receivables" if is_given(row.kind) else "the customer") if row.standing.holds_up else "")
        row.called = row.get_kind_display()[:1].upper() + row.get_kind_display()[1:]
        row.about = row.invoice_number or row.contract_number or row.jurisdiction
    return rows


def table_of(rows: list[Any], asked: dict[str, str]) -> Table:
    """The list as rows and columns, for the page and for files."""
    columns = [
        Column("kind", "Paper", lambda d: d.called, href=_address, pin=True, sort="kind"),
        Column("customer", "Customer", lambda d: d.customer.name, href=lambda d: _tab(d.customer_id), sort="customer", phone="full"),
        Column("number", "Number", lambda d: d.customer.number, priority=3, sort="number"),
        Column("standing", "Stands", lambda d: d.standing.words.capitalize(), kind="badge", tone=lambda d: d.tone, phone="end"),
        Column("who", "Who must act", lambda d: d.who),
        Column("expires", "Expires", lambda d: d.expires_on, kind="date", sort="expires", phone="end"),
        Column("left", "Days left", lambda d: d.standing.days_left, kind="num", tone=lambda d: d.tone if d.standing.code != "good" else "",
               priority=2),
        Column("requested", "Requested", lambda d: d.requested_on, kind="date", sort="requested", priority=2),
        Column("received", "Received, sent", lambda d: d.received_on, kind="date", priority=3),
        Column("about", "For", lambda d: d.about, priority=2),
        Column("reference", "Number on it", lambda d: d.reference, priority=3),
        Column("company", "Company", lambda d: d.company.code, priority=3),
        Column("note", "Note", lambda d: d.note, grow=True, priority=3),
    ]  # fmt: skip
    return Table(columns, rows, row_id=lambda d: f"document-{d.pk}", name="document", sort=asked["sort"], query=asked, stack=True)


def _address(document: CustomerDocument) -> str:
    return reverse("customers:document", args=[document.pk])


def _tab(customer_id: int) -> str:
    return reverse("customers:tab", args=[customer_id, "documents"])


@allowed("customers.view")
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """A paper: how it stands, what can be done, its file, what happened to it."""
    return _page(request, _document(request, pk, "customers.view"))


def _page(request: HttpRequest, document: CustomerDocument, *, said: str = "", form: HaveForm | None = None) -> HttpResponse:
    user: Any = request.user
    row = told([document])[0]
    history = list(Event.objects.filter(subject_type="customers.customerdocument", subject_id=row.pk).order_by("-pk")[:50])
    start = {"on": clock.today(), "reference": row.reference, "valid_from": row.valid_from, "expires_on": row.expires_on, "note": row.note}
    context = {
        "document": row, "customer": row.customer, "today": clock.today(), "said": said, "form": form or HaveForm(initial=start),
        "files": files_of(user, document), "history": history, "names": actor_names({event.actor for event in history}),
        "is_given": is_given(row.kind),
        "may_edit": user.can("documents.edit", row.company_id), "actors": actors_of(row.company),
        "open": row.state in ("requested", "received", "refused") and not (row.state == "received" and not is_given(row.kind)),
        "may_ask": user.can("tasks.create", row.company_id),
    }  # fmt: skip
    return page(request, "customers/document.html", context, status=422 if said or (form and form.errors) else 200)


@allowed("documents.edit")
def new(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask for a paper, or note that the customer wants one of us."""
    user: Any = request.user
    customer = get_object_or_404(Customer.objects.visible_to(user, "documents.edit").select_related("company"), pk=pk)
    asked = filters_of(request, kind="w9", invoice="", waits="", contract="")
    start = {"kind": asked["kind"], "invoice_number": asked["invoice"], "waits_for": asked["waits"], "contract_number": asked["contract"]}
    form = RequestForm(request.POST or None, customer=customer, initial=start)
    back = _tab(pk)
    if request.method == "POST" and form.is_valid():
        try:
            made = request_document(actor=user, customer=customer, today=clock.today(), **form.cleaned_data)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            return toast(request, redirect_htmx(request, reverse("customers:document", args=[made.pk])), f"{made} is requested.")
    context = {"form": form, "customer": customer, "title": "Request a paper", "button": "Request", "back": back,
               "sections": [("", [form[name] for name in form.fields])]}  # fmt: skip
    return page(request, "customers/form.html", context, status=422 if form.errors else 200)


@require_POST
@allowed("documents.edit")
def step(request: HttpRequest, pk: int, step: str) -> HttpResponse:
    """Receive, send, refuse, cancel, request again."""
    document = _document(request, pk, "documents.edit")
    if step not in STEPS:
        raise Http404
    try:
        made = STEPS[step][0](request, document)
    except Refused as refusal:
        return _page(request, document, said=f"{refusal}"[:1].upper() + f"{refusal}."[1:])
    if isinstance(made, HaveForm):
        return _page(request, document, form=made)
    return toast(request, redirect_htmx(request, reverse("customers:document", args=[made.pk])), f"{made}: {STEPS[step][1]}.")


def _have(request: HttpRequest, document: CustomerDocument, do: Callable[..., CustomerDocument]) -> CustomerDocument | HaveForm:
    form = HaveForm(request.POST)
    if not form.is_valid():
        return form
    return do(actor=request.user, document=document, version=_whole(request.POST.get("version", "")), **form.given)


def _receive(request: HttpRequest, document: CustomerDocument) -> CustomerDocument | HaveForm:
    return _have(request, document, receive_document)


def _send(request: HttpRequest, document: CustomerDocument) -> CustomerDocument | HaveForm:
    return _have(request, document, send_document)


def _refuse(request: HttpRequest, document: CustomerDocument) -> CustomerDocument:
    return refuse_document(actor=_user(request), document=document, reason=request.POST.get("reason", ""))


def _cancel(request: HttpRequest, document: CustomerDocument) -> CustomerDocument:
    return cancel_document(actor=_user(request), document=document, reason=request.POST.get("reason", ""))


def _again(request: HttpRequest, document: CustomerDocument) -> CustomerDocument:
    waits = request.POST.get("waits_for", "")[:30]
    return request_again(actor=_user(request), document=document, today=clock.today(), waits_for=waits)


STEPS: dict[str, tuple[Callable[[HttpRequest, CustomerDocument], Any], str]] = {
    "answer": (_receive, "received"), "receive": (_receive, "received"), "send": (_send, "sent"), "refuse": (_refuse, "refused"),
    "cancel": (_cancel, "no longer needed"), "again": (_again, "requested again"),
}  # fmt: skip


def _document(request: HttpRequest, pk: int, permission: str) -> CustomerDocument:
    rows = CustomerDocument.objects.visible_to(_user(request), permission).select_related("customer", "company")
    found: CustomerDocument = get_object_or_404(rows, pk=pk)
    return found


def _whole(text: str, most: int = 10**17) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 18 and int(text) <= most else None


def _user(request: HttpRequest) -> Any:
    return request.user
