"""Strategies and the drafts of their versions: the one to begin with, others for a segment or a customer, changing and throwing away.

A draft is changed by its maker and changes nothing for anybody; see `activating` for how one comes into force.
"""

from typing import Any

from django.db import transaction
from django.db.models import Max

from arops.lib import money
from arops.lib.refusal import Refused
from collections_app.models import Strategy, StrategyStep, StrategyText, StrategyVersion
from collections_app.policy import standard_texts
from collections_app.policy.strategy import DraftError, StepDraft, VersionDraft, check, fingerprint
from collections_app.selectors.strategies import draft_of
from customers.models import Customer
from org.actors import Actor, require
from org.models import Company
from workflow.services import record

State = StrategyVersion.State


class StrategyError(Refused):
    """A strategy or version that can't be as asked; the message says why."""


class StaleDraft(StrategyError):
    """Somebody changed the draft after it was looked at."""


def require_whole(actor: Actor, permission: str, company_id: int) -> None:
    """What decides over every customer isn't changed by whoever works on a portfolio alone. Raises NotAllowed, StrategyError."""
    require(actor, permission, company_id)
    reach = actor.reach(permission)
    if not reach.everything and company_id not in reach.companies:
        raise StrategyError("this decides over all customers: somebody whose role is of the whole company changes it")


@transaction.atomic
def create_standard_strategy(*, actor: Actor, company: Company) -> Strategy:
    """The company's strategy for all its customers: three mails (friendly, firm, final) in English and German, in force since ever.

    It is the product's and nobody's opinion, so that a company can begin; changes to it take two people. The one there is, if there is one.
    Raises NotAllowed, StrategyError.
    """
    require_whole(actor, "strategies.edit", company.pk)
    Company.objects.select_for_update().get(pk=company.pk)
    existing = Strategy.objects.filter(company=company, segment="", customer=None, is_active=True).first()
    if existing:
        return existing
    strategy = Strategy.objects.create(company=company, name="All customers")
    version = StrategyVersion.objects.create(strategy=strategy, number=1, made_by=actor.label)
    _write(version, standard_draft(company))
    StrategyVersion.objects.filter(pk=version.pk).update(state=State.ACTIVE)
    record(actor=actor, type="strategy.created", company_id=company.pk, subject=strategy, name=strategy.name, version=version.pk)
    return strategy


def standard_draft(company: Company) -> VersionDraft:
    """The product's own version, with the minimum in whole units of the company's currency."""
    minimum = standard_texts.MINIMUM_MAJOR * 10 ** money.exponent(company.base_currency)
    tones = ("friendly", "firm", "final")
    levels = zip(standard_texts.LEVELS, tones, strict=True)
    steps = [StepDraft("email", level.days, level.name, level.texts, tone) for level, tone in levels]
    return VersionDraft(standard_texts.GRACE_DAYS, standard_texts.QUIET_DAYS, minimum, steps)


@transaction.atomic
def create_strategy(
    *, actor: Actor, company: Company, name: str, segment: str = "", customer: Customer | None = None, base: StrategyVersion | None = None
) -> StrategyVersion:
    """A strategy for a segment or one customer, with a first draft that says what `base` says, else the standard. Nothing changes yet.

    Raises StrategyError, NotAllowed.
    """
    require_whole(actor, "strategies.edit", company.pk)
    name, segment = name.strip()[:60], segment.strip()[:40]
    if not name:
        raise StrategyError("give the strategy a name")
    if segment and customer:
        raise StrategyError("a strategy is for a segment or for one customer, not for both")
    if (customer and customer.company_id != company.pk) or (base and base.strategy.company_id != company.pk):
        raise StrategyError("customer and strategy are of one company")
    Company.objects.select_for_update().get(pk=company.pk)
    same = Strategy.objects.filter(company=company, is_active=True, customer=customer)
    if (same if customer else same.filter(segment=segment)).exists():
        whom = customer.name if customer else f"segment {segment}" if segment else "all customers"
        raise StrategyError(f"there is a strategy for {whom} already: draft a new version of it")
    strategy = Strategy.objects.create(company=company, name=name, segment=segment, customer=customer)
    version = StrategyVersion.objects.create(strategy=strategy, number=1, made_by=actor.label)
    _write(version, draft_of(base) if base else standard_draft(company))
    record(
        actor=actor, type="strategy.created", company_id=company.pk, subject=strategy, name=name, segment=segment,
        customer=customer.number if customer else "", version=version.pk,
    )  # fmt: skip
    return version


