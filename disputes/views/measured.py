"""A measurement as a page shows it: figures in words, and where each interval lies on a common scale."""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from arops.lib import money
from disputes.models import ProblemMeasure
from disputes.policy.measuring import percent


@dataclass(frozen=True, slots=True)
class Shown:
    """A row of the comparison: what it is, the estimate and its bounds in words, and where they lie (per cent of the scale)."""

    label: str
    cases: str
    value: str
    bounds: str
    at: str
    low: str
    high: str


def shown(measure: ProblemMeasure, currency: str) -> dict[str, Any] | None:
    """Both sides, their difference, and the money; None where there was nothing to compare."""
    result = measure.result
    if "before" not in result:
        return None
    before, after = result["before"], result["after"]
    top = max(Decimal(before["high"]), Decimal(after["high"])) or Decimal(1)
    most = max(Decimal(result["before_money"]["high"]), Decimal(result["after_money"]["high"])) or Decimal(1)
    sides = (
        ("Before", measure.before_cases, measure.before_invoices, "before"),
        ("Since", measure.after_cases, measure.after_invoices, "after"),
    )
    return {
        "rates": [_row(label, f"{cases:,} of {of:,}", result[key], top, _rate) for label, cases, of, key in sides],
        "money": [_row(label, "", result[f"{key}_money"], most, lambda v: _money(v, currency)) for label, _, _, key in sides],
        "difference": _bounds(result["difference"], _rate), "saved": _bounds(result["saved"], lambda v: _money(v, currency)),
        "chance": _chance(result), "windows": result,
    }  # fmt: skip


def _row(label: str, cases: str, interval: dict[str, str], top: Decimal, said: Any) -> Shown:
    at = {name: f"{min(Decimal(100), max(Decimal(0), 100 * Decimal(interval[name]) / top)):.2f}%" for name in ("value", "low", "high")}
    return Shown(
        label, cases, said(interval["value"]), f"{said(interval['low'])} to {said(interval['high'])}", at["value"], at["low"], at["high"]
    )


def _bounds(interval: dict[str, str], said: Any) -> dict[str, str]:
    """A difference: what there is less since, and its bounds."""
    return {name: said(interval[name]) for name in ("value", "low", "high")}


def _rate(text: str) -> str:
    value = Fraction(text)
    return percent(value) if value >= 0 else f"−{percent(-value)}"


def _money(text: str, currency: str) -> str:
    return money.format(int(Decimal(text)), currency)


def _chance(result: dict[str, Any]) -> dict[str, str]:
    """The probabilities of the test."""
    return {"fewer": percent(Fraction(result["p_fewer"])), "more": percent(Fraction(result["p_more"]))}
