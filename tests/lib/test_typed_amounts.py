"""Amounts as people type them into forms."""

import pytest

from arops.lib import money
from cashapp.forms import amount_of


@pytest.mark.parametrize(
    ("text", "minor"),
    [("1,234.50", 123450), ("1 234.5", 123450), ("1234.50", 123450), ("12,34,567.00", 1234567_00), ("1,000,000", 1000000_00), ("0.05", 5),
     ("(12.00)", -1200), (" 7 ", 700), ("", 0), ("–", 0)],
)  # fmt: skip
def test_thousands_may_be_parted(text, minor):
    assert amount_of(text, "EUR") == minor


@pytest.mark.parametrize("text", ["12,50", "1,2", "1.234,50", "1,23,4", "12 50", ",5", "1,,000", "1,000 000", "1٬000", "1_000", "1e3"])
def test_a_comma_that_parts_no_thousands_is_no_guess(text):
    with pytest.raises(money.MoneyError):
        amount_of(text, "EUR")
