"""Memos, write-offs and refunds by people: asked for, allowed, posted once, never more than is there; the books hold in the end."""

from decimal import Decimal
from threading import Barrier, Thread

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, connections
from django.urls import reverse

from arops.lib.refusal import Refused
from invoicing.models import Draft, Invoice, MemoReason
from invoicing.services import issue_document
from invoicing.services.issuing import DocumentRefused
from invoicing.services.memos import CreditRefused, MemoLine, foresee_memo, request_rebill
from invoicing.services.reasons import ReasonRefused, reasons_for, standard_reasons
from ledger.models import OpenItem, Period
from ledger.services import close_period
from org.actors import NotAllowed
from tests.factories import SYSTEM, apply, issue, make_company, make_customer, make_user, rate, receive
from tests.invoicing.memo_desk import DAY, NOW, allow, balance, bill, enter, holds, wish
from workflow.models import Approval, Attachment, Event
from workflow.services.approvals import Evidence, reject
from workflow.services.limits import standard_limits


@pytest.fixture
def company(db, settings):
    settings.BUSINESS_DATE = DAY
    made = make_company("US01")
    standard_limits(company=made, actor=SYSTEM)
    return made


@pytest.fixture
def acme(company):
    return make_customer(company, "Acme", number="K-1")


@pytest.fixture
def people(company):
    return {role: make_user(role, company) for role in ("specialist", "senior", "supervisor", "controller", "auditor")}


def test_a_memo_within_the_limit_is_issued_and_applied_at_once(acme, people):
    """INV 1,080 open; a specialist credits 400 + 32 of 500: the invoice has 648 open, the memo nothing."""
    invoice = bill(acme, "INV-1")
    asked = wish(people["specialist"], invoice, 400_00, 32_00)
    memo = Invoice.objects.get(pk=asked.result_id)
    assert (asked.state, memo.kind, memo.refers_to, memo.number) == ("alone", "credit_memo", invoice, "AC-000001")
    assert (memo.issued_by, memo.reason_code, memo.reason) == (people["specialist"].label, "price", "Price or rate wrong")
    assert (balance("INV-1"), balance("AC-000001")) == (648_00, 0)
    holds()


def test_above_the_limit_another_allows_it_and_sees_what_will_be_done(acme, people):
    invoice = bill(acme, "INV-1")
    asked = wish(people["specialist"], invoice, 600_00)
    assert (asked.state, Invoice.objects.filter(kind="credit_memo").exists()) == ("waiting", False)
    client = enter(people["supervisor"])
    body = client.get(reverse("workflow:approvals")).content.decode()
    assert "Credit INV-1, Acme" in body and "600.00" in body
    detail = client.get(reverse("workflow:approval", args=[asked.pk])).content.decode()
    for said in ("600.00 set off against INV-1", "Open now", "AR supervisor: up to 25,000.00 USD", "Price or rate wrong"):
        assert said in detail, said
    client.post(reverse("workflow:approval-decide", args=[asked.pk, "approve"]), {"note": "fair"})
    memo = Invoice.objects.get(kind="credit_memo")
    assert (memo.issued_by, balance("INV-1"), memo.open_item.balance) == (people["specialist"].label, 480_00, 0)
    told = enter(people["specialist"]).get(reverse("workflow:approvals") + "?view=asked").content.decode()
    assert "Approved" in told
    holds()


