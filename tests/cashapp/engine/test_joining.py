"""Advices and receipts joined: by trace, amount, payer, sums; never where something competes; the same whatever the order."""

from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from cashapp.engine.advised import Told, references_of, share_of
from cashapp.engine.joining import AUTO, Advised, Joins, Received, join_all
from cashapp.engine.model import Reference

DAY = date(2026, 9, 14)


def told(pk: int, total: int | None, name: str = "Nordia AB", **more: object) -> Advised:
    given = {"currency": "EUR", "payer_name": name, "day": DAY} | more
    return Advised(pk, total=total, **given)


def got(pk: int, amount: int, name: str = "NORDIA", **more: object) -> Received:
    given = {"currency": "EUR", "payer_name": name, "day": DAY} | more
    return Received(pk, amount=amount, **given)


def pairs(joins: Joins) -> set[tuple[int, int]]:
    return {(p.advice, p.receipt) for p in joins.made}


def test_the_payers_advice_of_the_same_amount_and_day_is_joined_and_says_why():
    (pair,) = join_all([told(1, 500_00)], [got(7, 500_00), got(8, 120_00)]).made
    assert (pair.advice, pair.receipt) == (1, 7) and pair.score >= AUTO
    assert pair.reasons == ("the advice's total is the amount to the cent", "the payer bears the same name", "of the same day")


def test_a_day_within_a_trace_number_proves_nobody():
    advice = told(1, 500_00, "Somebody Else", traces=("261126US003",), day=None)
    assert pairs(join_all([advice], [got(7, 500_00, words="SEPA 261126 DE / 26.11.2026 / 261126-DE-001")])) == set()
    assert pairs(join_all([advice], [got(7, 500_00, words="SEPA 261126US003")])) == {(1, 7)}
    assert pairs(join_all([told(1, 500_00, "Else", traces=("010203",))], [got(7, 500_00, words="CHEQUE 010203")])) == {(1, 7)}


def test_a_trace_number_survives_lost_prefixes_and_zeros_and_an_amount_that_differs():
    joins = join_all([told(1, 500_00, traces=("TRN-00778812",))], [got(7, 485_00, "Nordia Shared Services", words="ACH 778812 CTX")])
    assert pairs(joins) == set(), "a trace number alone, of another name and amount, is a question"
    joins = join_all([told(1, 500_00, traces=("TRN-00778812",))], [got(7, 485_00, words="ACH 778812 CTX"), got(8, 500_00, "Other Inc")])
    assert pairs(joins) == {(1, 7)} and joins.made[0].how == "trace number"


def test_two_receipts_that_fit_as_well_are_a_question_with_both_shown():
    joins = join_all([told(1, 500_00)], [got(7, 500_00), got(8, 500_00)])
    assert not joins.made and [p.receipt for p in joins.questions[1]] == [7, 8]


def test_a_day_nearer_decides_between_two_payments_of_a_series():
    later = DAY + timedelta(days=7)
    joins = join_all([told(1, 500_00), told(2, 500_00, day=later)], [got(7, 500_00), got(8, 500_00, day=later)])
    assert pairs(joins) == {(1, 7), (2, 8)}


def test_another_customers_receipt_is_no_candidate_however_well_the_amount_fits():
    joins = join_all([told(1, 500_00, "", customer_id=4)], [got(7, 500_00, "", customer_id=5)])
    assert not joins.made and 1 not in joins.questions


def test_several_advices_make_one_receipt_and_several_receipts_one_advice():
    joins = join_all([told(1, 300_17), told(2, 200_09), told(3, 77_77)], [got(7, 500_26)])
    assert pairs(joins) == {(1, 7), (2, 7)} and joins.made[0].how == "sum of advices"
    joins = join_all([told(1, 500_26)], [got(7, 300_17), got(8, 200_09), got(9, 41_41)])
    assert pairs(joins) == {(1, 7), (1, 8)} and joins.made[0].how == "sum of receipts"


