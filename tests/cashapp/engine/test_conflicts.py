"""Which own rules can meet, which hold for all of another's receipts, and which cell it is that breaks the order: part by part."""

from decimal import Decimal

import pytest

from cashapp.engine import Bands, read_rule
from cashapp.engine.conflicts import broken_cells, can_meet, clashes, covers, same_effect, silent_rules
from cashapp.engine.measured_bands import NEVER, measured
from cashapp.engine.own import OwnRuleError
from cashapp.engine.scoring import PUBLISHED, scores_of


def rule(effect="ask", customer=None, values=None, id=1, position=100, **condition):
    condition["from"] = condition.pop("since", None)
    return read_rule(
        id=id, name=f"rule {id}", effect=effect, position=position, customer_id=customer, values=values or {},
        condition={name: value for name, value in condition.items() if value is not None},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"payer_account": "DE 1"}, {"payer_account": "de2"}),
        ({"payer_name": "Acme GmbH"}, {"payer_name": "Hart & Co"}),
        ({"channel": "wire"}, {"channel": "ach"}),
        ({"currency": "EUR"}, {"currency": "USD"}),
        ({"high": 99}, {"low": 100}),
        ({"to": "2026-01-31"}, {"since": "2026-02-01"}),
        ({"customer": 1, "text": "x"}, {"customer": 2, "text": "x"}),
    ],
)
def test_each_part_keeps_two_rules_apart_whichever_comes_first(one, other):
    assert not can_meet(rule(**one), rule(**other)) and not can_meet(rule(**other), rule(**one))
    assert can_meet(rule(**one), rule(**one)) and can_meet(rule(text="rent"), rule(**one)) and can_meet(rule(**one), rule(text="rent"))


@pytest.mark.parametrize(("one", "other"), [({"high": 100}, {"low": 100}), ({"to": "2026-02-01"}, {"since": "2026-02-01"})])
def test_spans_that_share_one_cent_or_one_day_meet(one, other):
    assert can_meet(rule(**one), rule(**other)) and can_meet(rule(**other), rule(**one))


@pytest.mark.parametrize(
    ("wide", "narrow"),
    [
        ({"text": "rent"}, {"text": "the RENT of may"}),
        ({"text": "x"}, {"text": "x", "payer_account": "DE1"}),
        ({"text": "x"}, {"text": "x", "payer_name": "Acme"}),
        ({"text": "x"}, {"text": "x", "channel": "wire"}),
        ({"text": "x"}, {"text": "x", "currency": "EUR"}),
        ({"text": "x"}, {"text": "x", "customer": 7}),
        ({"low": 10}, {"low": 11}),
        ({"low": 10}, {"low": 10, "high": 20}),
        ({"high": 20}, {"high": 19}),
        ({"high": 20}, {"high": 20, "low": 1}),
        ({"since": "2026-01-02"}, {"since": "2026-01-03"}),
        ({"since": "2026-01-02"}, {"since": "2026-01-02", "to": "2026-01-09"}),
        ({"to": "2026-01-09"}, {"to": "2026-01-08"}),
        ({"to": "2026-01-09"}, {"to": "2026-01-09", "since": "2026-01-02"}),
    ],
)
def test_a_wider_rule_holds_wherever_the_narrower_does_and_not_the_reverse(wide, narrow):
    assert covers(rule(**wide), rule(**narrow)) and not covers(rule(**narrow), rule(**wide))
    assert covers(rule(**wide), rule(**wide)) and covers(rule(**narrow), rule(**narrow))


@pytest.mark.parametrize(
    "asks",
    [
        {"payer_account": "DE1"}, {"payer_name": "Acme"}, {"channel": "wire"}, {"currency": "EUR"}, {"low": 5}, {"high": 5},
        {"since": "2026-01-01"}, {"to": "2026-01-01"}, {"customer": 7, "text": "x"},
    ],
)  # fmt: skip
def test_what_one_rule_asks_for_another_without_it_is_not_covered(asks):
    assert not covers(rule(**asks), rule(text="x")) and not covers(rule(**asks), rule(text="x", customer=8))


def test_whom_a_rule_speaks_of_matters_where_it_says_whose_the_money_is():
    values = {"charges": {"amounts": {"EUR": 5}}, "payer": {}, "order": {}, "on_account": {}}
    same = {effect: same_effect(*(rule(effect, c, values=v, text="x") for c in (1, 2))) for effect, v in values.items()}
    assert same == {"charges": True, "payer": False, "order": False, "on_account": False}
    assert not same_effect(*(rule("charges", 1, values={"amounts": {"EUR": n}}, text="x") for n in (5, 6)))


