"""Who is reminded of what: tables of cases, and rules that hold for any account."""

from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from arops.lib.merging import TextError, amount_in, language_of, merge, one_line
from collections_app.policy.dunning import REASONS, Account, Contact, Debit, Rules, decide
from collections_app.policy.letters import Row, check_text, plain_table
from collections_app.policy.standard_texts import LEVELS

DAY = date(2026, 9, 30)
RULES = Rules(level_days=(5, 20, 40), grace_days=3, quiet_days=7, minimum=25_00)


def debit(days: int, balance: int = 100_00, item: int = 1, **fields) -> Debit:
    due = DAY - timedelta(days=days)
    return Debit(item, f"INV-{item}", due - timedelta(days=30), due, balance, balance, **fields)


def decided(*debits: Debit, rules: Rules | None = RULES, **fields):
    return decide(Account(1, "USD", debits, **fields), rules, DAY)


@pytest.mark.parametrize(
    ("debits", "fields", "level", "amount", "reason", "words"),
    [
        ([debit(6)], {}, 1, 100_00, "", ""),
        ([debit(5)], {}, 1, 100_00, "", ""),
        ([debit(4)], {}, 0, 0, "not_yet", "level 1 comes at 5 days past due, on 1 Oct 2026"),
        ([debit(3)], {}, 0, 0, "grace", "nothing is more than 3 days past due"),
        ([debit(90)], {}, 1, 100_00, "", ""),
        ([debit(90, given=1)], {}, 2, 100_00, "", ""),
        ([debit(15, given=1)], {}, 0, 0, "not_yet", "level 2 comes at 20 days past due, on 5 Oct 2026"),
        ([debit(200, given=3)], {}, 0, 0, "last_given", "level 3, the last, was given for INV-1: a person decides what follows"),
        ([debit(90, given=2), debit(30, item=2)], {}, 3, 200_00, "", ""),
        ([debit(30), debit(2, item=2)], {}, 1, 100_00, "", ""),
        ([debit(30), debit(-9, item=2)], {}, 1, 100_00, "", ""),
        ([debit(30, disputed=40_00)], {}, 1, 60_00, "", ""),
        ([debit(30, disputed=40_00, promised=30_00)], {}, 1, 30_00, "", ""),
        ([debit(30, disputed=40_00, promised=60_00)], {}, 0, 0, "held_out", "held: 40.00 USD disputed, 60.00 USD promised"),
        ([debit(30, promised=100_00), debit(10, item=2)], {}, 1, 100_00, "", ""),
        ([debit(30)], {"credits": 30_00}, 1, 70_00, "", ""),
        ([debit(30), debit(-20, item=2)], {"credits": 120_00}, 0, 0, "covered", "120.00 USD cover what is past due"),
        ([debit(30), debit(20, item=2)], {"credits": 100_00}, 1, 100_00, "", ""),
        ([debit(30)], {"credits": 100_00}, 0, 0, "in_credit", "as much as all that is open"),
        ([debit(30, balance=20_00)], {}, 0, 0, "minimum", "20.00 USD is below the minimum of 25.00 USD"),
        ([debit(30)], {"paid_today": 1_00}, 0, 0, "paid_today", "1.00 USD came in today"),
        ([debit(30)], {"is_held": True}, 0, 0, "hold", "on dunning hold"),
        ([debit(30)], {"is_held": True, "held_until": DAY, "hold_reason": "merger"}, 0, 0, "hold", "until 30 Sep 2026: merger"),
        ([debit(30)], {"is_held": True, "held_until": DAY - timedelta(days=1)}, 1, 100_00, "", ""),
        ([debit(30)], {"is_active": False}, 0, 0, "inactive", "inactive"),
        ([debit(30)], {"last_contact": Contact(DAY - timedelta(days=6), "call")}, 0, 0, "quiet", "call on 24 Sep 2026: quiet until 1 Oct"),
        ([debit(30)], {"last_contact": Contact(DAY, "e-mail")}, 0, 0, "quiet", "e-mail on 30 Sep 2026"),
        ([debit(30)], {"last_contact": Contact(DAY - timedelta(days=7), "call")}, 1, 100_00, "", ""),
        ([debit(30)], {"rules": None}, 0, 0, "no_policy", "no strategy"),
    ],
)  # fmt: skip
def test_who_is_written_to_at_which_level_for_how_much(debits, fields, level, amount, reason, words):
    found = decided(*debits, **fields)
    assert (found.level, found.amount, found.reason) == (level, amount, reason)
    assert words in found.because
    assert found.is_letter == (not found.because)


def test_nothing_past_due_is_nothing_to_say():
    assert decided(debit(0), debit(-5, item=2)) is None
    assert decided() is None


def test_the_cycle_is_named_by_the_oldest_item_that_is_asked_for():
    assert decided(debit(50, promised=100_00), debit(30, item=2), debit(40, item=3)).cycle == "INV-3 #3"
    assert decided(debit(50), debit(30, item=2), credits=100_00).cycle == "INV-2 #2"


