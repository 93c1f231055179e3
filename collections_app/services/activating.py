"""How a version comes into force and goes out of it: tried, by another person than its maker, from a day on."""

from datetime import date, datetime

from django.db import transaction
from django.db.models import Q

from collections_app.models import Experiment, Strategy, StrategyVersion
from collections_app.services.strategies import StrategyError, require_whole
from collections_app.services.trials import fresh_trial
from org.actors import Actor
from org.models import Company
from workflow.services import record

State = StrategyVersion.State


class MakerIsNotChecker(StrategyError):
    """Who made a version doesn't put it in force."""


@transaction.atomic
def activate_version(*, actor: Actor, version: StrategyVersion, valid_from: date, today: date, now: datetime) -> StrategyVersion:
    """Put a draft in force from a day on; what was in force until then holds up to it. It needs a fresh trial and another person.

    Raises StrategyError, MakerIsNotChecker, NotAllowed.
    """
    held = approved_draft(actor, version)
    if valid_from < today:
        raise StrategyError("a strategy comes into force today or later: letters of the past stay as they were")
    if Experiment.objects.filter(champion__strategy=held.strategy, state=Experiment.State.RUNNING).exists():
        raise StrategyError("an experiment runs on this strategy: end it first, or adopt its challenger")
    trial = fresh_trial(held, today)
    instead = follow_on(held.strategy, valid_from)
    StrategyVersion.objects.filter(pk=held.pk).update(state=State.ACTIVE, valid_from=valid_from, activated_by=actor.label, activated_at=now)
    record(
        actor=actor, type="strategy.activated", company_id=held.strategy.company_id, subject=held.strategy, version=held.pk,
        number=held.number, valid_from=valid_from.isoformat(), trial=trial.pk, instead_of=instead,
    )  # fmt: skip
    held.refresh_from_db()
    return held


def approved_draft(actor: Actor, version: StrategyVersion) -> StrategyVersion:
    """The draft, locked, if this person may let it out of drafting. Raises StrategyError, MakerIsNotChecker, NotAllowed."""
    require_whole(actor, "strategies.approve", version.strategy.company_id)
    Company.objects.select_for_update().get(pk=version.strategy.company_id)
    held = StrategyVersion.objects.select_for_update(of=("self",)).select_related("strategy__company").get(pk=version.pk)
    if held.state != State.DRAFT:
        raise StrategyError(f"version {held.number} is no draft any more")
    if not held.strategy.is_active:
        raise StrategyError("the strategy was retired: begin a new one")
    if held.made_by == actor.label:
        raise MakerIsNotChecker("you made this version: somebody else puts it in force")
    if not actor.label.startswith("user:"):
        raise StrategyError("a person puts a strategy in force")
    return held


def follow_on(strategy: Strategy, day: date) -> list[int]:
    """End what is in force from the day on: numbers of the versions that end. One that would have begun later never does."""
    rows = strategy.versions.filter(state__in=[State.ACTIVE, State.RETIRED]).filter(Q(valid_to=None) | Q(valid_to__gt=day))
    ended = []
    for row in rows:
        end = day if row.valid_from is None or row.valid_from <= day else row.valid_from
        StrategyVersion.objects.filter(pk=row.pk).update(state=State.RETIRED, valid_to=end)
        ended.append(row.number)
    return ended


@transaction.atomic
def retire_strategy(*, actor: Actor, strategy: Strategy, day: date, why: str) -> Strategy:
    """Take a strategy out of force: its customers fall to the segment's or the company's. Drafts are thrown away.

    Raises StrategyError, NotAllowed.
    """
    require_whole(actor, "strategies.approve", strategy.company_id)
    Company.objects.select_for_update().get(pk=strategy.company_id)
    held = Strategy.objects.select_for_update().get(pk=strategy.pk)
    if not held.is_active:
        return held
    if not why.strip():
        raise StrategyError("say why it is retired")
    if not held.segment and not held.customer_id:
        raise StrategyError("the strategy for all customers stays: put another version of it in force")
    if Experiment.objects.filter(champion__strategy=held, state=Experiment.State.RUNNING).exists():
        raise StrategyError("an experiment runs on this strategy: end it first")
    held.versions.filter(state=State.DRAFT).delete()
    ended = follow_on(held, day)
    held.is_active = False
    held.save(update_fields=["is_active"])
    record(actor=actor, type="strategy.retired", company_id=held.company_id, subject=held, why=why.strip()[:300], versions=ended)
    return held
