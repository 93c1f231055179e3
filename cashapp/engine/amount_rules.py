"""Rules that know the payer but no reference: the amount must agree to the cent, and in one way only."""

from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from math import gcd

from cashapp.engine.case import Case
from cashapp.engine.fit import Amount, Fit, earned_discount, exact_fit, payable_values, tax_withheld, tolerance, tolerance_fit, undisputed
from cashapp.engine.model import Allocation, Candidate
from cashapp.engine.payers import PayerLevel
from cashapp.engine.periods import month_of, spans
from cashapp.engine.solution import Solution, amount_words, payer_of
from cashapp.engine.subset import chance, lone, roundness, subset_sums
from cashapp.engine.sums import Hit, search

PAY_RUN_DAYS = 7
"""A payment run may take what falls due until the next run a week later."""

Rule = Callable[[Case, Sequence[Candidate]], list[Solution]]

MAX_ROUND = 100
"""An amount that divides by more than this many minor units is too common to confirm a name that is only similar."""

MIN_OWN_AMOUNT = 1000
"""Below this many minor units an amount alone identifies nothing."""


def _solution(case: Case, rule: str, items: Sequence[Candidate], found: Fit, *reasons: str) -> Solution:
    relation = case.relation(list({i.customer_id for i in items}))
    score = case.scores.rules[rule].get(relation, 40)
    words = (case.identity.reason, *amount_words(case, items, found), *reasons)
    return Solution(rule, score, payer_of(case, items), found, words).doubted(*_doubts(case))


def _doubts(case: Case) -> list[str]:
    """What speaks against trusting an amount alone: references that lead elsewhere."""
    doubts = []
    if case.strangers:
        doubts.append(f"the text names {case.strangers[0]}, which is not open")
    elif case.structured[1]:
        doubts.append(f"the remittance names {case.structured[1][0]}, which is not open")
    elif case.structured[0] or (case.named and not _names_a_stranger(case)):
        doubts.append("the references found do not agree with it")
    if case.text_hits.elsewhere:
        doubts.append(f"the text names {case.text_hits.elsewhere[0].number}, which is in {case.text_hits.elsewhere[0].currency}")
    return doubts


def _names_a_stranger(case: Case) -> bool:
    """A known payer whose own amount agrees may have copied somebody else's number; not where the amount is a common one."""
    sure = case.identity.level is PayerLevel.KNOWN and roundness(case.amount) <= MAX_ROUND
    return sure and not case.own_named and not any(i.balance == case.amount for g in case.named for i in g.items)


def _fit(case: Case, items: Sequence[Candidate]) -> Fit | None:
    return exact_fit(case.amount, items, case.receipt.value_date, case.policy)


def _close_fit(case: Case, items: Sequence[Candidate]) -> Fit | None:
    return tolerance_fit(case.amount, items, case.receipt.value_date, case.receipt.currency, case.policy)


def _first_pool(case: Case, rule: Rule) -> list[Solution]:
    """The customer's own items first; with his children's only if his own explain nothing."""
    own = [s for c in case.identity.customers for s in rule(case, case.pool(c))]
    return own or [s for pool in case.families for s in rule(case, pool)]


def single_amount(case: Case) -> list[Solution]:
    """One open item of the payer has exactly this amount (in full, less earned discount, or without its disputed part)."""
    found = _first_pool(case, _single)
    if len(found) > 1:
        count = "more than five" if len(found) > 5 else str(len(found))
        return [s.doubted(f"{count} open items have this amount") for s in found]
    return found


def _single(case: Case, pool: Sequence[Candidate]) -> list[Solution]:
    day, policy = case.receipt.value_date, case.policy
    hits = [i for i in pool if i.balance > 0 and case.amount in payable_values(i, day, policy)]
    made = []
    for item in hits[:6]:
        found = _fit(case, [item])
        if found is not None:
            only = f"no other open item of {case.book.payers.name(item.customer_id)} has it"
            solution = _solution(case, "single amount", [item], found, *((only,) if len(hits) == 1 else ()))
            made.append(solution.doubted(*_weak_payer_doubts(case, item), *_pair_doubts(case, pool, item)))
    return made


