"""What came of looking into a case: recorded with what was looked at. A finding is never changed: a better one is added."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.db import transaction

from arops.lib import money
from disputes.models import Cause, Dispute, DisputeFinding
from disputes.services.errors import DisputeError
from disputes.services.facets import fill_facets
from disputes.services.moving import change_case, lock_case, log, place_case
from org.actors import Actor, require
from org.models import Department

OPEN = frozenset({Dispute.State.OPEN, Dispute.State.INVESTIGATING, Dispute.State.WAITING, Dispute.State.DECISION})
"""Where a case may stand for a finding to be recorded."""
SOURCE = ("document", "number", "revision", "day", "value", "url", "how")
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
    case, liable = lock_case(dispute, version), department or cause.owner
    _check(case, cause, remedy, amount, liable)
    finding = DisputeFinding.objects.create(
        dispute=case, cause=cause, origin=cause.stage, department=liable, remedy=remedy, amount=amount, words=words.strip(),
        proposed=dict(proposed or {}), looked_at=[_source(s) for s in looked_at], by=actor.label,
    )  # fmt: skip
    said: dict[str, Any] = {"cause": cause, "origin": cause.stage, "liable": liable}
    if case.state == Dispute.State.DECISION:
        change_case(case, **said)
    else:
        place_case(actor=actor, case=case, state=Dispute.State.DECISION, today=today, **said)
    if lines and not case.lines.exists():
        fill_facets([case], about={case.pk: lines})
    log(
        actor, "dispute.found", case, cause=cause.code, origin=cause.stage, remedy=remedy, amount=amount, currency=case.currency,
        sources=len(looked_at), finding=finding.pk,
    )  # fmt: skip
    dispute.refresh_from_db()
    return finding


def _check(dispute: Dispute, cause: Cause, remedy: str, amount: int, liable: Department | None) -> None:
    if dispute.state not in OPEN:
        said = "take the settlement back first" if dispute.state == Dispute.State.SETTLING else "open it again first"
        raise DisputeError(f"a case that is {dispute.get_state_display()} takes no finding: {said}")
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
