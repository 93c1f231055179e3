"""Lines that name the period they are about: recurring amounts that are caught up, told apart by it wherever a document goes."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.utils import ProgrammingError
from django.test import override_settings

from invoicing.checks import Facts, check
from invoicing.checks.facts import Billed, BilledLine, Claim, Contract, Customer, Step, Version
from invoicing.einvoice import read, write
from invoicing.models import CheckPolicy, Draft, Invoice, InvoiceLine
from invoicing.payload import Document, read_document
from invoicing.readers import assemble, mapping, table
from invoicing.services.billing import bill_schedules
from invoicing.services.drafting import issue_draft
from invoicing.services.issuing import issue_documents
from invoicing.services.memo_rows import MemoLine, memo_amounts, rebill_row
from ledger.verify import verify_books
from orders.models import BillingStep, ContractVersion
from org.services import create_api_key
from tests.factories import SYSTEM
from tests.invoicing.shop import NOON, TODAY, Shop
from tests.invoicing.test_billing_pages import edited, login
from tests.invoicing.test_einvoice import document, line

MONTHLY = (("MON", 10_000, {"kind": "recurring", "planned_on": date(2026, 7, 1)}),)
JULY = {"period_from": "2026-07-01", "period_to": "2026-07-31"}


@pytest.fixture
def shop(db: None) -> Any:
    with override_settings(BUSINESS_DATE=TODAY):
        made = Shop()
        made.contract(billing="schedule", steps=MONTHLY)
        CheckPolicy.objects.create(company=made.company, pushed=CheckPolicy.Mode.HOLD, changed_by="t")
        yield made


def row(shop: Shop, number: str, *lines: dict[str, Any], **fields: Any) -> dict[str, Any]:
    each = [{"sku": "MON", "amount": "100.00", "tax_code": "TX", "tax_amount": "8.25", "contract": "CT-1"} | x for x in lines]
    head = {"company": "SHOP", "customer": f"cus_{shop.customer.pk}", "currency": "USD", "document_date": "2026-09-15"}
    return head | {"number": number, "lines": each} | fields


def catch_up(shop: Shop) -> list[Draft]:
    return bill_schedules(actor=shop.clerk, company=shop.company, day=TODAY).drafts


def issued(shop: Shop) -> list[Invoice]:
    """The months that were missed, all billed on one day."""
    return [issue_draft(actor=shop.clerk, draft=draft, now=NOON, today=TODAY) for draft in catch_up(shop)]


def test_a_line_is_read_with_its_period() -> None:
    head = {"company": "C", "customer": "1", "number": "N", "currency": "USD", "document_date": "2026-09-01"}

    def given(**days: Any) -> Any:
        return read_document(head | {"lines": [{"amount": "1.00"} | days]}, source_system="erp")

    read = given(**JULY)
    assert isinstance(read, Document) and (read.lines[0].period_from, read.lines[0].period_to) == (date(2026, 7, 1), date(2026, 7, 31))
    assert given(period_to="2026-07-31").lines[0].period == date(2026, 7, 31) and given().lines[0].period is None
    assert given(period_from="2026-07-01", period_to="2026-07-01").lines[0].period == date(2026, 7, 1)
    wrong = [given(period_from="2026-08-01", period_to="2026-07-31"), given(period_from="July"), given(period_to=7)]
    assert [(p.pointer, p.code) for problems in wrong for p in problems] == [
        ("/lines/0/period_to", "invalid_date"), ("/lines/0/period_from", "invalid_date"), ("/lines/0/period_to", "invalid_date"),
    ]  # fmt: skip


def test_months_that_were_missed_are_billed_on_one_day_each_by_its_name(shop: Shop) -> None:
    made = issued(shop)
    assert {i.document_date for i in made} == {TODAY}
    assert [(x.period_from, x.period_to) for i in made for x in i.lines.all()] == [
        (date(2026, 7, 1), date(2026, 7, 31)), (date(2026, 8, 1), date(2026, 8, 31)), (date(2026, 9, 1), date(2026, 9, 30)),
    ]  # fmt: skip
    assert not catch_up(shop) and verify_books(TODAY) == []


def test_the_same_period_again_is_held_and_named(shop: Shop) -> None:
    first = issued(shop)[0]
    erp = [row(shop, "E-1", JULY), row(shop, "E-2", {"period_from": "2026-10-01"}), row(shop, "E-3", {"period_from": "2026-10-09"})]
    again, ahead, twice = issue_documents(erp, actor=SYSTEM, source_system="erp")
    assert (again.outcome, ahead.outcome, twice.outcome) == ("held", "created", "held")
    (found,) = [f for f in again.found if f.rule == "step_billed_twice"]
    assert f"for the period from 2026-07-01 again: {first.number} of 2026-09-15 did" in found.words
    (unnamed,) = issue_documents([row(shop, "E-4", {})], actor=SYSTEM, source_system="erp")
    assert unnamed.outcome == "held", "without a name it is September's, by its date"


def test_what_was_billed_under_a_name_is_not_offered_again_and_what_was_not_is(shop: Shop) -> None:
    issue_documents([row(shop, "E-1", {"period_from": "2026-08-01", "period_to": "2026-08-31"})], actor=SYSTEM, source_system="erp")
    assert [o.day for o in shop.offers().values()] == [date(2026, 7, 1), date(2026, 9, 1)]


def test_a_period_is_billed_at_what_was_agreed_for_it(shop: Shop) -> None:
    """The amount rose on 1 August: July's, billed in September, is the old one."""
    version = ContractVersion.objects.create(
        contract=ContractVersion.objects.get().contract, number=2, valid_from=date(2026, 8, 1), billing="schedule", created_by="t"
    )
    BillingStep.objects.create(version=version, code="MON", name="Step MON", amount=12_000, kind="recurring", planned_on=date(2026, 7, 1))
    assert [(i.subtotal, i.lines.get().period_from.month) for i in issued(shop)] == [(10_000, 7), (12_000, 8), (12_000, 9)]


