"""Documents from outside and the check: held, warned, recorded; told why; corrected, repeated, overridden; nothing in the books before."""

import itertools
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from invoicing.models import Draft, Finding, Invoice
from invoicing.payload import digest
from invoicing.services import issue_documents
from invoicing.services.checking import check_draft, check_issued, check_recorded, recheck_held
from invoicing.services.drafting import issue_draft
from invoicing.services.linking import link_lines
from invoicing.services.memos import MemoLine, request_memo
from ledger.models import Entry
from ledger.verify import verify_books
from orders.models import PurchaseOrder, PurchaseOrderLine, SalesOrder, WorkOrder
from orders.selectors.details import purchase_order_lines
from orders.selectors.figures import figures, sums_of
from org.actors import NotAllowed
from tests.factories import DAY, SYSTEM, make_company, make_user
from tests.invoicing.lives import invoice_row, life, policy
from workflow.models import Event
from workflow.services.limits import standard_limits

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 9, 30, 12, tzinfo=UTC)


def push(*rows, **more):
    return issue_documents(list(rows), actor=SYSTEM, source_system="erp", **more)


@pytest.fixture
def company():
    found = make_company()
    policy(found)
    return found


def test_an_invoice_that_agrees_with_its_life_is_issued_and_its_lines_know_their_records(company):
    one = life(company)
    (outcome,) = push(invoice_row(one))
    assert (outcome.outcome, outcome.found) == ("created", ())
    line = Invoice.objects.get().lines.get()
    assert (line.sales_order, line.purchase_order, line.job, line.agreement) == (
        one["order"], one["purchase"], one["job"], one["contract"],
    )  # fmt: skip
    assert not Finding.objects.exists()


def test_a_held_one_is_a_draft_with_its_reasons_and_nothing_is_in_the_books(company):
    one = life(company)
    (outcome,) = push(invoice_row(one, price="165.00"))
    draft = Draft.objects.get()
    assert (outcome.outcome, outcome.invoice_id, outcome.draft_id) == ("held", None, draft.pk)
    (found,) = outcome.found
    assert (found.rule, found.effect, found.origin) == ("price", 150_00, "billing_output")
    assert (draft.state, draft.origin, draft.at_stake, draft.total) == ("held", "erp", 150_00, 1650_00)
    assert draft.held_since is not None and draft.payload["lines"][0]["unit_price"] == "165.00"
    kept = draft.findings.get()
    assert (kept.severity, kept.state, kept.lines) == ("block", "open", [1])
    assert {s["document"] for s in kept.sources} >= {"contract"}
    assert not Invoice.objects.exists() and not Entry.objects.exists()
    assert not verify_books(DAY)
    assert Event.objects.get(type="draft.held").subject_id == draft.pk


def test_a_corrected_one_takes_its_place_and_is_issued(company):
    one = life(company)
    (held,) = push(invoice_row(one, price="165.00"))
    (still,) = push(invoice_row(one, price="160.00"))
    assert (still.outcome, still.draft_id) == ("held", held.draft_id)
    assert Draft.objects.get().at_stake == 100_00
    (good,) = push(invoice_row(one))
    draft = Draft.objects.get()
    assert (good.outcome, draft.state, draft.invoice_id, draft.at_stake) == ("created", "issued", good.invoice_id, 0)
    assert set(draft.findings.values_list("state", flat=True)) == {"fixed"}
    (again,) = push(invoice_row(one))
    assert (again.outcome, again.invoice_id) == ("unchanged", good.invoice_id)
    assert not verify_books(DAY)


def test_the_same_one_again_is_held_again_until_what_held_it_is_mended(company):
    one = life(company)
    WorkOrder.objects.filter(pk=one["job"].pk).update(state="started", completed_on=None, signed_off_on=None)
    row = invoice_row(one)
    first, second = push(row)[0], push(row)[0]
    assert (first.outcome, second.outcome, first.draft_id) == ("held", "held", second.draft_id)
    assert Finding.objects.filter(state="open").count() == len(first.found)
    one["job"].save()
    assert push(row)[0].outcome == "created"


def test_an_overridden_one_goes_through_when_it_is_sent_again(company):
    one = life(company)
    row = invoice_row(one, price="165.00")
    push(row)
    Finding.objects.update(state="overridden", decided_by="user:77", reason="the customer agreed by mail")
    assert push(row)[0].outcome == "created"
    assert Finding.objects.get(draft__isnull=False).state == "overridden"


