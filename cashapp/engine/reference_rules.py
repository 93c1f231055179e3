"""Rules that start from references: structured, in the text, through noise, with a rest that the amount explains, purchase orders."""

from collections.abc import Iterable, Sequence
from itertools import product
from math import prod

from cashapp.engine.amount_rules import in_document_order
from cashapp.engine.case import Case
from cashapp.engine.fit import FULL, Amount, Fit, earned_discount, fit, payable_values, stated
from cashapp.engine.hits import BROKEN, CUT, SLIP, Group
from cashapp.engine.model import Allocation, Candidate
from cashapp.engine.payers import PayerLevel
from cashapp.engine.references import key
from cashapp.engine.scoring import REST_RULE
from cashapp.engine.solution import Solution, by_matrix
from cashapp.engine.subset import lone, subset_sums
from cashapp.engine.sums import search

MAX_READINGS = 128
CUT_LENGTHS = frozenset({27, 35, 65, 70, 105, 130, 140, 210, 280})
"""Lengths at which banks cut remittance text (MT940 fields of 27 and 65, lines of 35, SEPA's 140)."""


def structured_remittance(case: Case) -> list[Solution]:
    """The payer's structured advice: his amounts where he states them, else the named items as in a text."""
    groups, missing = case.structured
    if not groups:
        return []
    doubts = [f"structured reference {m} is not an open item" for m in missing[:3]]
    if len(groups) == len(case.receipt.structured) and all(g.amount is not None for g in groups):
        lines = _joined(groups)
        said = [s for items in _readings(case, lines) if (s := _as_stated(case, items, lines))]
        if said:
            return _ambiguous(said)
    found = _named(case, "structured remittance", groups)
    return [s.doubted(*doubts) if s.fit.level not in FULL else s for s in found]


def _joined(groups: Sequence[Group]) -> list[Group]:
    """Lines that name the same document, as remittances do for a payment and its adjustment, are one line of their sum."""
    found: dict[tuple[int, ...], Group] = {}
    for group in groups:
        ids = tuple(i.id for i in group.items)
        first = found.get(ids)
        both = first and group._replace(
            amount=(first.amount or 0) + (group.amount or 0), discount=(first.discount or 0) + (group.discount or 0)
        )
        found[ids] = both or group
    return list(found.values())


def _as_stated(case: Case, items: Sequence[Candidate], groups: Sequence[Group]) -> Solution | None:
    if len(items) != len(groups):
        return None
    lines = [(i, g.amount or 0, g.discount or 0) for i, g in zip(items, groups, strict=True)]
    found = stated(case.amount, lines, case.receipt.value_date, case.policy)
    if found is None:
        return None
    solution = by_matrix(case, "structured remittance", items, found, groups)
    told = solution._replace(reasons=(*solution.reasons, "the payer stated what he pays on each item"))
    return told.doubted(*_twin_doubts(case, solution, groups))


def references_in_text(case: Case) -> list[Solution]:
    """References in the text: whole, then with those read through noise, then with a rest that one choice of items explains."""
    best: list[Solution] = []
    for groups in _stages(case):
        found = [_with_foreign(case, s) for s in _named(case, "reference in text", groups)]
        if any(s.fit.level in FULL for s in found):
            return [s for s in found if s.fit.level in FULL]
        best = best or found
    if any(s.fit.level is Amount.TOLERANCE and not s.doubts for s in best):
        return best
    if some := _some_of_named(case, [*case.own_named, *case.noisy]):
        return some
    groups = case.own_named or case.noisy
    swapped = any(typed_wrongly(case.amount, sum(i.balance for i in items)) for items in _readings(case, groups))
    if groups and not swapped and (rest := _with_rest(case, groups)):
        return rest
    return [_questioned(case, s) for s in best]


def _with_foreign(case: Case, solution: Solution) -> Solution:
    """A number that is exactly a stranger's, read as a slip in the payer's own: not if the stranger owes this amount too."""
    foreign = [i for g in case.named if g not in case.own_named and g not in solution.groups for i in g.items]
    if any(i.balance == case.amount for i in foreign):
        return solution.doubted(f"{foreign[0].number} of another customer has the same amount")
    return solution


