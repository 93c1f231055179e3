"""The table of faults: each breaks a clean life in one known place, and says which rule has to find it, and where it began."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from invoicing.checks.lives.base import finish
from invoicing.checks.lives.model import Expected, Life, Maker, Row, iso, money, text

Lines = tuple[int, ...] | None
Break = Callable[[Maker, Life], "Lines | bool"]


class Fault(NamedTuple):
    """A fault: the finding it must lead to, what it touches, and how it breaks.

    `area` holds words for what it touches; two faults that share one are never seeded together (`clash`).

    `alone`: it changes so much that nothing else is seeded beside it.
    """

    name: str
    rule: str
    origin: str
    area: str
    kinds: tuple[str, ...]
    apply: Break
    alone: bool


FAULTS: list[Fault] = []
"""Filled by the modules beside this one, through `fault`."""


def fault(rule: str, origin: str, area: str, *kinds: str, alone: bool = False) -> Callable[[Break], Break]:
    """Put a way to break lives of these kinds into the table. It answers the lines it broke (None: all), or False if it doesn't fit."""

    def register(apply: Break) -> Break:
        FAULTS.append(Fault(apply.__name__, rule, origin, area, kinds, apply, alone))
        return apply

    return register


MONEY = frozenset("quantity extra step freight fee".split())
"""Areas that change what is billed: a limit is never seeded beside them, nor beside a price (no area)."""


def clash(one: Fault, others: list[Fault]) -> bool:
    """Whether a fault can't stand beside those that are there."""
    mine = set(one.area.split())
    for other in others:
        theirs = set(other.area.split())
        if mine & theirs or one.name == other.name:
            return True
        if ("limit" in mine and (not theirs or theirs & MONEY)) or ("limit" in theirs and (not mine or mine & MONEY)):
            return True
    return False


def seed(m: Maker, life: Life, one: Fault) -> bool:
    """Break the life; False (and nothing done that counts) where the fault doesn't fit."""
    lines = one.apply(m, life)
    if lines is False:
        return False
    life.faults.append(one.name)
    life.expected.append(Expected(one.rule, one.origin, lines if isinstance(lines, tuple) else None))
    return True


def settle(life: Life) -> None:
    """Add up after all faults are in, then do what has to be done to the finished figures."""
    finish(life)
    for act in life.meta.pop("after", ()):
        act()


def after(life: Life, act: Callable[[], None]) -> None:
    """Something to be done once the invoice is added up."""
    life.meta.setdefault("after", []).append(act)


def pick(m: Maker, life: Life, fits: Callable[[Row], Any] = lambda line: True) -> Row | None:
    """A line that no fault touched yet and that fits; it counts as touched from now on."""
    free = [x for x in life.lines if x["number"] not in life.touched and fits(x)]
    if not free:
        return None
    line = m.dice.choice(free)
    life.touched.add(line["number"])
    return line


def order_of(life: Life) -> Row | None:
    """The order that the invoice bills."""
    number = (life.invoice.get("order") or {}).get("external_id")
    return next((x for x in life.orders if x["number"] == number), None)


def order_line(life: Life, line: Row) -> Row | None:
    """The order's line that an invoice's line bills."""
    order = order_of(life)
    return next((x for x in order["lines"] if x["number"] == line.get("order_line")), None) if order else None


def po_line(life: Life, line: Row) -> Row | None:
    """The purchase order's line that an invoice's line bills."""
    po = life.purchase_orders[0] if life.purchase_orders else None
    return next((x for x in po["lines"] if x["number"] == line.get("po_line")), None) if po else None


def version(life: Life) -> Row | None:
    """The contract's version in force on the day that counts."""
    return life.contracts[0]["versions"][life.meta["right"]] if life.contracts else None


def listed(life: Life, line: Row) -> Row | None:
    """The price list's line of an article in the version in force, where it has no tiers."""
    found = [x for x in (version(life) or {}).get("prices", ()) if x["sku"] == line["sku"]]
    return found[0] if len(found) == 1 else None


def other_price(life: Life, line: Row) -> str:
    """The article's price in another version; empty when there is none, or the same."""
    if life.meta.get("style") not in ("amended", "later"):
        return ""
    other = life.contracts[0]["versions"][1 - life.meta["right"]]
    found: str = next((x["unit_price"] for x in other["prices"] if x["sku"] == line["sku"]), "")
    return found if found and found != line["unit_price"] else ""


def off(m: Maker, price: str) -> str:
    """A price that is none of the agreed ones: a few per cent and some cents away."""
    times = Decimal(m.dice.choice(("1.0731", "1.1178", "0.8812")))
    return text((Decimal(price) * times).quantize(Decimal("0.01")) + Decimal("0.07"))


def reprice(life: Life, ordered: Row, price: str) -> None:
    """Another price on a line of the purchase order; its amount goes with it, where it says one."""
    po = life.purchase_orders[0]
    if po.get("amount"):
        change = (Decimal(price) - Decimal(ordered["unit_price"])) * Decimal(ordered["quantity"])
        po["amount"] = money(Decimal(po["amount"]) + change)
    ordered["unit_price"] = price


def works_of(life: Life, work: Row) -> tuple[int, ...]:
    """The lines that bill a work order."""
    return tuple(x["number"] for x in life.lines if (x.get("work_order") or {}).get("external_id") == work["number"])


def wants(life: Life, wanted: str, **params: object) -> None:
    """A requirement of the customer; one that is there already isn't added again."""
    if not any(x["kind"] == wanted and x["params"] == params for x in life.requirements):
        life.requirements.append({"kind": wanted, "params": params, "valid_from": iso(life.day - timedelta(days=100))})


def unwant(life: Life, *kinds: str) -> None:
    """Take requirements away that a fault would break by the way."""
    life.requirements = [x for x in life.requirements if x["kind"] not in kinds]


def recode(life: Life, code: str) -> None:
    """The whole life under another tax code."""
    life.meta["code"] = life.customer["tax_code"] = code
    for row in [*life.lines, *(v for c in life.contracts for v in c["versions"] if v.get("tax_code"))]:
        row["tax_code"] = code


def days(rows: Sequence[Row], name: str) -> list[date]:
    """The days of a field, where it is there."""
    return [date.fromisoformat(x[name]) for x in rows if x.get(name)]


def another_customer(m: Maker, life: Life) -> str:
    """A second customer in the life; answers its number."""
    number = m.number("C", 2)
    life.other_customers.append(
        life.customer | {"external_id": number, "number": number, "name": f"Other {life.customer['name']}", "tax_code": ""}
    )
    return number