def test_a_period_never_changes_and_its_days_are_in_order(shop: Shop) -> None:
    kept = InvoiceLine.objects.get(invoice=issued(shop)[0])
    for days in ({"period_from": date(2026, 1, 1)}, {"period_to": None}):
        with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
            InvoiceLine.objects.filter(pk=kept.pk).update(**days)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE tgname LIKE 'pgtrigger_append_only%' AND tgrelid ="
            " 'invoicing_invoiceline'::regclass"
        )  # fmt: skip
        ((definition,),) = cursor.fetchall()
    assert "period_from, period_to" in definition, "the owner of the tables is refused, too"
    with pytest.raises(IntegrityError, match="invoice_line_period_in_order"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO invoicing_invoiceline (invoice_id, number, quantity, unit_price, amount, period_from, period_to)"
            " VALUES (%s, 2, 1, 1, 100, '2026-08-01', '2026-07-31')", [kept.invoice_id],
        )  # fmt: skip


def test_memos_and_what_is_billed_again_keep_the_period(shop: Shop) -> None:
    invoice = issued(shop)[0]
    memo = memo_amounts(invoice, [MemoLine(invoice.lines.get().pk, 5_000)], "credit_memo")
    again = rebill_row(invoice, "2026-09-20")
    for made in (memo, again):
        assert {name: made["lines"][0][name] for name in JULY} == JULY
    credit = memo_amounts(invoice, [MemoLine(invoice.lines.get().pk, 10_000, invoice.tax_total, Decimal(1))], "credit_memo")
    head = row(shop, "CM-1", kind="credit_memo", refers_to=f"inv_{invoice.pk}") | credit
    (outcome,) = issue_documents([head], actor=SYSTEM, source_system="erp")
    assert InvoiceLine.objects.get(invoice_id=outcome.invoice_id or 0).period_to == date(2026, 7, 31)


def test_a_draft_shows_its_period_and_may_name_another(shop: Shop) -> None:
    first, *_ = catch_up(shop)
    web = login(shop.clerk)
    page = web.get(f"/invoices/drafts/{first.pk}/edit/").content.decode()
    assert 'value="2026-07-31"' in page and "Period to" in page
    assert "1 Jul 2026 to 31 Jul 2026" in web.get(f"/invoices/drafts/{first.pk}/").content.decode()
    days = {"line-0-period_from": "2026-06-01", "line-0-period_to": ""}
    assert web.post(f"/invoices/drafts/{first.pk}/edit/", edited(first, **days)).status_code == 302
    first.refresh_from_db()
    kept = first.payload["lines"][0]
    assert kept["period_from"] == "2026-06-01" and "period_to" not in kept
    bad = edited(first, **{"line-0-period_from": "2026-09-30", "line-0-period_to": "2026-09-01"})
    assert web.post(f"/invoices/drafts/{first.pk}/edit/", bad).status_code == 422


