"""Service levels: working days, what stops the clock, whose days hold; what is set about cases, and by whom."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from disputes.models import DisputePolicy, DisputeStep, ServiceLevel
from disputes.policy import clock
from disputes.selectors.levels import policy_of
from disputes.services import (
    DisputeError,
    amend_dispute,
    close_dispute,
    hand_over_dispute,
    move_dispute,
    open_dispute,
    reopen_dispute,
    standard_levels,
)
from disputes.services.levels import remove_level, save_level, save_policy
from org.actors import NotAllowed
from org.models import Department
from tests.disputes.running_days import days_running
from tests.factories import DAY, SYSTEM, issue, make_company, make_customer, make_user
from workflow.models import Event

DAYS = st.dates(date(2024, 1, 1), date(2030, 12, 31))


def plainly(a: date, b: date) -> int:
    """Working days after a, up to b, one by one."""
    return sum((a + timedelta(days=n)).weekday() < 5 for n in range(1, (b - a).days + 1))


@given(day=DAYS, n=st.integers(0, 60))
def test_the_nth_working_day_is_the_one_that_counting_finds(day, n):
    found = clock.add_working_days(day, n)
    assert plainly(day, found) == n == clock.working_days(day, found)
    assert n == 0 or (found.weekday() < 5 and plainly(day, found - timedelta(days=1)) == n - 1)


@given(a=DAYS, span=st.integers(0, 400))
def test_working_days_are_those_that_counting_finds(a, span):
    b = a + timedelta(days=span)
    assert clock.working_days(a, b) == plainly(a, b) == -clock.working_days(b, a)


@given(amount=st.integers(0, 10**14), days=st.integers(0, 1000))
def test_delay_costs_by_days_and_never_less_than_nothing(amount, days):
    cost = clock.cost_of_delay(amount, Decimal("8.00"), days)
    assert abs(cost - amount * 8 * days / 36500) <= max(1, amount * days * 1e-12)
    assert clock.cost_of_delay(amount, Decimal(8), -days) == 0


def test_a_year_at_eight_percent_is_eight_percent():
    assert clock.cost_of_delay(100_000_00, Decimal(8), 365) == 8_000_00


pytestmark = pytest.mark.django_db


@pytest.fixture
def us():
    return make_company()


@pytest.fixture
def logistics(us):
    return Department.objects.create(company=us, code="logistics", name="Logistics")


@pytest.fixture
def case(us):
    return opened(us)


def opened(us, reason="price", day=DAY, **fields):
    item = issue(make_customer(us), 100_00)
    return open_dispute(actor=SYSTEM, open_item=item, amount=30_00, reason=reason, today=day, source=f"test:{item.pk}", **fields)


def go(case, state, day, **fields):
    return move_dispute(actor=SYSTEM, dispute=case, state=state, version=case.version, today=day, **fields)


def test_what_is_said_most_closely_holds(us, logistics):
    for reason, department, days in (("", None, 6), ("price", None, 4), ("", logistics, 3), ("price", logistics, 2)):
        save_level(actor=SYSTEM, company=us, reason=reason, department=department, days=days)
    assert opened(us, "tax").due_date == date(2026, 9, 23)  # Tuesday the 15th and six working days
    assert opened(us).due_date == date(2026, 9, 21)
    assert opened(us, "tax", department=logistics).due_date == date(2026, 9, 18)
    assert opened(us, department=logistics).due_date == date(2026, 9, 17)


def test_the_clock_stands_still_while_the_customer_owes_an_answer(us, case):
    assert case.due_date == date(2026, 9, 22)
    go(case, "waiting", date(2026, 9, 16), waiting_on="customer")
    assert case.paused_on == date(2026, 9, 16) and clock.days_left(case.due_date, date(2026, 10, 1), case.paused_on) == 4
    go(case, "investigating", date(2026, 9, 28))
    assert case.due_date == date(2026, 10, 2) and case.paused_on is None  # eight working days later
    assert clock.days_left(case.due_date, date(2026, 9, 28), case.paused_on) == 4
    assert days_running(case, date(2026, 9, 29)) == 2
    assert [s.due_date for s in DisputeStep.objects.order_by("pk")] == [date(2026, 9, 22), date(2026, 9, 22), date(2026, 10, 2)]


def test_a_department_s_answer_stops_it_only_where_the_company_says_so(us, logistics, case):
    go(case, "waiting", DAY, department=logistics)
    assert (case.waiting_on, case.paused_on, case.due_date) == ("department", None, date(2026, 9, 22))
    save_policy(actor=SYSTEM, company=us, today=date(2026, 9, 16), paused_by=["department"])
    case.refresh_from_db()
    assert case.paused_on == date(2026, 9, 16)  # what waits already stands still from then on …
    save_policy(actor=SYSTEM, company=us, today=date(2026, 9, 18), paused_by=[])
    case.refresh_from_db()
    assert (case.paused_on, case.due_date) == (None, date(2026, 9, 24))  # … and goes on when that is taken back
    save_policy(actor=SYSTEM, company=us, today=DAY, paused_by=["department"])
    other = go(opened(us), "waiting", DAY, department=logistics)
    assert other.paused_on == DAY
    go(other, "waiting", date(2026, 9, 17), waiting_on="customer")
    assert other.paused_on is None and other.due_date == date(2026, 9, 24)


def test_a_department_has_its_own_days_from_the_day_it_gets_the_case(us, logistics, case):
    save_level(actor=SYSTEM, company=us, reason="price", department=None, days=5)
    save_level(actor=SYSTEM, company=us, reason="", department=logistics, days=3)
    hand_over_dispute(actor=SYSTEM, dispute=case, department=logistics, version=case.version, today=date(2026, 9, 21))
    assert case.due_date == date(2026, 9, 24)
    go(case, "waiting", date(2026, 9, 22), waiting_on="customer")
    go(case, "investigating", date(2026, 9, 24))
    assert case.due_date == date(2026, 9, 28)
    hand_over_dispute(actor=SYSTEM, dispute=case, department=None, version=case.version, today=date(2026, 9, 25))
    assert case.due_date == date(2026, 9, 24)  # five days from the opening, and two that it stood still: passing it on wins no time
    hand_over_dispute(actor=SYSTEM, dispute=case, department=logistics, version=case.version, today=date(2026, 9, 29))
    assert case.due_date == date(2026, 9, 30)  # its three days from the 21st, two that it stood still, two that it lay with nobody
    whose = [None, *["logistics"] * 3, None, "logistics"]
    assert list(DisputeStep.objects.order_by("pk").values_list("department__code", flat=True)) == whose


def test_another_reason_brings_its_own_days_from_the_opening(us, case):
    amend_dispute(actor=SYSTEM, dispute=case, version=case.version, today=date(2026, 9, 18), reason="damaged")
    assert case.due_date == date(2026, 9, 24)


def test_a_case_opened_again_has_its_days_anew(us, case):
    close_dispute(actor=SYSTEM, dispute=case, resolution="paid", today=date(2026, 9, 30), agreed=0)
    assert days_running(case, date(2026, 12, 1)) == 11
    reopen_dispute(actor=SYSTEM, dispute=case, version=case.version, today=date(2026, 10, 5), reason="the buyer insists")
    assert case.due_date == date(2026, 10, 12) and days_running(case, date(2026, 10, 6)) == 1


def test_standard_levels_are_set_once(us):
    assert policy_of(us.pk).paused_by == ["customer"] and not DisputePolicy.objects.exists()
    assert standard_levels(actor=SYSTEM, company=us) == 7 and standard_levels(actor=SYSTEM, company=us) == 0
    assert opened(us).due_date == date(2026, 9, 22)


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [({"reason": "mood"}, "reason"), ({"days": 0}, "days"), ({"days": 366}, "days")],
)
def test_what_is_no_level_is_refused(us, fields, wrong):
    with pytest.raises(DisputeError) as refused:
        save_level(actor=SYSTEM, **{"company": us, "reason": "", "department": None, "days": 3} | fields)
    assert refused.value.field == wrong


@pytest.mark.parametrize("fields", [{"cost_of_capital": Decimal(101)}, {"paused_by": ["nobody"]}, {"repeat_cases": 1}, {"repeat_days": 6}])
def test_what_is_no_policy_is_refused(us, fields):
    with pytest.raises(DisputeError):
        save_policy(actor=SYSTEM, company=us, today=DAY, **fields)


def test_who_configures_and_what_is_told_of_it(us, logistics):
    supervisor, senior = make_user("supervisor", us), make_user("senior", us)
    with pytest.raises(NotAllowed):
        save_policy(actor=senior, company=us, today=DAY, warn_days=1)
    save_policy(actor=supervisor, company=us, today=DAY, warn_days=2, cost_of_capital=Decimal("9.5"))
    save_policy(actor=supervisor, company=us, today=DAY, cost_of_capital=Decimal("9.50"))
    assert [e.data["after"] for e in Event.objects.filter(type="dispute_policy.changed")] == [{"cost_of_capital": "9.5"}]
    level = save_level(actor=supervisor, company=us, reason="", department=logistics, days=2)
    assert save_level(actor=supervisor, company=us, reason="", department=logistics, days=4).pk == level.pk
    remove_level(actor=supervisor, level=level)
    told = Event.objects.filter(type__startswith="dispute_level.").order_by("pk").values_list("type", "data__days", "data__department")
    assert list(told) == [
        ("dispute_level.set", 2, "logistics"), ("dispute_level.set", 4, "logistics"), ("dispute_level.removed", 4, "logistics"),
    ]  # fmt: skip


def test_the_page_sets_levels_and_policy(us, logistics, client):
    client.force_login(make_user("supervisor", us))
    page = reverse("disputes:levels")
    assert "The standard holds" in client.get(page).content.decode()
    client.post(reverse("disputes:levels-standard"), {"company": us.code})
    client.post(reverse("disputes:level"), {"company": us.code, "reason": "", "department": logistics.pk, "days": "2"})
    assert ServiceLevel.objects.get(department=logistics).days == 2 and "Logistics" in client.get(page).content.decode()
    asked = {"warn_days": 3, "cost_of_capital": "7.25", "repeat_cases": 3, "repeat_rate": "2", "repeat_days": 90, "tells_outcome": "on"}
    client.post(reverse("disputes:policy"), {"company": us.code} | asked)
    held = policy_of(us.pk)
    assert (held.paused_by, held.cost_of_capital, held.tells_opening, held.tells_outcome) == ([], Decimal("7.25"), False, True)
    bad = client.post(reverse("disputes:policy"), {"company": us.code} | asked | {"warn_days": "many"})
    assert bad.status_code == 422 and policy_of(us.pk).warn_days == 3
    client.post(reverse("disputes:level-remove", args=[ServiceLevel.objects.get(department=logistics).pk]))
    assert not ServiceLevel.objects.filter(department=logistics).exists()


def test_the_page_is_read_by_those_who_see_cases_and_changed_by_nobody_else(us, client):
    client.force_login(make_user("specialist", us))
    body = client.get(reverse("disputes:levels")).content.decode()
    assert "Set days" not in body and "<fieldset" in body and "disabled" in body
    assert client.post(reverse("disputes:level"), {"company": us.code, "days": "2"}).status_code == 403
    client.force_login(make_user("supervisor", make_company()))
    assert client.post(reverse("disputes:level"), {"company": us.code, "days": "2"}).status_code == 404
