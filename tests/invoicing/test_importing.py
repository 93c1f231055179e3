"""Lists of invoices become documents: read, mapped, asked where two readings are possible, checked whole, issued once."""

import io
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
import xlsxwriter

from arops.lib.refusal import InputRefused
from invoicing.models import Invoice, InvoiceImport
from invoicing.services import issue_document
from invoicing.services.importing import (
    ImportRefused,
    UnansweredQuestions,
    cancel_import,
    check_import,
    confirm_import,
    earlier_import,
    import_list,
    mapping_of,
    run_import,
    set_mapping,
    start_import,
)
from ledger.models import OpenItem
from org.actors import NotAllowed
from tests.factories import SYSTEM, make_company, make_customer, make_user
from workflow.models import Approval, Job
from workflow.services.jobs import run_job
from workflow.services.limits import standard_limits

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 9, 20, 12, tzinfo=UTC)
HEAD = "Invoice number,Customer,Invoice date,Description,Quantity,Unit price,Line tax,Currency\n"


@pytest.fixture
def us():
    company = make_company("US01")
    make_customer(company, "Acme", number="K-1")
    make_customer(company, "Bolt", number="K-2")
    return company


@pytest.fixture
def clerk(us):
    return make_user("specialist", us)


def bring(actor, company, text, name="list.csv", source="billing"):
    content = text if isinstance(text, bytes) else text.encode()
    return start_import(actor=actor, content=content, name=name, source=source, company=company)


def rows(*lines):
    return HEAD + "".join(line + "\n" for line in lines)


GOOD = rows(
    "A-1,K-1,2026-09-01,Hours,2,150.00,24.75,USD", "A-1,K-1,2026-09-01,Travel,1,50.00,0,USD", "A-2,K-2,2026-09-02,Hours,1,150.00,0,USD"
)


def carried_out(found, mode="atomic"):
    job = confirm_import(actor=user_of(found), found=found, mode=mode, now=NOW)
    job = run_job(job_id=job.pk, now=NOW)
    found.refresh_from_db()
    return job


def user_of(found):
    from org.models import User

    return User.objects.get(pk=int(found.created_by.partition(":")[2]))


def test_rows_of_one_number_become_one_invoice_with_lines_in_the_books(us, clerk):
    found = bring(clerk, us, GOOD)
    check_import(actor=clerk, found=found)
    assert found.counts == {"created": 2}
    assert found.totals == [["invoice", "USD", 2, 52475]]
    assert not Invoice.objects.exists()
    job = carried_out(found)
    assert (job.state, job.counts) == ("done", {"created": 2})
    first = Invoice.objects.get(number="A-1")
    assert [(line.description, line.amount, line.tax_amount) for line in first.lines.all()] == [
        ("Hours", 30000, 2475),
        ("Travel", 5000, 0),
    ]
    assert (first.total, first.issued_by, first.source_system) == (37475, clerk.label, "import")
    assert OpenItem.objects.get(number="A-2").balance == 15000
    assert [(r["number"], r["outcome"], r["line"]) for r in job.results] == [("A-1", "created", 2), ("A-2", "created", 4)]


def test_the_same_list_again_says_so_and_changes_nothing(us, clerk):
    carried_out(checked(clerk, bring(clerk, us, GOOD)))
    again = bring(clerk, us, GOOD, name="renamed.csv")
    assert earlier_import(again).name == "list.csv"
    check_import(actor=clerk, found=again)
    assert again.counts == {"unchanged": 2}
    assert carried_out(again).counts == {"unchanged": 2}
    assert Invoice.objects.count() == 2


def checked(actor, found):
    return check_import(actor=actor, found=found)


def test_a_bad_row_refuses_all_or_itself_alone_as_was_chosen(us, clerk):
    text = GOOD + "A-3,K-9,2026-09-02,Hours,1,10.00,0,USD\nA-4,K-2,2026-09-31,Hours,1,10.00,0,USD\n"
    found = checked(clerk, bring(clerk, us, text))
    assert found.counts == {"created": 2, "rejected": 2}
    said = {o["number"]: [(p["row"], p["field"], p["detail"]) for p in o["problems"]] for o in found.outcomes}
    assert said == {
        "A-3": [(3, "customer", "there is no customer K-9 in US01")],
        "A-4": [(4, "document_date", "'2026-09-31' is no day of the calendar")],
    }
    job = carried_out(found, "atomic")
    assert job.counts == {"held back": 2, "rejected": 2}
    assert not Invoice.objects.exists()
    again = checked(clerk, bring(clerk, us, text))
    assert carried_out(again, "partial").counts == {"created": 2, "rejected": 2}
    assert sorted(Invoice.objects.values_list("number", flat=True)) == ["A-1", "A-2"]


