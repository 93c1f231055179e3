"""What a progress claim comes to. Pure."""

from datetime import date
from decimal import Decimal

from invoicing.billing.money import HUNDRED, half_up
from invoicing.checks.facts import Contract, Version
from invoicing.checks.pricing import version_on


def contract_sum(version: Version) -> int | None:
    """What the contract comes to in all: its milestones' amounts, else what it may not exceed; None when it says neither."""
    steps = [step.amount for step in version.steps.values() if step.kind == "milestone"]
    return sum(steps) if steps else version.not_to_exceed


def due_now(contract: Contract, day: date, percent: Decimal | None, amount: int | None) -> int:
    """Net minor units to bill now. Raises ValueError in words for people."""
    version = version_on(contract, day)
    if version is None:
        raise ValueError(f"no version of contract {contract.number} is in force on {day}")
    if (percent is None) == (amount is None):
        raise ValueError("give a percentage complete or an amount, not both")
    whole = contract_sum(version)
    if percent is not None:
        if not 0 < percent <= HUNDRED:
            raise ValueError("a percentage lies between 0 and 100")
        if whole is None:
            raise ValueError("the contract names no sum that per cent could be of: give an amount")
        amount = half_up(whole * percent / HUNDRED) - contract.billed_amount
    assert amount is not None
    if amount <= 0:
        raise ValueError("as much was billed already: nothing is left to claim")
    if whole is not None and contract.billed_amount + amount > whole:
        raise ValueError("more than the contract comes to: an amendment would have to raise it first")
    return amount
