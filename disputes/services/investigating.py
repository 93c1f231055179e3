"""Looking into a case: its document checked afresh against today's records, the money, similar cases, and the finding that is proposed.
Nothing is written."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from disputes.models import Cause, Dispute
from disputes.policy import money as of_money
from disputes.policy.precedents import Group
from disputes.policy.proposing import CauseOption, Claim, Evidence, Likely, Proposal, propose
from disputes.policy.reasons import SILENT, heard
from disputes.selectors.causes import causes_of
from disputes.selectors.compared import differences, proofs
from disputes.selectors.payments import Payment, open_credits, payments_of, put_elsewhere, terms_of
from disputes.selectors.precedents import precedents, same_cause
from invoicing.models import Invoice
from invoicing.services.investigating import FreshLook, look_afresh
from org.actors import Actor


@dataclass(frozen=True, slots=True)
class Inquiry:
    """All that is known about a case when it is looked into. `fresh` is None where the item has no document of its own."""

    claim: Claim
    proposal: Proposal
    causes: list[Cause]
    payments: list[Payment]
    groups: list[Group]
    fresh: FreshLook | None

    @property
    def cause(self) -> Cause | None:
        """The cause that is proposed."""
        return next((c for c in self.causes if c.pk == self.proposal.cause), None)


def look_into(*, actor: Actor, dispute: Dispute, today: date) -> Inquiry:
    """Everything about a case, as it stands today, for somebody who sees it."""
    fresh = _fresh(dispute.invoice)
    payments, causes = payments_of(dispute.open_item), causes_of(dispute.company_id)
    groups, claim = precedents(actor, dispute, today), claim_of(dispute, payments)
    found = propose(
        claim,
        _evidence(
            dispute, claim, fresh, payments, causes, [g.likely for g in groups if g.likely and (g.near or claim.reason not in SILENT)]
        ),
    )
    if found.cause is not None:
        groups = [*same_cause(actor, dispute, found.cause, today), *groups]
    return Inquiry(claim, found, causes, payments, groups, fresh)


def _fresh(invoice: Invoice | None) -> FreshLook | None:
    return look_afresh(invoice) if invoice is not None and invoice.kind != Invoice.Kind.CREDIT_MEMO else None


def claim_of(dispute: Dispute, payments: Sequence[Payment]) -> Claim:
    """What the customer contests, as a proposal is asked for it. Where no reason is known, its words are listened to. All of the document
    is meant where nothing was paid on it and all that is left is contested."""
    item, words = dispute.open_item, dispute.customer_words
    lines = frozenset(dispute.lines.values_list("line__number", flat=True))
    reason = (heard(words) if dispute.reason in SILENT else "") or dispute.reason
    whole = dispute.claimed >= item.balance and sum(p.amount for p in payments if p.is_cash) <= 0
    return Claim(dispute.claimed, reason, dispute.currency, lines, whole, words)


def _evidence(
    dispute: Dispute, claim: Claim, fresh: FreshLook | None, payments: Sequence[Payment], causes: Sequence[Cause], likely: Sequence[Likely]
) -> Evidence:
    item = dispute.open_item
    cash = of_money.facts(claim, open_credits(dispute), put_elsewhere(dispute, payments), terms_of(item, payments))
    options = tuple(CauseOption(c.pk, c.code, c.name, c.stage, frozenset(c.rules), c.owner_id) for c in causes)
    if fresh is None:
        return Evidence(cash=cash, likely=tuple(likely), causes=options)
    found = differences(fresh.billed, fresh.facts, fresh.findings)
    borne_out = proofs(fresh.billed, fresh.facts, fresh.policy, claim.reason, claim.lines)
    return Evidence(found, cash, borne_out, tuple(likely), options)


def as_kept(inquiry: Inquiry) -> dict[str, Any]:
    """The proposal as it is kept beside the finding that was recorded: plain values, as they were shown."""
    found, cause = inquiry.proposal, inquiry.cause
    return {
        "basis": found.basis, "cause": cause.code if cause else "", "cause_name": cause.name if cause else "", "origin": found.origin,
        "department": cause.owner.name if cause and cause.owner else "", "remedy": found.remedy, "amount": found.amount,
        "explained": found.explained, "open": found.open, "reasons": list(found.reasons),
        "findings": [{k: v for k, v in asdict(d).items() if k in ("rule", "lines", "effect", "gross", "words")} for d in found.taken],
        "precedents": [g.words for g in inquiry.groups],
    }  # fmt: skip
