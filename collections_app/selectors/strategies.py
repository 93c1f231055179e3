"""Strategies as they stand: which version holds for whom on a day, what it says as plain values, those in sight."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import Prefetch, Q, QuerySet

from arops.lib import money
from arops.lib.http import address
from collections_app.models import Experiment, Strategy, StrategyStep, StrategyVersion
from collections_app.policy.dunning import Action, Rules
from collections_app.policy.strategy import StepDraft, VersionDraft
from collections_app.policy.strategy_changes import gone
from customers.models import Customer
from ledger.errors import MissingRate
from ledger.models import OpenItem
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
    """The strategies of a company in force on a day, read once: of a customer, of a segment, of all; with their rules in any currency.

    `instead` is a version that is taken to be in force in place of its strategy's own, to try it.
    """

    def __init__(self, company: Company, day: date, instead: StrategyVersion | None = None) -> None:
        self.company, self.day = company, day
        active: Any = StrategyVersion.objects.filter(on_day(day), strategy__company=company, strategy__is_active=True)
        if instead is not None:
            others = active.exclude(strategy=instead.strategy_id)
            active = StrategyVersion.objects.filter(Q(pk__in=others.values("pk")) | Q(pk=instead.pk))
        self.versions = list(with_steps(active))
        self._challenged = {} if instead else challenged(company, day)
        self.all_versions = [*self.versions, *(version for version, _ in self._challenged.values())]
        self._by_customer = {v.strategy.customer_id: v for v in self.versions if v.strategy.customer_id}
        self._by_segment = {v.strategy.segment: v for v in self.versions if not v.strategy.customer_id}
        self._rules: dict[tuple[int, str], Rules] = {}

    def version_of(self, customer: Customer) -> StrategyVersion | None:
        """The version that holds for the customer: its own, else its segment's, else the company's; None without any."""
        found = self._by_customer.get(customer.pk) or self._by_segment.get(customer.segment) or self._by_segment.get("")
        challenger, members = self._challenged.get(found.pk, (None, frozenset())) if found else (None, frozenset())
        return challenger if customer.pk in members else found

    def rules_of(self, customer: Customer, currency: str) -> Rules | None:
        """The customer's rules, with the minimum in that currency; None without a strategy."""
        version = self.version_of(customer)
        return self.rules_of_version(version, currency) if version else None

    def rules_of_version(self, version: StrategyVersion, currency: str) -> Rules:
        """A version's rules, with the minimum in that currency."""
        if (version.pk, currency) not in self._rules:
            minimum = minimum_in(version.minimum, self.company.base_currency, currency, self.day)
            self._rules[version.pk, currency] = rules_in(version, minimum)
        return self._rules[version.pk, currency]

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
        return max((-step.days for step in map(early_of, self.all_versions) if step), default=None)

    @property
    def longest_quiet(self) -> int:
        """The most quiet days of any strategy; one without any."""
        return max((v.quiet_days for v in self.all_versions), default=0) or 1


def challenged(company: Company, day: date) -> dict[int, tuple[StrategyVersion, frozenset[int]]]:
    """Champion → the challenger that a random share of its customers gets while an experiment runs, and those customers."""
    running = Experiment.objects.filter(company=company, state=Experiment.State.RUNNING, starts_on__lte=day)
    found = {}
    for experiment in running:
        members = experiment.members.filter(is_challenger=True, entered_on__lte=day).order_by()
        version = with_steps(StrategyVersion.objects.filter(pk=experiment.challenger_id)).get()
        found[experiment.champion_id] = (version, frozenset(members.values_list("customer", flat=True)))
    return found


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


def gone_steps(before: StrategyVersion, after: StrategyVersion | None) -> set[int]:
    """Keys of the steps of a version that another no longer has; all of them where there is no other."""
    places = gone(draft_of(before).steps, draft_of(after).steps if after else ())
    return {pk for n, pk in enumerate(before.steps.order_by("ordinal").values_list("pk", flat=True)) if n in places}


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


def own_strategy(actor: Actor, customer: Customer) -> tuple[str, str] | None:
    """Where the strategy of this customer alone is begun or changed, and its words: its latest version (a draft, where there is one), else
    a new one. None for who may not."""
    reach = actor.reach("strategies.edit")
    if not reach.everything and customer.company_id not in reach.companies:
        return None
    found: Any = StrategyVersion.objects.filter(strategy__customer=customer, strategy__is_active=True).order_by("-number").first()
    if found is not None:
        return address("collections:strategy-version", found.pk), "Change their own strategy"
    return f"{address('collections:strategy-new')}?{urlencode({'company': customer.company.code, 'customer': customer.number})}", (
        "Begin a strategy of their own"
    )


def concerned_count(company: Company, day: date) -> int:
    """How many customers have something past due."""
    return OpenItem.objects.past_due(day).filter(company=company).exclude(customer=None).values("customer").distinct().count()


def has_strategy(company: Company) -> bool:
    """Whether anybody of the company's customers is collected from by a strategy."""
    return Strategy.objects.filter(company=company, is_active=True, versions__state=State.ACTIVE).exists()


def version_on(strategy: Strategy, day: date) -> StrategyVersion | None:
    """The version of a strategy that is in force on a day."""
    return strategy.versions.filter(on_day(day)).first() if strategy.is_active else None


def versions_on(strategies: Iterable[Strategy], day: date) -> dict[int, StrategyVersion]:
    """Strategy → its version in force on a day, with its steps; those retired have none."""
    found: Any = StrategyVersion.objects.filter(on_day(day), strategy__in=[s for s in strategies if s.is_active])
    return {version.strategy_id: version for version in with_steps(found)}


def standing_of(version: StrategyVersion, today: date) -> str:
    """In words where a version stands today: `draft`, `in force since 1 Nov 2026`, `from 1 Dec 2026`, `until 30 Nov 2026`."""
    first, last = version.valid_from, version.valid_to
    if version.state not in HELD:
        return str(version.get_state_display())
    if first is not None and first == last:
        return "never in force"
    if first is not None and first > today:
        return f"from {first:%-d %b %Y}"
    if last is not None and last <= today:
        return f"until {last - timedelta(days=1):%-d %b %Y}"
    since = f" since {first:%-d %b %Y}" if first else ""
    return f"in force{since}" + (f" until {last - timedelta(days=1):%-d %b %Y}" if last else "")