@transaction.atomic
def draft_version(*, actor: Actor, strategy: Strategy, base: StrategyVersion | None = None, why: str = "") -> StrategyVersion:
    """A new version that begins as `base`, else as the latest one. Raises StrategyError, NotAllowed."""
    require_whole(actor, "strategies.edit", strategy.company_id)
    if base is not None and base.strategy_id != strategy.pk:
        raise StrategyError("a version is drafted from one of its own strategy")
    held = Strategy.objects.select_for_update().get(pk=strategy.pk)
    if not held.is_active:
        raise StrategyError("the strategy was retired: begin a new one")
    last = held.versions.aggregate(last=Max("number"))["last"] or 0
    base = base or held.versions.filter(number=last).first()
    made = StrategyVersion.objects.create(strategy=held, number=last + 1, why=why.strip()[:500], made_by=actor.label)
    _write(made, draft_of(base) if base else standard_draft(held.company))
    record(
        actor=actor, type="strategy.drafted", company_id=held.company_id, subject=held, version=made.pk, number=made.number,
        base=base.number if base else None,
    )  # fmt: skip
    return made


@transaction.atomic
def change_version(*, actor: Actor, version: StrategyVersion, draft: VersionDraft, seen: int) -> StrategyVersion:
    """Change a draft of one's own. `seen` is its revision as it was looked at. It asks for a new trial.

    Raises StrategyError for one that makes no sense, StaleDraft, NotAllowed.
    """
    held = _own_draft(actor, version)
    if held.revision != seen:
        raise StaleDraft(f"version {held.number} was changed meanwhile: look at it again")
    try:
        check(draft)
    except DraftError as error:
        raise StrategyError(str(error)) from None
    before = told(draft_of(held))
    _write(held, draft)
    after = told(draft)
    changed = {key: [before.get(key), after.get(key)] for key in {**before, **after} if before.get(key) != after.get(key)}
    if changed:
        record(
            actor=actor, type="strategy.changed", company_id=held.strategy.company_id, subject=held.strategy, version=held.pk,
            number=held.number, changed=changed,
        )  # fmt: skip
    return held


@transaction.atomic
def discard_version(*, actor: Actor, version: StrategyVersion) -> None:
    """Throw a draft of one's own away, with its trials; with it a strategy that never had another. Raises StrategyError, NotAllowed."""
    held = _own_draft(actor, version)
    strategy = held.strategy
    record(actor=actor, type="strategy.discarded", company_id=strategy.company_id, subject=strategy, number=held.number)
    held.delete()
    if not strategy.versions.exists():
        strategy.delete()


def _own_draft(actor: Actor, version: StrategyVersion) -> StrategyVersion:
    held = StrategyVersion.objects.select_for_update(of=("self",)).select_related("strategy__company").get(pk=version.pk)
    require_whole(actor, "strategies.edit", held.strategy.company_id)
    if held.state != State.DRAFT:
        raise StrategyError(f"version {held.number} was put in force once and stays as it is: draft a new one from it")
    if held.made_by != actor.label:
        raise StrategyError("only its maker changes a draft: make your own version from it")
    return held


def _write(version: StrategyVersion, draft: VersionDraft) -> None:
    """The version as drafted, its steps anew: a draft's steps are referred to by nothing."""
    version.grace_days, version.quiet_days, version.minimum = draft.grace_days, draft.quiet_days, draft.minimum
    version.stops, version.why = sorted(draft.stops), draft.why.strip()[:500] or version.why
    version.content_hash, version.revision = fingerprint(draft), version.revision + 1
    version.save()
    version.steps.all().delete()
    steps = StrategyStep.objects.bulk_create(_row(version, number, step) for number, step in enumerate(draft.steps, 1))
    StrategyText.objects.bulk_create(
        StrategyText(step=row, language=language, subject=subject, body=body)
        for row, step in zip(steps, draft.steps, strict=True)
        for language, (subject, body) in sorted(step.texts.items())
        if language != "en"
    )


def _row(version: StrategyVersion, number: int, step: StepDraft) -> StrategyStep:
    subject, body = step.texts.get("en", ("", ""))
    return StrategyStep(
        version=version, ordinal=number, channel=step.channel, days=step.days, name=step.name[:40], tone=step.tone, signer=step.signer,
        signed_by=step.signed_by.strip()[:120], subject=subject, body=body, with_statement=step.with_statement,
        with_copies=step.with_copies, needs_approval=step.needs_approval, escalate_to=step.escalate_to, minutes=step.minutes,
    )  # fmt: skip


def told(draft: VersionDraft) -> dict[str, Any]:
    """A version as the audit trail keeps it: its rules, and each step under its number."""
    rules = {"grace_days": draft.grace_days, "quiet_days": draft.quiet_days, "minimum": draft.minimum, "stops": sorted(draft.stops)}
    return rules | {
        f"step_{number}": {
            "how": step.channel, "days": step.days, "name": step.name, "tone": step.tone, "signed_by": step.signed_by or step.signer,
            "encloses": [w for w, on in (("statement", step.with_statement), ("copies", step.with_copies)) if on],
            "needs_approval": step.needs_approval, "escalate_to": step.escalate_to, "minutes": step.minutes,
            **{language: list(words) for language, words in step.texts.items()},
        }
        for number, step in enumerate(draft.steps, 1)
    }  # fmt: skip
