"""What is worth doing next, and why. Pure.

Each account with something to do becomes tasks; a task is ranked by the cash that acting today can be expected to move:

    effect = amount × change in the probability of payment if we act now          (see policy/effect)
    score  = effect in the company's currency × weight of the kind of task

The change is small where the customer pays anyway and where hardly anybody does; it rises with broken promises and raised risk, and falls
where we were in touch a few days ago. Whatever is our own fault (a
dispute, a missing document, cash that isn't applied, a question that waits for our answer) goes to those who can fix it before the
customer is asked again. Every factor that counts is told in the reasons.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import date, timedelta

from arops.lib import money
from collections_app.policy.chances import ONE, WHOLE, Chances
from collections_app.policy.effect import Part, Touch, in_words, of_account
from collections_app.policy.likelihood import STANDARD, Odds

OUR_FAULT, AT_RISK, QUICK_WIN, ROUTINE = "our_fault", "at_risk", "quick_win", "routine"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of task: its weight in hundredths (a broken promise is worth a third more than a plain call, a gentle reminder less than
    half), the minutes it usually needs, its usual bucket (empty: by the account), and whether it asks the customer for money."""

    weight: int
    minutes: int
    bucket: str = ""
    asks: bool = False


KINDS = {
    "broken_promise": Kind(130, 6, AT_RISK, asks=True),
    "plan": Kind(130, 6, AT_RISK, asks=True),
    "planned": Kind(120, 5, asks=True),
    "call": Kind(100, 5, asks=True),
    "follow_up": Kind(110, 3, AT_RISK, asks=True),
    "escalation": Kind(120, 10, AT_RISK),
    "inquiry": Kind(140, 5, OUR_FAULT),
    "apply_credit": Kind(110, 3, OUR_FAULT),
    "dispute": Kind(60, 10, OUR_FAULT),
    "document": Kind(90, 5, OUR_FAULT),
    "contact": Kind(100, 5, AT_RISK),
    "remind": Kind(40, 2, QUICK_WIN, asks=True),
}


@dataclass(frozen=True, slots=True)
class Lead:
    """Something that asks for work by itself: a planned step, a question, a document, a missed instalment. `ref` is its row.

    `owner` is the person who has it in hand, `routed_to` the code of the department that can fix it; `calls` says that it is a call, or
    comes before any: then there is no plain call beside it.
    """

    kind: str
    ref: int
    amount: int
    due_on: date
    title: str
    why: str
    action: str
    routed_to: str = ""
    owner: int | None = None
    minutes: int = 0
    bucket: str = ""
    calls: bool = False


@dataclass(frozen=True, slots=True)
class Account:
    """What there is to know about a customer in one currency, as of a day. Amounts are minor units.

    `disputed` and `promised` are of all that is open, whenever due; `not_chased` is what of the past due is one or the other, or stands
    in a missed instalment, which is a task of its own. `parts` are what is asked for by age and standing, `own` is by how much the
    odds that this customer pays differ from the usual (of `ONE`; None: it has no record).
    """

    customer_id: int
    currency: str
    overdue: int
    disputed: int
    promised: int
    credits: int
    oldest_due: date | None
    newly_90: int = 0
    broken_promises: int = 0
    broken_amount: int = 0
    broken_due: date | None = None
    last_contact: date | None = None
    on_hold: bool = False
    is_placed: bool = False
    risk: str = "B"
    due_soon: int = 0
    not_chased: int | None = None
    dispute_with: str = ""
    dispute_waits: bool = False
    credits_with: str = ""
    leads: tuple[Lead, ...] = ()
    parts: tuple[Part, ...] = ()
    own: int | None = None

    @property
    def held(self) -> int:
        """What of the past due isn't asked for; where that isn't known item by item, all that is disputed or promised."""
        return self.disputed + self.promised if self.not_chased is None else self.not_chased

    @property
    def is_left_alone(self) -> bool:
        """Whether nobody is to ask this customer for money: on hold, or with an agency or a lawyer."""
        return self.on_hold or self.is_placed


