"""Customers that a key is limited to. They live a floor above: `customers` hands down who finds them when the product starts (see
`customers.tasks`); this floor keeps their keys alone."""

from collections.abc import Callable, Collection, Sequence
from typing import NamedTuple

from org.actors import Actor


class Chosen(NamedTuple):
    """A customer as a key names it."""

    key: int
    company_id: int
    company: str
    number: str
    name: str

    def __str__(self) -> str:
        return f"{self.company} {self.number} {self.name}"


Finder = Callable[[Actor, Collection[int], Collection[str]], Sequence[Chosen]]
_finders: list[Finder] = []


def connect(finder: Finder) -> None:
    """Say who finds customers: those in the actor's sight with one of the keys or one of the numbers."""
    _finders[:] = [finder]


def by_key(actor: Actor, keys: Collection[int]) -> list[Chosen]:
    """Those of these keys in the actor's sight."""
    return [one for finder in _finders for one in finder(actor, keys, ())] if keys else []


def by_words(actor: Actor, words: Sequence[str]) -> tuple[list[Chosen], list[str]]:
    """Customers named by number, or by company and number (`US01 C-100`) where several companies have one; and the words that name none,
    or several."""
    parts = {word: (word, word.partition(" ")[2].strip()) for word in words}
    numbers = {number for pair in parts.values() for number in pair if number}
    there = [one for finder in _finders for one in finder(actor, (), numbers)] if numbers else []
    found, unclear = {}, []
    for word, (whole, rest) in parts.items():
        fits = [one for one in there if one.number == whole or (one.number == rest and one.company == word.partition(" ")[0])]
        if len(fits) == 1:
            found[fits[0].key] = fits[0]
        else:
            unclear.append(word)
    return list(found.values()), unclear
