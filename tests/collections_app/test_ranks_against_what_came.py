"""Ranks held against later cash: what is said of a day knows nothing of what came after it, and what came is counted rightly."""

import csv
from dataclasses import replace
from datetime import date, datetime, timedelta
from fractions import Fraction
from pathlib import Path

import pytest
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st

from collections_app.policy.backtest import ENOUGH, brier, change_of, judge, part_of, try_out
from collections_app.policy.chances import BROKEN, DISPUTED, ONE, PLAIN, PROMISED, STEPS, WHOLE, Debt, Move, Word, cases_on, learn, power
from collections_app.selectors.rank_tests import back_test, month_ends
from tests.factories import DAY, apply, issue, make_company, make_customer, make_user, receive

DATASET = Path("/work/shared/formats/datasets/ibm_late_payment/WA_Fn-UseC_-Accounts-Receivable.csv")
D, PAID = date(2026, 6, 30), date(2026, 10, 5)
WAITS = Word(D - timedelta(days=20), D)


def debt(n, customer=1, due=0, paid=None, amount=100_00, **more):
    """A debt due so many days after D, paid whole so many days after its due day."""
    day = D + timedelta(days=due)
    moves = (Move(day + timedelta(days=paid), -amount, True),) if paid is not None else ()
    return Debt(n, customer, "EUR", amount, amount, day - timedelta(days=30), day, moves, **more)


def said_on(debts, day=D):
    chances = learn(debts, day, 14)
    return {case.debt.id: (chances.of(case), case.standing, case.left) for case in cases_on(debts, day, 14)}, chances


debts = st.builds(
    debt, st.just(0), st.integers(1, 4), st.integers(-300, 20), st.none() | st.integers(-20, 90), st.integers(1, 10_000)
)  # fmt: skip


@settings(max_examples=25, deadline=None)
@given(st.lists(debts, min_size=1, max_size=12), st.lists(st.tuples(st.integers(1, 60), st.integers(0, 11)), max_size=8))
def test_nothing_that_comes_after_the_day_changes_what_is_said_on_it(rows, later):
    known = [replace(row, id=n, moves=tuple(m for m in row.moves if m.day <= D), words=(WAITS,)) for n, row in enumerate(rows)]
    full = [replace(row, moves=rows[n].moves) for n, row in enumerate(known)]
    for days, n in later:
        day, row = D + timedelta(days=days), full[n % len(rows)]
        full[row.id] = replace(
            row, moves=(*row.moves, Move(day, -1, True)), contested=((day, 5),),
            words=(replace(WAITS, ended=day, is_broken=True), Word(day, day)),
        )  # fmt: skip
    assert said_on(full)[0] == said_on(known)[0]


def test_standing_is_what_was_known():
    before, after = D - timedelta(days=9), D + timedelta(days=3)
    assert debt(1).standing(D) == PLAIN
    assert debt(1, contested=((before, 50), (after, -50))).standing(D) == DISPUTED
    assert debt(1, contested=((before, 50), (D, -50))).standing(D) == PLAIN
    assert debt(1, words=(Word(before, D, after, True),)).standing(D) == PROMISED
    assert debt(1, words=(Word(before, before, D, True),)).standing(D) == BROKEN
    assert debt(1, words=(Word(after, after),)).standing(D) == PLAIN


def test_only_a_receipt_pays():
    (paid,) = cases_on([debt(1, paid=5)], D, 14)
    assert paid.is_paid and paid.cash == 100_00
    gone = replace(debt(1), moves=(Move(D + timedelta(days=3), -100_00, False),))
    part = replace(debt(2), moves=(Move(D + timedelta(days=3), -40_00, True), Move(D + timedelta(days=4), 10_00, True)))
    late = debt(3, paid=15)
    assert [(c.is_paid, c.is_gone, c.cash) for c in cases_on([gone, part, late], D, 14)] == [
        (False, True, 0), (False, False, 30_00), (False, False, 0)
    ]  # fmt: skip


def test_a_customer_s_own_record_counts_beyond_the_ages_of_its_debts():
    rows = [debt(n, customer=1 + n % 2, due=-250 + n * 3, paid=2 if n % 2 else 45) for n in range(80)]
    rows += [debt(100, 1, due=-3), debt(101, 2, due=-3), debt(102, 3, due=-3)]
    told, chances = said_on(rows)
    assert told[101][0] > 7_000 > told[102][0] > 2 * told[100][0]
    assert chances.own[1] < ONE < chances.own[2] and chances.cases > 80
    assert power(0) == ONE and power(4) == 2 * ONE and power(-STEPS) * 64 == ONE


