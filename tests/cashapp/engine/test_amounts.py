"""How an amount settles what was named: in full, with discount, within tolerance, without the disputed part, short, over."""

from datetime import timedelta
from decimal import Decimal

import pytest

from cashapp.engine import Policy
from cashapp.engine.fit import (
    Amount,
    earned_discount,
    exact_fit,
    fit,
    late_discount,
    payable_values,
    stated,
    tolerance,
    tolerance_fit,
    undisputed,
)  # fmt: skip
from tests.cashapp.engine.desk import DAY, credit, given, invoice, one, receipt, says, words

POLICY = Policy()
TERMS = {"discount_until": DAY, "discount_amount": 20_00}


def of_named(amount: int, *items, policy: Policy | None = None, day=DAY):
    return one(receipt(amount, " ".join(i.number for i in items), day=day), *items, policy=policy)


# One item


def test_in_full() -> None:
    found = of_named(1000_00, invoice(1, 1000_00))
    assert (found.outcome, given(found), found.residual, found.residual_treatment) == ("post", {1: (1000_00,)}, 0, "none")


@pytest.mark.parametrize(("days", "earned"), [(-5, True), (0, True), (3, True), (4, False)])
def test_discount_is_granted_until_its_day_and_the_grace_after_it(days: int, earned: bool) -> None:
    found = of_named(980_00, invoice(1, 1000_00, **TERMS), day=DAY + timedelta(days=days))
    assert found.outcome == "post"
    if earned:
        assert (given(found), found.residual) == ({1: (980_00, 20_00)}, 0)
    else:
        assert (given(found), found.residual, found.residual_treatment) == ({1: (980_00, 0, 0, 20_00)}, -20_00, "short_pay_dispute")
        assert "taken after its time" in words(found)


def test_more_than_the_discount_is_a_short_payment() -> None:
    found = of_named(950_00, invoice(1, 1000_00, **TERMS))
    assert given(found) == {1: (950_00, 0, 0, 50_00)} and found.residual == -50_00


@pytest.mark.parametrize(
    ("owed", "missing", "off"),
    [
        (1000_00, 5_00, True),
        (1000_00, 5_01, False),
        (5000_00, 5_00, True),
        (5000_00, 5_01, False),
        (200_00, 1_00, True),
        (200_00, 1_01, False),
    ],
)
def test_a_shortage_is_written_off_up_to_the_lower_of_amount_and_percent(owed: int, missing: int, off: bool) -> None:
    found = of_named(owed - missing, invoice(1, owed))
    expected = (owed - missing, 0, missing) if off else (owed - missing, 0, 0, missing)
    assert given(found) == {1: expected}
    assert found.residual_treatment == ("tolerance_write_off" if off else "short_pay_dispute")
    assert found.outcome == "post"


def test_tolerance_is_the_lower_limit_and_a_currency_without_one_has_none() -> None:
    assert [tolerance(owed, "USD", POLICY) for owed in (0, 199, 200_00, 1000_00, 9999_00)] == [0, 0, 1_00, 5_00, 5_00]
    assert tolerance(-1000_00, "USD", POLICY) == 5_00
    assert tolerance(1000_00, "JPY", POLICY) == 0
    assert tolerance(200_00, "USD", Policy(tolerance_percent=None)) == 5_00
    assert tolerance(1000_00, "USD", Policy(tolerance_percent=Decimal(0))) == 0


def test_tolerance_on_top_of_the_discount() -> None:
    found = of_named(979_00, invoice(1, 1000_00, **TERMS))
    assert given(found) == {1: (979_00, 20_00, 1_00)} and found.residual == -1_00


def test_a_small_excess_stays_on_account_and_a_large_one_too() -> None:
    for more in (1, 5_00, 100_00):
        found = of_named(1000_00 + more, invoice(1, 1000_00))
        assert (given(found), found.residual, found.residual_treatment) == ({1: (1000_00,)}, more, "on_account")
        assert found.outcome == "post"


