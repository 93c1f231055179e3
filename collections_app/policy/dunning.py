"""Who is reminded of what, at which level, and who is left out and why. Pure: amounts are minor units, days are whole days.

Asked for is what is past due beyond the days of grace, less what is disputed, what is promised, what is in a plan that the customer was
offered and may still sign, and what credits and unapplied cash cover (the oldest first, as they would be applied). The level
follows the oldest item that is left:

- *Step by step.* The next level is one above the highest at which that item was asked for before, once it is old enough for it.
  SAP raises the level of an item by one a run, Dynamics 365 can be set to keep the sequence; a final notice that no friendly one
  went before surprises customers on the day dunning is switched on, and has little standing afterwards.
- *Once a cycle.* A cycle is named by that oldest item. When it is paid, the next oldest names a new cycle and goes on from the
  level at which it was asked for itself: who pays something isn't thrown back to the first level, nor ahead.
- *After the last level* nobody is written to: a person decides what follows.
- *Stopped.* A strategy may say what stops it altogether: anything in dispute, an open promise, a payment plan that is kept, an agency or
  lawyer that has the case, a question of the customer that waits for our answer.
- *Before the due date.* Who has nothing past due may be reminded of what falls due within some days, each item once (level 0).
- *Calls, tasks and escalations* are planned for people by `plan`, one a night and account, in their order among the letters: a call that
  stands after the second letter isn't planned before that letter was given. Calls keep the quiet days, as letters do.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from arops.lib import money


@dataclass(frozen=True, slots=True)
class Reason:
    """Why an account isn't written to: a code to count by and its name on the page."""

    code: str
    label: str


REASONS = {
    code: Reason(code, label)
    for code, label in (
        ("inactive", "Inactive customer"),
        ("hold", "On hold"),
        ("no_policy", "No strategy"),
        ("stopped", "Stopped by the strategy"),
        ("grace", "Within days of grace"),
        ("in_credit", "In credit"),
        ("held_out", "Disputed, promised or offered"),
        ("covered", "Covered by credits"),
        ("minimum", "Below the minimum"),
        ("paid_today", "Paid today"),
        ("quiet", "In touch lately"),
        ("not_yet", "Next level not due"),
        ("last_given", "Last level given"),
        ("unreached", "Nobody may get it"),
        ("cancelled", "Taken back"),
        ("undelivered", "Not delivered"),
        ("bounced", "Came back"),
        ("declined", "Declined"),
        ("changed", "Changed meanwhile"),
        ("not_allowed", "Not allowed in time"),
        ("error", "Could not be written"),
    )
}
"""Code → reason, in the order in which they are tried."""


STOPS = {
    "dispute": "anything is in dispute",
    "promise": "a promise is open",
    "plan": "a payment plan is kept",
    "escalated": "it is with an agency or a lawyer",
    "inquiry": "a question of the customer waits for our answer",
}
"""What may stop a strategy: code → the condition in words."""


@dataclass(frozen=True, slots=True)
class Debit:
    """An open invoice, debit memo or fee: what of it is open, disputed, and promised and still awaited; `given` is the highest level at
    which it was asked for, `reminded` whether that was done before it was due, `planned` the days of the latest step by channel that was
    planned for it as the oldest. `offered` is in a plan that waits for an answer, `offer` says in which."""

    item_id: int
    number: str
    document_date: date
    due_date: date
    amount: int
    balance: int
    disputed: int = 0
    promised: int = 0
    given: int = 0
    reminded: bool = False
    planned: Mapping[str, int] = field(default_factory=dict)
    offered: int = 0
    offer: str = ""

    @property
    def chaseable(self) -> int:
        """What may be asked for."""
        return max(0, self.balance - self.disputed - self.promised - self.offered)

    @property
    def cycle(self) -> str:
        """The name of the cycle of which this is the oldest item."""
        return f"{self.number} #{self.item_id}"


@dataclass(frozen=True, slots=True)
class Contact:
    """The last time we were in touch, and how (`call`, `e-mail`, `letter`, `reminder`)."""

    day: date
    how: str


@dataclass(frozen=True, slots=True)
class Account:
    """A customer in one currency as of a day. `credits` (positive) are credit memos and cash not applied yet; `facts` are those of the
    stop conditions that hold and can't be read off the debits (`plan`, `escalated`, `inquiry`)."""

    customer_id: int
    currency: str
    debits: tuple[Debit, ...]
    credits: int = 0
    is_active: bool = True
    is_held: bool = False
    held_until: date | None = None
    hold_reason: str = ""
    paid_today: int = 0
    last_contact: Contact | None = None
    facts: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Action:
    """A step that people take: its key, channel, days past due, and how many levels stand before it."""

    step_id: int
    channel: str
    days: int
    after: int


