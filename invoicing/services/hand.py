"""Invoices keyed in by hand go the way of all drafts: kept, checked, and issued when nothing holds them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction

from invoicing.models import Draft, Invoice
from invoicing.services.checking import check_draft, take_turns
from invoicing.services.drafting import issue_draft, save_draft
from invoicing.services.keying import key_of, sent_before
from org.actors import Actor, require
from org.models import Company


@dataclass(frozen=True, slots=True)
class Keyed:
    """What became of a form: a draft, and the invoice where it was issued."""

    draft: Draft
    invoice: Invoice | None


@transaction.atomic
def key_invoice(*, actor: Actor, company: Company, row: Mapping[str, Any], token: str, issue: bool, now: datetime, today: date) -> Keyed:
    """Keep an invoice that a person keyed in as draft, check it, and where `issue` is asked for and nothing holds it, issue it.

    The same form (`token`) makes one, however often it is sent. Raises DraftRefused and DocumentRefused with a pointer to each field,
    NotAllowed.
    """
    require(actor, "invoices.issue", company.pk)
    take_turns([company.pk])
    list(Company.objects.select_for_update(of=("self",), no_key=True).filter(pk=company.pk))  # the same form twice: one waits
    key = key_of(actor, token)
    draft = Draft.objects.filter(company=company, source_system="arops", external_id=key).exclude(state="discarded").first()
    if draft is None:
        if (sent := sent_before(actor, company, token)) is not None:
            return Keyed(Draft(company=company, customer=sent.customer, invoice=sent, state="issued"), sent)
        whole = {**row, "company": company.code, "external_id": key}
        draft = check_draft(actor=actor, draft=save_draft(actor=actor, row=whole, origin="hand", today=today), today=today)
    if issue and draft.state in (Draft.State.CLEAR, Draft.State.ISSUED):
        return Keyed(draft, issue_draft(actor=actor, draft=draft, now=now, today=today))
    return Keyed(draft, draft.invoice)
