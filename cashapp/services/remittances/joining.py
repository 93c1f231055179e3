"""Advices joined to their receipts: by the machine where nothing competes, else by a person; and taken apart again."""

from datetime import date, datetime

from cashapp.models import Receipt, Remittance, RemittanceJoin
from org.actors import Actor
from org.models import Company


def join_waiting(*, actor: Actor, company: Company, today: date) -> list[RemittanceJoin]:
    """Join what waits: advices without a receipt (or without all of it) to receipts of the last months. Safe to repeat.

    The receipts are not matched again: `match_receipts` does both, and so does `match_joined`. Raises NotAllowed (cash.apply).
    """
    return []


def match_joined(*, actor: Actor, company: Company, today: date, now: datetime) -> list[RemittanceJoin]:
    """Join what waits, and match the receipts of the new joins at once (what is sure is posted as the policy lets it)."""
    return []


def join(*, actor: Actor, remittance: Remittance, receipt: Receipt, version: int, today: date, now: datetime) -> RemittanceJoin:
    """A person says that an advice speaks of a receipt of this `version`; the receipt gets fresh proposals.

    Raises StaleReceipt, JoinRefused (another company or currency, joined already, set aside), NotAllowed.
    """
    raise NotImplementedError


def unjoin(*, actor: Actor, joined: RemittanceJoin, reason: str, today: date, now: datetime) -> RemittanceJoin:
    """Take an advice and a receipt apart again; the row stays, ended. The receipt gets fresh proposals.

    Raises JoinRefused (ended already), StaleReceipt, NotAllowed.
    """
    raise NotImplementedError
