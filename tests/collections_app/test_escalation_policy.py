"""Who climbs the ladder, in pure rules."""

from dataclasses import replace

from collections_app.policy.escalation import Standing, Step, climb, recovered

SUPERVISOR = Step(1, "Supervisor", 1, days_past_due=30)
MANAGER = Step(2, "Manager", 2, days_past_due=60, minimum=1_000_00)
CREDIT = Step(3, "Credit manager", 3, days_past_due=60, risks="CD", broken_promises=2)
REFUSED = Step(4, "Controller", 4, event="refused")
LAWYER = Step(5, "Lawyer", 5)
LADDER = (LAWYER, REFUSED, CREDIT, MANAGER, SUPERVISOR)
ACCOUNT = Standing(7, "EUR", days=75, amount=5_000_00, risk="C", broken=2)


def test_step_by_step_to_the_lowest_rung_above_the_last() -> None:
    reached = [getattr(climb(replace(ACCOUNT, reached=n), LADDER), "step", None) for n in range(6)]
    assert reached == [SUPERVISOR, MANAGER, CREDIT, None, None, None]


def test_all_conditions_must_hold() -> None:
    assert climb(replace(ACCOUNT, reached=1, amount=999_99), LADDER[3:]) is None
    assert climb(replace(ACCOUNT, reached=2, risk="B"), LADDER) is None
    assert climb(replace(ACCOUNT, reached=2, broken=1), LADDER) is None
    assert climb(replace(ACCOUNT, days=29), LADDER) is None
    assert climb(replace(ACCOUNT, amount=0), LADDER) is None


def test_a_rung_without_conditions_is_climbed_by_hand_only() -> None:
    assert LAWYER.is_by_hand and climb(replace(ACCOUNT, reached=4, events=frozenset({"refused"})), LADDER) is None


def test_an_event_leads_to_its_rung_past_those_whose_days_have_not_come() -> None:
    young = replace(ACCOUNT, days=3, broken=0, events=frozenset({"refused"}))
    found = climb(young, LADDER)
    assert found and found.step is REFUSED
    assert found.because == "the customer refuses to pay; 5,000.00 EUR past due without disputes and promises, the oldest by 3 days; risk C"


def test_recovery_is_never_more_than_was_placed() -> None:
    assert recovered([(100, 30), (50, 80), (20, -5)]) == (170, 80)