def test_more_than_twice_of_what_is_named_is_looked_at() -> None:
    twice, more = (of_named(amount, invoice(1, 1000_00)) for amount in (2000_00, 2000_01))
    assert (twice.outcome, more.outcome, given(more)) == ("post", "suggest", {1: (1000_00,)})
    assert "more than twice of what is named was paid" in more.reasons


def test_the_disputed_part_left_out_stays_open_without_a_new_dispute() -> None:
    found = of_named(700_00, invoice(1, 1000_00, disputed=300_00))
    assert (given(found), found.residual, found.outcome) == ({1: (700_00,)}, 0, "post")
    assert "without the disputed part" in words(found)
    assert given(of_named(1000_00, invoice(1, 1000_00, disputed=300_00))) == {1: (1000_00,)}


def test_less_left_out_than_is_disputed_is_a_short_payment() -> None:
    found = of_named(800_00, invoice(1, 1000_00, disputed=300_00))
    assert given(found) == {1: (800_00, 0, 0, 200_00)} and found.residual == -200_00


def test_digits_in_another_order_are_remarked() -> None:
    assert "typed wrongly" in words(of_named(1243_00, invoice(1, 1234_00)))
    assert "typed wrongly" not in words(of_named(1000_00, invoice(1, 1234_00)))


# Several


def test_several_items_in_full() -> None:
    found = of_named(600_06, invoice(1, 100_01), invoice(2, 200_02), invoice(3, 300_03))
    assert (given(found), found.outcome) == ({1: (100_01,), 2: (200_02,), 3: (300_03,)}, "post")


def test_a_credit_that_is_named_is_netted() -> None:
    found = of_named(250_00, invoice(1, 100_00), invoice(2, 200_00), credit(3, 50_00))
    assert (given(found), found.outcome) == ({1: (100_00,), 2: (200_00,), 3: (-50_00,)}, "post")


def test_a_short_payment_uses_the_named_credit_up_first() -> None:
    found = of_named(700_00, invoice(1, 1000_00), credit(2, 200_00))
    assert given(found) == {1: (900_00, 0, 0, 100_00), 2: (-200_00,)} and found.residual == -100_00


def test_a_credit_that_is_not_named_is_netted_when_it_alone_explains_the_difference() -> None:
    items = invoice(1, 1234_56), credit(2, 77_31), invoice(3, 640_12)
    found = one(receipt(1234_56 - 77_31, items[0].number), *items)
    assert given(found) == {1: (1234_56,), 2: (-77_31,)}, words(found)


def test_some_discounts_taken_and_others_not() -> None:
    found = of_named(2980_00, invoice(1, 1000_00, **TERMS), invoice(2, 2000_00, discount_until=DAY, discount_amount=40_00))
    assert given(found) == {1: (980_00, 20_00), 2: (2000_00,)}


def test_two_ways_to_take_a_discount_are_no_answer() -> None:
    items = invoice(1, 1000_00, **TERMS), invoice(2, 2000_00, **TERMS)
    assert exact_fit(2980_00, items, DAY, POLICY) is None
    found = of_named(2980_00, *items)
    assert found.outcome != "post" and not any(a.discount for a in found.allocations)


def test_one_discount_still_earned_and_one_taken_too_late() -> None:
    late = {"discount_until": DAY - timedelta(days=9), "discount_amount": 30_00}
    items = invoice(1, 1000_00, **TERMS), invoice(2, 2000_00, **late)
    both = of_named(2950_00, *items)
    assert given(both) == {1: (980_00, 20_00), 2: (1970_00, 0, 0, 30_00)}
    assert (both.residual, both.residual_treatment) == (-30_00, "short_pay_dispute")
    only = of_named(2970_00, *items)
    assert given(only) == {1: (1000_00,), 2: (1970_00, 0, 0, 30_00)} and only.residual == -30_00


