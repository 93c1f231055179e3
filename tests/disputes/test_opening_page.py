"""Opening a case by hand: the whole document, lines, an amount; with evidence; once, and only what is in sight."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from disputes.models import Dispute, DisputePolicy
from disputes.services import open_dispute
from disputes.services.telling import standard_texts
from invoicing.services import issue_documents
from ledger.models import OpenItem
from org.models import Department, Membership
from tests.factories import DAY, SYSTEM, issue, make_company, make_customer, make_user
from workflow.models import Attachment
from workflow.services.attachments import attach

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(settings):
    settings.BUSINESS_DATE = DAY
    company = make_company("US01")
    ana = make_user("specialist", company)
    make_customer(company, "Acme", source_system="erp", external_id="C-100", collector=ana)
    lines = [
        {"number": 1, "sku": "A", "quantity": "1", "unit_price": "100", "amount": "100.00", "tax_amount": "8.25"},
        {"number": 2, "sku": "B", "quantity": "1", "unit_price": "50", "amount": "50.00", "tax_amount": "0.00"},
    ]
    row = {
        "company": "US01", "number": "INV-1", "customer": {"external_id": "C-100"}, "currency": "USD", "document_date": "2026-09-15",
        "lines": lines, "total": "158.25",
    }  # fmt: skip
    assert issue_documents([row], actor=SYSTEM, source_system="erp")[0].outcome == "created"
    return company, ana, OpenItem.objects.get(number="INV-1")


@pytest.fixture
def desk(world, client):
    client.force_login(world[1])
    return client


def address(item):
    return reverse("disputes:open", args=[item.pk])


def send(desk, item, **fields):
    return desk.post(address(item), {"reason": "price", "token": "t"} | fields)


def errors(answer):
    return re.findall(r'class="error"[^>]*>([^<]*)', answer.content.decode())


def test_the_form_shows_lines_with_what_they_are_worth(desk, world):
    body = desk.get(address(world[2]) + "?lines=2&reason=quantity").content.decode()
    assert 'value="108.25"' in body and 'value="50.00"' in body
    ticked = re.findall(r'name="lines" value="(\d+)" data-select checked', body)
    assert ticked == [str(world[2].invoice.lines.get(number=2).pk)]
    assert '<option value="quantity" selected>' in body and 'value="lines" checked' in body


def test_the_tick_to_tell_the_customer_needs_words(desk, world):
    def ticked():
        return 'name="tells" checked' in desk.get(address(world[2])).content.decode()

    assert not ticked(), "the company has no words for it"
    standard_texts(actor=SYSTEM, company=world[0])
    assert ticked()
    DisputePolicy.objects.create(company=world[0], tells_opening=False)
    assert not ticked()


def test_the_whole_is_what_is_open_and_not_in_dispute(desk, world):
    open_dispute(actor=SYSTEM, open_item=world[2], amount=58_25, reason="price", today=DAY, source="x")
    assert send(desk, world[2], kind="invoice").status_code == 302
    case = Dispute.objects.latest("pk")
    assert (case.kind, case.amount, case.owner) == ("invoice", 100_00, world[1])


def test_lines_are_contested_as_typed_and_department_and_evidence_go_with_them(desk, world):
    company, _, item = world
    pk = dict(item.invoice.lines.values_list("number", "pk"))
    logistics = Department.objects.create(company=company, code="log", name="Logistics")
    files = [SimpleUploadedFile(f"{n}.txt", f"proof {n}".encode()) for n in (1, 2)]
    fields = {"kind": "lines", "lines": [pk[1], pk[2]], f"line_{pk[1]}": "1,0.25", f"line_{pk[2]}": ""}
    refused = send(desk, item, **fields)
    assert refused.status_code == 422 and errors(refused) and not Dispute.objects.exists()
    fields |= {f"line_{pk[1]}": "8.25", "department": logistics.pk, "evidence": files}
    answer = send(desk, item, **fields)
    assert answer.status_code == 302, re.findall(r"role=.alert.>[^<]*", answer.content.decode())
    case = Dispute.objects.get()
    assert list(case.lines.values_list("line__number", "amount")) == [(1, 8_25), (2, 50_00)]
    assert (case.department, case.amount) == (logistics, 58_25)
    assert sorted(Attachment.objects.filter(subject_id=case.pk).values_list("name", "kind")) == [
        ("1.txt", "evidence"),
        ("2.txt", "evidence"),
    ]


def test_the_same_form_twice_opens_one(desk, world):
    for _ in range(2):
        assert send(desk, world[2], kind="amount", amount="10.00").status_code == 302
    assert Dispute.objects.count() == 1


@pytest.mark.parametrize("amount", ["NaN", "1e18", "0.005", "-5", "0", "158.26", "١٢", "", "99999999999999999999"])
def test_what_is_no_amount_is_refused_beside_its_field(desk, world, amount):
    answer = send(desk, world[2], kind="amount", amount=amount)
    assert answer.status_code == 422 and errors(answer) and 'name="amount"' in answer.content.decode()
    pk = world[2].invoice.lines.get(number=2).pk
    if amount:
        assert send(desk, world[2], kind="lines", lines=[pk], **{f"line_{pk}": amount}).status_code == 422
    assert not Dispute.objects.exists()


def test_nothing_ticked_is_told(desk, world):
    assert errors(send(desk, world[2], kind="lines")) == ["Tick the lines that are contested"]


def test_a_file_that_is_refused_opens_nothing(desk, world):
    bad = SimpleUploadedFile("run.exe", b"MZ\x90\x00" + b"\0" * 100)
    assert send(desk, world[2], kind="amount", amount="1.00", evidence=bad).status_code == 422
    assert not Dispute.objects.exists()


def test_an_item_without_a_document_has_no_lines(desk, world):
    item = issue(world[2].customer, 20_00)
    body = desk.get(address(item)).content.decode()
    assert 'value="lines"' not in body
    assert send(desk, item, amount="5.00").status_code == 302 and Dispute.objects.get().kind == "amount"


def test_what_is_out_of_sight_is_not_there(world, client):
    company, _, item = world
    case = open_dispute(actor=SYSTEM, open_item=item, amount=10_00, reason="price", today=DAY, source="x")
    file = attach(actor=SYSTEM, subject=case, kind="evidence", name="a.txt", content=b"proof")
    foreign = make_user("specialist", make_company("DE01"))
    narrow = make_user("specialist", company, scope=Membership.Scope.PORTFOLIO)
    for person in (foreign, narrow):
        client.force_login(person)
        assert client.get(address(item)).status_code == client.post(address(item), {"reason": "price"}).status_code == 404
        assert client.get(reverse("workflow:attachment", args=[file.pk])).status_code == 404
        assert client.get(reverse("disputes:detail", args=[case.pk])).status_code == 404
    client.force_login(make_user("auditor", company))
    assert client.post(address(item), {"reason": "price"}).status_code in (403, 404)


def test_an_open_case_is_amended_on_its_page(desk, world):
    item = world[2]
    pk = dict(item.invoice.lines.values_list("number", "pk"))
    case = open_dispute(
        actor=SYSTEM, open_item=item, amount=50_00, reason="price", today=DAY, source="x", kind="lines", lines=[(pk[2], 50_00)]
    )
    page = reverse("disputes:amend", args=[case.pk])
    body = desk.get(page).content.decode()
    assert 'value="lines" checked' in body and f'value="{pk[2]}" data-select checked' in body
    lines = {"lines": [pk[1], pk[2]], f"line_{pk[1]}": "8.25", f"line_{pk[2]}": "20.00"}
    assert desk.post(page, {"version": 0, "kind": "lines", "reason": "tax", "note": "the tax too"} | lines).status_code == 302
    case.refresh_from_db()
    assert (case.amount, case.claimed, case.reason, case.notes.get().body) == (28_25, 50_00, "tax", "the tax too")
    stale = desk.post(page, {"version": 0, "kind": "amount", "amount": "5.00", "reason": "tax"})
    assert stale.status_code == 422 and "meanwhile" in stale.content.decode()
    over = desk.post(page, {"version": 1, "kind": "amount", "amount": "158.26", "reason": "tax"})
    assert over.status_code == 422 and errors(over)
