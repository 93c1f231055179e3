"""Credit and debit memos by people: asked for with a reason, issued within one's own limit or when somebody else allows it.

What is asked for names the lines and amounts; what is issued is exactly that, on the day of the decision's transaction, never more than is
left to credit of the document. The memo bears the name of whoever asked; who allowed it stands in the approval. ERP keys issue memos
directly, as they issue invoices (`invoicing.services.issuing`).
"""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from arops.lib import money
from arops.lib.refusal import Refused
from invoicing.models import Draft, Invoice
from invoicing.selectors import credited
from invoicing.services.drafting import save_draft
from invoicing.services.issuing import DocumentRefused, issue_document
from invoicing.services.keying import next_number
from invoicing.services.memo_facts import left_to_credit, memo_facts
from invoicing.services.memo_rows import MemoLine, memo_amounts, rebill_row, total_of
from invoicing.services.reasons import reason_of
from ledger import drafts, posting
from ledger.drafts import Part
from ledger.selectors import books_of, item_state, lock_items
from org.actors import Actor
from org.models import Company
from workflow.models import Approval
from workflow.services import record
from workflow.services.approvals import Evidence, OnApproval, ask, foresee, register_approval, sent_before, take_turns
from workflow.services.authority import Foresight

KINDS = ("credit_memo", "debit_memo")


class CreditRefused(Refused):
    """A memo that can't be issued as asked; the message says why."""


def foresee_memo(*, actor: Actor, invoice: Invoice, kind: str, amount: int, today: date) -> Foresight:
    """Who would approve a memo of that amount about the document, and why."""
    return foresee(
        actor=actor, company=invoice.company, kind=kind, amount=amount, currency=invoice.currency, customer_id=invoice.customer_id,
        makers=[invoice.issued_by], today=today,
    )  # fmt: skip


@transaction.atomic
def request_memo(
    *, actor: Actor, invoice: Invoice, lines: Sequence[MemoLine], reason_code: str, day: date, token: str, today: date, now: datetime,
    kind: str = "credit_memo", reason: str = "", note: str = "", apply: bool = True, rebill: bool = False,
    evidence: Sequence[Evidence] = (),
) -> Approval:  # fmt: skip
    """Ask for a memo about a document; within the actor's limit it is issued at once. `reason` stands on the memo, `note` is for whoever
    decides alone. `apply` sets a credit off against the document; `rebill` makes a draft that bills it again. The same `token` is one
    request.

    Raises CreditRefused, ReasonRefused, ApprovalRefused, NotAllowed.
    """
    named = reason_of(invoice.company_id, kind, reason_code, files=len(evidence))
    take_turns(invoice.company_id, kind, invoice.currency, invoice.customer_id)
    if sent_before(actor, token) is None:
        check_memo(invoice, lines, kind)
    payload = {
        "invoice": invoice.pk, "number": invoice.number, "reason_code": named.code, "reason": (reason.strip() or named.name)[:200],
        "day": day.isoformat(), "apply": apply and kind == "credit_memo", "rebill": rebill,
        "lines": [[x.line_id, x.net, x.tax, str(x.quantity) if x.quantity is not None else None] for x in lines],
        "evidence": [[file.name, file.digest] for file in evidence],
    }  # fmt: skip
    words = ": ".join(filter(None, [named.name, note.strip() or reason.strip()]))
    what = "Cancel and bill again" if rebill else "Credit" if kind == "credit_memo" else "Debit memo about"
    return ask(
        actor=actor, company=invoice.company, kind=kind, amount=total_of(lines), currency=invoice.currency, reason=words,
        title=f"{what} {invoice.number}, {invoice.customer.name}", payload=payload, customer_id=invoice.customer_id, subject=invoice,
        makers=[invoice.issued_by], token=token, today=today, now=now, evidence=evidence,
    )  # fmt: skip


def whole_of(invoice: Invoice) -> list[MemoLine]:
    """All that is left to credit of a document: its lines, or what earlier memos left of it as a whole."""
    rows = [MemoLine(line.pk, line.amount, line.tax_amount) for line in invoice.lines.all()]
    if credited(invoice) == 0 and rows and all(row.net >= 0 and row.tax >= 0 for row in rows):
        return rows
    memos = list(invoice.memos.filter(kind="credit_memo").values_list("subtotal", "tax_total"))
    return [MemoLine(None, invoice.subtotal - sum(net for net, _ in memos), invoice.tax_total - sum(tax for _, tax in memos))]


def request_rebill(
    *, actor: Actor, invoice: Invoice, reason_code: str, day: date, token: str, today: date, now: datetime, reason: str = "",
    note: str = "", evidence: Sequence[Evidence] = (),
) -> Approval:  # fmt: skip
    """Ask to cancel an invoice and bill it again: a credit memo for all that is left of it, set off as far as it is open, and a draft
    that replaces it. What was paid stays paid: that part of the credit stays open for the new invoice.

    Raises CreditRefused, ReasonRefused, ApprovalRefused, NotAllowed.
    """
    if invoice.kind != Invoice.Kind.INVOICE:
        raise CreditRefused("only an invoice is billed again")
    if sent := sent_before(actor, token):
        return sent
    live = Draft.objects.filter(replaces=invoice).exclude(state=Draft.State.DISCARDED).first()
    if live or invoice.replaced_by.exists():
        raise CreditRefused(f"{invoice.number} is billed again already")
    return request_memo(
        actor=actor, invoice=invoice, lines=whole_of(invoice), reason_code=reason_code, reason=reason, note=note, day=day, token=token,
        today=today, now=now, rebill=True, evidence=evidence,
    )  # fmt: skip


