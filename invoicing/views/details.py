"""One document as it was issued, what became of it, and its paper."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect

from arops.lib import clock, pdf
from arops.lib.http import address, page
from invoicing import selectors
from invoicing.models import Invoice
from invoicing.services.paper import file_name, invoice_pdf, paper_of
from invoicing.views.blocked import payable_panel
from invoicing.views.investigating import findings_panel
from invoicing.views.lineage import lineage
from invoicing.views.sending import panel
from ledger.selectors import item_history, open_instalments
from orders.selectors.chain import Link, chain_of_lines, linked_by, links_of
from org.access import allowed
from org.selectors import actor_names

_MANY = 50


@allowed("invoices.view")
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """The document, its open balance, what happened to the money, and all that hangs on it."""
    user: Any = request.user
    invoice = get_object_or_404(selectors.in_sight(user), pk=pk)
    item, today = invoice.open_item, clock.today()
    history = item_history(item)
    credited = selectors.credited(invoice)
    context = {
        "invoice": invoice, "item": item, "today": today, **_lines(user, invoice), "history": history,
        "names": actor_names({invoice.issued_by, *(row.line.entry.actor for row in history)}),
        "ties": bool(history) and history[-1].balance == item.balance, "late": (today - item.due_date).days,
        "moved_due": item.due_date != invoice.due_date, "is_credit": invoice.kind == Invoice.Kind.CREDIT_MEMO,
        "memos": list(invoice.memos.select_related("open_item").order_by("pk")), "credited": credited, "can_pdf": pdf.is_available(),
        "creditable": invoice.total - credited, **_hanging(invoice), **_actions(user, invoice),
        **panel(user, invoice), **lineage(user, invoice), **payable_panel(user, invoice),
        **findings_panel(invoice), "in_instalments": open_instalments([item.pk]).get(item.pk, []),
    }  # fmt: skip
    return page(request, "invoicing/detail.html", context)


def _lines(user: Any, invoice: Any) -> dict[str, Any]:
    """The lines, each with links to what it bills, and the chain of the order's life around the document."""
    lines = list(invoice.lines.all())
    linked = linked_by(user, lines)
    own = Link(invoice.number, address("invoicing:detail", invoice.pk), here=True)
    chain = chain_of_lines(user, linked, own) if any(linked.values()) else []
    return {"lines": lines, "line_links": {line.pk: links_of(line, linked) for line in lines}, "chain": chain}


def _hanging(invoice: Any) -> dict[str, Any]:
    """What the apps that stand on this one have hung on it: disputes, promises, letters."""
    item = invoice.open_item
    letters = invoice.customer.dunning_letters.filter(items__contains=[{"id": item.pk}]).select_related("run", "message").order_by("-pk")
    return {
        "disputes": [(case, address("disputes:detail", case.pk)) for case in item.disputes.all()[:_MANY]],
        "promises": item.promises.select_related("promise").order_by("-pk")[:_MANY],
        "letters": [(letter, address("messaging:message", letter.message_id) if letter.message_id else "") for letter in letters[:_MANY]],
    }


def _actions(user: Any, invoice: Invoice) -> dict[str, Any]:
    owed = invoice.open_item.balance > 0
    company = invoice.company_id
    return {
        "dispute_url": address("disputes:open", invoice.open_item_id) if owed and user.can("disputes.open", company) else "",
        "can_issue": user.can("invoices.issue", company),
    }


@allowed("invoices.view")
def as_pdf(request: HttpRequest, pk: int) -> HttpResponse:
    """The document as PDF; where this server makes none, its page, which prints."""
    user: Any = request.user
    invoice = get_object_or_404(selectors.in_sight(user), pk=pk)
    if not pdf.is_available():
        return redirect("invoicing:print", pk=invoice.pk)
    response = HttpResponse(invoice_pdf(invoice), content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{file_name(invoice, "pdf")}"'
    return response


@allowed("invoices.view")
def as_paper(request: HttpRequest, pk: int) -> HttpResponse:
    """The document as it looks on paper, to be printed from the browser."""
    user: Any = request.user
    invoice = get_object_or_404(selectors.in_sight(user), pk=pk)
    return page(request, "invoicing/print.html", {**paper_of(invoice), "can_pdf": pdf.is_available()})
