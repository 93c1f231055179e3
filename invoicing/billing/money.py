"""The arithmetic of an invoice's lines: amounts, units, tax, retainage. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from arops.lib import money
from invoicing.checks.facts import Customer, Paper, TaxRate

HUNDRED = Decimal(100)
_SIX = Decimal("0.000001")


@dataclass(frozen=True, slots=True)
class Tax:
    """The tax on a line: its rate, and the certificate that frees it."""

    percent: Decimal
    certificate: Paper | None = None


def half_up(value: Decimal) -> int:
    """To the whole minor unit, half away from zero: as customers' systems round."""
    return int(value.to_integral_value(ROUND_HALF_UP))


def amount_of(quantity: Decimal, unit_price: Decimal, currency: str) -> int:
    """Quantity times unit price in minor units."""
    return half_up((quantity * unit_price).scaleb(money.exponent(currency)))


def plain(value: Decimal) -> str:
    """A decimal as the payload wants it: no exponent, no trailing zeros, at most eight places."""
    text = f"{round(value, 8):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def six_places(value: Decimal) -> Decimal:
    """As finely as quantities are kept."""
    return value.quantize(_SIX, ROUND_HALF_UP)


def rate_on(rates: Mapping[str, Sequence[TaxRate]], code: str, day: date) -> TaxRate | None:
    """The rate of a code on a day; None when there is none."""
    return next((r for r in rates.get(code, ()) if r.valid_from <= day and (r.valid_to is None or day <= r.valid_to)), None)


def certificate_for(customer: Customer, rate: TaxRate, day: date) -> Paper | None:
    """The exemption certificate that frees the customer of this tax on the day: received, valid then, of the code's jurisdiction."""
    for paper in customer.papers:
        fits = paper.jurisdiction in ("", rate.code, rate.jurisdiction)
        begun = paper.valid_from is None or paper.valid_from <= day
        if (
            paper.kind == "exemption"
            and paper.state == "received"
            and fits
            and begun
            and (paper.expires_on is None or day <= paper.expires_on)
        ):
            return paper
    return None


def tax_on(amount: int, percent: Decimal) -> int:
    """The tax on a line's amount. Each line is rounded by itself, half up, so that every line proves its own tax."""
    return half_up(amount * percent / HUNDRED)


def retained(total: int, percent: Decimal) -> int:
    """What of a total is kept back at so many per cent."""
    return half_up(total * percent / HUNDRED)


def by_code(lines: Iterable[tuple[str, int, int]]) -> list[tuple[str, int, int]]:
    """(tax code, net, tax) of the lines summed by code, in the order of codes."""
    sums: dict[str, list[int]] = {}
    for code, net, tax in lines:
        entry = sums.setdefault(code, [0, 0])
        entry[0] += net
        entry[1] += tax
    return [(code, net, tax) for code, (net, tax) in sorted(sums.items())]
