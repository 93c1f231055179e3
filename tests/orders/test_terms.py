"""Which version holds on a day, and how often its prices have risen by then."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import pytest

from orders.terms import escalated, in_force, months_between, spans


@dataclass(frozen=True)
class Version:
    number: int
    valid_from: date
    valid_to: date | None = None
    escalator_percent: Decimal = Decimal(3)
    escalator_months: int = 12


FIRST = Version(1, date(2026, 1, 1))
SECOND = Version(2, date(2026, 7, 1), date(2026, 9, 30))


@pytest.mark.parametrize(
    ("day", "ended", "found"),
    [
        (date(2025, 12, 31), None, None), (date(2026, 1, 1), None, FIRST), (date(2026, 7, 1), None, SECOND),
        (date(2026, 9, 30), None, SECOND), (date(2026, 10, 1), None, FIRST), (date(2026, 3, 1), date(2026, 3, 1), None),
        (date(2026, 2, 28), date(2026, 3, 1), FIRST),
    ],
)  # fmt: skip
def test_of_versions_that_hold_the_later_counts_until_the_contract_ends(day: date, ended: date | None, found: Version | None) -> None:
    assert in_force([FIRST, SECOND], day, ended) is found
    assert in_force([SECOND, FIRST], day, ended) is found


@pytest.mark.parametrize(
    ("first", "day", "months"),
    [
        (date(2026, 1, 31), date(2026, 2, 27), 0), (date(2026, 1, 31), date(2026, 2, 28), 1), (date(2026, 1, 15), date(2026, 2, 14), 0),
        (date(2026, 1, 15), date(2026, 2, 15), 1), (date(2024, 2, 29), date(2025, 2, 28), 12), (date(2026, 5, 1), date(2026, 3, 1), -2),
        (date(2026, 1, 1), date.max, 95_687),
    ],
)  # fmt: skip
def test_full_months(first: date, day: date, months: int) -> None:
    assert months_between(first, day) == months


def test_prices_rise_after_each_full_span() -> None:
    assert [spans(FIRST, day) for day in (date(2025, 1, 1), date(2026, 12, 31), date(2027, 1, 1), date(2028, 1, 1))] == [0, 0, 1, 2]
    assert escalated(Decimal("142.50"), FIRST, date(2026, 12, 31)) == Decimal("142.50")
    assert escalated(Decimal("142.50"), FIRST, date(2027, 1, 1)) == Decimal("146.7750")
    assert escalated(Decimal("0.00005"), FIRST, date(2027, 1, 1)) == Decimal("0.0001")
    assert spans(Version(1, date(2026, 1, 1), escalator_percent=Decimal(0)), date(2030, 1, 1)) == 0
