"""The bank's day, pure: whatever statements, lines and ties there are, bank = books + what stands between them."""

from collections import defaultdict
from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from cashapp.engine import bank_day, dormancy
from cashapp.engine.bank_day import BankLine, BookLine, Link, Sheet, Tie

FIRST = date(2026, 9, 1)


def _day(n: int) -> date:
    return FIRST + timedelta(days=n)


@st.composite
def _histories(draw: st.DrawFn) -> tuple[list[Link], list[BankLine], list[BookLine], list[Tie]]:
    """Statements with and without balances, of one day and of several, some that don't follow; lines, books, and ties of equal sums."""
    sheets: list[Sheet] = []
    booked: dict[int, list[tuple[int, int, bool]]] = {}
    last, running = 0, draw(st.integers(-500, 500))
    for n in range(draw(st.integers(0, 5))):
        days = draw(st.integers(0, 3))
        lines = draw(
            st.lists(st.tuples(st.integers(last - 1, last + days + 1), st.sampled_from([-30, -5, 5, 20, 100]), st.booleans()), max_size=4)
        )
        gap, total = draw(st.sampled_from([0, 0, 0, 7])), sum(amount for _, amount, _ in lines)
        opening = running + gap
        says = draw(st.booleans()) or not draw(st.booleans())
        sheets.append(
            Sheet(n, f"S-{n}", opening if says else None, opening + total if says else None, _day(last), _day(last + days), total)
        )
        booked[n] = lines
        running, last = (opening if says else running) + total, last + days + draw(st.integers(0, 2))
    links = bank_day.chain(sheets)
    bank = [
        BankLine(link.sheet.id * 10 + i, link.day_of(_day(on)), amount, "receipt" if ours else "Bank charges", "line", ours)
        for link in links
        for i, (on, amount, ours) in enumerate(booked[link.sheet.id])
    ]
    ties, books = [], []
    for line in bank:
        if draw(st.booleans()):
            books.append(BookLine(1000 + line.id, line.day + timedelta(days=draw(st.integers(-2, 2))), line.amount, "its receipt"))
            ties.append(Tie((line.id,), (1000 + line.id,), "its entry"))
    for n, (on, amount) in enumerate(draw(st.lists(st.tuples(st.integers(-3, 20), st.sampled_from([-30, 5, 20, 60])), max_size=4))):
        books.append(BookLine(2000 + n, _day(on), amount, "told by hand"))
    return links, bank, books, ties


@settings(max_examples=80, deadline=None)
@given(_histories(), st.integers(-4, 25))
def test_bank_is_books_and_what_stands_between_them_on_any_day(
    history: tuple[list[Link], list[BankLine], list[BookLine], list[Tie]], n: int
) -> None:
    links, bank, books, ties = history
    day = _day(n)
    of_sheet = defaultdict(list)
    for line in bank:
        of_sheet[line.id // 10].append(line)
    balance = bank_day.bank_balance(links, day, lambda link, d: sum(x.amount for x in of_sheet[link.sheet.id] if x.day <= d))
    in_books = sum(b.amount for b in books if b.day <= day)
    ties = bank_day.ties_of(bank, books, ties)
    items = bank_day.items_between(day, links, bank, books, ties)
    assert balance - in_books == sum(i.amount for i in items)
    assert len({i.key for i in items}) == len(items)
    assert all(i.since <= day or i.kind == "opening" for i in items)


def _sheet(n: int, opening: int | None, closing: int | None, on: int, total: int = 0, reason: str = "") -> Sheet:
    return Sheet(n, f"S-{n}", opening, closing, _day(on), _day(on), total, reason)


def test_a_gap_blocks_until_the_missing_statement_is_there_and_two_of_a_day_follow_by_their_balances() -> None:
    first, third = _sheet(1, 0, 100, 0, 100), _sheet(3, 150, 160, 2, 10)
    (gap,) = [link for link in bank_day.chain([first, third]) if link.blocks]
    assert (gap.sheet.id, gap.missing, gap.first_day) == (3, 50, _day(1))
    assert not any(link.blocks for link in bank_day.chain([first, third, _sheet(4, 100, 150, 1, 50)]))
    of_a_day = bank_day.chain([first, _sheet(5, 130, 140, 1, 10), _sheet(6, 100, 130, 1, 30)])
    assert [link.sheet.id for link in of_a_day] == [1, 6, 5] and not any(link.blocks for link in of_a_day)
    assert bank_day.chain([_sheet(1, 0, 0, 0, reason="the bank was asked")])[0].blocks


def test_what_is_none_of_ours_is_told_on_its_day_and_summed_by_class_afterwards() -> None:
    links = bank_day.chain([Sheet(1, "S-1", 0, -17, _day(0), _day(3), -17)])
    bank = [BankLine(1, _day(0), -5, "Bank charges", "fee", False), BankLine(2, _day(1), -12, "Bank charges", "fee", False)]
    told = bank_day.items_between(_day(1), links, bank, [], [])
    assert [(i.key, i.amount) for i in told] == [("bank:2", -12), ("class:Bank charges", -5)]
    assert [i.amount for i in bank_day.items_between(_day(2), links, bank, [], [])] == [-17]
    assert bank_day.class_of(-5, "PMNT/CHRG/OTHR", "") == "Bank charges" and bank_day.class_of(-5, "575", "ZBA") == "Own transfers"


def test_amounts_tie_the_oldest_within_a_week_and_a_batch_ties_the_sum_of_its_day() -> None:
    bank = [BankLine(1, _day(3), 50, "return", "", True), BankLine(2, _day(9), 30, "announced", "", True)]
    books = [BookLine(7, _day(0), 50, ""), BookLine(8, _day(20), 50, ""), BookLine(9, _day(9), 10, ""), BookLine(10, _day(9), 20, "")]
    assert {(t.bank, t.books) for t in bank_day.ties_of(bank, books, [])} == {((1,), (7,)), ((2,), (9, 10))}


def test_a_deposit_and_a_payout_of_one_day_each_tie_to_the_file_that_tells_what_they_are_made_of() -> None:
    bank = [BankLine(1, _day(9), 30, "announced", "", True), BankLine(2, _day(9), 97, "announced", "", True)]
    books = [
        BookLine(n, _day(9), amount, "", told) for n, amount, told in ((7, 10, 1), (8, 20, 1), (9, 100, 2), (10, -3, 2), (11, 5, None))
    ]
    assert {(t.bank, t.books) for t in bank_day.ties_of(bank, books, [])} == {((1,), (7, 8)), ((2,), (9, 10))}


def test_a_dormant_credit_counts_from_its_last_word_by_the_rule_of_its_region() -> None:
    rules = [dormancy.Rule("US", "", 60, 6), dormancy.Rule("US", "TX", 36, 3)]
    region = dormancy.region_of("US", "1 Main St\nAustin, TX 78701")
    rule = dormancy.rule_for(rules, "US", region)
    assert rule == rules[1] and dormancy.rule_for(rules, "US", "NY") == rules[0] and dormancy.rule_for(rules, "DE", "") is None
    clock = dormancy.clock_of(rule, date(2023, 8, 31))
    assert (clock.notice_on, clock.dormant_on) == (date(2026, 5, 31), date(2026, 8, 31))
    states = [
        clock.state(day, told) for day in (date(2026, 5, 30), date(2026, 6, 1), date(2026, 9, 1)) for told in (None, date(2026, 6, 1))
    ]
    assert states == ["quiet", "quiet", "to_write", "written", "dormant", "due"]
    assert clock.state(date(2026, 9, 1), date(2020, 1, 1)) == "dormant"  # a letter of before its last word doesn't count