def test_row_5000_of_10000_is_bad_and_a_second_run_changes_nothing(us, clerk, monkeypatch):
    lines = [f"N-{n},K-{1 + n % 2},2026-09-01,Hours,1,1.00,0,USD" for n in range(1200)]
    lines[600] = "N-600,K-1,2026-09-01,Hours,1,1.005,0,QQQ"
    found = checked(clerk, bring(clerk, us, rows(*lines)))
    job = carried_out(found, "partial")
    assert job.counts == {"created": 1199, "rejected": 1}
    (bad,) = [r for r in job.results if r["outcome"] == "rejected"]
    assert bad["errors"][0]["line"] == 602
    counts, _ = run_import(actor=clerk, found=found, tell=lambda done, total: None)
    assert counts["rejected"] == 1 and Invoice.objects.count() == 1199


def test_a_run_taken_up_again_counts_its_own_documents_as_created(us, clerk):
    found = checked(clerk, bring(clerk, us, GOOD))
    confirm_import(actor=clerk, found=found, mode="partial", now=datetime(2020, 1, 1, tzinfo=UTC))
    found.refresh_from_db()
    run_import(actor=clerk, found=found, tell=lambda done, total: None)
    counts, _ = run_import(actor=clerk, found=found, tell=lambda done, total: None)
    assert counts == {"created": 2}


def test_a_day_that_can_be_two_is_asked_and_the_answer_is_kept_for_next_time(us, clerk):
    text = rows("A-1,K-1,03/04/2026,Hours,1,10.00,0,USD")
    found = bring(clerk, us, text)
    with pytest.raises(UnansweredQuestions, match="3 April 2026 or 4 March 2026"):
        check_import(actor=clerk, found=found)
    set_mapping(actor=clerk, found=found, mapping=replace(mapping_of(found), date_order="dmy"))
    found.refresh_from_db()
    carried_out(checked(clerk, found))
    assert Invoice.objects.get().document_date == date(2026, 4, 3)
    following = bring(clerk, us, rows("A-2,K-1,05/04/2026,Hours,1,10.00,0,USD"))
    assert mapping_of(following).date_order == "dmy"
    proof = bring(clerk, us, rows("A-3,K-1,04/25/2026,Hours,1,10.00,0,USD"))
    assert mapping_of(proof).date_order == "mdy"


@pytest.mark.parametrize(
    ("day", "said"),
    [
        ("31.02.2026", "no day of the calendar"), ("0206-01-01", "no year of an invoice"), ("01.01.2062", "no year of an invoice"),
        ("yesterday", "not a day"),
    ],
)  # fmt: skip
def test_days_that_are_none_are_refused_by_row(us, clerk, day, said):
    found = checked(clerk, bring(clerk, us, rows(f"A-1,K-1,{day},Hours,1,10.00,0,USD")))
    assert said in found.outcomes[0]["problems"][0]["detail"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_lists_of_any_spreadsheet_are_read(us, clerk, encoding, delimiter):
    head = ["Rechnungsnr", "Kunde", "Rechnungsdatum", "Fällig am", "Nettobetrag", "MwSt", "Bruttobetrag", "Währung"]
    body = ["R-1", "K-1", "01.09.2026", "01.10.2026", "1234.50", "234.56", "1469.06", "USD"]
    text = "\r\n".join(delimiter.join(line) for line in (head, body))
    found = checked(clerk, bring(clerk, us, text.encode(encoding)))
    assert found.totals == [["invoice", "USD", 1, 146906]]


def test_commas_before_decimals_are_seen_and_asked_where_they_can_be_thousands(us, clerk):
    head = "Number;Customer;Date;Total;Currency\n"
    seen = checked(clerk, bring(clerk, us, head + "R-1;K-1;2026-09-01;1.234,50;USD\n"))
    assert seen.totals == [["invoice", "USD", 1, 123450]]
    unclear = bring(clerk, us, head + "R-2;K-1;2026-09-01;1,234;USD\n", source="other")
    with pytest.raises(UnansweredQuestions, match="between thousands"):
        check_import(actor=clerk, found=unclear)


def test_a_workbook_keeps_its_days_numbers_and_document_numbers(us, clerk):
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out)
    sheet, day, zeros = book.add_worksheet(), book.add_format({"num_format": "dd/mm/yyyy"}), book.add_format({"num_format": "00000000"})
    sheet.write_row(0, 0, ["My list"])
    sheet.write_row(2, 0, ["Invoice", "Customer", "Date", "Total", "Currency"])
    sheet.write_number(3, 0, 4711, zeros)
    sheet.write(3, 1, "K-1")
    sheet.write_datetime(3, 2, datetime(2026, 4, 3), day)
    sheet.write_number(3, 3, 1234.5)
    sheet.write(3, 4, "usd")
    sheet.write_row(4, 0, ["Total", "", "", 1234.5])
    book.close()
    found = checked(clerk, bring(clerk, us, out.getvalue(), name="list.xlsx"))
    assert found.counts == {"created": 1}
    carried_out(found)
    made = Invoice.objects.get()
    assert (made.number, made.document_date, made.total) == ("00004711", date(2026, 4, 3), 123450)


