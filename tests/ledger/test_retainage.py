"""Retainage: held back of a progress invoice, released, credited; the books tie at every step.

`books` is what stands on the receivable and on the retainage account: [("AR-1", 900)], [("AR-1", 100)].
"""

from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collections_app.selectors.dunning import candidates
from invoicing.models import Invoice
from invoicing.services.issuing import issue_documents
from ledger.asof import Scope, totals
from ledger.models import OpenItem
from ledger.verify import verify_books
from org.actors import Reach, SystemActor
from reports.selectors.ageing import ageing
from reports.selectors.equivalent import equivalent
from reports.selectors.figures import History
from reports.selectors.question import Question
from tests.factories import make_company, make_customer, rate

pytestmark = pytest.mark.django_db
ERP = SystemActor("erp")
DAY = date(2026, 9, 15)
Books = tuple[list[tuple[str, int]], list[tuple[str, int]]]


class Site:
    """A company that builds, and its customer who keeps back."""

    def __init__(self, currency: str = "USD") -> None:
        self.company = make_company()
        self.customer = make_customer(self.company, currency=currency)
        self.currency = currency

    def push(self, number: str, total: str, **fields: Any) -> Any:
        row = {
            "company": self.company.code, "number": number, "customer": f"cus_{self.customer.pk}", "currency": self.currency,
            "document_date": DAY.isoformat(), "total": total,
        } | fields  # fmt: skip
        (outcome,) = issue_documents([row], actor=ERP, source_system="erp")
        return outcome

    def release(self, number: str, **amounts: str) -> Any:
        lines = [{"amount": amount, "releases": invoice.replace("_", "-")} for invoice, amount in amounts.items()]
        row: dict[str, Any] = {"lines": lines, "total": None}
        return self.push(number, **row)

    def credit(self, number: str, total: str, about: str) -> Any:
        return self.push(number, total, kind="credit_memo", refers_to=about)

    @property
    def books(self) -> Books:
        rows = list(
            OpenItem.objects.filter(company=self.company)
            .exclude(balance=0)
            .order_by("pk")
            .values_list("account__kind", "number", "balance")
        )
        assert verify_books(DAY, [self.company]) == []
        return [(n, b) for k, n, b in rows if k == "receivable"], [(n, b) for k, n, b in rows if k == "retainage"]


@pytest.fixture
def site() -> Site:
    return Site()


def test_what_is_kept_back_stands_apart_until_it_is_released(site: Site) -> None:
    """AR-1 100.00 of which 10.00 are kept; 4.00 are released, then the rest."""
    assert site.push("AR-1", "100.00", retainage="10.00", payment_terms="2/10 net 30").outcome == "created"
    assert site.books == ([("AR-1", 9000)], [("AR-1", 1000)])
    assert OpenItem.objects.get(kind="invoice").discount_amount == 180, "the discount is on what is to be paid now"
    assert site.release("AR-2", AR_1="4.00").outcome == "created"
    assert site.books == ([("AR-1", 9000), ("AR-2", 400)], [("AR-1", 600)])
    assert site.release("AR-3", AR_1="6.00").outcome == "created"
    assert site.books == ([("AR-1", 9000), ("AR-2", 400), ("AR-3", 600)], [])
    released = Invoice.objects.get(number="AR-3")
    assert [line.releases.number for line in released.lines.all()] == ["AR-1"] and released.open_item.opened_by.kind == "release"
    assert Invoice.objects.get(number="AR-1").retainage == 1000


def test_no_more_is_released_than_is_held(site: Site) -> None:
    site.push("AR-1", "100.00", retainage="10.00")
    assert site.release("AR-2", AR_1="10.01").problems[0].code == "too_much"
    assert site.release("AR-2", AR_9="1.00").problems[0].code == "missing_reference"
    other = Site()
    other.company, other.customer = site.company, make_customer(site.company)
    assert other.release("AR-2", AR_1="1.00").problems[0].code == "invalid"
    rows = [
        {"company": site.company.code, "number": f"AR-{n}", "customer": f"cus_{site.customer.pk}", "currency": "USD",
         "document_date": DAY.isoformat(), "lines": [{"amount": "6.00", "releases": "AR-1"}]}
        for n in (3, 4)
    ]  # fmt: skip
    assert [o.outcome for o in issue_documents(rows, actor=ERP, source_system="erp")] == ["created", "rejected"]
    assert site.books == ([("AR-1", 9000), ("AR-3", 600)], [("AR-1", 400)])


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"total": "100.00", "retainage": "100.00"}, "/retainage"), ({"total": "100.00", "retainage": "-1.00"}, "/retainage"),
        ({"total": "100.00", "retainage": "1.00", "kind": "debit_memo"}, "/retainage"),
        ({"total": None, "lines": [{"amount": "1.00", "releases": "AR-1"}, {"amount": "1.00"}]}, "/lines"),
        ({"total": None, "lines": [{"amount": "1.00", "releases": "AR-1", "tax_amount": "0.10"}]}, "/lines"),
        ({"total": None, "lines": [{"amount": "1.00", "releases": 7}]}, "/lines/0/releases"),
    ],
)  # fmt: skip
def test_what_cannot_be_kept_back_or_released_is_refused(site: Site, fields: dict[str, Any], pointer: str) -> None:
    assert pointer in [p.pointer for p in site.push("AR-5", **fields).problems]