def _stages(case: Case) -> Iterable[list[Group]]:
    """Ever more readings: whole numbers, then noise, then slips. A known payer's own numbers replace those of strangers in the end."""
    yield case.named
    own, seen = case.own_named, len(case.named)
    for load in (lambda: [*own, *case.noisy], lambda: [*own, *case.noisy, *case.near]):
        groups = load()
        if groups and (len(groups) != seen or own != case.named):
            seen = len(groups)
            yield groups


def _named(case: Case, rule: str, groups: Sequence[Group]) -> list[Solution]:
    """Solutions that pay exactly the named items, for each way to read them; the readings that fit fully, else the best other."""
    solutions = []
    for items in _readings(case, groups):
        found = fit(case.amount, items, case.receipt.value_date, case.receipt.currency, case.policy)
        if found is not None:
            solution = by_matrix(case, rule, items, found, groups)
            doubts = [*_twin_doubts(case, solution, groups), *_stranger_doubts(case, items), *_slip_doubts(case, groups)]
            doubts += [*_broken_doubts(case, items, groups), *_excess_doubts(case, items, found)]
            solutions.append(solution.doubted(*doubts))
    full = [s for s in solutions if s.fit.level in FULL]
    if full:
        return _ambiguous(full)
    solutions.sort(key=lambda s: -s.score)
    if len(solutions) > 1:
        solutions = [s.doubted("the reference can be read in several ways") for s in solutions]
    return solutions[: case.policy.alternatives_max]


def _readings(case: Case, groups: Sequence[Group]) -> list[list[Candidate]]:
    """Every choice of one item for each group, the payer's own items before others'; no choice takes an item twice."""
    options = [_preferred(case, g.items) for g in groups]
    if not options or prod(map(len, options)) > MAX_READINGS:
        return []
    found = [list({i.id: i for i in choice}.values()) for choice in product(*options)]
    one_customer = [c for c in found if len({i.customer_id for i in c}) == 1]
    kept = one_customer if one_customer and len(found) > 1 else found
    return list({tuple(i.id for i in c): c for c in kept}.values())


def _preferred(case: Case, items: Sequence[Candidate]) -> Sequence[Candidate]:
    for reach in (case.identity.customers, case.customers):
        own = [i for i in items if i.customer_id in reach]
        if own:
            return own
    return items


def _twin_doubts(case: Case, solution: Solution, groups: Sequence[Group]) -> list[str]:
    """A number borne by two customers is decided by payer and amount together, or by a person."""
    doubts = []
    paid = {a.item_id: a for a in solution.fit.allocations}
    for group in groups:
        rivals = [i for i in group.items if i.id not in paid]
        mine = next((i for i in group.items if i.id in paid), None)
        if mine is None or all(r.customer_id == mine.customer_id for r in rivals):
            continue
        known = case.relation([mine.customer_id]) is PayerLevel.KNOWN
        if not known or solution.fit.level not in FULL or any(r.balance == mine.balance for r in rivals):
            doubts.append(f"the number {mine.number} is borne by items of {1 + len({r.customer_id for r in rivals})} customers")
    return doubts


def _slip_doubts(case: Case, groups: Sequence[Group]) -> list[str]:
    """A number one slip away may be right as it stands, of a document paid long ago, unless the batch knows the closed ones."""
    if case.book.closed:
        return []
    slips = [case.text[g.start : g.end] for g in groups if g.how == SLIP]
    return [f"{s} may be another document, paid already" for s in slips if case.book.could_be_ours(key(s))]


def _excess_doubts(case: Case, items: Sequence[Candidate], found: Fit) -> list[str]:
    """Money for more than as much again: it is meant for something that isn't named, and should not leave the queue.

    Two neighbouring digits swapped explain it otherwise.
    """
    if typed_wrongly(case.amount, sum(i.balance for i in items)):
        return []
    named = sum(a.amount for a in found.allocations)
    return ["more than twice of what is named was paid"] if found.level is Amount.OVER and found.residual > named else []


def typed_wrongly(amount: int, owed: int) -> bool:
    """Whether two neighbouring digits of the amount were swapped.

    >>> typed_wrongly(123465, 123456), typed_wrongly(163452, 123456)
    (True, False)
    """
    paid, due = str(amount), str(owed)
    places = [n for n, (a, b) in enumerate(zip(paid, due, strict=False)) if a != b]
    return len(paid) == len(due) and len(places) == 2 and places[1] == places[0] + 1 and sorted(paid) == sorted(due)