def test_what_was_changed_here_is_not_lost_to_a_repeat_nor_is_it_issued_twice(company):
    one = life(company)
    row = invoice_row(one, price="165.00")
    push(row)
    draft = Draft.objects.get()
    draft.payload = {**draft.payload, **invoice_row(one), "kind": "invoice"}
    draft.save()
    (again,) = push(row)
    draft.refresh_from_db()
    assert (again.outcome, draft.payload["total"]) == ("held", "1500.00")
    check_draft(actor=SYSTEM, draft=draft, today=DAY)
    (mended,) = issue_documents([draft.payload], actor=SYSTEM, source_system="erp", check=False)
    Draft.objects.update(state="issued", invoice=mended.invoice_id)
    (late,) = push(row)
    assert (late.outcome, late.invoice_id) == ("unchanged", mended.invoice_id)


def test_what_was_discarded_is_refused_until_it_is_corrected(company):
    one = life(company)
    push(invoice_row(one, price="165.00"))
    Draft.objects.update(state="discarded")
    (same,) = push(invoice_row(one, price="165.00"))
    assert (same.outcome, same.problems[0].code) == ("rejected", "discarded")
    assert push(invoice_row(one))[0].outcome == "created"


def test_a_warned_one_is_issued_and_the_sender_told(company):
    policy(company, "warn")
    (outcome,) = push(invoice_row(life(company), price="165.00"))
    assert (outcome.outcome, [f.severity for f in outcome.found]) == ("created", ["warn"])
    assert Finding.objects.get().invoice_id == outcome.invoice_id


def test_recorded_ones_are_looked_at_by_the_night(company):
    policy(company, "record")
    one = life(company)
    (outcome,) = push(invoice_row(one, price="165.00"))
    assert (outcome.outcome, outcome.found) == ("created", ())
    assert not Finding.objects.exists()
    now = Invoice.objects.get().issued_at
    assert check_recorded(actor=SYSTEM, company=company, now=now) == {"invoices": 1, "findings": 1}
    assert check_recorded(actor=SYSTEM, company=company, now=now)["findings"] == 1
    found = Finding.objects.get()
    assert (found.rule, found.invoice_id) == ("price", outcome.invoice_id)


def test_a_rule_may_have_its_own_mode(company):
    policy(company, "record", rules={"price": "hold"})
    assert push(invoice_row(life(company), price="165.00"))[0].outcome == "held"
    policy(company, "hold", rules={"price": "record"})
    assert push(invoice_row(life(company, 2), price="165.00"))[0].outcome == "created"


def test_an_atomic_call_goes_through_with_held_rows_and_not_with_rejected_ones(company):
    one, two = life(company), life(company, 2)
    rows = [invoice_row(one, price="165.00"), invoice_row(two)]
    outcomes = push(*rows, {**invoice_row(two, "BAD"), "customer": "nobody"}, atomic=True)
    assert [o.outcome for o in outcomes] == ["rejected"] * 3
    assert not Draft.objects.exists() and not Invoice.objects.exists()
    assert [o.outcome for o in push(*rows, dry_run=True)] == ["held", "created"]
    assert not Draft.objects.exists() and not Invoice.objects.exists()
    assert [o.outcome for o in push(*rows, atomic=True)] == ["held", "created"]


def test_one_thing_billed_twice_in_a_batch_is_held_the_second_time(company):
    one = life(company)
    first, second, third = push(invoice_row(one, "A"), invoice_row(one, "B"), invoice_row(one, "A"))
    assert (first.outcome, second.outcome, third.outcome) == ("created", "held", "unchanged")
    assert third.invoice_id == first.invoice_id
    assert {f.rule for f in second.found} & {"duplicate", "work_billed_twice"}
    held, same = push(invoice_row(one, "C"), invoice_row(one, "C"))
    assert (held.outcome, same.outcome, same.draft_id) == ("held", "held", held.draft_id)


def test_what_was_credited_may_be_billed_again(company):
    one = life(company)
    (first,) = push(invoice_row(one, "A"))
    memo = {**invoice_row(one, "CM"), "kind": "credit_memo", "refers_to": f"inv_{first.invoice_id}"}
    assert push(memo)[0].outcome == "created"
    again = push(invoice_row(one, "B"))[0]
    assert (again.outcome, again.found) == ("created", ())


