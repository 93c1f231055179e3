"""What would happen if a case were settled so: who would sign it off, who would approve it and why, what the memo would say. Nothing is
written."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from arops.lib.refusal import Refused
from disputes.models import Dispute
from disputes.policy.settling import WAYS, Way
from disputes.selectors.settling import Needed, sign_offs_needed
from disputes.services.ways import Wish, kind_of, makers_for, prepare, room_of
from org.actors import Actor
from workflow.services.approvals import foresee
from workflow.services.authority import Foresight


@dataclass(frozen=True, slots=True)
class MemoRow:
    """A line of the memo as it would be."""

    label: str
    net: int
    tax: int

    @property
    def gross(self) -> int:
        """With its tax."""
        return self.net + self.tax


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What a way to settle would come to. `asked` is what others would approve: for a bill again all that is left of the document."""

    way: Way
    amount: int
    rest: int
    rows: tuple[MemoRow, ...] = ()
    signs: tuple[Needed, ...] = ()
    asked: int = 0
    approval: Foresight | None = None
    warnings: tuple[str, ...] = ()
    refused: str = ""

    @property
    def net(self) -> int:
        """Of all lines of the memo."""
        return sum(row.net for row in self.rows)

    @property
    def tax(self) -> int:
        """Of all lines of the memo."""
        return sum(row.tax for row in self.rows)


def ways_for(actor: Actor, case: Dispute) -> list[Way]:
    """The ways that the actor may choose for the case, in their order."""
    able = [way for way in WAYS.values() if all(actor.can(right, case.company_id) for right in way.rights)]
    return [way for way in able if case.invoice_id or not way.needs_document]


def foresee_settlement(*, actor: Actor, case: Dispute, way: Way, wish: Wish, today: date) -> Foreseen:
    """What settling the case so would come to, as the case and the books stand."""
    warnings = _warnings(case, way)
    try:
        amount, payload = prepare(case, way, wish)
    except Refused as refusal:
        return Foreseen(way, 0, case.amount, warnings=warnings, refused=str(refusal))
    asked = payload.get("whole", amount)
    return Foreseen(
        way, amount, max(0, case.amount - amount) if way.amount != "free" else case.amount, _rows(case, payload),
        tuple(sign_offs_needed(case, way.code, amount, actor.label)), asked, _approval(actor, case, way, payload, asked, today), warnings,
    )  # fmt: skip


def _approval(actor: Actor, case: Dispute, way: Way, payload: dict[str, Any], asked: int, today: date) -> Foresight | None:
    if not (kind := kind_of(way.code, payload)):
        return None
    return foresee(
        actor=actor, company=case.company, kind=kind, amount=asked, currency=case.currency, customer_id=case.customer_id,
        makers=makers_for(case, kind), today=today,
    )  # fmt: skip


def _rows(case: Dispute, payload: dict[str, Any]) -> tuple[MemoRow, ...]:
    lines = payload.get("lines", [])
    names = {line.pk: f"{line.number} {line.description}".strip() for line in case.invoice.lines.all()} if lines and case.invoice else {}
    return tuple(MemoRow(names.get(pk, "the document as a whole"), net, tax) for pk, net, tax in lines)


def _warnings(case: Dispute, way: Way) -> tuple[str, ...]:
    found = []
    if way.code == "goodwill" and case.cause and case.cause.is_ours:
        found.append(f"The cause that was found is ours ({case.cause}): what is owed for it is a credit memo, not goodwill.")
    if way.code == "rejected" and case.cause and case.cause.is_ours:
        found.append(f"The cause that was found is ours ({case.cause}): the customer seems to be right.")
    if way.amount == "agreed" and room_of(case) < case.amount:
        found.append("Part of this claim was allowed before: only the rest can still be.")
    return tuple(found)
