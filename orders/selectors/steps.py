"""What became of a contract's milestones and recurring amounts: the drafts that bill them, and the invoices that did.

Drafts and invoices stand on a higher floor: they are found by the reverse relations of the contract and its customer.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, NamedTuple

from arops.lib import money
from arops.lib.http import address
from orders.models import Contract
from orders.selectors.agreement import StepState

SHOWN = 3
"""Invoices that are named of a step, the latest; the others are counted."""


class Bill(NamedTuple):
    """An invoice, or a draft, that bills a step: its name, page, net minor units and day."""

    name: str
    url: str
    amount: int
    day: date


@dataclass(frozen=True, slots=True)
class Drawn:
    """What stands on drafts of a contract: by step, and in all (minor units, net)."""

    steps: Mapping[str, list[Bill]]
    total: int


def drafted(contract: Contract) -> Drawn:
    """What drafts on their way would bill of the contract, whoever made them: here, an ERP, a list."""
    steps: dict[str, list[Bill]] = {}
    total = 0
    for draft in contract.customer.drafts.live().filter(kind="invoice", currency=contract.currency).order_by("pk"):
        for line in draft.payload.get("lines") or ():
            if not _names(line.get("contract"), contract) or not line.get("amount"):
                continue
            amount = money.parse(line["amount"], contract.currency)
            total += amount
            url = address("invoicing:draft", draft.pk)
            steps.setdefault(str(line.get("sku") or ""), []).append(Bill(str(draft), url, amount, draft.document_date))
    return Drawn(steps, total)


def _names(said: Any, contract: Contract) -> bool:
    """Whether a line's reference is to the contract: its number, our id, the sender's id."""
    if isinstance(said, Mapping):
        return bool(contract.external_id) and said.get("external_id") == contract.external_id
    return said is not None and said in (contract.number, f"ctr_{contract.pk}", contract.external_id)


def billed(contract: Contract, codes: Iterable[str]) -> dict[str, list[Bill]]:
    """Code of a step → invoices that bill it, credit memos below zero, the latest first."""
    lines = contract.invoice_lines.filter(sku__in=list(codes), releases=None).select_related("invoice")  # type: ignore[attr-defined]
    found: dict[str, list[Bill]] = {}
    for line in lines.order_by("-invoice__document_date", "-invoice_id", "number"):
        invoice = line.invoice
        amount = -abs(line.amount) if invoice.kind == "credit_memo" else line.amount
        url = address("invoicing:detail", invoice.pk)
        found.setdefault(line.sku, []).append(Bill(invoice.number, url, amount, invoice.document_date))
    return found


def with_bills(contract: Contract, states: Sequence[StepState], drawn: Drawn) -> list[StepState]:
    """Steps with what drafts and invoices bill of each."""
    known = billed(contract, [s.step.code for s in states]) if states else {}
    return [_with(state, known.get(state.step.code, []), drawn.steps.get(state.step.code, [])) for state in states]


def _with(state: StepState, bills: list[Bill], drafts: list[Bill]) -> StepState:
    return replace(
        state, bills=tuple(bills[:SHOWN]), more_bills=max(0, len(bills) - SHOWN), billed=sum(b.amount for b in bills), drafts=tuple(drafts)
    )  # fmt: skip
