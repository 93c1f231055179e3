"""A contract's terms: versions side by side with what each amendment changed, today's prices, milestones and what recurs."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from arops.lib import money
from orders.models import BillingStep, Contract, ContractPrice, ContractVersion
from orders.terms import escalated, holds, in_force, spans

COMPARED = 5
"""Versions that stand side by side; of more, the latest."""


@dataclass(frozen=True, slots=True)
class Cell:
    """What a version says of a term; `changed` against the version before."""

    text: str
    changed: bool = False


@dataclass(frozen=True, slots=True)
class Comparison:
    """Versions side by side: a row for each term, price and step."""

    versions: list[ContractVersion]
    terms: list[tuple[str, list[Cell]]]
    prices: list[tuple[str, list[Cell]]]
    steps: list[tuple[str, list[Cell]]]
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class PriceToday:
    """A price of the version in force, and what it is on the day; `holds` says whether it is in its own span."""

    price: ContractPrice
    today: Decimal
    holds: bool


@dataclass(frozen=True, slots=True)
class StepState:
    """A milestone or an amount that recurs, with where it stands in words."""

    step: BillingStep
    words: str
    tone: str = ""
    reached: Any = None
    is_open: bool = False
    bills: tuple[Any, ...] = ()
    more_bills: int = 0
    billed: int = 0
    drafts: tuple[Any, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether a milestone is billed in full; what recurs never is."""
        return self.step.kind != BillingStep.Kind.RECURRING and self.billed >= self.step.amount

    @property
    def is_due(self) -> bool:
        """Whether a milestone was reached and nobody bills it."""
        return self.reached is not None and self.billed <= 0 and not self.drafts


def versions_of(contract: Contract) -> list[ContractVersion]:
    """All versions with prices and steps, the first first: three statements."""
    return list(contract.versions.prefetch_related("prices", "steps"))  # type: ignore[attr-defined]


def compare(versions: list[ContractVersion], currency: str) -> Comparison:
    """The latest versions side by side. A cell is marked where it differs from the version before, shown or not."""
    start = max(0, len(versions) - COMPARED)
    shown = versions[start:]
    before = versions[start - 1] if start else None
    terms = [(label, _cells(shown, before, of)) for label, of in _terms(currency)]
    prices, steps = [[(key, _cells(shown, before, get)) for key, get in each] for each in (_prices(versions), _steps(versions, currency))]
    return Comparison(shown, terms, prices, steps, start)


def _cells(shown: list[ContractVersion], before: ContractVersion | None, of: Callable[[ContractVersion], str]) -> list[Cell]:
    said = of(before) if before else None
    cells = []
    for version in shown:
        text = of(version)
        cells.append(Cell(text, said is not None and text != said))
        said = text
    return cells


def _terms(currency: str) -> list[tuple[str, Callable[[ContractVersion], str]]]:
    return [
        ("Valid from", lambda v: v.valid_from.isoformat()),
        ("Valid to", lambda v: v.valid_to.isoformat() if v.valid_to else "until further notice"),
        ("Payment terms", lambda v: v.payment_terms or "as the customer’s"),
        ("Tax code", lambda v: v.tax_code or "as the customer’s"),
        ("Billed", lambda v: v.get_billing_display()),
        ("Freight", lambda v: v.get_freight_display()),
        ("Fees off the rate card", lambda v: "may be billed" if v.fees_agreed else "not agreed"),
        ("Sign-off", lambda v: "needed before billing" if v.sign_off_needed else "not needed"),
        ("Retainage", lambda v: f"{plain(v.retainage_percent)} %" if v.retainage_percent else "none"),
        ("Not to exceed", lambda v: money.format(v.not_to_exceed, currency) if v.not_to_exceed else "no limit"),
        ("Escalator", lambda v: f"{plain(v.escalator_percent)} % every {v.escalator_months} months" if v.escalator_percent else "none"),
        ("Note", lambda v: v.note),
    ]


def plain(value: Decimal) -> str:
    """Without idle zeros."""
    return f"{value:f}".rstrip("0").rstrip(".") if value % 1 else f"{value:.0f}"


def _price(value: Decimal) -> str:
    """With two decimals at least, where it has any."""
    whole, point, fraction = plain(value).partition(".")
    return f"{int(whole):,}.{fraction.ljust(2, '0')}" if point else f"{int(whole):,}"