def test_every_clash_says_which_rule_does_what_to_which():
    stop, order, account = rule("ask", 7, id=1, low=5), rule("order", 7, id=2, position=1), rule("on_account", 7, id=3, position=2)
    said = {(c.first.id, c.second.id): c.words for c in clashes([stop, order, account])}
    assert said[1, 2] == "“rule 1” keeps receipts for a person of which “rule 2” speaks too" and (1, 3) in said
    assert said[2, 3] == "both can say what becomes of the money; “rule 2” comes first"
    (never,) = clashes([rule("ask", 7, id=1), rule("order", 7, id=2, low=5, position=200)])
    assert never[2:] == (True, "never posts: “rule 1” keeps all its receipts for a person")


# The matrix


def changed(name, payer, place, score):
    """The published cells of a row with one score changed."""
    row = next(
        list(scores) for level, rows in PUBLISHED.matrix.items() if level.name == name for p, scores in rows.items() if p.name == payer
    )
    row[place] = score
    return broken_cells(scores_of({name: {payer: row}}))


def test_the_cell_that_scores_too_much_is_named_with_its_place_and_both_scores():
    found = changed("FUZZY", "OTHER", 7, 100)
    assert {b[:3] for b in found} == {("FUZZY", "OTHER", 7)}
    words = {b.words for b in found}
    assert any(w.startswith("a rest ") or " scores 100, " in w for w in words) and any(
        "a better reading of the reference only" in w for w in words
    )
    assert any("a payer better known only" in w for w in words) and len(found) == 3
    low = changed("EXACT", "KNOWN", 0, 1)
    assert ("EXACT", "KNOWN", 1) in {b[:3] for b in low}, "the next score is now more than the one before it"
    assert ("BARE", "KNOWN", 0) in {b[:3] for b in low}, "so is the same cell of a worse reading"
    (single,) = broken_cells(scores_of({"single amount": {"NAME": 100}}))
    assert single[:3] == ("single amount", "NAME", -1)


def test_what_the_published_matrix_does_itself_is_nobodys_fault():
    as_published = broken_cells(scores_of({"single amount": {p.name: s for p, s in PUBLISHED.rules["single amount"].items()}}))
    assert as_published == []


def test_a_rule_is_silent_only_below_a_band_that_the_published_one_reaches():
    best = {name: max(scores.values()) for name, scores in PUBLISHED.rules.items()}
    rule_name, top = next((n, s) for n, s in best.items() if s >= 90)
    lowered = scores_of({rule_name: {p.name: 60 for p in PUBLISHED.rules[rule_name]}})
    assert silent_rules(lowered, Bands(90, 60)) == [(rule_name, "never posts: its best score is 60, posting begins at 90")]
    assert [words[:11] for _, words in silent_rules(lowered, Bands(90, 61))] == ["never shown"]
    assert silent_rules(lowered, Bands(top, 50))[0][1].startswith("never posts") and silent_rules(lowered, Bands(101, 50)) == []
    assert silent_rules(scores_of({rule_name: {p.name: 90 for p in PUBLISHED.rules[rule_name]}}), Bands(90, 50)) == []


def test_refused_cells_say_how_many_scores_are_wanted():
    for cells, wanted in (({"EXACT": {"KNOWN": [1]}}, "eight scores"), ({"single amount": {"NAME": [1, 2]}}, "one score")):
        with pytest.raises(OwnRuleError, match=f"{wanted} from 0 to 100 are wanted"):
            scores_of(cells)


# Bands of a customer


def own_band(samples, post=90):
    return measured({95: (2000, 2000), 90: (40, 40)}, {1: samples}, post=post, propose=50).customers.get(1)


def test_a_customer_whose_answers_fall_short_gets_the_first_threshold_that_may_hold():
    assert own_band({92: (20, 5), 97: (10, 10)}).threshold == 93
    assert own_band({90: (20, 5), 91: (10, 10)}).threshold == 91
    never = own_band({95: (60, 40)})
    assert (never.threshold, never.count, never.right) == (NEVER, 60, 40) and never.interval.high < Decimal("0.995")


def test_a_customer_whose_answers_are_better_gets_a_lower_one_only_with_evidence_for_it():
    assert own_band({89: (900, 900)}).threshold == 89, "the score just below the one that posts for all"
    assert own_band({90: (900, 900)}) is None, "at the threshold itself nothing differs"
    assert own_band({85: (20, 20)}) is None, "twenty right ones show too little"
