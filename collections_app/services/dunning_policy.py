"""Policies of dunning: the one to begin with, and changing one. Every change is in the audit trail with before and after."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from arops.lib import money
from arops.lib.merging import LANGUAGES, TextError
from collections_app.models import DunningLevel, DunningPolicy, DunningText
from collections_app.policy import standard_texts
from collections_app.policy.letters import check_text
from collections_app.services.dunning import DunningError
from org.actors import Actor, require
from org.models import Company
from workflow.services import record

MAX_LEVELS = 9


@dataclass(frozen=True, slots=True)
class LevelDraft:
    """A level as it is to be; `texts` are (subject, body) by language, English always among them."""

    name: str
    days_past_due: int
    texts: Mapping[str, tuple[str, str]]


@dataclass(frozen=True, slots=True)
class PolicyDraft:
    """A policy as it is to be. `minimum` is in minor units of the company's currency."""

    name: str
    grace_days: int
    quiet_days: int
    minimum: int
    is_active: bool = True
    levels: Sequence[LevelDraft] = field(default_factory=tuple)


@transaction.atomic
def create_default_policy(*, actor: Actor, company: Company) -> DunningPolicy:
    """The company's policy for all its customers, with three levels (friendly, firm, final) in English and German.

    The one there is, if there is one. Raises NotAllowed.
    """
    require(actor, "dunning.edit", company.pk)
    existing = DunningPolicy.objects.filter(company=company, segment="", is_active=True).first()
    if existing:
        return existing
    minimum = standard_texts.MINIMUM_MAJOR * 10 ** money.exponent(company.base_currency)
    policy = DunningPolicy.objects.create(company=company, name="All customers")
    levels = [LevelDraft(level.name, level.days, level.texts) for level in standard_texts.LEVELS]
    draft = PolicyDraft(policy.name, standard_texts.GRACE_DAYS, standard_texts.QUIET_DAYS, minimum, levels=levels)
    _write(policy, draft)
    record(actor=actor, type="dunning_policy.created", company_id=company.pk, subject=policy, after=_told(policy))
    return policy


@transaction.atomic
def save_policy(*, actor: Actor, policy: DunningPolicy, draft: PolicyDraft) -> DunningPolicy:
    """Change a policy; letters written before stay as they were. Raises DunningError for one that makes no sense, NotAllowed."""
    require(actor, "dunning.edit", policy.company_id)
    _check(draft)
    locked = DunningPolicy.objects.select_for_update(of=("self",)).get(pk=policy.pk)
    before = _told(locked)
    _write(locked, draft)
    after = _told(DunningPolicy.objects.get(pk=locked.pk))
    if before != after:
        record(
            actor=actor, type="dunning_policy.changed", company_id=locked.company_id, subject=locked,
            before={k: v for k, v in before.items() if after[k] != v}, after={k: v for k, v in after.items() if before[k] != v},
        )  # fmt: skip
    return locked


def _check(draft: PolicyDraft) -> None:
    days = [level.days_past_due for level in draft.levels]
    if not 1 <= len(days) <= MAX_LEVELS:
        raise DunningError(f"a policy has one level at least and {MAX_LEVELS} at most")
    if days != sorted(set(days)):
        raise DunningError("each level comes later than the one before it: days past due must rise")
    if min(draft.grace_days, draft.quiet_days, draft.minimum, days[0] - 1) < 0:
        raise DunningError("days and amounts are not negative, and the first level comes after the due date")
    for number, level in enumerate(draft.levels, 1):
        _check_texts(number, level)


def _check_texts(number: int, level: LevelDraft) -> None:
    for language, (subject, body) in level.texts.items():
        where = f"level {number}, {LANGUAGES.get(language, language)}"
        if language not in LANGUAGES:
            raise DunningError(f"{where}: letters are written in {', '.join(LANGUAGES.values())}")
        if not subject.strip() or not body.strip():
            raise DunningError(f"{where}: write both subject and text")
        if "\n" in subject or "\r" in subject:
            raise DunningError(f"{where}: a subject is one line")
        try:
            check_text(subject)
            check_text(body)
        except TextError as error:
            raise DunningError(f"{where}: {error}") from error
    if "en" not in level.texts:
        raise DunningError(f"level {number}: the English text is the one for all other languages and can't be left out")


def _write(policy: DunningPolicy, draft: PolicyDraft) -> None:
    policy.name, policy.is_active = draft.name, draft.is_active
    policy.grace_days, policy.quiet_days, policy.minimum = draft.grace_days, draft.quiet_days, draft.minimum
    policy.save()
    policy.levels.filter(level__gt=len(draft.levels)).delete()
    for number, level in enumerate(draft.levels, 1):
        subject, body = level.texts["en"]
        row, _ = DunningLevel.objects.update_or_create(
            policy=policy, level=number,
            defaults={"name": level.name, "days_past_due": level.days_past_due, "subject": subject, "body": body},
        )  # fmt: skip
        row.texts.exclude(language__in=level.texts).delete()
        for language, (subject, body) in level.texts.items():
            if language != "en":
                DunningText.objects.update_or_create(level=row, language=language, defaults={"subject": subject, "body": body})


def _told(policy: DunningPolicy) -> dict[str, Any]:
    """The policy as the audit trail keeps it."""
    told: dict[str, Any] = {
        "name": policy.name, "active": policy.is_active, "grace_days": policy.grace_days, "quiet_days": policy.quiet_days,
        "minimum": policy.minimum,
    }  # fmt: skip
    for number in range(1, MAX_LEVELS + 1):
        told[f"level_{number}"] = None
    for level in policy.levels.prefetch_related("texts"):
        told[f"level_{level.level}"] = {
            "name": level.name, "days": level.days_past_due, "en": [level.subject, level.body],
            **{text.language: [text.subject, text.body] for text in level.texts.all()},
        }  # fmt: skip
    return told
