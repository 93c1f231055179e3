"""Own rules as lists and pages show them: in words, with their evidence, and which of them get in each other's way."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from arops.lib import money
from cashapp import engine
from cashapp.engine.conflicts import Clash, both_hold, clashes
from cashapp.engine.own import OwnRule
from cashapp.models import CashRule, Receipt
from cashapp.selectors.rules import engine_rules, rules_in_sight
from disputes.models import Dispute
from disputes.policy.statistics import rounded, wilson
from org.actors import Actor

STATES = (
    ("", "drafts and in force"),
    ("draft", "drafts"),
    ("active", "in force"),
    ("refused", "refused"),
    ("retired", "retired"),
    ("all", "all"),
)
WORDS = {
    "payer_account": "paid from {}", "payer_name": "payer {}", "text": "text holds “{}”", "channel": "by {}", "currency": "in {}",
    "from": "from {}", "to": "to {}",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Listed:
    """A rule with what a list says of it."""

    rule: CashRule
    when: str
    does: str
    drafted: bool
    cases: int
    agreeing: int

    @property
    def evidence(self) -> str:
        """Of a draft of the system: how often it would have been right, with the interval."""
        if not self.cases:
            return ""
        low = rounded(100 * wilson(self.agreeing, self.cases).low, 0)
        return f"{self.agreeing} of {self.cases} (at least {low} %)"


def listed(actor: Actor, company_id: int | None, state: str = "", text: str = "") -> list[Listed]:
    """Rules of a company in sight, by state and text, in the order in which they are asked."""
    rules = rules_in_sight(actor).filter(company=company_id).select_related("customer", "company")
    if state != "all":
        rules = rules.filter(state__in=[state] if state else [CashRule.State.DRAFT, CashRule.State.ACTIVE])
    if text:
        rules = rules.filter(name__icontains=text)
    return [told(r) for r in rules.order_by("position", "pk")]


def told(rule: CashRule) -> Listed:
    """A rule in words."""
    made = rule.drafted_from or {}
    return Listed(
        rule,
        when_words(rule.condition),
        effect_words(rule),
        rule.made_by.startswith("system:"),
        made.get("cases", 0),
        made.get("agreeing", 0),
    )


def when_words(condition: Mapping[str, Any]) -> str:
    """The condition as a person says it; "always" for none."""
    parts = [words.format(condition[name]) for name, words in WORDS.items() if condition.get(name)]
    currency = condition.get("currency", "")
    for name, word in (("low", "from"), ("high", "up to")):
        if condition.get(name) is not None and currency:
            parts.append(f"{word} {money.format(condition[name], currency)}")
    return ", ".join(parts) or "always"


def effect_words(rule: CashRule) -> str:
    """What it does, with its figures."""
    if rule.effect == CashRule.Effect.CHARGES:
        limits = ", ".join(f"{money.format(a, c)} {c}" for c, a in sorted((rule.values.get("amounts") or {}).items()))
        return f"bank charges up to {limits} are ours"
    if rule.effect == CashRule.Effect.WITHHOLDING:
        return f"{rule.values.get('percent')} % tax is withheld"
    if rule.effect == CashRule.Effect.DEDUCTION:
        reason = rule.values.get("reason", "")
        return f"the short part is a deduction for {dict(Dispute.Reason.choices).get(reason, reason)}"
    return str(rule.get_effect_display())


def clashes_of(rules: Iterable[CashRule]) -> list[Clash]:
    """What is wrong between rules of one company: those in force and drafts."""
    live = [r for r in rules if r.state in (CashRule.State.ACTIVE, CashRule.State.DRAFT)]
    return clashes(engine_rules(live))


LATELY = 5_000
"""As many of the latest receipts are laid beside rules that clash."""


@dataclass(frozen=True, slots=True)
class Meeting:
    """A clash with the latest receipts in sight that both rules fit: how many, and the first of them."""

    clash: Clash
    count: int
    receipts: list[Receipt]


def meetings(actor: Actor, company_id: int, found: Sequence[Clash]) -> list[Meeting]:
    """Clashes with the receipts that they are about: those that are sure to matter first. One query, however many clashes."""
    if not found:
        return []
    rows: Any = Receipt.objects.visible_to(actor, "cash.view").filter(company=company_id).order_by("-pk")
    latest = list(rows[:LATELY])
    plain = [_plain(r) for r in latest]
    by_key = {r.pk: r for r in latest}
    met = [(c, both_hold(c, plain)) for c in found]
    told = [Meeting(c, len(ids), [by_key[pk] for pk in ids[:3]]) for c, ids in met]
    return sorted(told, key=lambda m: (not m.clash.never, -m.count))


def _plain(r: Receipt) -> engine.Receipt:
    return engine.Receipt(
        r.pk, r.amount, r.currency, r.value_date, r.payer_name, r.payer_account, r.text, customer_id=r.customer_id, channel=r.channel
    )


def examples_of(actor: Actor, rule: CashRule) -> QuerySet[Receipt]:
    """The receipts that a draft was made from, in sight."""
    wanted: Sequence[int] = (rule.drafted_from or {}).get("examples", [])
    seen: Any = Receipt.objects.visible_to(actor, "cash.view").filter(pk__in=wanted)
    found: QuerySet[Receipt] = seen.select_related("customer").order_by("-value_date", "-pk")
    return found


def concerned(found: Iterable[Clash], rule: CashRule) -> list[tuple[Clash, OwnRule]]:
    """Clashes that a rule is part of, with the other rule."""
    return [(c, c.second if c.first.id == rule.pk else c.first) for c in found if rule.pk in (c.first.id, c.second.id)]
