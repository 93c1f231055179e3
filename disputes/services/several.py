"""What is done to several cases at once, from a queue: giving them to somebody, watching them. In a fixed number of statements."""

from collections.abc import Sequence

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from disputes.models import Dispute, DisputeWatcher
from disputes.policy.track import CLOSED
from disputes.services.errors import DisputeError
from org.actors import Actor, require
from org.models import User
from workflow.models import Event
from workflow.services import record_many


@transaction.atomic
def assign_disputes(*, actor: Actor, disputes: Sequence[Dispute], owner: User | None) -> int:
    """Give open cases to somebody, or to nobody; how many changed hands. Raises DisputeError where one is closed, or where the person may
    not work one of them: then none is given."""
    _require_for(actor, disputes)
    keys = [case.pk for case in disputes]
    found = Dispute.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=keys).order_by("pk")
    closed = [case.number for case in found if case.state in CLOSED]
    if closed:
        raise DisputeError(f"{', '.join(closed[:3])} {'is' if len(closed) == 1 else 'are'} closed: leave out what is closed")
    if owner is not None:
        theirs = set(Dispute.objects.visible_to(owner, "disputes.work").filter(pk__in=keys).values_list("pk", flat=True))
        foreign = [case.number for case in found if case.pk not in theirs]
        if foreign:
            raise DisputeError(f"{owner.name} may not work {', '.join(foreign[:3])}: choose somebody who may")
    moving = [case for case in found if case.owner_id != (owner.pk if owner else None)]
    Dispute.objects.filter(pk__in=[case.pk for case in moving]).update(owner=owner, version=F("version") + 1, updated_at=Now())
    record_many(_event(actor, "dispute.assigned", case, owner=owner.label if owner else None) for case in moving)
    return len(moving)


@transaction.atomic
def watch_disputes(*, actor: Actor, disputes: Sequence[Dispute], user: User, on: bool = True) -> int:
    """Tell somebody what happens to these cases from now on, or (`on` false) no longer; for how many that is new."""
    for company in {case.company_id for case in disputes}:
        require(actor, "disputes.view", company)
    watched = set(DisputeWatcher.objects.filter(user=user, dispute__in=disputes).values_list("dispute", flat=True))
    if not on:
        DisputeWatcher.objects.filter(user=user, dispute__in=watched).delete()
    else:
        rows = [DisputeWatcher(dispute=case, user=user) for case in disputes if case.pk not in watched]
        DisputeWatcher.objects.bulk_create(rows, ignore_conflicts=True)
    changed = [case for case in disputes if (case.pk in watched) != on]
    record_many(_event(actor, "dispute.watched" if on else "dispute.unwatched", case, user=user.label) for case in changed)
    return len(changed)


def _require_for(actor: Actor, disputes: Sequence[Dispute]) -> None:
    for company in {case.company_id for case in disputes}:
        require(actor, "disputes.work", company)


def _event(actor: Actor, type: str, case: Dispute, **data: str | None) -> Event:
    return Event(
        company_id=case.company_id, type=type, actor=actor.label, subject_type="disputes.dispute", subject_id=case.pk,
        customer_ref=case.customer_id, data={"number": case.number} | data,
    )  # fmt: skip
