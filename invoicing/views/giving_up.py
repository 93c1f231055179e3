"""Asking for write-offs: of one open item, or of many that are too small and too old; taking a write-off back."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse

from arops.lib import clock, money
from arops.lib.http import address, page, redirect_htmx, toast
from arops.lib.refusal import Refused
from arops.lib.sheets import Cover, export_response
from arops.lib.tables import Column, Table
from invoicing.forms import BalanceForm, ReverseForm, RuleForm
from invoicing.services.giving_up import (
    OWED,
    Batch,
    makers_of,
    preview_rule,
    request_write_off,
    reverse_write_off,
    write_off_by_rule,
)
from invoicing.services.reasons import reasons_for
from invoicing.views.memos import answered, attempt, token_of
from ledger.models import Entry, OpenItem
from ledger.selectors import entries_touching
from org.access import allowed
from org.actors import NotAllowed
from org.models import Company
from workflow.models import Approval
from workflow.services.approvals import foresee, sent_before

SHOWN = 200
"""Customers that the preview of a rule shows."""


@allowed("writeoffs.request")
def write_off(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask to give up what a customer owes on one item."""
    owed = OpenItem.objects.filter(kind__in=OWED, balance__gt=0)
    return _balance(request, _item(request, "writeoffs.request", owed, pk))


def _item(request: HttpRequest, permission: str, rows: Any, pk: int) -> OpenItem:
    user: Any = request.user
    seen = rows.visible_to(user, permission).select_related("customer", "company")
    return get_object_or_404(seen, pk=pk)


def _balance(request: HttpRequest, item: OpenItem) -> HttpResponse:
    user: Any = request.user
    form = BalanceForm(
        request.POST or None, request.FILES or None, item=item, reasons=reasons_for(item.company_id, "write_off"),
        initial={"document_date": clock.today(), "amount": money.to_text(item.balance, item.currency)},
    )  # fmt: skip
    if request.method == "POST":
        asked = sent_before(user, token_of(request)) or (form.is_valid() and attempt(form, lambda: _ask(request, item, form)))
        if asked:
            return answered(request, asked)
    seen = foresee(
        actor=user, company=item.company, kind="write_off", amount=_typed(request, item), currency=item.currency,
        customer_id=item.customer_id, makers=makers_of([item.pk]), today=clock.today(),
    )  # fmt: skip
    if "amount" in request.GET:
        return render(request, "workflow/parts/foresight.html", {"seen": seen})
    context = {
        "form": form, "item": item, "seen": seen, "token": getattr(request, "request_id", ""), "open": item.balance,
        "late": (clock.today() - item.due_date).days,
    }  # fmt: skip
    return page(request, "invoicing/balance.html", context, status=422 if request.method == "POST" else 200)


def _typed(request: HttpRequest, item: OpenItem) -> int:
    """The part of the item that stands in the form now, minor units; all of it where that can't be told."""
    whole = item.balance
    try:
        amount = money.parse((request.POST or request.GET).get("amount", "").strip(), item.currency)
    except money.MoneyError:
        return whole
    return amount if 0 < amount <= whole else whole


def _ask(request: HttpRequest, item: OpenItem, form: BalanceForm) -> Approval:
    user: Any = request.user
    return request_write_off(
        actor=user, items=[(item, form.cleaned_data["amount"])], token=token_of(request), today=clock.today(), now=clock.now(),
        evidence=form.shown(), **form.words(),
    )  # fmt: skip


@allowed("writeoffs.request")
def rule(request: HttpRequest) -> HttpResponse:
    """Balances too small and too old to collect: what a rule would write off, customer by customer; a POST asks for the chosen ones."""
    user: Any = request.user
    companies = Company.objects.visible_to(user, "writeoffs.request")
    posted = request.method == "POST"
    given = request.POST if posted else request.GET
    first = companies.first()
    form = RuleForm(given if "below" in given else None, companies=companies, initial={
        "company": first, "currency": first.base_currency if first else "USD", "below": "5.00", "days": 180,
    })  # fmt: skip
    batches = preview_rule(actor=user, rule=form.rule(), today=clock.today()) if form.is_bound and form.is_valid() else []
    if posted and batches and form.is_valid():
        return _asked(request, form)
    file = export_response(request, _table(batches, user), Cover("Small balances", user.name, clock.today(), {})) if batches else None
    if file and user.can("reports.export"):
        return file
    context = {
        "form": form, "batches": batches[:SHOWN], "more": max(len(batches) - SHOWN, 0), "asked": form.is_bound and form.is_valid(),
        "total": sum(b.total for b in batches), "items": sum(len(b.items) for b in batches), "alone": sum(b.alone for b in batches),
        "currency": form.cleaned_data["currency"] if form.is_bound and form.is_valid() else "", "token": getattr(request, "request_id", ""),
        "waiting": sum(not b.alone for b in batches), "user_can_export": user.can("reports.export") and bool(batches),
        "today": clock.today(), "customers": len(batches),
    }  # fmt: skip
    return page(request, "invoicing/small_balances.html", context, status=422 if form.is_bound and form.errors else 200)


def _table(batches: list[Batch], user: Any) -> Table:
    rows = [item for batch in batches for item in batch.items]
    columns = [
        Column("number", "Item", lambda i: i.number, pin=True),
        Column("customer", "Customer", lambda i: i.customer.name),
        Column("due", "Due", lambda i: i.due_date, kind="date"),
        Column("open", "Open", lambda i: i.balance, kind="money", total=True),
        Column("currency", "Currency", lambda i: i.currency),
    ]
    return Table(columns, rows, currency=lambda i: i.currency, name="item")


def _asked(request: HttpRequest, form: RuleForm) -> HttpResponse:
    user: Any = request.user
    chosen = [int(key) for key in request.POST.getlist("items") if key.isascii() and key.isdigit() and len(key) < 19]
    made, refused = write_off_by_rule(
        actor=user, rule=form.rule(), items=chosen, day=clock.today(), token=token_of(request), today=clock.today(), now=clock.now()
    )
    done, waits = sum(a.state == "alone" for a in made), sum(a.state == "waiting" for a in made)
    said = f"{done} customer{'s' if done != 1 else ''} written off, {waits} sent for approval"
    said += f", {len(refused)} refused: {refused[0]}" if refused else ""
    back = f"{reverse('workflow:approvals')}?view=asked"
    return toast(request, redirect_htmx(request, back), said, tone="warn" if refused else "ok")


@allowed("writeoffs.approve")
def reverse_entry(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a write-off back, with a reason: the items are open again."""
    user: Any = request.user
    rows = entries_touching(user, Entry.objects.filter(kind="write_off", company__in=_companies(user)).select_related("company"))
    entry = get_object_or_404(rows, pk=pk)
    form = ReverseForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            reverse_write_off(actor=user, entry=entry, reason=form.cleaned_data["reason"], today=clock.today())
        except NotAllowed as refusal:
            raise PermissionDenied(str(refusal)) from refusal
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            return toast(request, redirect_htmx(request, address("ledger:entry", entry.pk)), "Taken back: the items are open again")
    items = [line.open_item for line in entry.lines.select_related("open_item__customer") if line.open_item]
    context = {"form": form, "entry": entry, "items": items, "undone": hasattr(entry, "reversed_by")}
    return page(request, "invoicing/reverse_write_off.html", context, status=422 if request.method == "POST" else 200)


def _companies(user: Any) -> Any:
    return Company.objects.visible_to(user, "writeoffs.approve")
