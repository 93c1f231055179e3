"""From what is past due to what is asked for: by how much each cause takes away, so that the parts sum to the whole. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from collections_app.policy.dunning import Decision

PARTS = {
    "grace": "within days of grace",
    "disputed": "disputed",
    "promised": "promised",
    "offered": "in a plan offered",
    "credits": "covered by credits",
}
"""Causes by amount, within accounts that are written to."""


def held_by_why(decision: Decision, day: date) -> dict[str, int]:
    """Of an account that is written to: minor units past due that aren't asked for, by cause; empty for one left out as a whole, and for
    what is announced before it is due. With what is asked for they sum to what is past due."""
    if decision.reason or decision.days <= 0:
        return {}
    late = sorted((d for d in decision.account.debits if d.due_date < day and d.balance > 0), key=lambda d: (d.due_date, d.item_id))
    ripe_total, disputed, promised, offered = decision.amount + decision.held_out, 0, 0, 0
    left = ripe_total
    for debit in late:
        if left <= 0:
            break
        left -= debit.balance
        own = min(debit.disputed, debit.balance)
        disputed += own
        awaited = min(debit.promised, debit.balance - own)
        promised += awaited
        offered += min(debit.offered, debit.balance - own - awaited)
    parts = {
        "grace": sum(d.balance for d in late) - ripe_total, "disputed": disputed, "promised": promised,
        "offered": offered, "credits": decision.held_out - disputed - promised - offered,
    }  # fmt: skip
    return {why: amount for why, amount in parts.items() if amount}


@dataclass(slots=True)
class Bridge:
    """A currency: what is past due, by how much each cause lessens it (code → words and minor units), what is asked for; and what is
    announced before it is due, which is no part of it."""

    currency: str
    past_due: int = 0
    asked: int = 0
    announced: int = 0
    parts: dict[str, int] = field(default_factory=dict)
    accounts: dict[str, int] = field(default_factory=dict)


Line = tuple[str, str, bool, int, int, int, Mapping[str, int]]
"""Currency, reason (empty where written to), whether past due, how many accounts, and of these together: asked for, past due of those left
out, held out by why."""


def bridges(lines: Iterable[Line]) -> list[Bridge]:
    """A bridge a currency, by currency."""
    found: dict[str, Bridge] = {}
    for currency, reason, is_late, accounts, asked, past_due, held in lines:
        bridge = found.setdefault(currency, Bridge(currency))
        if reason:
            bridge.past_due += past_due
            bridge.parts[reason] = bridge.parts.get(reason, 0) + past_due
            bridge.accounts[reason] = bridge.accounts.get(reason, 0) + accounts
        elif not is_late:
            bridge.announced += asked
        else:
            bridge.past_due += asked + sum(held.values())
            bridge.asked += asked
            for why, amount in held.items():
                bridge.parts[why] = bridge.parts.get(why, 0) + amount
    return [found[currency] for currency in sorted(found)]
