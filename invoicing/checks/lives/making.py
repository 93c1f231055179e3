"""Lives in numbers: clean ones, broken ones, and ones that are broken in several places at once."""

from collections.abc import Iterator
from datetime import date
from random import Random

from invoicing.checks.lives import broken_limits, broken_masters, broken_papers, broken_prices, broken_taxes, broken_work
from invoicing.checks.lives.clean import KINDS, make_clean
from invoicing.checks.lives.faults import FAULTS, Fault, clash, seed, settle
from invoicing.checks.lives.model import Life, Maker, Row

SEEDED = (broken_limits, broken_masters, broken_papers, broken_prices, broken_taxes, broken_work)
"""The modules that fill the table of faults."""

LAST_DAY = date(2026, 11, 20)
TRIES = 400


def make_lives(
    seed_: int, count: int, *, company: str = "US01", last_day: date = LAST_DAY, lines: int = 5, clean: float = 0.5, first: int = 1
) -> Iterator[Life]:
    """So many lives, numbered from `first`: a share of clean ones, the rest with one to three faults. Every fault has its turn.

    The same seed makes the same lives. Invoices are of the 60 days up to `last_day`, what came before them of the year before that.
    """
    dice, turn = Random(seed_), 0
    order = list(FAULTS)
    dice.shuffle(order)
    for key in range(first, first + count):
        if dice.random() < clean:
            yield make_clean(_maker(dice, key, company, last_day, lines), dice.choice(list(KINDS)))
        else:
            yield make_broken(dice, key, order[turn % len(order)], company=company, last_day=last_day, lines=lines)
            turn += 1


def make_broken(
    dice: Random, key: int, one: Fault, *, company: str = "US01", last_day: date = LAST_DAY, lines: int = 5, more: bool = True,
    customer: Row | None = None,
) -> Life:  # fmt: skip
    """A life with this fault, and (unless it stands alone) at times with others beside it."""
    for _ in range(TRIES):
        m = _maker(Random(dice.random()), key, company, last_day, lines, customer)
        life = _clean(m, m.dice.choice(one.kinds))
        if not seed(m, life, one):
            continue
        if more and not one.alone and m.chance(0.4):
            _add_others(m, life, m.dice.randint(1, 2))
        settle(life)
        return life
    raise RuntimeError(f"no life fits the fault {one.name}")


def _clean(m: Maker, kind: str) -> Life:
    life = make_clean(m, kind)
    life.meta["net"] = life.invoice["subtotal"]
    return life


def _add_others(m: Maker, life: Life, count: int) -> None:
    fitting = [f for f in FAULTS if life.kind in f.kinds and not f.alone]
    for other in m.dice.sample(fitting, len(fitting)):
        there = [f for f in FAULTS if f.name in life.faults]
        if count and not clash(other, there) and seed(m, life, other):
            count -= 1


def _maker(dice: Random, key: int, company: str, last_day: date, lines: int, customer: Row | None = None) -> Maker:
    return Maker(Random(dice.random()), key, company, last_day, lines, customer)