def _pair_doubts(case: Case, pool: Sequence[Candidate], item: Candidate) -> list[str]:
    """Two other items that make the same amount count where it is round, or the backlog long."""
    values = [i.balance for i in pool]
    rivals = [s for s in subset_sums(values, case.amount, max_items=0, max_size=2, limit=3).solutions if len(s) == 2]
    if not rivals or item.balance != case.amount:
        return []
    odds = [chance(values, [values.index(item.balance)]), *(chance(values, s) for s in rivals)]
    names = " and ".join(pool[n].number for n in rivals[0])
    return [] if lone(odds, case.policy.chance_limit) else [f"{names} together make the same amount"]


def _weak_payer_doubts(case: Case, item: Candidate) -> list[str]:
    """Known by name alone, the payer must be the only one of a name like his who owes this amount."""
    if case.identity.level is PayerLevel.KNOWN:
        return []
    if case.amount < MIN_OWN_AMOUNT:
        return ["the amount is too small to tell anything"]
    if case.identity.level < PayerLevel.NAME and roundness(case.amount) > MAX_ROUND:
        return ["the name is only similar, and the amount is round"]
    others = [i for i in case.book.by_amount.get((item.currency, case.amount), ()) if i.customer_id != item.customer_id]
    meant = next((i for i in others if case.could_be(i.customer_id)), None)
    # No name: whoever reads it may not see that customer.
    return ["another customer that it could be owes the same amount"] if meant else []


def whole_balance(case: Case) -> list[Solution]:
    """Everything the payer owes, credits netted."""
    return _first_pool(case, _whole)


def _whole(case: Case, pool: Sequence[Candidate]) -> list[Solution]:
    sets = [list(pool), [i for i in pool if i.balance > 0]]
    return _set_solutions(case, "whole balance", sets, "it clears the account")


def statement(case: Case) -> list[Solution]:
    """A period: the one the text names, else what was due by the day of payment, was on last month's statement, or is of one month."""
    return _first_pool(case, _named_period) or _first_pool(case, _statement) or _first_pool(case, _one_month)


def _named_period(case: Case, pool: Sequence[Candidate]) -> list[Solution]:
    """All documents of a month, quarter or stretch of days that the text names, credits netted or not."""
    sets = []
    for first, last in spans(case.text, case.receipt.value_date):
        kept = [i for i in pool if first <= i.document_date <= last]
        sets += [kept, [i for i in kept if i.balance > 0]]
    return _set_solutions(case, "statement", sets, "every document of the period named")


def _one_month(case: Case, pool: Sequence[Candidate]) -> list[Solution]:
    """All documents of one calendar month; never where the amount is a round one, which many sets make."""
    if roundness(case.amount) > MAX_ROUND:
        return []
    sets = []
    for first, last in dict.fromkeys(month_of(i.document_date) for i in pool):
        kept = [i for i in pool if first <= i.document_date <= last]
        sets += [kept, [i for i in kept if i.balance > 0]]
    found = _set_solutions(case, "statement", sets, "every document of one month")
    return [s.doubted(*_interchangeable(pool, _places(pool, s))) for s in found]


def _places(pool: Sequence[Candidate], solution: Solution) -> list[int]:
    paid = {a.item_id for a in solution.fit.allocations}
    return [n for n, i in enumerate(pool) if i.id in paid]


def _statement(case: Case, pool: Sequence[Candidate]) -> list[Solution]:
    day = case.receipt.value_date
    month = day.replace(day=1)
    sets = []
    for kept in (
        [i for i in pool if i.due_date <= day],
        [i for i in pool if i.due_date <= day + timedelta(days=PAY_RUN_DAYS)],
        [i for i in pool if i.document_date < month],
    ):
        sets += [kept, [i for i in kept if i.balance > 0]]
    return _set_solutions(case, "statement", sets, "everything due, or everything on the last statement")


