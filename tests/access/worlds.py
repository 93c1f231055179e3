"""Two companies with one thing of every kind each, made in the same order, so that each table's nth row of the one has a twin in the
other: key 100_003 is ours, 200_003 is theirs, whatever the table. A third batch is of our company but another collector's portfolio.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

from arops.lib import clock
from cashapp.models import BandReview, BankTie, MatchPolicy, Receipt
from cashapp.readers.advice.layout import AdviceMapping
from cashapp.readers.advice.model import Advice
from cashapp.services import NewReceipt, import_bank_file, match_receipts, record_receipts
from cashapp.services.cheques import NewCheque, key_cheque, open_batch
from cashapp.services.reconciling import save_rule
from cashapp.services.remittances.joining import join
from cashapp.services.remittances.keying import key_remittance
from cashapp.services.remittances.layouts import NewLayout, save_layout
from cashapp.services.remittances.receiving import receive_remittances
from cashapp.services.uploading import take_bank_file
from collections_app.models import DunningLetter, DunningRun, Experiment
from collections_app.services.activities import log_activity
from collections_app.services.promises import give_promise
from collections_app.services.ranking import rank
from collections_app.services.strategies import create_standard_strategy, draft_version
from collections_app.services.trials import try_version
from customers.models import Contact, Customer
from customers.services.documents import save_documents
from customers.services.requirements import add_requirement
from customers.services.taxes import set_tax_rate
from disputes.models import Cause, Repeat
from disputes.services import note_dispute, open_dispute
from disputes.services.causes import add_cause
from disputes.services.levels import save_level
from disputes.services.problems import raise_problem
from disputes.services.settling import settle_dispute
from disputes.services.signing import save_sign_off_rule
from disputes.services.telling import standard_texts, tell_customer
from invoicing.models import Draft, Finding, Invoice
from invoicing.payload import digest
from invoicing.services import issue_documents
from invoicing.services.billing import claim_progress
from invoicing.services.drafting import save_draft
from invoicing.services.giving_up import request_write_off
from invoicing.services.importing import start_import
from invoicing.services.memo_rows import MemoLine
from invoicing.services.memos import request_memo
from invoicing.services.printing import create_print_batch
from invoicing.services.sending import send_invoice
from ledger.models import OpenItem
from ledger.services import close_period
from messaging.models import Message
from messaging.services import Enclosed, queue_message
from orders.models import Contract
from orders.services import (
    save_contracts,
    save_deliveries,
    save_orders,
    save_purchase_orders,
    save_unit_conversions,
    save_work_orders,
)
from orders.services.lists import start_list
from org import policy
from org.models import Company, Department, User
from org.services import Grant, create_api_key, set_roles
from reports.services import take_snapshot
from tests.access.inbox_worlds import make_answers, make_inbox
from tests.access.ladder_worlds import make_ladder
from tests.access.letter_worlds import make_letters
from tests.access.mail_worlds import make_mail, pictured
from tests.access.payer_worlds import make_payers
from tests.access.plan_worlds import make_plans
from tests.access.portfolio_worlds import make_portfolio
from tests.access.refund_worlds import make_refunds
from tests.access.rule_worlds import make_rules, make_versions
from tests.cashapp.worlds import Row, camt, make_bank, money_in
from tests.factories import SYSTEM, issue, make_company, make_customer, make_user
from workflow.models import Job
from workflow.services import store_file
from workflow.services.attachments import attach
from workflow.services.limits import name_deputy
from workflow.services.links import create_link
from workflow.services.tasks import open_task

OURS, THEIRS, COLLEAGUES = 100_000, 200_000, 300_000
TODAY = date(2026, 9, 20)
NOW = datetime.fromisoformat("2026-09-20T08:00:00+00:00")


@dataclass
class Side:
    """A company with all that hangs on it, and a person of every role in it."""

    company: Company
    people: dict[str, User]
    secrets: dict[str, str]


def renumber(connection: Any, start: int) -> None:
    """Every table's next key is start + 1. Needs a superuser's connection."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT setval(c.oid, %s) FROM pg_class c WHERE relkind = 'S' AND relnamespace = 'public'::regnamespace", [start])
    connection.commit()