def test_an_invoice_says_its_period_on_its_page_and_over_the_api(shop: Shop, client: Any) -> None:
    invoice = issued(shop)[0]
    assert "1 Jul 2026 to 31 Jul 2026" in login(shop.clerk).get(f"/invoices/{invoice.pk}/").content.decode()
    _, secret = create_api_key(actor=SYSTEM, name="erp", scopes=["invoices:read"], companies=[shop.company])
    answer = client.get(f"/api/v1/invoices/inv_{invoice.pk}", headers={"authorization": f"Bearer {secret}"}).json()
    assert {name: answer["lines"][0][name] for name in JULY} == JULY


def test_a_held_document_is_mended_by_naming_its_period(shop: Shop) -> None:
    (billed, held) = issue_documents([row(shop, "E-1", {}), row(shop, "E-2", {})], actor=SYSTEM, source_system="erp")
    assert (billed.outcome, held.outcome) == ("created", "held")
    draft = Draft.objects.get(pk=held.draft_id or 0)
    web = login(shop.clerk)
    typed = {"version": str(draft.version), "document_date": "2026-09-15", "sku_1": "MON", "quantity_1": "1", "unit_price_1": "100.00"}
    answer = web.post(
        f"/invoices/exceptions/{draft.pk}/mend/",
        typed | {"contract_1": "CT-1", "tax_code_1": "TX", "tax_amount_1": "8.25", "period_from_1": "2026-08-01"},
    )
    assert answer.status_code == 302, answer.content.decode()
    draft.refresh_from_db()
    assert draft.payload["lines"][0]["period_from"] == "2026-08-01" and draft.state == "clear"


@pytest.mark.parametrize("syntax", ["ubl", "cii"])
def test_an_e_invoice_bears_the_period_of_its_lines(syntax: Any) -> None:
    days = {"period_from": date(2026, 7, 1), "period_to": date(2026, 7, 31)}
    back = read(write(document(line(1, **days), line(2, period_to=date(2026, 7, 9)), line(3)), syntax))
    assert [(x.get("BT-134"), x.get("BT-135")) for x in back["BG-25"]] == [
        (date(2026, 7, 1), date(2026, 7, 31)), (None, date(2026, 7, 9)), (None, None),
    ]  # fmt: skip


def test_a_list_may_name_periods() -> None:
    head = b"Number,Customer,Date,Line,Amount,Service from,Service to,Currency\n"
    found = table.read(head + b"A,K,2026-09-01,1,10.00,2026-07-01,2026-07-31,USD\n")
    (draft,) = assemble.assemble(found, mapping.guess(found)).drafts
    assert {name: draft.payload["lines"][0][name] for name in JULY} == JULY


STEP = Step("MON", "recurring", "Monitoring", 100_00, date(2026, 1, 31))
AGREED = Contract(1, "CT-1", 1, "USD", (Version(1, date(2026, 1, 1), billing="schedule", steps={"MON": STEP}),))


def found_in(*periods: date | None, claims: tuple[Claim, ...] = (), amount: int = 100_00) -> list[str]:
    price = Decimal(amount) / 100
    lines = tuple(
        BilledLine(n, "MON", "", Decimal(1), "EA", price, amount, contract=1, period=day) for n, day in enumerate(periods, 1)
    )  # fmt: skip
    net = sum(x.amount for x in lines)
    bill = Billed(9, "invoice", "INV-9", 1, "USD", date(2026, 3, 31), "net 30", "", lines, net, 0, net)
    known = Facts({1: Customer(1, "K", "Acme", "USD", "net 30")}, {1: replace(AGREED, step_claims={"MON": claims})}, {}, {}, {}, {}, {}, {})
    return [f.words for f in check(bill, known)]


def test_lines_of_one_document_are_told_apart_by_their_periods() -> None:
    january, february, march = date(2026, 1, 31), date(2026, 2, 28), date(2026, 3, 31)
    assert found_in(january, february, march) == [], "months that begin on the last day"
    assert found_in(february, february) == ["Line 2 (MON) bills MON (Monitoring) of CT-1 for the period from 2026-02-28 again: line 1 did."]
    assert len(found_in(None, None)) == len(found_in(None, march)) == 1 and found_in(None, february) == []
    assert found_in(february, february, amount=50_00) == [], "in two halves"
    before = Claim(3, "INV-3", march, "MON", Decimal(1), "EA", 100_00, 1, february)
    assert found_in(march, claims=(before,)) == [] and found_in(None, claims=(before,)) == []
    (said,) = found_in(february, claims=(before,))
    assert said.endswith("for the period from 2026-02-28 again: INV-3 of 2026-03-31 did.")
