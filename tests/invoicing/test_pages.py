"""Pages of invoices and memos: who sees what, filters and files that agree, documents keyed in and credited."""

import csv
import io
from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from arops.lib import pdf
from invoicing.models import Invoice
from invoicing.services import issue_document
from ledger.models import OpenItem
from tests.factories import SYSTEM, apply, contest, make_company, make_customer, make_user, receive
from workflow.models import Approval
from workflow.services.limits import standard_limits

pytestmark = pytest.mark.django_db
DAY = date(2026, 9, 30)


@pytest.fixture(autouse=True)
def business_date(settings):
    settings.BUSINESS_DATE = DAY


def invoice(customer, number, total="100.00", day="2026-09-01", actor=SYSTEM, **fields):
    row = {
        "company": customer.company.code, "customer": customer.number, "number": number, "currency": "USD", "document_date": day,
        "lines": [{"description": "<b>Work</b>", "quantity": "2", "unit": "HUR", "unit_price": str(float(total) / 2), "amount": total}],
    }  # fmt: skip
    return Invoice.objects.get(pk=issue_document(row | fields, actor=actor).invoice_id)


@pytest.fixture
def world():
    us, other = make_company("US01"), make_company("XX01")
    standard_limits(company=us, actor=SYSTEM)
    keller = make_user("specialist", us, scope="portfolio")
    acme, bolt = make_customer(us, "Acme", number="K-1", collector=keller), make_customer(us, "Bolt", number="K-2")
    foreign = make_customer(other, "Foreign", number="X-1")
    late = invoice(acme, "INV-LATE", "300.00", "2026-06-01", po_number="PO-77", payment_terms="2/10 net 30")
    new = invoice(acme, "INV-NEW", "50.00", "2026-09-20")
    paid = invoice(bolt, "INV-PAID", "40.00", "2026-09-02")
    memo = invoice(acme, "CM-1", "20.00", "2026-09-05", kind="credit_memo", refers_to="INV-LATE", reason="price")
    theirs = invoice(foreign, "INV-FOREIGN", "77.00")
    apply(receive(bolt, 40_00, day=date(2026, 9, 10)), (paid.open_item, 40_00), day=date(2026, 9, 11))
    contest(
        company=us, customer=acme, open_item=late.open_item, number="D-1", reason="price", amount=60_00, currency="USD", due_date=DAY,
        opened_on=DAY, opened_by="user:1", source="t:1",
    )  # fmt: skip
    return {"us": us, "keller": keller, "acme": acme, "bolt": bolt, "late": late, "new": new, "paid": paid, "memo": memo, "theirs": theirs}


def enter(user):
    client = Client()
    client.force_login(user)
    return client


def listed(client, query=""):
    rows = csv.DictReader(io.StringIO(client.get(reverse("invoicing:list") + f"?format=csv&{query}").content.decode("utf-8-sig")))
    return [row["Number"] for row in rows]


def pages(world):
    late = world["late"].pk
    return [
        reverse("invoicing:list"), reverse("invoicing:list") + "?state=overdue&q=acme&sort=-total", reverse("invoicing:list") + "?sum=all",
        *(reverse(f"invoicing:{name}", args=[late]) for name in ("detail", "print")), reverse("invoicing:detail", args=[world["memo"].pk]),
    ]  # fmt: skip


@pytest.mark.parametrize("role", ["specialist", "supervisor", "credit_manager", "controller", "auditor", "sales"])
def test_every_page_answers_every_role_of_the_team(world, role):
    client = enter(make_user(role, world["us"]))
    for address in pages(world):
        answer = client.get(address)
        assert answer.status_code == 200, address
        body = answer.content.decode()
        assert "{{" not in body and "style=" not in body and "INV-FOREIGN" not in body and "<b>Work" not in body, address


