"""Refunds by what they wait for; those to pay handed to payables as a file; the files that were."""

from typing import Any

from django.db.models import QuerySet
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
from cashapp.forms import number, words
from cashapp.forms.refunds import ExportForm
from cashapp.models import Refund
from cashapp.selectors import refunds as reading
from cashapp.services.refunds.exporting import MOST, export_refunds
from org.access import allowed
from org.actors import NotAllowed
from org.models import Company
from org.selectors import actor_names

SHOWN = 300
TONES = {"approved": "ok", "waiting": "warn", "exported": "", "paid": "ok", "refused": "bad", "returned": "bad", "cancelled": ""}


@allowed("cash.view")
def index(request: HttpRequest) -> HttpResponse:
    """A view of refunds, with its totals; `format=xlsx` or `csv` gives all of it as a file."""
    user: Any = request.user
    view, text = request.GET.get("view", "pay"), words(request.GET.get("q"), 80)
    view = view if view in dict(reading.VIEWS) else "pay"
    found = reading.refunds(user, view, text, max(0, number(request.GET.get("company"))))
    cover = Cover("Refunds", user.name, clock.today(), {"view": dict(reading.VIEWS)[view]} | ({"q": text} if text else {}))
    if user.can("reports.export") and (file := export_response(request, table_of(found), cover)):
        return file
    rows = reading.with_reasons(user, found[:SHOWN], clock.today())
    counts = reading.counts(user)
    context = {
        "rows": rows, "view": view, "q": text, "sums": reading.totals(found), "tones": TONES,
        "tabs": [(code, label, counts.get(code)) for code, label in reading.VIEWS], "label": dict(reading.VIEWS)[view],
        "batches": _batches(request, rows) if view == "pay" and user.can("refunds.export") else [],
        "user_can_export": user.can("reports.export"),
        "may_hand": user.can("refunds.export"), "shown": SHOWN,
    }  # fmt: skip
    return page(request, "cashapp/refunds.html", context, fragment="rows")


def _batches(request: HttpRequest, rows: list[reading.ToPay]) -> list[tuple[Company, str, ExportForm, int]]:
    """What could be handed over at once: a form a company and currency, with how many could go today."""
    user: Any = request.user
    found: dict[tuple[int, str], list[reading.ToPay]] = {}
    for row in rows:
        if user.can("refunds.export", row.refund.company_id):
            found.setdefault((row.refund.company_id, row.refund.currency), []).append(row)
    return [
        (group[0].refund.company, currency, ExportForm(
            company=group[0].refund.company, currency=currency, initial={"execution_date": clock.today()},
            auto_id=f"id_{company}_{currency}_%s",
        ), sum(not row.why for row in group))
        for (company, currency), group in found.items()
    ]  # fmt: skip


def table_of(rows: QuerySet[Refund]) -> Table:
    """The list's columns for files; of the account only its end."""
    columns = [
        Column("number", "Refund", lambda r: r.number, pin=True), Column("customer", "Customer", lambda r: r.customer.name, grow=True),
        Column("customer_number", "Customer number", lambda r: r.customer.number), Column("company", "Company", lambda r: r.company.code),
        Column("credit", "Credit", lambda r: r.open_item.number), Column("amount", "Amount", lambda r: r.amount, kind="money", total=True),
        Column("state", "State", lambda r: r.get_state_display()), Column("to", "Paid to", lambda r: str(r.payout_account)),
        Column("reason", "Reason", lambda r: r.reason, grow=True), Column("asked", "Asked on", lambda r: r.created_at.date(), kind="date"),
        Column("file", "File", lambda r: r.export.number if r.export else ""), Column("paid", "Paid on", lambda r: r.paid_on, kind="date"),
        Column("ended", "Not paid because", lambda r: r.ended_reason),
    ]  # fmt: skip
    return Table(columns, rows, currency=lambda r: r.currency, name="refunds")


@require_POST
@allowed("refunds.export")
def hand_over(request: HttpRequest, pk: int) -> HttpResponse:
    """Make the file of the ticked refunds of a company in one currency."""
    user: Any = request.user
    company = get_object_or_404(Company.objects.visible_to(user, "refunds.export"), pk=pk)
    currency, back = words(request.POST.get("currency"), 3), redirect_htmx(request, reverse("cashapp:refunds"))
    form = ExportForm(request.POST, company=company, currency=currency)
    if not form.is_valid():
        return toast(request, back, " ".join(str(e) for errors in form.errors.values() for e in errors), tone="bad")
    keys = [int(k) for k in request.POST.getlist("keys")[: MOST + 1] if k.isascii() and k.isdigit() and len(k) < 18]
    seen = Refund.objects.visible_to(user, "refunds.export").filter(company=company, currency=currency, pk__in=keys)
    try:
        made = export_refunds(
            actor=user, company=company, refunds=list(seen.values_list("pk", flat=True)), today=clock.today(), now=clock.now(),
            **form.cleaned_data,
        )  # fmt: skip
    except (Refused, NotAllowed) as refusal:
        return toast(request, back, f"{refusal}".capitalize(), tone="bad")
    there = redirect_htmx(request, reverse("cashapp:refund-exports"))
    return toast(request, there, f"{made.number}: {made.count} refund{'' if made.count == 1 else 's'} handed over; download the file here")


@allowed("refunds.export")
def exports(request: HttpRequest) -> HttpResponse:
    """Files that were handed to payables."""
    user: Any = request.user
    rows = list(reading.exports(user)[:SHOWN])
    return page(request, "cashapp/refund_exports.html", {"rows": rows, "names": actor_names({r.made_by for r in rows})})


@allowed("refunds.export")
def export_file(request: HttpRequest, pk: int) -> HttpResponse:
    """The file, byte for byte as it was made."""
    user: Any = request.user
    found = reading.exports(user).filter(pk=pk).first()
    if found is None:
        raise Http404
    return download(found.stored_file)
