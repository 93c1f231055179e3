"""How often the proposed finding is right: orders' lives with seeded faults, of which the customer leaves out just what was billed wrongly.

What was billed wrongly is told apart from what the check says of it: by the document as it was before the fault was seeded, or by the
records that the fault changed. A claim is what a careful customer would leave out, tax included; of a document that lacks something, all.
Faults that nobody deducts for are left out: too little was billed, or the unit is wrong and nobody can say what it comes to.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from random import Random
from typing import Any

from disputes.policy.proposing import Claim, Evidence, Proposal, propose
from disputes.policy.reasons import FITTING, OF_TAX
from disputes.selectors.compared import differences, proofs
from invoicing.checks import Policy, check
from invoicing.checks.lives import FAULTS, Life, facts_of
from invoicing.checks.lives.clean import make_clean
from invoicing.checks.lives.faults import Fault, clash, order_line, order_of, seed, settle, version
from invoicing.checks.lives.making import LAST_DAY
from invoicing.checks.lives.model import PERCENT, Maker

SEED, TRIES, EACH = 590213, 200, 20
"""A seed that no rule was tuned on (whoever tunes takes others), tries to make a life fit a fault, cases of each fault."""
GOAL = 0.95
NO_CLAIM = frozenset({"unit", "po_price", "work_underbilled", "exemption_expired", "exemption_missing"})
REFUSED = frozenset(
    "item_differs work_not_done milestone_not_reached work_billed_twice step_billed_twice contract_not_in_force order_cancelled"
    " customer_wrong".split()
)
"""Rules whose lines a customer doesn't pay at all."""
WORDS = {
    "bill_to": "The address is not the one on our purchase order.", "portal_upload": "Not found in our portal.",
    "not_consolidated": "We asked for one monthly invoice.", "several_work_orders": "One invoice per work order, please.",
    "lien_release_missing": "The lien release is missing.", "cost_code_missing": "No cost code.",
    "attachment_missing": "Attachment missing.",
}  # fmt: skip
"""What customers write where no reason of the list is theirs."""
_CENTS = Decimal(100)


@dataclass
class Tally:
    """Cases, and for how many the origin, the amount, and both were right."""

    cases: int = 0
    origin: int = 0
    amount: int = 0
    both: int = 0
    basis: Counter[str] = field(default_factory=Counter)
    mistakes: list[str] = field(default_factory=list)

    def count(self, fault: Fault, claim: Claim, found: Proposal) -> None:
        """Add a case and what was proposed for it."""
        origin, amount = found.origin == fault.origin, found.amount == claim.amount
        self.cases += 1
        self.origin += origin
        self.amount += amount
        self.both += origin and amount
        self.basis[found.basis] += 1
        if not (origin and amount):
            said = f"{fault.name} ({fault.rule}, {fault.origin}), claim {claim.amount}: {found.basis} {found.origin} {found.amount}"
            self.mistakes.append(said)

    @property
    def share(self) -> float:
        """Of all cases those with the right origin and amount."""
        return self.both / self.cases if self.cases else 1.0

    def line(self, name: str) -> str:
        """The counts as a line of text."""
        of = max(self.cases, 1)
        shares = f"origin {self.origin / of:6.1%}   amount {self.amount / of:6.1%}   both {self.both / of:6.1%}"
        return f"  {name:<36}{self.cases:>6,} cases   {shares}"


def run(write: Callable[[str], Any], each: int = EACH, seed_: int = SEED) -> dict[str, Tally]:
    """Measure with so many cases of every fault: as customers say it, without a reason, and with other faults beside it."""
    results = {
        "the customer says why": measure(each, seed_),
        "paid short without a reason": measure(each, seed_ + 1, silent=True),
        "another fault beside it": measure(each, seed_ + 2, beside=True),
    }  # fmt: skip
    write("\nfindings proposed for cases made of orders' lives: claim = what was billed wrongly")
    for name, tally in results.items():
        missed = "" if tally.share >= GOAL else "   MISSED"
        write(f"{tally.line(name)}   (goal ≥ {GOAL:.0%}{missed})")
    return results