def test_what_people_credit_by_the_line_may_be_billed_again(company):
    """The memo refers to all that the line does: nothing is left of the purchase order's line until it is credited, all of it after."""
    one, people = life(company), make_user("controller", company)
    PurchaseOrderLine.objects.update(quantity=10)
    standard_limits(company=company, actor=SYSTEM)
    invoice = Invoice.objects.get(pk=push(invoice_row(one, "A"))[0].invoice_id)
    lines = [MemoLine(invoice.lines.get().pk, 1500_00, 0, Decimal(10))]
    told = {"reason_code": "price", "day": DAY, "today": DAY, "now": datetime(2026, 9, 15, 12, tzinfo=UTC), "token": "t"}
    memo = Invoice.objects.get(pk=request_memo(actor=people, invoice=invoice, lines=lines, **told).result_id)
    names = ("po_line", "order_line", "sales_order", "purchase_order", "job", "agreement")
    assert memo.lines.values_list(*names).get() == invoice.lines.values_list(*names).get()
    assert [(p.left, p.left_amount) for p in purchase_order_lines(one["purchase"])] == [(10, 1500_00)]
    assert push(invoice_row(one, "B"))[0].outcome == "created"


def test_a_credit_of_the_whole_takes_its_share_of_what_its_records_say(company):
    one = life(company)
    (first,) = push(invoice_row(one, "A"))
    head = {name: value for name, value in invoice_row(one, "CM").items() if name not in ("lines", "order", "po_number")}
    push({**head, "kind": "credit_memo", "refers_to": f"inv_{first.invoice_id}", "total": "600.00"})
    for record in (one["purchase"], one["contract"], one["order"], one["job"]):
        assert figures([record])[record.pk].billed == 900_00
    assert sums_of(PurchaseOrder.objects.all(), "USD")["billed"] == 900_00
    assert [(p.left, p.left_amount) for p in purchase_order_lines(one["purchase"])] == [(94, 14_100_00)]


def test_what_has_no_id_of_its_sender_is_known_by_its_number(company):
    row = {name: value for name, value in invoice_row(life(company), price="165.00").items() if name != "external_id"}
    first, second = push(dict(row))[0], push({**row, "po_number": "PO-X"})[0]
    assert first.draft_id == second.draft_id and Draft.objects.get().version == 1


def test_to_name_an_invoice_that_still_stands_makes_nothing_of_it_unbilled(company):
    one = life(company)
    (first,) = push(invoice_row(one, "A"))
    again = push(invoice_row(one, "B", replaces=f"inv_{first.invoice_id}"))[0]
    assert again.outcome == "held" and {f.rule for f in again.found} & {"duplicate", "work_order_billed"}
    memo = {**invoice_row(one, "CM"), "kind": "credit_memo", "refers_to": f"inv_{first.invoice_id}"}
    assert push(memo)[0].outcome == "created"
    assert push(invoice_row(one, "B", replaces=f"inv_{first.invoice_id}"))[0].outcome == "created"


def test_an_invoice_that_refers_to_nothing_is_issued_as_ever(company):
    one = life(company)
    plain = {k: v for k, v in invoice_row(one, "PLAIN").items() if k not in ("po_number", "order", "lines")}
    plain["customer"] = {"external_id": "C-9", "source_system": "erp"}
    from tests.factories import make_customer

    make_customer(company, source_system="erp", external_id="C-9")
    (outcome,) = push(plain)
    assert (outcome.outcome, outcome.found) == ("created", ())


def test_the_number_of_queries_does_not_grow_with_the_batch(company):
    lives = [life(company, n) for n in range(1, 13)]

    def queries(chosen, tag):
        rows = [invoice_row(one, f"{tag}-{one['n']}", price="165.00" if n % 2 else "150.00") for n, one in enumerate(chosen)]
        with CaptureQueriesContext(
            connection,
        ) as captured:
            outcomes = push(*rows, dry_run=True)
        assert {o.outcome for o in outcomes} == {"held", "created"}
        return len(captured)

    few = queries(lives[:2], "a")
    assert queries(lives, "b") == few


