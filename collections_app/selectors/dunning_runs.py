"""Reading what dunning did: runs, letters by level, those left out by reason."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import Max, QuerySet

from collections_app.models import DunningLetter, DunningRun
from collections_app.policy.bridge import PARTS, Bridge, bridges, held_by_why
from collections_app.policy.dunning import REASONS
from collections_app.selectors.dunning import Case
from messaging.models import Message
from org.actors import Actor
from org.models import Company
from workflow.models import Job


@dataclass(slots=True)
class Group:
    """Accounts at a level or left out for a reason: how many, and currency → amount (asked for, or past due where left out)."""

    code: str
    label: str
    count: int = 0
    amounts: dict[str, int] = field(default_factory=dict)

    def add(self, currency: str, amount: int) -> None:
        """Count one more account."""
        self.count += 1
        self.amounts[currency] = self.amounts.get(currency, 0) + amount


@dataclass(frozen=True, slots=True)
class Summary:
    """What a run (or a preview) comes to: letters by level, left out by reason, and the sums of the letters."""

    levels: list[Group]
    reasons: list[Group]
    letters: Group
    left_out: Group


def companies_of(actor: Actor) -> list[Company]:
    """Companies whose dunning is in sight."""
    return list(Company.objects.visible_to(actor, "collections.view"))


def latest_of(companies: list[Company]) -> Company | None:
    """The company that dunned last, the first where none did."""
    last = dict(DunningRun.objects.filter(company__in=companies).order_by().values_list("company").annotate(last=Max("day")))
    return max(companies, key=lambda company: last.get(company.pk, date.min), default=None)


def runs_of(company: Company, limit: int = 60) -> list[DunningRun]:
    """The company's latest runs, latest first."""
    return list(DunningRun.objects.filter(company=company)[:limit])


def letters_of(actor: Actor, run: DunningRun) -> QuerySet[DunningLetter]:
    """A run's letters and left-out accounts in sight."""
    seen: Any = DunningLetter.objects.visible_to(actor, "collections.view").filter(run=run)
    found: QuerySet[DunningLetter] = seen.select_related("customer", "message").defer("customer__address")
    return found.order_by("customer__name", "currency")


def job_of(run: DunningRun) -> Job | None:
    """The background job of a run that was started by hand."""
    return Job.objects.filter(slot=f"dunning:{run.company.code}:{run.day}").first()


def summary_of_run(letters: Iterable[DunningLetter]) -> Summary:
    """The summary of a run's rows."""
    return _summary((r.reason, r.level, r.level_name, r.currency, r.held_out if r.reason else r.amount) for r in letters)


def summary_of_cases(cases: Iterable[Case]) -> Summary:
    """The summary of what would be decided."""
    return _summary(
        (d.reason, d.level, c.step.name if c.step else "", d.account.currency, d.held_out if d.reason else d.amount)
        for c in cases
        for d in (c.decision,)
    )


def bridges_of_run(letters: Iterable[DunningLetter]) -> list[Bridge]:
    """From what was past due to what the run asked for, by currency."""
    return bridges((r.currency, r.reason, r.days_past_due, r.amount, r.held_out, r.held) for r in letters)


def bridges_of_cases(cases: Iterable[Case], day: date) -> list[Bridge]:
    """The same of what would be decided."""
    decisions = [case.decision for case in cases]
    return bridges((d.account.currency, d.reason, d.days, d.amount, d.held_out, held_by_why(d, day)) for d in decisions)


def bridge_rows(found: Iterable[Bridge]) -> list[tuple[Bridge, list[tuple[str, str, int, int]]]]:
    """Each bridge with its steps down: code, words, accounts (nought where single amounts are meant), minor units; the largest first."""
    return [
        (bridge, [
            (code, PARTS.get(code) or REASONS[code].label, bridge.accounts.get(code, 0), amount)
            for code, amount in sorted(bridge.parts.items(), key=lambda part: -part[1])
        ])
        for bridge in found
    ]  # fmt: skip


def waiting_in_sight(actor: Actor, company: Company) -> QuerySet[DunningLetter]:
    """Letters that have their pages and wait to be allowed, of customers in sight of those who may."""
    seen: Any = DunningLetter.objects.visible_to(actor, "dunning.approve").filter(company=company)
    found = seen.filter(needs_approval=True, reason="", decided_by="", message__state=Message.State.DRAFT).exclude(pdf=None)
    return found.select_related("customer", "message", "run").order_by("-amount", "pk")  # type: ignore[no-any-return]


def _summary(rows: Iterable[tuple[str, int, str, str, int]]) -> Summary:
    levels: dict[int, Group] = {}
    reasons: dict[str, Group] = {}
    letters, left_out = Group("letters", "Letters"), Group("left", "Left out")
    for reason, level, name, currency, amount in rows:
        if reason:
            label = REASONS[reason].label if reason in REASONS else reason
            group, whole = reasons.setdefault(reason, Group(reason, label)), left_out
        else:
            group, whole = levels.setdefault(level, Group(str(level), f"{level or ''} {name}".strip())), letters
        group.add(currency, amount)
        whole.add(currency, amount)
    ordered = sorted(reasons.values(), key=lambda g: (-g.count, g.label))
    return Summary([levels[n] for n in sorted(levels)], ordered, letters, left_out)


def earlier_letters(letter: DunningLetter, limit: int = 12) -> list[DunningLetter]:
    """What the customer was sent in that currency before, latest first."""
    found = DunningLetter.objects.filter(customer=letter.customer_id, currency=letter.currency, reason="", run__day__lt=letter.run.day)
    return list(found.select_related("run", "message").order_by("-run__day")[:limit])
