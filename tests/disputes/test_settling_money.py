"""Money of settlements to the cent: many credits of one document, currencies of no and of three decimals, what was opened again."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from disputes.models import Dispute
from disputes.policy.settling import fit_in, split_gross
from disputes.services import amend_dispute, reopen_dispute
from disputes.services.settling import SettlementRefused
from invoicing.models import Invoice
from invoicing.services.memos import whole_of
from ledger.models import OpenItem
from ledger.verify import verify_books
from org.actors import SystemActor
from tests.disputes.settling_desk import DAY, allow, bill, contest, holds, make_desk, open_of, settle
from tests.factories import make_company, rate

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk():
    return make_desk()


def credits_of(invoice):
    """Net, tax and total of all its credit memos."""
    memos = list(Invoice.objects.filter(kind="credit_memo", refers_to=invoice).values_list("subtotal", "tax_total", "total"))
    return tuple(sum(column) for column in zip(*memos, strict=True)) if memos else (0, 0, 0)


def credit_on(desk, case, amount, **fields):
    made = settle(desk.supervisor, case, amount=amount, **fields)
    if made.state == "waiting":
        allow(desk.controller, made)
    case.refresh_from_db()
    return made


PARTS = st.lists(st.tuples(st.integers(0, 500), st.integers(0, 120), st.integers(0, 620)), min_size=1, max_size=5)


@given(PARTS, st.integers(0, 3), st.integers(0, 3))
def test_credits_never_take_more_net_or_tax_than_is_left(parts, short_net, short_tax):
    """Whatever the rounding of each share: where it can be, all of them stay within what is left, and each within its line."""
    lines = [(net, tax) for net, tax, _ in parts]
    shares = [split_gross(min(gross, net + tax), net, tax) for net, tax, gross in parts]
    net, tax = sum(n for n, _ in lines) - short_net, sum(t for _, t in lines) - short_tax
    fitted = fit_in(shares, lines, net, tax)
    assert [n + t for n, t in fitted] == [n + t for n, t in shares]
    assert all(0 <= n <= line[0] and 0 <= t <= line[1] for (n, t), line in zip(fitted, lines, strict=True))
    total = sum(n + t for n, t in shares)
    if net >= 0 and tax >= 0 and total == net + tax:
        assert (sum(n for n, _ in fitted), sum(t for _, t in fitted)) == (net, tax)


@pytest.mark.parametrize("seed", range(3))
def test_many_credits_of_a_document_come_to_its_net_and_tax(desk, seed):
    """Thirty-odd cases of a few cents each, on the whole and on lines: the last credit leaves nothing of either, in whatever order."""
    invoice = bill(desk, "INV-7", ("3.33", "0.63"), ("1.11", "0.08"))
    dice, left = random.Random(seed), 515
    while left:
        amount = min(left, dice.randint(1, 30))
        case = contest(desk, invoice, amount)
        credit_on(desk, case, amount)
        left -= amount
        net, tax, total = credits_of(invoice)
        assert total == 515 - left and net <= invoice.subtotal and tax <= invoice.tax_total
    assert credits_of(invoice) == (444, 71, 515) and open_of(invoice) == 0
    holds()


def test_what_is_left_after_credits_of_lines_can_be_cancelled_and_billed_again(desk):
    invoice = bill(desk, "INV-8", ("3.33", "0.63"), ("3.33", "0.63"))
    for number in (1, 2, 1, 2):
        case = contest(desk, invoice, 50, lines={number: 50}, kind="amount")
        credit_on(desk, case, 50)
    (rest,) = whole_of(invoice)
    assert rest.net >= 0 and rest.tax >= 0 and rest.net + rest.tax == 592
    made = credit_on(desk, contest(desk, invoice, 592), 592, resolution="rebilled")
    made.refresh_from_db()
    assert made.state == "done" and credits_of(invoice) == (666, 126, 792)
    holds()


@pytest.mark.parametrize(
    ("currency", "line", "gross", "parts"),
    [
        ("JPY", ("1001", "100"), 1101, (367, 367, 367)),
        ("KWD", ("1.001", "0.050"), 1051, (350, 350, 351)),
        ("USD", ("10.00", "0.00"), 1000, (1, 999)),
    ],
)
def test_currencies_of_no_and_three_decimals_and_documents_without_tax(desk, currency, line, gross, parts):
    if currency != "USD":
        rate(currency, "USD", "0.5")
    invoice = bill(desk, f"INV-{currency}", line, currency=currency)
    assert open_of(invoice) == gross
    for part in parts:
        case = contest(desk, invoice, part)
        settle(SystemActor("other"), case, amount=part)
        case.refresh_from_db()
        assert (case.state, case.agreed) == ("resolved", part)
    assert credits_of(invoice) == (invoice.subtotal, invoice.tax_total, gross) and open_of(invoice) == 0
    holds()


def test_a_case_opened_again_allows_no_more_than_was_claimed_in_all(desk):
    """60.00 of 100.00 allowed, opened again, 40.00 more at most; then it is contested higher, and so much more can be allowed."""
    invoice = bill(desk)
    case = contest(desk, invoice, 100_00)
    credit_on(desk, case, 60_00)
    reopen_dispute(actor=desk.senior, dispute=case, version=case.version, today=DAY, reason="they insist")
    with pytest.raises(SettlementRefused, match="no more than 40"):
        settle(desk.supervisor, case, amount=40_01)
    credit_on(desk, case, 40_00)
    assert (case.agreed, case.claimed, open_of(invoice)) == (100_00, 100_00, 980_00)
    reopen_dispute(actor=desk.senior, dispute=case, version=case.version, today=DAY, reason="more is wrong")
    with pytest.raises(SettlementRefused):
        settle(desk.supervisor, case, amount=1)
    amend_dispute(actor=desk.senior, dispute=case, version=case.version, today=DAY, amount=150_00)
    credit_on(desk, case, 50_00)
    assert (case.agreed, open_of(invoice)) == (150_00, 930_00)
    assert OpenItem.objects.filter(kind="credit_memo").exclude(balance=0).count() == 0
    assert sum(m.delta for m in case.movements.all()) == 0 and Dispute.objects.open().count() == 0
    holds()


def test_verifying_the_books_finds_a_case_that_its_movements_do_not_tell_of(desk):
    """Amounts, states and settlements that were changed around the product."""
    case, other = contest(desk, bill(desk, "INV-1"), 100_00), contest(desk, bill(desk, "INV-2"), 100_00)
    assert verify_books(DAY) == []
    Dispute.objects.filter(pk=case.pk).update(amount=90_00)
    Dispute.objects.filter(pk=other.pk).update(state="settling")
    found = {difference.check: difference.detail for difference in verify_books(DAY, [desk.company])}
    assert set(found) == {"what is in dispute is the sum of its movements", "a case is being settled while a settlement of it is under way"}
    assert f"{case.number}, open, of 9000: its movements sum to 10000" in str(found)
    assert verify_books(DAY, [make_company("XX01")]) == []