@dataclass(frozen=True, slots=True)
class Rules:
    """A strategy: days past due of each level in their order, days of grace, days between two contacts, the least amount asked for, what
    stops it, within how many days of its due date an item is announced (None: never), and the steps that people take."""

    level_days: tuple[int, ...]
    grace_days: int = 0
    quiet_days: int = 0
    minimum: int = 0
    stops: frozenset[str] = frozenset()
    early_days: int | None = None
    actions: tuple[Action, ...] = ()


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked for of one item."""

    debit: Debit
    amount: int
    covered: int
    days: int


@dataclass(frozen=True, slots=True)
class Decision:
    """Written to at `level` for `asked`, or left out: then `reason` is its code and `because` says it in words. Level 0 without a reason
    announces what falls due.

    `held_out` is what is past due beyond grace and not asked for: disputed, promised or covered by credits; of those left out, all.
    """

    account: Account
    level: int = 0
    asked: tuple[Asked, ...] = ()
    cycle: str = ""
    days: int = 0
    held_out: int = 0
    reason: str = ""
    because: str = ""

    @property
    def amount(self) -> int:
        """Minor units asked for."""
        return sum(a.amount for a in self.asked)

    @property
    def is_letter(self) -> bool:
        """Whether the customer is written to."""
        return not self.reason


def decide(account: Account, rules: Rules | None, day: date) -> Decision | None:
    """What is done about an account on a day; None when there is nothing to say: nothing is past due, nor to be announced."""
    late = _late(account, day)
    if not late:
        return _announced(account, rules, day)
    decision, code, words = _standing(account, late, rules, day)
    if not code and rules:
        code, words = _not_today(account, rules, decision, day)
    if code:
        return replace(decision, reason=code, because=words, level=0, asked=(), held_out=sum(d.balance for d in late))
    return decision


def left_out(decision: Decision, reason: str, because: str) -> Decision:
    """What was to be written about, left out after all: all of it is held out."""
    held = decision.held_out + decision.amount
    return replace(decision, reason=reason, because=because, level=0, asked=(), held_out=held)


def plan(account: Account, rules: Rules | None, day: date) -> tuple[Action, Decision] | None:
    """The step that a person is to take about an account, by the strategy, with what it is about; None when there is none today.

    A step is planned once for the item that it counts from: one of its kind on the same day or later isn't planned again, also after the
    strategy was changed.
    """
    late = _late(account, day)
    if not late or rules is None or not rules.actions:
        return None
    decision, code, _ = _standing(account, late, rules, day)
    if code or account.paid_today:
        return None
    oldest, quiet = decision.asked[0].debit, bool(_quiet(account, rules, day))
    for action in rules.actions:
        due = decision.days >= action.days and oldest.given >= action.after and oldest.planned.get(action.channel, -1) < action.days
        if due and not (quiet and action.channel == "call"):
            return action, decision
    return None


def _late(account: Account, day: date) -> list[Debit]:
    return sorted((d for d in account.debits if d.due_date < day and d.balance > 0), key=_by_due)


def _standing(account: Account, late: Sequence[Debit], rules: Rules | None, day: date) -> tuple[Decision, str, str]:
    """The decision as far as the account goes, whatever is due on the day; or the reason why nothing is asked for at all."""
    decision = Decision(account, days=(day - late[0].due_date).days, cycle=late[0].cycle, held_out=sum(d.balance for d in late))
    code, words = _not_at_all(account, rules, day)
    if code or rules is None:
        return decision, code, words
    return _asked(decision, late, rules, day)


def _announced(account: Account, rules: Rules | None, day: date) -> Decision | None:
    """What falls due within the days of the strategy and was not announced yet, for who has nothing past due."""
    if rules is None or rules.early_days is None or _not_at_all(account, rules, day)[0] or account.paid_today:
        return None
    last = day + timedelta(days=rules.early_days)
    soon = sorted((d for d in account.debits if d.due_date <= last and not d.reminded and d.balance > 0), key=_by_due)
    asked = _after_credits(soon, account.credits, day)
    if not asked or sum(a.amount for a in asked) < rules.minimum or _quiet(account, rules, day):
        return None
    held_out = sum(d.balance for d in soon) - sum(a.amount for a in asked)
    return Decision(account, asked=tuple(asked), cycle=asked[0].debit.cycle, days=asked[0].days, held_out=held_out)


def _by_due(debit: Debit) -> tuple[date, int]:
    return debit.due_date, debit.item_id


ALWAYS = frozenset({"escalated"})
"""What stops every strategy: who was placed outside isn't asked by two."""