def _broken_doubts(case: Case, items: Sequence[Candidate], groups: Sequence[Group]) -> list[str]:
    """What a spreadsheet left of a number, some leading digits, doesn't decide between items of one amount."""
    if not any(g.how == BROKEN for g in groups):
        return []
    ids, values = {i.id for i in items}, {i.balance for i in items}
    rival = next((i for i in case.reach if i.id not in ids and i.balance in values), None)
    return [f"{rival.number} has the same amount, and the spreadsheet left little of the number"] if rival else []


def _stranger_doubts(case: Case, items: Sequence[Candidate]) -> list[str]:
    owners = {i.customer_id for i in items}
    first = next(iter(owners))
    payers, known = case.book.payers, case.identity.customers
    if len(owners) > 1 and not all(payers.related(first, o) or any(payers.may_pay(k, o) for k in known) for o in owners):
        return [f"the items named are of {len(owners)} customers that do not belong together"]
    return []


def _ambiguous(solutions: list[Solution]) -> list[Solution]:
    different = list({s.effect: s for s in solutions}.values())
    if len(different) == 1:
        return different
    doubt = f"{len(different)} readings of the references fit the amount equally well"
    return [s.doubted(doubt) for s in different[:5]]


def _some_of_named(case: Case, groups: Sequence[Group]) -> list[Solution]:
    """More is named than is paid: the only choice among the named items that adds up."""
    readings = _readings(case, groups)
    if len(groups) < 2 or len(readings) != 1 or sum(i.balance for i in readings[0]) <= case.amount:
        return []
    items = readings[0]
    sums = subset_sums([i.balance for i in items], case.amount, max_size=len(items)).solutions
    if len(sums) != 1:
        return []
    chosen = [items[n] for n in sums[0]]
    ids = {i.id for i in chosen}
    kept = [g for g in groups if any(i.id in ids for i in g.items)]
    solution = by_matrix(case, "some of the references", chosen, _full(chosen, {}), kept)
    reason = f"of {len(groups)} documents named only these add up to the amount"
    solution = solution._replace(score=solution.score - 4, reasons=(*solution.reasons, reason))
    return [solution.doubted(*_twin_doubts(case, solution, kept), *_stranger_doubts(case, chosen))]


def _full(items: Sequence[Candidate], cuts: dict[int, int]) -> Fit:
    taken = any(cuts.get(i.id) for i in items)
    paid = tuple(Allocation(i.id, i.balance - cuts.get(i.id, 0), cuts.get(i.id, 0)) for i in items)
    return Fit(Amount.DISCOUNT if taken else Amount.EXACT, paid, 0, "none")


def _with_rest(case: Case, groups: Sequence[Group]) -> list[Solution]:
    """The references explain a part; exactly one choice of the payer's other items explains the rest (a list cut short).

    A number cut off at the end of the text must be one of the rest.
    """
    readings = _readings(case, groups)
    if len(readings) != 1 or not case.reach:
        return []
    cut = next((g for g in case.near if g.how == CUT), None)
    tries = [([*readings[0], i], [*groups, cut]) for i in cut.items] if cut else [(readings[0], list(groups))]
    discounts = {i.id: c for i in case.reach if (c := earned_discount(i, case.receipt.value_date, case.policy))}
    found: dict[tuple[object, ...], tuple[float, Solution]] = {}
    for items, used in tries:
        for cuts in ({}, discounts) if discounts else ({},):
            for odds, solution in _rest_solutions(case, used, items, cuts):
                found.setdefault(solution.effect, (odds * len(tries), solution))
    return _choose_rest(case, sorted(found.values(), key=lambda f: (f[0], f[1].effect)))


def _choose_rest(case: Case, found: list[tuple[float, Solution]]) -> list[Solution]:
    limit = case.policy.chance_limit
    if found and not lone([odds for odds, _ in found], limit):
        return [s.doubted("several choices of other items explain the rest") for _, s in found[: case.policy.alternatives_max]]
    return [s if odds <= limit else s.doubted(f"the rest may well add up by coincidence (odds {odds:.1%})") for odds, s in found[:1]]


