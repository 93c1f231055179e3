"""Rules of a strategy beside its letters: what stops it, what is announced, what people are to do; which versions make sense. Pure."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collections_app.policy.dunning import Account, Action, Contact, Debit, Rules, decide, plan
from collections_app.policy.strategy import CHANNELS, DraftError, StepDraft, VersionDraft, check, fingerprint
from collections_app.policy.strategy_changes import changes, pairs, words_changed

DAY = date(2026, 9, 30)
CALL, LATER, TASK = Action(1, "call", 12, 1), Action(2, "call", 30, 2), Action(3, "escalate", 60, 3)
RULES = Rules((5, 20, 40), grace_days=3, quiet_days=7, minimum=25_00, actions=(CALL, LATER, TASK))


def debit(days, balance=100_00, item=1, **fields):
    due = DAY - timedelta(days=days)
    return Debit(item, f"INV-{item}", due - timedelta(days=30), due, balance, balance, **fields)


def planned(*debits, rules=RULES, **fields):
    found = plan(Account(1, "USD", debits, **fields), rules, DAY)
    return found[0].step_id if found else 0


@pytest.mark.parametrize(
    ("fields", "facts", "stops", "said"),
    [
        ({"disputed": 1}, set(), {"dispute"}, "stopped while anything is in dispute"),
        ({"promised": 1}, set(), {"dispute", "promise"}, "stopped while a promise is open"),
        ({}, {"plan"}, {"plan"}, "a payment plan is kept"),
        ({}, {"escalated", "inquiry"}, {"escalated", "inquiry"}, "with an agency or a lawyer"),
        ({}, {"escalated"}, set(), "with an agency or a lawyer"),
        ({"disputed": 1, "promised": 1}, {"plan", "inquiry"}, set(), ""),
    ],
)
def test_what_stops_a_strategy_stops_letters_and_calls(fields, facts, stops, said):
    account = Account(1, "USD", (debit(30, given=1, **fields),), facts=frozenset(facts))
    rules = replace(RULES, stops=frozenset(stops))
    found = decide(account, rules, DAY)
    assert found.reason == ("stopped" if said else "") and said in found.because
    assert (plan(account, rules, DAY) is None) == bool(said)


@pytest.mark.parametrize(
    ("debits", "fields", "step"),
    [
        ([debit(12, given=1)], {}, 1),
        ([debit(11, given=1)], {}, 0),
        ([debit(300)], {}, 0),  # the first letter comes before the first call
        ([debit(300, given=1)], {}, 1),
        ([debit(300, given=1, planned={"call": 12})], {}, 0),
        ([debit(300, given=2, planned={"call": 12})], {}, 2),
        ([debit(300, given=3, planned={"call": 30})], {}, 3),
        ([debit(300, given=3, planned={"call": 30, "escalate": 60})], {}, 0),
        ([debit(12, given=1)], {"last_contact": Contact(DAY - timedelta(days=6), "e-mail")}, 0),
        ([debit(300, given=3, planned={"call": 30})], {"last_contact": Contact(DAY, "e-mail")}, 3),  # escalating touches no quiet days
        ([debit(12, given=1)], {"paid_today": 1}, 0),
        ([debit(12, given=1)], {"is_held": True}, 0),
        ([debit(12, 20_00, given=1)], {}, 0),
        ([debit(12, given=1)], {"credits": 90_00}, 0),
        ([debit(40, disputed=100_00, given=2), debit(12, item=2, given=1)], {}, 1),
        ([debit(-3)], {}, 0),
    ],
)
def test_which_step_a_person_is_to_take(debits, fields, step):
    assert planned(*debits, **fields) == step


def test_a_changed_strategy_plans_nothing_twice_for_the_same_item():
    moved = replace(RULES, actions=(Action(9, "call", 10, 1),))
    assert planned(debit(15, given=1, planned={"call": 12}), rules=moved) == 0
    assert planned(debit(15, given=1, planned={"task": 12}), rules=moved) == 9


@pytest.mark.parametrize(
    ("debits", "fields", "amount"),
    [
        ([debit(-5), debit(-8, item=2)], {}, 100_00),
        ([debit(0)], {}, 100_00),
        ([debit(-5), debit(-6, item=2)], {}, 200_00),
        ([debit(-5, reminded=True), debit(-6, item=2)], {}, 100_00),
        ([debit(-5)], {"credits": 60_00}, 40_00),
        ([debit(-5)], {"credits": 80_00}, None),
        ([debit(-5, disputed=100_00)], {}, None),
        ([debit(-5)], {"is_active": False}, None),
        ([debit(-5)], {"last_contact": Contact(DAY - timedelta(days=1), "call")}, None),
    ],
)
def test_what_falls_due_is_announced_once_to_those_who_owe_nothing_yet(debits, fields, amount):
    found = decide(Account(1, "USD", tuple(debits), **fields), replace(RULES, early_days=7), DAY)
    assert (found.amount if found else None) == amount
    assert found is None or (found.is_letter and found.level == 0 and found.days <= 0)


def test_whoever_is_late_already_is_told_of_that_alone():
    late = decide(Account(1, "USD", (debit(2), debit(-3, item=2))), replace(RULES, early_days=7), DAY)
    assert late.reason == "grace"
    assert decide(Account(1, "USD", (debit(-3),)), RULES, DAY) is None


WORDS = {"en": ("s {total}", "{items}")}
GOOD = VersionDraft(3, 7, 25_00, (StepDraft("email", -5, texts=WORDS), StepDraft("email", 5, texts=WORDS), StepDraft("call", 12)))


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        ([], "one step at least"),
        ([StepDraft("email", 5, texts=WORDS)] * 21, "20 at most"),
        ([StepDraft("email", 5, texts=WORDS), StepDraft("call", 4)], "days must not fall"),
        ([StepDraft("email", 5, texts=WORDS), StepDraft("letter", 5, texts=WORDS)], "two on one day"),
        ([StepDraft("email", -5, texts=WORDS), StepDraft("email", 0, texts=WORDS)], "one reminder before the due date"),
        ([StepDraft("call", -5)], "a call, task or escalation comes after it"),
        ([StepDraft("fax", 5)], "choose how"),
        ([StepDraft("call", 721)], "between -60 and 720"),
        ([StepDraft("escalate", 60)], "say to which rung"),
        ([StepDraft("email", 5, texts=WORDS, signer="named")], "who signs by name"),
        ([StepDraft("email", 5)], "English text"),
        ([StepDraft("email", 5, texts=WORDS | {"xx": ("a", "b")})], "letters are written in"),
        ([StepDraft("email", 5, texts={"en": ("a", "")})], "both subject and text"),
        ([StepDraft("email", 5, texts={"en": ("a\nb", "b")})], "one line"),
        ([StepDraft("call", 5, texts={"en": ("", "{{7*7}}")})], "{{7*7}} is not a merge field"),
        ([StepDraft("call", 5, minutes=500)], "between 0 and 480"),
    ],
)
def test_versions_that_make_no_sense(steps, said):
    with pytest.raises(DraftError, match=said.replace("{", r"\{").replace("*", r"\*")):
        check(replace(GOOD, steps=steps))


def test_a_fingerprint_is_of_what_is_done_and_not_of_why():
    check(GOOD)
    assert fingerprint(GOOD) == fingerprint(replace(GOOD, why="other", steps=list(GOOD.steps)))
    others = [
        replace(GOOD, quiet_days=8), replace(GOOD, stops=("plan",)), replace(GOOD, steps=GOOD.steps[:2]),
        replace(GOOD, steps=(replace(GOOD.steps[0], tone="firm"), *GOOD.steps[1:])),
    ]  # fmt: skip
    assert len({fingerprint(d) for d in (GOOD, *others)}) == 5


MAIL = StepDraft("email", 5, "Reminder", {"en": ("Open items", "Dear Sir,\nplease pay 10.")}, "friendly")
RING, LAST = StepDraft("call", 12, "Ring"), StepDraft("letter", 40, "Last", {"en": ("Last", "Pay now.")}, "final", needs_approval=True)
WHOLE = VersionDraft(3, 7, 25_00, (MAIL, RING, LAST), ("dispute", "plan"))


def test_versions_are_compared_by_rules_steps_and_words():
    later = replace(MAIL, days=8, texts={"en": ("Open items", "Dear Madam,\nplease pay 10.")})
    after = VersionDraft(3, 10, 25_00, (later, LAST, StepDraft("escalate", 60, escalate_to="credit")), ("plan", "dispute"), "why")
    told = [(c.step, c.field) for c in changes(WHOLE, after)]
    assert told == [(0, "quiet_days"), (1, "days"), (1, "text:en"), (2, "step"), (3, "step")]
    gone, new = changes(WHOLE, after)[3:]
    assert (gone.before, gone.after, new.before, new.after) == (RING, None, None, after.steps[2])
    assert changes(WHOLE, replace(WHOLE, why="other", stops=("plan", "dispute"))) == []


STEPS = st.lists(st.builds(StepDraft, st.sampled_from(CHANNELS), st.integers(1, 9), st.sampled_from(["", "A"])), max_size=5)


@given(before=STEPS, after=STEPS)
def test_no_change_is_told_just_where_versions_are_the_same(before, after):
    was, now = (replace(WHOLE, steps=tuple(steps)) for steps in (before, after))
    assert (changes(was, now) == []) == (fingerprint(was) == fingerprint(now))
    found = pairs(before, after)
    assert [i for i, _ in found if i is not None] == list(range(len(before)))
    assert [j for _, j in found if j is not None] == list(range(len(after)))


@given(before=st.text("ab \n", max_size=20), after=st.text("ab \n", max_size=20))
def test_two_texts_told_as_one_hold_both(before, after):
    told = words_changed(before, after)
    assert "".join(text for mark, text in told if mark != "new") == before
    assert "".join(text for mark, text in told if mark != "gone") == after
