"""Two at once: one draft makes one invoice, one work order stands in one draft; numbers have no gaps."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

import pytest
from django.db import connection, connections

from invoicing.models import CheckPolicy, Draft, Invoice
from invoicing.services.billing import make_drafts
from invoicing.services.drafting import DraftRefused, issue_draft
from invoicing.services.issuing import issue_documents
from ledger.models import OpenItem
from ledger.verify import verify_books
from org.actors import SystemActor
from tests.invoicing.shop import NOON, RATES, TODAY, Shop

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(work: Any, times: int = 4) -> list[Any]:
    """What each of so many threads came to: an answer or its error."""

    def run(n: int) -> Any:
        try:
            return work(n)
        except Exception as error:
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(run, range(times)))


def test_a_draft_issued_twice_at_once_is_one_invoice_and_numbers_follow_one_another() -> None:
    shop = Shop()
    shop.wants("one_work_order")
    contract = shop.contract(prices=RATES)
    for n in range(3):
        shop.work(f"WO-{n}", ("HVAC", str(n + 1), "HUR"), contract=contract)
    drafts = shop.bill().drafts

    def issue(n: int) -> Invoice:
        return issue_draft(actor=shop.clerk, draft=drafts[n % 3], now=NOON, today=TODAY)

    made = at_once(issue, 6)
    assert all(isinstance(invoice, Invoice) for invoice in made), made
    assert sorted(Invoice.objects.values_list("number", flat=True)) == ["AR-000001", "AR-000002", "AR-000003"]
    assert {d.invoice_id for d in Draft.objects.all()} == {i.pk for i in made} and verify_books(TODAY) == []


def test_work_that_two_bill_at_once_stands_in_one_draft() -> None:
    shop = Shop()
    work = shop.work("WO-1", ("HVAC", "1", "HUR"), contract=shop.contract(prices=RATES))
    key = f"work_order:{work.pk}"
    made = at_once(lambda n: make_drafts(actor=shop.clerk, company=shop.company, keys=[key], today=TODAY))
    assert sum(len(m.drafts) for m in made) == Draft.objects.count() == 1
    assert sum(key in m.left_out for m in made) == 3


def test_work_that_the_erp_bills_twice_and_a_draft_once_more_is_billed_once() -> None:
    shop = Shop()
    CheckPolicy.objects.create(company=shop.company, pushed="hold")
    shop.work("WO-1", ("HVAC", "1", "HUR"), contract=shop.contract(prices=RATES))
    (draft,) = shop.bill().drafts

    def bill(n: int) -> Any:
        if n == 0:
            return issue_draft(actor=shop.clerk, draft=draft, now=NOON, today=TODAY)
        row = {**draft.payload, "number": f"ERP-{n}", "external_id": f"E-{n}"}
        return issue_documents([row], actor=SystemActor("erp"), source_system="erp")[0].outcome

    made = at_once(bill)
    assert Invoice.objects.count() == 1, made
    assert not any(isinstance(x, Exception) and not isinstance(x, DraftRefused) for x in made), made


def test_retainage_that_two_release_at_once_is_released_once() -> None:
    shop = Shop()
    head = {"company": "SHOP", "customer": f"cus_{shop.customer.pk}", "currency": "USD", "document_date": date(2026, 9, 1).isoformat()}
    actor = SystemActor("erp")
    issue_documents([{**head, "number": "P-1", "total": "100.00", "retainage": "10.00"}], actor=actor, source_system="erp")

    def release(n: int) -> str:
        row = {**head, "number": f"R-{n}", "lines": [{"amount": "7.00", "releases": "P-1"}]}
        (outcome,) = issue_documents([row], actor=actor, source_system="erp")
        return str(outcome.outcome)

    assert sorted(at_once(release)) == ["created", "rejected", "rejected", "rejected"]
    assert OpenItem.objects.get(kind="retainage").balance == 300 and verify_books(TODAY) == []
    connection.close()
