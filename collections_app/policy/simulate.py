"""A strategy tried on accounts without doing anything: what it would do on a day, and in the weeks after if nobody paid. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from collections_app.policy.dunning import Account, Contact, Debit, Decision, Rules, decide, plan

AHEAD = 28
"""Days that are looked ahead."""


@dataclass(frozen=True, slots=True)
class Shape:
    """Rules with what they don't say: channel and number of each level and of the announcement, and of each step of people its number and
    minutes."""

    rules: Rules
    levels: tuple[tuple[int, str], ...] = ()
    early: tuple[int, str] | None = None
    people: Mapping[int, tuple[int, int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is done: a step by its channel and number, with the minor units it is about; or nothing, for a reason (and those past due)."""

    way: str
    number: int
    amount: int
    minutes: int = 0
    reason: str = ""

    @property
    def code(self) -> str:
        """`email 2`, or the reason's code."""
        return self.reason or f"{self.way} {self.number}"


def outcomes(account: Account, shape: Shape | None, day: date) -> list[Outcome]:
    """What would be done about an account on a day: steps, or the one reason why none; empty when there is nothing to say."""
    return [outcome for outcome, _ in _done(account, shape, day)]


def _done(account: Account, shape: Shape | None, day: date) -> Iterator[tuple[Outcome, Account]]:
    """Each outcome with the account as it is after it."""
    rules = shape.rules if shape else None
    found, acted = plan(account, rules, day), False
    if found and shape:
        action, decision = found
        number, minutes = shape.people[action.step_id]
        account, acted = _planned(account, decision, action.channel, action.days, day), True
        yield Outcome(action.channel, number, decision.amount, minutes), account
    decision_ = decide(account, rules, day)
    if decision_ is None or (decision_.reason and acted):
        return
    if decision_.reason or shape is None:
        yield Outcome("", 0, decision_.held_out, reason=decision_.reason), account
    elif decision_.level or shape.early:
        number, way = shape.levels[decision_.level - 1] if decision_.level else shape.early or (0, "")
        yield Outcome(way, number, decision_.amount), _given(account, decision_, day)


def _planned(account: Account, decision: Decision, channel: str, days: int, day: date) -> Account:
    oldest = decision.asked[0].debit.item_id
    debits = tuple(replace(d, planned={**d.planned, channel: days}) if d.item_id == oldest else d for d in account.debits)
    contact = Contact(day, channel) if channel == "call" else account.last_contact
    return replace(account, debits=debits, last_contact=contact)


def _given(account: Account, decision: Decision, day: date) -> Account:
    asked = {a.debit.item_id for a in decision.asked}

    def told(debit: Debit) -> Debit:
        return replace(debit, given=max(debit.given, decision.level), reminded=True) if debit.item_id in asked else debit

    return replace(account, debits=tuple(map(told, account.debits)), last_contact=Contact(day, "reminder"))


def ahead(account: Account, shape: Shape | None, day: date, days: int = AHEAD) -> list[Outcome]:
    """The steps of the next days when nobody pays and everything planned is done on its day."""
    steps: list[Outcome] = []
    for n in range(days):
        for outcome, after in _done(account, shape, day + timedelta(days=n)):
            account = after
            if not outcome.reason:
                steps.append(outcome)
        account = replace(account, paid_today=0) if account.paid_today else account
    return steps


class Side:
    """What a strategy comes to over many accounts: steps by way and left out by reason, each with how many and currency → amount; the steps
    of the weeks ahead, and the minutes of people in them."""

    def __init__(self) -> None:
        self.ways: dict[str, tuple[int, dict[str, int]]] = {}
        self.reasons: dict[str, tuple[int, dict[str, int]]] = {}
        self.ahead: dict[str, int] = {}
        self.minutes = 0

    def add(self, currency: str, found: list[Outcome], later: list[Outcome]) -> None:
        """Count an account."""
        for outcome in found:
            into = self.reasons if outcome.reason else self.ways
            count, amounts = into.get(outcome.reason or outcome.way, (0, {}))
            amounts[currency] = amounts.get(currency, 0) + outcome.amount
            into[outcome.reason or outcome.way] = (count + 1, amounts)
        for outcome in later:
            self.ahead[outcome.way] = self.ahead.get(outcome.way, 0) + 1
            self.minutes += outcome.minutes

    def plain(self) -> dict[str, Any]:
        """As it is kept."""
        return {"ways": self.ways, "reasons": self.reasons, "ahead": self.ahead, "minutes": self.minutes}