@dataclass(frozen=True, slots=True)
class Task:
    """One thing to do about an account: `key` names it for ever, `score` orders, `reasons` say why, `why` says it in one sentence."""

    key: str
    kind: str
    title: str
    customer_id: int
    currency: str
    amount: int
    effect: int
    score: int
    due_on: date
    reasons: tuple[str, ...]
    why: str
    next_action: str
    bucket: str
    oldest_due: date | None = None
    routed_to: str = ""
    owner: int | None = None
    minutes: int = 5


Worth = Callable[[int, str], int]
"""(minor units, currency) → what they are worth in minor units of the company's currency."""


def _as_it_is(amount: int, currency: str) -> int:
    return amount


NOTHING_LEARNED = Chances(0)


def tasks_of(
    account: Account, today: date, odds: Odds = STANDARD, worth: Worth = _as_it_is, chances: Chances = NOTHING_LEARNED
) -> list[Task]:
    """The tasks an account gives rise to, what is our fault first. Nobody is asked for money who is on hold or with an agency."""
    desk = _Desk(account, today, odds, worth, chances)
    asked = max(0, account.overdue - account.held - account.credits)
    found = [desk.of_lead(lead) for lead in (_as_of_now(lead, asked) for lead in account.leads) if not desk.is_idle(lead)]
    if account.credits and account.overdue:
        found.append(desk.apply_credit())
    if account.disputed:
        found.append(desk.dispute())
    if account.is_left_alone:
        return found
    is_called = any(lead.calls for lead in account.leads)
    if asked and account.broken_promises:
        found.append(desk.broken_promise(asked))
    elif asked and not is_called:
        found.append(desk.call(asked))
    if account.due_soon and not account.overdue:
        found.append(desk.remind())
    return found


def _as_of_now(lead: Lead, asked: int) -> Lead:
    """A planned call is about what is still to be asked for, no more than it was planned for."""
    return replace(lead, amount=min(lead.amount or asked, asked)) if lead.kind == "planned" and lead.calls else lead


def kinds_that_ask() -> Collection[str]:
    """The kinds of task that ask the customer for money, by telephone as a rule."""
    return [code for code, kind in KINDS.items() if kind.asks and code != "remind"]


