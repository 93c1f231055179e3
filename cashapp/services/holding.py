"""A receipt held while it is changed: locked, of the version that was looked at, and nobody else's work."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import F

from cashapp.models import Receipt
from cashapp.services.errors import CashError, ReceiptLeased, StaleReceipt
from org.actors import Actor


class ReceiptReturned(CashError):
    """The bank took this money back."""


def hold(receipt: Receipt, *, actor: Actor, version: int | None = None, now: datetime | None = None) -> Receipt:
    """The receipt as it stands, locked until the transaction ends.

    Raises StaleReceipt when it isn't of `version` any more, ReceiptLeased while someone else works on it (needs `now`),
    ReceiptReturned.
    """
    held = locked([receipt.pk])[0]
    if version is not None and held.version != version:
        raise StaleReceipt(f"{held.number} was changed meanwhile: look at it again")
    if now and leased_by_other(held, actor, now):
        raise ReceiptLeased(f"{held.lease_by.name if held.lease_by else 'someone'} is working on {held.number}")
    if held.returned_on:
        raise ReceiptReturned(f"the bank took {held.number} back on {held.returned_on}")
    return held


def locked(ids: Sequence[int]) -> list[Receipt]:
    """Receipts locked in the order of keys, with their companies and people."""
    rows = Receipt.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=ids).order_by("pk")
    return list(rows.select_related("company", "bank_account", "lease_by", "customer"))


def leased_by_other(receipt: Receipt, actor: Actor, now: datetime) -> bool:
    """Whether another person's lease on it still runs."""
    return bool(receipt.lease_until and receipt.lease_until > now and receipt.lease_by_id != actor.reach().person_id)


def touch(receipt: Receipt, **fields: Any) -> None:
    """Write fields, and count the change; whoever looked before has looked at something else."""
    Receipt.objects.filter(pk=receipt.pk).update(version=F("version") + 1, **fields)
    for name, value in fields.items():
        setattr(receipt, name, value)
    receipt.version += 1
