"""Which receipt a returned item takes back."""

from collections.abc import Iterable, Sequence
from datetime import timedelta

from cashapp.engine.payers import plain_account, plain_name
from cashapp.models import Receipt, StatementLine

WINDOW = timedelta(days=120)
"""How long after the receipt an item may come back: cheques and direct debits return within 13 weeks."""


def suggest_originals(lines: Iterable[StatementLine]) -> None:
    """Set `returns` on each returned line whose receipt can be told: same account and amount, and a reference or the payer agrees."""
    for line in lines:
        found = candidates_for(line)
        ranked = sorted(((_likeness(line, r), r.pk, r) for r in found), key=lambda t: (-t[0], -t[1]))
        if ranked and ranked[0][0] and (len(ranked) == 1 or ranked[0][0] > ranked[1][0]):
            line.returns = ranked[0][2]
            line.save(update_fields=["returns"])


def candidates_for(line: StatementLine) -> Sequence[Receipt]:
    """Receipts of the same account and amount in the window before, not returned yet."""
    found = Receipt.objects.filter(
        bank_account=line.statement.bank_account_id, amount=-line.amount, currency=line.currency, returned_on=None,
        value_date__lte=line.booking_date, value_date__gte=line.booking_date - WINDOW,
    )  # fmt: skip
    return list(found.select_related("statement_line", "customer", "open_item").order_by("-value_date", "-pk")[:50])


def _likeness(line: StatementLine, receipt: Receipt) -> int:
    """Points: a shared reference 4, the account 2, the name 1, the receipt's number in the text 4."""
    points, original = 0, receipt.statement_line
    if original and (_references(line) & _references(original) or any(ref in line.text for ref in _references(original) if len(ref) >= 6)):
        points += 4
    if receipt.number in line.text:
        points += 4
    if line.payer_account and plain_account(line.payer_account) == plain_account(receipt.payer_account):
        points += 2
    if line.payer_name and plain_name(line.payer_name) == plain_name(receipt.payer_name):
        points += 1
    return points


def _references(line: StatementLine) -> set[str]:
    return {
        r for r in (line.bank_reference, line.end_to_end_id, line.customer_reference) if r and r.upper() not in ("NOTPROVIDED", "NONREF")
    }
