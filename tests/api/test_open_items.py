"""What may change on an issued document's item, and what is kept of it."""

from datetime import date

import pytest

from ledger.asof import Scope, aging
from ledger.models import OpenItem
from ledger.verify import verify_books
from org.actors import Reach
from tests.api.conftest import caller, invoice
from tests.api.test_conventions import is_problem, pointers
from tests.factories import issue, make_company, make_customer
from workflow.models import Event

pytestmark = pytest.mark.django_db
LATE = date(2026, 12, 31)


@pytest.fixture
def item(erp):
    assert erp.post("/invoices", invoice(1)).status_code == 201
    return OpenItem.objects.get()


def test_due_date_and_purchase_order_change_with_history_and_the_document_stays(erp, item):
    answer = erp.call("patch", f"/open-items/itm_{item.pk}", {"due_date": "2026-11-30", "po_number": "PO-77"})
    assert answer.status_code == 200, answer.content
    assert (answer.json()["due_date"], answer.json()["po_number"]) == ("2026-11-30", "PO-77")
    shown = erp.get(f"/invoices/inv_{item.invoice.pk}").json()
    assert (shown["due_date"], shown["due_date_as_issued"]) == ("2026-11-30", item.due_date.isoformat())
    (event,) = Event.objects.filter(type="item.changed")
    assert event.data["before"]["due_date"] == item.due_date.isoformat() and event.data["after"] == {
        "due_date": "2026-11-30",
        "po_number": "PO-77",
    }
    (row,) = aging(LATE, Scope(Reach(everything=True)), by=("company",))
    assert row.buckets[2] == item.balance, "31 days past the new date"
    assert not verify_books(LATE)


def test_the_same_again_leaves_no_trace(erp, item):
    for _ in range(2):
        assert erp.call("patch", f"/open-items/itm_{item.pk}", {"po_number": "PO-77", "due_date": None}).status_code == 200
    assert Event.objects.filter(type="item.changed").count() == 1


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"due_date": "2026-02-31"}, "/due_date"),
        ({"due_date": 5}, "/due_date"),
        ({"po_number": "x" * 61}, "/po_number"),
        ({"amount": "1.00"}, "/amount"),
    ],
)
def test_what_cant_be_read_is_refused_with_its_place(erp, item, body, pointer):
    answer = erp.call("patch", f"/open-items/itm_{item.pk}", body)
    assert answer.status_code == 422 and pointers(answer) == [pointer]


def test_a_due_date_before_the_document_and_items_of_others_are_refused(erp, item):
    is_problem(erp.call("patch", f"/open-items/itm_{item.pk}", {"due_date": "2020-01-01"}), 422, "refused")
    is_problem(caller("invoices:read").call("patch", f"/open-items/itm_{item.pk}", {"po_number": "x"}), 403, "forbidden")
    foreign = issue(make_customer(make_company("DE01")), 100_00)
    mine = caller("invoices:write", companies=[item.company])
    is_problem(mine.call("patch", f"/open-items/itm_{foreign.pk}", {"po_number": "x"}), 404, "not_found")
    assert OpenItem.objects.get(pk=foreign.pk).po_number == ""
