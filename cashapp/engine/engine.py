"""`match`: rules in order of trust, receipt by receipt; then the whole batch is settled so that no item is claimed twice."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from arops.lib.collecting import without_collection
from cashapp.engine import amount_rules, other_currency, own_rules, reference_rules
from cashapp.engine.assign import settle
from cashapp.engine.book import Book
from cashapp.engine.case import Case
from cashapp.engine.fit import FULL
from cashapp.engine.model import Alternative, Candidate, MatchInputError, Outcome, Payer, Policy, Proposal, Receipt
from cashapp.engine.payers import PayerLevel
from cashapp.engine.scoring import scores_of
from cashapp.engine.solution import Solution, evidence
from cashapp.engine.spread import spread

RULES: tuple[Callable[[Case], list[Solution]], ...] = (
    reference_rules.structured_remittance,
    reference_rules.references_in_text,
    reference_rules.purchase_order,
    amount_rules.single_amount,
    amount_rules.whole_balance,
    amount_rules.statement,
    amount_rules.oldest_first_exactly,
    amount_rules.unique_sum,
    own_rules.agreed_on_account,
    own_rules.agreed_oldest_first,
    amount_rules.within_tolerance,
    amount_rules.amount_alone,
    amount_rules.oldest_first,
)
"""Rules in order of trust. The first that finds a solution good enough to post ends the search."""

MAX_REASONS = 14

SPREAD_FROM = 500
"""Receipts from which on it pays to share the work."""


def match(
    receipts: Sequence[Receipt],
    candidates: Sequence[Candidate],
    payers: Iterable[Payer],
    policy: Policy | None = None,
    *,
    processes: int = 1,
) -> list[Proposal]:
    """A proposal for every receipt, in the receipts' order; the answer does not depend on the order of any input.

    All receipts and candidates are of one company; only items in a receipt's own currency are matched. Raises
    MatchInputError for a receipt or item that can't be (twice the same id, an amount not above zero, a wrong sign). A batch of
    `SPREAD_FROM` receipts and more is thought about by so many `processes` at once.
    """
    _check(receipts)
    rules = policy or Policy()
    with without_collection():
        book, scores = Book(candidates, payers), scores_of(rules.matrix)

        def propose_all(some: Iterable[Receipt], gone: frozenset[int]) -> dict[int, Proposal]:
            def think(part: Sequence[Receipt]) -> dict[int, Proposal]:
                return {r.id: propose(Case(r, book, rules, gone, scores)) for r in part}

            asked = list(some)
            parts = spread(think, asked, processes) if processes > 1 and len(asked) >= SPREAD_FROM else [think(asked)]
            return {receipt_id: proposal for part in parts for receipt_id, proposal in part.items()}

        proposals = settle(receipts, book.items, rules, propose_all)
    return [proposals[r.id] for r in receipts]


def _check(receipts: Sequence[Receipt]) -> None:
    seen: set[int] = set()
    for receipt in receipts:
        if receipt.amount <= 0:
            raise MatchInputError(f"receipt {receipt.id}: the amount must be above zero, not {receipt.amount}")
        if receipt.id in seen:
            raise MatchInputError(f"receipt {receipt.id} is given twice")
        seen.add(receipt.id)
    companies = {r.company_id for r in receipts}
    if len(companies) > 1:
        raise MatchInputError(f"receipts of {len(companies)} companies can't be matched in one batch")


def propose(case: Case) -> Proposal:
    """The proposal for one receipt by itself."""
    found: list[Solution] = []
    for rule in RULES:
        solutions = _against_earlier(rule(case), found)
        found.extend(solutions)
        if any(_posts(case, s) for s in solutions):
            break
    made = _judged(case, _ranked(found))
    return replace(made, new_account=True) if case.identity.new_account else made


def _judged(case: Case, ranked: Sequence[Solution]) -> Proposal:
    if not ranked or ranked[0].score < case.bands(ranked[0].customer_id)[1]:
        return _nothing(case, ranked)
    if any(s.rule == ranked[0].rule and s.score >= ranked[0].score for s in ranked[1:]):
        return _question(case, ranked)
    best = _seen_whole(case, ranked[0])
    outcome: Outcome = "post" if _posts(case, best) else "suggest"
    return Proposal(
        case.receipt.id, best.customer_id, best.fit.allocations, best.fit.residual, best.fit.treatment, best.rule, best.score,
        (*best.reasons, *best.doubts)[:MAX_REASONS], evidence(best), outcome, _others(case, ranked[1:]),
    )  # fmt: skip


def _posts(case: Case, solution: Solution) -> bool:
    return solution.score >= case.bands(solution.customer_id)[0] and not solution.doubts


def _seen_whole(case: Case, best: Solution) -> Solution:
    """The best answer with what speaks against every one, and with the reasons that the company's rules give."""
    told = own_rules.with_reason(case, best) if case.own else best
    known = case.identity.customers
    if told.customer_id is None and known and known[0] < 0 and told.fit.allocations:
        told = told.doubted("the payer is no customer, and the items are of several")
    return told.doubted(*own_rules.general_doubts(case))


def _against_earlier(solutions: list[Solution], earlier: Sequence[Solution]) -> list[Solution]:
    """An answer that a less trusted rule adds to a full one that was doubted is doubted too: there are now two."""
    full = [s for s in earlier if s.fit.level in FULL]
    if not full:
        return solutions
    return [s if any(s.effect == e.effect for e in full) else s.doubted(f"{full[0].rule} gives another answer") for s in solutions]


def _ranked(found: list[Solution]) -> list[Solution]:
    """Best first; a solution found by several rules counts once, by its best."""
    best: dict[tuple[object, ...], Solution] = {}
    for solution in found:
        if solution.effect not in best or solution.score > best[solution.effect].score:
            best[solution.effect] = solution
    return sorted(best.values(), key=lambda s: (-s.score, s.effect))


def _others(case: Case, ranked: Sequence[Solution]) -> tuple[Alternative, ...]:
    return tuple(s.as_alternative() for s in ranked[: case.policy.alternatives_max])


def _question(case: Case, ranked: Sequence[Solution]) -> Proposal:
    best = ranked[0]
    owners = {s.customer_id for s in ranked if s.rule == best.rule and s.score >= best.score}
    customer = owners.pop() if len(owners) == 1 else None
    reasons = ("more than one answer is possible", *best.reasons, *best.doubts)[:MAX_REASONS]
    return Proposal(
        case.receipt.id, customer, (), case.amount, "ask", best.rule, best.score, reasons, evidence(best), "ask", _others(case, ranked)
    )


def _nothing(case: Case, ranked: Sequence[Solution]) -> Proposal:
    known = case.identity.customers
    customer = known[0] if len(known) == 1 and case.identity.level > PayerLevel.SIMILAR and known[0] > 0 else None
    reasons = [case.identity.reason, "no open item explains the amount", *other_currency.words(case), *own_rules.general_doubts(case)]
    if case.strangers:
        reasons.append(f"the text names {case.strangers[0]}, which is not open")
    return Proposal(case.receipt.id, customer, (), case.amount, "ask", "none", 0, tuple(reasons), (), "ask", _others(case, ranked))
