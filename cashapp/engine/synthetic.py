"""Receipts with a known truth: a seeded world of customers and open items, and payments as banks deliver them.

The world has traits that make matching hard on purpose: one running number series over all customers (a slip of one digit mostly
hits somebody else's invoice), backlogs from two to a few hundred items, customers who owe the same amount every month (up to
five of it open), round amounts, branches that share a name, groups with a parent, accounts used by several customers, partly
disputed items.

The mix of receipts (`SHARES`, in per cent) follows what the trade reports: about two thirds arrive with usable references, one in
ten damaged, one in seven with none, the rest differ from what was owed. About 3 in 100 can't be decided by anybody without
asking: strangers, second payments, twins, references to the wrong document. Every receipt draws its payer's name and account
through the same noise: the account is missing for 15 %, unknown for 5 %, and the bank cuts the name.

The truth is what the payer meant. Nothing here knows how the engine reads or scores; seeds for tuning and for the figures that
are quoted are kept apart (`measure`, `cashapp.bench`).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from random import Random

from cashapp.engine.model import Candidate, Payer, Receipt
from cashapp.engine.synthetic_text import NAMES, damaged, number_text, payer_line, remittance, series

SHARES: Mapping[str, float] = {
    "one item, named": 29.0,
    "one item, structured": 8.0,
    "several items, structured": 4.0,
    "several items, all named": 13.0,
    "several items, list cut off": 3.0,
    "one item, damaged reference": 7.0,
    "several items, one reference damaged": 2.0,
    "purchase order instead of number": 2.0,
    "one item, nothing named": 7.0,
    "whole balance, nothing named": 2.0,
    "all that is due, nothing named": 3.0,
    "some items, nothing named": 2.0,
    "discount in time": 4.0,
    "discount too late": 1.0,
    "credit netted, named": 2.0,
    "credit netted, not named": 0.5,
    "short payment, named": 2.5,
    "amount typed wrongly, named": 1.0,
    "overpaid, named": 0.5,
    "bank charges deducted": 1.5,
    "disputed part left out": 1.0,
    "parent pays child": 2.0,
    "third party, named": 1.0,
    "second payment": 0.5,
    "stranger": 1.0,
    "twins, nothing named": 0.7,
    "wrong document named": 0.3,
}

Paid = Mapping[int, tuple[int, int, int]]
"""By item: cash, discount, write-off."""


@dataclass(frozen=True, slots=True)
class Truth:
    """What the payer meant: class of the receipt, his customer (None: a stranger) and what each item gets."""

    receipt_id: int
    kind: str
    customer_id: int | None
    paid: Paid


@dataclass(slots=True)
class World:
    """A company's customers and open items on one day. `closed` are numbers and amounts paid lately, by customer."""

    today: date
    currency: str
    payers: list[Payer]
    candidates: list[Candidate]
    by_customer: dict[int, list[Candidate]] = field(default_factory=dict)
    closed: dict[int, list[Candidate]] = field(default_factory=dict)
    children: dict[int, list[int]] = field(default_factory=dict)

    def items(self, with_closed: bool = True) -> list[Candidate]:
        """What the engine is given: the open items, and the closed ones with a balance of 0 so that second payments are known."""
        paid = [replace(i, balance=0) for items in self.closed.values() for i in items] if with_closed else []
        return self.candidates + paid


def make_world(
    seed: int, *, open_items: int = 100_000, customers: int = 4_000, today: date = date(2026, 6, 30), currency: str = "USD"
) -> World:
    """Customers with backlogs of very different length; deterministic for a seed."""
    rng = Random(f"world {seed}")
    payers = [_payer(rng, n) for n in range(1, customers + 1)]
    payers = _groups(rng, payers)
    world = World(today, currency, payers, [])
    for payer in payers:
        world.by_customer[payer.customer_id], world.closed[payer.customer_id] = [], []
        if payer.parent_id is not None:
            world.children.setdefault(payer.parent_id, []).append(payer.customer_id)
    _fill(rng, world, open_items)
    return world


