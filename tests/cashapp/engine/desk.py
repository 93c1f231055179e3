"""Small cases for the engine: one customer or a few, their items, a receipt. Amounts are minor units; the day is 15 September 2026."""

from datetime import date, timedelta
from typing import Any

from cashapp.engine import Candidate, Payer, Policy, Proposal, Receipt, Reference, match

DAY = date(2026, 9, 15)
ACME, BETA = 1, 2
ACME_ACCOUNT, BETA_ACCOUNT = "DE02120300000000202051", "DE89370400440532013000"
PAYERS = (
    Payer(ACME, "Acme Valves GmbH", (), (ACME_ACCOUNT,)),
    Payer(BETA, "Betamax Printing Ltd", (), (BETA_ACCOUNT,)),
)


def invoice(id: int, amount: int, number: str = "", customer: int = ACME, *, age: int = 40, terms: int = 30, **more: Any) -> Candidate:
    """An open invoice, `age` days old."""
    day = DAY - timedelta(days=age)
    more = {"kind": "invoice", "currency": "USD", "document_date": day, "due_date": day + timedelta(days=terms)} | more
    return Candidate(id=id, customer_id=customer, number=number or f"INV-{10000 + 37 * id}", balance=amount, **more)


def credit(id: int, amount: int, number: str = "", customer: int = ACME, **more: Any) -> Candidate:
    """An open credit memo; the amount is given as a positive one."""
    return invoice(id, -amount, number or f"CM-{50000 + 41 * id}", customer, kind="credit_memo", **more)


def receipt(amount: int, text: str = "", *, id: int = 1, account: str = ACME_ACCOUNT, name: str = "", **more: Any) -> Receipt:
    """Money from Acme's own account, unless told otherwise."""
    return Receipt(
        id=id, amount=amount, currency="USD", value_date=more.pop("day", DAY), payer_name=name, payer_account=account, text=text, **more
    )


def says(*lines: tuple[str, int | None] | tuple[str, int | None, int]) -> tuple[Reference, ...]:
    """Structured remittance: number, amount, discount."""
    return tuple(Reference(*line) for line in lines)


def one(paid: Receipt, *items: Candidate, payers: tuple[Payer, ...] = PAYERS, policy: Policy | None = None) -> Proposal:
    """The proposal for a single receipt."""
    (proposal,) = match([paid], list(items), payers, policy)
    return proposal


def given(proposal: Proposal) -> dict[int, tuple[int, ...]]:
    """Item → cash, then discount, write-off and short part as far as there are any."""
    found = {}
    for a in proposal.allocations:
        parts = [a.amount, a.discount, a.write_off, a.short]
        while len(parts) > 1 and not parts[-1]:
            parts.pop()
        found[a.item_id] = tuple(parts)
    return found


def words(proposal: Proposal) -> str:
    """All its reasons in one text."""
    return "; ".join(proposal.reasons)
