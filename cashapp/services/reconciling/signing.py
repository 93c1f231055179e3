"""A prepared day is signed off by somebody else, with a hash of what was signed; opened again with a reason; carried when something was
posted into it afterwards."""

import hashlib
import json
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Max

from cashapp.models import DayReconciliation, ReconcilingItem, Reopening
from cashapp.selectors.bank_day import Account
from cashapp.services.reconciling.preparing import FIGURES, DayChanged, DayRefused, State, _move, check_explained, hold_account, hold_day
from ledger.models import Line, Period
from org.actors import Actor, require
from workflow.services import record


class SamePerson(DayRefused):
    """Whoever prepared the day doesn't sign it off."""


def signed_content(row: DayReconciliation) -> dict[str, Any]:
    """What is signed: account and day, both sides' figures in minor units, every item with its word and its owner, who prepared it."""
    return {
        "account": row.bank_account_id, "day": row.day.isoformat(), "currency": row.bank_account.currency,
        "figures": {name: getattr(row, name) for name in FIGURES}, "prepared_by": row.prepared_by, "note": row.note,
        "items": [
            [i.key, i.kind, i.amount, i.since.isoformat(), i.label, i.explanation, i.owner_id]
            for i in ReconcilingItem.objects.filter(reconciliation=row).order_by("key")
        ],
    }  # fmt: skip


def digest_of(row: DayReconciliation) -> str:
    """SHA-256 of what is signed."""
    return hashlib.sha256(json.dumps(signed_content(row), sort_keys=True, separators=(",", ":")).encode()).hexdigest()


@transaction.atomic
def sign_day(*, actor: Actor, reconciliation: DayReconciliation, now: datetime, version: int | None = None) -> DayReconciliation:
    """Sign a prepared day off. It is reckoned anew first: when anything moved since it was prepared, it has to be prepared again.

    Raises SamePerson, DayRefused, DayChanged, NotAllowed.
    """
    account = hold_account(reconciliation.bank_account)
    require(actor, "reconciliation.sign", account.company_id)
    if not actor.reach().person_id:
        raise DayRefused("a day is signed off by a person")
    row = hold_day(account, reconciliation.day, version)
    if row.state != State.PREPARED:
        raise DayRefused(f"{account.name}, {row.day} is {row.get_state_display()}: only what is prepared is signed off")
    if row.prepared_by == actor.label:
        raise SamePerson("somebody else than the one who prepared the day signs it off")
    check_explained(row)
    mark = _mark(account.company_id, row.day)
    _check_unchanged(row, Account(account))
    digest = digest_of(row)
    _move(
        row, state=State.SIGNED, signed_by=actor.label, signed_at=now, signed_hash=digest, ledger_mark=mark, carried=0, carried_by="",
        carried_reason="",
    )  # fmt: skip
    record(
        actor=actor, type="bank_day.signed", company_id=account.company_id, subject=row, day=row.day.isoformat(), account=account.name,
        bank=row.bank_closing, books=row.ledger_closing, currency=account.currency, hash=digest,
    )  # fmt: skip
    return row


def _mark(company_id: int, day: date) -> int:
    """The last journal line there is. Postings into the open periods up to the day are waited for, and wait: what comes later has a
    higher number (see `PERIOD_OPEN` in ledger.models.journal, which takes a shared lock before lines are written)."""
    open_periods = Period.objects.select_for_update().filter(company=company_id, state=Period.State.OPEN, span__startswith__lte=day)
    list(open_periods.order_by("pk").values_list("pk", flat=True))
    return Line.objects.aggregate(last=Max("pk"))["last"] or 0


def _check_unchanged(row: DayReconciliation, account: Account) -> None:
    """Raise DayChanged unless the day is what was prepared."""
    found = account.day(row.day)
    stored = {(i.key, i.kind, i.amount) for i in ReconcilingItem.objects.filter(reconciliation=row)}
    same = all(getattr(found, name) == getattr(row, name) for name in FIGURES)
    if not same or stored != {(i.key, i.kind, i.amount) for i in found.items}:
        raise DayChanged(f"{account.row.name}, {row.day} changed since it was prepared: look at it, and prepare it again")


@transaction.atomic
def reopen_day(*, actor: Actor, reconciliation: DayReconciliation, reason: str, version: int | None = None) -> DayReconciliation:
    """Open a signed day again; who had signed what is kept with the reason. Raises DayRefused, DayChanged, NotAllowed."""
    account = hold_account(reconciliation.bank_account)
    require(actor, "reconciliation.sign", account.company_id)
    row = hold_day(account, reconciliation.day, version)
    if row.state != State.SIGNED:
        raise DayRefused(f"{account.name}, {row.day} is not signed off")
    if not reason.strip():
        raise DayRefused("say why the day is opened again")
    Reopening.objects.create(
        reconciliation=row, reason=reason.strip()[:300], was_signed_by=row.signed_by, was_hash=row.signed_hash, by=actor.label
    )
    was = row.signed_hash
    _move(
        row, state=State.OPEN, prepared_by="", prepared_at=None, signed_by="", signed_at=None, signed_hash="", ledger_mark=None, carried=0,
        carried_by="", carried_reason="",
    )  # fmt: skip
    record(
        actor=actor, type="bank_day.reopened", company_id=account.company_id, subject=row, day=row.day.isoformat(), account=account.name,
        reason=reason.strip()[:300], hash=was,
    )  # fmt: skip
    return row


@transaction.atomic
def carry_later(*, actor: Actor, reconciliation: DayReconciliation, reason: str) -> DayReconciliation:
    """Leave a signed day as it was signed although something was posted into it afterwards: that stands in the days after it. Raises
    DayRefused (nothing was, or no reason), NotAllowed."""
    account = hold_account(reconciliation.bank_account)
    require(actor, "reconciliation.sign", account.company_id)
    row = hold_day(account, reconciliation.day, None)
    later = Account(account).booked_after(row.day, row.ledger_mark or 0) if row.state == State.SIGNED else 0
    if later == row.carried:
        raise DayRefused("nothing was posted into this day since it was signed off")
    if not reason.strip():
        raise DayRefused("say why the day stays as it was signed")
    _move(row, carried=later, carried_by=actor.label, carried_reason=reason.strip()[:300])
    record(
        actor=actor, type="bank_day.carried", company_id=account.company_id, subject=row, day=row.day.isoformat(), account=account.name,
        amount=later, currency=account.currency, reason=row.carried_reason,
    )  # fmt: skip
    return row