def measure(each: int, seed_: int, *, silent: bool = False, beside: bool = False) -> Tally:
    """So many cases of every fault, through the check and the proposal."""
    tally, dice = Tally(), Random(seed_)
    for fault in FAULTS:
        for before, life, both in lives_of(fault, each, dice, beside=beside):
            amount = wrongly_billed(fault, before, life)
            if amount:
                claim = _claim(fault, amount, silent, whole=amount == _minor(life.invoice["total"]))
                tally.count(fault, claim, _proposed(both, claim))
    return tally


def lives_of(fault: Fault, count: int, dice: Random, *, beside: bool) -> Iterator[tuple[Life, Life, Life]]:
    """Lives as they were, as the fault left them, and with another fault beside it, where that is wanted (else the same)."""
    made = 0
    for key in range(1, 1 if fault.rule in NO_CLAIM else TRIES):
        m = Maker(Random(dice.random()), key, "US01", LAST_DAY, 5)
        life = make_clean(m, m.dice.choice(fault.kinds))
        life.meta["net"] = life.invoice["subtotal"]
        before = deepcopy(life)
        if not seed(m, life, fault) or (beside and (fault.alone or life.meta.get("after"))):
            continue
        both = deepcopy(life) if beside else life
        if beside and not _another(m, both):
            continue
        for one in (before, life, *((both,) if beside else ())):
            settle(one)
        yield before, life, both
        made += 1
        if made == count:
            return


def _another(m: Maker, life: Life) -> bool:
    """Break the life in another place too, where that touches nothing of the first fault, nor the tax on it."""
    there = [f for f in FAULTS if f.name in life.faults]
    fitting = [f for f in FAULTS if life.kind in f.kinds and not f.alone and f.rule not in OF_TAX and not clash(f, there)]
    return any(seed(m, life, other) for other in m.dice.sample(fitting, min(len(fitting), 8)))


def _claim(fault: Fault, amount: int, silent: bool, *, whole: bool) -> Claim:
    """What the customer says: its reason by the list, or in its own words."""
    reason = next((reason for reason, rules in FITTING.items() if fault.rule in rules), "other")
    words = WORDS.get(fault.rule, "") if not silent else ""
    return Claim(amount, "short_payment" if silent else reason, "USD", whole=whole, words=words)


def _proposed(life: Life, claim: Claim) -> Proposal:
    document, facts = facts_of(life)
    policy = Policy()
    found = differences(document, facts, check(document, facts, policy))
    return propose(claim, Evidence(found, proofs=proofs(document, facts, policy, claim.reason)))


def wrongly_billed(fault: Fault, before: Life, life: Life) -> int:
    """Minor units, tax included, that a careful customer leaves out because of the fault; 0 where it leaves out nothing."""
    if fault.rule in _DIRECTLY:
        return max(_DIRECTLY[fault.rule](life), 0)
    more = _minor(life.invoice["total"]) - _minor(before.invoice["total"])
    if more:
        return max(more, 0)
    lines = life.expected[0].lines
    if fault.rule in REFUSED:
        return sum(_gross(x) for x in life.lines if not lines or x["number"] in lines)
    if fault.rule in OF_TAX:
        return _minor(life.invoice["tax_total"])
    for changed in (_not_arrived, _dearer_than_ordered, _above_limit):
        amount = changed(before, life)
        if amount is not None:
            return max(amount, 0)
    return _minor(life.invoice["total"])


def _tax_too_much(life: Life) -> int:
    """Tax that is billed above that of the agreed code: the contract's, else the order's, else the customer's."""
    order = order_of(life) or {}
    agreed = (version(life) or {}).get("tax_code") or order.get("tax_code") or life.customer.get("tax_code") or ""
    right = sum(_rounded(Decimal(x["amount"]) * PERCENT.get(agreed or x.get("tax_code", ""), Decimal(0))) for x in life.lines)
    return _minor(life.invoice["tax_total"]) - right


def _kept_too_little(life: Life) -> int:
    """Retainage that the contract lets the customer keep, less what the document keeps."""
    percent = Decimal((version(life) or {}).get("retainage_percent") or 0)
    return _rounded(Decimal(life.invoice["subtotal"]) * percent) - _minor(life.invoice.get("retainage") or "0")