def _payer(rng: Random, number: int) -> Payer:
    name = NAMES.company(rng)
    count = rng.choices((0, 1, 2), (12, 78, 10))[0]
    accounts = tuple(f"{rng.choice(('US', 'DE', 'GB'))}{rng.randrange(10**16):016d}" for _ in range(count))
    aliases = (NAMES.company(rng),) if rng.random() < 0.05 else ()
    return Payer(number, name, aliases, accounts)


def _groups(rng: Random, payers: list[Payer]) -> list[Payer]:
    """Branches that share a name (4 %), children with a parent (6 %), accounts used by two (2 %)."""
    made = list(payers)
    for n in range(1, len(made)):
        roll, other = rng.random(), made[rng.randrange(n)]
        if roll < 0.04:
            made[n] = replace(made[n], name=other.name)
        elif roll < 0.10 and other.parent_id is None:
            made[n] = replace(made[n], parent_id=other.customer_id, name=f"{other.name.split()[0]} {made[n].name}")
        elif roll < 0.12 and other.accounts:
            made[n] = replace(made[n], accounts=other.accounts[:1])
    return made


@dataclass(frozen=True, slots=True)
class _Habits:
    """How a customer buys and pays."""

    recurring: int
    size: float
    terms: int
    discount: bool


def _habits(rng: Random) -> _Habits:
    recurring = rng.randrange(50, 5000) * 100 if rng.random() < 0.15 else 0
    return _Habits(recurring, rng.gauss(11.6, 1.0), rng.choice((14, 30, 30, 45, 60)), rng.random() < 0.15)


def _fill(rng: Random, world: World, open_items: int) -> None:
    weights = [rng.paretovariate(1.3) for _ in world.payers]
    counts = dict.fromkeys((p.customer_id for p in world.payers), 2)
    extra = open_items - 2 * len(world.payers)
    for customer in rng.choices([p.customer_id for p in world.payers], [min(w, 20.0) for w in weights], k=max(extra, 0)):
        counts[customer] += 1
    habits = {p.customer_id: _habits(rng) for p in world.payers}
    owners = [c for c, n in counts.items() for _ in range(n)]
    rng.shuffle(owners)
    shown, counter = series(rng), rng.randrange(10_000, 90_000)
    months: dict[int, int] = {}
    for item_id, customer in enumerate(owners, 1):
        counter += rng.choice((1, 1, 1, 2, 3, 7))
        age = int(150 * (1 - item_id / len(owners))) + rng.randrange(10)
        habit = habits[customer]
        if habit.recurring and months.setdefault(customer, 160) - age < 28:
            habit = replace(habit, recurring=0)
        elif habit.recurring:
            months[customer] = age
        item = _item(rng, world, item_id, customer, habit, shown(counter), age)
        world.candidates.append(item)
        world.by_customer[customer].append(item)
        if rng.random() < 0.1:
            counter += 1
            _close(rng, world, item, shown(counter))


