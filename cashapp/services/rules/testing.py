"""Trials: a version of the matrix, or a rule, on receipts whose end is known, beside what is in force; and whether a trial is fresh."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from django.db import transaction

from cashapp import engine
from cashapp.engine.trials import Answer, Side, Stood, answer_of, differ, spoke, weight
from cashapp.models import BackTest, CashRule, RuleMatrix
from cashapp.selectors.engine_input import engine_policy, policy_of, rates_between
from cashapp.selectors.history import Day, days_of, left_out, settled_receipts
from cashapp.selectors.rules import active_matrix, active_rules, as_it_stands, in_force, last_test, own_rule
from cashapp.services.rules.errors import NotTried, RuleRefused
from org.actors import Actor, require
from workflow.services import record

SHORTEST, FRESH = 28, 31
"""A trial covers that many days at least, and counts as long as its last receipt is no older."""
KEPT = 1000
"""Differences kept row by row, the gravest first; the figures count all."""
AT_ONCE = 300
"""A trial on more receipts runs in the background."""

Tell = Callable[[int, int], None]
Subject = RuleMatrix | CashRule


def check_span(subject: Subject, first: date, last: date, today: date) -> int:
    """How many receipts a trial would replay. Raises RuleRefused for a span that can't be."""
    if not first <= last <= today:
        raise RuleRefused("a trial goes from a day to a later one, today at the latest")
    if isinstance(subject, CashRule):
        readable(subject)
    return settled_receipts(subject.company_id, first, last).count()


def readable(rule: CashRule) -> engine.OwnRule:
    """The rule as the engine reads it. Raises RuleRefused where it is unfinished."""
    try:
        return own_rule(rule)
    except engine.OwnRuleError as error:
        raise RuleRefused(str(error)) from None


def run_trial(*, actor: Actor, subject: Any, first: date, last: date, today: date, tell: Tell | None = None) -> BackTest:
    """Replay the settled receipts of those days with and without the version or rule, and keep what came of it. Reads only, until it is
    kept at the end; an edit in the meantime shows, for the trial is of what was there when it began. Raises RuleRefused, NotAllowed."""
    require(actor, "rules.edit", subject.company_id)
    subject = as_it_stands(subject)
    count = check_span(subject, first, last, today)
    content, beside = subject.content, in_force(subject.company_id)
    before, after = _policies(subject)
    found = _Replay(before, after, readable(subject) if isinstance(subject, CashRule) else None)
    for done, day in _counted(days_of(subject.company_id, first, last)):
        found.take(day)
        if tell:
            tell(done, count)
    figures = found.figures() | {
        "receipts": found.count, "left_out": left_out(subject.company_id, first, last), "beside": beside, "bands": list(_pair(after)),
        "bands_before": list(_pair(before)), "policy": _policy(subject.company_id),
    }  # fmt: skip
    return _keep(actor, subject, first, last, content, figures, found.rows())


def _policy(company_id: int) -> dict[str, Any]:
    """What of the company's match policy the engine goes by, as it is kept."""
    p = policy_of(company_id)
    return {
        "auto": p.auto_threshold, "suggest": p.suggest_threshold, "tolerances": dict(p.tolerances), "grace": p.discount_grace_days,
        "percent": None if p.tolerance_percent is None else f"{p.tolerance_percent:f}",
    }  # fmt: skip


def _counted(days: Any) -> Any:
    done = 0
    for day in days:
        done += len(day.receipts)
        yield done, day


def _policies(subject: Subject) -> tuple[engine.Policy, engine.Policy]:
    """What is in force, and the same with the version, or the rule, that is tried."""
    policy, matrix, rules = policy_of(subject.company_id), active_matrix(subject.company_id), active_rules(subject.company_id)
    before = engine_policy(policy, matrix, rules, in_force=False)
    if isinstance(subject, RuleMatrix):
        return before, engine_policy(policy, subject, rules, in_force=False)
    others = [r for r in rules if r.id != subject.pk]
    tried = sorted([*others, readable(subject)], key=lambda r: (r.position, r.id))
    return engine_policy(policy, matrix, tuple(others), in_force=False), engine_policy(policy, matrix, tuple(tried), in_force=False)


def _pair(policy: engine.Policy) -> tuple[int, int]:
    """From which score it posts and proposes, in all."""
    return policy.bands.of(None) if policy.bands else (policy.auto_threshold, policy.suggest_threshold)


