"""Advices that will never have a receipt: set aside with a reason, and taken up again."""

from collections.abc import Sequence

from django.db import transaction

from cashapp.models import Remittance
from cashapp.services.errors import CashError
from org.actors import Actor, require
from workflow.services import record


class NotSetAside(CashError):
    """An advice that can't be set aside or taken up again; the message says why."""


@transaction.atomic
def set_aside(*, actor: Actor, remittances: Sequence[Remittance], reason: str) -> list[Remittance]:
    """Say of advices that they will have no receipt (sent by mistake, paid another way, a copy), all or none; undone by `take_up`.

    Raises NotSetAside (no reason, joined to a receipt), NotAllowed (cash.apply).
    """
    if not reason.strip():
        raise NotSetAside("say why it will have no receipt")
    found = _held(actor, remittances)
    for remittance in found:
        if remittance.joins.filter(ended_at=None).exists():
            raise NotSetAside(f"{remittance.number} is joined to a receipt: take them apart first")
    return [_mark(actor, r, reason.strip()[:300], "remittance.set_aside") for r in found if not r.set_aside]


@transaction.atomic
def take_up(*, actor: Actor, remittances: Sequence[Remittance]) -> list[Remittance]:
    """Take advices up again that were set aside. Raises NotAllowed (cash.apply)."""
    return [_mark(actor, r, "", "remittance.taken_up") for r in _held(actor, remittances) if r.set_aside]


def _held(actor: Actor, remittances: Sequence[Remittance]) -> list[Remittance]:
    for company in {r.company_id for r in remittances}:
        require(actor, "cash.apply", company)
    keys = [r.pk for r in remittances]
    return list(Remittance.objects.select_for_update(no_key=True).filter(pk__in=keys).order_by("pk"))


def _mark(actor: Actor, remittance: Remittance, reason: str, type: str) -> Remittance:
    before, remittance.set_aside = remittance.set_aside, reason
    remittance.version += 1
    remittance.save(update_fields=["set_aside", "version"])
    record(
        actor=actor, type=type, company_id=remittance.company_id, subject=remittance, customer_id=remittance.customer_id,
        remittance=remittance.number, reason=reason or before,
    )  # fmt: skip
    return remittance