def _item(rng: Random, world: World, item_id: int, customer: int, habits: _Habits, number: str, age: int) -> Candidate:
    day = world.today - timedelta(days=age)
    if rng.random() < 0.06:
        amount = -_amount(rng, replace(habits, recurring=0, size=habits.size - 1.5))
        return Candidate(item_id, customer, "CM" + number.lstrip("INVRESF-")[-9:], "credit_memo", world.currency, amount, day, day)
    amount = _amount(rng, habits)
    order = f"PO{customer:04d}-{rng.randrange(1000):03d}" if rng.random() < 0.4 else ""
    until, cut = (day + timedelta(days=10), amount // 50) if habits.discount else (None, 0)
    disputed = rng.randrange(amount // 10, amount // 2) if rng.random() < 0.03 else 0
    return Candidate(
        item_id, customer, number, "invoice", world.currency, amount, day, day + timedelta(days=habits.terms), until, cut, order, disputed
    )


def _amount(rng: Random, habits: _Habits) -> int:
    if habits.recurring:
        return habits.recurring
    amount = max(1500, min(int(rng.lognormvariate(habits.size, 0.9)), 50_000_000))
    return max(5000, amount // 5000 * 5000) if rng.random() < 0.12 else amount


def _close(rng: Random, world: World, like: Candidate, number: str) -> None:
    amount = like.balance if rng.random() < 0.5 else _amount(rng, _habits(rng))
    if like.balance > 0:
        world.closed[like.customer_id].append(replace(like, id=10**7 + like.id, number=number, balance=amount))


class Source:
    """Draws receipts from a world. An item is paid by one receipt at most, as in life nearly always."""

    def __init__(self, world: World, seed: int) -> None:
        self.world, self.rng = world, Random(f"receipts {seed}")
        self.free = {c: [i for i in items if i.balance > 0] for c, items in world.by_customer.items()}
        self.used: set[int] = set()
        self.customers = [c for c, items in self.free.items() for _ in range(min(len(items), 60))]
        self.payers = {p.customer_id: p for p in world.payers}

    def customer(self, wanted: Callable[[list[Candidate]], bool]) -> tuple[int, list[Candidate]]:
        """A customer with items to pay, the larger the likelier, for whose free items the wish holds."""
        for _ in range(2000):
            chosen = self.rng.choice(self.customers)
            items = [i for i in self.free[chosen] if i.id not in self.used]
            if items and wanted(items):
                return chosen, items
        raise LookupError("the world has no customer left for this class of receipts")

    def some(self, items: list[Candidate], least: int, most: int) -> list[Candidate]:
        """Items as payers choose them: mostly a run of the oldest, with gaps."""
        count = min(self.rng.randint(least, most), len(items))
        start = self.rng.choice((0, 0, 0, self.rng.randrange(len(items))))
        window = items[start : start + count + self.rng.choice((0, 0, 1, 3))]
        chosen = self.rng.sample(window, min(count, len(window))) if len(window) >= least else items[:count]
        return sorted(chosen, key=lambda i: i.id)

    def receipt(self, receipt_id: int, kind: str) -> tuple[Receipt, Truth]:
        """One receipt of a class, and its truth."""
        from cashapp.engine.synthetic_classes import CLASSES

        draft = CLASSES[kind](self)
        self.used.update(draft.paid)
        name, account = payer_line(self.rng, self.payers.get(draft.payer) if draft.payer else None, draft.keep_account)
        day = draft.day or self.world.today - timedelta(days=self.rng.randrange(3))
        receipt = Receipt(receipt_id, draft.amount, self.world.currency, day, name, account, draft.text, draft.structured)
        return receipt, Truth(receipt_id, kind, draft.customer, draft.paid)


def make_receipts(world: World, count: int, seed: int) -> list[tuple[Receipt, Truth]]:
    """Receipts in the proportions of `SHARES`, shuffled; deterministic for a seed. Raises LookupError where the world is too small."""
    source = Source(world, seed)
    kinds = source.rng.choices(list(SHARES), list(SHARES.values()), k=count)
    return [source.receipt(n, kind) for n, kind in enumerate(kinds, 1)]


def empty_out(world: World, count: int, seed: int) -> list[tuple[Receipt, Truth]]:
    """The same from a world that comes to its end: a class that finds no customer any more is left out from there on."""
    source = Source(world, seed)
    shares, made = dict(SHARES), list[tuple[Receipt, Truth]]()
    while len(made) < count and shares:
        (kind,) = source.rng.choices(list(shares), list(shares.values()))
        try:
            made.append(source.receipt(len(made) + 1, kind))
        except LookupError:
            del shares[kind]
    return made


__all__ = ["SHARES", "Source", "Truth", "World", "damaged", "make_receipts", "make_world", "number_text", "remittance"]
