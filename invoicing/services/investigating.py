"""Looking into one document: laid beside what stands behind it, with what was found. Nothing is written."""

from dataclasses import dataclass

from invoicing.checks import Policy, check_batch
from invoicing.checks.facts import Billed, Facts
from invoicing.models import Draft, Finding, Invoice
from invoicing.selectors.exceptions import findings_of, standing
from invoicing.selectors.facts import load
from invoicing.selectors.investigation import Investigation, investigate
from invoicing.selectors.proof import Proof, proof_behind
from invoicing.services.checking import Subject, batch_of_draft, batch_of_issued, finding_row, identity, stances


@dataclass(frozen=True, slots=True)
class FreshLook:
    """An issued document checked against the records as they are today, with all that it was held against."""

    look: Investigation
    findings: list[Finding]
    billed: Billed
    facts: Facts
    policy: Policy
    proof: Proof


def investigate_draft(draft: Draft) -> tuple[Investigation, list[Finding]]:
    """A draft beside its orders, and what stands against it. Raises CheckRefused when its payload can't be read."""
    stance = stances([draft.company_id])[draft.company_id]
    (billed,), facts = load(batch_of_draft(draft, stance))
    found = standing(Finding.objects.filter(draft=draft))
    return investigate(billed, facts, stance.policy, found, proof_behind(facts)), found


def investigate_invoice(invoice: Invoice) -> tuple[Investigation, list[Finding]]:
    """An issued invoice beside its orders as they are now, and what stands against it."""
    stance = stances([invoice.company_id])[invoice.company_id]
    (billed,), facts = load(batch_of_issued([invoice], stance))
    found = findings_of(invoice)
    return investigate(billed, facts, stance.policy, found, proof_behind(facts)), found


def look_afresh(invoice: Invoice) -> FreshLook:
    """An issued invoice (or debit memo) checked once more against today's records. What was decided about a finding before stays with it;
    nothing is kept: the findings are no rows of the database."""
    stance = stances([invoice.company_id])[invoice.company_id]
    (billed,), facts = load(batch_of_issued([invoice], stance))
    (found,) = check_batch([billed], facts, stance.policy)
    subject = Subject(invoice.company_id, invoice.currency, tuple(found), invoice_id=invoice.pk)
    known = {identity(f): f for f in findings_of(invoice)}
    findings = [finding_row(subject, f) for f in found]
    for finding in findings:
        before = known.get(identity(finding))
        if before:
            finding.state, finding.decided_by, finding.reason = before.state, before.decided_by, before.reason
    proof = proof_behind(facts)
    return FreshLook(investigate(billed, facts, stance.policy, findings, proof), findings, billed, facts, stance.policy, proof)