def test_what_is_said_of_too_little_and_of_noise():
    few = judge(try_out(list(cases_on([debt(n, n, paid=n % 20) for n in range(30)], D, 14)), learn([], D, 14), lambda c: 100), 0)
    assert not few.is_enough and "Too few cases" in few.words[1] and "Only 0 past cases" in few.words[0]
    rows = [debt(n, n, paid=3 + n * 7 % 20, amount=1_000 + n) for n in range(ENOUGH * 2)]
    report = judge(try_out(list(cases_on(rows, D, 14)), learn(rows, D, 14), lambda c: 100), 500)
    assert report.is_enough and any("noise" in words for words in report.words)
    assert any("no verdict on the list" in words for words in report.words)
    assert [part_of(n, 23) for n in (0, 2, 3, 22)] == [1, 1, 2, 10] and brier([(WHOLE, True), (0, True)]) == Fraction(1, 2)


@pytest.mark.skipif(not DATASET.exists(), reason="the public set of invoices isn't here")
def test_on_real_invoices_the_chances_hold_and_tell_more_than_the_age():
    rows = list(csv.DictReader(DATASET.read_text().splitlines()))
    keys = {name: n for n, name in enumerate(sorted({r["customerID"] for r in rows}))}

    def day(text):
        return datetime.strptime(text, "%m/%d/%Y").date()

    real = []
    for n, r in enumerate(rows):
        amount = int(Fraction(r["InvoiceAmount"]) * 100)
        paid = (Move(day(r["SettledDate"]), -amount, True),)
        real.append(Debt(n, keys[r["customerID"]], "USD", amount, amount, day(r["InvoiceDate"]), day(r["DueDate"]), paid))
    tested, learned = [], 0
    for days in range(0, 420, 30):
        on = date(2012, 9, 30) + timedelta(days=days)
        chances = learn(real, on, 14)
        learned += chances.cases
        tested += try_out(list(cases_on(real, on, 14)), chances, lambda case, c=chances: change_of(case, None, c))
    report = judge(tested, learned)
    ours, aged, flat = (score for _, score in report.brier)
    assert report.cases > 1_000 and ours < aged * Fraction(9, 10) and aged < flat
    assert sum(t.is_borne_out for t in report.tenths) >= 9 and not any(t.is_off for t in report.tenths)
    assert dict(report.against_amount)["expected"].low > 0


@pytest.mark.django_db
def test_the_books_are_read_back_and_each_tenth_opens_its_debts(client, settings):
    settings.BUSINESS_DATE = date(2026, 10, 20)
    company = make_company("US01")
    eva = make_user("collections_manager", company)
    day = date(2026, 9, 1)
    for n in range(12):
        customer = make_customer(company, f"Customer {n:02d}")
        item = issue(customer, 100_00 + n, day=day, due=DAY, number=f"INV-{n:02d}")
        if n % 3 == 0:
            apply(receive(customer, item.amount, day=PAID), (item, item.amount), day=PAID)
    days = month_ends(date(2026, 10, 20), 14, 2)
    assert days == [date(2026, 9, 30), date(2026, 8, 31)]
    test = back_test(eva, company, days, 14)
    assert (test.report.cases, test.report.paid, len(test.report.tenths)) == (12, 4, 10)
    assert sum(m[3] for t in test.report.tenths for m in t.money) == sum(100_00 + n for n in range(0, 12, 3))
    client.force_login(eva)
    shown = client.get(reverse("collections:rank-test"), {"months": 3}).content.decode()
    assert "Too few cases to say anything: 12 debts, 4 of them paid" in shown and "tenth=10&amp;currency=USD" in shown
    debts_ = client.get(reverse("collections:rank-test-items"), {"tenth": "10", "format": "csv"}).content.decode()
    assert debts_.count("INV-") == 1 and client.get(reverse("collections:rank-test"), {"format": "xlsx"}).status_code == 200
    client.force_login(make_user("specialist", company))
    assert client.get(reverse("collections:rank-test")).status_code == 403
    other = make_user("collections_manager", make_company("DE01"))
    assert back_test(other, company, days, 14).report.cases == 0