def test_an_issued_invoice_is_checked_on_demand_against_what_was_billed_before_it(company):
    policy(company, "record")
    one = life(company)
    first, second = push(invoice_row(one, "A"), invoice_row(one, "B"))
    assert check_issued(actor=SYSTEM, invoice=Invoice.objects.get(pk=first.invoice_id), today=DAY) == []
    found = check_issued(actor=SYSTEM, invoice=Invoice.objects.get(pk=second.invoice_id), today=DAY)
    assert {f.rule for f in found} & {"duplicate", "work_billed_twice"}
    again = check_issued(actor=SYSTEM, invoice=Invoice.objects.get(pk=second.invoice_id), today=DAY)
    assert {f.pk for f in again} == {f.pk for f in found}


def test_lines_are_linked_to_what_came_after_them(company):
    policy(company, "record")
    one = life(company)
    SalesOrder.objects.filter(pk=one["order"].pk).update(number="LATE", external_id="late")
    WorkOrder.objects.filter(pk=one["job"].pk).update(number="LATER", external_id="later", order=None)
    (outcome,) = push(invoice_row(one))
    line = Invoice.objects.get(pk=outcome.invoice_id).lines.get()
    assert (line.sales_order, line.job, line.purchase_order) == (None, None, one["purchase"])
    SalesOrder.objects.filter(pk=one["order"].pk).update(number="SO-1", external_id="so-1")
    WorkOrder.objects.filter(pk=one["job"].pk).update(number="WO-1", external_id="wo-1")
    assert link_lines(actor=SYSTEM, company=company) == {"documents": 1, "lines": 1}
    line.refresh_from_db()
    assert (line.sales_order, line.job) == (one["order"], one["job"])
    assert link_lines(actor=SYSTEM, company=company) == {"documents": 0, "lines": 0}


def test_what_is_held_is_looked_at_again_all_at_once(company):
    mended, still, edited, discarded = (life(company, n) for n in (1, 2, 3, 4))
    for one in (mended, edited):
        WorkOrder.objects.filter(pk=one["job"].pk).update(state="started", completed_on=None, signed_off_by="", signed_off_on=None)
    push(invoice_row(mended), invoice_row(still, price="165.00"), invoice_row(edited), invoice_row(discarded, price="165.00"))
    Draft.objects.filter(number="INV-4").update(state="discarded")
    assert recheck_held(actor=SYSTEM, company=company) == {"held": 3, "cleared": 0}
    before = set(Finding.objects.values_list("pk", flat=True))
    mended["job"].save()
    with CaptureQueriesContext(connection) as captured:
        assert recheck_held(actor=SYSTEM, company=company) == {"held": 3, "cleared": 1}
    one, two, three, four = Draft.objects.order_by("number")
    assert (one.state, one.at_stake, one.held_since, one.checked_hash) == ("clear", 0, None, digest(one.payload))
    assert (two.state, two.at_stake, three.state, four.state) == ("held", 150_00, "held", "discarded")
    assert set(Finding.objects.values_list("pk", flat=True)) == before, "what is found again is the same finding"
    assert set(one.findings.values_list("state", flat=True)) == {"fixed"} and set(two.findings.values_list("state", flat=True)) == {"open"}
    assert Event.objects.filter(type="draft.checked", subject_id=one.pk).count() == 1
    assert not Invoice.objects.exists(), "what is clear waits to be issued by someone, or to be sent again"
    edited["job"].save()
    with CaptureQueriesContext(connection) as fewer:
        assert recheck_held(actor=SYSTEM, company=company) == {"held": 2, "cleared": 1}
    assert len(captured) <= len(fewer) + 1
    issue_draft(actor=SYSTEM, draft=one, now=NOON, today=DAY)
    with pytest.raises(NotAllowed):
        recheck_held(actor=make_user("auditor", company), company=company)


def test_a_rule_may_have_its_own_mode_in_every_mode_of_the_company(company):
    """The rule's mode goes before the company's: it holds, warns or records alone."""
    expected = {"hold": "held", "warn": "created", "record": "created"}
    for n, (general, own) in enumerate(itertools.product(expected, expected), 1):
        policy(company, general, rules={"price": own})
        (outcome,) = push(invoice_row(life(company, n), price="165.00"))
        told = [f.severity for f in outcome.found]
        assert (outcome.outcome, told) == (expected[own], {"hold": ["block"], "warn": ["warn"], "record": []}[own]), (general, own)