def test_lines_go_by_quantity_or_amount_and_never_beyond_their_own(acme, people):
    invoice = bill(acme, "INV-1", ("400.00", "0"), ("100.00", "0"))
    client, (first, second) = enter(people["supervisor"]), invoice.lines.all()
    address, data = reverse("invoicing:credit", args=[invoice.pk]), {"document_date": "2026-09-30", "reason_code": "quantity", "token": "q"}
    assert "At most 4" in client.post(address, data | {f"quantity_{first.pk}": "5"}).content.decode()
    client.post(address, data | {f"quantity_{first.pk}": "1.5", f"net_{second.pk}": "12.34"})
    lines = list(Invoice.objects.get(kind="credit_memo").lines.values_list("number", "quantity", "unit_price", "amount"))
    assert lines == [(1, Decimal("1.5"), Decimal("100"), 150_00), (2, Decimal("1"), Decimal("12.34"), 12_34)]
    with pytest.raises(CreditRefused, match="than was billed on it"):
        wish(people["supervisor"], invoice, 400_01)
    with pytest.raises(CreditRefused, match="not lines of the document"):
        wish(people["supervisor"], invoice, 1, lines=[MemoLine(bill(acme, "INV-2").lines.get().pk, 1)])
    with pytest.raises(CreditRefused, match="more than zero"):
        wish(people["supervisor"], invoice, 0)


def test_never_more_than_is_left_to_credit_when_it_is_decided(acme, people):
    invoice = bill(acme, "INV-1", ("5000.00", "0"))
    first, second = wish(people["specialist"], invoice, 3000_00), wish(people["specialist"], invoice, 3000_00)
    allow(people["controller"], first)
    with pytest.raises(CreditRefused, match=r"3,000.00 is more than the 2,000.00 USD that can still be credited"):
        allow(people["controller"], second)
    second.refresh_from_db()
    assert (second.state, balance("INV-1")) == ("waiting", 2000_00)
    answer = enter(people["controller"]).post(reverse("workflow:approval-decide", args=[second.pk, "approve"]))
    assert answer.status_code == 422 and "can still be credited" in answer.content.decode()
    reject(actor=people["controller"], approval=second, now=NOW, today=DAY, note="credited already")
    with pytest.raises(CreditRefused):
        wish(people["specialist"], invoice, 2000_01)
    holds()


@pytest.mark.django_db(transaction=True)
def test_memos_that_race_credit_an_invoice_once(acme, people):
    """Five people credit 300 of 1,080 at the same moment: three get through."""
    invoice = bill(acme, "INV-1", ("1000.00", "80.00"))
    said = at_once(*[lambda n=n: wish(people["supervisor"], invoice, 300_00, token=f"race{n}").state for n in range(5)])
    assert sorted(map(str, said))[-3:] == ["alone"] * 3
    assert sum(isinstance(one, CreditRefused) for one in said) == 2
    assert (balance("INV-1"), Invoice.objects.filter(kind="credit_memo").count()) == (180_00, 3)
    waiting = [wish(people["specialist"], bill(acme, "INV-2", ("900.00", "0")), 900_00, token="w")]
    other = wish(people["specialist"], Invoice.objects.get(number="INV-2"), 900_00, token="w2")
    said = at_once(*[lambda a=a: allow(people["controller"], a).state for a in (*waiting, other)])
    assert sorted(isinstance(one, CreditRefused) for one in said) == [False, True]
    assert balance("INV-2") == 0
    holds()


