"""Payment plans in the books: agreed, paid, in default, cancelled, opened again; the books tie at every step."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from arops.lib import clock
from collections_app.models import PaymentPlan
from collections_app.policy.plans import Terms
from collections_app.selectors.plans import dues_of, effect_of, parts_of, rows_of
from collections_app.services.plans import PlanError, ask_for_plan, cancel_plan, make_plan, run_plans, settle_early, sign_plan
from collections_app.services.plans.early import payoff_of
from collections_app.services.promises import give_promise
from disputes.models import DisputeMovement
from ledger.models import Entry, OpenItem
from ledger.services import reverse_entries
from ledger.verify import verify_books
from org.actors import NotAllowed
from tests.factories import DAY, SYSTEM, apply, contest, issue, make_company, make_customer, make_user, rate, receive
from workflow.models import Approval
from workflow.services.approvals import Evidence, approve, reject
from workflow.services.limits import standard_limits

pytestmark = pytest.mark.django_db
NOW = clock.now()
FIRST = date(2026, 10, 1)


class Deal:
    """A customer with two late invoices, 600.00 due 31 July and 400.00 due 31 August, and a plan about both: four instalments."""

    def __init__(self, *, currency: str = "USD", pays: int | None = None, percent: str = "0", number: int = 4) -> None:
        self.company = make_company()
        if currency != "USD":
            rate(currency, "USD", "1.10", date(2026, 1, 1))
        self.customer = make_customer(self.company, currency=currency)
        self.first = issue(self.customer, 600_00, day=date(2026, 7, 1), due=date(2026, 7, 31))
        if currency != "USD":
            rate(currency, "USD", "1.17", date(2026, 8, 1))
        self.second = issue(self.customer, 400_00, day=date(2026, 8, 1), due=date(2026, 8, 31))
        terms = Terms(DAY, FIRST, "monthly", number=number, rate=Decimal(percent))
        self.plan = make_plan(actor=SYSTEM, customer=self.customer, items=[self.second, self.first], terms=terms, today=DAY, pays=pays)

    def signed(self) -> "Deal":
        ask_for_plan(actor=SYSTEM, plan=self.plan, today=DAY, now=NOW)
        sign_plan(actor=SYSTEM, plan=self.plan, signed_by="J. Doe", signed_on=DAY, today=DAY, note="by phone")
        return self.fresh()

    def fresh(self) -> "Deal":
        self.plan = PaymentPlan.objects.get(pk=self.plan.pk)
        for item in (self.first, self.second):
            item.refresh_from_db()
        return self

    def night(self, day: date) -> dict[str, int]:
        counts = {name: n for name, n in run_plans(actor=SYSTEM, company=self.company, day=day).items() if n}
        self.fresh()
        assert verify_books(day, [self.company]) == []
        return counts

    def pay(self, ordinal: int, amount: int = 0, day: date = DAY) -> int:
        part = self.plan.instalments.get(ordinal=ordinal)
        items = [item for item in (part.open_item, part.interest_item) if item and item.balance]
        shares = [(items[0], amount)] if amount else [(item, item.balance) for item in items]
        return apply(receive(self.customer, sum(a for _, a in shares), day=day), *shares, day=day)

    @property
    def books(self) -> dict[str, int]:
        """Number → balance of what is open, with the plan's number left away."""
        rows = OpenItem.objects.open().filter(customer=self.customer).values_list("number", "balance")
        return {number.replace(self.plan.number, "P"): balance for number, balance in rows}


def test_a_signed_plan_moves_its_items_into_instalments_and_is_kept_when_they_are_paid() -> None:
    deal = Deal()
    assert (deal.plan.total, deal.plan.state, deal.plan.default_days) == (1000_00, "draft", 7)
    assert ask_for_plan(actor=SYSTEM, plan=deal.plan, today=DAY, now=NOW).state == Approval.State.ALONE
    offered = deal.fresh().plan
    assert offered.state == "offered" and offered.offer_until == DAY + timedelta(days=14) and offered.offer
    assert bytes(offered.offer.content).startswith(b"%PDF")
    sign_plan(
        actor=SYSTEM, plan=offered, signed_by="J. Doe", signed_on=DAY, today=DAY, file=Evidence("signed.pdf", bytes(offered.offer.content)),
    )  # fmt: skip
    assert deal.books == {"P/1": 250_00, "P/2": 250_00, "P/3": 250_00, "P/4": 250_00} and deal.fresh().plan.signed_file
    opened = deal.plan.instalments.get(ordinal=3).open_item
    assert opened and (opened.due_date, opened.document_date) == (date(2026, 12, 1), date(2026, 7, 1)), "as old as the debt it holds"
    assert deal.night(FIRST) == {"running": 1} and [p.state for p in parts_of(deal.plan, FIRST)] == ["due", *["planned"] * 3]
    deal.pay(1), deal.pay(2, 100_00)
    assert deal.night(date(2026, 11, 2)) == {"running": 1}
    assert list(deal.plan.instalments.values_list("state", flat=True)) == ["paid", "missed", "planned", "planned"]
    (row,) = rows_of([deal.plan], date(2026, 11, 2))
    assert (row.paid, row.open, row.missed, row.next_on, row.next_amount) == (350_00, 650_00, 150_00, date(2026, 12, 1), 250_00)
    for n in (2, 3, 4):
        deal.pay(n, day=date(2026, 11, 3))
    assert deal.night(date(2026, 11, 3)) == {"running": 1, "kept": 1} and deal.plan.state == "kept" and deal.books == {}


