"""What banks and card processors keep of what they pay out: bank charges, against the account's cash."""

from collections.abc import Sequence

from cashapp.models import BankAccount, StatementLine
from cashapp.services.recording import effective_days
from ledger import drafts, posting
from ledger.selectors import books_of
from org.actors import Actor, require
from workflow.services import record


def book_charges(*, actor: Actor, bank_account: BankAccount, lines: Sequence[StatementLine]) -> int:
    """Book each line to bank charges, in one statement; answers with how many there were. A line is booked once, by its key.

    Raises PeriodNotOpen (no open period on or after the day), MissingRate, NotAllowed.
    """
    require(actor, "cash.import", bank_account.company_id)
    if not lines:
        return 0
    days = effective_days(bank_account, {line.value_date for line in lines})
    books = {day: books_of(bank_account.company, bank_account.currency, day) for day in set(days.values())}
    entries = [
        drafts.bank_charge(
            books[days[line.value_date]], amount=-line.amount, cash_account_id=bank_account.ledger_account_id, day=days[line.value_date],
            source=f"bank-line:{line.pk}", narrative=line.text[:200],
        )
        for line in lines
    ]  # fmt: skip
    posting.post(entries, actor=actor)
    record(
        actor=actor, type="bank_charges.booked", company_id=bank_account.company_id, subject=bank_account, count=len(lines),
        total=-sum(line.amount for line in lines),
    )  # fmt: skip
    return len(lines)