def make_side(code: str, iban: str) -> Side:
    """A company and one thing of every kind."""
    company = make_company(code, currency="EUR")
    people = {role: make_user(role, company, scope="portfolio" if role == "sales" else "company") for role in policy.ROLES}
    service = Department.objects.create(company=company, code="service", name="Service")
    people["collaborator"].memberships.update(department=service)  # type: ignore[attr-defined]
    set_tax_rate(actor=SYSTEM, company=company, code="STD", name="Standard", jurisdiction="DE", percent=Decimal(19), valid_from=TODAY)
    save_level(actor=SYSTEM, company=company, reason="price", department=None, days=4)
    secrets = {scope: create_api_key(actor=SYSTEM, name=scope, scopes=[scope], companies=[company])[1] for scope in sorted(policy.SCOPES)}
    add_cause(actor=SYSTEM, company=company, name=f"Cause of {code}", stage="pricing_setup")
    bank = make_bank(company, identifier=iban)
    MatchPolicy.objects.create(company=company)
    customer = make_things(company, people["specialist"], bank, code)
    unit = {"company": company.code, "from_unit": "CS", "to_unit": "EA", "factor": "12"}  # of the company, of no portfolio
    assert save_unit_conversions([unit], actor=SYSTEM)[0].outcome == "created"
    _files(company, people, bank, iban, customer)
    _bank_days(company, bank)
    _runs(company, people, customer)
    make_versions(company, people, TODAY)
    make_portfolio(company, people, TODAY)
    make_answers(company)
    make_ladder(company, people, customer, NOW)
    name_deputy(
        actor=people["controller"], person=people["controller"], deputy=people["supervisor"], first_day=TODAY, last_day=TODAY, today=TODAY
    )
    rank(company=company, day=TODAY, now=clock.now())
    more = [Grant(company, "auditor"), Grant(company, "senior")]
    assert set_roles(actor=people["administrator"], user=people["auditor"], grants=more, now=NOW), "it waits for a second person"
    return Side(company, people, secrets)


def make_things(company: Company, collector: User, bank: Any, name: str) -> Customer:
    """What hangs on a customer: documents, receipts, a match, a dispute, a promise, a call, mail."""
    customer = make_customer(
        company, f"{name} Works", collector=collector, number=f"K-{name}", source_system="erp", external_id=f"X-{name}"
    )
    contact = Contact.objects.create(
        customer=customer, name="Eva", email="eva@customer.example", source_system="erp", external_id=f"X-{name}"
    )
    documents = [_document(company, name, n, kind) for n, kind in enumerate(["invoice", "invoice", "invoice", "credit_memo", "debit_memo"])]
    done = issue_documents(documents, actor=SYSTEM, source_system="erp")
    assert all(o.outcome == "created" for o in done), done
    _deliveries(company, collector, customer, name)
    _exceptions(company, name)
    _requests(company, collector, customer)
    first, second = OpenItem.objects.filter(customer=customer, kind="invoice").order_by("pk")[:2]
    source = f"api:{company.pk}:erp:X-{name}"
    dispute = open_dispute(actor=collector, open_item=first, amount=10_00, reason="price", today=TODAY, source=source)
    note_dispute(actor=collector, dispute=dispute, body="looked into it")
    standard_texts(actor=SYSTEM, company=company)
    tell_customer(actor=collector, dispute=dispute, event="opened", now=NOW, today=TODAY, wanted=True)
    make_inbox(customer, collector, name, NOW, TODAY)
    day = TODAY + timedelta(days=5)
    give_promise(actor=collector, customer=customer, items=[second], amount=second.balance, due_on=day, today=TODAY)
    log_activity(actor=collector, customer=customer, kind="call", outcome="no_answer", today=TODAY, contact=contact)
    paid = money_in(bank, 118_00, customer, text=f"INV-{name}-2", day=TODAY)  # what the write-off left of it
    match_receipts(company=company, actor=SYSTEM, today=TODAY, receipts=[paid], post=True)
    waiting = money_in(bank, 50_00, customer, text="hello", day=TODAY)
    match_receipts(company=company, actor=SYSTEM, today=TODAY, receipts=[waiting], post=False)
    make_letters(customer, collector, name, NOW, TODAY)
    _messages(company, customer, name)
    _order_life(company, customer, name)
    _silent(company, collector, bank, name)
    _advices(collector, bank, customer, waiting, name)
    make_mail(customer, collector, name)
    make_plans(customer, collector, name, NOW, TODAY)
    make_refunds(customer, name, NOW)
    make_payers(customer, collector, bank, name, TODAY)
    make_rules(customer, name, TODAY)
    _papers(collector, customer, name)
    _repeated(customer, name)
    _settling(collector, first)
    return customer


