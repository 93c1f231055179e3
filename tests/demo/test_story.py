"""The demo's story is the same from the same inputs, looks like a company, and its bank files foot and chain."""

from datetime import date, timedelta

import pytest

from arops.demo import bankfiles
from arops.demo.contests import MENDED, make_contests
from arops.demo.faults import make_faults
from arops.demo.lives import make_lives
from arops.demo.mistakes import make_mistakes
from arops.demo.plan import COMPANIES, make_plan
from arops.demo.projects import project_contracts
from arops.demo.work import make_work
from cashapp.readers.detect import read
from cashapp.readers.model import foot

TODAY = date(2026, 11, 25)


def test_same_inputs_same_lives() -> None:
    one, two = make_plan(TODAY, share=0.2), make_plan(TODAY, share=0.2)
    lives = make_lives(one)
    assert lives == make_lives(two) and project_contracts(lives) == project_contracts(make_lives(two))
    assert make_faults(lives, one.invoices) == make_faults(make_lives(two), two.invoices)
    assert {f.rule for f in make_faults(lives, one.invoices)} >= {"price", "escalator", "work_not_done", "duplicate", "po_missing"}
    assert len(lives.covered) > len(one.customers) / 2 and len(lives.invoices) > 100


def test_same_inputs_same_cases() -> None:
    one, two = make_plan(TODAY), make_plan(TODAY)
    assert make_mistakes(make_lives(one), one) == make_mistakes(make_lives(two), two)
    contests = make_contests(one, set())
    assert contests == make_contests(two, set()) and one.payments == two.payments
    assert {c.ends for c in contests} >= {"", "credited", "paid", "rejected", "withdrawn"} and {c.state for c in contests} >= {
        "late",
        "link",
    }
    assert all(c.amount > 0 and sum(a for _, a in c.lines) in (0, c.amount) for c in contests)
    assert all(c.opened <= c.closed <= TODAY for c in contests if c.closed)


@pytest.mark.parametrize("today", [TODAY, date(2027, 3, 1), date(2028, 2, 29)])
def test_the_price_list_was_mended_in_time_to_tell(today: date) -> None:
    panels = [c for c in make_contests(make_plan(today), set()) if c.words.startswith("We agreed 1,810.00")]
    mended = today - timedelta(days=MENDED)
    assert sum(c.opened < mended for c in panels) > 8 and sum(c.opened >= mended for c in panels) <= 1


def test_same_inputs_same_story() -> None:
    assert make_plan(TODAY, share=0.1) == make_plan(TODAY, share=0.1)
    assert make_work(make_plan(TODAY, share=0.1)) == make_work(make_plan(TODAY, share=0.1))
    assert make_plan(TODAY, seed=1, share=0.1) != make_plan(TODAY, seed=2, share=0.1)


@pytest.mark.parametrize("today", [TODAY, date(2027, 3, 1), date(2028, 2, 29)])
def test_it_looks_like_a_company(today: date) -> None:
    plan = make_plan(today)
    paid = {number for p in plan.payments for number, _ in p.invoices}
    left = [i for i in plan.invoices if i.number not in paid]
    total = sum(i.total for i in left)
    billed = sum(i.total for i in plan.invoices if i.day > today - timedelta(days=90))
    assert len(plan.customers) == 400 and {c.currency for c in plan.customers} == {"USD", "EUR"}
    assert 35 < total / billed * 90 < 60, "days sales outstanding"
    assert 0.10 < sum(i.total for i in left if i.due < today) / total < 0.32, "overdue"
    assert 0 < sum(i.total for i in left if i.due < today - timedelta(days=90)) / total < 0.10, "over 90 days"
    assert max(i.day for i in plan.invoices) <= today and max(p.day for p in plan.payments) <= today


def test_an_invoice_is_paid_once_and_after_it_was_billed() -> None:
    plan = make_plan(TODAY, share=0.2)
    days = {i.number: i.day for i in plan.invoices}
    ordinary = [p for p in plan.payments if p.kind != "rest"]
    numbers = [number for p in ordinary for number, _ in p.invoices]
    assert len(numbers) == len(set(numbers))
    assert all(days[number] <= p.day for p in plan.payments for number, _ in p.invoices)


@pytest.mark.parametrize("company", COMPANIES, ids=lambda c: c.code)
def test_statements_are_what_banks_write(company: object) -> None:
    payments = [p for p in make_plan(TODAY, share=0.2).payments if p.company == company.code][-40:]  # type: ignore[attr-defined]
    name, content, closing = bankfiles.statement(company, payments, opening=5_000_00, day=TODAY, number=3)  # type: ignore[arg-type]
    parsed = read(content, name=name)
    assert [e.amount for s in parsed.statements for e in s.entries] == [p.amount for p in payments]
    assert not any(foot(s) for s in parsed.statements)
    assert parsed.statements[0].opening_balance == 5_000_00 and parsed.statements[-1].closing_balance == closing
