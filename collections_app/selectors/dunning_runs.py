"""Reading what dunning did: runs, letters by level, those left out by reason."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import BigIntegerField, BooleanField, Count, ExpressionWrapper, Max, Q, QuerySet, Sum
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast

from collections_app.models import DunningLetter, DunningRun
from collections_app.policy.bridge import PARTS, Bridge, bridges
from collections_app.policy.dunning import REASONS
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

    def add(self, currency: str, amount: int, accounts: int = 1) -> None:
        """Count more accounts, with what they come to together."""
        self.count += accounts
        self.amounts[currency] = self.amounts.get(currency, 0) + amount


@dataclass(frozen=True, slots=True)
class Sums:
    """Accounts of a run that have currency, reason, level and its name in common: how many, asked for, past due where left out, and held
    out by why."""

    currency: str
    reason: str
    is_late: bool
    level: int
    level_name: str
    accounts: int
    amount: int
    held_out: int
    held: dict[str, int]


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
    return seen  # type: ignore[no-any-return]


def job_of(run: DunningRun) -> Job | None:
    """The background job of a run that was started by hand."""
    return Job.objects.filter(slot=f"dunning:{run.company.code}:{run.day}").first()


def fitting(rows: QuerySet[Any], asked: Mapping[str, str]) -> QuerySet[Any]:
    """The rows of a run or of an outlook that a page asks for (`show` letters or left, `level`, `reason`, `q`), by customer."""
    if asked["show"] == "left":
        rows = rows.exclude(reason="").filter(**({"reason": asked["reason"]} if asked["reason"] else {}))
    else:
        level = asked["level"]
        rows = rows.filter(reason="", **({"level": int(level)} if level.isascii() and level.isdecimal() and len(level) < 5 else {}))
    if asked["q"]:
        rows = rows.filter(Q(customer__name__icontains=asked["q"]) | Q(customer__number__iexact=asked["q"]))
    return rows.select_related("customer").order_by("customer__name", "currency", "pk")


def sums_of(rows: QuerySet[Any]) -> list[Sums]:
    """What a run (or an outlook) comes to, one statement however many accounts there are."""
    held = {f"held_{why}": Sum(Cast(KeyTextTransform(why, "held"), BigIntegerField())) for why in PARTS}
    late = ExpressionWrapper(Q(days_past_due__gt=0), BooleanField())
    keys = ("currency", "reason", "is_late", "level", "level_name")
    grouped = rows.order_by().annotate(is_late=late).values(*keys)
    return [
        Sums(
            row["currency"], row["reason"], row["is_late"], row["level"], row["level_name"], row["n"], row["asked_for"], row["out"],
            {why: row[f"held_{why}"] for why in PARTS if row[f"held_{why}"]},
        )
        for row in grouped.annotate(n=Count("pk"), asked_for=Sum("amount"), out=Sum("held_out"), **held).order_by("-n", *keys)
    ]  # fmt: skip


def summary_of(sums: Iterable[Sums]) -> Summary:
    """Letters by level, left out by reason."""
    levels: dict[int, Group] = {}
    reasons: dict[str, Group] = {}
    letters, left_out = Group("letters", "Letters"), Group("left", "Left out")
    for s in sums:
        if s.reason:
            label = REASONS[s.reason].label if s.reason in REASONS else s.reason
            group, whole, amount = reasons.setdefault(s.reason, Group(s.reason, label)), left_out, s.held_out
        else:
            group = levels.setdefault(s.level, Group(str(s.level), f"{s.level or ''} {s.level_name}".strip()))
            whole, amount = letters, s.amount
        group.add(s.currency, amount, s.accounts)
        whole.add(s.currency, amount, s.accounts)
    ordered = sorted(reasons.values(), key=lambda g: (-g.count, g.label))
    return Summary([levels[n] for n in sorted(levels)], ordered, letters, left_out)


def bridges_of(sums: Iterable[Sums]) -> list[Bridge]:
    """From what was past due to what is asked for, by currency."""
    return bridges((s.currency, s.reason, s.is_late, s.accounts, s.amount, s.held_out, s.held) for s in sums)


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


def earlier_letters(letter: DunningLetter, limit: int = 12) -> list[DunningLetter]:
    """What the customer was sent in that currency before, latest first."""
    found = DunningLetter.objects.filter(customer=letter.customer_id, currency=letter.currency, reason="", run__day__lt=letter.run.day)
    return list(found.select_related("run", "message").order_by("-run__day")[:limit])