def _set_solutions(case: Case, rule: str, sets: Iterable[Sequence[Candidate]], reason: str) -> list[Solution]:
    found: dict[tuple[int, ...], Solution] = {}
    for items in sets:
        ids = tuple(i.id for i in items)
        if len(items) < 2 or ids in found:
            continue
        made = _fit(case, items)
        if made is not None:
            found[ids] = _solution(case, rule, items, made, reason)
    if len(found) > 1:
        return [s.doubted("two sets of due items have this total") for s in found.values()]
    return list(found.values())


def oldest_first_exactly(case: Case) -> list[Solution]:
    """The oldest items, none left out, add up to the amount."""
    return _first_pool(case, _prefix)


def _prefix(case: Case, pool: Sequence[Candidate]) -> list[Solution]:
    debits = [i for i in pool if i.balance > 0]
    total = 0
    for n, item in enumerate(debits, 1):
        total += item.balance
        if total == case.amount and 1 < n < len(debits):
            found = _fit(case, debits[:n])
            if found is not None:
                solution = _solution(case, "oldest first, exactly", debits[:n], found, f"the {n} oldest items")
                return [solution.doubted(*_interchangeable(debits, range(n)), *_chance_doubts(case, debits[:n]))]
        if total >= case.amount:
            break
    return []


def _chance_doubts(case: Case, oldest: Sequence[Candidate]) -> list[str]:
    """Round amounts meet by chance: as many places to stop as there are items, on a grid as coarse as their amounts."""
    odds = len(oldest) * roundness(gcd(*(i.balance for i in oldest))) / case.amount
    return [] if odds <= case.policy.chance_limit else [f"so round an amount may be a coincidence (odds {odds:.1%})"]


def _interchangeable(pool: Sequence[Candidate], chosen: Iterable[int]) -> list[str]:
    picked = set(chosen)
    values = {pool[n].balance for n in picked}
    twin = next((i for n, i in enumerate(pool) if n not in picked and i.balance in values), None)
    return [f"{twin.number} has the same amount as one of them"] if twin else []


_ALONE = "no other sum"


def unique_sum(case: Case) -> list[Solution]:
    """The only choice of the payer's items, credits netted, that adds up to the cent; never where it may be a coincidence."""
    return _first_pool(case, _sums)


def _sums(case: Case, pool: Sequence[Candidate]) -> list[Solution]:
    day, policy = case.receipt.value_date, case.policy
    if len(pool) < 2 or case.amount > sum(i.balance for i in pool if i.balance > 0):
        return []
    found: dict[tuple[object, ...], Solution] = {}
    discounts = {i.id: c for i in pool if (c := earned_discount(i, day, policy))}
    taxes = {i.id: tax for i in pool if (tax := tax_withheld(i, policy))}
    for cuts in ({}, discounts, {i.id: i.balance - undisputed(i) for i in pool if i.disputed}, taxes):
        if found and not cuts:
            continue
        for solution in _sum_variant(case, pool, cuts):
            found.setdefault(solution.effect, solution)
    solutions = list(found.values())
    if len(solutions) > 1:
        return [_one_of_several(s) for s in solutions[: policy.alternatives_max]]
    return solutions


def _one_of_several(solution: Solution) -> Solution:
    """A sum that others rival doesn't say that it is alone."""
    reasons = tuple(reason for reason in solution.reasons if not reason.startswith(_ALONE))
    return solution._replace(reasons=reasons).doubted("more than one choice of items adds up to the amount")


