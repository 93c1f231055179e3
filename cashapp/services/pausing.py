"""Receipts that wait for something outside: the rest of the money, an answer. They come back on their day, or once an advice is joined."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from django.db import transaction

from arops.lib import money
from cashapp.models import Receipt, Remittance
from cashapp.services.errors import CashError
from cashapp.services.holding import hold, touch
from customers.models import Customer
from messaging.models import Message
from messaging.selectors import reach_one, writable
from messaging.services import queue_message
from org.actors import Actor, require
from workflow.services import record

LONGEST = timedelta(days=60)
RESTS = timedelta(minutes=2)
"""How long a mail rests in the outbox, so that there is a moment to take it back."""

KIND = "cash_question"


class CannotWait(CashError):
    """A day that has passed or lies too far ahead, nobody to ask, or nothing to ask."""


@transaction.atomic
def wait_for(*, actor: Actor, receipt: Receipt, version: int, until: date, what: str, today: date, now: datetime) -> Receipt:
    """Put a receipt aside until a day, or until another advice or receipt is joined to it. The engine goes on looking at it.

    Raises StaleReceipt, CannotWait, NotAllowed.
    """
    require(actor, "cash.apply", receipt.company_id)
    if not today < until <= today + LONGEST:
        raise CannotWait(f"wait until a day after today, {LONGEST.days} days ahead at most")
    held = hold(receipt, actor=actor, version=version, now=now)
    if not held.unapplied:
        raise CannotWait(f"nothing is left of {held.number}")
    touch(held, waits_until=until, waits_for=what.strip()[:200] or "the rest of the money", lease_by=None, lease_until=None)
    _record(actor, "receipt.waits", held, until=until.isoformat(), what=held.waits_for)
    return held


@transaction.atomic
def go_on(*, actor: Actor, receipt: Receipt, version: int, now: datetime) -> Receipt:
    """Wait no longer. Raises StaleReceipt, NotAllowed."""
    require(actor, "cash.apply", receipt.company_id)
    held = hold(receipt, actor=actor, version=version, now=now)
    touch(held, waits_until=None, waits_for="")
    _record(actor, "receipt.goes_on", held)
    return held


@transaction.atomic
def ask_customer(
    *, actor: Actor, receipt: Receipt, version: int, customer: Customer, recipients: Sequence[str], subject: str, body: str, until: date,
    today: date, now: datetime,
) -> Message:  # fmt: skip
    """Write to the payer about a receipt, and put it aside until the answer is due. Only addresses of the customer's own contacts.

    Raises StaleReceipt, CannotWait, NotAllowed (cash.apply, messages.send).
    """
    known = {c.email.casefold() for c in writable(customer)}
    to = [a for a in dict.fromkeys(recipients) if a.casefold() in known]
    if not to or not body.strip() or not subject.strip():
        raise CannotWait("write a subject and a question" if to else f"{customer.name} has no contact with such an address")
    held = wait_for(actor=actor, receipt=receipt, version=version, until=until, what=f"the answer of {customer.name}", today=today, now=now)
    message, _ = queue_message(
        actor=actor, company=held.company, customer=customer, kind=KIND, dedupe_key=f"cash:{held.pk}:{held.version}", recipients=to,
        subject=subject.strip(), body=body.strip(), not_before=now + RESTS,
    )  # fmt: skip
    _record(actor, "receipt.customer_asked", held, message=message.pk, to=to, words=body.strip()[:2000])
    return message


def question_words(receipt: Receipt, advices: Sequence[Remittance], differences: Sequence[str]) -> tuple[str, str]:
    """Subject and body to begin with: what came, what was advised, where they disagree."""
    came = f"{money.format(receipt.amount, receipt.currency)} {receipt.currency}"
    lines = ["Dear Sir or Madam,", "", f"we received your payment of {came}, value date {receipt.value_date:%d %B %Y}."]
    for advice in advices:
        named = f" {advice.reference}" if advice.reference else ""
        lines.append(f"Your remittance advice{named} doesn't agree with it:")
    lines += [f"- {words}" for words in differences]
    lines += ["", "Please tell us which documents this payment settles, and what any deduction is for.", "", "Kind regards"]
    return f"Your payment of {came}", "\n".join(lines)


def addresses_of(customer: Customer) -> list[str]:
    """Whom a question about a payment goes to."""
    return list(reach_one(customer, "payment").to)


def _record(actor: Actor, type: str, receipt: Receipt, **data: object) -> None:
    record(
        actor=actor, type=type, company_id=receipt.company_id, subject=receipt, customer_id=receipt.customer_id, receipt=receipt.number,
        **data,
    )  # fmt: skip