def test_without_the_permission_they_are_forbidden(world):
    client = enter(make_user("collaborator", world["us"]))
    assert {client.get(a).status_code for a in pages(world)} == {403}
    auditor = enter(make_user("auditor", world["us"]))
    for name in ("new", "import", "import-template"):
        assert auditor.get(reverse(f"invoicing:{name}")).status_code == 403
    assert auditor.get(reverse("invoicing:credit", args=[world["late"].pk])).status_code == 403
    assert enter(make_user("sales", world["us"])).get(reverse("invoicing:list") + "?format=csv").status_code == 403


def test_what_is_out_of_sight_is_not_found(world):
    chief, keller = enter(make_user("supervisor", world["us"])), enter(world["keller"])
    for name in ("detail", "pdf", "print", "credit"):
        assert chief.get(reverse(f"invoicing:{name}", args=[world["theirs"].pk])).status_code == 404, name
        assert chief.get(reverse(f"invoicing:{name}", args=[10**12])).status_code == 404, name
    for name in ("detail", "pdf", "print"):
        assert keller.get(reverse(f"invoicing:{name}", args=[world["paid"].pk])).status_code == 404, name
    assert keller.get(reverse("invoicing:new") + f"?customer={world['bolt'].pk}").status_code == 404
    assert listed(keller) == ["INV-NEW", "CM-1", "INV-LATE"]


def test_filters_narrow_the_page_and_the_file_alike(world):
    client = enter(make_user("controller", world["us"]))
    for query, expected in {
        "": ["INV-NEW", "CM-1", "INV-PAID", "INV-LATE"],
        "state=open": ["INV-NEW", "CM-1", "INV-LATE"],
        "state=overdue": ["INV-LATE"],
        "state=paid": ["INV-PAID"],
        "state=disputed": ["INV-LATE"],
        "kind=credit_memo": ["CM-1"],
        "q=acme": ["INV-NEW", "CM-1", "INV-LATE"],
        "q=K-2": ["INV-PAID"],
        "q=v-lat": ["INV-LATE"],
        "q=po-7": ["INV-LATE"],
        "q=%25": [],
        "dated_from=2026-09-02&dated_to=2026-09-05": ["CM-1", "INV-PAID"],
        "due_to=2026-07-31": ["INV-LATE"],
        "least=40&most=50.00": ["INV-NEW", "INV-PAID"],
        f"customer={world['bolt'].pk}": ["INV-PAID"],
        f"company={world['theirs'].company_id}": [],
        "sort=-total": ["INV-LATE", "INV-NEW", "INV-PAID", "CM-1"],
        "sort=number": ["CM-1", "INV-LATE", "INV-NEW", "INV-PAID"],
        "sort=customer": ["INV-LATE", "INV-NEW", "CM-1", "INV-PAID"],
    }.items():
        assert listed(client, query) == expected, query
        body = client.get(reverse("invoicing:list") + f"?{query}").content.decode()
        assert [n for n in ("INV-NEW", "CM-1", "INV-PAID", "INV-LATE") if f">{n}</a>" in body] == [
            n for n in ("INV-NEW", "CM-1", "INV-PAID", "INV-LATE") if n in expected
        ], query


def test_totals_are_signed_and_of_all_that_is_filtered(world):
    body = enter(make_user("controller", world["us"])).get(reverse("invoicing:list")).content.decode()
    assert "4 documents" in body and 'data-v="370.00"' in body and 'data-v="330.00"' in body


@pytest.mark.parametrize(
    "query", ["dated_from=nonsense", "least=1e5", "kind=weather", "company=x", "currency=usd", "sort=weather", "due_to=2026-02-31"]
)
def test_filters_that_make_no_sense_are_named(world, query):
    answer = enter(make_user("controller", world["us"])).get(reverse("invoicing:list") + f"?{query}")
    assert answer.status_code == 422
    assert query.partition("=")[0].replace("_", " ") in answer.content.decode()