class _Desk:
    """The tasks of one account on one day: what they share is worked out once."""

    def __init__(self, account: Account, today: date, odds: Odds, worth: Worth, chances: Chances) -> None:
        self.account, self.today, self.worth = account, today, worth
        self.days = (today - account.oldest_due).days if account.oldest_due else 0
        self.cases = odds.cases(self.days)
        ago = (today - account.last_contact).days if account.last_contact else None
        touch = Touch(account.broken_promises, ago, account.risk)
        own = ONE if account.own is None else account.own
        self.effect = of_account(account.parts, self.days, own, touch, odds, chances)
        self.common = self._common()

    def is_idle(self, lead: Lead) -> bool:
        """Whether nothing is to be done about it now: it asks for money of someone who is left alone, or for none."""
        return KINDS[lead.kind].asks and (self.account.is_left_alone or not lead.amount)

    def of_lead(self, lead: Lead) -> Task:
        """The task of a row that asks for work by itself."""
        return self._task(
            lead.kind, lead.amount, lead.title, lead.due_on, [lead.why] if lead.why else [], lead.action,
            bucket=lead.bucket, ref=lead.ref, routed_to=lead.routed_to, owner=lead.owner, minutes=lead.minutes,
        )  # fmt: skip

    def broken_promise(self, chase: int) -> Task:
        """A word that wasn't kept."""
        account, due = self.account, self.account.broken_due or self.today
        times = "once" if account.broken_promises == 1 else f"{account.broken_promises} times"
        why = [
            f"promised {money.format(account.broken_amount, account.currency)} for {due:%-d %b}, not received",
            f"broke a promise {times} in 90 days",
        ]
        return self._task("broken_promise", chase, "Broken promise", due, why, "Call and get a new date")

    def apply_credit(self) -> Task:
        """Money of theirs that we hold while we ask for more."""
        account = self.account
        why = [f"{money.format(account.credits, account.currency)} of credits and cash stand unapplied"]
        return self._task(
            "apply_credit", min(account.credits, account.overdue), "Apply open credit", self.today, why, "Apply it before anyone calls",
            routed_to=account.credits_with,
        )  # fmt: skip

    def call(self, chase: int) -> Task:
        """Money past due that nothing stands in the way of."""
        account = self.account
        why = [f"{money.format(account.held, account.currency)} disputed or promised is left out"] if account.held else []
        return self._task("call", chase, "Call", self.today, why, "Call, ask for a date")

    def dispute(self) -> Task:
        """What is contested; it waits for the customer, or for us."""
        account = self.account
        why = [f"{money.format(account.disputed, account.currency)} is contested"]
        if account.dispute_waits:
            return self._task(
                "dispute", account.disputed, "Settle dispute", self.today, [*why, "the customer owes us an answer"],
                "Ask for what is missing to settle it", bucket=ROUTINE,
            )  # fmt: skip
        return self._task(
            "dispute", account.disputed, "Settle dispute", self.today, why, "Find the cause, credit or refuse",
            routed_to=account.dispute_with,
        )  # fmt: skip

    def remind(self) -> Task:
        """Money that falls due within a week, of a customer who owes nothing late."""
        account = self.account
        why = [f"{money.format(account.due_soon, account.currency)} falls due within a week"]
        return self._task("remind", account.due_soon, "Friendly reminder", self.today, why, "Send a statement")

    def _task(
        self, kind: str, amount: int, title: str, due_on: date, why: list[str], action: str, *, bucket: str = "", ref: int = 0,
        routed_to: str = "", owner: int | None = None, minutes: int = 0,
    ) -> Task:  # fmt: skip
        account, usual = self.account, KINDS[kind]
        effect = amount * self.effect.change // WHOLE
        key = f"{kind}:{account.customer_id}:{account.currency}" + (f":{ref}" if ref else "")
        reasons = (*why, *self.common)
        return Task(
            key, kind, title, account.customer_id, account.currency, amount, effect,
            self.worth(effect, account.currency) * usual.weight // 100, due_on, reasons, self._sentence(reasons, effect, amount), action,
            bucket or usual.bucket or self._bucket(), account.oldest_due, routed_to, owner, minutes or usual.minutes,
        )  # fmt: skip

    def _bucket(self) -> str:
        """Of a task that asks for money: at risk, an easy gain, or neither."""
        account = self.account
        if account.risk in ("C", "D") or account.broken_promises or self.days > 60 or account.newly_90:
            return AT_RISK
        return QUICK_WIN if self.days <= 30 else ROUTINE

    def _sentence(self, reasons: tuple[str, ...], effect: int, amount: int) -> str:
        """The reason in one sentence: what is the matter, and what acting today can be expected to bring."""
        currency = self.account.currency
        said = ", ".join(reasons[:2]) or "it is due"
        if self.effect.chance is not None:
            said = f"{said}; {in_words(self.effect.chance, self.account.own is not None)}"
        moved = f"acting today can be expected to move {money.format(effect, currency)} of {money.format(amount, currency)} {currency}"
        basis = f" ({self.cases.acted + self.cases.left} like cases in our books)" if self.cases else " (usual values: too few cases yet)"
        return f"{said[0].upper()}{said[1:]}: {moved}{basis}."

    def _common(self) -> list[str]:
        account, said = self.account, []
        if account.oldest_due and account.oldest_due < self.today:
            said.append(f"oldest {self.days} days past due")
        if account.newly_90:
            said.append(f"{money.format(account.newly_90, account.currency)} passed 90 days this week")
        if account.last_contact:
            said.append(f"last contact {account.last_contact:%-d %b}")
        elif account.overdue:
            said.append("never contacted")
        if account.risk in ("C", "D"):
            said.append(f"risk class {account.risk}")
        return said


def call_window(calls: Collection[date], today: date, most: int) -> tuple[int, date | None]:
    """How many calls there were in the last seven days, today's included, and the first day on which another is within `most` a week
    (None: today is)."""
    recent = sorted(day for day in calls if today - timedelta(days=7) < day <= today)
    if len(recent) < most:
        return len(recent), None
    return len(recent), recent[len(recent) - most] + timedelta(days=7)