def test_a_cent_too_much_of_an_unknown_payer_posts_and_a_hundred_does_not() -> None:
    item = invoice(1, 1000_00, "INV-10037")
    cent, hundred = (one(receipt(1000_00 + more, "INV-10037", account=""), item) for more in (1, 100_00))
    assert (cent.outcome, cent.residual, cent.residual_treatment) == ("post", 1, "on_account") and "within tolerance" in words(cent)
    assert (hundred.outcome, hundred.residual) == ("suggest", 100_00)


def test_one_short_payment_over_several_items_is_only_suggested() -> None:
    found = of_named(250_00, invoice(1, 100_00, age=50), invoice(2, 200_00, age=40))
    assert found.outcome == "suggest"
    assert given(found) == {1: (100_00,), 2: (150_00, 0, 0, 50_00)}


def test_more_is_named_than_is_paid_and_only_one_choice_of_them_adds_up() -> None:
    found = of_named(300_04, invoice(1, 100_01), invoice(2, 200_02), invoice(3, 200_03))
    assert (given(found), found.rule) == ({1: (100_01,), 3: (200_03,)}, "some of the references")


def test_a_list_cut_off_takes_the_rest_that_only_one_item_explains() -> None:
    items = [invoice(1, 123_41), invoice(2, 456_72), invoice(3, 789_13, "INV-20555"), invoice(4, 333_30)]
    text = f"{items[0].number} {items[1].number} INV-20"
    found = one(receipt(123_41 + 456_72 + 789_13, text), *items)
    assert (set(given(found)), found.outcome) == ({1, 2, 3}, "post"), words(found)


def test_a_small_shortage_on_a_named_item_is_a_bank_charge_not_a_riddle() -> None:
    """Four other items would explain it to the cent; a fee of 0.91 on the one named does so better."""
    rest = [invoice(2, 603_51), credit(3, 148_55), credit(4, 228_25), credit(5, 227_62)]
    assert sum(i.balance for i in rest) == -91
    found = one(receipt(3880_16, "INV-10037"), invoice(1, 3881_07, "INV-10037"), *rest)
    assert (given(found), found.outcome) == ({1: (3880_16, 0, 91)}, "post"), words(found)


# What the payer states


def test_stated_amounts_are_kept_even_where_they_leave_something_open() -> None:
    items = invoice(1, 100_00, "INV-10001"), invoice(2, 200_00, "INV-10002")
    found = one(receipt(250_00, structured=says(("INV-10001", 100_00), ("INV-10002", 150_00))), *items)
    assert (given(found), found.residual, found.outcome) == ({1: (100_00,), 2: (150_00, 0, 0, 50_00)}, -50_00, "post")
    assert "the payer stated what he pays on each item" in found.reasons


def test_a_stated_discount_is_granted_as_far_as_it_was_offered() -> None:
    item = invoice(1, 1000_00, "INV-10001", **TERMS)
    found = one(receipt(950_00, structured=says(("INV-10001", 950_00, 50_00))), item)
    assert given(found) == {1: (950_00, 20_00, 0, 30_00)} and found.residual == -30_00
    little = stated(995_00, [(item, 995_00, 20_00)], DAY, POLICY)
    assert little is not None and (little.allocations[0].discount, little.allocations[0].short) == (5_00, 0)
    late = stated(950_00, [(item, 950_00, 50_00)], DAY + timedelta(days=9), POLICY)
    assert late is not None and (late.allocations[0].discount, late.allocations[0].short, late.allocations[0].reason) == (0, 50_00, "terms")


def test_a_statement_that_does_not_add_up_or_overpays_an_item_is_not_taken_at_its_word() -> None:
    item, other = invoice(1, 100_00), invoice(2, 100_00)
    assert stated(150_00, [(item, 100_00, 0)], DAY, POLICY) is None
    assert stated(80_00, [(item, 100_00, 0)], DAY, POLICY) is None
    assert stated(100_01, [(item, 100_01, 0)], DAY, POLICY) is None
    assert stated(50_00, [(item, 100_00, 0), (other, -50_00, 0)], DAY, POLICY) is None


