"""What of the customer's money explains a claim: credits that stand open, payments put elsewhere, discounts earned or not. Pure.

| what | right | origin | remedy |
|---|---|---|---|
| a credit memo of the very amount stands open | 0 | cash application | paid: apply it |
| a payment has the very amount unapplied | 0 | cash application | paid: apply it |
| a payment names the document and was put elsewhere | 0 | cash application | paid: put it where it belongs |
| the discount of the amount, paid within its days | all | cash application | credited |
| the discount of the amount, paid too late | 0 | customer | rejected |
| one, two, three or five per cent, and no discount was agreed | 0 | customer | rejected |
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from arops.lib import money
from disputes.policy.proposing import CashFact, Claim
from disputes.policy.reasons import CREDITED, PAID, REJECTED, SILENT

USUAL = (2, 3, 1, 5)
"""Per cents that are taken as discounts."""


@dataclass(frozen=True, slots=True)
class OpenCredit:
    """A credit memo or payment with so much left (`kind`: credit_memo, receipt, or elsewhere for a payment that was put on other items)."""

    kind: str
    number: str
    left: int
    day: date


@dataclass(frozen=True, slots=True)
class Terms:
    """What the item comes to, the discount it offers until when, and when the last payment came."""

    total: int
    discount: int
    until: date | None
    paid_on: date | None


def facts(claim: Claim, credits: Sequence[OpenCredit], elsewhere: Sequence[OpenCredit], terms: Terms) -> tuple[CashFact, ...]:
    """What explains the claim, the surest first."""
    found = [_of_credit(c, claim) for c in credits if c.left == claim.amount]
    discount = _of_discount(claim, terms)
    misplaced = [_of_misplaced(c, claim) for c in elsewhere[:1]]
    ordered = [discount, *found, *misplaced] if claim.reason == "terms" else [*found, discount, *misplaced]
    return tuple(f for f in ordered if f)


def _of_credit(credit: OpenCredit, claim: Claim) -> CashFact:
    says = f"{money.format(credit.left, claim.currency)} {claim.currency}"
    if credit.kind == "receipt":
        words = f"Payment {credit.number} of {credit.day} has {says} that is not applied: it belongs here, and nothing has to be allowed."
        return CashFact("unapplied", claim.amount, 0, words, "cash_application", "cash_misapplied", PAID)
    words = f"Credit {credit.number} of {credit.day} over {says} stands open: the customer has taken it off. Apply it; nothing more is due."
    return CashFact("credit", claim.amount, 0, words, "cash_application", "cash_credit", PAID)


def _of_misplaced(credit: OpenCredit, claim: Claim) -> CashFact:
    words = (
        f"Payment {credit.number} of {credit.day} names this document and was applied to others: put it where the customer wanted it, and"
        " ask what the rest was for."
    )
    return CashFact("elsewhere", claim.amount, 0, words, "cash_application", "cash_misapplied", PAID)


def _of_discount(claim: Claim, terms: Terms) -> CashFact | None:
    if terms.paid_on is None:
        return None
    says = f"{money.format(claim.amount, claim.currency)} {claim.currency}"
    if terms.discount and terms.until:
        if claim.amount != terms.discount:
            return None
        if terms.paid_on <= terms.until:
            words = f"{says} is the discount, and the payment of {terms.paid_on} came within its days (until {terms.until}): allow it."
            return CashFact("discount_earned", claim.amount, claim.amount, words, "cash_application", "cash_credit", CREDITED)
        late = (terms.paid_on - terms.until).days
        words = (
            f"{says} is the discount, but it ended on {terms.until} and the payment came on {terms.paid_on}, {late} day"
            f"{'' if late == 1 else 's'} late: the customer took it without right."
        )
        return CashFact("discount_late", claim.amount, 0, words, "customer", "customer_discount", REJECTED)
    if claim.reason != "terms" and claim.reason not in SILENT:
        return None
    percent = next((p for p in USUAL if claim.amount and abs(terms.total * p - claim.amount * 100) <= 50), None)
    if percent is None:
        return None
    words = f"{says} is {percent} % of the document, and its terms know no discount: the customer took one without right."
    return CashFact("discount_unagreed", claim.amount, 0, words, "customer", "customer_discount", REJECTED)
