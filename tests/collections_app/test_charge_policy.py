"""What late payment costs, in pure arithmetic: each case can be followed on paper."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from collections_app.policy.charges import FEE, FEE_EACH, RATE, Account, Debit, Limit, Rules, Span, Steps, Tier, assess, at
from collections_app.policy.places import places_of

FIRST, LAST = date(2026, 9, 1), date(2026, 9, 30)
START = date(2026, 1, 1)


def rules(*tiers: Tier, **fields: Any) -> Rules:
    held = tiers or (Tier(0, Decimal("12")),)
    return Rules(**({"basis": RATE, "grace_days": 5, "spans": (Span(START, None, held),)} | fields))


def debit(due: date, amount: int, *, key: int = 1, paid: Steps = (), **fields: Any) -> Debit:
    return Debit(key, f"INV-{key}", due, ((date.min, amount), *paid), **fields)


def charge(*debits: Debit, of: Rules | None = None, credits: Steps = ()) -> Any:
    return assess(Account(1, "USD", debits, credits), of or rules(), FIRST, LAST)


def test_interest_by_the_day() -> None:
    """1,000.00 due 31 August, open all September: 30 days at 12 % a year is 9.86."""
    found = charge(debit(date(2026, 8, 31), 1000_00))
    assert found.amount == round(1000_00 * 30 * 12 / 36500) == 9_86
    (part,) = found.lines[0].parts[-1:]
    assert (part.last, part.base) == (LAST, 1000_00)
    assert sum(p.days for p in found.lines[0].parts) == 30


def test_the_day_money_comes_is_free_and_later_principal_still_bears_what_it_earned() -> None:
    """Paid whole on the 11th: ten days are charged though nothing is open any more."""
    found = charge(debit(date(2026, 8, 31), 1000_00, paid=((date(2026, 9, 11), 0),)))
    assert sum(p.days for p in found.lines[0].parts) == 10
    assert found.amount == round(1000_00 * 10 * 12 / 36500)


def test_paid_within_grace_costs_nothing_and_grace_once_over_counts_from_the_first_day() -> None:
    assert charge(debit(date(2026, 9, 10), 500_00, paid=((date(2026, 9, 15), 0),))) is None
    late = charge(debit(date(2026, 9, 10), 500_00, paid=((date(2026, 9, 16), 0),)))
    assert sum(p.days for p in late.lines[0].parts) == 5  # the 11th to the 15th
    assert charge(debit(date(2026, 9, 27), 500_00)) is None  # grace runs: October judges these days
    october = assess(Account(1, "USD", (debit(date(2026, 9, 27), 500_00),)), rules(), date(2026, 10, 1), date(2026, 10, 31))
    assert october and october.lines[0].first == date(2026, 9, 28)


def test_what_is_paid_within_grace_is_never_charged_for() -> None:
    """300.00 of 500.00 come on the third day: only 200.00 bear interest, from the first day on."""
    found = charge(debit(date(2026, 9, 1), 500_00, paid=((date(2026, 9, 4), 200_00),)))
    assert {p.base for p in found.lines[0].parts} == {200_00}


def test_tiers_change_the_rate_on_their_day() -> None:
    found = charge(debit(date(2026, 8, 16), 1000_00), of=rules(Tier(0, Decimal(6)), Tier(31, Decimal(12))))
    assert [(p.days, p.rate) for p in found.lines[0].parts] == [(30, Decimal(6)), (15, Decimal(12))]


def test_a_tier_that_begins_later_leaves_the_first_days_free() -> None:
    found = charge(debit(date(2026, 8, 31), 1000_00), of=rules(Tier(11, Decimal(12))))
    assert found.amount == round(1000_00 * 20 * 12 / 36500)


def test_disputed_amounts_are_left_out_for_the_days_they_are_in_dispute() -> None:
    contested = debit(date(2026, 8, 31), 1000_00, disputed=((date(2026, 9, 11), 400_00), (date(2026, 9, 21), 0)))
    assert [(p.days, p.base) for p in charge(contested).lines[0].parts] == [(10, 1000_00), (10, 600_00), (10, 1000_00)]
    assert {p.base for p in charge(contested, of=rules(charges_disputed=True)).lines[0].parts} == {1000_00}
    wholly = charge(debit(date(2026, 8, 31), 1000_00, disputed=((START, 1000_00),)))
    assert (wholly.amount, wholly.reason) == (0, "disputed")


def test_credits_cover_the_oldest_first() -> None:
    """700.00 of cash not applied cover the 500.00 of August and 200.00 of the 600.00 due on 5 September."""
    older, younger = debit(date(2026, 8, 31), 500_00), debit(date(2026, 9, 5), 600_00, key=2)
    found = charge(younger, older, credits=((date(2026, 9, 1), 700_00),))
    bases = {line.debit.item_id: {p.base for p in line.parts if p.last == LAST} for line in found.lines}
    assert bases == {1: {0}, 2: {400_00}}
    assert charge(older, credits=((START, 500_00),)).reason == "covered"
    assert charge(older, credits=((START, 500_00),), of=rules(nets_credits=False)).amount > 0


def test_the_legal_maximum_caps_the_rate_and_says_so() -> None:
    found = charge(debit(date(2026, 8, 31), 1000_00), of=rules(limit=Limit(Decimal(6), None, "US-XX: the code")))
    assert found.amount == round(1000_00 * 30 * 6 / 36500)
    assert {p.capped for p in found.lines[0].parts} == {"US-XX: the code"}


def test_days_judged_before_and_days_before_the_policy_are_left_alone() -> None:
    found = charge(debit(date(2026, 6, 1), 1000_00, charged_to=date(2026, 9, 20)))
    assert sum(p.days for p in found.lines[0].parts) == 10
    assert charge(debit(date(2026, 6, 1), 1000_00, charged_to=LAST)) is None
    young = rules(spans=(Span(date(2026, 9, 16), None, (Tier(0, Decimal(12)),)),))
    assert sum(p.days for p in charge(debit(date(2026, 6, 1), 1000_00), of=young).lines[0].parts) == 15


def test_a_change_of_policy_within_the_month() -> None:
    spans = (Span(START, date(2026, 9, 10), (Tier(0, Decimal(6)),)), Span(date(2026, 9, 11), None, (Tier(0, Decimal(9)),)))
    found = charge(debit(date(2026, 8, 31), 1000_00), of=rules(spans=spans))
    assert sum(p.days for p in found.lines[0].parts if p.rate == 6) == 10
    assert sum(p.days for p in found.lines[0].parts if p.rate == 9) == 20


def test_fees() -> None:
    """A fee a period is borne by the oldest item, once; a fee an invoice by each, once for ever, capped by law."""
    a, b = debit(date(2026, 8, 1), 100_00), debit(date(2026, 9, 1), 200_00, key=2)
    period = charge(a, b, of=rules(Tier(0, fee=10_00), Tier(40, fee=25_00), basis=FEE))
    assert [(line.debit.item_id, line.amount) for line in period.lines if line.amount] == [(1, 25_00)]
    each = charge(a, b, of=rules(Tier(0, fee=40_00), basis=FEE_EACH, limit=Limit(None, 30_00, "XX: law")))
    assert [(line.amount, line.capped) for line in each.lines] == [(30_00, "XX: law"), (30_00, "XX: law")]
    again = debit(date(2026, 8, 1), 100_00, charged_to=date(2026, 8, 31), fee_charged=True)
    assert charge(again, of=rules(Tier(0, fee=40_00), basis=FEE_EACH)).reason == "minimum"


def test_minimums() -> None:
    found = charge(debit(date(2026, 8, 31), 10_00), of=rules(minimum_due=50_00))
    assert (found.amount, found.reason, [line.amount for line in found.lines]) == (0, "minimum_due", [0])
    assert charge(debit(date(2026, 8, 31), 1000_00), of=rules(minimum_charge=10_00)).reason == "minimum"
    assert charge(debit(date(2026, 8, 31), 1)).reason == "minimum"  # less than half a cent isn't a charge


def test_places() -> None:
    assert places_of("US", "1 Main St\nHouston, TX 77002") == ["US-TX", "US"]
    assert places_of("CA", "5 Rue\nMontréal QC H2X 1Y4") == ["CA-QC", "CA"]
    assert places_of("DE", "Weg 1, 10115 Berlin") == ["DE"]
    assert places_of("", "somewhere") == []


days = st.integers(0, 120).map(lambda n: date(2026, 6, 1) + timedelta(days=n))
debits = st.builds(
    lambda due, amount, key, paid, disputed, to: debit(
        due, amount, key=key, paid=tuple((d, min(p, amount)) for d, p in sorted(paid.items())),
        disputed=tuple((d, min(p, amount)) for d, p in sorted(disputed.items())), charged_to=to,
    ),
    days, st.integers(1, 10**7), st.integers(1, 10**6), st.dictionaries(days, st.integers(0, 10**7), max_size=3),
    st.dictionaries(days, st.integers(0, 10**7), max_size=2), st.none() | days,
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.lists(debits, min_size=1, max_size=4, unique_by=lambda d: d.item_id), st.dictionaries(days, st.integers(0, 10**7), max_size=3))
def test_it_is_the_sum_of_its_days(held: list[Debit], credits: dict[date, int]) -> None:
    """Whatever happened: the same as going day by day, never a day before its time or twice, never more than was open."""
    wanted = rules(Tier(0, Decimal(6)), Tier(31, Decimal("12.5")), limit=Limit(Decimal(10), None, "law"))
    steps = tuple(sorted(credits.items()))
    found = assess(Account(1, "USD", tuple(held), steps), wanted, FIRST, LAST)
    for line in found.lines if found else ():
        assert line.first > (line.debit.charged_to or date.min) and line.first > line.debit.due_date
        seen = [p.first + timedelta(days=n) for p in line.parts for n in range(p.days)]
        assert len(seen) == len(set(seen)) and all(line.first <= day <= LAST for day in seen)
        for part in line.parts:
            for n in range(part.days):
                day = part.first + timedelta(days=n)
                assert 0 <= part.base <= max(0, at(line.debit.balances, day) - at(line.debit.disputed, day))
                assert part.rate == (6 if (day - line.debit.due_date).days < 31 else 10)
        if not found.reason:
            assert line.amount == round(sum(p.base * p.days * p.rate for p in line.parts) / Decimal(36500))