def test_sums_that_can_be_made_in_two_ways_are_left_to_a_person():
    joins = join_all([told(1, 300_00), told(2, 200_00), told(3, 300_00)], [got(7, 500_00)])
    assert not joins.made


def test_advices_of_one_trace_number_are_joined_together_or_not_at_all():
    both = [told(1, 300_00, "A", traces=("900100200",)), told(2, 200_00, "B", traces=("900100200",))]
    assert pairs(join_all(both, [got(7, 500_00, "Z", words="batch 900100200")])) == {(1, 7), (2, 7)}
    assert not join_all(both, [got(7, 480_00, "Z", words="batch 900100200")]).made


def test_what_a_person_took_apart_stays_apart():
    assert not join_all([told(1, 500_00)], [got(7, 500_00)], apart={(1, 7)}).made


amounts = st.integers(1, 6).map(lambda n: n * 100_00)
days = st.integers(0, 20).map(lambda n: DAY + timedelta(days=n))
names = st.sampled_from(["Nordia AB", "Hart & Co", ""])
traces = st.sampled_from([(), ("900100200",), ("700100201",)])
some_advices = st.lists(st.builds(lambda *a: a, amounts, names, days, traces), max_size=5)
some_receipts = st.lists(st.builds(lambda *a: a, amounts, names, days, traces), max_size=5)


@settings(max_examples=60)
@given(some_advices, some_receipts, st.randoms(use_true_random=False))
def test_no_join_is_doubtful_and_the_order_of_the_input_never_shows(advised, received, random):
    advices = [told(n, a, name, day=day, traces=trace) for n, (a, name, day, trace) in enumerate(advised)]
    receipts = [got(n, a, name, day=day, words=" ".join(trace)) for n, (a, name, day, trace) in enumerate(received)]
    joins = join_all(advices, receipts)
    assert all(p.score >= AUTO and p.reasons for p in joins.made)
    joined = {a for a, _ in pairs(joins)}
    assert not joined & set(joins.questions), "what is joined is no question"
    for advice in joined:
        of_receipt = [p.receipt for p in joins.made if p.advice == advice]
        of_advice = [p.advice for p in joins.made if p.receipt == of_receipt[0]]
        if len(of_receipt) > 1 or len(of_advice) > 1:
            assert sum(receipts[r].amount for r in of_receipt) == sum(advices[a].total for a in of_advice)
    random.shuffle(advices)
    random.shuffle(receipts)
    assert join_all(advices, receipts) == joins


# Lines as references


def test_adjustments_belong_to_the_document_they_name_or_to_the_only_one():
    lines = [Told("INV-1", gross=100_00, discount=2_00), Told("INV-2", paid=50_00), Told("inv 2", is_adjustment=True, adjustment=-5_00)]
    assert references_of(lines) == (Reference("INV-1", 98_00, 2_00), Reference("INV-2", 45_00))
    alone = [Told("INV-1", paid=100_00), Told(is_adjustment=True, adjustment=-7_00, reason="damaged")]
    assert references_of(alone) == (Reference("INV-1", 93_00, None, "damaged"),)
    nowhere = [Told("INV-1", paid=100_00), Told("INV-2", paid=10_00), Told("CB-77", is_adjustment=True, adjustment=-7_00, reason="damaged")]
    assert [r.number for r in references_of(nowhere)] == ["INV-1", "INV-2"]
    unknown = [Told("INV-1", paid=100_00), Told("CM-9", is_adjustment=True, adjustment=-7_00)]
    assert [r.number for r in references_of(unknown)] == ["INV-1", "CM-9"], "it may be a credit of ours"


def test_of_an_advice_for_several_receipts_each_gets_its_lines_where_they_can_be_told():
    said = (Reference("A", 300_17), Reference("B", 200_09), Reference("C", 120_00))
    assert share_of(said, 420_17) == (said[0], said[2])
    assert [r.amount for r in share_of(said, 99_00)] == [None, None, None]
    assert [r.amount for r in share_of((*said, Reference("D", 120_00)), 420_17)] == [None] * 4, "C and D fit as well"
