"""What documents made here are numbered by, and what a form's document is known by."""

from invoicing.models import Invoice
from ledger.services import next_numbers
from org.actors import Actor
from org.models import Company

SERIES = {"invoice": "AR-", "debit_memo": "AD-", "credit_memo": "AC-"}
"""Prefixes of our own series: documents that the ERP numbers begin otherwise."""


def sent_before(actor: Actor, company: Company, token: str) -> Invoice | None:
    """What the same form made when it was sent before."""
    found: Invoice | None = Invoice.objects.filter(company=company, source_system="arops", external_id=key_of(actor, token)).first()
    return found


def key_of(actor: Actor, token: str) -> str:
    """What a form's document is known by."""
    return f"{actor.label}:{token}"[:80]


def next_number(company: Company, kind: str) -> str:
    """The next number that nobody used; one that the ERP took is passed over."""
    while True:
        (number,) = next_numbers(company=company, kind=f"document:{kind}", prefix=SERIES[kind])
        if not Invoice.objects.filter(company=company, kind=kind, number=number).exists():
            return number
