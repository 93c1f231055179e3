"""What is worth doing next, and why. Pure.

Each account with something overdue becomes tasks; a task is ranked by the cash that acting today can be expected to move:

    expected effect = amount × change in the probability of payment if we act now × weight of the kind of task

The change in probability rises with days past due until about two months and falls after four (older debt answers less), and
with broken promises; it falls where we are at fault (disputed) or were in touch a few days ago. The numbers are the product's own
starting values, plain so that a person can argue with them; every factor that counts is told in the reasons.
"""

from dataclasses import dataclass
from datetime import date

from arops.lib import money


@dataclass(frozen=True, slots=True)
class Account:
    """What there is to know about a customer in one currency, as of a day. Amounts are minor units.

    `disputed` and `promised` are of all that is open, whenever due; `not_chased` is what of the past due is one or the other.
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
    risk: str = "B"
    due_soon: int = 0
    not_chased: int | None = None

    @property
    def held(self) -> int:
        """What of the past due isn't asked for; where that isn't known item by item, all that is disputed or promised."""
        return self.disputed + self.promised if self.not_chased is None else self.not_chased


@dataclass(frozen=True, slots=True)
class Task:
    """One thing to do about an account: `key` names it for ever, `score` orders (permille of major units), `reasons` say why."""

    key: str
    kind: str
    title: str
    customer_id: int
    currency: str
    amount: int
    score: int
    due_on: date
    reasons: tuple[str, ...]
    next_action: str
    bucket: str
    oldest_due: date | None = None


WEIGHTS = {"broken_promise": 130, "call": 100, "apply_credit": 110, "dispute": 60, "remind": 40}
"""Hundredths: a broken promise is worth a third more than a plain call, a gentle reminder less than half."""


def tasks_of(account: Account, today: date) -> list[Task]:
    """The tasks an account gives rise to; none when it is on hold or there is nothing to do. The most telling comes first."""
    if account.on_hold:
        return []
    chase = max(0, account.overdue - account.held)
    found = []
    if account.broken_promises and chase:
        found.append(_broken_promise(account, chase, today))
    elif account.credits and account.overdue:
        found.append(_apply_credit(account, today))
    if not account.broken_promises and chase > account.credits:
        found.append(_call(account, chase - account.credits, today))
    if account.disputed:
        found.append(_dispute(account, today))
    if account.due_soon and not account.overdue:
        found.append(_remind(account, today))
    return found


def uplift(days_past_due: int, broken: int, contacted_days_ago: int | None, risk: str) -> int:
    """Permille by which acting today raises the probability of payment."""
    by_age = (
        80 if days_past_due <= 0 else 120 + 4 * min(days_past_due, 60) if days_past_due <= 120 else max(60, 360 - (days_past_due - 120))
    )
    by_age += min(broken, 3) * 40
    by_age += {"A": -30, "B": 0, "C": 40, "D": 20}.get(risk, 0)
    if contacted_days_ago is not None and contacted_days_ago < 7:
        by_age = by_age * (1 + contacted_days_ago) // 8
    return max(10, by_age)


def _score(account: Account, kind: str, amount: int, today: date) -> int:
    days = (today - account.oldest_due).days if account.oldest_due else 0
    ago = (today - account.last_contact).days if account.last_contact else None
    return int(money.to_decimal(amount, account.currency)) * uplift(days, account.broken_promises, ago, account.risk) * WEIGHTS[kind] // 100


def _task(
    account: Account, kind: str, amount: int, today: date, *, title: str, due_on: date, why: list[str], action: str, bucket: str
) -> Task:
    reasons = (*why, *_common(account, today))
    key = f"{kind}:{account.customer_id}:{account.currency}"
    return Task(
        key,
        kind,
        title,
        account.customer_id,
        account.currency,
        amount,
        _score(account, kind, amount, today),
        due_on,
        reasons,
        action,
        bucket,
        account.oldest_due,
    )


def _common(account: Account, today: date) -> list[str]:
    said = []
    if account.oldest_due and account.oldest_due < today:
        said.append(f"oldest {(today - account.oldest_due).days} days past due")
    if account.newly_90:
        said.append(f"{money.format(account.newly_90, account.currency)} passed 90 days this week")
    if account.last_contact:
        said.append(f"last contact {account.last_contact:%-d %b}")
    elif account.overdue:
        said.append("never contacted")
    if account.risk in ("C", "D"):
        said.append(f"risk class {account.risk}")
    return said


def _broken_promise(account: Account, chase: int, today: date) -> Task:
    times = "once" if account.broken_promises == 1 else f"{account.broken_promises} times"
    due = account.broken_due or today
    why = [
        f"promised {money.format(account.broken_amount, account.currency)} for {due:%-d %b}, not received",
        f"broke a promise {times} in 90 days",
    ]
    return _task(
        account,
        "broken_promise",
        chase,
        today,
        title="Broken promise",
        due_on=due,
        why=why,
        action="Call and get a new date",
        bucket="at risk",
    )


def _apply_credit(account: Account, today: date) -> Task:
    amount = min(account.credits, account.overdue)
    why = [f"{money.format(account.credits, account.currency)} of credits and cash stand unapplied"]
    return _task(
        account,
        "apply_credit",
        amount,
        today,
        title="Apply open credit",
        due_on=today,
        why=why,
        action="Apply it before anyone calls",
        bucket="our fault",
    )


def _call(account: Account, chase: int, today: date) -> Task:
    why = [f"{money.format(account.held, account.currency)} disputed or promised is left out"] if account.held else []
    due = min(account.oldest_due or today, today)
    bucket = "quick win" if account.risk in ("A", "B") and (today - due).days <= 30 else "at risk"
    return _task(account, "call", chase, today, title="Call", due_on=today, why=why, action="Call, ask for a date", bucket=bucket)


def _dispute(account: Account, today: date) -> Task:
    why = [f"{money.format(account.disputed, account.currency)} is contested"]
    return _task(
        account,
        "dispute",
        account.disputed,
        today,
        title="Settle dispute",
        due_on=today,
        why=why,
        action="Find the cause, credit or refuse",
        bucket="our fault",
    )


def _remind(account: Account, today: date) -> Task:
    why = [f"{money.format(account.due_soon, account.currency)} falls due within a week"]
    return _task(
        account,
        "remind",
        account.due_soon,
        today,
        title="Friendly reminder",
        due_on=today,
        why=why,
        action="Send a statement",
        bucket="quick win",
    )
