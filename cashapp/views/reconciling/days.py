"""The bank's days: accounts by days, one account on one day, and what people do about it."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_POST

from arops.lib import clock, pdf
from arops.lib.http import filters_of, page, redirect_htmx, toast
from arops.lib.refusal import Refused
from arops.lib.rows import parse_day
from arops.lib.sheets import Cover, export_response
from cashapp.forms import number, words
from cashapp.models import BankAccount, BankTie, DayReconciliation
from cashapp.selectors.bank_day import Account, accounts_in_sight
from cashapp.selectors.bank_grid import grid, neighbours
from cashapp.services import reconciling
from cashapp.views.reconciling import present
from cashapp.views.reconciling.paper import paper_of
from org.access import allowed
from org.actors import NotAllowed
from org.models import Company, User
from org.selectors import actor_names, people_with

SPAN = 14
"""Days that the overview shows."""


@allowed("cash.view")
def overview(request: HttpRequest) -> HttpResponse:
    """Accounts by days up to a day: to prepare, to sign, signed, with a gap, posted into since."""
    user: Any = request.user
    given = filters_of(request, company="", until="")
    until = min(parse_day(given["until"]) or clock.today(), clock.today())
    days = [until - timedelta(days=n) for n in reversed(range(SPAN))]
    accounts = accounts_in_sight(user).filter(is_active=True)
    companies = list(Company.objects.filter(pk__in=accounts.order_by().values("company")).order_by("code"))
    if given["company"]:
        accounts = accounts.filter(company__code=given["company"])
    rows = grid(list(accounts), days)
    cells = [cell for row in rows for cell in row.cells]
    context = {
        "rows": rows, "days": days, "until": until, "companies": companies, "company": given["company"], "today": clock.today(),
        "earlier": until - timedelta(days=SPAN), "later": min(until + timedelta(days=SPAN), clock.today()),
        "waiting": {name: sum(c.state == name for c in cells) for name in ("todo", "open", "prepared", "gap", "differs", "missing")},
        "portfolio": not rows and user.reach("cash.view").portfolios,
    }  # fmt: skip
    return page(request, "cashapp/reconciling/overview.html", context, fragment="days")


@allowed("cash.view")
def day(request: HttpRequest, pk: int) -> HttpResponse:
    """An account on a day: both sides, what stands between them, every line; `format` asks for the file or the paper."""
    user: Any = request.user
    account = Account(_account(request, pk))
    wanted = _wanted(request.GET.get("day", ""), account)
    made = present.day_page(account, wanted)
    bank, books = present.bank_rows(made), present.book_rows(made)
    file = _file(request, made, bank, books)
    if file:
        return file
    company, row = account.row.company_id, made.row
    before, after = neighbours(account, wanted)
    may_prepare = user.can("reconciliation.prepare", company)
    context = {
        "made": made, "row": row, "account": account.row, "currency": account.row.currency, "day": wanted, "before": before, "after": after,
        "bank": present.bank_table(bank[: present.SHOWN], account.row.currency), "bank_more": max(0, len(bank) - present.SHOWN),
        "books": present.book_table(books[: present.SHOWN], made), "books_more": max(0, len(books) - present.SHOWN),
        "may_prepare": may_prepare, "may_sign": user.can("reconciliation.sign", company),
        "people": people_with([company], "reconciliation.prepare") if may_prepare else [], "own": row.prepared_by == user.label,
        "names": actor_names({row.prepared_by, row.signed_by, row.carried_by, *(r.by for r in _reopenings(row))}),
        "reopenings": _reopenings(row), "ties": BankTie.objects.filter(bank_account=account.row, ended_at=None)[:20],
        "user_can_export": user.can("reports.export"), "can_pdf": pdf.is_available(), "problem": "",
    }  # fmt: skip
    return page(request, "cashapp/reconciling/day.html", context)


def _reopenings(row: DayReconciliation) -> list[Any]:
    return list(row.reopenings.all()) if row.pk else []  # type: ignore[attr-defined]


def _account(request: HttpRequest, pk: int, permission: str = "cash.view") -> BankAccount:
    user: Any = request.user
    return get_object_or_404(accounts_in_sight(user, permission), pk=pk)


def _wanted(text: str, account: Account) -> date:
    """The day asked for; else the last that the bank has told of."""
    return parse_day(text) or account.last_day or clock.today() - timedelta(days=1)


def _file(request: HttpRequest, made: present.DayPage, bank: list[present.BankRow], books: list[Any]) -> HttpResponse | None:
    user: Any = request.user
    wanted = request.GET.get("format", "")
    if wanted not in ("pdf", "xlsx", "csv"):
        return None
    if not user.can("reports.export", made.account.row.company_id):
        raise PermissionDenied("this needs the permission reports.export")
    if wanted == "pdf":
        return paper_of(made, bank) if pdf.is_available() else None
    account = made.account.row
    facts = {"account": account.name, "state": made.row.get_state_display(), "hash": made.row.signed_hash}
    cover = Cover(f"Bank reconciliation {account.company.code} {account.name}", user.name, made.day, facts)
    more = {
        "Figures": present.figures_table(made), "At the bank": present.bank_table(bank, account.currency),
        "In the books": present.book_table(books, made),
    }  # fmt: skip
    return export_response(request, present.items_table(made), cover, more)


def _act(request: HttpRequest, pk: int, permission: str, what: Callable[[BankAccount, date], str]) -> HttpResponse:
    """Do something about a day and show it again, with what came of it."""
    account = _account(request, pk, permission)
    wanted = parse_day(request.POST.get("day", ""))
    if wanted is None:
        return toast(request, redirect_htmx(request, reverse("cashapp:bank-day", args=[pk])), "Say which day", tone="bad")
    response = redirect_htmx(request, f"{reverse('cashapp:bank-day', args=[pk])}?day={wanted}")
    try:
        return toast(request, response, what(account, wanted))
    except (Refused, NotAllowed) as error:
        return toast(request, response, str(error), tone="bad")


def _version(request: HttpRequest) -> int | None:
    return number(request.POST.get("version")) if request.POST.get("version") else None


@require_POST
@allowed("reconciliation.prepare")
def prepare(request: HttpRequest, pk: int) -> HttpResponse:
    """Say that the day is right as it stands."""
    user: Any = request.user

    def doing(account: BankAccount, wanted: date) -> str:
        note = words(request.POST.get("note"), 500)
        reconciling.prepare_day(actor=user, account=account, day=wanted, now=clock.now(), note=note, version=_version(request))
        return f"{account.name}, {wanted} is prepared: somebody else signs it off"

    return _act(request, pk, "reconciliation.prepare", doing)


@require_POST
@allowed("reconciliation.prepare")
def explain(request: HttpRequest, pk: int) -> HttpResponse:
    """Give an item an owner and a word."""
    user: Any = request.user

    def doing(account: BankAccount, wanted: date) -> str:
        owner = User.objects.filter(pk=number(request.POST.get("owner")), is_active=True).first()
        reconciling.explain_item(
            actor=user, account=account, day=wanted, key=request.POST.get("key", "")[:80], owner=owner,
            explanation=words(request.POST.get("explanation"), 300), version=_version(request),
        )  # fmt: skip
        return "Kept"

    return _act(request, pk, "reconciliation.prepare", doing)


@require_POST
@allowed("reconciliation.prepare")
def tie(request: HttpRequest, pk: int) -> HttpResponse:
    """Lay lines of both sides together that come to the same."""
    user: Any = request.user

    def doing(account: BankAccount, wanted: date) -> str:
        chosen = [ref.partition(":") for ref in request.POST.getlist("lines")]
        tie = reconciling.tie_lines(
            actor=user, account=account, today=clock.today(), bank_lines=[number(k) for side, _, k in chosen if side == "bank"],
            book_lines=[number(k) for side, _, k in chosen if side == "book"], reason=words(request.POST.get("reason"), 300),
        )  # fmt: skip
        return f"Tied: {len(tie.statement_lines)} at the bank, {len(tie.ledger_lines)} in the books"

    return _act(request, pk, "reconciliation.prepare", doing)


@require_POST
@allowed("reconciliation.prepare")
def untie(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a tie apart again."""
    user: Any = request.user
    found = get_object_or_404(
        BankTie.objects.filter(bank_account__in=accounts_in_sight(user, "reconciliation.prepare")).select_related("bank_account"), pk=pk
    )

    def doing(account: BankAccount, wanted: date) -> str:
        reconciling.untie(actor=user, tie=found)
        return "Taken apart: the lines stand alone again"

    return _act(request, found.bank_account_id, "reconciliation.prepare", doing)