def test_a_missed_instalment_ends_the_plan_and_what_is_open_goes_back_with_the_old_dates() -> None:
    """Two rates: 600.00 EUR at 1.10, 400.00 at 1.17; 300.00 are paid, of the second instalment a part."""
    deal = Deal(currency="EUR").signed()
    deal.pay(1), deal.pay(2, 50_00)
    receive(deal.customer, 199_99, day=date(2026, 11, 1))
    assert deal.night(date(2026, 11, 8)) == {"running": 1}, "seven days late aren't more than seven"
    receive(deal.customer, 1, day=date(2026, 11, 8))
    assert deal.night(date(2026, 11, 9)) == {"running": 1, "waiting_for_cash": 1}, "their cash waits for us"
    OpenItem.objects.filter(customer=deal.customer, kind="receipt", balance=-1)
    apply(OpenItem.objects.get(customer=deal.customer, balance=-1), (issue(deal.customer, 1, number="X"), 1), day=date(2026, 11, 9))
    assert deal.night(date(2026, 11, 9)) == {"running": 1, "defaulted": 1}
    assert (deal.first.balance, deal.second.balance) == (300_00, 400_00) and deal.first.due_date == date(2026, 7, 31)
    assert (deal.first.base_balance, deal.second.base_balance) == (330_00, 468_00)
    assert rows_of([deal.plan], date(2026, 11, 9))[0].paid == 300_00
    assert deal.plan.state == "defaulted" and set(deal.plan.instalments.values_list("state", flat=True)) == {"paid", "ended"}
    assert deal.night(date(2026, 11, 10)) == {}


def test_a_returned_payment_opens_a_kept_plan_again_and_gives_back_what_an_ended_one_held() -> None:
    deal = Deal(pays=500_00, number=2).signed()
    assert deal.books == {"P/1": 250_00, "P/2": 250_00, "P/R": 500_00} and deal.plan.waived == 500_00
    deal.pay(1)
    second = deal.pay(2)
    assert deal.night(DAY) == {"running": 1, "kept": 1} and deal.books == {}, "the rest is given up"
    entry = deal.plan.instalments.get(ordinal=2).open_item.lines.get(entry_id=second).entry  # type: ignore[union-attr]
    reverse_entries(entries=[entry], day=DAY, actor=SYSTEM, reason="returned")
    assert deal.night(DAY) == {"opened_again": 1} and deal.plan.state == "active"
    assert {name: balance for name, balance in deal.books.items() if balance > 0} == {"P/2": 250_00, "P/R": 500_00}
    cash = OpenItem.objects.get(customer=deal.customer, kind="receipt", balance__lt=0)
    apply(cash, (issue(deal.customer, 250_00, number="Y"), 250_00))
    assert deal.night(date(2026, 11, 9))["defaulted"] == 1 and deal.books == {deal.first.number: 350_00, deal.second.number: 400_00}
    first = deal.plan.instalments.get(ordinal=1).open_item.lines.get(amount=-250_00).entry  # type: ignore[union-attr]
    reverse_entries(entries=[first], day=date(2026, 11, 10), actor=SYSTEM, reason="returned")
    assert deal.night(date(2026, 11, 10)) == {"opened_again": 1} and deal.first.balance == 600_00


