"""No reference: the amount must agree to the cent, in one way only; what may be chance is shown, not posted."""

from dataclasses import replace
from datetime import timedelta

import pytest

from cashapp.engine import Policy
from cashapp.engine.subset import chance, lone, roundness, subset_sums
from tests.cashapp.engine.desk import ACME, DAY, credit, given, invoice, one, receipt, words

BACKLOG = (
    invoice(1, 1234_56, age=90),
    invoice(2, 877_31, age=75),
    invoice(3, 4410_07, age=50),
    invoice(4, 239_88, age=20),
    invoice(5, 6120_43, age=3),
)


def test_the_only_item_of_the_amount() -> None:
    found = one(receipt(4410_07, "PAYMENT"), *BACKLOG)
    assert (found.outcome, given(found), found.rule) == ("post", {3: (4410_07,)}, "single amount")
    assert "no other open item of Acme Valves GmbH has it" in found.reasons


@pytest.mark.parametrize("text", ["", "THANK YOU", "EREF+99182736"])
def test_twins_are_a_question_never_a_guess(text: str) -> None:
    twin = invoice(6, 4410_07, age=10)
    found = one(receipt(4410_07, text), *BACKLOG, twin)
    assert found.outcome == "ask" and found.allocations == ()
    assert {a.allocations[0].item_id for a in found.alternatives} >= {3, 6}


def test_a_twin_by_discount_or_by_dispute_is_a_twin_too() -> None:
    cut = invoice(6, 4500_07, discount_until=DAY, discount_amount=90_00)
    contested = invoice(7, 5000_07, disputed=590_00)
    for twin in (cut, contested):
        assert one(receipt(4410_07), *BACKLOG, twin).outcome != "post"


def test_two_others_that_make_a_round_amount_are_an_answer_too() -> None:
    items = invoice(1, 3000_00), invoice(2, 1000_00), invoice(3, 2000_00)
    found = one(receipt(3000_00), *items)
    assert found.outcome != "post" and "together make the same amount" in words(found)


def test_the_whole_balance_credits_netted() -> None:
    items = (*BACKLOG, credit(6, 310_02))
    found = one(receipt(sum(i.balance for i in items)), *items)
    assert (found.outcome, found.rule, len(found.allocations)) == ("post", "whole balance", 6)


def test_all_that_is_due() -> None:
    due = [i for i in BACKLOG if i.due_date <= DAY]
    found = one(receipt(sum(i.balance for i in due)), *BACKLOG)
    assert (found.outcome, set(given(found))) == ("post", {i.id for i in due}), words(found)
    assert found.rule == "statement"


def test_the_oldest_items_none_left_out() -> None:
    found = one(receipt(1234_56 + 877_31), *BACKLOG)
    assert (found.outcome, set(given(found))) == ("post", {1, 2}), words(found)


def test_a_sum_that_only_one_choice_makes() -> None:
    found = one(receipt(1234_56 + 239_88), *BACKLOG)
    assert (found.outcome, found.rule, set(given(found))) == ("post", "unique sum", {1, 4}), words(found)


def test_a_sum_that_two_choices_make_is_a_question() -> None:
    rival = invoice(6, 1234_56 + 239_88 - 877_31)
    found = one(receipt(1234_56 + 239_88), *BACKLOG, rival)
    assert found.outcome != "post" and "more than one choice" in words(found) and "no other sum" not in words(found)


def test_a_sum_in_a_long_backlog_of_round_amounts_may_be_chance() -> None:
    items = [invoice(n, 100_00 * (n + 3), age=n) for n in range(1, 22)]
    found = one(receipt(4700_00), *items)
    assert found.outcome != "post"


def test_beyond_the_limits_of_the_search_it_says_so_and_stays_careful() -> None:
    items = [invoice(n, 10_007 * n + 13 * n * n, age=n % 80) for n in range(1, 61)]
    paid = [items[4], items[17], items[33], items[50]]
    found = one(receipt(sum(i.balance for i in paid)), *items)
    assert found.outcome != "post" or set(given(found)) == {i.id for i in paid}


