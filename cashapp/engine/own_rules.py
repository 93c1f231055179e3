"""The company's own rules at work on one receipt: which of them speak, and what they make of it."""

from collections.abc import Iterable
from dataclasses import replace

from cashapp.engine.amount_rules import Solution
from cashapp.engine.case import Case
from cashapp.engine.fit import Amount, Fit
from cashapp.engine.model import Allocation
from cashapp.engine.own import OwnRule
from cashapp.engine.payers import PayerLevel

AGREED, KEPT = "oldest first, as agreed", "stays on account"
AGREED_SCORE = 92
"""A rule that people switched on after a trial posts under the published bands, and gives way to anything that explains the cent."""


def agreed_on_account(case: Case) -> list[Solution]:
    """Money that by agreement stays with its payer unapplied."""
    rule = _speaking(case, "on_account")
    if rule is None or rule.customer_id is None:
        return []
    reasons = (case.identity.reason, f"own rule: {rule.name}")
    return [Solution(KEPT, AGREED_SCORE, rule.customer_id, Fit(Amount.EXACT, (), case.amount, "on_account"), reasons)]


def agreed_oldest_first(case: Case) -> list[Solution]:
    """The payer's oldest items in full, the last in part, as he is known to want it; never past what he disputes."""
    rule = _speaking(case, "order")
    if rule is None or rule.customer_id not in case.identity.customers or case.identity.level is not PayerLevel.KNOWN:
        return []
    pool = [i for i in case.pool(rule.customer_id) if i.balance > 0 and not i.disputed]
    left, made = case.amount, []
    for item in pool:
        part = min(left, item.balance)
        if part:
            made.append(Allocation(item.id, part))
            left -= part
    found = Fit(Amount.SPREAD, tuple(made), left, "on_account" if left else "none")
    reasons = (case.identity.reason, f"own rule: {rule.name}", f"applied to the {len(made)} oldest items")
    solution = Solution(AGREED, AGREED_SCORE, rule.customer_id, found, reasons)
    if case.strangers or case.structured[1] or case.named or case.structured[0]:
        return [solution.doubted("the remittance names documents that don't agree with it")]
    return [solution] if made else []


def _speaking(case: Case, effect: str) -> OwnRule | None:
    return next((r for r in case.own if r.effect == effect), None)


def general_doubts(case: Case) -> Iterable[str]:
    """What keeps every answer for a person, whatever explains it: an own rule, a doubtful alias, a caution given with the receipt."""
    for rule in case.own:
        if rule.effect == "ask":
            yield f"own rule {rule.name}: a person decides"
        elif rule.effect == "not_receivable":
            yield f"own rule {rule.name}: probably no customer's money"
    if case.identity.new_account and case.amount > case.policy.new_account_limits.get(case.receipt.currency, 0):
        yield "the payer's accounts are known, and this is none of them: ask him by the contact you know"
    if case.receipt.caution:
        yield case.receipt.caution
    if case.identity.doubt:
        yield case.identity.doubt


def with_reason(case: Case, solution: Solution) -> Solution:
    """Short parts bear the reason that a rule of the company gives them, unless the payer gave one."""
    rule = _speaking(case, "deduction")
    if rule is None or not any(a.short and not a.reason for a in solution.fit.allocations):
        return solution
    told = tuple(replace(a, reason=rule.reason) if a.short and not a.reason else a for a in solution.fit.allocations)
    return solution._replace(fit=solution.fit._replace(allocations=told), reasons=(*solution.reasons, f"own rule: {rule.name}"))
