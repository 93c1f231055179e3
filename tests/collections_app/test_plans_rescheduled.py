"""A running plan gets a new schedule: asked for, signed, in the books; what it was is kept. Offers keep items from being asked for."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arops.lib import clock
from collections_app.models import PaymentPlan
from collections_app.policy.plans import PlanTermsError, Terms, filled, schedule
from collections_app.selectors.plans import rows_of
from collections_app.services.plans import PlanError, ask_for_plan, make_plan, reschedule_plan, sign_plan
from tests.collections_app.test_plans import Deal
from tests.factories import DAY, SYSTEM, apply, receive

NOW = clock.now()
START = date(2026, 9, 15)
rows = st.lists(st.tuples(st.integers(1, 40), st.integers(1, 10_000)), min_size=1, max_size=12)


@given(rows, st.integers(-1, 12), st.integers(1, 200_000), st.decimals(0, 20, places=2))
def test_rows_sum_to_the_cent_on_days_that_rise_or_say_which_is_wrong(
    gaps: list[tuple[int, int]], rest: int, total: int, rate: Decimal
) -> None:
    day, written = START - timedelta(days=1), []
    for gap, amount in gaps:
        day += timedelta(days=gap)
        written.append((day, amount))
    terms = Terms(START, START, rate=rate, rows=tuple(written), rest=rest)
    at = rest if 0 <= rest < len(written) else len(written) - 1
    others = sum(amount for n, (_, amount) in enumerate(written) if n != at)
    if others >= total:
        with pytest.raises(PlanTermsError, match=f"row {at + 1}"):
            schedule(total, terms)
        return
    dues = schedule(total, terms)
    assert sum(due.amount for due in dues) == total and dues[at].amount == total - others
    assert [due.due_on for due in dues] == sorted({d for d, _ in written}) and all(due.amount > 0 <= due.interest for due in dues)


@pytest.mark.parametrize(
    ("written", "words"),
    [
        (((START - timedelta(days=1), 5),), "row 1: 14 Sep 2026 lies before"), (((START, 5), (START, 5)), "row 2: two instalments"),
        (((START + timedelta(days=2), 5), (START, 5)), "row 2: 15 Sep 2026 lies before 17 Sep"),
        (((START, 0), (START + timedelta(days=2), 5)), "row 1: an instalment is more"),
        (((START, 100), (START + timedelta(days=2), 5)), "row 2 takes the difference"),
    ],
)  # fmt: skip
def test_rows_that_make_no_schedule_name_the_row(written: tuple[tuple[date, int], ...], words: str) -> None:
    with pytest.raises(PlanTermsError, match=words):
        schedule(100, Terms(START, START, rows=written))
    assert filled(100, [40, 0, 30], 1) == [40, 30, 30]


def again(deal: Deal, day: date, written: tuple[tuple[date, int], ...], percent: str = "0") -> PaymentPlan:
    terms = Terms(day, day, rows=written, rate=Decimal(percent))
    return reschedule_plan(actor=SYSTEM, running=deal.plan, terms=terms, today=day)


def sign(plan: PaymentPlan, day: date) -> None:
    plan.refresh_from_db()
    sign_plan(actor=SYSTEM, plan=plan, signed_by="J. Doe", signed_on=day, today=day, note="by phone")


@pytest.mark.django_db
def test_a_running_plan_is_rescheduled_for_what_isnt_paid_and_its_history_stays() -> None:
    """Four times 250.00 from 1 October; the first is paid, 50.00 of the second; on 5 November the rest is put off to January."""
    deal, day = Deal().signed(), date(2026, 11, 5)
    deal.pay(1), deal.pay(2, 50_00)
    assert deal.night(day) == {"running": 1}
    new = again(deal, day, ((date(2026, 12, 20), 300_00), (date(2027, 1, 20), 0)))
    assert (new.total, list(new.instalments.values_list("amount", flat=True))) == (700_00, [300_00, 400_00])
    with pytest.raises(PlanError, match="new schedule of"):
        again(deal, day, ((date(2026, 12, 20), 0),))
    ask_for_plan(actor=SYSTEM, plan=new, today=day, now=NOW)
    assert deal.night(date(2026, 11, 10)) == {"running": 1, "waiting_for_answer": 1}, "no default while it waits for an answer"
    sign(new, date(2026, 11, 12))
    old = deal.fresh().plan
    assert (old.state, old.ended_on, list(old.instalments.values_list("state", flat=True))) == (
        "replaced", date(2026, 11, 12), ["paid", "ended", "ended", "ended"],
    )  # fmt: skip
    (row,) = rows_of([old], day)
    assert (row.paid, row.open) == (300_00, 0)
    new.refresh_from_db()
    assert {n.replace(new.number, "N"): b for n, b in deal.books.items()} == {"N/1": 300_00, "N/2": 400_00} and new.replaces == old
    assert deal.night(date(2026, 12, 28)) == {"running": 1, "defaulted": 1}
    assert deal.books == {deal.first.number: 300_00, deal.second.number: 400_00}, "back to where it was from the first"
    entry = old.instalments.get(ordinal=1).open_item.lines.get(amount=-250_00).entry  # type: ignore[union-attr]
    assert entry.kind == "application"


@pytest.mark.django_db
def test_interest_runs_on_and_what_a_settlement_gives_up_stays() -> None:
    deal = Deal(percent="9", number=2).signed()
    day = date(2026, 10, 10)
    deal.night(date(2026, 10, 1))
    new = again(deal, day, ((date(2026, 10, 31), 0),), "9")
    assert [d.interest for d in new.instalments.all()] == [round(1000_00 * 30 * 9 / 36500)], "since 1 October, when it was asked for last"
    ask_for_plan(actor=SYSTEM, plan=new, today=day, now=NOW)
    part = deal.plan.instalments.get(ordinal=1).open_item
    apply(receive(deal.customer, 1_00), (part, 1_00))  # type: ignore[arg-type]
    with pytest.raises(PlanError, match="paid in part"):
        sign(new, day)
    settled = Deal(pays=500_00, number=2).signed()
    version = again(settled, DAY, ((date(2026, 11, 30), 0),))
    assert (version.kind, version.total, version.waived) == ("settlement", 1000_00, 500_00)
    ask_for_plan(actor=SYSTEM, plan=version, today=DAY, now=NOW)
    sign(version, DAY)
    version.refresh_from_db()
    assert {n.replace(version.number, "N"): b for n, b in settled.books.items()} == {"N/1": 500_00, "N/R": 500_00}
    part = version.instalments.get().open_item
    apply(receive(settled.customer, 500_00), (part, 500_00))  # type: ignore[arg-type]
    assert settled.night(DAY)["kept"] == 1 and settled.books == {}


@pytest.mark.django_db
def test_a_plan_can_be_written_row_by_row_and_asked_for() -> None:
    deal = Deal()
    written = ((date(2026, 10, 3), 123_45), (date(2026, 10, 9), 0), (date(2027, 2, 1), 76_55))
    plan = make_plan(
        actor=SYSTEM, customer=deal.customer, items=[deal.first], terms=Terms(DAY, DAY, rows=written, rest=1), today=DAY, plan=deal.plan
    )
    assert list(plan.instalments.values_list("amount", flat=True)) == [123_45, 400_00, 76_55]