def test_within_tolerance_without_a_reference_is_shown_not_posted() -> None:
    found = one(receipt(4409_00), *BACKLOG)
    assert (found.outcome, given(found)) == ("suggest", {3: (4409_00, 0, 1_07)}) and "no reference confirms it" in found.reasons


def test_nothing_fits_so_the_oldest_are_proposed_and_nothing_is_posted() -> None:
    found = one(receipt(2000_00), *BACKLOG)
    assert found.outcome != "post"
    assert one(receipt(2000_00), *BACKLOG, policy=Policy(oldest_first_suggestion=False)).alternatives == ()
    contested = one(receipt(2000_00), *BACKLOG, invoice(9, 55_55, disputed=10_00))
    assert not any(a.rule == "oldest first" for a in contested.alternatives) and contested.rule != "oldest first"


def test_a_number_that_is_not_open_forbids_every_guess_by_amount() -> None:
    closed = invoice(8, 0, "INV-19999")
    for text in ("INV-19999", "INV-18888"):
        found = one(receipt(4410_07, text), *BACKLOG, closed)
        assert found.outcome != "post" and f"names {text}, which is not open" in words(found)


def test_a_closed_invoice_paid_again_is_not_posted() -> None:
    closed = replace(BACKLOG[2], balance=0)
    found = one(receipt(4410_07, closed.number), *[i for i in BACKLOG if i.id != closed.id], closed)
    assert found.outcome != "post" and not any(a.item_id == closed.id for a in found.allocations)
    assert f"names {closed.number}, which is not open" in words(found)


def test_no_items_at_all() -> None:
    found = one(receipt(100_00, "INV-1"))
    assert (found.outcome, found.allocations, found.alternatives, found.customer_id) == ("ask", (), (), ACME)
    assert found.residual == 100_00 and found.reasons


def test_discounts_taken_on_a_whole_statement() -> None:
    terms = {"discount_until": DAY + timedelta(days=2)}
    items = invoice(1, 1000_31, discount_amount=20_00, **terms), invoice(2, 500_17, discount_amount=10_00, **terms)
    found = one(receipt(1470_48), *items)
    assert given(found) == {1: (980_31, 20_00), 2: (490_17, 10_00)} and found.outcome == "post"


# The sums


def test_subset_sums_smallest_first_with_credits_and_limits() -> None:
    assert subset_sums([5, 7, 12, -2], 10).solutions == ((2, 3), (0, 1, 3))
    assert subset_sums([5, 7, 12, -2], 10, limit=1).solutions == ((2, 3),)
    assert subset_sums([5, 7, 12, -2], 10, max_size=2).solutions == ((2, 3),)
    assert subset_sums([5, 7], 99) == ((), True)
    assert subset_sums([], 0) == ((), True)


def test_shallow_search_finds_pairs_and_triples_and_says_it_was_not_complete() -> None:
    values = [1_000 * n + n * n for n in range(1, 41)]
    pair = subset_sums(values, values[3] + values[30], max_items=24)
    assert (3, 30) in pair.solutions and not pair.complete
    triple = subset_sums(values, values[1] + values[9] + values[38], max_items=24, limit=99)
    assert (1, 9, 38) in triple.solutions
    assert all(sum(values[i] for i in s) == values[1] + values[9] + values[38] and len(set(s)) == len(s) for s in triple.solutions)


def test_chance_grows_with_the_backlog_and_with_roundness() -> None:
    odd, even = [1234_56, 877_31, 4410_07], [1200_00, 800_00, 4400_00]
    assert chance(odd, (0, 1)) < chance(even, (0, 1))
    assert chance(odd, (0, 1)) < chance(odd * 5, (0, 1))
    assert [roundness(v) for v in (12345, 45000, 7, 100, 0)] == [5, 5000, 1, 100, 1]
    assert lone([0.001, 0.5], 0.01) and not lone([0.01, 0.5], 0.01) and lone([5.0], 0.01)
