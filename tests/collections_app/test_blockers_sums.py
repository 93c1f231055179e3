"""What waits for missing papers is the same by one statement as judged invoice by invoice."""

from datetime import timedelta
from random import Random

import pytest

from collections_app.selectors.blockers import _judged, _summed, blockers, money_by_paper
from customers.models import BillingRequirement, CustomerDocument
from customers.requirements import PAPERS
from invoicing.models import Invoice, InvoiceLine
from invoicing.services import issue_documents
from orders.models import Contract
from tests.factories import DAY, SYSTEM, apply, make_company, make_customer, make_user, receive

pytestmark = pytest.mark.django_db


def _bill(customer, n):
    line = {"number": 1, "description": "Work", "quantity": "1", "unit_price": f"{n}.00", "amount": f"{n}.00"}
    return {
        "company": customer.company.code, "customer": customer.number, "number": f"{customer.number}-{n}", "currency": "USD",
        "document_date": "2026-09-01", "due_date": "2026-10-01", "total": f"{n}.00",
        "lines": [line | ({"contract": ["", "C-A", "C-B"][n % 3]} if n % 3 else {})],
    }  # fmt: skip


@pytest.fixture
def customers():
    company = make_company()
    made = [make_customer(company) for _ in range(3)]
    done = issue_documents([_bill(c, n) for c in made for n in range(1, 7)], actor=SYSTEM, source_system="erp")
    assert all(o.outcome == "created" for o in done), done
    contract = Contract.objects.create(company=company, customer=made[0], number="C-Z")
    InvoiceLine.objects.filter(invoice__number=f"{made[0].number}-3").update(agreement=contract)
    paid = Invoice.objects.get(number=f"{made[1].number}-5")
    apply(receive(made[1], paid.total), (paid.open_item, paid.total))
    return made


def _shaken(customers, seed):
    """Papers of all kinds in all states and of all scopes, several of a kind."""
    dice = Random(seed)
    early, late = DAY - timedelta(days=3), DAY + timedelta(days=3)
    spans = [(None, None), (None, None), (early, early), (early, DAY), (None, late), (DAY, late), (late, None), (late, late)]
    CustomerDocument.objects.update(state="cancelled")
    CustomerDocument.objects.bulk_create(
        CustomerDocument(
            company=c.company, customer=c, kind=dice.choice(list(PAPERS)), state=dice.choice(CustomerDocument.State.values),
            waits_for=dice.choice(["", "customer"]), requested_on=dice.choice([None, early, DAY]), valid_from=first, expires_on=last,
            invoice_number=dice.choice(["", "", f"{c.number}-{dice.randint(1, 6)}"]),
            contract_number=dice.choice(["", "", "C-A", "C-B", "C-Z"]), created_by="x",
        )
        for c in customers for first, last in dice.choices(spans, k=20)
    )  # fmt: skip


def test_the_statement_says_what_the_rules_say(customers):
    keys = {c.pk for c in customers}
    told = 0
    for seed in range(4):
        _shaken(customers, seed)
        by_rules = _judged(DAY, keys)
        assert _summed(DAY, keys) == by_rules, seed
        told += len(by_rules)
    assert told > 20, "papers hold money up"


def test_lien_releases_are_judged_and_the_order_is_by_money(customers):
    BillingRequirement.objects.create(
        company=customers[2].company, customer=customers[2], kind="lien_release", valid_from=DAY - timedelta(days=90), created_by="x"
    )
    actor = make_user("senior", customers[0].company)
    _shaken(customers, 99)
    want = _judged(DAY, {c.pk for c in customers})
    assert money_by_paper(DAY, {c.pk for c in customers}) == want
    listed = blockers(actor, DAY, {"q": "", "owner": "", "waits": ""})
    most = [max(m.money.values(), default=0) for m in listed]
    assert most == sorted(most, reverse=True) and most[0] > 0
    assert {m.paper: (m.money, m.invoices) for m in listed if m.money} == {
        pk: w for pk, w in want.items() if pk in {m.paper for m in listed}
    }