days = st.integers(-20, 200)
amounts = st.integers(1, 10**9)


@st.composite
def debits(draw, item):
    balance = draw(amounts)
    disputed, promised = draw(st.integers(0, 2 * balance)), draw(st.integers(0, 2 * balance))
    return debit(draw(days), balance, item, disputed=disputed, promised=promised, given=draw(st.integers(0, 4)))


@st.composite
def accounts(draw):
    items = tuple(draw(debits(n)) for n in range(draw(st.integers(0, 6))))
    contact = draw(st.none() | st.builds(Contact, st.integers(0, 30).map(lambda n: DAY - timedelta(days=n)), st.just("call")))
    return Account(
        1, "USD", items, draw(st.just(0) | amounts), draw(st.booleans()), draw(st.booleans()),
        draw(st.none() | st.just(DAY) | st.just(DAY - timedelta(days=1))), "", draw(st.just(0) | amounts), contact,
    )  # fmt: skip


rules = st.builds(
    Rules, st.lists(st.integers(1, 90), max_size=5, unique=True).map(lambda d: tuple(sorted(d))), st.integers(0, 10), st.integers(0, 20),
    st.integers(0, 10**6),
)  # fmt: skip


unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


@unhurried
@given(accounts(), st.none() | rules)
def test_never_more_is_asked_than_may_be(account, rules):
    found = decide(account, rules, DAY)
    if found is None:
        assert not any(d.due_date < DAY for d in account.debits)
        return
    assert bool(found.reason) == (not found.asked)
    assert (found.level == 0) == bool(found.reason) or found.days <= 0
    assert not found.reason or (found.reason in REASONS and found.because)
    late = [d for d in account.debits if d.due_date < DAY]
    assert found.amount <= max(0, sum(d.chaseable for d in late) - account.credits)
    assert found.amount <= max(0, sum(d.balance for d in account.debits) - account.credits)
    assert found.held_out >= 0
    for asked in found.asked:
        assert 0 < asked.amount <= asked.debit.balance - asked.debit.disputed - asked.debit.promised
        assert asked.days > rules.grace_days


@unhurried
@given(accounts(), rules)
def test_a_letter_keeps_every_rule_of_the_policy(account, rules):
    found = decide(account, rules, DAY)
    if found and found.is_letter:
        oldest = found.asked[0].debit
        assert found.level == oldest.given + 1 <= len(rules.level_days)
        assert found.days >= rules.level_days[found.level - 1]
        assert found.amount >= rules.minimum
        assert not account.paid_today and account.is_active
        assert not (account.is_held and (account.held_until is None or account.held_until >= DAY))
        assert account.last_contact is None or (DAY - account.last_contact.day).days >= rules.quiet_days


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("{{7*7}}", "{{7*7}}"), ("{% debug %}", "{% debug %}"), ("{{settings.SECRET_KEY}}", "{{settings.SECRET_KEY}}"),
        ("{customer.company}", "{customer.company}"), ("{{customer}}", "{{customer}}"), ("pay {", "{"), ("pay }", "}"),
        ("{Total}", "{Total}"), ("{total} }", "}"),
    ],
)  # fmt: skip
def test_braces_that_are_no_merge_field_are_refused_by_name(text, found):
    with pytest.raises(TextError) as caught:
        check_text(text)
    assert str(caught.value).startswith(found)


def test_what_is_filled_in_is_never_read_again():
    assert merge("{customer} owes {total}", {"customer": "{total} {{7*7}}", "total": "5.00"}) == "{total} {{7*7}} owes 5.00"
    assert merge("{nothing} {customer}", {}) == "{nothing} {customer}"


@unhurried
@given(st.text(), st.text())
def test_merging_changes_nothing_but_its_fields(name, around):
    assert merge("A{customer}B", {"customer": name}) == f"A{name}B"
    assert "\n" not in one_line(around) and "\r" not in one_line(around)


def test_the_standard_texts_hold_to_the_allow_list_and_rise():
    for level in LEVELS:
        assert set(level.texts) == {"en", "de", "fr", "es"}
        for subject, body in level.texts.values():
            check_text(subject)
            check_text(body)
            assert "{items}" in body
    assert [level.days for level in LEVELS] == sorted({level.days for level in LEVELS})


def test_amounts_and_languages():
    assert amount_in(1234567_89, "USD", "en") == "1,234,567.89"
    assert amount_in(-1234567_89, "EUR", "de") == "−1.234.567,89"
    assert amount_in(1234567, "JPY", "de") == "1.234.567"
    assert [language_of(code) for code in ("de-AT", "DE", "fr", "", "en_GB")] == ["de", "de", "fr", "en", "en"]
    table = plain_table([Row("INV-1", "", "1 September 2026", 29, "100.00", "", "60.00")], "60.00 USD", "en")
    assert table.splitlines()[-1] == "Total: 60.00 USD" and "INV-1  1 September 2026             29  100.00       60.00" in table
