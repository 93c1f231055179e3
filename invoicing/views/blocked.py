"""Payable or not: the panel of an invoice, and the money that waits, by reason."""

from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from arops.lib import clock
from arops.lib.http import address, filters_of, page
from arops.lib.sheets import Cover, export_response
from arops.lib.tables import Column, Table
from customers.models import Customer
from customers.requirements import CUSTOMER, Gap
from invoicing.models import Invoice
from invoicing.selectors.payable import REASONS, Blocked, blocked_money, gaps_in
from org.access import allowed
from org.models import Department
from workflow.services.attachments import files_of

SHOWN = 500
"""Rows the page shows; its file holds all of them."""


@allowed("invoices.view")
def index(request: HttpRequest) -> HttpResponse:
    """Money blocked per reason and customer, the most first. Also as Excel and CSV."""
    user: Any = request.user
    asked, today = filters_of(request, reason="", q="", waits=""), clock.today()
    found, totals = blocked_money(user, today)
    customers = Customer.objects.select_related("company").in_bulk({b.customer_id for b in found})
    names = _departments({c.company_id for c in customers.values()})
    rows = [_told(b, customers[b.customer_id], names) for b in found]
    narrowed = {name: value for name, value in asked.items() if value}
    shown = [row for row in rows if _fits(row, asked)]
    if request.GET.get("format") and not user.can("reports.export"):
        raise PermissionDenied("this needs the permission reports.export")
    table = table_of(shown if request.GET.get("format") else shown[:SHOWN])
    file = export_response(request, table, Cover("Blocked invoices", user.name, today, narrowed))
    if file:
        return file
    context = {
        "table": table, "asked": asked, "narrowed": narrowed, "totals": sorted(totals.items()), "reasons": _by_reason(rows),
        "count": len(shown), "shown": SHOWN, "waits": sorted({row["who"] for row in rows}), "user_can_export": user.can("reports.export"),
    }  # fmt: skip
    return page(request, "invoicing/blocked.html", context, fragment="table")


def _departments(companies: set[int]) -> dict[tuple[int, str], str]:
    return {(d.company_id, d.code): d.name for d in Department.objects.filter(company__in=companies)}


def who_acts(company_id: int, code: str, names: dict[tuple[int, str], str]) -> str:
    """Who must act, in words."""
    return "the customer" if code == CUSTOMER else names.get((company_id, code), code) if code else "receivables"


def _told(blocked: Blocked, customer: Customer, names: dict[tuple[int, str], str]) -> dict[str, Any]:
    who = sorted({who_acts(customer.company_id, code, names) for code in blocked.waits_for})
    return {"blocked": blocked, "customer": customer, "who": ", ".join(who), "reason": REASONS.get(blocked.code, blocked.code)}


def _fits(row: dict[str, Any], asked: dict[str, str]) -> bool:
    text = asked["q"].casefold()
    named = text in row["customer"].name.casefold() or text in row["customer"].number.casefold()
    return named and asked["reason"] in ("", row["blocked"].code) and asked["waits"] in ("", row["who"])


def _by_reason(rows: list[dict[str, Any]]) -> list[tuple[str, str, int]]:
    """Reasons there are, with the customers that each concerns."""
    codes = {row["blocked"].code: row["reason"] for row in rows}
    return sorted((code, words, len({r["customer"].pk for r in rows if r["blocked"].code == code})) for code, words in codes.items())


def _invoices_of(row: dict[str, Any]) -> str:
    return f"{reverse('invoicing:list')}?{urlencode({'customer': row['customer'].pk, 'state': 'blocked'})}"


def _customer_of(row: dict[str, Any]) -> str:
    return address("customers:detail", row["customer"].pk)


def table_of(rows: list[dict[str, Any]]) -> Table:
    """The list as rows and columns, for the page and for files. A phone leaves the currency out where there is but one."""
    several = len({row["blocked"].currency for row in rows}) > 1
    columns = [
        Column("reason", "Waits for", lambda r: r["reason"][:1].upper() + r["reason"][1:], href=_invoices_of, pin=True),
        Column("customer", "Customer", lambda r: r["customer"].name, href=_customer_of, grow=True, phone="full"),
        Column("number", "Number", lambda r: r["customer"].number, priority=3),
        Column("who", "Who must act", lambda r: r["who"]),
        Column("invoices", "Invoices", lambda r: r["blocked"].invoices, kind="num", priority=2),
        Column("amount", "Open", lambda r: r["blocked"].amount, kind="money", phone="end"),
        Column("currency", "Cur", lambda r: r["blocked"].currency, phone="end", priority=0 if several else 2),
        Column("oldest", "Since", lambda r: r["blocked"].oldest, kind="date", priority=2),
        Column("company", "Company", lambda r: r["customer"].company.code, priority=3),
    ]
    return Table(
        columns, rows, currency=lambda r: r["blocked"].currency, name="blocked", stack=True,
        row_id=lambda r: f"blocked-{r['blocked'].code}-{r['blocked'].customer_id}-{r['blocked'].currency}",
    )  # fmt: skip


def payable_panel(user: Any, invoice: Invoice) -> dict[str, Any]:
    """What an invoice's page says about its being payable: nothing for credit memos."""
    if invoice.kind == Invoice.Kind.CREDIT_MEMO:
        return {"payable": None, "files": files_of(user, invoice)}
    today = clock.today()
    gaps = gaps_in([invoice], today)[invoice.pk]
    names = _departments({invoice.company_id})
    return {
        "payable": [_line(user, invoice, gap, who_acts(invoice.company_id, gap.waits_for, names), today) for gap in gaps],
        "files": files_of(user, invoice), "is_owed": invoice.open_item.balance > 0,
    }  # fmt: skip


def _line(user: Any, invoice: Invoice, gap: Gap, who: str, today: Any) -> dict[str, Any]:
    """A gap with what can be done about it."""
    company = invoice.company_id
    about = {"kind": gap.kind, "invoice": invoice.number if gap.code == "lien_release" else ""}
    request_url = f"{reverse('customers:document-new', args=[invoice.customer_id])}?{urlencode({k: v for k, v in about.items() if v})}"
    ask = {"about": "invoicing.invoice", "key": invoice.pk, "title": f"{invoice.number}: {gap.words}"[:200]}
    return {
        "gap": gap, "who": who, "days": (today - gap.since).days if gap.since else None,
        "paper_url": reverse("customers:document", args=[gap.paper]) if gap.paper and user.can("customers.view", company) else "",
        "request_url": request_url if gap.kind and not gap.paper and user.can("documents.edit", company) else "",
        "ask_url": f"{reverse('workflow:task-new')}?{urlencode(ask)}" if user.can("tasks.create", company) else "",
    }  # fmt: skip
