"""What money of one currency is worth on a debt in another: amounts in minor units, rates in units of the debt's currency for one unit of
the payment's. Pure."""

from decimal import Decimal

from arops.lib import money
from cashapp.engine.other_currency import SPREAD


def worth(cash: int, paid_in: str, rate: Decimal, owed_in: str, owed: int) -> int:
    """What `cash` pays of a debt. Where it is just the amount that the whole debt costs, it is the whole debt, whatever rounding leaves."""
    return owed if cash == cost(owed, owed_in, rate, paid_in) else money.convert(cash, paid_in, rate, owed_in)


def cost(owed: int, owed_in: str, rate: Decimal, paid_in: str) -> int:
    """What a debt costs in the payment's currency, half to even."""
    return money.convert(owed, owed_in, 1 / rate, paid_in)


def strays(rate: Decimal, of_day: Decimal) -> bool:
    """Whether a rate lies further from that of the day than a payer's bank may take for its trouble."""
    return abs(rate - of_day) > SPREAD * of_day


def plain(rate: Decimal) -> str:
    """A rate as people write it, without zeros at its end."""
    return f"{rate.normalize():f}"


def implied(cash: int, paid_in: str, owed: int, owed_in: str) -> Decimal:
    """The rate at which `cash` would be the whole debt; 0 for no money."""
    return round(money.to_decimal(owed, owed_in) / money.to_decimal(cash, paid_in), 8) if cash > 0 else Decimal(0)
