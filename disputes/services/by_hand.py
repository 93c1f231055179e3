"""A case opened by hand: with its evidence, the customer told where the company does so."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime

from django.db import transaction

from disputes.models import Dispute
from disputes.services.opening import NewDispute, open_disputes
from disputes.services.telling import tell_customer
from org.actors import Actor
from org.models import User
from workflow.services.approvals import Evidence
from workflow.services.attachments import attach


@transaction.atomic
def open_by_hand(
    *, actor: User, wanted: NewDispute, evidence: Sequence[Evidence], today: date, now: datetime, tells: bool | None = None
) -> Dispute:
    """Open a case, keep its evidence beside it, and tell the customer (`tells`; None: as the company's policy says): all or nothing.

    It is its opener's, unless somebody else is named. Raises DisputeError, AttachmentError, NotTaken, NotAllowed.
    """
    (case,) = open_disputes(actor=actor, wanted=[replace(wanted, owner=wanted.owner or _worker(actor, wanted))], today=today)
    for file in evidence:
        attach(actor=actor, subject=case, kind="evidence", name=file.name, content=file.content)
    tell_customer(actor=actor, dispute=case, event="opened", now=now, today=today, wanted=tells)
    return case


def _worker(actor: Actor, wanted: NewDispute) -> User | None:
    """The opener, where it is somebody who works cases."""
    return actor if isinstance(actor, User) and actor.can("disputes.work", wanted.open_item.company_id) else None
