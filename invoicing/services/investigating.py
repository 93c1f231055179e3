"""Looking into one document: laid beside what stands behind it, with what was found. Nothing is written."""

from invoicing.models import Draft, Finding, Invoice
from invoicing.selectors.exceptions import findings_of, standing
from invoicing.selectors.facts import load
from invoicing.selectors.investigation import Investigation, investigate
from invoicing.services.checking import batch_of_draft, batch_of_issued, stances


def investigate_draft(draft: Draft) -> tuple[Investigation, list[Finding]]:
    """A draft beside its orders, and what stands against it. Raises CheckRefused when its payload can't be read."""
    stance = stances([draft.company_id])[draft.company_id]
    (billed,), facts = load(batch_of_draft(draft, stance))
    found = standing(Finding.objects.filter(draft=draft))
    return investigate(billed, facts, stance.policy, found), found


def investigate_invoice(invoice: Invoice) -> tuple[Investigation, list[Finding]]:
    """An issued invoice beside its orders as they are now, and what stands against it."""
    stance = stances([invoice.company_id])[invoice.company_id]
    (billed,), facts = load(batch_of_issued([invoice], stance))
    found = findings_of(invoice)
    return investigate(billed, facts, stance.policy, found), found
