"""Rules without any receipt: cells that break the order of trust, rules that clash, bands by precision, habits, the watch."""

from datetime import date
from decimal import Decimal

import pytest

from cashapp.engine import Bands, read_rule
from cashapp.engine.conflicts import broken_cells, clashes, silent_rules
from cashapp.engine.habits import Short, Work, habits
from cashapp.engine.measured_bands import NEVER, measured
from cashapp.engine.scoring import MATRIX, PUBLISHED, scores_of
from cashapp.engine.watching import Normal, watch
from disputes.policy.statistics import binomial_alarm, binomial_more

# The matrix


def row(level, payer):
    return next(list(scores) for known, rows in MATRIX.items() if known.name == level for p, scores in rows.items() if p.name == payer)


def test_the_published_matrix_is_its_own_measure():
    assert broken_cells(PUBLISHED) == [] and silent_rules(PUBLISHED, Bands()) == []


def test_cells_that_break_the_order_of_trust_are_told_with_the_reason():
    short = row("EXACT", "NAME")
    short[5] = short[4] + 1
    found = broken_cells(scores_of({"EXACT": {"NAME": short}}))
    assert ("EXACT", "NAME", 5) in [b[:3] for b in found]
    assert any("unearned discount" in b.words for b in found)
    worse = broken_cells(scores_of({"FUZZY": {"TIED": [100] * 8}}))
    assert {(b.name, b.payer) for b in worse} == {("FUZZY", "TIED")} and len(worse) > 8  # by payer, and by level
    assert [b.name for b in broken_cells(scores_of({"single amount": {"NAME": 99}}))] == ["single amount"]


def test_rules_that_can_post_no_more_are_told():
    cells = {"whole balance": {p.name: 60 for p in PUBLISHED.rules["whole balance"]}}
    assert silent_rules(scores_of(cells), Bands()) == [("whole balance", "never posts: its best score is 60, posting begins at 90")]
    ((rule, words),) = silent_rules(scores_of({"whole balance": {p.name: 10 for p in PUBLISHED.rules["whole balance"]}}), Bands())
    assert rule == "whole balance" and words.startswith("never shown")


# Own rules


def rule(id, effect, position=100, customer=7, values=None, **condition):
    return read_rule(
        id=id, name=f"rule {id}", effect=effect, position=position, customer_id=customer, condition=condition, values=values or {}
    )


def pairs(*rules):
    return [(c.first.id, c.second.id, c.never) for c in clashes(rules)]


def test_two_rules_for_the_same_receipts_with_different_effects_clash():
    mine, theirs = rule(1, "payer", customer=7, payer_account="DE 1"), rule(2, "payer", customer=8, text="rent")
    assert pairs(mine, theirs) == [(1, 2, False)]
    assert pairs(mine, rule(2, "payer", customer=7, text="rent")) == []  # the same answer
    assert pairs(mine, rule(2, "payer", customer=8, payer_account="DE2")) == []  # never the same receipt
    assert pairs(rule(1, "order", text="x"), rule(2, "on_account", text="y")) == [(1, 2, False)]
    assert pairs(rule(1, "order", customer=7), rule(2, "on_account", customer=8)) == []
    assert pairs(rule(1, "on_account"), rule(2, "deduction", values={"reason": "price"})) == []  # different questions


@pytest.mark.parametrize(
    ("first", "second", "never"),
    [
        ({}, {"text": "rent"}, True),
        ({"text": "Rent"}, {"text": "the rent of May"}, True),
        ({"text": "rent of May"}, {"text": "rent"}, False),
        ({"currency": "EUR", "low": 100, "high": 900}, {"currency": "EUR", "low": 200, "high": 800}, True),
        ({"currency": "EUR", "low": 100, "high": 900}, {"currency": "EUR", "low": 901}, None),
        ({"from": date(2026, 1, 1)}, {"from": date(2026, 2, 1)}, True),
        ({"to": date(2026, 1, 1)}, {"from": date(2026, 2, 1)}, None),
    ],
)
def test_a_rule_behind_one_that_holds_for_all_its_receipts_never_wins(first, second, never):
    limits = ({"percent": "2"}, {"percent": "3"})
    one, other = (rule(n, "withholding", n, values=v, **c) for n, (v, c) in enumerate(zip(limits, (first, second), strict=True), 1))
    assert pairs(one, other) == ([] if never is None else [(1, 2, never)])


