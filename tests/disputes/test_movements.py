"""What is in dispute on a day is the sum of movements, whatever is opened, amended, closed and opened again, and never negative."""

import re
from collections import defaultdict
from contextlib import contextmanager
from datetime import date, timedelta

import pytest
from django.db import connection, transaction
from django.db.models import Sum
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from disputes.models import Dispute, DisputeMovement
from disputes.selectors import disputed_by_item
from disputes.services import (
    DisputeError,
    StaleDispute,
    amend_dispute,
    close_dispute,
    move_dispute,
    note_dispute,
    open_dispute,
    open_disputes,
    reopen_dispute,
)
from disputes.services.opening import NewDispute
from invoicing.services import issue_documents
from ledger.asof import Scope
from ledger.models import OpenItem
from reports.selectors.ageing import disputed_items
from reports.selectors.question import Question
from tests.factories import DAY, SYSTEM, apply, issue, make_company, make_customer, make_user, receive

pytestmark = pytest.mark.django_db

EVERYTHING = SYSTEM.reach()
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["open", "amend", "close", "reopen", "pay"]), st.integers(0, 3), st.integers(1, 70_00), st.integers(0, 4)
    ), max_size=14,
)  # fmt: skip


class Model:
    """The same history told independently: for each case a list of (day, what was in dispute from then on)."""

    def __init__(self) -> None:
        self.lives: dict[int, list[tuple[date, int]]] = defaultdict(list)

    def set(self, case: Dispute, day: date, amount: int) -> None:
        self.lives[case.pk].append((day, amount))

    def on(self, day: date) -> int:
        return sum(([0] + [amount for since, amount in life if since <= day])[-1] for life in self.lives.values())