def _advices(collector: User, bank: Any, customer: Customer, receipt: Receipt, name: str) -> None:
    """An advice with a scan, joined to a receipt; one that another system told; a layout; cheques that are being keyed."""
    company, scan = customer.company, pictured(name)
    file, _ = store_file(actor=collector, name=f"{name}.png", content=scan, content_type="image/png")
    store_file(actor=collector, name="list.csv", content=f"Invoice,Amount paid\nINV-{name}-1,5.00\n".encode())
    advice = Advice("EUR", 50_00, payer_name=customer.name, reference=name)
    told = key_remittance(actor=SYSTEM, company=company, advice=advice, customer=customer, stored_file=file)
    receipt.refresh_from_db()
    join(actor=SYSTEM, remittance=told, receipt=receipt, version=receipt.version, today=TODAY, now=NOW)
    row = {"company": company.code, "customer": customer.number, "currency": "EUR", "total": f"7.0{len(name)}", "external_id": f"X-{name}"}
    (sent,) = receive_remittances([row], actor=SYSTEM, source_system="erp")
    assert sent.outcome == "created", sent
    save_layout(actor=collector, company=company, layout=NewLayout(name, AdviceMapping("Invoice", "Paid"), "f", customer=customer))
    BandReview.objects.create(company=company, opened_by=collector, day=TODAY, percent=10, sample=[receipt.pk])
    batch = open_batch(actor=collector, bank_account=bank, deposit_date=TODAY, expected_count=2, expected_total=9_00, today=TODAY)
    key_cheque(actor=collector, batch=batch, cheque=NewCheque(4_00, "101", customer=customer, image=file))


def _settling(collector: User, item: OpenItem) -> None:
    """A case that is being settled: a department is to sign it off, with a file that says why."""
    service = Department.objects.get(company=item.company, code="service")
    rule = {"resolution": "withdrawn", "stage": "", "from_amount": 0, "currency": "EUR"}
    save_sign_off_rule(actor=SYSTEM, company=item.company, department=service, **rule)
    case = open_dispute(actor=collector, open_item=item, amount=5_00, reason="tax", today=TODAY, source=f"settling:{item.pk}")
    file = attach(actor=SYSTEM, subject=case, kind="evidence", name="word.pdf", content=b"%PDF-1.7 word " + case.number.encode())
    settle_dispute(
        actor=collector, dispute=case, resolution="withdrawn", amount=0, version=case.version, token="t", today=TODAY, now=NOW,
        payload={"attachments": [file.pk]},
    )  # fmt: skip


def _repeated(customer: Customer, name: str) -> None:
    """A cause that came back at the customer: offered, and raised as a problem by hand."""
    company = customer.company
    cause = Cause.objects.filter(company=company).order_by("pk")[0]
    at = {"dimension": "customer", "source": str(customer.pk), "source_label": customer.name}
    raise_problem(actor=SYSTEM, company=company, cause=cause, today=TODAY, **at)
    counted = {"cases": 3, "invoices": 9, "amount": 30_00, "all_cases": 4, "all_invoices": 90, "since": TODAY, "found_on": TODAY}
    Repeat.objects.create(company=company, cause=cause, **at, **counted)


def _papers(collector: User, customer: Customer, name: str) -> None:
    """What the customer wants of invoices, a paper it waits for, a file, a question to a department about it."""
    add_requirement(actor=SYSTEM, customer=customer, kind="cost_code", params={}, valid_from=TODAY)
    row = {"customer": f"cus_{customer.pk}", "kind": "exemption", "external_id": f"X-{name}"}
    save_documents([row], actor=SYSTEM, source_system="erp", today=TODAY)
    attach(actor=SYSTEM, subject=customer, kind="certificate", name=f"{name}.pdf", content=b"%PDF-1.7 " + name.encode())
    task = open_task(
        actor=collector, company=customer.company, kind="question", title=f"Sign-off of {name} Works?", due_date=TODAY, subject=customer,
        dedupe_key=f"task:{name}", department="service", customer_id=customer.pk, today=TODAY,
    )  # fmt: skip
    create_link(actor=collector, task=task, email=f"pat@{name}.example", now=timezone.now(), today=TODAY)
    attach(actor=collector, subject=task, kind="delivery", name=f"{name}-pod.pdf", content=b"%PDF-1.7 pod " + name.encode())


