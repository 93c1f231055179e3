"""The open items of a company, indexed once for a whole batch; weaker indexes are built when first asked for."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import cached_property
from typing import TypeVar

from cashapp.engine.model import Candidate, MatchInputError, Payer
from cashapp.engine.payers import PayerBook
from cashapp.engine.references import LETTERS, MIN_KEY, digits, key, part_count, shape, skeleton, tail

MAX_PARTS = 8


class WeakKeys:
    """Digits, tails and skeletons of some items' numbers, each to the items that bear it."""

    def __init__(self, items: Iterable[Candidate], key_of: Mapping[int, str]) -> None:
        self.digits: dict[str, list[Candidate]] = defaultdict(list)
        self.tails: dict[str, list[Candidate]] = defaultdict(list)
        self.skeletons: dict[str, list[Candidate]] = defaultdict(list)
        self.keys: dict[str, list[Candidate]] = defaultdict(list)
        for item in items:
            self._add(item, key_of[item.id])

    def _add(self, item: Candidate, whole: str) -> None:
        last = tail(item.number)
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
        self._number_keys: list[tuple[str, Candidate]] = []
        self._key_of: dict[int, str] = {}
        self._skeleton_of: dict[int, str] = {}
        for item in candidates:
            self._add(item)
        self._sort_shared()
        self.max_parts = min(MAX_PARTS, max(map(part_count, self._patterns), default=1))
        self._weak: dict[tuple[int, str], WeakKeys] = {}
        self._sorted: set[tuple[int, str]] = set()

    def _add(self, item: Candidate) -> None:
        _check(item, self.items)
        self.items[item.id] = item
        index = self.by_key if item.balance else self.closed
        whole = key(item.number)
        self._patterns.add(shape(item.number))
        if len(whole) >= MIN_KEY and not whole.isalpha():
            index.setdefault(whole, []).append(item)
        if item.po_number or item.references:
            self._add_others(item, whole, index)
        if item.balance:
            self._number_keys.append((whole, item))
            self._key_of[item.id] = whole
            self.by_customer[item.customer_id, item.currency].append(item)

    def _add_others(self, item: Candidate, number_key: str, index: dict[str, list[Candidate]]) -> None:
        for number in {item.po_number, *item.references}:
            whole = key(number)
            if len(whole) >= MIN_KEY and not whole.isalpha() and whole != number_key:
                index.setdefault(whole, []).append(item)
                self._patterns.add(shape(number))

    def _sort_shared(self) -> None:
        """Bearers of one number in an order of their own, so that the order of the input never shows."""
        for index in (self.by_key, self.closed):
            for bearers in index.values():
                if len(bearers) > 1:
                    bearers.sort(key=_by_due)

    def open_of(self, customer: int, currency: str) -> list[Candidate]:
        """The customer's open items in one currency, earliest due first."""
        where = (customer, currency)
        items = self.by_customer.get(where)
        if items is None:
            return []
        if where not in self._sorted:
            items.sort(key=_by_due)
            self._sorted.add(where)
        return items

    def weak(self, customer: int, currency: str) -> WeakKeys:
        """Weak keys of one customer's items."""
        where = (customer, currency)
        if where not in self._weak:
            self._weak[where] = WeakKeys(self.open_of(customer, currency), self._key_of)
        return self._weak[where]

    def skeleton_of(self, item: Candidate) -> str:
        """The skeleton of an open item's number, worked out once."""
        found = self._skeleton_of.get(item.id)
        if found is None:
            found = self._skeleton_of[item.id] = skeleton(self._key_of[item.id])
        return found

    @cached_property
    def shapes(self) -> frozenset[str]:
        """Shapes of document numbers; those of digits alone (seven or more) keep their first two, to differ from other long numbers."""
        numbers = {number for number, _ in self._number_keys} | set(self.closed)
        return frozenset(_series(n) for n in numbers if not n.isalpha() and (not n.isdigit() or len(n) >= 7))

    def could_be_ours(self, number_key: str) -> bool:
        """Whether a number looks like one of this company's documents, and not like a date, an amount or somebody's own reference."""
        return _series(number_key) in self.shapes

    @cached_property
    def all_digits(self) -> dict[str, list[Candidate]]:
        """Every open item by the digits of its number, five or more."""
        found: dict[str, list[Candidate]] = defaultdict(list)
        for whole, item in self._number_keys:
            plain = whole.translate(LETTERS).lstrip("0")
            if len(plain) > MIN_KEY:
                found[plain].append(item)
        return _sorted_lists(found)

    @cached_property
    def all_skeletons(self) -> dict[str, list[Candidate]]:
        """Every open item by the skeleton of its number, six characters or more."""
        found: dict[str, list[Candidate]] = defaultdict(list)
        for whole, item in self._number_keys:
            if len(whole) > 5:
                found[skeleton(whole)].append(item)
        return _sorted_lists(found)

    @cached_property
    def by_amount(self) -> dict[tuple[str, int], list[Candidate]]:
        """Every open item by currency and balance."""
        found: dict[tuple[str, int], list[Candidate]] = defaultdict(list)
        for _, item in self._number_keys:
            if item.balance > 0:
                found[item.currency, item.balance].append(item)
        return _sorted_lists(found)


def _series(number_key: str) -> str:
    return number_key[:2] + shape(number_key[2:]) if number_key.isdigit() else shape(number_key)


def _by_due(item: Candidate) -> tuple[date, int]:
    return (item.due_date, item.id)


T = TypeVar("T")


def _sorted_lists(index: dict[T, list[Candidate]]) -> dict[T, list[Candidate]]:
    for bearers in index.values():
        if len(bearers) > 1:
            bearers.sort(key=_by_due)
    return index


def _check(item: Candidate, known: Mapping[int, Candidate]) -> None:
    if item.id in known:
        raise MatchInputError(f"item {item.id} is given twice")
    if item.balance and (item.balance > 0) != (item.kind in ("invoice", "debit_memo")):
        raise MatchInputError(f"item {item.id}: a balance of {item.balance} has the wrong sign for a {item.kind}")
