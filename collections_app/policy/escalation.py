"""Who climbs the ladder, and what the page about an account says. Pure: amounts are minor units, days whole days.

An account climbs step by step: to the lowest rung above the last that was decided on it whose conditions all hold. A rung with an event
is reached by that event alone, from wherever the account stands, so a refusal needn't wait for its days. A rung without days, least amount,
risk, broken promises or event is climbed by hand only.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from arops.lib import money

BROKEN, DEFAULT, RETURNED, REFUSED = "broken", "default", "returned", "refused"
EVENTS = {
    BROKEN: "a promise was broken", DEFAULT: "a payment plan is in default", RETURNED: "a payment was returned",
    REFUSED: "the customer refuses to pay",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Step:
    """A rung of the ladder as rules; `minimum` is in the account's currency."""

    rung_id: int
    name: str
    ordinal: int
    days_past_due: int | None = None
    minimum: int = 0
    risks: str = ""
    broken_promises: int = 0
    event: str = ""

    @property
    def is_by_hand(self) -> bool:
        """Whether nothing leads there by itself."""
        return self.days_past_due is None and not (self.minimum or self.risks or self.broken_promises or self.event)


@dataclass(frozen=True, slots=True)
class Standing:
    """An account past due: the days of its oldest item and how much is past due (both without what is in dispute or promised), its risk
    class, promises broken in a year, what happened lately, and the rung it has reached (0: none)."""

    customer_id: int
    currency: str
    days: int
    amount: int
    risk: str
    broken: int = 0
    events: frozenset[str] = frozenset()
    reached: int = 0


@dataclass(frozen=True, slots=True)
class Climb:
    """To which rung an account is proposed, and why in words."""

    standing: Standing
    step: Step
    because: str


def climb(standing: Standing, ladder: Sequence[Step]) -> Climb | None:
    """The rung that the account is proposed for; None when it stays where it is."""
    above = sorted((s for s in ladder if s.ordinal > standing.reached and not s.is_by_hand), key=lambda s: s.ordinal)
    for step in above:
        if holds(step, standing):
            return Climb(standing, step, because(standing, step.event))
    return None


def holds(step: Step, standing: Standing) -> bool:
    """Whether all conditions of a rung hold."""
    return (
        standing.amount > 0
        and standing.amount >= step.minimum
        and (step.days_past_due is None or standing.days >= step.days_past_due)
        and (not step.risks or standing.risk in step.risks)
        and standing.broken >= step.broken_promises
        and (not step.event or step.event in standing.events)
    )


def because(standing: Standing, event: str = "") -> str:
    """Why, in one sentence without a full stop."""
    parts = [EVENTS[event]] if event else []
    sum_ = f"{money.format(standing.amount, standing.currency)} {standing.currency}"
    parts.append(f"{sum_} past due without disputes and promises, the oldest by {standing.days} days")
    if standing.risk in ("C", "D"):
        parts.append(f"risk {standing.risk}")
    if standing.broken:
        parts.append(f"{standing.broken} promise{'s' if standing.broken != 1 else ''} broken in a year")
    return "; ".join(parts)[:300]


def recommend(facts: dict[str, Any], action: str, *, outside: bool) -> str:
    """The action recommended: the rung's own, else what the facts ask for; what is in dispute comes first."""
    past_due, disputed = facts["past_due"], facts["disputed"]
    if past_due and disputed * 2 > past_due:
        return "Settle the disputes first: more than half of what is past due is contested"
    if action:
        return action
    if outside:
        return "Place what is past due and undisputed outside; keep new deliveries to payment in advance"
    if facts["promises"]["broken"] >= 2:
        return "Take no further promise: agree a payment plan in writing, or hold deliveries"
    if facts["last_payment"] is None:
        return "Speak to whoever decides there; hold deliveries until something is paid"
    return "Speak to whoever decides there, and agree days and amounts in writing"


def write_summary(facts: dict[str, Any], rung: str) -> str:
    """The page in words, from the facts as of their day: who, how much, what was promised, said, contested, paid, and what is at hand."""
    return "\n\n".join(filter(None, (_who(facts), _owes(facts), _history(facts), _contested(facts), _paid(facts), _evidence(facts, rung))))


def _sum(facts: dict[str, Any], amount: int) -> str:
    return f"{money.format(amount, facts['currency'])} {facts['currency']}"


def _who(facts: dict[str, Any]) -> str:
    of = facts["customer"]
    limit = f", credit limit {_sum(facts, of['credit_limit'])}" if of["credit_limit"] is not None else ""
    return f"{of['name']} ({of['number']}), terms {of['terms']}, risk {of['risk']}{limit}. As of {facts['as_of']}."


def _owes(facts: dict[str, Any]) -> str:
    aged = ", ".join(f"{label}: {money.format(amount, facts['currency'])}" for label, amount in facts["buckets"] if amount)
    credits = f" Credits and cash not applied: {_sum(facts, facts['credits'])}." if facts["credits"] else ""
    return (
        f"Owes {_sum(facts, facts['open'])}, of which {_sum(facts, facts['past_due'])} is past due, the oldest by {facts['days']} days"
        + (f" ({aged})." if aged else ".")
        + credits
    )


def _history(facts: dict[str, Any]) -> str:
    p, c = facts["promises"], facts["contacts"]
    said = [f"{p['given']} promises in a year: {p['kept']} kept, {p['broken']} broken" if p["given"] else "No promise in a year"]
    if p["last"]:
        said.append(f"the last was {_sum(facts, p['last']['amount'])} by {p['last']['due_on']}, {p['last']['state']}")
    reached = f"{c['calls']} calls, {c['letters']} reminders"
    if c["level"]:
        reached += f", the last at level {c['level']} on {c['last_letter']}"
    if c["last_call"]:
        reached += f"; last call on {c['last_call']}" + (f" ({c['last_outcome']})" if c["last_outcome"] else "")
    return f"{'; '.join(said)}. In touch in a year: {reached}."


def _contested(facts: dict[str, Any]) -> str:
    if not facts["disputes"]:
        return "Nothing is in dispute."
    named = ", ".join(f"{d['number']} {d['reason']} {money.format(d['amount'], facts['currency'])}" for d in facts["disputes"][:5])
    more = len(facts["disputes"]) - 5
    named += f" and {more} more" if more > 0 else ""
    return f"In dispute: {_sum(facts, facts['disputed'])} of what is past due (cases as they were opened: {named})."


def _paid(facts: dict[str, Any]) -> str:
    last = facts["last_payment"]
    if last is None:
        return "No payment on record."
    days = facts["days_late"]
    when = "" if days is None else "on their day" if not days else f"{abs(days)} days {'late' if days > 0 else 'early'}"
    late = f" Invoices paid in a year came in {when} on average." if when else ""
    return f"Last payment: {_sum(facts, last['amount'])} on {last['day']}. Paid in a year: {_sum(facts, facts['paid_year'])}.{late}"


def _evidence(facts: dict[str, Any], rung: str) -> str:
    held = facts["evidence"]
    files = f"{held['copies']} invoice copies, {held['files']} files" if held["copies"] or held["files"] else "no files"
    return f"At hand: {files}. Proposed for: {rung}."


def recovered(placed: Iterable[tuple[int, int]]) -> tuple[int, int]:
    """What was placed and what came in on it since (never more than was placed): sums over (amount, came in) of its items."""
    rows: Collection[tuple[int, int]] = list(placed)
    return sum(amount for amount, _ in rows), sum(max(0, min(amount, came)) for amount, came in rows)