def test_totals_below_zero_are_asked_about_and_credit_memos_need_whoever_approves_them(us, clerk):
    head = "Number,Customer,Date,Total,Currency\n"
    text = head + "I-1,K-1,2026-09-01,100.00,USD\nC-1,K-1,2026-09-02,-40.00,USD\n"
    found = bring(clerk, us, text)
    with pytest.raises(UnansweredQuestions, match="below zero"):
        check_import(actor=clerk, found=found)
    set_mapping(actor=clerk, found=found, mapping=replace(mapping_of(found), negative="credit_memo"))
    found.refresh_from_db()
    assert checked(clerk, found).counts == {"created": 1, "rejected": 1}
    chief = make_user("supervisor", us)
    found = bring(chief, us, text)
    set_mapping(actor=chief, found=found, mapping=replace(mapping_of(found), negative="credit_memo"))
    found.refresh_from_db()
    (refused,) = [o for o in checked(chief, found).outcomes if o["problems"]]
    assert "nothing that you may credit alone" in refused["problems"][0]["detail"]  # no limits are set
    standard_limits(company=us, actor=SYSTEM)
    carried_out(checked(chief, found))
    assert Approval.objects.get().state == "alone"  # a memo of a list counts in the sum of thirty days
    assert OpenItem.objects.get(number="C-1").balance == -4000


def test_a_memo_may_refer_to_an_invoice_of_the_same_list(us):
    chief = make_user("supervisor", us)
    standard_limits(company=us, actor=SYSTEM)
    head = "Kind,Number,Customer,Date,Total,Currency,Refers to\n"
    text = head + "credit note,C-1,K-1,2026-09-02,40,USD,I-1\ninvoice,I-1,K-1,2026-09-01,100,USD,\n"
    found = checked(chief, bring(chief, us, text))
    carried_out(found)
    assert Invoice.objects.get(number="C-1").refers_to.number == "I-1"


def test_a_list_credits_no_invoice_that_its_bringer_keyed_in(us):
    chief = make_user("supervisor", us)
    (customer,) = us.customers.filter(number="K-1")
    row = {
        "company": us.code, "customer": customer.number, "number": "I-2", "currency": "USD", "document_date": "2026-09-01", "total": "100",
        "subtotal": "100", "tax_total": "0",
    }  # fmt: skip
    issue_document(row, actor=chief)
    text = "Kind,Number,Customer,Date,Total,Currency,Refers to\ncredit note,C-2,K-1,2026-09-02,40,USD,I-2\n"
    found = checked(chief, bring(chief, us, text))
    assert [p["detail"] for p in found.outcomes[0]["problems"]] == ["an invoice is credited by someone else than the one who issued it"]


def test_rows_of_one_document_say_the_same(us, clerk):
    found = checked(clerk, bring(clerk, us, rows("A-1,K-1,2026-09-01,Hours,1,10.00,0,USD", "A-1,K-2,2026-09-01,Hours,1,10.00,0,USD")))
    assert found.outcomes[0]["problems"] == [
        {"row": 1, "field": "customer", "detail": "K-2 here, but K-1 in line 2: rows of one document say the same"}
    ]


def test_numbers_that_a_spreadsheet_shortened_are_refused(us, clerk):
    found = checked(clerk, bring(clerk, us, "Number,Customer,Date,Total,Currency\n1.2E+10,K-1,2026-09-01,100.00,USD\n"))
    assert "shortened by a spreadsheet" in found.outcomes[0]["problems"][0]["detail"]