def _not_at_all(account: Account, rules: Rules | None, day: date) -> tuple[str, str]:
    if not account.is_active:
        return "inactive", "the customer is inactive"
    if account.is_held and (account.held_until is None or account.held_until >= day):
        until = f" until {_day(account.held_until)}" if account.held_until else ""
        return "hold", f"on dunning hold{until}" + (f": {account.hold_reason}" if account.hold_reason else "")
    if rules is None:
        return "no_policy", "no strategy covers the customer"
    held = sorted((rules.stops | ALWAYS) & _holding(account), key=list(STOPS).index)
    return ("stopped", f"stopped while {STOPS[held[0]]}") if held else ("", "")


def _holding(account: Account) -> frozenset[str]:
    """Which stop conditions hold."""
    disputed = {"dispute"} if any(d.disputed for d in account.debits) else set()
    promised = {"promise"} if any(d.promised for d in account.debits) else set()
    return account.facts | disputed | promised


def _asked(decision: Decision, late: Sequence[Debit], rules: Rules, day: date) -> tuple[Decision, str, str]:
    """The decision with what is asked for and its level; or with the reason why nothing is."""
    account = decision.account
    ripe = [d for d in late if (day - d.due_date).days > rules.grace_days]
    if not ripe:
        return decision, "grace", f"nothing is more than {rules.grace_days} days past due"
    if sum(d.balance for d in account.debits) <= account.credits:
        return decision, "in_credit", f"credits of {_money(account, account.credits)} are as much as all that is open"
    if not any(d.chaseable for d in ripe):
        return decision, "held_out", _held_words(account, ripe)
    asked = _after_credits(ripe, account.credits, day)
    if not asked:
        return decision, "covered", f"credits and unapplied cash of {_money(account, account.credits)} cover what is past due"
    total = sum(a.amount for a in asked)
    held_out = sum(d.balance for d in ripe) - total
    decision = replace(decision, asked=tuple(asked), cycle=asked[0].debit.cycle, days=asked[0].days, held_out=held_out)
    if total < rules.minimum:
        return decision, "minimum", f"{_money(account, total)} is below the minimum of {_money(account, rules.minimum)}"
    return replace(decision, level=asked[0].debit.given + 1), "", ""


def _after_credits(ripe: Sequence[Debit], credits: int, day: date) -> list[Asked]:
    """Items with what is left to ask for when the credits are set off, the oldest item first."""
    found, left = [], credits
    for debit in ripe:
        covered = min(left, debit.chaseable)
        left -= covered
        if debit.chaseable > covered:
            found.append(Asked(debit, debit.chaseable - covered, covered, (day - debit.due_date).days))
    return found


def _not_today(account: Account, rules: Rules, decision: Decision, day: date) -> tuple[str, str]:
    if account.paid_today:
        return "paid_today", f"{_money(account, account.paid_today)} came in today"
    quiet = _quiet(account, rules, day)
    if quiet:
        return "quiet", quiet
    if decision.level > len(rules.level_days) and not rules.level_days:
        return "last_given", "the strategy writes no letters"
    if decision.level > len(rules.level_days):
        return (
            "last_given",
            f"level {decision.level - 1}, the last, was given for {decision.asked[0].debit.number}: a person decides what follows",
        )
    needed = rules.level_days[decision.level - 1]
    if decision.days < needed:
        ripe_on = decision.asked[0].debit.due_date + timedelta(days=needed)
        return "not_yet", f"level {decision.level} comes at {needed} days past due, on {_day(ripe_on)}"
    return "", ""


def _quiet(account: Account, rules: Rules, day: date) -> str:
    """Words for a contact that is too recent for another one; empty when there is none."""
    last = account.last_contact
    if last is None or not 0 <= (day - last.day).days < rules.quiet_days:
        return ""
    return f"{last.how} on {_day(last.day)}: quiet until {_day(last.day + timedelta(days=rules.quiet_days))}"


def _held_words(account: Account, ripe: Sequence[Debit]) -> str:
    disputed, promised = sum(min(d.disputed, d.balance) for d in ripe), sum(min(d.promised, d.balance) for d in ripe)
    offers = {d.offer: sum(min(o.offered, o.balance) for o in ripe if o.offer == d.offer) for d in ripe if d.offered}
    parts = [(disputed, "disputed"), (promised, "promised"), *((amount, offer) for offer, amount in offers.items())]
    return "all that is past due is held: " + ", ".join(f"{_money(account, amount)} {word}" for amount, word in parts if amount)


def _money(account: Account, amount: int) -> str:
    return f"{money.format(amount, account.currency)} {account.currency}"


def _day(day: date) -> str:
    return f"{day:%-d %b %Y}"
