"""Rules drafted from what people keep doing by hand. They are drafts: tried, looked at and switched on by a person."""

from datetime import date
from typing import Any

from django.db import transaction

from arops.lib import money
from cashapp import engine
from cashapp.engine.habits import Habit, habits
from cashapp.models import CashRule
from cashapp.selectors.habits import works_of
from customers.models import Customer
from disputes.models import Dispute
from org.actors import Actor, SystemActor, require
from org.models import Company
from workflow.models import Event
from workflow.services import record_many

DRAFTER = SystemActor("rules")
POSITION = 100


@transaction.atomic
def draft_from_work(*, actor: Actor, company: Company, today: date) -> list[CashRule]:
    """Draft rules from the last year's work by hand; one that says the same as a rule that is or was (a refused one too) is not made
    again. The drafts are the system's: whoever asks for them may switch them on. Raises NotAllowed."""
    require(actor, "rules.edit", company.pk)
    Company.objects.select_for_update().get(pk=company.pk)
    said = {_key(r.effect, r.customer_id, r.condition, r.values) for r in CashRule.objects.filter(company=company)}
    found = [h for h in habits(works_of(company.pk, today)) if _key(h.effect, h.customer_id, h.condition, h.values) not in said]
    names = dict(Customer.objects.filter(pk__in={h.customer_id for h in found}).values_list("pk", "name"))
    rules = [r for h in found if (r := _rule(company, h, names[h.customer_id]))]
    made = CashRule.objects.bulk_create(rules)
    record_many(_event(r) for r in made)
    return made


def _key(effect: str, customer: int | None, condition: dict[str, Any], values: dict[str, Any]) -> tuple[object, ...]:
    """What makes two rules the same. A limit of charges may move a little without being another rule."""
    told = "" if effect == "charges" else repr(sorted(values.items()))
    return effect, customer, repr(sorted(condition.items())), told


def _rule(company: Company, habit: Habit, customer: str) -> CashRule | None:
    rule = CashRule(
        company=company, name=_name(habit, customer)[:120], position=POSITION, customer_id=habit.customer_id, condition=habit.condition,
        effect=habit.effect, values=habit.values, made_by=DRAFTER.label,
        drafted_from={"cases": habit.cases, "agreeing": habit.agreeing, "examples": list(habit.examples)},
    )  # fmt: skip
    try:
        engine.read_rule(
            id=0, name=rule.name, effect=rule.effect, customer_id=rule.customer_id, condition=rule.condition, values=rule.values
        )
    except engine.OwnRuleError:
        return None
    return rule


def _name(habit: Habit, customer: str) -> str:
    if habit.effect == "payer":
        kind, value = next(iter(habit.condition.items()))
        return f"{'Account' if kind == 'payer_account' else 'Payer'} {value[:40]} is {customer[:60]}"
    if habit.effect == "on_account":
        return f"{customer[:80]}: stays on account"
    if habit.effect == "charges":
        currency, most = next(iter(habit.values["amounts"].items()))
        return f"{customer[:60]}: bank charges up to {money.format(most, currency)} {currency}"
    if habit.effect == "withholding":
        return f"{customer[:60]}: {habit.values['percent']} % tax withheld"
    return f"{customer[:60]}: short for {dict(Dispute.Reason.choices).get(habit.values['reason'], habit.values['reason'])}"


def _event(rule: CashRule) -> Event:
    return Event(
        actor=DRAFTER.label, type="rules.rule_drafted", company_id=rule.company_id, customer_ref=rule.customer_id,
        data={"rule": rule.name, "drafted_from": rule.drafted_from}, subject_type="cashapp.cashrule", subject_id=rule.pk,
    )  # fmt: skip
