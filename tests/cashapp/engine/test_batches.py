"""The batch as a whole: no item is claimed beyond its balance, and what one receipt settles answers the question of another."""

from collections.abc import Iterable

import pytest

from cashapp.engine import Allocation, MatchInputError, Policy, Proposal, Receipt, match
from cashapp.engine.assign import settle
from cashapp.engine.model import Outcome
from tests.cashapp.engine.desk import BETA, BETA_ACCOUNT, DAY, PAYERS, credit, given, invoice, receipt, says, words


def run(receipts, *items, policy: Policy | None = None):
    return match(receipts, list(items), PAYERS, policy)


def outcomes(proposals) -> list[str]:
    return [p.outcome for p in proposals]


def test_two_receipts_of_equal_strength_never_claim_one_invoice() -> None:
    item = invoice(1, 100_10)
    found = run([receipt(100_10, item.number, id=1), receipt(100_10, item.number, id=2)], item)
    assert outcomes(found) == ["suggest", "suggest"]
    assert "is also claimed by receipt 2" in words(found[0]) and "is also claimed by receipt 1" in words(found[1])
    assert given(found[0]) == {1: (100_10,)}, "both still show what they would pay"


def test_the_clearly_stronger_claim_keeps_the_item() -> None:
    item = invoice(1, 100_10)
    found = run([receipt(100_10, "", id=1), receipt(100_10, item.number, id=2)], item)
    assert outcomes(found) == ["suggest", "post"] or outcomes(found) == ["ask", "post"]
    almost = run([receipt(100_10, "", id=1), receipt(100_10, item.number, id=2)], item, policy=Policy(conflict_margin=50))
    assert "post" not in outcomes(almost), "the margin decides what is clear"


def test_a_loser_looks_again_without_the_item_and_finds_its_own() -> None:
    items = invoice(1, 100_10), invoice(2, 100_10)
    found = run([receipt(100_10, "", id=1), receipt(100_10, items[0].number, id=2)], *items)
    assert [(p.outcome, given(p)) for p in found] == [("post", {2: (100_10,)}), ("post", {1: (100_10,)})]


def test_twins_without_a_name_stay_a_question_when_nothing_settles_them() -> None:
    items = invoice(1, 100_10), invoice(2, 100_10)
    assert "post" not in outcomes(run([receipt(100_10, id=1)], *items))
    assert "post" not in outcomes(run([receipt(100_10, id=1), receipt(100_10, id=2)], *items, invoice(3, 100_10)))


def test_two_part_payments_of_one_invoice_both_post_and_only_the_last_leaves_something_short() -> None:
    item = invoice(1, 1000_00)
    early = DAY.replace(day=10)
    found = run([receipt(300_00, item.number, id=1), receipt(500_00, item.number, id=2, day=early)], item)
    assert [(p.outcome, given(p), p.residual, p.residual_treatment) for p in found] == [
        ("post", {1: (300_00, 0, 0, 200_00)}, -200_00, "short_pay_dispute"),
        ("post", {1: (500_00,)}, 0, "none"),
    ]
    whole = run([receipt(300_00, item.number, id=1), receipt(700_00, item.number, id=2)], item)
    assert [(p.outcome, given(p), p.residual, p.residual_treatment) for p in whole] == [
        ("post", {1: (300_00,)}, 0, "none"),
        ("post", {1: (700_00,)}, 0, "none"),
    ]
    assert "another receipt in this batch pays more of the same item" in words(whole[0])


def test_part_payments_that_together_are_too_much_go_to_a_person() -> None:
    item = invoice(1, 1000_00)
    found = run([receipt(600_00, item.number, id=1), receipt(600_00, item.number, id=2)], item)
    assert "post" not in outcomes(found)


def test_a_discount_counts_against_the_balance_when_two_claim_the_item() -> None:
    item = invoice(1, 1000_00, discount_until=DAY, discount_amount=20_00)
    found = run([receipt(980_00, item.number, id=1), receipt(20_00, item.number, id=2)], item)
    assert sum(sum(parts[:3]) for p in found if p.outcome == "post" for parts in given(p).values()) <= 1000_00


