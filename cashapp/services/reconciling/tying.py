"""Lines of the bank and of the books that no rule ties are laid together by a person, when both sides come to the same."""

from collections.abc import Collection
from datetime import date

from django.db import transaction
from django.db.models.functions import Now

from arops.lib import money
from cashapp.models import BankAccount, BankTie
from cashapp.selectors.bank_day import Account
from cashapp.services.reconciling.preparing import DayRefused, hold_account
from org.actors import Actor, require
from workflow.services import record


@transaction.atomic
def tie_lines(
    *, actor: Actor, account: BankAccount, bank_lines: Collection[int], book_lines: Collection[int], today: date, reason: str = ""
) -> BankTie:
    """Say that these lines are one movement. They must be untied, and both sides sum to the same. Raises DayRefused, NotAllowed."""
    require(actor, "reconciliation.prepare", account.company_id)
    held = hold_account(account)
    found = Account(held)
    bank, books = found.untied(max(today, found.last_day or today))
    ours = {line.id: line.amount for line in bank if line.id in set(bank_lines)}
    theirs = {line.id: line.amount for line in books if line.id in set(book_lines)}
    if not ours or not theirs or len(ours) != len(set(bank_lines)) or len(theirs) != len(set(book_lines)):
        raise DayRefused("choose lines of both sides that nothing is tied to yet")
    left = sum(ours.values()) - sum(theirs.values())
    if left:
        raise DayRefused(
            f"the two sides differ by {money.to_text(left, held.currency)} {held.currency}: choose lines that come to the same"
        )
    tie = BankTie.objects.create(
        bank_account=held, statement_lines=sorted(ours), ledger_lines=sorted(theirs), amount=sum(ours.values()), made_by=actor.label,
        reason=reason.strip()[:300],
    )  # fmt: skip
    record(
        actor=actor, type="bank_lines.tied", company_id=held.company_id, subject=tie, amount=tie.amount, currency=held.currency,
        bank=len(ours), books=len(theirs), reason=tie.reason,
    )  # fmt: skip
    return tie


@transaction.atomic
def untie(*, actor: Actor, tie: BankTie) -> BankTie:
    """Take a tie apart again. Raises DayRefused, NotAllowed."""
    require(actor, "reconciliation.prepare", tie.bank_account.company_id)
    hold_account(tie.bank_account)
    if not BankTie.objects.filter(pk=tie.pk, ended_at=None).update(ended_at=Now(), ended_by=actor.label):
        raise DayRefused("it was taken apart already")
    record(
        actor=actor, type="bank_lines.untied", company_id=tie.bank_account.company_id, subject=tie, amount=tie.amount,
        currency=tie.bank_account.currency,
    )  # fmt: skip
    return tie