def test_what_is_in_dispute_ends_no_plan_and_follows_its_case_and_promises_end_with_the_signature() -> None:
    deal = Deal()
    promise = give_promise(actor=SYSTEM, customer=deal.customer, items=[deal.first], amount=600_00, due_on=FIRST, today=DAY)
    deal.signed()
    promise.refresh_from_db()
    assert promise.state == "cancelled"
    part = deal.plan.instalments.get(ordinal=1).open_item
    case = contest(
        company=deal.company, customer=deal.customer, open_item=part, amount=250_00, currency="USD", reason="price", opened_on=DAY,
        due_date=DAY, opened_by="test", number="D-2",
    )  # fmt: skip
    assert deal.night(date(2026, 10, 20)) == {"running": 1}
    deal.pay(2, 50_00)
    assert deal.night(date(2026, 11, 9)) == {"running": 1, "defaulted": 1}
    assert deal.books == {"P/1": 250_00, deal.first.number: 300_00, deal.second.number: 400_00}
    assert deal.night(date(2026, 11, 10)) == {}
    type(case).objects.filter(pk=case.pk).update(state="resolved", resolution="rejected")
    DisputeMovement.objects.create(dispute=case, open_item=part, day=date(2026, 11, 11), delta=-250_00, by="test")
    assert deal.night(date(2026, 11, 11)) == {"opened_again": 1} and deal.first.balance == 550_00


def test_interest_comes_due_with_its_instalment_and_ends_with_an_early_settlement() -> None:
    deal = Deal(percent="9", number=2).signed()
    first, second = deal.plan.instalments.all()
    assert (first.interest, second.interest) == (3_95, 3_82)
    assert deal.night(FIRST) == {"running": 1, "interest": 1} and deal.books["P/1i"] == 3_95
    payoff = payoff_of(deal.plan, date(2026, 10, 11))
    assert (payoff.left, payoff.interest, payoff.saved, payoff.late) == (500_00, 1_23, 2_59, 503_95)
    deal.pay(1)
    settle_early(actor=SYSTEM, plan=deal.plan, by=date(2026, 10, 11), today=date(2026, 10, 2))
    second.refresh_from_db()
    assert (second.due_on, second.interest, second.open_item.due_date) == (date(2026, 10, 11), 1_23, date(2026, 10, 11))  # type: ignore[union-attr]
    assert deal.night(date(2026, 10, 11)) == {"running": 1, "interest": 1}
    assert deal.books == {"P/2": 500_00, "P/2i": 1_23}
    deal.pay(2)
    assert deal.night(date(2026, 10, 12)) == {"running": 1, "kept": 1}
    with pytest.raises(PlanError, match="is kept"):
        settle_early(actor=SYSTEM, plan=deal.plan, by=date(2026, 10, 20), today=date(2026, 10, 12))


def test_what_is_more_than_ones_limit_is_asked_for_and_decided_by_another() -> None:
    deal = Deal(pays=100_00, number=1)
    standard_limits(company=deal.company, actor=SYSTEM)
    senior, boss = make_user("senior", deal.company), make_user("collections_manager", deal.company)
    made = make_plan(
        actor=senior, customer=deal.customer, items=[deal.first, deal.second], terms=Terms(DAY, FIRST, number=1), today=DAY, pays=100_00,
        plan=deal.plan,
    )  # fmt: skip
    assert made.pk == deal.plan.pk and made.items.count() == 2
    approval = ask_for_plan(actor=senior, plan=made, today=DAY, now=NOW)
    assert (approval.state, approval.amount, approval.kind) == ("waiting", 900_00, "settlement") and deal.fresh().plan.state == "waiting"
    with pytest.raises(PlanError, match="is in PLN"):
        make_plan(actor=SYSTEM, customer=deal.customer, items=[deal.first], terms=Terms(DAY, FIRST, number=2), today=DAY)
    reject(actor=boss, approval=approval, now=NOW, today=DAY, note="too much")
    assert deal.fresh().plan.state == "refused"
    again = ask_for_plan(actor=senior, plan=make_plan(
        actor=senior, customer=deal.customer, items=[deal.first], terms=Terms(DAY, FIRST, number=2), today=DAY, pays=200_00, plan=deal.plan,
    ), today=DAY, now=NOW)  # fmt: skip
    approve(actor=boss, approval=again, now=NOW, today=DAY + timedelta(days=1))
    assert deal.fresh().plan.state == "offered" and deal.plan.offer_until == DAY + timedelta(days=15)
    assert run_plans(actor=SYSTEM, company=deal.company, day=FIRST)["lapsed"] == 1 and deal.fresh().plan.state == "cancelled"


