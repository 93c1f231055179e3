"""What was done and stands to be billed; progress claims; retainage that is held. All of it becomes drafts."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from arops.lib import clock, money
from arops.lib.http import address, filters_of, page, redirect_htmx, toast
from arops.lib.refusal import Refused
from arops.lib.sheets import Cover, export_response
from arops.lib.tables import Column, Table
from customers.models import Customer
from invoicing.billing.model import KINDS, ONE, Offer
from invoicing.forms.drafts import ProgressForm
from invoicing.models import Draft, Invoice
from invoicing.selectors.drafts import counts, progress, retained
from invoicing.selectors.unbilled import Unbilled, unbilled
from invoicing.services.billing import Made, claim_progress, make_drafts, release_retainage
from orders.models import Contract
from org.access import allowed
from org.actors import NotAllowed
from org.models import Company
from workflow.doorbell import ring
from workflow.services.jobs import create_job

AT_ONCE = 25
"""Choices up to which drafts are made while the person waits; more are made in the background."""
SHOWN = 500
"""Rows that the page draws; sums and files are of all."""
_PAGES = {
    "orders.workorder": "orders:work-order", "orders.delivery": "orders:delivery", "orders.salesorder": "orders:order",
    "orders.contract": "orders:contract",
}  # fmt: skip
OWNERS = {
    "service": "Service", "sales": "Sales", "pricing": "Pricing", "contracts": "Contracts", "tax": "Tax", "receivables": "Receivables",
}  # fmt: skip
"""Who must act, by the code in a reason."""


@dataclass(frozen=True, slots=True)
class Row:
    """An offer as the page shows it."""

    offer: Offer
    company: Company
    customer: Customer
    url: str
    days: int
    draft_url: str = ""

    @property
    def value(self) -> str:
        """What the form sends for it."""
        return f"{self.company.pk}|{self.offer.key}"

    @property
    def key(self) -> str:
        """For its id."""
        return self.offer.key.replace(":", "-")

    @property
    def why(self) -> str:
        """What is in its way, in words."""
        return "; ".join(reason.words for reason in self.offer.reasons)

    @property
    def owner(self) -> str:
        """Who must act: for what is ready, receivables."""
        codes = dict.fromkeys(reason.owner for reason in self.offer.reasons) or {"receivables": None}
        return ", ".join(OWNERS.get(code, code) for code in codes)


@allowed("invoices.view")
def index(request: HttpRequest) -> HttpResponse:
    """What stands to be billed in sight, by customer; files of what is filtered."""
    user: Any = request.user
    asked = filters_of(request, company="", customer="", kind="", state="", q="")
    today = clock.today()
    found = unbilled(user, today, company=_number(asked["company"]), customer=_number(asked["customer"]))
    every = list(_rows(found, today))
    rows = [row for row in every if _fits(row, asked)]
    if request.GET.get("format") in ("xlsx", "csv"):
        return _export(request, rows, asked)
    context = {
        "rows": rows, "groups": _groups(rows[:SHOWN]), "hidden": len(rows[SHOWN:]), "asked": asked, "sums": _sums(rows),
        "kinds": KINDS, "one": ONE,
        "tabs": _tabs(request, every, asked),
        "filtered": {name: value for name, value in asked.items() if value and name != "state"}, "is_cut": any(u.is_cut for u in found),
        "may_issue": user.can("invoices.issue"), "user_can_export": user.can("reports.export"), "places": places(user, "unbilled"),
        "companies": Company.objects.visible_to(user, "invoices.view"), "anything": bool(every),
    }  # fmt: skip
    return page(request, "invoicing/unbilled.html", context, fragment="list")


def places(user: Any, here: str) -> list[tuple[str, str, bool, int | None]]:
    """The pages of billing as tabs: address, label, whether it is this one, a count."""
    named = (("unbilled", "To bill"), ("progress-list", "Progress"), ("retained", "Retainage held"), ("drafts", "Drafts"))
    count = counts(user)[""]
    return [(reverse(f"invoicing:{name}"), label, name == here, count if name == "drafts" else None) for name, label in named]


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def _rows(found: Iterable[Unbilled], today: date) -> Iterable[Row]:
    wanted = {offer.customer for one in found for offer in one.offers}
    customers = Customer.objects.in_bulk(wanted)
    for one in found:
        for offer in one.offers:
            name = _PAGES[offer.record[0]]
            draft = one.drafts.get(offer.key)
            draft_url = reverse("invoicing:draft", args=[draft]) if draft else ""
            yield Row(
                offer, one.company, customers[offer.customer], address(name, offer.record[1]), (today - offer.day).days, draft_url
            )  # fmt: skip


def _fits(row: Row, asked: dict[str, str]) -> bool:
    if asked["state"] and (asked["state"] == "ready") != row.offer.is_ready:
        return False
    if asked["kind"] and row.offer.kind != asked["kind"]:
        return False
    words = f"{row.customer.name} {row.customer.number} {row.offer.number} {row.offer.po_number} {row.offer.order} {row.offer.contract}"
    return asked["q"].lower() in words.lower()


def _groups(rows: list[Row]) -> list[tuple[Customer, list[Row], dict[str, int]]]:
    """Rows by customer, the largest sum of the oldest first as they came."""
    found: dict[int, list[Row]] = {}
    for row in rows:
        found.setdefault(row.customer.pk, []).append(row)
    return [(group[0].customer, group, _sums(group)) for group in found.values()]


def _sums(rows: list[Row]) -> dict[str, int]:
    sums: dict[str, int] = {}
    for row in rows:
        sums[row.offer.currency] = sums.get(row.offer.currency, 0) + row.offer.net
    return dict(sorted(sums.items()))


def _tabs(request: HttpRequest, rows: list[Row], asked: dict[str, str]) -> list[tuple[str, str, int, bool]]:
    ready = sum(row.offer.is_ready for row in rows)
    named = (("", "All", len(rows)), ("ready", "Ready", ready), ("waits", "Not yet", len(rows) - ready))
    query = request.GET.copy()
    tabs = []
    for state, label, n in named:
        query["state"] = state
        tabs.append((f"?{query.urlencode()}", label, n, asked["state"] == state))
    return tabs


def _export(request: HttpRequest, rows: list[Row], asked: dict[str, str]) -> HttpResponse:
    user: Any = request.user
    if not user.can("reports.export"):
        raise PermissionDenied("this needs the permission reports.export")
    columns = [
        Column("customer", "Customer", lambda r: r.customer.name, grow=True),
        Column("customer_number", "Customer number", lambda r: r.customer.number),
        Column("company", "Company", lambda r: r.company.code), Column("kind", "Kind", lambda r: KINDS[r.offer.kind]),
        Column("number", "Number", lambda r: r.offer.number), Column("done", "Done", lambda r: r.offer.day, kind="date"),
        Column("days", "Days", lambda r: r.days, kind="num"), Column("order", "Order", lambda r: r.offer.order),
        Column("contract", "Contract", lambda r: r.offer.contract), Column("po", "PO", lambda r: r.offer.po_number),
        Column("value", "Value, net", lambda r: r.offer.net, kind="money", total=True),
        Column("ready", "Ready", lambda r: "yes" if r.offer.is_ready else "no"), Column("why", "Why not yet", lambda r: r.why),
        Column("owner", "Who must act", lambda r: r.owner),
    ]  # fmt: skip
    table = Table(columns, rows, currency=lambda r: r.offer.currency)
    cover = Cover("To bill", user.name, clock.today(), {name: value for name, value in asked.items() if value})
    return export_response(request, table, cover) or HttpResponse(status=422)


@require_POST
@allowed("invoices.issue")
def make(request: HttpRequest) -> HttpResponse:
    """Drafts of what was chosen: at once, or many in the background."""
    user: Any = request.user
    chosen: dict[int, list[str]] = {}
    for value in request.POST.getlist("keys")[:5000]:
        company, _, key = value.partition("|")
        if (pk := _number(company)) is not None and len(key) <= 120 and "\x00" not in key:
            chosen.setdefault(pk, []).append(key)
    companies = {c.pk: c for c in Company.objects.visible_to(user, "invoices.issue").filter(pk__in=chosen)}
    if not companies:
        return toast(request, redirect_htmx(request, reverse("invoicing:unbilled")), "Choose what is to be billed", tone="warn")
    if sum(map(len, chosen.values())) > AT_ONCE:
        return _in_background(request, {c.code: chosen[pk] for pk, c in companies.items()})
    made = Made()
    for pk, company in companies.items():
        part = make_drafts(actor=user, company=company, keys=chosen[pk], today=clock.today())
        made.drafts += part.drafts
        made.left_out |= part.left_out
    return _told(request, made)


def _in_background(request: HttpRequest, chosen: dict[str, list[str]]) -> HttpResponse:
    user: Any = request.user
    slot, day = f"billing:{secrets.token_hex(12)}", clock.today().isoformat()
    job = create_job(actor=user, kind="billing_drafts", slot=slot, params={"keys": chosen, "day": day})
    ring(job)
    return redirect_htmx(request, reverse("workflow:job", args=[job.pk]))


def _told(request: HttpRequest, made: Made) -> HttpResponse:
    """To the draft where there is one, to the list of drafts where there are several; what was left out is said."""
    n = len(made.drafts)
    left = f"; left out: {'; '.join(list(made.left_out.values())[:3])}" if made.left_out else ""
    if n == 1:
        return toast(request, redirect_htmx(request, reverse("invoicing:draft", args=[made.drafts[0].pk])), f"Draft made{left}")
    if n:
        return toast(request, redirect_htmx(request, reverse("invoicing:drafts")), f"{n} drafts made{left}")
    return toast(request, redirect_htmx(request, reverse("invoicing:unbilled")), f"Nothing became a draft{left}", tone="warn")


@allowed("invoices.view")
def progress_list(request: HttpRequest) -> HttpResponse:
    """Contracts that are billed by progress."""
    user: Any = request.user
    rows = progress(user, clock.today())
    context = {"rows": rows, "places": places(user, "progress-list"), "may_issue": user.can("invoices.issue")}
    return page(request, "invoicing/progress_list.html", context)


@allowed("invoices.issue")
def claim(request: HttpRequest, pk: int) -> HttpResponse:
    """A progress claim on a contract: it becomes a draft."""
    user: Any = request.user
    contract = get_object_or_404(Contract.objects.visible_to(user, "invoices.issue").select_related("company", "customer"), pk=pk)
    today = clock.today()
    found = progress(user, today, pk=contract.pk)
    if not found:
        raise Http404("this contract isn't billed by progress")
    form = ProgressForm(request.POST or None, currency=contract.currency, initial={"document_date": today})
    if request.method == "POST" and form.is_valid():
        try:
            draft = _claimed(user, contract, form, today)
        except (Refused, NotAllowed) as refusal:
            form.add_error(None, str(refusal))
        else:
            return toast(request, redirect_htmx(request, reverse("invoicing:draft", args=[draft.pk])), "Draft made")
    context = {"form": form, "row": found[0], "contract": contract}
    return page(request, "invoicing/progress.html", context, status=422 if request.method == "POST" else 200)


def _claimed(user: Any, contract: Contract, form: ProgressForm, today: date) -> Draft:

    data = form.cleaned_data
    percent = Decimal(data["percent"]) if data["percent"] else None
    return claim_progress(
        actor=user, contract=contract, today=today, day=data["document_date"], percent=percent, amount=data["amount"], note=data["note"]
    )


@allowed("invoices.view")
def held(request: HttpRequest) -> HttpResponse:
    """Retainage that customers keep, invoice by invoice; those chosen are released by a draft."""
    user: Any = request.user
    asked = filters_of(request, customer="")
    rows = retained(user, clock.today(), _number(asked["customer"]))
    if request.GET.get("format") in ("xlsx", "csv"):
        return _export_held(request, rows)
    sums: dict[str, int] = {}
    for row in rows:
        sums[row.invoice.currency] = sums.get(row.invoice.currency, 0) + row.balance
    context = {
        "rows": rows, "sums": dict(sorted(sums.items())), "places": places(user, "retained"), "may_issue": user.can("invoices.issue"),
        "user_can_export": user.can("reports.export"),
    }  # fmt: skip
    return page(request, "invoicing/retained.html", context)


def _export_held(request: HttpRequest, rows: list[Any]) -> HttpResponse:
    user: Any = request.user
    if not user.can("reports.export"):
        raise PermissionDenied("this needs the permission reports.export")
    columns = [
        Column("customer", "Customer", lambda r: r.invoice.customer.name, grow=True),
        Column("number", "Invoice", lambda r: r.invoice.number),
        Column("date", "Dated", lambda r: r.invoice.document_date, kind="date"), Column("days", "Days", lambda r: r.days, kind="num"),
        Column("kept", "Kept back", lambda r: r.invoice.retainage, kind="money", total=True),
        Column("held", "Still held", lambda r: r.balance, kind="money", total=True),
    ]  # fmt: skip
    table = Table(columns, rows, currency=lambda r: r.invoice.currency)
    return export_response(request, table, Cover("Retainage held", user.name, clock.today(), {})) or HttpResponse(status=422)


@require_POST
@allowed("invoices.issue")
def release(request: HttpRequest) -> HttpResponse:
    """A draft that bills retainage of the invoices chosen, of each the amount typed beside it."""
    user: Any = request.user
    back = redirect("invoicing:retained")
    keys = [pk for value in request.POST.getlist("keys") if (pk := _number(value)) is not None]
    invoices = Invoice.objects.visible_to(user, "invoices.issue").filter(pk__in=keys).select_related("company", "customer")
    try:
        amounts = {i: money.parse(money.ungrouped(request.POST.get(f"amount_{i.pk}", "")), i.currency) for i in invoices}
        draft = release_retainage(actor=user, amounts=amounts, today=clock.today(), day=clock.today())
    except (Refused, NotAllowed, money.MoneyError) as refusal:
        return toast(request, back, str(refusal), tone="bad")
    return toast(request, redirect_htmx(request, reverse("invoicing:draft", args=[draft.pk])), "Draft made")
