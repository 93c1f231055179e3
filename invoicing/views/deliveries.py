"""Documents by where they stand on their way to the customer; many sent at once, many printed at once."""

import secrets
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from arops.lib import clock
from arops.lib.http import page, redirect_htmx, toast
from arops.lib.refusal import Refused
from arops.lib.sheets import Cover, export_response
from arops.lib.tables import Column, Table
from customers.models import Customer
from invoicing.forms.deliveries import MADE, DeliveryFilter
from invoicing.models import Invoice
from invoicing.selectors import deliveries as reading
from invoicing.services.printing import create_print_batch
from org.access import allowed
from org.models import Company
from workflow.doorbell import ring
from workflow.services.jobs import create_job

SIZE, EXPORTED, AT_ONCE, SUMMED = 100, 50_000, 2_000, 5_000
TONES = {"queued": "info", "sent": "info", "delivered": "info", "bounced": "bad", "rejected": "bad", "accepted": "ok"}


@allowed("invoices.view")
def index(request: HttpRequest) -> HttpResponse:
    """Documents of a view: not sent, about to go, sent, silent, came back, rejected, accepted."""
    user, today = _user(request), clock.today()
    form = DeliveryFilter(request.GET)
    filters = form.filters()
    found = reading.deliveries(user, filters, today)
    in_force = {
        k: v
        for k, v in (("q", filters.text), ("company", filters.company), ("channel", filters.channel), ("customer", filters.customer))
        if v
    }
    if request.GET.get("format") in ("xlsx", "csv"):
        return _export(request, found, filters.view, in_force)
    number = form.cleaned_data.get("page") or 1
    rows = list(found[(number - 1) * SIZE : number * SIZE + 1])
    counts = reading.counts(user, filters, today)
    context = {
        "rows": rows[:SIZE], "has_next": len(rows) > SIZE, "number": number, "filters": filters, "in_force": in_force, "counts": counts,
        "views": [(code, label, counts[code]) for code, label in reading.VIEWS], "today": today, "tones": TONES, "made": MADE,
        "sums": reading.sums(found) if counts[filters.view] <= SUMMED else None, "token": secrets.token_hex(12),
        "companies": _companies(user),
        "channels": Customer.DeliveryBy.choices, "may_send": user.can("invoices.send"), "user_can_export": user.can("reports.export"),
        "to_print": reading.to_print(user).count() if user.can("invoices.send") else 0, "at_once": AT_ONCE,
    }  # fmt: skip
    return page(request, "invoicing/deliveries.html", context, fragment="rows")


def _companies(user: Any) -> Any:
    reach = user.reach("invoices.view")
    return Company.objects.all() if reach.everything else Company.objects.filter(pk__in=reach.companies | reach.portfolios)


def _export(request: HttpRequest, found: Any, view: str, in_force: dict[str, Any]) -> HttpResponse:
    user = _user(request)
    if not user.can("reports.export"):
        raise PermissionDenied("taking data out needs the permission reports.export")
    cover = Cover("Deliveries", user.name, clock.today(), {"view": dict(reading.VIEWS)[view]} | {k: str(v) for k, v in in_force.items()})
    return export_response(request, table_of(found[:EXPORTED]), cover) or HttpResponse(status=422)


def table_of(rows: Any) -> Table:
    """The list's columns for files."""

    def way(row: Invoice, name: str) -> Any:
        delivery = getattr(row, "delivery", None)
        return getattr(delivery, name) if delivery else None

    columns = [
        Column("number", "Number", lambda r: r.number, pin=True),
        Column("kind", "Kind", lambda r: r.get_kind_display()),
        Column("customer", "Customer", lambda r: r.customer.name, grow=True),
        Column("account", "Customer number", lambda r: r.customer.number),
        Column("company", "Company", lambda r: r.company.code),
        Column("channel", "Wanted by", lambda r: r.customer.get_delivery_display()),
        Column("dated", "Dated", lambda r: r.document_date, kind="date"),
        Column("due", "Due", lambda r: r.due_date, kind="date"),
        Column("total", "Total", lambda r: r.total, kind="money", total=True),
        Column("state", "State", lambda r: r.delivery.get_state_display() if hasattr(r, "delivery") else "issued, not sent"),
        Column("sent", "Sent", lambda r: way(r, "sent_at") and way(r, "sent_at").date(), kind="date"),
        Column("expected", "Answer usual by", lambda r: way(r, "expected_by"), kind="date"),
        Column("accepted", "Accepted", lambda r: way(r, "accepted_on"), kind="date"),
        Column("rejected", "Rejected", lambda r: way(r, "rejected_on"), kind="date"),
        Column("reason", "Reason", lambda r: way(r, "reason") or "", grow=True),
    ]
    return Table(columns, rows, currency=lambda r: r.currency, name="deliveries")


@require_POST
@allowed("invoices.send")
def send(request: HttpRequest) -> HttpResponse:
    """Send the chosen documents, or (`all`) those that the filters mean and that weren't sent, by a job."""
    user, token = _user(request), request.POST.get("token", "")
    mine: Any = Invoice.objects.visible_to(user, "invoices.send")
    if request.POST.get("all"):
        filters = DeliveryFilter(request.POST).filters()
        chosen = (
            reading.deliveries(user, filters, clock.today()).filter(pk__in=mine.values("pk")) if filters.view == "unsent" else mine.none()
        )
    else:
        chosen = mine.filter(pk__in=[int(k) for k in request.POST.getlist("keys")[:AT_ONCE] if k.isascii() and k.isdigit() and len(k) < 18])
    keys = list(chosen.order_by("pk").values_list("pk", flat=True)[:AT_ONCE])
    if not keys or not (token.isascii() and token.isalnum() and len(token) <= 32):
        return toast(request, redirect_htmx(request, reverse("invoicing:deliveries")), "Nothing was chosen", tone="bad")
    job = create_job(
        actor=user, kind="send_invoices", slot=f"send:{user.pk}:{token}", company=_one_company(keys), params={"invoices": keys}
    )
    ring(job)
    n = len(keys)
    return toast(request, redirect_htmx(request, reverse("workflow:job", args=[job.pk])), f"{n} document{'s' if n > 1 else ''} to be sent")


def _one_company(keys: list[int]) -> Company | None:
    """The company of all of them, so that its people see the job; None where they are of several."""
    found = list(Company.objects.filter(invoices__in=keys).distinct()[:2])
    return found[0] if len(found) == 1 else None


@require_POST
@allowed("invoices.send")
def print_all(request: HttpRequest) -> HttpResponse:
    """Gather what waits to be printed into a batch, company by company."""
    user, today, made = _user(request), clock.today(), []
    for company in Company.objects.filter(pk__in=reading.to_print(user).order_by().values("company")):
        try:
            made.append(create_print_batch(actor=user, company=company, today=today))
        except Refused:
            continue  # someone else gathered them meanwhile
    for batch in made:
        ring(create_job(actor=user, kind="print_batch", slot=f"print:{batch.pk}", company=batch.company, params={"batch": batch.pk}))
    if not made:
        return toast(request, redirect_htmx(request, reverse("invoicing:batches")), "Nothing waits to be printed", tone="warn")
    where = reverse("invoicing:batch", args=[made[0].pk]) if len(made) == 1 else reverse("invoicing:batches")
    said = ", ".join(batch.number if len(made) == 1 else f"{batch.number} of {batch.company.code}" for batch in made)
    return toast(request, redirect_htmx(request, where), f"{said}: being laid out")


def _user(request: HttpRequest) -> Any:
    return request.user