def test_refusals_say_why() -> None:
    deal = Deal()
    make = {"actor": SYSTEM, "customer": deal.customer, "today": DAY}
    four = Terms(DAY, FIRST, number=4)
    auditor, seller = make_user("auditor", deal.company), make_user("specialist", deal.company)
    with pytest.raises(NotAllowed):
        make_plan(**make | {"actor": auditor}, items=[deal.first], terms=four)  # type: ignore[arg-type]
    for items, terms, words in (
        ([], four, "choose"), ([deal.first, issue(make_customer(deal.company), 5)], four, "one customer"),
        ([deal.first], Terms(DAY, FIRST, number=60), "days away"), ([deal.first], Terms(DAY, FIRST, number=2, rate=Decimal(61)), "check"),
        ([deal.first], Terms(DAY, FIRST), "how many"),
    ):  # fmt: skip
        with pytest.raises(PlanError, match=words):
            make_plan(**make, items=items, terms=terms)  # type: ignore[arg-type]
    with pytest.raises(PlanError, match="how the customer agreed"):
        ask_for_plan(actor=SYSTEM, plan=deal.plan, today=DAY, now=NOW)
        sign_plan(actor=SYSTEM, plan=deal.fresh().plan, signed_by="J. Doe", signed_on=DAY, today=DAY)
    apply(receive(deal.customer, 1_00), (deal.first, 1_00))
    with pytest.raises(PlanError, match=r"only 599\.00 USD"):
        sign_plan(actor=SYSTEM, plan=deal.plan, signed_by="J. Doe", signed_on=DAY, today=DAY, note="by phone")
    with pytest.raises(PlanError, match="why"):
        cancel_plan(actor=seller, plan=deal.plan, reason=" ", today=DAY, now=NOW)
    cancel_plan(actor=seller, plan=deal.plan, reason="paid instead", today=DAY, now=NOW)
    contest(
        company=deal.company,
        customer=deal.customer,
        open_item=deal.second,
        amount=400_00,
        currency="USD",
        reason="price",
        opened_on=DAY,
        due_date=DAY,
        opened_by="test",
        number="D-1",
    )
    with pytest.raises(PlanError, match="in dispute"):
        make_plan(**make, items=[deal.second], terms=four)  # type: ignore[arg-type]


def test_what_a_plan_brings_is_shown_beside_what_would_come() -> None:
    """The customer pays ten days late; one item is due tomorrow, the other was due long ago."""
    deal = Deal()
    paid = issue(deal.customer, 100_00, day=date(2026, 5, 1), due=date(2026, 5, 31))
    apply(receive(deal.customer, 100_00, day=date(2026, 6, 10)), (paid, 100_00), day=date(2026, 6, 10))
    dues = dues_of(p.part for p in parts_of(deal.plan, DAY))
    found = effect_of(deal.customer, [(DAY + timedelta(days=1), 5), (date(2026, 7, 31), 7)], dues, 0, DAY)
    assert (found.habit.days, found.habit.known, found.unknown) == (10, True, 7)
    assert [(w.planned, w.otherwise) for w in found.weeks][:2] == [(0, 5), (250_00, 0)]


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from(["pay", "part", "night", "return", "cancel"]), st.integers(1, 3)), min_size=2, max_size=6))
def test_whatever_happens_to_a_plan_the_books_tie(steps: list[tuple[str, int]]) -> None:
    """What the customer owes is what was invoiced less what was paid and not returned, however a plan goes."""
    deal = Deal(currency="EUR", number=3).signed()
    day, entries = DAY, list[int]()
    for what, n in steps:
        part: Any = deal.plan.instalments.get(ordinal=n).open_item
        part.refresh_from_db()
        if what in ("pay", "part") and part.balance > 1:
            amount = part.balance // (1 if what == "pay" else 2)
            entries.append(apply(receive(deal.customer, amount, day=day), (part, amount), day=day))
        elif what == "return" and entries:
            reverse_entries(entries=[Entry.objects.get(pk=entries.pop())], day=day, actor=SYSTEM, reason="returned")
        elif what == "cancel" and deal.fresh().plan.state == "active":
            cancel_plan(actor=SYSTEM, plan=deal.plan, reason="asked to", today=day, now=NOW)
        elif what == "night":
            day += timedelta(days=20 * n)
        run_plans(actor=SYSTEM, company=deal.company, day=day)
        owed = sum(item.balance for item in OpenItem.objects.filter(customer=deal.customer))
        received = sum(item.amount for item in OpenItem.objects.filter(customer=deal.customer, kind="receipt"))
        assert owed == 1000_00 + received
    assert verify_books(day, [deal.company]) == []
