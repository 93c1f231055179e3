"""Invoices by hand: keyed in, issued by the one path that issues documents, numbered by our own series."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from invoicing.models import Invoice
from invoicing.services.issuing import issue_document
from ledger.services import next_numbers
from org.actors import Actor, require
from org.models import Company

SERIES = {"invoice": "AR-", "debit_memo": "AD-", "credit_memo": "AC-"}
"""Prefixes of our own series: documents that the ERP numbers begin otherwise."""


@transaction.atomic
def key_document(*, actor: Actor, company: Company, row: Mapping[str, Any], token: str) -> Invoice:
    """Issue an invoice that a person keyed in; without a number it gets the next of our own series. The same form (`token`) issues
    one invoice, however often it is sent. Memos are asked for: see `adjusting.request_keyed`.

    Raises DocumentRefused with a pointer to each field, NotAllowed.
    """
    require(actor, "invoices.issue", company.pk)
    list(Company.objects.select_for_update(of=("self",), no_key=True).filter(pk=company.pk))  # the same form twice: one waits
    if sent := sent_before(actor, company, token):
        return sent
    number = row.get("number") or next_number(company, "invoice")
    said = {**row, "company": company.code, "number": number, "external_id": _key(actor, token)}
    outcome = issue_document(said, actor=actor, kind="invoice")
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