def act(model, cases, item, step, day):
    """One step of a history, where it is possible; refusals change nothing."""
    kind, which, amount, _ = step
    case = cases[which % len(cases)] if cases else None
    try:
        if kind == "open":
            made = open_dispute(actor=SYSTEM, open_item=item, amount=amount, reason="price", today=day, source=f"m:{len(cases)}:{item.pk}")
            cases.append(made)
            model.set(made, day, amount)
        elif kind == "pay":
            item.refresh_from_db()
            paid = min(amount // 4, item.balance)
            if paid:
                apply(receive(item.customer, paid, day=day), (item, paid), day=day)
        elif case is not None:
            case.refresh_from_db()
            if kind == "amend":
                model.set(amend_dispute(actor=SYSTEM, dispute=case, version=case.version, today=day, amount=amount), day, amount)
            elif kind == "close":
                close_dispute(actor=SYSTEM, dispute=case, resolution="goodwill", agreed=min(amount, case.amount), today=day)
                model.set(case, day, 0)
            else:
                again = reopen_dispute(actor=SYSTEM, dispute=case, version=case.version, today=day, reason="again")
                model.set(case, day, again.amount)
    except DisputeError:
        pass


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(steps=STEPS)
def test_the_sum_of_movements_is_what_an_independent_count_finds(world, transactional, steps):
    with transactional():
        item, day, model, cases = issue(world[1], 100_00), DAY, Model(), []
        for step in steps:
            day += timedelta(days=step[3])
            act(model, cases, item, step, day)
        for n in range((day - DAY).days + 2):
            asked = DAY + timedelta(days=n - 1)
            told = DisputeMovement.objects.filter(open_item=item, day__lte=asked).aggregate(total=Sum("delta"))["total"] or 0
            assert told == model.on(asked) >= 0
        assert disputed_by_item([item.pk]).get(item.pk, 0) == model.on(day)
        item.refresh_from_db()
        (aged,) = [d.amount for d in disputed_items(Question(day, Scope(EVERYTHING, item_ids=[item.pk])))] or [0]
        assert aged == min(model.on(day), item.balance)


@pytest.fixture
def transactional():
    """Each example begins where the test began."""

    @contextmanager
    def rolled_back():
        with transaction.atomic():
            yield
            transaction.set_rollback(True)

    return rolled_back


@pytest.fixture
def world():
    company = make_company("US01")
    customer = make_customer(company, "Acme", source_system="erp", external_id="C-100")
    return company, customer, make_user("senior", company)


@pytest.fixture
def billed(world):
    """INV-1 with lines of 100.00 and 8.25 tax, and of 50.00."""
    lines = [
        {"number": 1, "sku": "A", "quantity": "1", "unit_price": "100", "amount": "100.00", "tax_amount": "8.25"},
        {"number": 2, "sku": "B", "quantity": "1", "unit_price": "50", "amount": "50.00", "tax_amount": "0.00"},
    ]
    row = {
        "company": "US01", "number": "INV-1", "customer": {"external_id": "C-100"}, "currency": "USD", "document_date": "2026-09-15",
        "lines": lines, "total": "158.25",
    }  # fmt: skip
    (done,) = issue_documents([row], actor=SYSTEM, source_system="erp")
    assert done.outcome == "created", done
    return OpenItem.objects.get(number="INV-1")


def contest(item, amount, source="s", **fields):
    return open_dispute(actor=SYSTEM, open_item=item, amount=amount, reason="price", today=DAY, source=source, **fields)


def keys(item):
    return dict(item.invoice.lines.values_list("number", "pk"))


def test_lines_make_up_what_is_contested(billed):
    line = keys(billed)
    case = contest(billed, 110_00, kind="lines", lines=[(line[1], 60_00), (line[2], 50_00)])
    assert case.invoice_id == billed.invoice.pk and list(case.lines.values_list("line__number", "amount")) == [(1, 60_00), (2, 50_00)]
    with pytest.raises(DisputeError, match="line 2"):
        contest(billed, 1_00, "t", kind="lines", lines=[(line[2], 1_00)])
    amend_dispute(actor=SYSTEM, dispute=case, version=case.version, today=DAY, lines=[(line[1], 108_25)])
    assert (case.amount, case.claimed, case.kind) == (108_25, 110_00, "lines")
    amend_dispute(actor=SYSTEM, dispute=case, version=case.version, today=DAY, amount=20_00)
    assert (case.amount, case.kind, case.lines.count()) == (20_00, "amount", 0)
    assert [m.delta for m in case.movements.order_by("pk")] == [110_00, -1_75, -88_25]


@pytest.mark.parametrize(
    ("wanted", "amount", "words"),
    [([], 1_00, "choose the lines"), ([(1, 109_00)], 109_00, "line 1"), ([(1, 60_00)], 50_00, "add up"), ([(1, 0)], 0, "line 1"),
     ([(1, -5_00), (2, 10_00)], 5_00, "line 1"), ([(1, 5_00), (1, 5_00)], 10_00, "once"), ([(9, 5_00)], 5_00, "this document")],
)  # fmt: skip
def test_lines_that_cannot_be_are_refused(billed, wanted, amount, words):
    named = keys(billed) | {9: 10**9}
    with pytest.raises(DisputeError, match=re.escape(words)):
        contest(billed, amount, kind="lines", lines=[(named[n], part) for n, part in wanted])
    assert not Dispute.objects.exists()


def test_another_document_s_line_is_none_of_this(world, billed):
    other = issue(world[1], 500_00)
    with pytest.raises(DisputeError, match="this document"):
        contest(other, 50_00, kind="lines", lines=[(keys(billed)[2], 50_00)])


def test_many_are_opened_in_a_few_statements(world):
    _, customer, senior = world

    def wanted(n, start):
        items = [issue(customer, 10_00) for _ in range(n)]
        return [NewDispute(i, 5_00, "short_payment", f"short:{start}:{i.pk}", kind="deduction", receipt_ref=7) for i in items]

    counts = []
    for n in (1, 3, 30):  # the first one begins the series of numbers
        rows = wanted(n, n)
        with CaptureQueriesContext(connection) as seen:
            open_disputes(actor=senior, wanted=rows, today=DAY)
        counts.append(len(seen))
    assert counts[1] == counts[2] <= 20
    assert Dispute.objects.filter(kind="deduction", receipt_ref=7).count() == 34


def test_it_is_the_collector_s_unless_somebody_is_named(world):
    company, customer, senior = world
    customer.collector = make_user("specialist", company)
    customer.save()
    assert contest(issue(customer, 10_00), 1_00).owner == customer.collector
    assert contest(issue(customer, 10_00), 1_00, "t", owner=senior).owner == senior


def test_a_claim_grows_and_does_not_shrink(world):
    item = issue(world[1], 100_00)
    case = contest(item, 40_00)
    amend_dispute(actor=SYSTEM, dispute=case, version=0, today=DAY, amount=30_00, note="ten were agreed on the phone")
    amend_dispute(actor=SYSTEM, dispute=case, version=1, today=DAY, amount=60_00)
    assert (case.claimed, case.amount, case.base_amount) == (60_00, 60_00, 60_00)
    with pytest.raises(DisputeError, match="no more than"):
        amend_dispute(actor=SYSTEM, dispute=case, version=2, today=DAY, amount=100_01)
    apply(receive(item.customer, 70_00), (item, 70_00))
    amend_dispute(actor=SYSTEM, dispute=case, version=2, today=DAY, amount=35_00)  # less is always less
    with pytest.raises(StaleDispute):
        amend_dispute(actor=SYSTEM, dispute=case, version=0, today=DAY, amount=5_00)
    note_dispute(actor=SYSTEM, dispute=case, body="x")
    close_dispute(actor=SYSTEM, dispute=case, resolution="withdrawn", today=DAY, agreed=0)
    with pytest.raises(DisputeError, match="resolved"):
        amend_dispute(actor=SYSTEM, dispute=case, version=case.version, today=DAY, amount=5_00)


def test_a_case_opened_again_keeps_what_was_and_may_be_about_less(world):
    item = issue(world[1], 100_00)
    case = contest(item, 40_00)
    close_dispute(actor=SYSTEM, dispute=case, resolution="credited", agreed=15_00, today=date(2026, 9, 20))
    reopen_dispute(actor=SYSTEM, dispute=case, version=case.version, today=date(2026, 9, 25), reason="the rest", amount=25_00)
    assert (case.state, case.agreed, case.resolution, case.amount, case.claimed) == ("open", None, "", 25_00, 40_00)
    assert [(m.day, m.delta) for m in case.movements.order_by("pk")] == [
        (DAY, 40_00), (date(2026, 9, 20), -40_00), (date(2026, 9, 25), 25_00)
    ]  # fmt: skip
    assert [s.state for s in case.steps.order_by("pk")] == ["open", "resolved", "open"] and case.notes.get().body == "the rest"
    with pytest.raises(DisputeError, match="only a closed"):
        reopen_dispute(actor=SYSTEM, dispute=case, version=case.version, today=DAY, reason="")


def test_what_is_being_settled_is_not_moved_by_hand(world):
    case = contest(issue(world[1], 100_00), 40_00)
    Dispute.objects.filter(pk=case.pk).update(state="settling")
    case.refresh_from_db()
    for act in (
        lambda: move_dispute(actor=SYSTEM, dispute=case, state="decision", version=0, today=DAY),
        lambda: amend_dispute(actor=SYSTEM, dispute=case, version=0, today=DAY, amount=1_00),
    ):
        with pytest.raises(DisputeError):
            act()
