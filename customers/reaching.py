"""Who at a customer gets which mail. Pure: people in, addresses out, or why there are none.

A person's own purposes say what they get; without any the role says: accounts payable gets everything, others what is a letter. Where
nobody is there for what isn't a letter, those who get letters stand in. Who asked for no mail gets none, whatever else is said.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

PURPOSES = {
    "dunning": "reminders and dunning letters", "statement": "statements", "charge": "notices of late charges",
    "document": "requests for papers", "invoice": "invoices", "dispute": "answers about disputes", "payment": "questions about payments",
}  # fmt: skip
"""Code → what is sent, in words."""
LETTERS = frozenset({"dunning", "statement", "charge", "document"})
"""What `receives_letters` is about."""
MOST = 20
"""Addresses of one mail."""


@dataclass(frozen=True, slots=True)
class Person:
    """A contact that is still there, as far as mail goes."""

    email: str
    role: str = "ap"
    receives_letters: bool = True
    takes_mail: bool = True
    purposes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reach:
    """Where a mail goes; without an address `why` says in words what stands in its way, `unwanted` that it is what was chosen: there are
    people to write to, and none of them may get it."""

    to: tuple[str, ...] = ()
    why: str = ""
    unwanted: bool = False


def gets(person: Person, purpose: str) -> bool:
    """Whether a person is among those who get mail of a purpose, an address or not."""
    if not person.takes_mail or (purpose in LETTERS and not person.receives_letters):
        return False
    return purpose in person.purposes if person.purposes else purpose in LETTERS or person.role == "ap"


def reach(people: Iterable[Person], purpose: str, dead: Collection[str] = ()) -> Reach:
    """The addresses that mail of a purpose goes to, each once, in the order of people. `dead`: addresses in small letters that mail came
    back from."""
    there = [one for one in people if one.email]
    if not there:
        return Reach(why="no contact has an e-mail address")
    alive = [one for one in there if one.email.lower() not in dead]
    if not alive:
        return Reach(why=f"mail to {there[0].email} came back")
    named = [one.email for one in alive if gets(one, purpose)]
    if not named and purpose not in LETTERS:
        named = [one.email for one in alive if one.takes_mail and one.receives_letters and not one.purposes]
    if named:
        return Reach(tuple(dict.fromkeys(named))[:MOST])
    if lost := next((one.email for one in there if one not in alive and gets(one, purpose)), ""):
        return Reach(why=f"mail to {lost} came back, and nobody else gets {PURPOSES[purpose]}")
    if not any(one.takes_mail for one in alive):
        return Reach(why="everybody there asked for no mail", unwanted=True)
    return Reach(why=f"no contact gets {PURPOSES[purpose]}", unwanted=True)
