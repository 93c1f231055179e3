"""Pages of the books: an open item with all that moved it, an entry with its lines, the periods."""

from datetime import timedelta
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse

from arops.lib import clock
from arops.lib.http import address, page, redirect_htmx, toast
from ledger.errors import LedgerError
from ledger.forms import CloseForm, RateForm, ReopenForm
from ledger.models import Entry, FxRate, OpenItem, Period
from ledger.selectors import entries_touching, item_history
from ledger.services import close_period, reopen_period, set_rate
from org.access import allowed
from org.actors import NotAllowed
from org.selectors import actor_names


@allowed("invoices.view")
def item(request: HttpRequest, pk: int) -> HttpResponse:
    """One open item: what opened it, every line since with the balance after it, and what hangs on it."""
    user: Any = request.user
    rows = OpenItem.objects.visible_to(user, "invoices.view").select_related("customer", "company", "account", "opened_by")
    found = get_object_or_404(rows, pk=pk)
    history, today = item_history(found), clock.today()
    may_dispute = found.balance > 0 and user.can("disputes.open", found.company_id)
    context = {
        "item": found,
        "history": history,
        "late": (today - found.due_date).days,
        "ties": (history[-1].balance if history else 0) == found.balance,
        "names": actor_names({row.line.entry.actor for row in history}),
        **_upstairs(found),
        "dispute_url": address("disputes:open", found.pk) if may_dispute else "",
        "timeline_url": address("reports:item-timeline", found.pk),
        **_offers(user, found),
    }
    return page(request, "ledger/item.html", context)


def _offers(user: Any, found: Any) -> dict[str, Any]:
    """What can be asked for about the item: a write-off of what is owed, a refund of a credit."""
    company, owed = found.company_id, found.kind in ("invoice", "debit_memo", "late_fee", "instalment") and found.balance > 0
    credit = found.kind in ("credit_memo", "receipt") and found.balance < 0 and found.customer_id
    return {
        "write_off_url": address("invoicing:write-off", found.pk) if owed and user.can("writeoffs.request", company) else "",
        "refund_url": address("cashapp:refund-new", found.pk) if credit and user.can("refunds.request", company) else "",
    }


def _upstairs(found: Any) -> dict[str, Any]:
    """What the apps that stand on the ledger have hung on an item: its document, its receipt, its disputes."""
    invoice, receipt = getattr(found, "invoice", None), getattr(found, "receipt", None)
    return {
        "invoice_url": address("invoicing:detail", invoice.pk) if invoice else "",
        "receipt_url": address("cashapp:receipt", receipt.pk) if receipt and hasattr(receipt, "pk") else "",
        "disputes": [(case, address("disputes:detail", case.pk)) for case in found.disputes.all()],
    }


@allowed("invoices.view")
def entry(request: HttpRequest, pk: int) -> HttpResponse:
    """One entry: its lines, who posted it and when, what it reverses and what reversed it."""
    user: Any = request.user
    found = get_object_or_404(entries_touching(user, Entry.objects.select_related("company", "reverses", "reversed_by")), pk=pk)
    lines = list(found.lines.select_related("account", "open_item__customer"))
    for line in lines:
        line.credit = -line.amount  # type: ignore[attr-defined]
    foreign = found.currency != found.company.base_currency
    context = {
        "entry": found,
        "lines": lines,
        "who": actor_names({found.actor}).get(found.actor, found.actor),
        "foreign": foreign,
        "debits": sum(line.amount for line in lines if line.amount > 0),
        "base_debits": sum(line.base_amount for line in lines if line.base_amount > 0),
        "undo_url": _undo(user, found),
    }
    return page(request, "ledger/entry.html", context)


def _undo(user: Any, found: Entry) -> str:
    """Where a write-off is taken back."""
    able = found.kind == Entry.Kind.WRITE_OFF and not hasattr(found, "reversed_by") and user.can("writeoffs.approve", found.company_id)
    return address("invoicing:write-off-reverse", found.pk) if able else ""


@allowed("reports.view")
def periods(request: HttpRequest) -> HttpResponse:
    """Periods of the companies in sight, the latest first; those that lie ahead only when asked for."""
    user: Any = request.user
    today, ahead = clock.today(), request.GET.get("ahead") == "1"
    found = Period.objects.visible_to(user, "reports.view").select_related("company").order_by("company__code", "-span")
    rows = list(found if ahead else found.filter(span__startswith__lte=today))
    for period in rows:
        period.last_day = period.span.upper - timedelta(days=1)  # type: ignore[attr-defined]
    names = actor_names({period.closed_by for period in rows})
    context = {
        "names": names,
        "periods": rows,
        "ahead": ahead,
        "can_close": user.can("periods.close"),
        "can_reopen": user.can("periods.reopen"),
        "today": today,
    }
    return page(request, "ledger/periods.html", context)


@allowed("rates.view")
def rates(request: HttpRequest) -> HttpResponse:
    """Exchange rates, the latest first, and a form for one more to those who enter them."""
    user: Any = request.user
    can_edit = user.can("rates.edit")
    if request.method == "POST" and not can_edit:
        raise PermissionDenied("this needs the permission rates.edit")
    form = RateForm(request.POST or None, initial={"day": clock.today()})
    if request.method == "POST" and form.is_valid():
        row = set_rate(actor=user, **form.cleaned_data)
        return toast(
            request, redirect_htmx(request, reverse("ledger:rates")), f"1 {row.currency} is {row.rate} {row.base} from {row.day} on"
        )
    context = {"rates": FxRate.objects.order_by("-day", "currency", "base")[:500], "form": form, "can_edit": can_edit}
    return page(request, "ledger/rates.html", context, status=422 if form.errors else 200)


@allowed("periods.close")
def period_close(request: HttpRequest, pk: int) -> HttpResponse:
    """Close a period, its name typed."""
    return _change(request, pk, "periods.close", CloseForm)


@allowed("periods.reopen")
def period_reopen(request: HttpRequest, pk: int) -> HttpResponse:
    """Open a period again, its name typed and the reason given."""
    return _change(request, pk, "periods.reopen", ReopenForm)


def _change(request: HttpRequest, pk: int, permission: str, form_class: type[CloseForm]) -> HttpResponse:
    user: Any = request.user
    period = get_object_or_404(Period.objects.visible_to(user, permission).select_related("company"), pk=pk)
    form = form_class(request.POST or None, period=period)
    closes = form_class is CloseForm
    if request.method == "POST" and form.is_valid():
        try:
            if closes:
                close_period(period=period, actor=user, at=clock.now())
            else:
                reopen_period(period=period, actor=user, at=clock.now(), reason=form.cleaned_data["reason"])
        except (LedgerError, NotAllowed) as error:
            form.add_error(None, str(error))
        else:
            said = f"{period.company.code} {period.name} is {'closed' if closes else 'open again'}"
            return toast(request, redirect_htmx(request, reverse("ledger:periods")), said)
    return page(
        request, "ledger/period_change.html", {"period": period, "form": form, "closes": closes}, status=422 if form.errors else 200
    )