def _sum_variant(case: Case, pool: Sequence[Candidate], cuts: dict[int, int]) -> list[Solution]:
    policy = case.policy
    most = case.amount - sum(i.balance for i in pool if i.balance < 0)
    usable = [i for i in pool if (value := i.balance - cuts.get(i.id, 0)) and value <= most]
    values = [i.balance - cuts.get(i.id, 0) for i in usable]
    runs = in_document_order(usable)
    hits = [
        h for h in search(values, case.amount, runs=runs, whole=policy.subset_max_items, size=policy.subset_max_size) if len(h.chosen) > 1
    ]
    made = []
    for n, hit in enumerate(hits[: policy.alternatives_max]):
        items = [usable[n] for n in hit.chosen]
        found = _fit(case, items)
        if found is None:
            continue
        doubts = [] if hit.odds <= policy.chance_limit else [f"such a sum may well be a coincidence (odds {hit.odds:.1%})"]
        made.append(_solution(case, "unique sum", items, found, _searched(hit, len(values))).doubted(*doubts))
        if n == 0 and lone([h.odds for h in hits], policy.chance_limit):
            break
    return made


def in_document_order(items: Sequence[Candidate]) -> list[int]:
    """Places of the debits in the order of their numbers, which is how lists of payments run."""
    places = [n for n, i in enumerate(items) if i.balance > 0]
    return sorted(places, key=lambda n: (len(items[n].number), items[n].number, items[n].id))


def _searched(hit: Hit, count: int) -> str:
    if hit.complete:
        return f"{_ALONE} of the {count} open items is as likely"
    return f"among {count} open items the oldest, runs of neighbours, and sums of two or three were searched"


def within_tolerance(case: Case) -> list[Solution]:
    """One item, or the whole balance, within tolerance: shown, not posted."""
    return _first_pool(case, _near)


def _near(case: Case, pool: Sequence[Candidate]) -> list[Solution]:
    made = []
    limit = tolerance(case.amount, case.receipt.currency, case.policy)
    for item in pool:
        if 0 < abs(item.balance - case.amount) <= limit and (found := _close_fit(case, [item])):
            made.append(_solution(case, "single amount within tolerance", [item], found))
    whole = _close_fit(case, pool) if len(pool) > 1 else None
    if whole is not None:
        made.append(_solution(case, "balance within tolerance", pool, whole))
    return [s.doubted("no reference confirms it") for s in made[: case.policy.alternatives_max]]


def amount_alone(case: Case) -> list[Solution]:
    """Nobody known paid; items of exactly this amount are shown as a hint."""
    if case.identity.customers:
        return []
    found = [i for i in case.book.by_amount.get((case.receipt.currency, case.amount), ()) if i.id not in case.gone]
    made = [_hint(case, i, f) for i in found[: case.policy.alternatives_max] if (f := _fit(case, [i]))]
    return [s.doubted("the payer is not known") for s in made]


def _hint(case: Case, item: Candidate, found: Fit) -> Solution:
    return _solution(case, "amount alone", [item], found, f"{case.book.payers.name(item.customer_id)} owes exactly this")


def oldest_first(case: Case) -> list[Solution]:
    """Nothing explains the amount: applied to the oldest items it would leave this; never where the customer disputes something."""
    if not case.policy.oldest_first_suggestion or len(case.identity.customers) != 1:
        return []
    pool = [i for i in case.pool(case.identity.customers[0]) if i.balance > 0]
    if not pool or any(i.disputed for i in pool):
        return []
    left, made, used = case.amount, [], []
    for item in pool:
        if left > 0:
            part = min(left, item.balance)
            made.append(Allocation(item.id, part))
            used.append(item)
            left -= part
    found = Fit(Amount.SPREAD, tuple(made), left, "on_account" if left else "none")
    score = case.scores.rules["oldest first"].get(case.identity.level, 40)
    reasons = (case.identity.reason, "no reference and no sum explains the amount", f"applied to the {len(used)} oldest items")
    return [Solution("oldest first", score, case.identity.customers[0], found, reasons).doubted("nothing confirms it", *_doubts(case))]