def _prices(versions: list[ContractVersion]) -> list[tuple[str, Callable[[ContractVersion], str]]]:
    """A row for each article, unit and quantity from which a price counts."""
    tables = {v.pk: {_price_key(p): f"{_price(p.unit_price)} / {p.unit}{_span(p)}" for p in v.prices.all()} for v in versions}  # type: ignore[attr-defined]
    keys = dict.fromkeys(key for table in tables.values() for key in table)
    return [(key, _lookup(tables, key)) for key in keys]


def _price_key(price: ContractPrice) -> str:
    least = f" from {plain(price.from_quantity)}" if price.from_quantity else ""
    since = f" ({price.valid_from})" if price.valid_from else ""
    return f"{price.sku}{least}{since}"


def _span(price: ContractPrice) -> str:
    return f" to {price.valid_to}" if price.valid_to else ""


def _steps(versions: list[ContractVersion], currency: str) -> list[tuple[str, Callable[[ContractVersion], str]]]:
    tables = {v.pk: {s.code: _step_said(s, currency) for s in v.steps.all()} for v in versions}  # type: ignore[attr-defined]
    keys = dict.fromkeys(key for table in tables.values() for key in table)
    return [(key, _lookup(tables, key)) for key in keys]


def _step_said(step: BillingStep, currency: str) -> str:
    amount = money.format(step.amount, currency)
    if step.kind == BillingStep.Kind.RECURRING:
        return f"{amount} every {step.every_months} mo."
    return f"{amount}, planned {step.planned_on}" if step.planned_on else amount


def _lookup(tables: dict[int, dict[str, str]], key: str) -> Callable[[ContractVersion], str]:
    return lambda version: tables[version.pk].get(key, "–")


def prices_on(version: ContractVersion, day: date) -> list[PriceToday]:
    """The price list with every rise up to the day."""
    return [PriceToday(p, escalated(p.unit_price, version, day), holds(p.valid_from, p.valid_to, day)) for p in version.prices.all()]  # type: ignore[attr-defined]


def next_rise(version: ContractVersion, day: date) -> date | None:
    """When prices rise next; None where they don't, or the version is over by then."""
    if not version.escalator_percent:
        return None
    later = add_months(version.valid_from, (spans(version, day) + 1) * version.escalator_months)
    return None if version.valid_to and later > version.valid_to else later


def add_months(day: date, months: int) -> date:
    """The same day so many months later, or the last of a shorter month."""
    month = day.month - 1 + months
    year, number = day.year + month // 12, month % 12 + 1
    for last in range(day.day, 27, -1):
        try:
            return date(year, number, last)
        except ValueError:
            continue
    return date(year, number, day.day)


def steps_on(contract: Contract, version: ContractVersion | None, day: date) -> list[StepState]:
    """Milestones and recurring amounts of the version, with where each stands on the day."""
    if version is None:
        return []
    reached = {row.code: row for row in contract.reached.all()}  # type: ignore[attr-defined]
    return [_state(step, reached.get(step.code), day) for step in version.steps.all()]  # type: ignore[attr-defined]


def _state(step: BillingStep, reached: Any, day: date) -> StepState:
    if step.kind == BillingStep.Kind.RECURRING:
        return _recurring(step, day)
    if reached:
        return StepState(step, f"reached {reached.reached_on}", "ok", reached)
    if step.planned_on and step.planned_on < day:
        return StepState(step, f"{(day - step.planned_on).days} days behind plan", "warn", is_open=True)
    return StepState(step, f"planned {step.planned_on}" if step.planned_on else "not reached", "", is_open=True)


def _recurring(step: BillingStep, day: date) -> StepState:
    first = step.planned_on or step.version.valid_from
    if first > day:
        return StepState(step, f"first on {first}", "info")
    past = 0
    while add_months(first, (past + 1) * step.every_months) <= day:
        past += 1
    later = add_months(first, (past + 1) * step.every_months)
    if step.until and later > step.until:
        last = add_months(first, past * step.every_months)
        return StepState(step, f"over, last on {last}" if last <= step.until else "over")
    return StepState(step, f"next on {later}", "info")


def current(contract: Contract, versions: list[ContractVersion], day: date) -> ContractVersion | None:
    """The version in force on the day."""
    return in_force(versions, day, contract.ended_on)