def _row(account: BankAccount, wanted: date) -> DayReconciliation:
    return get_object_or_404(DayReconciliation.objects.select_related("bank_account"), bank_account=account, day=wanted)


@require_POST
@allowed("reconciliation.sign")
def sign(request: HttpRequest, pk: int) -> HttpResponse:
    """Sign off what another prepared."""
    user: Any = request.user

    def doing(account: BankAccount, wanted: date) -> str:
        row = _row(account, wanted)
        reconciling.sign_day(actor=user, reconciliation=row, now=clock.now(), version=_version(request))
        return f"{account.name}, {wanted} is signed off"

    return _act(request, pk, "reconciliation.sign", doing)


@require_POST
@allowed("reconciliation.sign")
def reopen(request: HttpRequest, pk: int) -> HttpResponse:
    """Open a signed day again, with a reason."""
    user: Any = request.user

    def doing(account: BankAccount, wanted: date) -> str:
        row, reason = _row(account, wanted), words(request.POST.get("reason"), 300)
        reconciling.reopen_day(actor=user, reconciliation=row, reason=reason, version=_version(request))
        return f"{account.name}, {wanted} is open again"

    return _act(request, pk, "reconciliation.sign", doing)


@require_POST
@allowed("reconciliation.sign")
def carry(request: HttpRequest, pk: int) -> HttpResponse:
    """Leave a signed day as it is although something was posted into it since."""
    user: Any = request.user

    def doing(account: BankAccount, wanted: date) -> str:
        reconciling.carry_later(actor=user, reconciliation=_row(account, wanted), reason=words(request.POST.get("reason"), 300))
        return "The day stays as it was signed: what came later stands in the days after it"

    return _act(request, pk, "reconciliation.sign", doing)
