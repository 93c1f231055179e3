"""What came of looking into a case: recorded with what was looked at. A finding is never changed: a better one is added."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import F

from arops.lib import money
from disputes.models import Cause, Dispute, DisputeFinding
from disputes.services.cases import DisputeError, StaleDispute, move_dispute
from disputes.services.facets import fill_facets
from ledger.selectors import lock_items
from org.actors import Actor, require
from org.models import Department
from workflow.services import record

OPEN = frozenset({Dispute.State.OPEN, Dispute.State.INVESTIGATING, Dispute.State.WAITING, Dispute.State.DECISION})
"""Where a case may stand for a finding to be recorded."""
SOURCE = ("document", "number", "revision", "day", "value", "url")
"""What is kept of each source that was looked at."""


@transaction.atomic
def record_finding(
    *, actor: Actor, dispute: Dispute, cause: Cause, remedy: str, amount: int, version: int, today: date,
    department: Department | None = None, words: str = "", looked_at: Sequence[Mapping[str, Any]] = (),
    proposed: Mapping[str, Any] | None = None, lines: Sequence[int] = (),
) -> DisputeFinding:  # fmt: skip
    """Say why a case arose, whose it was, what puts it right, and how much of it is right (minor units). `lines` are the numbers of the
    document's lines it is about. Without a department the cause's own is liable. The case is to be decided from then on.
    Raises DisputeError, StaleDispute, NotAllowed."""
    require(actor, "disputes.work", dispute.company_id)
    lock_items([dispute.open_item_id])
    dispute = _locked(dispute, version)
    liable = department or cause.owner
    _check(dispute, cause, remedy, amount, liable)
    finding = DisputeFinding.objects.create(
        dispute=dispute, cause=cause, origin=cause.stage, department=liable, remedy=remedy, amount=amount, words=words.strip(),
        proposed=dict(proposed or {}), looked_at=[_source(s) for s in looked_at], by=actor.label,
    )  # fmt: skip
    Dispute.objects.filter(pk=dispute.pk).update(cause=cause, origin=cause.stage, liable=liable, version=F("version") + 1)
    dispute.refresh_from_db()
    if dispute.state != Dispute.State.DECISION:
        move_dispute(actor=actor, dispute=dispute, state=Dispute.State.DECISION, version=dispute.version, today=today)
    if lines and not dispute.lines.exists():
        fill_facets([dispute], about={dispute.pk: lines})
    record(
        actor=actor, type="dispute.found", company_id=dispute.company_id, subject=dispute, customer_id=dispute.customer_id,
        number=dispute.number, cause=cause.code, origin=cause.stage, remedy=remedy, amount=amount, currency=dispute.currency,
        sources=len(looked_at), finding=finding.pk,
    )  # fmt: skip
    return finding


def _locked(dispute: Dispute, version: int) -> Dispute:
    found = Dispute.objects.select_for_update(of=("self",), no_key=True).get(pk=dispute.pk)
    if found.version != version:
        raise StaleDispute("someone changed this case meanwhile: look at it again")
    if found.state not in OPEN:
        said = "take the settlement back first" if found.state == Dispute.State.SETTLING else "reopen it first"
        raise DisputeError(f"a case that is {found.get_state_display()} takes no finding: {said}")
    return found


def _check(dispute: Dispute, cause: Cause, remedy: str, amount: int, liable: Department | None) -> None:
    if cause.company_id != dispute.company_id or not cause.is_active:
        raise DisputeError("choose a cause that this company has in use")
    if liable and liable.company_id != dispute.company_id:
        raise DisputeError("choose a department of this company")
    if remedy not in Dispute.Resolution.values:
        raise DisputeError("choose what puts it right")
    if not 0 <= amount <= dispute.claimed:
        most = money.format(dispute.claimed, dispute.currency)
        raise DisputeError(f"the customer contests {most} {dispute.currency}: no more than that can be right")


def _source(said: Mapping[str, Any]) -> dict[str, Any]:
    """A source as it is kept: short texts only."""
    return {name: str(said[name])[:200] for name in SOURCE if said.get(name) not in (None, "")}