def test_one_credit_is_netted_once() -> None:
    items = invoice(1, 300_10), invoice(2, 400_20), credit(3, 50_30)
    found = run(
        [receipt(249_80, f"{items[0].number} {items[2].number}", id=1), receipt(349_90, f"{items[1].number} {items[2].number}", id=2)],
        *items,
    )
    assert sum(p.outcome == "post" for p in found) < 2


def test_who_has_lost_on_one_item_stands_in_nobodys_way_on_another() -> None:
    one, other = invoice(1, 100_10), invoice(2, 200_20)
    found = run(
        [receipt(300_30, f"{one.number} {other.number}", id=1), receipt(100_10, one.number, id=2), receipt(200_20, other.number, id=3)],
        one,
        other,
    )
    assert outcomes(found) == ["suggest", "suggest", "post"]


def test_equal_claims_of_three_are_all_queued_and_their_neighbours_are_not() -> None:
    item, other = invoice(1, 100_10), invoice(2, 555_50, customer=BETA)
    found = run(
        [*(receipt(100_10, item.number, id=n) for n in (1, 2, 3)), receipt(555_50, other.number, id=4, account=BETA_ACCOUNT)], item, other
    )
    assert outcomes(found) == ["suggest", "suggest", "suggest", "post"]


def test_answers_come_in_the_order_of_the_receipts() -> None:
    items = invoice(1, 100_10), invoice(2, 200_20)
    found = run([receipt(200_20, items[1].number, id=9), receipt(100_10, items[0].number, id=3)], *items)
    assert [p.receipt_id for p in found] == [9, 3]
    assert run([], *items) == []


def test_structured_claims_beat_a_guess_by_amount() -> None:
    items = invoice(1, 750_10), invoice(2, 750_10)
    found = run([receipt(750_10, id=1), receipt(750_10, id=2, structured=says((items[1].number, 750_10)))], *items)
    assert [given(p) for p in found] == [{1: (750_10,)}, {2: (750_10,)}]


@pytest.mark.parametrize(
    ("receipts", "items", "word"),
    [
        ([receipt(0)], [], "receipt 1: the amount must be above zero"),
        ([receipt(-5)], [], "above zero"),
        ([receipt(1), receipt(2)], [], "receipt 1 is given twice"),
        ([receipt(1, id=1, company_id=1), receipt(1, id=2, company_id=2)], [], "2 companies"),
        ([receipt(1)], [invoice(1, 5), invoice(1, 5)], "item 1 is given twice"),
        ([receipt(1)], [invoice(1, -5)], "wrong sign"),
        ([receipt(1)], [credit(1, -5)], "wrong sign"),
    ],
)
def test_a_batch_that_cannot_be_is_refused_in_words(receipts, items, word: str) -> None:
    with pytest.raises(MatchInputError, match=word):
        match(receipts, items, PAYERS)


def test_what_the_last_round_posts_is_judged_too() -> None:
    """A made-up proposer that keeps two receipts in doubt until the last round, and then lets both have the same item."""
    items = {n: invoice(n, 100_10) for n in range(1, 5)}
    plan = [{1: 1}, {2: 2}, {3: 3}, {4: 4, 5: 4}]

    def propose(some: Iterable[Receipt], gone: frozenset[int]) -> dict[int, Proposal]:
        now = plan.pop(0)
        return {r.id: proposal(r.id, now.get(r.id, 1), "post" if r.id in now else "suggest") for r in some}

    done = settle([receipt(100_10, id=n) for n in range(1, 6)], items, Policy(), propose)
    assert [done[n].outcome for n in range(1, 6)] == ["post", "post", "post", "suggest", "suggest"]


def proposal(receipt_id: int, item_id: int, outcome: Outcome) -> Proposal:
    return Proposal(receipt_id, 1, (Allocation(item_id, 100_10),), 0, "none", "made up", 95, ("made up",), (), outcome)
