"""Whose a customer should be. Pure: rules in their order, shared among the people of a rule by expected minutes of work.

The first rule that a customer fits decides. Among the people of the rule the one with the least to do gets it, but a customer stays
where it is while its collector is among them: a new face costs more than a few minutes (see `balance` for moving work all the same).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Account:
    """A customer as rules see it: `owed` in minor units of the company's currency, `minutes` that its tasks are expected to take."""

    customer_id: int
    name: str
    segment: str = ""
    country: str = ""
    risk: str = "B"
    owed: int = 0
    minutes: int = 0
    collector: int | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """Which customers go to whom; what is empty fits all. Names fit from `name_from` to those that begin with `name_to`."""

    id: int
    people: tuple[int, ...]
    segment: str = ""
    country: str = ""
    risks: str = ""
    name_from: str = ""
    name_to: str = ""
    minimum: int = 0

    def fits(self, account: Account) -> bool:
        """Whether the rule is for this customer."""
        name = account.name.casefold()
        first, last = self.name_from.casefold(), self.name_to.casefold()
        return (
            (not self.segment or self.segment == account.segment)
            and (not self.country or self.country == account.country)
            and (not self.risks or account.risk in self.risks)
            and (not first or name >= first)
            and (not last or name[: len(last)] <= last)
            and account.owed >= self.minimum
        )


@dataclass(frozen=True, slots=True)
class Move:
    """A customer to go to somebody else, by which rule."""

    customer_id: int
    was: int | None
    now: int
    rule_id: int


@dataclass(slots=True)
class Load:
    """Expected minutes by person, as moves are planned."""

    minutes: dict[int, int] = field(default_factory=dict)

    def least(self, people: Sequence[int]) -> int:
        """Who has the least to do; of equals the first named."""
        return min(people, key=lambda person: (self.minutes.get(person, 0), people.index(person)))

    def give(self, person: int | None, minutes: int) -> None:
        """Add to what a person has to do."""
        if person is not None:
            self.minutes[person] = self.minutes.get(person, 0) + minutes


def plan(accounts: Sequence[Account], rules: Sequence[Rule], away: Collection[int] = ()) -> list[Move]:
    """Moves that bring every account to a person of its rule. Those who are away get nothing new; accounts that no rule fits stay."""
    load, homeless = Load(), []
    for account in accounts:
        rule = next((r for r in rules if r.fits(account)), None)
        if rule is None or account.collector in rule.people:
            load.give(account.collector, account.minutes)
        else:
            homeless.append((account, rule))
    moves = []
    # The longest first: what comes last then evens out what came before.
    for account, rule in sorted(homeless, key=lambda pair: (-pair[0].minutes, pair[0].customer_id)):
        people = [person for person in rule.people if person not in away]
        if not people:
            load.give(account.collector, account.minutes)
            continue
        person = load.least(people)
        load.give(person, account.minutes)
        moves.append(Move(account.customer_id, account.collector, person, rule.id))
    return moves


def balance(accounts: Sequence[Account], rules: Sequence[Rule], away: Collection[int] = (), slack: int = 10) -> list[Move]:
    """Moves between the people of each rule until nobody has more than `slack` per cent above the rule's average; few moves, the account
    that brings two people closest together first. An account too large to help stays."""
    mine: dict[int, list[Account]] = {}
    for account in accounts:
        rule = next((r for r in rules if r.fits(account)), None)
        if rule is not None and account.collector in rule.people:
            mine.setdefault(rule.id, []).append(account)
    moves: list[Move] = []
    for rule in rules:
        moves += _even_out(rule, mine.get(rule.id, []), {p for p in rule.people if p not in away}, slack)
    return moves


def _even_out(rule: Rule, accounts: list[Account], people: set[int], slack: int) -> list[Move]:
    if len(people) < 2 or not accounts:
        return []
    minutes = dict.fromkeys(people, 0)
    own: dict[int, list[Account]] = {person: [] for person in people}
    for account in accounts:
        if account.collector in people:
            minutes[account.collector] += account.minutes
            own[account.collector].append(account)
    moves, moved = list[Move](), set[int]()
    ceiling = sum(minutes.values()) * (100 + slack) // (100 * len(people))
    while True:
        most, least = max(people, key=lambda p: (minutes[p], p)), min(people, key=lambda p: (minutes[p], p))
        gap = minutes[most] - minutes[least]
        fitting = [a for a in own[most] if 0 < a.minutes < gap and a.customer_id not in moved]
        if minutes[most] <= ceiling or not fitting:
            return moves
        account = min(fitting, key=lambda a: (abs(gap - 2 * a.minutes), a.customer_id))
        own[most].remove(account)
        minutes[most] -= account.minutes
        minutes[least] += account.minutes
        moved.add(account.customer_id)
        moves.append(Move(account.customer_id, most, least, rule.id))


def shares(minutes: Mapping[int, int]) -> dict[int, int]:
    """Per cent of all minutes by person, each rounded down."""
    total = sum(minutes.values())
    return {person: own * 100 // total if total else 0 for person, own in minutes.items()}
