"""Accounts that known payers never paid from before: the list, one of them, and what came of asking."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_POST

from arops.lib import clock
from arops.lib.http import filters_of, page, redirect_htmx, toast
from arops.lib.refusal import Refused
from arops.lib.sheets import Cover, export_response
from arops.lib.tables import Column, Table
from cashapp.forms import words
from cashapp.models import PayerAccountChange
from cashapp.selectors.account_changes import changes_of, key_of, sums_of, told_about
from cashapp.services.account_changes import confirm_account, suspect_account
from cashapp.services.account_raising import tell_customers
from messaging.selectors import writable
from org.access import allowed
from org.actors import NotAllowed
from org.selectors import actor_names

SHOWN = 300
VIEWS = (("open", "To be looked at"), ("suspicious", "Suspicious"), ("confirmed", "Confirmed"), ("all", "All"))
TONES = {"open": "warn", "confirmed": "ok", "suspicious": "bad"}


@allowed("cash.view")
def changes(request: HttpRequest) -> HttpResponse:
    """Changes in sight by what became of them. Also as Excel and CSV."""
    user: Any = request.user
    asked = filters_of(request, view="open", q="")
    asked["view"] = asked["view"] if asked["view"] in dict(VIEWS) else "open"
    if request.GET.get("format") and not user.can("reports.export"):
        raise PermissionDenied("this needs the permission reports.export")
    state = "" if asked["view"] == "all" else asked["view"]
    found = changes_of(user, state=state, text=asked["q"].replace("\0", "").strip())
    rows = list(found if request.GET.get("format") else found[:SHOWN])
    table = _table(rows, asked)
    if file := export_response(request, table, Cover("Unknown accounts of known payers", user.name, clock.today(), asked)):
        return file
    context = {
        "table": table, "rows": rows, "asked": asked, "views": VIEWS, "shown": SHOWN, "user_can_export": user.can("reports.export"),
        "waiting": changes_of(user, state="open").count(),
    }  # fmt: skip
    return page(request, "cashapp/payers/changes.html", context, fragment="table")


def _table(rows: list[PayerAccountChange], asked: dict[str, str]) -> Table:
    told = told_about(rows)
    columns = [
        Column("account", "Account", lambda c: c.account, href=lambda c: reverse("cashapp:payer-change", args=[c.pk]), pin=True),
        Column(
            "customer",
            "Customer",
            lambda c: c.customer.name,
            href=lambda c: reverse("cashapp:payer-graph", args=[c.customer_id]),
            grow=True,
            phone="full",
        ),
        Column("receipt", "Receipt", lambda c: c.receipt.number, href=lambda c: reverse("cashapp:receipt", args=[c.receipt_id])),
        Column("day", "Paid on", lambda c: c.receipt.value_date, kind="date", priority=2),
        Column("amount", "Amount", lambda c: c.receipt.amount, kind="money", total=True, phone="end"),
        Column("currency", "Cur", lambda c: c.receipt.currency),
        Column("known", "Known accounts", lambda c: ", ".join(c.known[:2]), priority=3),
        Column("told", "Customer asked", lambda c: told[key_of(c)].get_state_display() if key_of(c) in told else "", priority=3),
        Column("state", "State", lambda c: c.get_state_display(), kind="badge", tone=lambda c: TONES[c.state]),
    ]
    return Table(
        columns, rows, currency=lambda c: c.receipt.currency, row_id=lambda c: f"change-{c.pk}", name="change", query=asked, stack=True
    )


@allowed("cash.view")
def change(request: HttpRequest, pk: int) -> HttpResponse:
    """One change: the account, those known before, everything that came from it, whom to ask."""
    return _page(request, _in_sight(request, pk, "cash.view"))


def _in_sight(request: HttpRequest, pk: int, permission: str) -> PayerAccountChange:
    user: Any = request.user
    rows = PayerAccountChange.objects.visible_to(user, permission).select_related("customer", "receipt__open_item", "company")
    found: PayerAccountChange = get_object_or_404(rows, pk=pk)
    return found


def _page(request: HttpRequest, row: PayerAccountChange, problem: str = "") -> HttpResponse:
    user: Any = request.user
    undecided = row.state != "confirmed"
    context = {
        "c": row, "problem": problem, "tone": TONES[row.state], "sums": sums_of(row), "contacts": writable(row.customer),
        "message": told_about([row]).get(key_of(row)), "names": actor_names({row.decided_by}), "typed": request.POST,
        "may_edit": undecided and user.can("payers.edit", row.company_id),
        "may_confirm": undecided and user.can("payers.approve", row.company_id),
        "may_tell": undecided and user.can("messages.send", row.company_id),
    }  # fmt: skip
    return page(request, "cashapp/payers/change.html", context, status=422 if problem else 200)


@require_POST
@allowed("payers.edit")
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """The account is the customer's, or it is suspicious."""
    user: Any = request.user
    row, said = _in_sight(request, pk, "payers.edit"), words(request.POST.get("words"), 500)
    try:
        if request.POST.get("do") == "confirm":
            confirm_account(actor=user, change=row, words=said, today=clock.today(), now=clock.now())
            told, tone = f"{row.account} is {row.customer.name}'s", "ok"
        else:
            suspect_account(actor=user, change=row, words=said, today=clock.today(), now=clock.now())
            told, tone = f"{row.account} is marked as suspicious: nothing from it is posted alone", "warn"
    except (Refused, NotAllowed) as error:
        return _page(request, row, str(error))
    return toast(request, redirect_htmx(request, reverse("cashapp:payer-changes")), told, tone=tone)


@require_POST
@allowed("messages.send")
def tell(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask the customer's known contact whether the account is his."""
    user: Any = request.user
    row = _in_sight(request, pk, "messages.send")
    made = tell_customers(changes=[row], now=clock.now(), actor=user)
    response = redirect_htmx(request, reverse("cashapp:payer-change", args=[row.pk]))
    if not made:
        return toast(request, response, "nobody is known to ask by mail, or the customer was asked already", tone="warn")
    undo = reverse("messaging:cancel", args=[made[0].pk])
    return toast(request, response, f"{row.customer.name} is asked: the message is in the outbox", undo_url=undo)