def test_pages_follow_one_another_without_gaps(world, monkeypatch):
    monkeypatch.setattr("invoicing.selectors.PAGE", 2)
    client, seen, after = enter(make_user("controller", world["us"])), [], ""
    for n in range(5):
        invoice(world["acme"], f"N-{n}", "50.00", "2026-09-20")
    for sort in ("-date", "total", "due", "number", "open", "customer"):
        seen, after = [], ""
        while True:
            from invoicing.selectors import Filters, matching, slice_of

            part = slice_of(matching(SYSTEM, Filters(company=world["us"].pk), DAY), sort=sort, after=after, size=2)
            seen += [row.number for row in part.rows]
            after = part.after
            if not after:
                break
        assert len(seen) == len(set(seen)) == 9, sort
    assert client.get(reverse("invoicing:list") + "?after=nonsense~x").status_code == 200
    assert client.get(reverse("invoicing:list") + "?after=0206-99-01~5").status_code == 200


def test_a_document_shows_what_became_of_it(world):
    body = enter(make_user("supervisor", world["us"])).get(reverse("invoicing:detail", args=[world["late"].pk])).content.decode()
    for said in ("PO-77", "2/10 net 30", "CM-1", "D-1", "Sums to the open balance", "System, test", "inv_", "6.00 until 2026-06-11"):
        assert said in body, said
    paid = enter(make_user("supervisor", world["us"])).get(reverse("invoicing:detail", args=[world["paid"].pk])).content.decode()
    assert "closed" in paid and "RC-" in paid


def test_a_document_costs_a_fixed_number_of_queries(world, django_assert_max_num_queries):
    client = enter(make_user("supervisor", world["us"]))
    with django_assert_max_num_queries(32):  # its delivery, whose mail came back, instalments, what it lacks to be paid, questions, files
        client.get(reverse("invoicing:detail", args=[world["late"].pk]))
    with django_assert_max_num_queries(14):
        client.get(reverse("invoicing:list"))


@pytest.mark.skipif(not pdf.is_available(), reason="no Pango on this machine")
def test_the_pdf_is_one_and_reads_no_file_of_the_server(world):
    bad = invoice(world["acme"], "INV-BAD", lines=[{"description": '<link rel=attachment href="file:///etc/passwd">', "amount": "100.00"}])
    answer = enter(make_user("auditor", world["us"])).get(reverse("invoicing:pdf", args=[bad.pk]))
    assert answer["Content-Type"] == "application/pdf" and answer.content.startswith(b"%PDF")
    assert b"EmbeddedFile" not in answer.content


def test_without_pango_the_paper_is_a_page_to_print(world, monkeypatch):
    monkeypatch.setattr(pdf, "is_available", lambda: False)
    client = enter(make_user("auditor", world["us"]))
    answer = client.get(reverse("invoicing:pdf", args=[world["late"].pk]))
    assert answer.url == reverse("invoicing:print", args=[world["late"].pk])
    assert "Print this page instead" in client.get(answer.url).content.decode()


def form(**fields):
    lines = fields.pop("lines", [{"description": "Visit", "quantity": "2", "unit_price": "1,234.50", "tax_amount": "10"}])
    data = {"kind": "invoice", "document_date": "2026-09-30", "currency": "USD", "payment_terms": "net 30", "token": "t1"} | fields
    data |= {"line-TOTAL_FORMS": len(lines), "line-INITIAL_FORMS": 0}
    return data | {f"line-{n}-{name}": value for n, line in enumerate(lines) for name, value in line.items()}


