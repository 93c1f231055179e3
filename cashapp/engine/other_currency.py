"""A payment in a currency in which its payer owes nothing that fits: what it would pay at the day's rate. A hint, never a posting."""

from decimal import Decimal

from arops.lib import money
from cashapp.engine.case import Case
from cashapp.engine.fit import undisputed
from cashapp.engine.model import Candidate

SPREAD = Decimal("0.03")
"""How far the rate of the payer's bank may lie from ours."""

MAX_HINTS = 3


def words(case: Case) -> list[str]:
    """For items in another currency that the text names, or that the payer owes and the amount meets at the rate: what that would be."""
    rates = case.policy.rates
    named = {i.id: i for i in case.text_hits.elsewhere}
    pool = [i for c in case.customers for i in _abroad(case, c)]
    found = [*named.values(), *(i for i in pool if i.id not in named and _meets(case, i))]
    return [_said(case, i, rates.get((case.receipt.currency, i.currency)), i.id in named) for i in found[:MAX_HINTS]]


def _abroad(case: Case, customer: int) -> list[Candidate]:
    currencies = {to for source, to in case.policy.rates if source == case.receipt.currency}
    return [i for currency in sorted(currencies) for i in case.book.open_of(customer, currency) if i.balance > 0]


def _meets(case: Case, item: Candidate) -> bool:
    rate = case.policy.rates[case.receipt.currency, item.currency]
    worth = money.convert(case.amount, case.receipt.currency, rate, item.currency)
    return any(abs(worth - owed) <= SPREAD * owed for owed in {item.balance, undisputed(item)})


def _said(case: Case, item: Candidate, rate: Decimal | None, is_named: bool) -> str:
    owed = f"{item.number}, {'named in the text' if is_named else 'of the payer'}, is owed in {item.currency}"
    if rate is None:
        return f"{owed}; there is no rate of the day"
    worth = money.convert(case.amount, case.receipt.currency, rate, item.currency)
    left = item.balance - worth
    rest = "all of it" if left == 0 else f"{money.format(abs(left), item.currency)} {'less than' if left > 0 else 'more than'} what is open"
    return f"{owed}: at {rate} the payment is {money.format(worth, item.currency)}, {rest}"