@pytest.mark.parametrize(("cell", "mark"), [("1.234,56", ","), ("1,234.56", "."), ("1,234", "")])
def test_amounts_mapped_by_hand_are_read_as_they_are_written(us, clerk, cell, mark):
    found = bring(clerk, us, f"Number;Customer;Date;Gross or so;Currency\nA-1;K-1;2026-09-01;{cell};USD\n")
    before = mapping_of(found)
    assert "total" not in before.columns
    found = set_mapping(actor=clerk, found=found, mapping=replace(before, columns=before.columns | {"total": "Gross or so"}))
    assert mapping_of(found).decimal == mark
    chosen = set_mapping(actor=clerk, found=found, mapping=replace(mapping_of(found), decimal=","))
    assert mapping_of(chosen).decimal == ","


@pytest.mark.parametrize("amount", ["NaN", "1e5", "0.005", "٣٤", "1_000.00", "12..34", "1.00.00", "=1+1", "99999999999999999999"])
def test_amounts_that_are_none_are_refused_by_row(us, clerk, amount):
    found = bring(clerk, us, f"Number,Customer,Date,Total,Currency\nA-1,K-1,2026-09-01,{amount},USD\n")
    set_mapping(actor=clerk, found=found, mapping=replace(mapping_of(found), decimal="."))
    found.refresh_from_db()
    assert checked(clerk, found).counts == {"rejected": 1}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"%PDF-1.7\n1 0 obj", "PDF"), (b"MZ\x90\x00", "program"), (b"<html><table>", "HTML"), (b"", "empty"),
        (b"PK\x03\x04broken", "damaged"), (b"a,b\n1,2,3\n", "3 fields"), (b'Number,Customer\n"x,1\n2,3\n', "line 2"),
        (b"Number,Customer,Date\n", "no rows below"), (b"\xd0\xcf\x11\xe0old", "old Excel"), (b"Number,Customer\n\x00,1\n", "binary"),
        (b'{"rows": []}', "JSON"), (b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]>', "XML"),
    ],
)  # fmt: skip
def test_what_is_no_list_is_refused_whole_with_the_reason(us, clerk, content, said):
    with pytest.raises(InputRefused, match=said):
        bring(clerk, us, content, name="list.xlsx")
    assert not InvoiceImport.objects.exists()


def test_an_import_needs_the_permission_and_is_its_makers_own(us, clerk):
    with pytest.raises(NotAllowed):
        bring(make_user("auditor", us), us, GOOD)
    found = bring(clerk, us, GOOD)
    assert not InvoiceImport.objects.visible_to(make_user("specialist", us)).exists()
    assert InvoiceImport.objects.visible_to(clerk).get() == found


def test_a_list_for_another_company_or_portfolio_is_refused_by_row(us):
    other = make_company("XX01")
    make_customer(other, number="X-1")
    keller = make_user("specialist", us, scope="portfolio")
    make_customer(us, number="K-3", collector=keller)
    lines = ("A-1,US01,K-1,2026-09-01,1,USD", "A-2,XX01,X-1,2026-09-01,1,USD", "A-3,US01,K-3,2026-09-01,1,USD")
    text = "\n".join(("Number,Company,Customer,Date,Total,Currency", *lines))
    found = checked(keller, bring(keller, None, text))
    assert found.counts == {"created": 1, "rejected": 2}


def test_confirming_comes_after_checking_and_twice_is_once(us, clerk):
    found = bring(clerk, us, GOOD)
    with pytest.raises(ImportRefused, match="check all rows first"):
        confirm_import(actor=clerk, found=found, mode="atomic", now=NOW)
    check_import(actor=clerk, found=found)
    first = confirm_import(actor=clerk, found=found, mode="atomic", now=NOW)
    assert confirm_import(actor=clerk, found=found, mode="atomic", now=NOW) == first
    with pytest.raises(ImportRefused):
        cancel_import(actor=clerk, found=found)
    assert Job.objects.count() == 1


def test_the_api_brings_a_list_in_one_call_or_is_told_what_to_decide(us):
    job = import_list(actor=SYSTEM, content=GOOD.encode(), name="a.csv", source="erp", now=NOW, company=us)
    assert run_job(job_id=job.pk, now=NOW).counts == {"created": 2}
    with pytest.raises(UnansweredQuestions):
        import_list(actor=SYSTEM, content=GOOD.encode(), name="a.csv", source="another", now=NOW)
    assert InvoiceImport.objects.count() == 1


def test_what_was_issued_before_is_not_changed_by_a_list(us, clerk):
    issue_document(
        {"company": "US01", "number": "A-2", "customer": "K-2", "currency": "USD", "document_date": "2026-09-02", "total": "9.00"},
        actor=SYSTEM,
    )
    found = checked(clerk, bring(clerk, us, GOOD))
    assert found.counts == {"created": 1, "rejected": 1}
    assert "never changes" in found.outcomes[0]["problems"][0]["detail"]