def test_an_invoice_is_keyed_in_once_however_often_it_is_sent(world):
    clerk = make_user("specialist", world["us"])
    client, address = enter(clerk), reverse("invoicing:new") + f"?customer={world['acme'].pk}"
    assert client.get(address).status_code == 200
    answers = [client.post(address, form()) for _ in range(2)]
    made = Invoice.objects.get(issued_by=clerk.label)
    assert {a.url for a in answers} == {reverse("invoicing:detail", args=[made.pk])}
    assert (made.number, made.total, made.subtotal, made.due_date) == ("AR-000001", 247900, 246900, date(2026, 10, 30))
    again = client.post(address, form(token="t2"))
    assert "/invoices/drafts/" in again.url, "the same once more is held as a repeat"
    client.post(address, form(token="t3", lines=[{"description": "Another", "amount": "5"}]))
    assert Invoice.objects.filter(number="AR-000002").exists()


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"lines": [{"description": "x", "quantity": "2", "unit_price": "5", "amount": "11"}]}, "unit_price is 10, amount is 11"),
        ({"lines": [{"description": "x", "amount": "1.005"}]}, "more decimals than USD has"),
        ({"lines": [{"description": "x", "amount": "abc"}]}, "is not a number"),
        ({"lines": [{}]}, "at least one line"), ({"lines": [{"amount": "-5"}]}, "more than zero"),
        ({"number": "INV-LATE"}, "never changes"), ({"payment_terms": "whenever"}, "are not payment terms"),
        ({"document_date": "2020-01-01"}, "no open period"), ({"document_date": "0206-01-01"}, "no year of a document"),
        ({"due_date": "2026-01-01"}, "lies before"), ({"currency": "JPY"}, "no rate of JPY"),
        ({"kind": "debit_memo"}, "a memo says why"), ({"kind": "credit_memo"}, "a memo says why"),
        ({"kind": "bill"}, "Select a valid choice"),
        ({"kind": "credit_memo", "reason": "price", "refers_to": "INV-NEW"}, "more than the 50.00 USD that can still be credited"),
        ({"kind": "debit_memo", "reason": "freight", "refers_to": "INV-FOREIGN"}, "no such document"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_beside_its_field(world, fields, said):
    clerk = make_user("specialist", world["us"])
    answer = enter(clerk).post(reverse("invoicing:new") + f"?customer={world['acme'].pk}", form(**fields))
    assert answer.status_code == 422
    assert said.casefold() in answer.content.decode().casefold()
    assert not Invoice.objects.filter(issued_by=clerk.label).exists()


def credit(client, target, **fields):
    (line,) = target.lines.all()
    data = {"document_date": "2026-09-30", "reason_code": "price", "reason": "price", "token": "c1", f"net_{line.pk}": "100.00"} | fields
    return client.post(reverse("invoicing:credit", args=[target.pk]), data)


def test_a_credit_memo_refers_to_its_invoice_and_stays_open_where_that_is_wanted(world):
    client = enter(make_user("supervisor", world["us"]))
    assert client.get(reverse("invoicing:credit", args=[world["late"].pk]) + "?all=1").status_code == 200
    answers = [credit(client, world["late"]) for _ in range(2)]
    made = Invoice.objects.get(number="AC-000001")
    assert {a.url for a in answers} == {reverse("invoicing:detail", args=[made.pk])}
    assert (made.refers_to, made.total, made.reason, made.reason_code) == (world["late"], 100_00, "price", "price")
    assert OpenItem.objects.get(number="AC-000001").balance == -100_00
    assert OpenItem.objects.get(number="INV-LATE").balance == 300_00


def test_a_whole_credit_that_is_sent_twice_is_one_memo_and_no_reproach(world):
    client, line = enter(make_user("supervisor", world["us"])), world["late"].lines.get()
    answers = [credit(client, world["late"], **{f"net_{line.pk}": "280.00"}) for _ in range(3)]
    made = Invoice.objects.get(number__startswith="AC-")
    assert {(a.status_code, a.url) for a in answers} == {(302, reverse("invoicing:detail", args=[made.pk]))}
    assert credit(client, world["late"], token="another", **{f"net_{line.pk}": "280.00"}).status_code == 422


def test_a_controller_credits_though_he_issues_no_invoices(world):
    assert credit(enter(make_user("controller", world["us"])), world["late"]).status_code == 302


def test_who_issued_an_invoice_asks_somebody_else_to_credit_it_and_nobody_credits_more_than_is_left(world):
    chief = make_user("supervisor", world["us"])
    own = invoice(world["acme"], "INV-OWN", actor=chief)
    credit(enter(chief), own)
    asked = Approval.objects.get()
    assert (asked.state, asked.makers) == ("waiting", [chief.label])
    person = make_user("supervisor", world["us"])
    other, line = enter(person), world["late"].lines.get()
    assert "can still be credited" in credit(other, world["late"], **{f"net_{line.pk}": "290"}).content.decode()
    assert "At most 300.00" in credit(other, world["late"], **{f"net_{line.pk}": "301"}).content.decode()
    assert "Choose a reason" in credit(other, world["late"], reason_code="").content.decode()
    assert "needs evidence" in credit(other, world["late"], reason_code="damaged").content.decode()
    assert credit(other, world["memo"]).status_code == 404
    assert not Invoice.objects.filter(number__startswith="AC-").exists()
    assert other.post(reverse("workflow:approval-decide", args=[asked.pk, "approve"])).status_code == 302
    made = Invoice.objects.get(number__startswith="AC-")
    assert (made.refers_to, made.issued_by) == (own, chief.label)


def test_nor_does_he_key_in_a_credit_memo_about_it(world):
    chief = make_user("supervisor", world["us"])
    invoice(world["acme"], "INV-OWN", actor=chief)
    address = reverse("invoicing:new") + f"?customer={world['acme'].pk}"
    ten = [{"description": "Visit", "amount": "10"}]
    answer = enter(chief).post(address, form(kind="credit_memo", reason="price", refers_to="INV-OWN", lines=ten))
    assert answer.url == reverse("workflow:approval", args=[Approval.objects.get(state="waiting").pk])
    other = form(kind="credit_memo", reason="price", refers_to="INV-LATE", token="x\x00", lines=ten)
    assert enter(chief).post(address, other).status_code == 302
    made = Invoice.objects.get(kind="credit_memo", issued_by=chief.label)
    assert made.refers_to == world["late"]


def test_a_memo_about_no_invoice_is_an_adjustment_with_a_limit_of_its_own(world):
    clerk = make_user("specialist", world["us"])
    address = reverse("invoicing:new") + f"?customer={world['acme'].pk}"
    line = [{"description": "rebate", "amount": "100.01"}]
    assert enter(clerk).post(address, form(kind="credit_memo", reason="rebate", lines=line)).status_code == 302
    assert not Invoice.objects.filter(issued_by=clerk.label).exists()
    assert (Approval.objects.get().kind, Approval.objects.get().state) == ("adjustment", "waiting")
    assert enter(clerk).post(address, form(kind="debit_memo", reason="freight", refers_to="INV-LATE", token="d")).status_code == 302
    assert Invoice.objects.get(issued_by=clerk.label).kind == "debit_memo"


def test_tax_left_empty_goes_with_the_net(world):
    taxed = invoice(world["acme"], "INV-TAX", lines=[{"description": "x", "amount": "100.00", "tax_amount": "8.25"}])
    line = taxed.lines.get()
    credit(enter(make_user("supervisor", world["us"])), taxed, **{f"net_{line.pk}": "50"})
    made = Invoice.objects.get(refers_to=taxed)
    assert (made.subtotal, made.tax_total) == (50_00, 4_13)


def test_the_choice_of_a_customer_is_of_those_in_sight(world):
    body = enter(world["keller"]).get(reverse("invoicing:new") + "?q=").content.decode()
    assert "Acme" in body and "Bolt" not in body and "Foreign" not in body


def test_an_empty_list_says_what_to_do(world):
    empty = make_company("EM01")
    assert "No invoices yet" in enter(make_user("specialist", empty)).get(reverse("invoicing:list")).content.decode()
    client = enter(make_user("controller", world["us"]))
    assert "No document fits" in client.get(reverse("invoicing:list") + "?q=nothing-like-it").content.decode()
    late = Invoice.objects.get(number="INV-LATE").open_item
    apply(receive(late.customer, 300_00, day=DAY - timedelta(days=1)), (late, 300_00), day=DAY)
    assert "Nothing is overdue" in client.get(reverse("invoicing:list") + "?state=overdue").content.decode()
