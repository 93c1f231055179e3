"""What came from outside is told back briefly, however long it was, and isn't kept."""

import pytest

from arops.lib import money, rows
from arops.lib.reading import ReadError
from arops.lib.rows import Wrong, currency, day, parse_day, read_row, text
from customers.readers import read

LONG = "x" * 200_000


def test_an_amount_a_currency_a_field_and_a_heading_are_told_by_their_beginning():
    for attempt in (lambda: money.parse(LONG, "USD"), lambda: money.ungrouped(LONG + ","), lambda: money.parse("1", LONG)):
        with pytest.raises(money.MoneyError) as said:
            attempt()
        assert len(str(said.value)) < 200
    for field in (currency, day):
        with pytest.raises(Wrong) as wrong:
            field(LONG)
        assert len(str(wrong.value)) < 200
    _, problems = read_row({LONG: 1, "a/b~c": 1}, {"name": text(5)})
    assert problems[0].pointer == "/a~1b~0c" and all(len(p.pointer + p.detail) < 250 for p in problems)
    with pytest.raises(ReadError) as refusal:
        read(f"customer,{LONG[:100_000]}\n".encode(), fields="customer")
    assert len(str(refusal.value)) < 300
    with pytest.raises(ReadError, match=r"line 1: .*field limit"):
        read(f"{LONG}\n1\n".encode(), fields="customer")


def test_a_row_with_more_faults_than_anybody_reads_tells_the_first():
    assert len(read_row({f"k{n}": 1 for n in range(5_000)}, {})[1]) == 100


def test_what_is_no_day_is_not_remembered():
    before = rows._day_of.cache_info().currsize
    assert parse_day(LONG) is None and rows._day_of.cache_info().currsize == before