def check_memo(invoice: Invoice, lines: Sequence[MemoLine], kind: str) -> None:
    """Raise CreditRefused unless the memo may be: its lines are the document's, and it credits no more than is left. The document's item
    is locked."""
    if kind not in KINDS:
        raise CreditRefused("a memo is a credit memo or a debit memo")
    if invoice.kind == Invoice.Kind.CREDIT_MEMO:
        raise CreditRefused("a credit memo is not credited: issue a debit memo")
    wanted = total_of(lines)
    if wanted <= 0 or any(line.net < 0 or line.tax < 0 for line in lines):
        raise CreditRefused("credit more than zero" if kind == "credit_memo" else "a debit memo is about more than zero")
    own = {line.pk: (line.amount, line.tax_amount) for line in invoice.lines.all()}
    named = [line.line_id for line in lines if line.line_id]
    if len(set(named)) != len(named) or not set(named) <= own.keys():
        raise CreditRefused("these are not lines of the document")
    if kind == "credit_memo" and any(x.net > own[x.line_id][0] or x.tax > own[x.line_id][1] for x in lines if x.line_id):
        raise CreditRefused("more is credited of a line than was billed on it")
    if kind == "credit_memo":
        check_left(invoice, wanted)


def check_left(invoice: Invoice, wanted: int) -> None:
    """Raise CreditRefused when less than that is left to credit. The document's item is locked: memos come one after the other. Retainage
    was billed once, with the invoice that it was held back of: what released it is no second sale to credit."""
    if released := invoice.lines.filter(releases__isnull=False).select_related("releases").first():
        raise CreditRefused(f"{invoice.number} bills retainage: credit {released.releases} of which it was held back")
    left = left_to_credit(invoice)
    if wanted > left:
        if left <= 0:
            raise CreditRefused(f"nothing of {invoice.number} can still be credited")
        said = f"{money.format(wanted, invoice.currency)} is more than the {money.format(left, invoice.currency)} {invoice.currency} that"
        raise CreditRefused(f"{said} can still be credited of {invoice.number}")


@register_approval("credit_memo", label="Credit memo", request="memos.request", approve="memos.approve", draw=memo_facts)
@register_approval("debit_memo", label="Debit memo", request="memos.request", approve="memos.approve", draw=memo_facts)
def issue_memo(approval: Approval, actor: Actor) -> Invoice:
    """Issue what was approved. Raises CreditRefused with what the books say, such as a closed period or nothing left to credit."""
    wanted = approval.payload
    if "row" in wanted:
        return issue_keyed(approval)
    invoice = Invoice.objects.select_related("company", "customer").get(pk=wanted["invoice"])
    lock_items([invoice.open_item_id])
    lines = [MemoLine(pk, net, tax, Decimal(q) if q else None) for pk, net, tax, q in wanted["lines"]]
    check_memo(invoice, lines, approval.kind)
    row = {
        "company": invoice.company.code, "kind": approval.kind, "customer": f"cus_{invoice.customer_id}", "currency": invoice.currency,
        "document_date": wanted["day"], "refers_to": f"inv_{invoice.pk}", "reason": wanted["reason"], "reason_code": wanted["reason_code"],
        "po_number": invoice.po_number, **memo_amounts(invoice, lines, approval.kind),
    }  # fmt: skip
    memo = _issue(approval, invoice.company, row)
    if wanted["apply"]:
        apply_memo(memo, invoice, by=actor, day=date.fromisoformat(wanted["day"]))
    if wanted["rebill"]:
        row = rebill_row(invoice, wanted["day"])
        save_draft(actor=OnApproval(approval.requested_by), row=row, origin="rebill", today=approval.requested_on)
    return memo


def _issue(approval: Approval, company: Company, row: dict[str, Any]) -> Invoice:
    """Issue a memo under the name of whoever asked, once for the approval; it gets its number last."""
    list(Company.objects.select_for_update(of=("self",), no_key=True).filter(pk=company.pk))
    number = row.get("number") or next_number(company, approval.kind if approval.kind in KINDS else str(row["kind"]))
    try:
        outcome = issue_document(
            {**row, "number": number, "external_id": f"approval-{approval.pk}"}, actor=OnApproval(approval.requested_by)
        )
    except DocumentRefused as refused:
        raise CreditRefused(str(refused)) from refused
    return Invoice.objects.select_related("company", "open_item").get(pk=outcome.invoice_id)


def apply_memo(memo: Invoice, invoice: Invoice, *, by: Actor, day: date) -> int | None:
    """Set a credit memo off against the document it is about, as far as that is open; the entry's key, None when nothing is."""
    items = lock_items([memo.open_item_id, invoice.open_item_id])
    credit, owed = items[memo.open_item_id], items[invoice.open_item_id]
    used = min(-credit.balance, owed.balance)
    if used <= 0:
        return None
    parts = [Part(item_state(credit), -used), Part(item_state(owed), used)]
    books = books_of(memo.company, memo.currency, day)
    entry = posting.post_one(drafts.application(books, parts=parts, day=day, source=f"application:memo:{memo.pk}"), actor=by)
    record(
        actor=by, type="memo.applied", company_id=memo.company_id, subject=memo, customer_id=memo.customer_id, number=memo.number,
        to=invoice.number, amount=used, currency=memo.currency,
    )  # fmt: skip
    return entry.entry_id


def issue_keyed(approval: Approval) -> Invoice:
    """Issue a memo that was keyed in as a document. Raises CreditRefused."""
    wanted = approval.payload
    if wanted["invoice"] and approval.kind == "credit_memo":
        invoice = Invoice.objects.select_related("company").get(pk=wanted["invoice"])
        lock_items([invoice.open_item_id])
        check_left(invoice, approval.amount)
    memo = _issue(approval, approval.company, dict(wanted["row"]))
    if memo.total != approval.amount:
        raise CreditRefused("the memo comes to another amount than was approved")
    return memo