def _freight_too_much(life: Life) -> int:
    line = next(x for x in life.lines if x["number"] in (life.expected[0].lines or ()))
    agreed = Decimal((order_of(life) or {})["freight_amount"])
    return _part(line, 1 - agreed / Decimal(line["amount"]))


def _beyond_order(life: Life) -> int:
    line = next(x for x in life.lines if x["number"] in (life.expected[0].lines or ()))
    ordered = Decimal((order_line(life, line) or {})["quantity"])
    return _part(line, 1 - ordered / Decimal(line["quantity"]))


_DIRECTLY: dict[str, Callable[[Life], int]] = {
    "tax_code": _tax_too_much, "tax_amount": _tax_too_much, "retainage": _kept_too_little, "freight_amount": _freight_too_much,
    "work_beyond_order": _beyond_order,
}  # fmt: skip
"""Rules whose faults change more than what is wrong: what is right stands in the records."""


def _not_arrived(before: Life, life: Life) -> int | None:
    """What is billed of goods that came less, or damaged."""
    was, now = _arrived(before), _arrived(life)
    if was == now:
        return None
    lost = {number: (was[number] - now.get(number, Decimal(0))) / was[number] for number in was if was[number] != now.get(number)}
    return sum(_part(x, lost[x["order_line"]]) for x in life.lines if x.get("order_line") in lost)


def _arrived(life: Life) -> dict[int, Decimal]:
    found: dict[int, Decimal] = {}
    for x in (x for one in life.deliveries for x in one["lines"]):
        good = Decimal(x["quantity"]) - Decimal(x.get("damaged") or 0)
        found[x["order_line"]] = found.get(x["order_line"], Decimal(0)) + good
    return found


def _dearer_than_ordered(before: Life, life: Life) -> int | None:
    """What is billed above the prices of the purchase order."""
    old, new = _po_lines(before, "unit_price"), _po_lines(life, "unit_price")
    changed = {number for number in new if old.get(number) != new[number]}
    if not changed:
        return None
    lines = [x for x in life.lines if x.get("po_line") in changed]
    return sum(_part(x, 1 - Decimal(new[x["po_line"]]) / Decimal(x["unit_price"])) for x in lines)


def _above_limit(before: Life, life: Life) -> int | None:
    """What is billed above what a purchase order, contract or work order has left: its part of the document, or of a line."""
    old, new = _po_lines(before, "quantity"), _po_lines(life, "quantity")
    for number in (n for n in new if new[n] and old.get(n) != new[n]):
        line = next(x for x in life.lines if x.get("po_line") == number)
        return _part(line, (Decimal(old[number]) - Decimal(new[number])) / Decimal(line["quantity"]))
    if any(word == "limit" for f in FAULTS if f.name in life.faults for word in f.area.split()):
        net = Decimal(life.meta["net"])
        over = max(net * Decimal("0.02"), Decimal("1.00")).quantize(Decimal("0.01"))
        return _rounded(over * _CENTS * (1 + Decimal(life.invoice["tax_total"]) / Decimal(life.invoice["subtotal"])))
    return None


def _po_lines(life: Life, name: str) -> dict[int, str]:
    return {x["number"]: x.get(name) or "" for po in life.purchase_orders[:1] for x in po["lines"]}


def _part(line: dict[str, Any], share: Decimal) -> int:
    """The part of a line, with the tax that falls on it: what it is less what it would be."""
    net = Decimal(line["amount"]) * _CENTS
    tax = Decimal(line["tax_amount"]) / Decimal(line["amount"]) if net else Decimal(0)
    right = _rounded(net * (1 - share))
    return int(net) - right + _rounded(net * tax) - _rounded(right * tax)


def _gross(line: dict[str, Any]) -> int:
    return _minor(line["amount"]) + _minor(line["tax_amount"])


def _minor(amount: str) -> int:
    return int(Decimal(amount) * _CENTS)


def _rounded(value: Decimal) -> int:
    return int(value.quantize(Decimal(1), ROUND_HALF_UP))


def worst(tally: Tally, most: int = 10) -> Sequence[str]:
    """The faults that were proposed wrongly most often."""
    return [f"{n} × {name}" for name, n in Counter(m.partition(",")[0] for m in tally.mistakes).most_common(most)]