def test_a_rule_that_always_asks_keeps_others_from_posting_wherever_it_stands():
    asks = rule(9, "ask", position=900)
    assert pairs(rule(1, "on_account", text="x"), asks) == [(9, 1, True)]
    assert pairs(rule(1, "on_account"), rule(9, "ask", text="x")) == [(9, 1, False)]


# Bands


def test_bands_need_evidence_not_luck():
    assert measured({95: (700, 700)}, {}, post=90, propose=50).enough is False  # 700 of 700 shows 99.45 % only
    found = measured({95: (800, 800), 88: (100, 90), 60: (40, 30), 40: (40, 2)}, {}, post=90, propose=50)
    assert (found.enough, found.post.threshold, found.propose.threshold) == (True, 95, 60)
    lower = measured({95: (800, 800), 85: (800, 800), 60: (9, 1)}, {}, post=90, propose=50)
    assert lower.post.threshold == 85 and lower.post.count == 1600


def test_one_bad_score_is_not_hidden_by_many_good_ones_above_it():
    found = measured({99: (4000, 4000), 91: (30, 0), 81: (6000, 6000)}, {}, post=90, propose=50)
    assert found.post.threshold == 99


def test_a_customer_has_a_band_of_its_own_only_where_its_answers_say_so():
    samples = {95: (2000, 2000), 90: (40, 40)}
    customers = {1: {95: (20, 20)}, 2: {95: (60, 40)}, 3: {92: (20, 5), 97: (10, 10)}, 4: {85: (900, 900)}}
    found = measured(samples, customers, post=90, propose=50)
    assert found.post.threshold == 90
    assert {c: s.threshold for c, s in found.customers.items()} == {2: NEVER, 3: 93, 4: 85}


# The watch


def test_the_binomial_tail_is_exact():
    assert binomial_more(0, 10, Decimal("0.5")) == 1
    assert binomial_more(10, 10, Decimal("0.5")) == pytest.approx(Decimal(1) / 1024)
    assert binomial_more(2, 3, Decimal("0.1")) == pytest.approx(Decimal("0.028"))
    assert binomial_alarm(3, Decimal("0.1"), Decimal("0.05")) == 2
    assert binomial_alarm(2, Decimal("0.9"), Decimal("0.001")) == 3


def test_a_rule_drifts_when_chance_does_not_explain_it_and_few_say_nothing():
    normal = Normal(1, 998, "1 of 998 in its trial")
    assert watch("r", 200, 5, normal, 10).verdict == "drifts"
    assert watch("r", 200, 1, normal, 10).verdict == "steady"
    few = watch("r", 3, 1, Normal(2, 20, "2 of 20"), 10)
    assert few.verdict == "too_few" and "Too few to say" in few.words
    assert watch("r", 0, 0, normal, 1).verdict == "too_few"


# Habits


def test_habits_become_rules_with_their_count_and_examples():
    (kept,) = habits([Work(n, 7, "EUR", on_account=n != 3) for n in range(20)])
    assert (kept.effect, kept.customer_id, kept.cases, kept.agreeing) == ("on_account", 7, 20, 19)
    assert kept.examples == tuple(range(19, 9, -1))
    assert habits([Work(n, 7, "EUR", on_account=n % 2 == 0) for n in range(20)]) == []
    assert habits([Work(n, 7, "EUR", on_account=True) for n in range(2)]) == []


def test_a_payer_who_is_always_the_same_customer():
    same = [Work(n, 7, "EUR", payer=("payer_account", "DE1")) for n in range(3)]
    (found,) = habits(same)
    assert (found.effect, found.condition) == ("payer", {"payer_account": "DE1"})
    assert habits([*same, Work(9, 8, "EUR", payer=("payer_account", "DE1"))]) == []


def test_shortages_of_one_kind():
    (charges,) = habits([Work(n, 7, "USD", charges=c, owed=1000_00) for n, c in enumerate((15_00, 25_00, 20_00))])
    assert (charges.effect, charges.values) == ("charges", {"amounts": {"USD": 25_00}})
    tax = [Work(n, 7, "EUR", shorts=(Short(owed // 50, owed, "tax"),)) for n, owed in enumerate((100_00, 250_00, 999_50))]
    assert [(h.effect, h.values) for h in habits(tax)] == [("withholding", {"percent": "2.00"})]
    damage = [Work(n, 7, "EUR", shorts=(Short(10_00 + n, 100_00, "damaged"),)) for n in range(4)]
    assert [(h.effect, h.values) for h in habits(damage)] == [("deduction", {"reason": "damaged"})]
    assert habits([Work(n, 7, "EUR", shorts=(Short(10_00, 100_00, ""),)) for n in range(4)]) == []
