"""A first question to a department about a case: what was billed, what is contested, what the documents say, what is asked.

Whoever is asked reads this and nothing else of the case, so it says what is needed to answer, and no more.
"""

import re
from collections.abc import Sequence

from arops.lib import money
from disputes.models import Dispute
from invoicing.models import Finding, InvoiceLine
from invoicing.services.exceptions import department_for
from org.models import Department

LABEL = "disputes.dispute"
ESCALATION = "escalation"
"""Kind of the tasks by which seniors are asked to look at cases."""
Reason = Dispute.Reason
ASKED: dict[str, str] = {
    Reason.PRICE: "Which price was agreed, from when, and where is that written? Please attach it.",
    Reason.QUANTITY: "How many were delivered or done, and who signed for it? Please attach the signed paper.",
    Reason.PO_MISSING: "Which purchase order is this for? Please attach it as the customer sent it.",
    Reason.NOT_DELIVERED: "Was it delivered or done, when, and who signed for it? Please attach the proof.",
    Reason.DAMAGED: "What was damaged or defective, how many, and when was it noticed? Please attach pictures or the note on the delivery.",
    Reason.DUPLICATE: "Was this delivered or done once or twice? What belongs to which order?",
    Reason.TAX: "Which tax is right for this, and why? Please attach a certificate where there is one.",
    Reason.TERMS: "Which terms were agreed, from when, and where is that written? Please attach it.",
    Reason.SHORT_PAYMENT: "Is anything known of this order that explains it: a promise, a complaint, missing goods? Since when?",
    Reason.FREIGHT: "Were freight and fees agreed, or included? Where is that written?",
}
OTHERWISE = "Which is right, and what has to be corrected?"
BEGAN: dict[str, str] = {
    Reason.PRICE: "pricing_setup", Reason.QUANTITY: "logistics", Reason.PO_MISSING: "order_entry", Reason.NOT_DELIVERED: "logistics",
    Reason.DAMAGED: "logistics", Reason.DUPLICATE: "billing_output", Reason.TAX: "tax_setup", Reason.TERMS: "contract_setup",
    Reason.FREIGHT: "contract_setup",
}  # fmt: skip
"""Reason → the stage where such cases mostly begin; work that a technician did is the service's, whatever the reason says of goods."""

_ACCOUNT = re.compile(r"\b[A-Z]{2}[0-9]{2}[A-Z0-9]{8,30}\b|\b[0-9]{8,}\b")
"""Numbers of bank accounts, which the text of a payment may hold and no department needs."""


def question_about(dispute: Dispute, line: InvoiceLine | None = None, finding: Finding | None = None, words: str = "") -> str:
    """What to ask, for the asker to change. `words` is what was seen beside the line, such as a difference of the investigation."""
    told = [_billed(dispute, line), _contested(dispute), *_documents(line)]
    if finding is not None:
        told.append(finding.words)
        if finding.expected or finding.billed:
            told.append(f"Expected: {finding.expected or '–'}. Billed: {finding.billed or '–'}.")
    if words.strip():
        told.append(words.strip())
    return "\n".join([*filter(None, told), "", ASKED.get(dispute.reason, OTHERWISE)])


def title_about(dispute: Dispute, line: InvoiceLine | None = None) -> str:
    """What is asked, in a line."""
    about = f"line {line.number}: {line.description or line.sku}" if line else dispute.get_reason_display()
    return f"{dispute.open_item.number}, {about}"[:200]


def likely_department(
    dispute: Dispute, departments: Sequence[Department], line: InvoiceLine | None = None, origin: str = ""
) -> Department | None:  # fmt: skip
    """Who clears it up: by the stage where it began as far as that is known, else by what is contested."""
    began = origin or dispute.origin or _began(dispute, line)
    return department_for(began, departments) or department_for(_began(dispute, line), departments)


def _began(dispute: Dispute, line: InvoiceLine | None) -> str:
    stage = BEGAN.get(dispute.reason, "billing_output")
    worked = bool(line.work_order) if line else bool(dispute.technician)
    return "service_execution" if stage == "logistics" and worked else stage


def _billed(dispute: Dispute, line: InvoiceLine | None) -> str:
    item, invoice = dispute.open_item, dispute.invoice
    head = f"{item.get_kind_display().capitalize()} {item.number} of {item.document_date:%-d %b %Y}, {dispute.customer.name}"
    if line is None:
        total = invoice.total if invoice else item.amount
        return f"{head}: {money.format(total, dispute.currency)} {dispute.currency} in all."
    counted = f"{line.quantity.normalize():f} {line.unit}".strip()
    amounts = f"{counted} × {line.unit_price.normalize():f} = {money.format(line.amount, dispute.currency)} {dispute.currency}"
    return f"{head}, line {line.number}: {line.description or line.sku}, billed {amounts}."


def _contested(dispute: Dispute) -> str:
    said = _ACCOUNT.sub("…", " ".join(dispute.customer_words.split()))
    words = f" They write: “{said[:600]}”" if said else ""
    return f"Contested: {money.format(dispute.amount, dispute.currency)} {dispute.currency}, {dispute.get_reason_display()}.{words}"


def _documents(line: InvoiceLine | None) -> list[str]:
    """Numbers by which the department finds its own papers."""
    if line is None:
        return []
    found = {
        "Purchase order": line.purchase_order and line.purchase_order.number, "order": line.sales_order and line.sales_order.number,
        "work order": line.work_order, "contract": line.contract,
    }  # fmt: skip
    named = ", ".join(f"{word} {number}" for word, number in found.items() if number)
    return [f"{named[:1].upper()}{named[1:]}."] if named else []
