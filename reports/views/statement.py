"""Statement of account: on screen and paper, as PDF, as Excel."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.urls import reverse

from arops.lib import clock, pdf
from arops.lib.http import page
from arops.lib.sheets import Cover, export_response
from arops.lib.tables import Column, Table
from customers.models import Customer
from invoicing.services.paper import in_colour, look_of
from org.access import allowed
from reports.selectors.customer import in_sight
from reports.selectors.figures import months_before
from reports.selectors.statement import Statement, statement

PAPER = Path(settings.BASE_DIR) / "static" / "css" / "paper.css"


@allowed("customers.view")
def statement_page(request: HttpRequest, pk: int) -> HttpResponse:
    """The account from a day to a day; `format=pdf` or `format=xlsx` gives the file."""
    user: Any = request.user
    customer = get_object_or_404(in_sight(user, pk))
    first, last, error = _span(request)
    made = statement(customer, first, last)
    wanted = request.GET.get("format", "")
    if wanted == "pdf" and pdf.is_available():
        return _pdf(customer, made)
    file = export_response(
        request,
        _table(made),
        Cover(f"Statement {customer.number}", user.name, last, {"customer": customer.name, "from": first.isoformat()}),
        {"Account": _account(made)},
    )
    if file:
        return file
    context = {
        "statement": made, "customer": customer, "error": error, "can_pdf": pdf.is_available(), "asked_pdf": wanted == "pdf",
        **look_of(customer.company),
        "send_url": reverse("customers:write", args=[pk]) + "?statement=1" if user.can("messages.send", customer.company_id) else "",
    }  # fmt: skip
    return page(request, "customers/statement.html", context, status=400 if error else 200)


def statement_pdf(customer: Customer, first: date, last: date) -> bytes:
    """The statement as PDF, as it goes out by mail. Raises PdfUnavailable."""
    return _paper(customer, statement(customer, first, last))


def _paper(customer: Customer, made: Statement) -> bytes:
    """On the company's letterhead, as its invoices are."""
    look = look_of(customer.company)
    html = render_to_string("customers/statement_paper.html", {"statement": made, "customer": customer, **look})
    return pdf.from_html(html, in_colour(PAPER.read_text(), look["accent"]))


def _pdf(customer: Customer, made: Statement) -> HttpResponse:
    response = HttpResponse(_paper(customer, made), content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="statement-{customer.pk}-{made.as_of}.pdf"'
    return response


def _span(request: HttpRequest) -> tuple[date, date, str]:
    """The days asked for; three months up to today when nothing (or nonsense) is."""
    today = clock.today()
    usual = months_before(today, 3).replace(day=1), today
    try:
        last = date.fromisoformat(request.GET.get("as_of") or today.isoformat())
        first = date.fromisoformat(request.GET.get("first") or months_before(last, 3).replace(day=1).isoformat())
    except ValueError:
        return *usual, "Write days like 2026-11-23."
    if not date(1990, 1, 1) <= first <= last <= today + timedelta(days=3660):
        return *usual, "The first day lies before the last, and neither far off."
    return first, last, ""


@dataclass(frozen=True, slots=True)
class Posted:
    """A row of the account: the opening balance, or what moved it; the amounts of a currency sum to its closing balance."""

    currency: str
    day: date
    text: str
    number: str
    amount: int
    balance: int


def _account(made: Statement) -> Table:
    """Opening balance and movements; their total is the closing balance."""
    columns = [
        Column("day", "Day", lambda r: r.day, kind="date"), Column("text", "What", lambda r: r.text, grow=True),
        Column("number", "Item", lambda r: r.number), Column("amount", "Amount", lambda r: r.amount, kind="money", total=True),
        Column("balance", "Balance", lambda r: r.balance, kind="money"),
    ]  # fmt: skip
    return Table(columns, _posted(made), currency=lambda r: r.currency)


def _posted(made: Statement) -> Iterator[Posted]:
    for part in made.parts:
        yield Posted(part.currency, made.first, "Opening balance", "", part.opening, part.opening)
        for line in part.lines:
            yield Posted(part.currency, line.day, line.text, line.number, line.amount, line.balance)


def _table(made: Statement) -> Table:
    """The open items of the statement; the closing balance is their total."""
    rows = [row for part in made.parts for row in part.items]
    columns = [
        Column("number", "Item", lambda r: r.item.number),
        Column("kind", "Kind", lambda r: r.item.kind.replace("_", " ")),
        Column("document_date", "Dated", lambda r: r.item.document_date, kind="date"),
        Column("due_date", "Due", lambda r: r.item.due_date, kind="date"),
        Column("days", "Days past due", lambda r: r.days, kind="num"),
        Column("amount", "Amount", lambda r: r.item.amount, kind="money"),
        Column("balance", "Open", lambda r: r.item.balance, kind="money", total=True),
        Column("disputed", "of it disputed", lambda r: r.disputed, kind="money", total=True),
    ]
    return Table(columns, rows, currency=lambda r: r.item.currency)
