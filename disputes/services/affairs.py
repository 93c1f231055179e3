"""The case that a request for a credit, a debit or a write-off is part of: shown beside the request, told when it is decided."""

from arops.lib.http import address
from disputes.models import Dispute
from disputes.policy.track import CLOSED
from org.actors import Actor
from workflow.models import Approval
from workflow.services.following import Affair, affairs_of_approvals


@affairs_of_approvals("settlements")
def case_behind(approval: Approval, actor: Actor) -> Affair | None:
    """The case that the request settles, where the actor sees it."""
    case = Dispute.objects.visible_to(actor, "disputes.view").filter(settlements__approval=approval).first()
    if case is None:
        return None
    stands = f"closed, {case.get_resolution_display()}" if case.state in CLOSED else case.get_state_display()
    return Affair("Case", case.number, stands, address("disputes:detail", case.pk))
