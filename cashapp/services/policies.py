"""What a company lets the engine do alone, and people without asking: changed by two. One asks, another lets it count."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from cashapp.models import MatchPolicy, PolicyChange
from cashapp.selectors.engine_input import policy_of
from cashapp.services.errors import CashError
from cashapp.services.rules.matrix import require_whole
from org.actors import Actor
from org.models import Company
from workflow.services import record

KEPT_ELSEWHERE = {"id", "company", "alert_days", "updated_at"}
SETTABLE = {f.name for f in MatchPolicy._meta.concrete_fields} - KEPT_ELSEWHERE
"""What a change may name: every field of the policy but what stands on pages of its own."""

State = PolicyChange.State


class PolicyRefused(CashError):
    """A change that can't be asked for or decided so; the message says what to do."""


class MakerDecides(PolicyRefused):
    """Whoever asked for a change is not the one who decides on it."""


@transaction.atomic
def ask_policy_change(*, actor: Actor, company: Company, why: str, **wanted: Any) -> PolicyChange:
    """Ask for other values of fields of a company's policy (`SETTABLE`; amounts in minor units by currency). Nothing counts before
    somebody else approves it; of what is named only what differs is kept.

    Raises TypeError for a field that isn't one, PolicyRefused, NotAllowed.
    """
    require_whole(actor, "rules.edit", company.pk)
    if unknown := wanted.keys() - SETTABLE:
        raise TypeError(f"a match policy has no {', '.join(sorted(unknown))}")
    if not why.strip():
        raise PolicyRefused("say why it is to be changed: whoever approves reads it")
    Company.objects.select_for_update(no_key=True).get(pk=company.pk)
    if PolicyChange.objects.filter(company=company, state=State.WAITING).exists():
        raise PolicyRefused("another change waits for approval: have it decided, or withdraw it, first")
    stands = _values(policy_of(company.pk), wanted)
    new = {name: value for name, value in _as_stored(wanted).items() if value != stands[name]}
    if not new:
        raise PolicyRefused("nothing is different from what counts now")
    change = PolicyChange.objects.create(
        company=company, wanted=new, before={name: stands[name] for name in new}, why=why.strip()[:500], asked_by=actor.label
    )
    _record(actor, "match_policy.change_asked", change)
    return change


@transaction.atomic
def approve_policy_change(*, actor: Actor, change: PolicyChange, now: datetime, words: str = "") -> MatchPolicy:
    """Let a change count that somebody else asked for. Raises PolicyRefused where the policy is another one by now, MakerDecides,
    NotAllowed."""
    held = _held(change, actor)
    policy = MatchPolicy.objects.select_for_update().filter(company=held.company_id).first() or MatchPolicy(company=held.company)
    if _values(policy, held.wanted) != held.before:
        raise PolicyRefused("the policy was changed since this was asked for: refuse it, and have it asked for anew")
    for name, value in held.wanted.items():
        field: Any = MatchPolicy._meta.get_field(name)
        setattr(policy, name, field.to_python(value))
    policy.save()
    _decide(held, State.APPROVED, actor, now, words)
    changed = {name: [held.before[name], value] for name, value in held.wanted.items()}
    record(
        actor=actor, type="match_policy.changed", company_id=held.company_id, subject=policy, changed=changed, asked_by=held.asked_by,
        change=held.pk,
    )  # fmt: skip
    return policy


@transaction.atomic
def refuse_policy_change(*, actor: Actor, change: PolicyChange, now: datetime, words: str) -> PolicyChange:
    """Say no to a change, with the reason. Raises PolicyRefused, MakerDecides, NotAllowed."""
    if not words.strip():
        raise PolicyRefused("say why it is refused: whoever asked reads it")
    held = _held(change, actor)
    _decide(held, State.REFUSED, actor, now, words)
    _record(actor, "match_policy.change_refused", held, reason=held.decided_words)
    return held


@transaction.atomic
def withdraw_policy_change(*, actor: Actor, change: PolicyChange, now: datetime) -> PolicyChange:
    """Take a change back that one asked for. Raises PolicyRefused, NotAllowed."""
    require_whole(actor, "rules.edit", change.company_id)
    held = _waiting(change)
    if held.asked_by != actor.label:
        raise PolicyRefused("a change is withdrawn by whoever asked for it: refuse it instead")
    _decide(held, State.WITHDRAWN, actor, now, "")
    _record(actor, "match_policy.change_withdrawn", held)
    return held


def _held(change: PolicyChange, actor: Actor) -> PolicyChange:
    """The change, locked, for whoever may decide on it."""
    require_whole(actor, "rules.approve", change.company_id)
    held = _waiting(change)
    if held.asked_by == actor.label:
        raise MakerDecides("you asked for this change: somebody else decides")
    if not actor.label.startswith("user:"):
        raise MakerDecides("a person decides on a change of the policy")
    return held


def _waiting(change: PolicyChange) -> PolicyChange:
    held: PolicyChange = PolicyChange.objects.select_for_update(of=("self",), no_key=True).select_related("company").get(pk=change.pk)
    if held.state != State.WAITING:
        raise PolicyRefused("this change was decided meanwhile" if held.decided_by != held.asked_by else "this change was withdrawn")
    return held


def _decide(held: PolicyChange, state: str, actor: Actor, now: datetime, words: str) -> None:
    held.state, held.decided_by, held.decided_at, held.decided_words = state, actor.label, now, words.strip()[:500]
    held.save(update_fields=["state", "decided_by", "decided_at", "decided_words"])


def _as_stored(wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Values in the form in which the policy keeps them: 1.0 percent is 1.00. Raises PolicyRefused for what a field can't hold."""
    trial = MatchPolicy(**wanted)
    try:
        trial.clean_fields(exclude=[f.name for f in MatchPolicy._meta.fields if f.name not in wanted])
    except ValidationError as error:
        raise PolicyRefused("; ".join(error.messages)) from None
    return _values(trial, wanted)


def _values(policy: MatchPolicy, names: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _plain(getattr(policy, name)) for name in names}


def _plain(value: Any) -> Any:
    return f"{value:.2f}" if isinstance(value, Decimal) else value


def _record(actor: Actor, type: str, change: PolicyChange, **data: Any) -> None:
    changed = {name: [change.before[name], value] for name, value in change.wanted.items()}
    record(actor=actor, type=type, company_id=change.company_id, subject=change, changed=changed, why=change.why, **data)