class _Replay:
    """Answers of both policies, day by day; of an own rule also those that it had a part in."""

    def __init__(self, before: engine.Policy, after: engine.Policy, rule: engine.OwnRule | None = None) -> None:
        self.policies, self.rule = (before, after), rule
        self.own = {"post": [0, 0], "propose": [0, 0], "ask": [0, 0]}
        self.sides = (Side(), Side())
        self.count = 0
        self.differences: list[tuple[int, int, Answer, Answer]] = []

    def take(self, day: Day) -> None:
        """One day's receipts."""
        rates = rates_between({r.currency for r in day.receipts}, {c.currency for c in day.candidates}, day.day)
        answers = [self._answers(day, policy, replace(policy, rates=rates) if rates else policy) for policy in self.policies]
        for receipt, before, after in zip(day.receipts, *answers, strict=True):
            stood = day.stood[receipt.id]
            for side, answer in zip(self.sides, (before, after), strict=True):
                side.add(answer, stood, receipt.amount, receipt.currency)
            if differ(before, after):
                self.differences.append((weight(before, after), receipt.id, before, after))
        self.count += len(day.receipts)

    def _answers(self, day: Day, policy: engine.Policy, of_day: engine.Policy) -> list[Answer]:
        proposals = engine.match(day.receipts, day.candidates, day.payers, of_day)
        found = [answer_of(p, day.stood[p.receipt_id], self._post_from(policy, day.stood[p.receipt_id])) for p in proposals]
        if self.rule and policy is self.policies[1]:
            self._hear(self.rule, proposals, found)
        return found

    def _hear(self, rule: engine.OwnRule, proposals: Sequence[engine.Proposal], answers: Sequence[Answer]) -> None:
        for proposal, answer in zip(proposals, answers, strict=True):
            if spoke(proposal, rule):
                self.own[answer.way][0] += 1
                self.own[answer.way][1] += bool(answer.right)

    def _post_from(self, policy: engine.Policy, stood: Stood) -> int:
        return policy.bands.of(stood.customer_id)[0] if policy.bands else policy.auto_threshold

    def figures(self) -> dict[str, Any]:
        """Both sides as they are kept; scores by customer of the tried one alone."""
        before, after = (side.plain() for side in self.sides)
        before.pop("customers")
        heard = {"own": self.own} if self.rule else {}
        return {"before": before, "after": after, "differences": len(self.differences)} | heard

    def rows(self) -> list[dict[str, Any]]:
        """The differences, the gravest first."""
        ordered = sorted(self.differences, key=lambda d: d[:2])[:KEPT]
        return [{"receipt": pk, "weight": w, "before": _plain(before), "after": _plain(after)} for w, pk, before, after in ordered]


def _plain(answer: Answer) -> dict[str, Any]:
    return {"way": answer.way, "rule": answer.rule, "score": answer.score, "right": answer.right}


@transaction.atomic
def _keep(
    actor: Actor, subject: Subject, first: date, last: date, content: str, figures: dict[str, Any], rows: list[dict[str, Any]]
) -> BackTest:
    of = {"matrix": subject} if isinstance(subject, RuleMatrix) else {"rule": subject}
    test = BackTest.objects.create(
        company_id=subject.company_id, from_date=first, to_date=last, state_of=content, figures=figures, differences=rows,
        run_by=actor.label, **of,
    )  # fmt: skip
    post = figures["after"]["post"]
    record(
        actor=actor, type="rules.tried", company_id=subject.company_id, subject=subject, test=test.pk, first=first.isoformat(),
        last=last.isoformat(), receipts=figures["receipts"], posted=post["count"], right=post["right"],
    )  # fmt: skip
    return test


def fresh_test(subject: Subject, today: date) -> BackTest:
    """The trial that lets it be switched on: of just this content, beside just what is in force now, by the match policy of now, long and
    recent enough.

    Raises NotTried, saying which of these is missing.
    """
    test = last_test(subject)
    if test is None:
        edited = last_test(subject, as_it_stands=False)
        raise NotTried("it was changed since its trial: try it again" if edited else "it has not been tried: try it on past receipts first")
    beside = [x for x in in_force(subject.company_id) if isinstance(subject, RuleMatrix) or x != subject.pk]
    stood = [x for x in test.figures.get("beside", []) if isinstance(subject, RuleMatrix) or x != subject.pk]
    if beside != stood:
        raise NotTried("other rules were switched on or off since its trial: try it again beside those")
    if test.figures.get("policy") != _policy(subject.company_id):
        raise NotTried("the match policy was changed since its trial: try it again with that")
    if test.to_date < today - timedelta(days=FRESH):
        raise NotTried(f"its trial ends on {test.to_date}: try it again on receipts of the last weeks")
    if (test.to_date - test.from_date).days + 1 < SHORTEST:
        raise NotTried(f"its trial covers too few days: try it on {SHORTEST} at least")
    if not test.figures["receipts"] and settled_receipts(subject.company_id, date.min, today).exists():
        raise NotTried("its trial had no receipts: try it on days that have some")
    return test
