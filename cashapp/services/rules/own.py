"""A company's own rules: written by hand or taken over from what the system drafted, tried, switched on by somebody else, retired."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction

from cashapp.models import CashRule
from cashapp.selectors.rules import rules_in_sight
from cashapp.services.rules.errors import MakerIsNotChecker, RuleRefused, StaleVersion
from cashapp.services.rules.testing import fresh_test, readable
from customers.models import Customer
from org.actors import Actor, require
from org.models import Company
from workflow.services import record

State = CashRule.State
SYSTEM_MADE = "system:"
"""Rules whose maker's label begins so were drafted by the system."""


@transaction.atomic
def draft_rule(
    *, actor: Actor, company: Company, name: str, effect: str, condition: Mapping[str, Any], values: Mapping[str, Any],
    customer: Customer | None = None, position: int = 100, drafted_from: Mapping[str, Any] | None = None,
) -> CashRule:  # fmt: skip
    """A rule that isn't in force yet. Raises RuleRefused for one that can't be, NotAllowed."""
    require(actor, "rules.edit", company.pk)
    rule = CashRule(company=company, made_by=actor.label, drafted_from=dict(drafted_from or {}))
    _set(rule, actor, name, effect, condition, values, customer, position)
    rule.save()
    _record(actor, "rules.rule_drafted", rule)
    return rule


@transaction.atomic
def change_rule(
    *, actor: Actor, rule: CashRule, version: int, name: str, effect: str, condition: Mapping[str, Any], values: Mapping[str, Any],
    customer: Customer | None = None, position: int = 100,
) -> CashRule:  # fmt: skip
    """Change a draft of one's own; a draft of the system becomes the actor's own by it. An edit asks for a new trial.

    Raises RuleRefused, StaleVersion, NotAllowed.
    """
    held = _held(rule, actor, "rules.edit")
    if held.state != State.DRAFT:
        raise RuleRefused(f"“{held.name}” is {held.get_state_display()} and stays as it is: draft a new rule from it")
    if held.version != version:
        raise StaleVersion(f"“{held.name}” was changed meanwhile: look at it again")
    if held.made_by != actor.label and not held.made_by.startswith(SYSTEM_MADE):
        raise RuleRefused("only its maker changes a draft: draft your own rule")
    before = _plain(held)
    _set(held, actor, name, effect, condition, values, customer, position)
    held.version += 1
    held.made_by = actor.label
    held.save()
    _record(actor, "rules.rule_changed", held, before=before)
    return held


def _set(
    rule: CashRule, actor: Actor, name: str, effect: str, condition: Mapping[str, Any], values: Mapping[str, Any],
    customer: Customer | None, position: int,
) -> None:  # fmt: skip
    if not name.strip():
        raise RuleRefused("give the rule a name that says what it does")
    if customer is not None and customer.company_id != rule.company_id:
        raise RuleRefused("the customer is another company's")
    if customer is not None and not Customer.objects.visible_to(actor, "rules.edit").filter(pk=customer.pk).exists():
        raise RuleRefused("the customer is not among those you work on")
    rule.name, rule.effect, rule.customer, rule.position = name.strip()[:120], effect, customer, position
    rule.condition = {k: v for k, v in condition.items() if v not in (None, "")}
    rule.values = {k: v for k, v in values.items() if v not in (None, "", {})}
    readable(rule)


@transaction.atomic
def switch_on_rule(*, actor: Actor, rule: CashRule, version: int, today: date, now: datetime) -> CashRule:
    """Put a rule in force: by another person than its maker, with a fresh trial of just what it says.

    Raises NotTried, MakerIsNotChecker, RuleRefused, StaleVersion, NotAllowed.
    """
    held = _held(rule, actor, "rules.approve")
    if held.version != version:
        raise StaleVersion(f"“{held.name}” was changed meanwhile: look at it again")
    if held.state != State.DRAFT:
        raise RuleRefused(f"“{held.name}” is {held.get_state_display()}")
    if held.made_by == actor.label:
        raise MakerIsNotChecker("you made this rule: somebody else switches it on")
    if not actor.label.startswith("user:"):
        raise RuleRefused("a person switches rules on")
    readable(held)
    test = fresh_test(held, today)
    return _decide(held, actor, State.ACTIVE, now, "rules.rule_activated", test=test.pk)


@transaction.atomic
def refuse_rule(*, actor: Actor, rule: CashRule, reason: str, now: datetime) -> CashRule:
    """Say no to a draft; the system won't draft it again. Raises RuleRefused, NotAllowed."""
    held = _held(rule, actor, "rules.approve")
    if held.state != State.DRAFT:
        raise RuleRefused(f"“{held.name}” is {held.get_state_display()}")
    if held.made_by == actor.label:
        raise MakerIsNotChecker("you made this rule: throw it away instead")
    if not reason.strip():
        raise RuleRefused("say why it is refused")
    return _decide(held, actor, State.REFUSED, now, "rules.rule_refused", reason=reason.strip())


@transaction.atomic
def retire_rule(*, actor: Actor, rule: CashRule, reason: str, now: datetime) -> CashRule:
    """Take a rule out of force; who made it may do so too, for less is let through afterwards. Raises RuleRefused, NotAllowed."""
    held = _held(rule, actor, "rules.approve")
    if held.state != State.ACTIVE:
        raise RuleRefused(f"“{held.name}” is not in force")
    if not reason.strip():
        raise RuleRefused("say why it is taken out of force")
    held.state, held.retired_at, held.version = State.RETIRED, now, held.version + 1
    held.save()
    _record(actor, "rules.rule_retired", held, reason=reason.strip())
    return held


@transaction.atomic
def discard_rule(*, actor: Actor, rule: CashRule) -> None:
    """Throw a draft of one's own away. Raises RuleRefused, NotAllowed."""
    held = _held(rule, actor, "rules.edit")
    if held.state != State.DRAFT or held.made_by != actor.label:
        raise RuleRefused("only a draft of one's own is thrown away")
    _record(actor, "rules.rule_discarded", held)
    held.delete()


def _decide(rule: CashRule, actor: Actor, state: str, now: datetime, type: str, **data: Any) -> CashRule:
    rule.state, rule.decided_by, rule.decided_at, rule.version = state, actor.label, now, rule.version + 1
    rule.save()
    _record(actor, type, rule, **data)
    return rule


def _held(rule: CashRule, actor: Actor, permission: str) -> CashRule:
    """The rule as it stands, locked; in the actor's sight, or as if it weren't there."""
    require(actor, permission, rule.company_id)
    seen = rules_in_sight(actor, permission).filter(pk=rule.pk).values("pk")
    locked = CashRule.objects.select_for_update(of=("self",), no_key=True).select_related("company")
    found = locked.filter(pk__in=seen).first()
    if found is None:
        raise RuleRefused("there is no such rule any more")
    return found


def _plain(rule: CashRule) -> dict[str, Any]:
    return {
        "name": rule.name, "effect": rule.effect, "condition": rule.condition, "values": rule.values, "position": rule.position,
        "customer": rule.customer_id,
    }  # fmt: skip


def _record(actor: Actor, type: str, rule: CashRule, **data: Any) -> None:
    record(
        actor=actor, type=type, company_id=rule.company_id, subject=rule, customer_id=rule.customer_id, rule=rule.name,
        says=_plain(rule), **data,
    )  # fmt: skip