def _rest_solutions(case: Case, groups: Sequence[Group], items: list[Candidate], cuts: dict[int, int]) -> list[tuple[float, Solution]]:
    """Choices of other items for the rest, with their chances: debits and credits for a rest above zero, else credits alone."""
    ids, policy = {i.id for i in items}, case.policy
    rest = case.amount - sum(i.balance - cuts.get(i.id, 0) for i in items)
    most = rest - sum(i.balance for i in case.reach if i.balance < 0)
    others = [i for i in case.reach if i.id not in ids and (0 < i.balance <= most or i.balance < 0) and (rest > 0 or i.balance < 0)]
    if not others:
        return []
    if not rest:
        return [(0.0, _rest_solution(case, groups, items, [], cuts))]
    values = [i.balance - cuts.get(i.id, 0) for i in others]
    runs = in_document_order(others)
    hits = search(
        values, rest, near=_next_on_list(items, others, runs), runs=runs, whole=policy.subset_max_items, size=policy.subset_max_size
    )
    return [(h.odds, _rest_solution(case, groups, items, [others[n] for n in h.chosen], cuts)) for h in hits]


def _next_on_list(items: Sequence[Candidate], others: Sequence[Candidate], runs: Sequence[int]) -> list[int]:
    """What follows the last of the documents named, if they are named in the order of their numbers: the list goes on there."""
    named = [(len(i.number), i.number) for i in items if i.balance > 0]
    if not named or named != sorted(named):
        return []
    return [n for n in runs if (len(others[n].number), others[n].number) > named[-1]]


def _rest_solution(
    case: Case, groups: Sequence[Group], items: Sequence[Candidate], more: Sequence[Candidate], cuts: dict[int, int]
) -> Solution:
    everything = [*items, *more]
    solution = by_matrix(case, "references and the rest", everything, _full(everything, cuts), groups)
    count = "1 more open item explains" if len(more) == 1 else f"{len(more)} more open items explain"
    score = case.scores.rules[REST_RULE].get(case.relation([i.customer_id for i in everything]), 40)
    told = solution._replace(score=score, reasons=(*solution.reasons, f"{count} the rest to the cent"))
    return told.doubted(*_twin_doubts(case, solution, groups))


def _questioned(case: Case, solution: Solution) -> Solution:
    """A solution whose amount disagrees meets the payer's other items: if one of them agrees to the cent, a person decides."""
    ids = {a.item_id for a in solution.fit.allocations}
    day, policy = case.receipt.value_date, case.policy
    rivals = [i for i in case.reach if i.id not in ids and case.amount in payable_values(i, day, policy)]
    doubts = []
    if rivals and solution.fit.level is not Amount.UNEARNED:
        doubts.append(f"the amount is exactly that of {rivals[0].number}, which is not named")
    if solution.fit.level is Amount.OVER and _looks_cut(case):
        doubts.append("the text seems to be cut off, so more may have been paid than it names")
    if case.strangers and solution.fit.level in (Amount.OVER, Amount.SHORT, Amount.SPREAD):
        doubts.append(f"the text also names {case.strangers[0]}, which is not open")
    return solution.doubted(*doubts)


def _looks_cut(case: Case) -> bool:
    return len(case.text.rstrip()) in CUT_LENGTHS or len(case.text) in CUT_LENGTHS


def purchase_order(case: Case) -> list[Solution]:
    """The customer quotes his own order number: all its open items, or the only one the amount agrees with."""
    found: list[Solution] = []
    for group in case.text_hits.orders:
        items = [i for i in _preferred(case, group.items) if i.balance > 0]
        sets = [[i] for i in items] + ([items] if len(items) > 1 else [])
        for chosen in sets:
            made = fit(case.amount, chosen, case.receipt.value_date, case.receipt.currency, case.policy)
            if made is not None and made.level in FULL:
                solution = by_matrix(case, "purchase order", chosen, made, [group])
                doubts = _stranger_doubts(case, chosen) if len(chosen) > 1 else []
                found.append(solution.doubted(*doubts))
    return _ambiguous(found) if found else []