def test_two_stated_lines_on_one_document_are_one() -> None:
    items = invoice(1, 100_00, "INV-10001"), invoice(2, 200_00, "INV-10002")
    lines = says(("INV-10001", 70_00), ("INV-10002", 200_00), ("INV-10001", 30_00))
    found = one(receipt(300_00, structured=lines), *items)
    assert (given(found), found.outcome) == ({1: (100_00,), 2: (200_00,)}, "post")


def test_a_stated_credit_is_used_as_far_as_stated_and_its_rest_is_no_shortage() -> None:
    found = stated(60_00, [(invoice(1, 100_00), 100_00, 0), (credit(2, 90_00), -40_00, 0)], DAY, POLICY)
    assert found is not None and [(a.amount, a.short) for a in found.allocations] == [(100_00, 0), (-40_00, 0)]
    assert (found.residual, found.level) == (0, Amount.EXACT)


def test_a_stated_amount_without_the_disputed_part_is_no_new_dispute() -> None:
    found = stated(70_00, [(invoice(1, 100_00, disputed=30_00), 70_00, 0)], DAY, POLICY)
    assert found is not None and (found.allocations[0].short, found.residual) == (0, 0)


# The functions themselves, at their edges


def test_discounts_at_the_edge_of_their_days() -> None:
    item = invoice(1, 1000_00, **TERMS)
    assert (earned_discount(item, DAY + timedelta(days=3), POLICY), late_discount(item, DAY + timedelta(days=3), POLICY)) == (20_00, 0)
    assert (earned_discount(item, DAY + timedelta(days=4), POLICY), late_discount(item, DAY + timedelta(days=4), POLICY)) == (0, 20_00)
    nothing_left = invoice(1, 20_00, **TERMS)
    assert earned_discount(nothing_left, DAY, POLICY) == late_discount(nothing_left, DAY, POLICY) == 0


def test_every_amount_that_settles_an_item() -> None:
    assert payable_values(invoice(1, 1000_00, disputed=300_00, **TERMS), DAY, POLICY) == {1000_00, 980_00, 700_00}
    assert payable_values(invoice(1, 1000_00, disputed=1000_00), DAY, POLICY) == {1000_00}
    assert (undisputed(invoice(1, 100, disputed=900)), undisputed(credit(1, 100))) == (0, -100)


def test_nothing_fits_nothing_and_a_net_credit() -> None:
    assert fit(100, [], DAY, "USD", POLICY) is None
    assert fit(100, [invoice(1, 50), credit(2, 50)], DAY, "USD", POLICY) is None
    assert exact_fit(100, [], DAY, POLICY) is None and tolerance_fit(100, [], DAY, "USD", POLICY) is None


def test_tolerance_goes_to_the_largest_item_and_never_takes_it_whole() -> None:
    found = tolerance_fit(2999_00, [invoice(1, 1000_00), invoice(2, 2000_00)], DAY, "USD", POLICY)
    assert found is not None and [(a.item_id, a.amount, a.write_off) for a in found.allocations] == [(1, 1000_00, 0), (2, 1999_00, 1_00)]
    small = Policy(tolerance_percent=None)
    assert tolerance_fit(4_00, [invoice(1, 4_00), invoice(2, 4_00)], DAY, "USD", small) is None
    assert tolerance_fit(4_01, [invoice(1, 4_00), invoice(2, 4_00)], DAY, "USD", small) is not None


def test_a_discount_and_a_dispute_that_leave_nothing_of_an_item_settle_nothing() -> None:
    both = invoice(1, 100_00, discount_until=DAY, discount_amount=10_00, disputed=90_00)
    assert exact_fit(200_00, [both, invoice(2, 200_00)], DAY, POLICY) is None


def test_a_wholly_disputed_item_is_not_settled_by_nothing() -> None:
    assert exact_fit(100_00, [invoice(1, 100_00), invoice(2, 50_00, disputed=50_00)], DAY, POLICY) is None
