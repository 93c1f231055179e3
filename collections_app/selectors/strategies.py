"""Strategies as they stand: which version holds for whom on a day, what it says as plain values, those in sight."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db.models import Prefetch, Q, QuerySet

from arops.lib import money
from collections_app.models import Strategy, StrategyStep, StrategyVersion
from collections_app.policy.dunning import Action, Rules
from collections_app.policy.strategy import StepDraft, VersionDraft
from customers.models import Customer
from ledger.errors import MissingRate
from ledger.selectors import rate_on
from org.actors import Actor
from org.models import Company

State = StrategyVersion.State
HELD = (State.ACTIVE, State.RETIRED)
"""States of versions that are or were in force in the days they bear."""


def on_day(day: date) -> Q:
    """Versions in force on a day."""
    begun = Q(valid_from=None) | Q(valid_from__lte=day)
    return Q(state__in=HELD) & begun & (Q(valid_to=None) | Q(valid_to__gt=day))


def with_steps(versions: QuerySet[StrategyVersion]) -> QuerySet[StrategyVersion]:
    """Versions with their strategies, steps and words, in three queries."""
    steps = StrategyStep.objects.order_by("ordinal").prefetch_related("texts")
    return versions.select_related("strategy").prefetch_related(Prefetch("steps", steps))


class StrategyBook:
    """The strategies of a company in force on a day, read once: of a customer, of a segment, of all; with their rules in any currency."""

    def __init__(self, company: Company, day: date) -> None:
        self.company, self.day = company, day
        active: Any = StrategyVersion.objects.filter(on_day(day), strategy__company=company, strategy__is_active=True)
        self.versions = list(with_steps(active))
        self._by_customer = {v.strategy.customer_id: v for v in self.versions if v.strategy.customer_id}
        self._by_segment = {v.strategy.segment: v for v in self.versions if not v.strategy.customer_id}
        self._rules: dict[tuple[int, str], Rules] = {}

    def version_of(self, customer: Customer) -> StrategyVersion | None:
        """The version that holds for the customer: its own, else its segment's, else the company's; None without any."""
        found = self._by_customer.get(customer.pk) or self._by_segment.get(customer.segment)
        return found or self._by_segment.get("")

    def rules_of(self, customer: Customer, currency: str) -> Rules | None:
        """The customer's rules, with the minimum in that currency; None without a strategy."""
        version = self.version_of(customer)
        if version is None:
            return None
        if (version.pk, currency) not in self._rules:
            self._rules[version.pk, currency] = self._read(version, currency)
        return self._rules[version.pk, currency]

    def _read(self, version: StrategyVersion, currency: str) -> Rules:
        minimum = minimum_in(version.minimum, self.company.base_currency, currency, self.day)
        return rules_in(version, minimum)

    def step_of(self, customer: Customer, number: int) -> StrategyStep | None:
        """The number-th written step of the customer's strategy; None where there is no such level."""
        version = self.version_of(customer)
        levels = levels_of(version) if version else []
        return levels[number - 1] if 0 < number <= len(levels) else None

    def early_step_of(self, customer: Customer) -> StrategyStep | None:
        """The step that announces what falls due; None where the strategy has none."""
        version = self.version_of(customer)
        return early_of(version) if version else None

    @property
    def longest_early(self) -> int | None:
        """Within how many days of their due date items are announced at most; None where no strategy does it."""
        return max((-step.days for step in map(early_of, self.versions) if step), default=None)

    @property
    def longest_quiet(self) -> int:
        """The most quiet days of any strategy; one without any."""
        return max((v.quiet_days for v in self.versions), default=0) or 1


def levels_of(version: StrategyVersion) -> list[StrategyStep]:
    """The written steps after the due date, in their order: the levels of dunning."""
    return [step for step in version.steps.all() if step.is_written and not step.is_early]


def early_of(version: StrategyVersion) -> StrategyStep | None:
    """The written step at or before the due date; None without one."""
    return next((step for step in version.steps.all() if step.is_written and step.is_early), None)


def rules_in(version: StrategyVersion, minimum: int) -> Rules:
    """A version as the pure rules read it, with the minimum in the currency of the accounts."""
    steps = list(version.steps.all())
    written = [step.is_written and not step.is_early for step in steps]
    actions = tuple(
        Action(step.pk, step.channel, step.days, sum(written[:number])) for number, step in enumerate(steps) if not step.is_written
    )
    early = early_of(version)
    return Rules(
        tuple(step.days for step in levels_of(version)), version.grace_days, version.quiet_days, minimum, frozenset(version.stops),
        -early.days if early else None, actions,
    )  # fmt: skip


def minimum_in(minimum: int, base: str, currency: str, day: date) -> int:
    """The minimum in another currency at the day's rate; the same number of whole units where there is no rate."""
    try:
        return money.convert(minimum, base, rate_on(base, currency, day), currency)
    except MissingRate:
        return money.round_to_minor(money.to_decimal(minimum, base), currency)


def draft_of(version: StrategyVersion) -> VersionDraft:
    """What the version says, as plain values."""
    steps = tuple(_step(step) for step in version.steps.order_by("ordinal").prefetch_related("texts"))
    return VersionDraft(version.grace_days, version.quiet_days, version.minimum, steps, tuple(version.stops), version.why)


def _step(step: StrategyStep) -> StepDraft:
    own = {"en": (step.subject, step.body)} if step.subject or step.body else {}
    texts = own | {text.language: (text.subject, text.body) for text in step.texts.all()}
    return StepDraft(
        step.channel, step.days, step.name, texts, step.tone, step.signer, step.signed_by, step.with_statement, step.with_copies,
        step.needs_approval, step.escalate_to, step.minutes,
    )  # fmt: skip


def strategies_in_sight(actor: Actor, companies: Iterable[Company], **only: Any) -> list[Strategy]:
    """Strategies of the companies, that for all first, then by segment, then of single customers; each with its versions, latest first.

    One for a customer is seen by those who see the customer.
    """
    seen: Any = Strategy.objects.visible_to(actor, "collections.view").filter(company__in=list(companies), **only)
    found = seen.select_related("company", "customer").prefetch_related("versions")
    mine = set(Customer.objects.visible_to(actor, "collections.view").filter(strategies__in=seen).values_list("pk", flat=True))
    rows = [s for s in found if s.customer_id is None or s.customer_id in mine]
    return sorted(rows, key=lambda s: (s.company.code, not s.is_active, s.customer_id is not None, s.segment, s.name))


def has_strategy(company: Company) -> bool:
    """Whether anybody of the company's customers is collected from by a strategy."""
    return Strategy.objects.filter(company=company, is_active=True, versions__state=State.ACTIVE).exists()


def version_on(strategy: Strategy, day: date) -> StrategyVersion | None:
    """The version of a strategy that is in force on a day."""
    return strategy.versions.filter(on_day(day)).first() if strategy.is_active else None


def by_strategy(versions: Iterable[StrategyVersion]) -> dict[int, list[StrategyVersion]]:
    """Strategy → its versions, in the order given."""
    found: dict[int, list[StrategyVersion]] = defaultdict(list)
    for version in versions:
        found[version.strategy_id].append(version)
    return found
