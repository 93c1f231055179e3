"""Receipts that are talked over: a specialist asks, a supervisor answers; both words stay in the receipt's history."""

from datetime import datetime

from django.db import transaction

from cashapp.models import Receipt
from cashapp.services.errors import CashError
from cashapp.services.holding import hold, touch
from org.actors import Actor, require
from workflow.services import record


class NothingAsked(CashError):
    """An empty question, an empty answer, or an answer to nothing."""


@transaction.atomic
def ask_about(*, actor: Actor, receipt: Receipt, version: int, question: str, now: datetime) -> Receipt:
    """Put a question to the supervisor: the receipt moves to those discussed. Raises StaleReceipt, NothingAsked, NotAllowed."""
    require(actor, "cash.apply", receipt.company_id)
    if not question.strip():
        raise NothingAsked("write what you want to know")
    held = hold(receipt, actor=actor, version=version, now=now)
    touch(held, question=question.strip()[:2000], lease_by=None, lease_until=None)
    _record(actor, "receipt.asked", held, question.strip())
    return held


@transaction.atomic
def answer(*, actor: Actor, receipt: Receipt, version: int, words: str, now: datetime) -> Receipt:
    """Answer the question: the receipt goes back to the queue. Needs cash.reverse; the one who asked may take the question back.

    Raises StaleReceipt, NothingAsked, NotAllowed.
    """
    require(actor, "cash.reverse", receipt.company_id)
    held = hold(receipt, actor=actor, version=version, now=now)
    if not held.question or not words.strip():
        raise NothingAsked("there is no question to answer" if not held.question else "write an answer")
    touch(held, question="")
    _record(actor, "receipt.answered", held, words.strip())
    return held


@transaction.atomic
def take_question_back(*, actor: Actor, receipt: Receipt, now: datetime) -> Receipt:
    """The question is settled without an answer. Raises StaleReceipt, NotAllowed."""
    require(actor, "cash.apply", receipt.company_id)
    held = hold(receipt, actor=actor, now=now)
    if held.question:
        touch(held, question="")
        _record(actor, "receipt.question_taken_back", held, "")
    return held


def _record(actor: Actor, type: str, receipt: Receipt, words: str) -> None:
    record(
        actor=actor, type=type, company_id=receipt.company_id, subject=receipt, customer_id=receipt.customer_id, receipt=receipt.number,
        words=words[:2000],
    )  # fmt: skip