def _order_life(company: Company, customer: Customer, name: str) -> None:
    """A contract with a price, a purchase order, an order, its delivery and its work order."""
    common = {"company": company.code, "customer": customer.number, "external_id": f"X-{name}"}
    price = {"sku": "SRV", "unit": "HUR", "unit_price": "100.00"}
    version = {"valid_from": "2026-01-01", "prices": [price], "steps": [{"code": "M1", "name": "Foundation", "amount": "10.00"}]}
    links = {"contract": f"CT-{name}", "purchase_order": f"PO-{name}"}
    line = {"sku": "SRV", "unit": "HUR", "quantity": "1"}
    for save, row in (
        (save_contracts, {"number": f"CT-{name}", "versions": [version]}),
        (save_purchase_orders, {"number": f"PO-{name}", "issued_on": "2026-07-01", "contract": f"CT-{name}"}),
        (save_orders, {"number": f"SO-{name}", "ordered_on": "2026-07-02", **links, "lines": [{**line, "unit_price": "100.00"}]}),
        (save_deliveries, {"number": f"DL-{name}", "order": f"SO-{name}", "shipped_on": "2026-07-03"}),
        (save_work_orders, {"number": f"WO-{name}", "order": f"SO-{name}", "ordered_on": "2026-07-02", **links, "lines": [line]}),
    ):
        (saved,) = save([{**common, **row}], actor=SYSTEM, source_system="erp")
        assert saved.outcome == "created", saved
    progress = {"valid_from": "2026-01-01", "billing": "progress", "retainage_percent": "10", "not_to_exceed": "1000.00"}
    save_contracts(
        [{**common, "external_id": f"P-{name}", "number": f"CP-{name}", "versions": [progress]}], actor=SYSTEM, source_system="erp"
    )
    claim_progress(actor=SYSTEM, contract=Contract.objects.get(number=f"CP-{name}"), percent=Decimal(10), today=TODAY, day=TODAY)


def _requests(company: Company, collector: User, customer: Customer) -> None:
    """A write-off that was done, and a credit memo that waits for approval."""
    common = {"day": TODAY, "today": TODAY, "now": NOW}
    item = OpenItem.objects.filter(customer=customer, kind="invoice").order_by("pk")[2]
    request_write_off(actor=SYSTEM, items=[(item, 1_00)], reason_code="small_balance", token=f"w:{customer.pk}", **common)
    invoice = Invoice.objects.filter(customer=customer, kind="invoice").order_by("pk")[1]
    lines = [MemoLine(None, 10_00)]
    request_memo(actor=collector, invoice=invoice, lines=lines, reason_code="price", token=f"m:{customer.pk}", **common)


def _silent(company: Company, collector: User, bank: Any, name: str) -> None:
    """A customer nobody has spoken to, long overdue: a letter is due. And money of theirs that an ERP told."""
    customer = make_customer(company, f"{name} Quiet", collector=collector, number=f"Q-{name}")
    Contact.objects.create(customer=customer, name="Otto", email="otto@customer.example")
    issue(customer, 900_00, day=date(2026, 6, 1), due=date(2026, 7, 1), number=f"OLD-{name}")
    told = NewReceipt(5_00, TODAY - timedelta(days=10), customer=customer, external_id=f"R-{name}", source_system="erp")
    record_receipts(actor=SYSTEM, bank_account=bank, rows=[told])


def _document(company: Company, name: str, n: int, kind: str) -> dict[str, Any]:
    number = f"INV-{name}-{n}"
    return {
        "company": company.code, "customer": {"external_id": f"X-{name}"}, "kind": kind, "number": number, "external_id": number,
        "currency": "EUR", "document_date": "2026-08-01", "due_date": "2026-08-20", "total": "119.00",
        "lines": [{"description": "work", "quantity": "1", "unit_price": "119.00", "amount": "119.00"}],
    }  # fmt: skip


def _exceptions(company: Company, name: str) -> None:
    """A document that the check holds, with what was found in it; something found in an issued invoice."""
    row = _document(company, name, 9, "invoice") | {"source_system": "erp"}
    draft = save_draft(actor=SYSTEM, row=row, origin="erp", today=TODAY, source_system="erp")
    Draft.objects.filter(pk=draft.pk).update(state="held", held_since=NOW, checked_hash=digest(draft.payload))
    invoice = Invoice.objects.get(company=company, number=f"INV-{name}-0")
    found = {"company": company, "rule": "price", "severity": "block", "effect": 10_00, "currency": "EUR", "origin": "pricing_setup"}
    Finding.objects.create(draft=draft, words="Billed at another price.", key="price:1", lines=[1], **found)
    Finding.objects.create(invoice=invoice, words="Billed at another price.", key="price:1", lines=[1], **found)