def test_a_credit_memo_gives_up_its_share_of_what_is_held(site: Site) -> None:
    """AR-1 100.00 less 10.00; half is credited, then the rest."""
    site.push("AR-1", "100.00", retainage="10.00")
    site.credit("CM-1", "50.00", "AR-1")
    assert site.books == ([("AR-1", 9000), ("CM-1", -4500)], [("AR-1", 500)])
    site.credit("CM-2", "50.00", "AR-1")
    assert site.books == ([("AR-1", 9000), ("CM-1", -4500), ("CM-2", -4500)], [])


def test_in_a_foreign_currency_it_keeps_the_rate_of_its_invoice() -> None:
    rate("EUR", "USD", "1.1000")
    site = Site("EUR")
    site.push("AR-1", "100.01", retainage="33.34")
    rate("EUR", "USD", "1.5000", DAY)
    site.release("AR-2", AR_1="33.34")
    assert site.books == ([("AR-1", 6667), ("AR-2", 3334)], [])
    assert sum(OpenItem.objects.filter(kind="invoice").values_list("base_balance", flat=True)) == 11001


def test_it_is_neither_late_nor_dunned_and_ageing_names_it(site: Site) -> None:
    site.push("AR-1", "100.00", retainage="10.00", due_date="2026-09-15")
    later = date(2027, 6, 30)
    question = Question(later, Scope(Reach(everything=True), company_ids=[site.company.pk]))
    report = ageing(question)
    assert (report.totals["USD"].total, report.totals["USD"].past_due, report.retained) == (10_000, 9_000, [("USD", 1_000)])
    assert report.ties_all and totals(later, question.scope)[0][3] == 10_000
    assert candidates(site.company, later) == [site.customer.pk]
    item = OpenItem.objects.get(kind="retainage")
    assert item not in OpenItem.objects.past_due(date(2036, 1, 1)) and item not in OpenItem.objects.owed()


def test_days_of_sales_leave_out_what_nobody_can_be_asked_for(site: Site) -> None:
    """100.00 sold, 10.00 kept back: 90.00 wait to be paid, and the figure names what it left out."""
    site.push("AR-1", "100.00", retainage="10.00")
    question = Question(DAY, Scope(Reach(everything=True), company_ids=[site.company.pk]))
    history = History(question, [DAY], equivalent([site.company], DAY))
    measures = history.measures(DAY)
    assert (measures["dso"].value, measures["countback"].value) == (81, Fraction(27, 2))
    assert [(i.label, i.value) for i in measures["dso"].inputs][:2] == [("Receivables", 10_000), ("Less retainage not released", -1_000)]
    assert history.receivables(DAY) == 10_000 and measures["add"].value == 0


steps = st.lists(st.tuples(st.sampled_from(["release", "credit"]), st.integers(1, 12_000)), max_size=6)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(total=st.integers(2, 10_000), share=st.integers(1, 99), after=steps)
def test_any_order_of_releases_and_credits_keeps_the_books(db: None, total: int, share: int, after: list[tuple[str, int]]) -> None:
    """Whatever is asked for: what is held stays between nothing and what was kept, and every cent is on one of the two accounts."""
    site = Site()
    kept = max(1, total * share // 100)
    if kept >= total:
        return
    site.push("AR-1", f"{total / 100:.2f}", retainage=f"{kept / 100:.2f}")
    credited = 0
    for n, (what, amount) in enumerate(after):
        if what == "release":
            site.release(f"RL-{n}", AR_1=f"{amount / 100:.2f}")
        elif site.credit(f"CM-{n}", f"{amount / 100:.2f}", "AR-1").outcome == "created":
            credited += amount
        receivable, retained = site.books
        assert sum(b for _, b in receivable) + sum(b for _, b in retained) == total - credited
        assert 0 <= sum(b for _, b in retained) <= kept