def at_once(*works):
    """What each answers or is refused, begun together, each with a connection of its own."""
    barrier, said = Barrier(len(works)), []

    def run(work):
        barrier.wait()
        try:
            said.append(work())
        except Refused as error:
            said.append(error)
        finally:
            connections.close_all()

    threads = [Thread(target=run, args=[work]) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    connection.ensure_connection()
    return said


def test_a_paid_invoices_credit_stays_open_and_a_part_paid_ones_in_part(acme, people):
    """INV-1 of 1,080 is paid with 700: a credit of 500 closes 380, and 120 of it stay open."""
    invoice = bill(acme, "INV-1")
    apply(receive(acme, 700_00), (invoice.open_item, 700_00))
    wish(people["supervisor"], invoice, 500_00)
    assert (balance("INV-1"), balance("AC-000001")) == (0, -120_00)
    wish(people["supervisor"], invoice, 100_00)
    assert balance("AC-000002") == -100_00
    wish(people["supervisor"], bill(acme, "INV-2"), 100_00, apply=False)
    assert (balance("INV-2"), balance("AC-000003")) == (1080_00, -100_00)
    holds()


def test_what_releases_retainage_is_no_second_sale_to_credit(acme, people):
    """100 billed, 10 of it kept back and billed later by a document of its own: no more than the 100 is credited in all."""
    progress = bill(acme, "P-1", ("100.00", "0"), retainage="10.00")
    row = {"company": "US01", "customer": acme.number, "number": "R-1", "currency": "USD", "document_date": "2026-09-01"}
    issue_document(row | {"lines": [{"amount": "10.00", "releases": "P-1"}]}, actor=SYSTEM)
    later = Invoice.objects.get(number="R-1")
    with pytest.raises(CreditRefused, match="credit P-1"):
        wish(people["specialist"], later, 10_00)
    memo = {**row, "kind": "credit_memo", "number": "CM-1", "refers_to": "R-1", "total": "10.00"}
    with pytest.raises(DocumentRefused, match="held back"):
        issue_document(memo, actor=people["supervisor"])
    wish(people["specialist"], progress, 100_00)
    assert (balance("R-1"), OpenItem.objects.get(number="AC-000001").balance) == (10_00, -10_00)
    holds()


def test_shares_of_retainage_leave_nothing_when_all_is_credited(company, people):
    """100.001 KWD with 10.003 kept back, credited in four parts of which none divides."""
    rate("KWD", "USD", "3.25")
    standard_limits(company=company, actor=SYSTEM, currencies=["KWD"])
    invoice = bill(make_customer(company, "Gulf", currency="KWD"), "P-1", ("100.001", "0"), currency="KWD", retainage="10.003")
    for part in (33_333, 33_333, 33_333, 2):
        wish(people["controller"], invoice, part, line=False)
    assert set(OpenItem.objects.values_list("balance", flat=True)) == {0}
    holds()


def test_debit_memos_that_people_issue_without_asking_keep_to_their_limits(acme, people):
    bill(acme, "INV-1")
    row = {"company": "US01", "customer": acme.number, "currency": "USD", "document_date": "2026-09-01", "kind": "debit_memo"}
    issue_document({**row, "number": "D-1", "refers_to": "INV-1", "total": "4000.00"}, actor=people["specialist"])
    with pytest.raises(DocumentRefused, match="you may debit alone"):
        issue_document({**row, "number": "D-2", "refers_to": "INV-1", "total": "1000.01"}, actor=people["specialist"])
    with pytest.raises(DocumentRefused, match="you may debit alone"):
        issue_document({**row, "number": "D-3", "total": "100.01"}, actor=people["specialist"])
    assert issue_document({**row, "number": "D-4", "refers_to": "INV-1", "total": "90000.00"}, actor=SYSTEM).outcome == "created"


def test_a_debit_memo_is_owed_besides(acme, people):
    invoice = bill(acme, "INV-1")
    asked = wish(people["specialist"], invoice, 2000_00, 10_00, kind="debit_memo", reason_code="underbilled", reason="three more visits")
    memo = Invoice.objects.get(pk=asked.result_id)
    assert (memo.kind, memo.number, memo.open_item.balance, memo.reason) == ("debit_memo", "AD-000001", 2010_00, "three more visits")
    assert wish(people["specialist"], invoice, 3000_00, kind="debit_memo", reason_code="underbilled").state == "waiting"
    holds()


def test_a_closed_period_is_told_to_whoever_approves(acme, company, people):
    asked = wish(people["specialist"], bill(acme, "INV-1"), 600_00)
    close_period(period=Period.objects.get(company=company, name="2026-09"), actor=people["controller"], at=NOW)
    answer = enter(people["supervisor"]).post(reverse("workflow:approval-decide", args=[asked.pk, "approve"]))
    assert answer.status_code == 422 and "lies in no open period" in answer.content.decode()
    asked.refresh_from_db()
    assert (asked.state, Invoice.objects.filter(kind="credit_memo").count()) == ("waiting", 0)


def test_some_reasons_need_evidence_which_goes_with_the_request(acme, company, people):
    invoice = bill(acme, "INV-1")
    with pytest.raises(ReasonRefused, match="needs evidence"):
        wish(people["specialist"], invoice, 600_00, reason_code="damaged")
    asked = wish(people["specialist"], invoice, 600_00, reason_code="damaged", evidence=[Evidence("photo.txt", b"broken box")])
    file = Attachment.objects.get(subject_type="workflow.approval", subject_id=asked.pk)
    assert file.file.sha256 == asked.payload["evidence"][0][1]
    assert "photo.txt" in enter(people["supervisor"]).get(reverse("workflow:approval", args=[asked.pk])).content.decode()
    standard_reasons(company=company)
    MemoReason.objects.filter(company=company, code="damaged").update(needs_evidence=False)
    MemoReason.objects.filter(company=company, code="price").update(is_active=False)
    assert wish(people["specialist"], invoice, 10_00, reason_code="damaged").pk
    with pytest.raises(ReasonRefused, match="choose a reason"):
        wish(people["specialist"], invoice, 10_00)


def test_the_list_of_reasons_is_the_companys_own(company, people):
    """The standard one until it is changed; a code stays, what isn't wanted is switched off."""
    chief = make_user("administrator", company)
    client, address = enter(chief), reverse("invoicing:reasons")
    assert "Price or rate wrong" in client.get(address).content.decode()
    data = {"code": "strike", "name": "Strike", "kinds": ["credit_memo"], "origin": "logistics", "needs_evidence": "on", "is_active": "on"}
    assert client.post(address, data).status_code == 302
    assert MemoReason.objects.filter(company=company).count() > 10 and MemoReason.objects.get(code="strike").needs_evidence
    assert client.post(address, {**data, "is_active": ""}).status_code == 302
    assert "strike" not in {r.code for r in reasons_for(company.pk, "credit_memo")}
    for wrong in ({"code": "Über"}, {"kinds": []}, {"origin": "moon"}, {"name": " "}):
        assert client.post(address, data | wrong).status_code == 422, wrong
    assert enter(people["supervisor"]).get(address).status_code == 403
    assert Event.objects.filter(type="memo_reason.saved").count() == 2


def test_cancel_and_bill_again_leaves_a_draft_in_lineage(acme, people):
    invoice = bill(acme, "INV-1", ("900.00", "72.00"), po_number="PO-9", buyer_reference="B-7")
    apply(receive(acme, 500_00), (invoice.open_item, 500_00))
    asked = request_rebill(actor=people["supervisor"], invoice=invoice, reason_code="wrong_details", day=DAY, token="r", today=DAY, now=NOW)
    memo, draft = Invoice.objects.get(pk=asked.result_id), Draft.objects.get()
    assert (memo.total, balance("INV-1"), memo.open_item.balance) == (972_00, 0, -500_00)  # what was paid is there for the new one
    assert (draft.replaces, draft.origin, draft.total, draft.payload["po_number"]) == (invoice, "rebill", 972_00, "PO-9")
    assert (draft.payload["lines"][0]["quantity"], draft.payload["buyer_reference"]) == ("4", "B-7")
    with pytest.raises(CreditRefused, match="billed again already"):
        request_rebill(actor=people["supervisor"], invoice=invoice, reason_code="tax", day=DAY, token="r2", today=DAY, now=NOW)
    body = enter(people["supervisor"]).get(reverse("invoicing:detail", args=[invoice.pk])).content.decode()
    assert "billed again" in body
    holds()


def test_a_partly_credited_invoice_is_cancelled_for_the_rest(acme, people):
    invoice = bill(acme, "INV-1", ("900.00", "72.00"))
    wish(people["supervisor"], invoice, 100_00, 8_00)
    client = enter(people["supervisor"])
    address = reverse("invoicing:rebill", args=[invoice.pk])
    assert "864.00" in client.get(address).content.decode()
    client.post(address, {"document_date": "2026-09-30", "reason_code": "duplicate", "token": "x"})
    assert Invoice.objects.filter(kind="credit_memo").latest("pk").total == 864_00
    assert balance("INV-1") == 0 and Draft.objects.get().total == 972_00


def test_who_would_approve_is_said_before_it_is_sent(acme, people):
    invoice = bill(acme, "INV-1", ("30000.00", "0"))
    seen = foresee_memo(actor=people["specialist"], invoice=invoice, kind="credit_memo", amount=26_000_00, today=DAY)
    assert (seen.alone, [s.person.pk for s in seen.people]) == (False, [people["controller"].pk])
    client, line = enter(people["specialist"]), invoice.lines.get()
    address = reverse("invoicing:memo-foresee", args=[invoice.pk, "credit_memo"])
    assert "Within your own limit" in client.post(address, {f"net_{line.pk}": "500"}).content.decode()
    body = client.post(address, {f"net_{line.pk}": "600"}).content.decode()
    assert "More than the 500.00 USD you may do alone" in body and "AR supervisor: up to 25,000.00 USD" in body
    assert client.get(reverse("invoicing:credit", args=[invoice.pk])).status_code == 200
    assert enter(people["auditor"]).post(address).status_code == 403
    address = reverse("invoicing:write-off", args=[invoice.open_item.pk])
    client = enter(people["supervisor"])
    small, all_of_it, nonsense = (client.get(address, {"amount": text}).content.decode() for text in ("4.10", "30000", "lots"))
    assert "Within your own limit" in small and "More than" in all_of_it and nonsense == all_of_it


def test_small_memos_one_after_the_other_are_one_large_one(acme, people):
    """With 500 alone: three times 200 on three invoices, the third waits, and so does the same by keying it in."""
    made = [wish(people["specialist"], bill(acme, f"INV-{n}"), 200_00).state for n in range(3)]
    assert made == ["alone", "alone", "waiting"]


def test_who_may_not_ask(acme, people):
    with pytest.raises(NotAllowed):
        wish(people["auditor"], bill(acme, "INV-1"), 10_00)


def test_another_companys_things_are_not_there(acme, people):
    other = make_company("XX01")
    item = issue(make_customer(other), 10_00)
    client = enter(people["senior"])
    for name in ("invoicing:write-off", "cashapp:refund-new"):
        assert client.get(reverse(name, args=[item.pk])).status_code == 404
    stranger = enter(make_user("supervisor", other))
    asked = wish(people["specialist"], bill(acme, "INV-1"), 600_00)
    assert stranger.get(reverse("workflow:approval", args=[asked.pk])).status_code == 404
    assert stranger.post(reverse("workflow:approval-decide", args=[asked.pk, "approve"])).status_code == 404
    assert enter(people["supervisor"]).post(reverse("workflow:approval-decide", args=[asked.pk, "reject"])).status_code == 422


def test_a_memo_by_form_with_a_file_and_the_trail_it_leaves(acme, people):
    invoice = bill(acme, "INV-1")
    line = invoice.lines.get()
    data = {
        "document_date": "2026-09-30", "reason_code": "not_delivered", "reason": "two boxes", "token": "form", "apply": "on",
        f"net_{line.pk}": "700", "evidence": SimpleUploadedFile("pod.txt", b"signed for three"),
    }  # fmt: skip
    client = enter(people["specialist"])
    answer = client.post(reverse("invoicing:credit", args=[invoice.pk]), data)
    asked = Approval.objects.get()
    assert answer.url == reverse("workflow:approval", args=[asked.pk])
    allow(people["supervisor"], asked)
    types = list(Event.objects.filter(customer_ref=acme.pk).order_by("pk").values_list("type", flat=True))
    assert types[-5:] == ["approval.asked", "attachment.added", "approval.approved", "credit_memo.issued", "memo.applied"]
    assert balance("INV-1") == 1080_00 - 756_00  # 700 and its tax of 8 per cent
