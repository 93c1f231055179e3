"""What came of asking about an account that a known payer never used before: it is his, or it is suspicious.

Both are said in words, of all receipts from the account at once; confirming takes somebody who approves what payers are known by.
"""

from collections.abc import Sequence
from datetime import date, datetime

from django.db import transaction

from cashapp.models import PayerAccountChange, PayerAlias
from cashapp.services.account_raising import RAISER
from cashapp.services.errors import CashError
from cashapp.services.matching import refresh_proposals
from org.actors import Actor, require
from workflow.services import record

State = PayerAccountChange.State


class ChangeRefused(CashError):
    """What can't be decided about an account so; the message says what to do instead."""


@transaction.atomic
def confirm_account(*, actor: Actor, change: PayerAccountChange, words: str, today: date, now: datetime) -> PayerAlias:
    """The customer said, by a contact known before, that the account is his: it counts as his from now on, for all receipts from it.

    `words` say how and with whom. What waited is matched again. Raises ChangeRefused, NotAllowed.
    """
    require(actor, "payers.approve", change.company_id)
    held = _held(change, words)
    alias, _ = PayerAlias.objects.update_or_create(
        company_id=held[0].company_id, kind=PayerAlias.Kind.ACCOUNT, value=change.account, customer_id=change.customer_id,
        defaults={
            "is_active": True, "confidence": 100, "expires_on": None, "learned_from": None, "approved_by": actor.label,
            "approved_at": now, "created_by": RAISER.label,
        },
    )  # fmt: skip
    _decide(held, actor, State.CONFIRMED, words, "payer.account_confirmed", now)
    refresh_proposals(*(c.receipt for c in held), today=today)
    return alias


@transaction.atomic
def suspect_account(*, actor: Actor, change: PayerAccountChange, words: str, today: date, now: datetime) -> list[PayerAccountChange]:
    """The account is not the customer's, or nobody can say: nothing from it is posted alone, and it is no account of his.

    Answers with all changes of the account, which are marked together. Raises ChangeRefused, NotAllowed.
    """
    require(actor, "payers.edit", change.company_id)
    held = _held(change, words)
    PayerAlias.objects.filter(company=change.company_id, customer=change.customer_id, kind="account", value=change.account).update(
        is_active=False
    )
    _decide(held, actor, State.SUSPICIOUS, words, "payer.account_suspicious", now)
    refresh_proposals(*(c.receipt for c in held), today=today)
    return held


def _held(change: PayerAccountChange, words: str) -> list[PayerAccountChange]:
    """Every change of the customer's account that isn't decided, locked; a decision needs words."""
    if not words.strip():
        raise ChangeRefused("say whom you asked, by which contact, and what was said")
    same = PayerAccountChange.objects.filter(company=change.company_id, customer=change.customer_id, account=change.account)
    held = list(same.select_for_update(of=("self",), no_key=True).select_related("receipt").order_by("pk"))
    if all(c.state == State.CONFIRMED for c in held):
        raise ChangeRefused(f"{change.account} was confirmed already")
    return [c for c in held if c.state != State.CONFIRMED]


def _decide(held: Sequence[PayerAccountChange], actor: Actor, state: str, words: str, event: str, now: datetime) -> None:
    PayerAccountChange.objects.filter(pk__in=[c.pk for c in held]).update(
        state=state, decided_by=actor.label, decided_at=now, words=words.strip()[:500]
    )
    first, numbers = held[0], [c.receipt.number for c in held][:50]
    record(
        actor=actor, type=event, company_id=first.company_id, customer_id=first.customer_id, account=first.account,
        words=words.strip()[:500], receipts=numbers,
    )  # fmt: skip
