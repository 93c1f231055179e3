"""The open items of a company, indexed once for a whole batch; weaker indexes are built when first asked for."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cached_property

from cashapp.engine.model import Candidate, MatchInputError, Payer
from cashapp.engine.payers import PayerBook
from cashapp.engine.references import MIN_KEY, digits, key, part_count, shape, skeleton, tail

MAX_PARTS = 8


class WeakKeys:
    """Digits, tails and skeletons of some items' numbers, each to the items that bear it."""

    def __init__(self, items: Iterable[Candidate]) -> None:
        self.digits: dict[str, list[Candidate]] = defaultdict(list)
        self.tails: dict[str, list[Candidate]] = defaultdict(list)
        self.skeletons: dict[str, list[Candidate]] = defaultdict(list)
        self.keys: dict[str, list[Candidate]] = defaultdict(list)
        for item in items:
            self._add(item)

    def _add(self, item: Candidate) -> None:
        whole, last = key(item.number), tail(item.number)
        plain = digits(whole)
        if len(whole) >= MIN_KEY:
            self.keys[whole].append(item)
            self.skeletons[skeleton(whole)].append(item)
        if len(plain) >= MIN_KEY:
            self.digits[plain].append(item)
        if len(last) >= 3 and last != plain:
            self.tails[last].append(item)


class Book:
    """Items by number, by customer and by amount, and the payers. Items of balance 0 are kept apart as closed."""

    def __init__(self, candidates: Sequence[Candidate], payers: Iterable[Payer]) -> None:
        self.payers = PayerBook(payers)
        self.items: dict[int, Candidate] = {}
        self.by_key: dict[str, list[Candidate]] = {}
        self.by_customer: dict[tuple[int, str], list[Candidate]] = defaultdict(list)
        self.closed: dict[str, list[Candidate]] = {}
        self._patterns: set[str] = set()
        for item in sorted(candidates, key=lambda c: (c.due_date, c.id)):
            self._add(item)
        self.max_parts = min(MAX_PARTS, max(map(part_count, self._patterns), default=1))
        self._weak: dict[tuple[int, str], WeakKeys] = {}

    def _add(self, item: Candidate) -> None:
        if item.id in self.items:
            raise MatchInputError(f"item {item.id} is given twice")
        if (item.balance > 0) != (item.kind in ("invoice", "debit_memo")) and item.balance:
            raise MatchInputError(f"item {item.id}: a balance of {item.balance} has the wrong sign for a {item.kind}")
        self.items[item.id] = item
        index = self.by_key if item.balance else self.closed
        for number in (item.number, item.po_number, *item.references):
            whole = key(number) if number else ""
            self._patterns.add(shape(number))
            if len(whole) >= MIN_KEY and any(map(str.isdigit, whole)):
                bearers = index.setdefault(whole, [])
                if not bearers or bearers[-1] is not item:
                    bearers.append(item)
        if item.balance:
            self.by_customer[item.customer_id, item.currency].append(item)

    def open_of(self, customer: int, currency: str) -> list[Candidate]:
        """The customer's open items in one currency, earliest due first."""
        return self.by_customer.get((customer, currency), [])

    def weak(self, customer: int, currency: str) -> WeakKeys:
        """Weak keys of one customer's items."""
        where = (customer, currency)
        if where not in self._weak:
            self._weak[where] = WeakKeys(self.open_of(customer, currency))
        return self._weak[where]

    @cached_property
    def shapes(self) -> frozenset[str]:
        """Shapes of invoice numbers that can't be mistaken for a date or an amount: with letters, or of seven digits or more."""
        found = {shape(key(item.number)) for item in self.items.values()}
        return frozenset(s for s in found if any(map(str.isdigit, s)) and (not s.isdigit() or len(s) >= 7))

    @cached_property
    def all_digits(self) -> dict[str, list[Candidate]]:
        """Every open item by the digits of its number, five or more."""
        found: dict[str, list[Candidate]] = defaultdict(list)
        for item in self.items.values():
            plain = digits(key(item.number)) if item.balance else ""
            if len(plain) > MIN_KEY:
                found[plain].append(item)
        return found

    @cached_property
    def all_skeletons(self) -> dict[str, list[Candidate]]:
        """Every open item by the skeleton of its number, six characters or more."""
        found: dict[str, list[Candidate]] = defaultdict(list)
        for item in self.items.values():
            whole = key(item.number) if item.balance else ""
            if len(whole) > 5:
                found[skeleton(whole)].append(item)
        return found

    @cached_property
    def by_amount(self) -> dict[tuple[str, int], list[Candidate]]:
        """Every open item by currency and balance."""
        found: dict[tuple[str, int], list[Candidate]] = defaultdict(list)
        for item in self.items.values():
            if item.balance > 0:
                found[item.currency, item.balance].append(item)
        return found
