"""Documents by hand: keyed in, and credit memos against an invoice. Both go by the one path that issues documents."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import transaction

from arops.lib import money
from arops.lib.refusal import Refused
from invoicing.models import Invoice
from invoicing.selectors import credited
from invoicing.services.issuing import OWN, issue_document
from ledger.selectors import lock_items
from ledger.services import next_numbers
from org.actors import Actor, require
from org.models import Company

SERIES = {"invoice": "AR-", "debit_memo": "AD-", "credit_memo": "AC-"}
"""Prefixes of our own series: documents that the ERP numbers begin otherwise."""


class CreditRefused(Refused):
    """A credit memo that can't be issued as asked; the message says why."""


@dataclass(frozen=True, slots=True)
class CreditLine:
    """A share of an invoice's line (None: of the invoice as a whole) that is credited: positive minor units."""

    line_id: int | None
    net: int
    tax: int = 0


@transaction.atomic
def key_document(*, actor: Actor, company: Company, row: Mapping[str, Any], token: str) -> Invoice:
    """Issue a document that a person keyed in; without a number it gets the next of our own series. The same form (`token`) issues
    one document, however often it is sent.

    Raises DocumentRefused with a pointer to each field, NotAllowed: credit memos are for those who may approve them.
    """
    require(actor, "invoices.issue", company.pk)
    kind = str(row.get("kind", "invoice"))
    if kind == "credit_memo":
        require(actor, "memos.approve", company.pk)
    return _issue_once(actor, company, {**row, "company": company.code}, kind, token, "invoices.issue")


def _issue_once(actor: Actor, company: Company, row: dict[str, Any], kind: str, token: str, permission: str) -> Invoice:
    list(Company.objects.select_for_update(of=("self",), no_key=True).filter(pk=company.pk))  # the same form twice: one waits
    if sent := sent_before(actor, company, token):
        return sent
    number = row.get("number") or next_number(company, kind)
    outcome = issue_document({**row, "number": number, "external_id": _key(actor, token)}, actor=actor, permission=permission)
    assert outcome.invoice_id is not None
    return Invoice.objects.get(pk=outcome.invoice_id)


def sent_before(actor: Actor, company: Company, token: str) -> Invoice | None:
    """What the same form made when it was sent before."""
    found: Invoice | None = Invoice.objects.filter(company=company, source_system="arops", external_id=_key(actor, token)).first()
    return found


def _key(actor: Actor, token: str) -> str:
    return f"{actor.label}:{token}"[:80]


def next_number(company: Company, kind: str) -> str:
    """The next number that nobody used; one that the ERP took is passed over."""
    while True:
        (number,) = next_numbers(company=company, kind=f"document:{kind}", prefix=SERIES[kind])
        if not Invoice.objects.filter(company=company, kind=kind, number=number).exists():
            return number


@transaction.atomic
def credit_invoice(*, actor: Actor, invoice: Invoice, lines: Sequence[CreditLine], reason: str, day: date, token: str) -> Invoice:
    """Issue a credit memo that refers to an invoice or debit memo. It stays open until it is applied.

    Who issued the invoice doesn't credit it. Raises CreditRefused, DocumentRefused (closed period, …), NotAllowed.
    """
    require(actor, "memos.approve", invoice.company_id)
    lock_items([invoice.open_item_id])
    if sent := sent_before(actor, invoice.company, token):
        return sent
    _check_credit(actor, invoice, lines, reason)
    row = {
        "company": invoice.company.code, "kind": "credit_memo", "customer": f"cus_{invoice.customer_id}", "currency": invoice.currency,
        "document_date": day.isoformat(), "refers_to": f"inv_{invoice.pk}", "reason": reason.strip(), "po_number": invoice.po_number,
        **_amounts(invoice, lines),
    }  # fmt: skip
    return _issue_once(actor, invoice.company, row, "credit_memo", token, "memos.approve")


def _check_credit(actor: Actor, invoice: Invoice, lines: Sequence[CreditLine], reason: str) -> None:
    if invoice.kind == Invoice.Kind.CREDIT_MEMO:
        raise CreditRefused("a credit memo is not credited: issue a debit memo")
    if invoice.issued_by == actor.label:
        raise CreditRefused(OWN)
    if not reason.strip():
        raise CreditRefused("say why it is credited")
    wanted = sum(line.net + line.tax for line in lines)
    if wanted <= 0 or any(line.net < 0 or line.tax < 0 for line in lines):
        raise CreditRefused("credit more than zero")
    left = invoice.total - credited(invoice)
    if wanted > left:
        said = f"{money.format(wanted, invoice.currency)} is more than the {money.format(left, invoice.currency)} {invoice.currency} that"
        raise CreditRefused(f"{said} can still be credited of {invoice.number}")


def _amounts(invoice: Invoice, lines: Sequence[CreditLine]) -> dict[str, Any]:
    """Lines of the memo after those of the invoice; totals alone where the invoice has none."""

    def text(amount: int) -> str:
        return money.to_text(amount, invoice.currency)

    net, tax = sum(line.net for line in lines), sum(line.tax for line in lines)
    wholes = {"subtotal": text(net), "tax_total": text(tax), "total": text(net + tax)}
    credited_lines = {line.line_id: line for line in lines if line.line_id}
    if not credited_lines:
        return wholes
    rows = [
        {
            "number": source.number, "sku": source.sku, "description": f"Credit: {source.description}"[:300], "unit": source.unit,
            "amount": text(credited_lines[source.pk].net), "tax_code": source.tax_code, "tax_amount": text(credited_lines[source.pk].tax),
        }
        for source in invoice.lines.all() if source.pk in credited_lines
    ]  # fmt: skip
    return wholes | {"lines": rows}
