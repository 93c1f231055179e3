"""Settling a batch: two receipts never claim one item beyond its balance.

Claims on an item that are too much go to a person, unless one of them is clearly stronger: then it keeps the item, and the
others are looked at again without it. What was taken by posted receipts is out of reach for those still in question, so a
receipt that fits two twins is settled once another receipt names one of them.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from cashapp.engine.model import Allocation, Candidate, Policy, Proposal, Receipt, Treatment

ProposeAll = Callable[[Iterable[Receipt], frozenset[int]], dict[int, Proposal]]
ROUNDS = 3


def settle(receipts: Sequence[Receipt], items: Mapping[int, Candidate], policy: Policy, propose_all: ProposeAll) -> dict[int, Proposal]:
    """Proposals by receipt id, with conflicts resolved or queued."""
    by_id = {r.id: r for r in receipts}
    done = propose_all(sorted(receipts, key=lambda r: r.id), frozenset())
    for _ in range(ROUNDS):
        losers = _demote_conflicts(done, items, policy)
        again = _touched(done, items, losers)
        if not again:
            break
        fresh = propose_all([by_id[i] for i in again], _spent(done, items))
        changed = {i: p for i, p in fresh.items() if p.outcome == "post"}
        if not changed:
            break
        done.update(changed)
    _demote_conflicts(done, items, policy)
    _join_part_payments(done, by_id, items)
    return done


def _claims(done: Mapping[int, Proposal]) -> dict[int, list[int]]:
    """Receipts that would post to each item."""
    claims: dict[int, list[int]] = defaultdict(list)
    for receipt_id in sorted(done):
        if done[receipt_id].outcome == "post":
            for allocation in done[receipt_id].allocations:
                claims[allocation.item_id].append(receipt_id)
    return claims


def _taken(allocation: Allocation) -> int:
    return abs(allocation.settled)


def _of(proposal: Proposal, item_id: int) -> int:
    return sum(_taken(a) for a in proposal.allocations if a.item_id == item_id)


def _demote_conflicts(done: dict[int, Proposal], items: Mapping[int, Candidate], policy: Policy) -> set[int]:
    """Queues the receipts that together claim too much; returns those that lost to a stronger one."""
    losers: set[int] = set()
    for item_id, rivals in sorted(_claims(done).items()):
        rivals = [r for r in rivals if done[r].outcome == "post"]
        if len(rivals) < 2 or sum(_of(done[r], item_id) for r in rivals) <= abs(items[item_id].balance):
            continue
        ranked = sorted(rivals, key=lambda r: (-done[r].score, r))
        clear = done[ranked[0]].score - done[ranked[1]].score >= policy.conflict_margin
        for loser in ranked[1:] if clear else ranked:
            others = ", ".join(str(r) for r in ranked if r != loser)
            reason = f"{items[item_id].number} is also claimed by receipt {others}"
            done[loser] = replace(done[loser], outcome="suggest", reasons=(*done[loser].reasons, reason))
            losers.add(loser)
    return losers


def _spent(done: Mapping[int, Proposal], items: Mapping[int, Candidate]) -> frozenset[int]:
    """Items that posted receipts have used up."""
    used: dict[int, int] = defaultdict(int)
    for proposal in done.values():
        if proposal.outcome == "post":
            for a in proposal.allocations:
                used[a.item_id] += _taken(a)
    return frozenset(i for i, amount in used.items() if amount >= abs(items[i].balance))


def _touched(done: Mapping[int, Proposal], items: Mapping[int, Candidate], losers: set[int]) -> list[int]:
    """Queued receipts worth a second look: those whose thinkable answers touch an item that is now used up."""
    spent = _spent(done, items)
    again = set()
    for receipt_id, proposal in done.items():
        if proposal.outcome == "post":
            continue
        sets = [proposal.allocations, *(a.allocations for a in proposal.alternatives)]
        if any(a.item_id in spent for allocations in sets for a in allocations):
            again.add(receipt_id)
    return sorted(again)


def _join_part_payments(done: dict[int, Proposal], by_id: Mapping[int, Receipt], items: Mapping[int, Candidate]) -> None:
    """Several receipts that pay parts of one item: only the last, by day, leaves something short."""
    for item_id, parts in sorted(_claims(done).items()):
        if len(parts) < 2:
            continue
        ordered = sorted(parts, key=lambda r: (by_id[r].value_date, r))
        left = abs(items[item_id].balance)
        for receipt_id in ordered:
            left -= _of(done[receipt_id], item_id)
            _set_short(done, receipt_id, item_id, left if receipt_id == ordered[-1] else 0)


def _set_short(done: dict[int, Proposal], receipt_id: int, item_id: int, short: int) -> None:
    proposal = done[receipt_id]
    before = sum(a.short for a in proposal.allocations)
    allocations = tuple(replace(a, short=short) if a.item_id == item_id and a.short else a for a in proposal.allocations)
    after = sum(a.short for a in allocations)
    if after == before:
        return
    residual = proposal.residual + before - after
    treatment: Treatment = "short_pay_dispute" if after else "none"
    reasons = (*proposal.reasons, "another receipt in this batch pays more of the same item")
    done[receipt_id] = replace(proposal, allocations=allocations, residual=residual, residual_treatment=treatment, reasons=reasons)
