"""Cheques that were keyed come again as one line of a bank statement, the deposit. It is their deposit, not other money."""

from collections.abc import Sequence
from datetime import timedelta

from cashapp.models import BankAccount, ChequeBatch, StatementLine

EARLY, LATE = timedelta(days=1), timedelta(days=10)
"""How far the bank's day of a deposit may lie before and after ours."""
_CHANNELS = ("cheque", "other")
"""A wire or a credit transfer of the same amount is somebody else's money."""


def deposits_among(lines: Sequence[StatementLine], account: BankAccount) -> list[tuple[StatementLine, ChequeBatch]]:
    """Lines about to be written that are deposits of batches booked before: marked as for information, each with its batch.

    A batch is banked once. Of two of the same total the older goes first.
    """
    likely = [x for x in lines if x.treatment == StatementLine.Treatment.RECEIPT and x.channel in _CHANNELS]
    waiting = ChequeBatch.objects.filter(
        bank_account=account, state=ChequeBatch.State.POSTED, statement_line=None, expected_total__in={x.amount for x in likely}
    )
    batches = list(waiting.order_by("deposit_date", "pk")) if likely else []
    found = []
    for line in likely:
        batch = next((b for b in batches if b.expected_total == line.amount and -EARLY <= line.booking_date - b.deposit_date <= LATE), None)
        if batch:
            batches.remove(batch)
            line.treatment = StatementLine.Treatment.ANNOUNCED
            found.append((line, batch))
    return found


def mark_banked(found: Sequence[tuple[StatementLine, ChequeBatch]]) -> str:
    """Keep the line of each batch once it is written; a sentence for whoever imports, empty where there is none."""
    for line, batch in found:
        batch.statement_line = line
    ChequeBatch.objects.bulk_update([batch for _, batch in found], ["statement_line"])
    names = ", ".join(batch.number for _, batch in found)
    return f"Cheques keyed before ({names}) are deposited: kept for information, so that no money counts twice." if found else ""
