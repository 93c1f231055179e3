"""What a memo will do, drawn for whoever decides: lines of words from what was asked for and what stands now."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from arops.lib import money
from arops.lib.http import address
from invoicing.models import Invoice
from invoicing.selectors import credited
from workflow.models import Approval
from workflow.services.authority import Fact


def left_to_credit(invoice: Invoice) -> int:
    """Minor units of a document that no credit memo took yet."""
    return invoice.total - credited(invoice)


def memo_facts(approval: Approval) -> list[Fact]:
    """What will be done, for whoever decides."""
    wanted, cur = approval.payload, approval.currency
    if "row" in wanted:
        return keyed_facts(approval)
    invoice = Invoice.objects.select_related("customer", "open_item", "company").filter(pk=wanted["invoice"]).first()
    if invoice is None:
        return [Fact("About", wanted["number"])]
    open_now = invoice.open_item.balance
    facts = [
        Fact("Customer", invoice.customer.name, address("customers:detail", invoice.customer_id)),
        Fact("About", f"{invoice.number} of {invoice.document_date:%-d %b %Y}", address("invoicing:detail", invoice.pk)),
        Fact("Total", money.format(invoice.total, cur)),
        Fact("Open now", money.format(open_now, cur) if open_now else "nothing"),
    ]
    if approval.kind == "credit_memo":
        facts.append(Fact("Left to credit", money.format(left_to_credit(invoice), cur)))
    names = {line.pk: f"{line.number} {line.description}" for line in invoice.lines.all()}
    for line_id, net, tax, quantity in wanted["lines"]:
        amount = f"{money.format(net, cur)} + {money.format(tax, cur)} tax" if tax else money.format(net, cur)
        facts.append(
            Fact(f"Line {names.get(line_id, '')}" if line_id else "As a whole", f"{quantity} × … = {amount}" if quantity else amount)
        )
    return [*facts, Fact("Dated", f"{date.fromisoformat(wanted['day']):%-d %b %Y}"), Fact("Then", _then(wanted, approval, open_now))]


def _then(wanted: Mapping[str, Any], approval: Approval, open_now: int) -> str:
    cur = approval.currency
    if not wanted["apply"]:
        return "it stays open" if approval.kind == "credit_memo" else "it is asked for"
    used = min(approval.amount, max(open_now, 0))
    words = (
        f"{money.format(used, cur)} set off against {wanted['number']}"
        if used
        else "nothing of the document is open: the credit stays open"
    )
    rest = approval.amount - used
    words += f", {money.format(rest, cur)} stay open" if used and rest else ""
    return f"{words}; a draft bills it again" if wanted["rebill"] else words


def keyed_facts(approval: Approval) -> list[Fact]:
    """What a memo that was keyed in as a document says."""
    row = approval.payload["row"]
    if approval.payload["invoice"]:
        about = [Fact("About", str(row["refers_to"]), address("invoicing:detail", approval.payload["invoice"]))]
    else:
        about = [Fact("About", "no invoice: the customer’s account")]
    if approval.customer_ref:
        about.append(Fact("Customer", approval.title.partition(", ")[2], address("customers:detail", approval.customer_ref)))
    lines = [
        Fact(f"Line {n}", " ".join(str(line.get(name, "")) for name in ("description", "quantity", "unit", "unit_price", "amount")).strip())
        for n, line in enumerate(row.get("lines", []), 1)
    ]
    kind = "Credit memo" if row["kind"] == "credit_memo" else "Debit memo"
    return [Fact("Document", kind), *about, *lines, Fact("Dated", str(row.get("document_date", "")))]