def _deliveries(company: Company, collector: User, customer: Customer, name: str) -> None:
    """A document that waits to be printed with its batch laid out; enough of the parties for an e-invoice."""
    Company.objects.filter(pk=company.pk).update(country="DE", registration="HRB 1")
    Customer.objects.filter(pk=customer.pk).update(country="DE", address="Weg 1\n10115 Berlin")
    customer.refresh_from_db()
    invoice = Invoice.objects.select_related("company", "customer").get(company=company, number=f"INV-{name}-2")
    send_invoice(actor=SYSTEM, invoice=invoice, now=NOW, today=TODAY, channel="print")
    batch = create_print_batch(actor=collector, company=company, today=TODAY)
    batch.pdf, _ = store_file(actor=SYSTEM, name=f"{name}-batch.pdf", content=f"batch {name}".encode(), content_type="application/pdf")
    batch.manifest = batch.pdf
    batch.save()


def _messages(company: Company, customer: Customer, name: str) -> None:
    file, _ = store_file(actor=SYSTEM, name=f"{name}.pdf", content=name.encode(), content_type="application/pdf")
    for n, state in enumerate(["pending", "failed", "parked", "letter"]):
        message, _ = queue_message(
            actor=SYSTEM, company=company, customer=customer, kind="reply", dedupe_key=f"{name}:{n}", recipients=["eva@customer.example"],
            subject="About your account", body="Dear Eva", attachments=[Enclosed(file, file.name)], not_before=NOW,
            channel="letter" if state == "letter" else "email",
        )  # fmt: skip
        if state in ("failed", "parked"):
            Message.objects.filter(pk=message.pk).update(state=state)


def _files(company: Company, people: dict[str, User], bank: Any, iban: str, customer: Customer) -> None:
    """A bank file with a stranger's money and a returned item; one that is kept aside; a list of invoices."""
    rows = [Row(70_00, "who knows", "Stranger"), Row(-50_00, "return", customer.name, reversal=True)]
    import_bank_file(actor=SYSTEM, content=camt(rows, account=iban, day=TODAY), name="a.xml", today=TODAY, company=company)
    gap = camt([Row(9_00)], account=iban, opening=777_00, number=2, day=TODAY + timedelta(days=1))
    try:
        take_bank_file(actor=people["senior"], content=gap, name="gap.xml", today=TODAY, now=NOW)
    except Exception as error:  # it is held, and kept for someone to decide
        assert "opens with" in str(error)
    content = f"company,number,customer,total\n{company.code},N-1,X,1.00\n".encode()
    for role in ("specialist", "senior"):
        start_import(actor=people[role], content=content + role.encode(), name="list.csv", source="csv", company=company)
        start_list(actor=people[role], kind="orders", content=content + role.encode(), name="list.csv", source="csv", company=company)


def _bank_days(company: Company, bank: Any) -> None:
    """Lines of bank and books that a person laid together, and a rule for credits that nobody claims."""
    BankTie.objects.create(bank_account=bank, statement_lines=[0], ledger_lines=[0], amount=0, made_by=SYSTEM.label)
    save_rule(actor=SYSTEM, company=company, country="DE", region="", months=36, notice_months=3, basis="a law")


def _runs(company: Company, people: dict[str, User], customer: Customer) -> None:
    """A strategy with a run and its letter, jobs in every state, a snapshot, a closed period."""
    strategy = create_standard_strategy(actor=SYSTEM, company=company)
    draft = draft_version(actor=SYSTEM, strategy=strategy)
    try_version(actor=SYSTEM, version=draft, day=TODAY)
    Experiment.objects.create(
        company=company, champion=strategy.versions.get(number=1), challenger=draft, share=50, seed="s", starts_on=TODAY,
        made_by=SYSTEM.label,
    )  # fmt: skip
    run = DunningRun.objects.create(company=company, day=TODAY, actor=SYSTEM.label)
    pdf, _ = store_file(actor=SYSTEM, name="letter.pdf", content=f"letter {company.code}".encode())
    DunningLetter.objects.create(run=run, company=company, customer=customer, currency="EUR", level=1, amount=119_00, cycle="1", pdf=pdf)
    for state in Job.State.values:
        file = pdf if state == "done" else None
        Job.objects.create(company=company, kind="nightly", slot=f"{company.code}:{state}", state=state, created_by=SYSTEM.label, file=file)
    told = {"customer": customer.number, "currency": "EUR", "amount": "1.00", "due_date": "2026-12-01"}
    Job.objects.create(
        kind="promise_check", slot=f"{company.code}:promises", state="done", created_by=people["specialist"].label, file=pdf,
        params={"name": f"{company.code}.csv"}, counts={"created": 1, "unchanged": 0, "rejected": 0},
        results=[{"line": 2, **told, "outcome": "created", "id": None, "errors": []}],
    )  # fmt: skip
    take_snapshot(company=company, day=date(2026, 8, 31), actor=SYSTEM)
    closed = company.periods.order_by("span").first()
    close_period(period=closed, actor=people["controller"], at=NOW)
