"""Memos that people key in as documents: about an invoice, or adjustments of a customer's account that are about none."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.db import transaction

from invoicing.models import Invoice
from invoicing.services.issuing import DocumentRefused, issue_documents
from invoicing.services.keying import next_number
from invoicing.services.memo_facts import keyed_facts
from invoicing.services.memos import KINDS, CreditRefused, check_left, issue_keyed
from invoicing.services.reasons import reason_of
from org.actors import Actor
from org.models import Company
from workflow.models import Approval
from workflow.services.approvals import Evidence, OnApproval, ask, register_approval, sent_before, take_turns


@transaction.atomic
def request_keyed(
    *, actor: Actor, company: Company, row: Mapping[str, Any], token: str, today: date, now: datetime, reason_code: str = "",
    evidence: Sequence[Evidence] = (),
) -> Approval:  # fmt: skip
    """Ask for a memo that a person keyed in as a document: about an invoice, else an adjustment of the customer's account.

    Raises DocumentRefused with a pointer to each field, CreditRefused, ReasonRefused, ApprovalRefused, NotAllowed.
    """
    kind = str(row.get("kind", ""))
    if kind not in KINDS:
        raise CreditRefused("a memo is a credit memo or a debit memo")
    key = "adjustment" if not row.get("refers_to") else kind
    named = reason_of(company.pk, key, reason_code, files=len(evidence)) if reason_code else None
    said = {**row, "company": company.code, **({"reason_code": named.code} if named else {})}
    invoice, total, currency, customer_id, name = _tried(said, company)
    take_turns(company.pk, key, currency, customer_id)
    if invoice and kind == "credit_memo" and sent_before(actor, token) is None:
        check_left(invoice, total)
    words = {"credit_memo": "Credit", "debit_memo": "Debit"}[kind]
    about = invoice.number if invoice else "the account"
    payload = {"row": said, "invoice": invoice.pk if invoice else None, "evidence": [[file.name, file.digest] for file in evidence]}
    return ask(
        actor=actor, company=company, kind=key, amount=total, currency=currency, title=f"{words} {about}, {name}",
        reason=str(row.get("reason") or (named.name if named else "")), payload=payload, customer_id=customer_id, subject=invoice,
        makers=[invoice.issued_by] if invoice else [], token=token, today=today, now=now, evidence=evidence,
    )  # fmt: skip


def _tried(row: dict[str, Any], company: Company) -> tuple[Invoice | None, int, str, int, str]:
    """What the document would be: the invoice it is about, total, currency, customer. Raises DocumentRefused."""
    point = transaction.savepoint()
    try:
        numbered = {**row, "number": row.get("number") or next_number(company, str(row["kind"]))}
        outcome = issue_documents([numbered], actor=OnApproval("system:preview"), source_system="arops", check=False)[0]
        if outcome.outcome != "created":
            raise DocumentRefused(outcome.problems)
        made = Invoice.objects.select_related("customer", "refers_to").get(pk=outcome.invoice_id)
        return made.refers_to, made.total, made.currency, made.customer_id, made.customer.name
    finally:
        transaction.savepoint_rollback(point)


@register_approval("adjustment", label="Adjustment", request="memos.request", approve="memos.approve", draw=keyed_facts)
def issue_adjustment(approval: Approval, actor: Actor) -> Invoice:
    """Issue a memo that is about no invoice."""
    return issue_keyed(approval)
