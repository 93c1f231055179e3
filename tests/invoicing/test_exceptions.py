"""Exceptions on the screen and behind it: the queue, one looked into, mended, asked about, overridden by another, put aside, issued."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse

from customers.models import BillingRequirement, TaxRate
from invoicing.models import CheckPolicy, Draft, Finding, Invoice
from invoicing.selectors.exceptions import Wanted, rows_of, totals
from invoicing.services import exceptions as work
from invoicing.services import issue_documents
from invoicing.services.checking import check_draft, check_issued
from invoicing.services.drafting import DraftRefused, restore_draft
from ledger.verify import verify_books
from orders.models import WorkOrder
from org.actors import NotAllowed
from org.models import Department
from tests.factories import DAY, SYSTEM, make_company, make_user
from tests.invoicing.lives import invoice_row, life, policy
from workflow.models import Event, Task
from workflow.services.tasks import answer_task

pytestmark = pytest.mark.django_db
WHY = "The customer's buyer agreed by mail on 12 September."


def enter(user):
    client = Client()
    client.force_login(user, backend="org.backends.EmailBackend")
    return client


@pytest.fixture
def company():
    found = make_company()
    policy(found)
    for code, name in (("orders", "Order management"), ("billing", "Billing"), ("service", "Service")):
        Department.objects.create(company=found, code=code, name=name)
    return found


@pytest.fixture
def held(company):
    one = life(company)
    (outcome,) = issue_documents([invoice_row(one, price="165.00")], actor=SYSTEM, source_system="erp")
    return Draft.objects.get(pk=outcome.draft_id)


def test_the_queue_tells_reason_origin_stake_and_sums(company, held):
    client = enter(make_user("specialist", company))
    body = client.get(reverse("invoicing:exceptions")).content.decode()
    for said in (held.number, held.customer.name, "150.00", "billing output", "nobody", "Total USD"):
        assert said in body, said
    assert held.number not in client.get(reverse("invoicing:exceptions") + "?origin=logistics").content.decode()
    assert held.number in client.get(reverse("invoicing:exceptions") + "?rule=price&owner=nobody&q=nordwind").content.decode()
    assert "Nothing fits" in client.get(reverse("invoicing:exceptions") + "?owner=me").content.decode()
    for view in ("asked", "answered", "clear", "issued", "discarded", "nonsense"):
        assert client.get(reverse("invoicing:exceptions") + f"?view={view}").status_code == 200
    csv = client.get(reverse("invoicing:exceptions") + "?format=csv").content.decode()
    assert "150.00" in csv and held.number in csv
    assert held.number not in enter(make_user("specialist", make_company())).get(reverse("invoicing:exceptions")).content.decode()


def test_one_is_looked_into_line_by_line_with_its_sources(company, held):
    page = enter(make_user("specialist", company)).get(reverse("invoicing:exception", args=[held.pk])).content.decode()
    for said in (
        "10 × 165.00",
        "10 × 150.00 ordered",
        "150.00 per HUR",
        "PO-1, l. 1",
        "CTR-1 v1",
        "WO-1",
        "signed 2026-08-11",
        "origin of",
    ):
        assert said in page, said
    finding = held.findings.get()
    assert finding.words.split("'")[0][:30] in page
    panel = enter(make_user("auditor", company)).get(
        reverse("invoicing:exception", args=[held.pk]) + "?line=1", headers={"HX-Request": "true"}
    )  # fmt: skip
    assert "<html" not in panel.content.decode() and "How the origin was found" in panel.content.decode()
    assert enter(make_user("senior", make_company())).get(reverse("invoicing:exception", args=[held.pk])).status_code == 404


def test_it_is_mended_checked_and_issued(company, held):
    user = make_user("specialist", company)
    client = enter(user)
    at = reverse("invoicing:exception-mend", args=[held.pk])
    form = client.get(at).context["form"]
    data = {bound.html_name: "" if bound.value() in (None, False) and bound.name != "version" else bound.value() for bound in form}
    assert client.post(at, data).status_code == 422
    assert client.post(at, {**data, "quantity_1": "ten"}).status_code == 422
    assert client.post(at, {**data, "unit_price_1": "150.00"}).status_code == 302
    held.refresh_from_db()
    assert (held.state, held.total, held.at_stake, held.payload["lines"][0]["amount"]) == ("clear", 1500_00, 0, "1500.00")
    assert held.findings.get().state == "fixed" and user.label in held.makers
    assert not Invoice.objects.exists()
    client.post(reverse("invoicing:exception-issue", args=[held.pk]))
    held.refresh_from_db()
    assert held.state == "issued" and held.invoice.total == 1500_00
    assert not verify_books(DAY)
    types = set(Event.objects.filter(subject_type="invoicing.draft").values_list("type", flat=True))
    assert types >= {"draft.held", "draft.changed", "draft.checked", "draft.issued"}
    (again,) = issue_documents([invoice_row({"n": 1, "customer": held.customer}, price="165.00")], actor=SYSTEM, source_system="erp")
    assert (again.outcome, again.invoice_id) == ("unchanged", held.invoice_id)


def test_two_people_who_mend_at_once_are_told(company, held):
    user = make_user("specialist", company)
    with pytest.raises(work.ExceptionRefused, match="someone else"):
        work.mend_draft(actor=user, draft=held, fields={"po_number": "PO-9"}, lines={}, version=held.version + 1, today=DAY)


def test_it_is_overridden_by_someone_who_did_not_make_it(company, held):
    finding = held.findings.get()
    specialist, senior, maker = (make_user(role, company) for role in ("specialist", "senior", "senior"))
    with pytest.raises(NotAllowed):
        work.override_findings(actor=specialist, draft=held, findings=[finding], reason=WHY)
    with pytest.raises(work.ExceptionRefused, match="say why"):
        work.override_findings(actor=senior, draft=held, findings=[finding], reason="ok")
    work.mend_draft(actor=maker, draft=held, fields={"cost_code": "CC-1"}, lines={}, version=held.version, today=DAY)
    with pytest.raises(work.MakerIsNotChecker):
        work.override_findings(actor=maker, draft=held, findings=[finding], reason=WHY)
    with pytest.raises(DatabaseError, match="does not override"), transaction.atomic():
        Finding.objects.filter(pk=finding.pk).update(state="overridden", decided_by=maker.label, reason=WHY)
    client = enter(senior)
    client.post(reverse("invoicing:exception-override", args=[held.pk]), {"finding": finding.pk, "reason": WHY})
    held.refresh_from_db()
    finding.refresh_from_db()
    assert (held.state, held.at_stake, finding.state, finding.decided_by) == ("clear", 0, "overridden", senior.label)
    told = Event.objects.get(type="finding.overridden")
    assert (told.actor, told.data["reason"], told.data["rule"]) == (senior.label, WHY, "price")
    checked = check_draft(actor=senior, draft=held, today=DAY)
    assert checked.state == "clear" and held.findings.count() == 1
    page = client.get(reverse("invoicing:exception", args=[held.pk])).content.decode()
    assert WHY.split("'")[0] in page


def test_an_override_is_void_once_the_amount_is_another(company, held):
    senior, specialist = make_user("senior", company), make_user("specialist", company)
    work.override_findings(actor=senior, draft=held, findings=list(held.findings.all()), reason=WHY)
    held.refresh_from_db()
    work.mend_draft(
        actor=specialist, draft=held, fields={}, lines={1: {"unit_price": "170.00"}}, version=held.version, today=DAY
    )  # fmt: skip
    held.refresh_from_db()
    assert held.state == "held" and held.findings.filter(state="open").get().effect == 200_00


def test_the_tax_of_a_mended_line_follows_unless_it_is_typed(company, held):
    TaxRate.objects.create(
        company=company, code="T-10", name="Ten", jurisdiction="US", percent=10, valid_from=date(2026, 1, 1), created_by="test"
    )  # fmt: skip
    mend, user = {"draft": held, "fields": {}, "today": DAY}, make_user("specialist", company)
    line = {"tax_code": "T-10", "unit_price": "150.00"}
    first = work.mend_draft(actor=user, lines={1: line}, version=held.version, **mend)
    row = first.payload["lines"][0]
    assert Decimal(row["tax_amount"]) == Decimal(row["amount"]) / 10 > 0
    typed = work.mend_draft(actor=user, lines={1: {"unit_price": "160.00", "tax_amount": "1.00"}}, version=first.version, **mend)
    assert typed.payload["lines"][0]["tax_amount"] == "1.00"
    other = work.mend_draft(actor=user, lines={1: {"description": "As done"}}, version=typed.version, **mend)
    assert other.payload["lines"][0]["tax_amount"] == "1.00", "nothing that the tax hangs on was changed"


def test_what_cannot_be_read_is_said_beside_its_field(company, held):
    client = enter(make_user("specialist", company))
    url = reverse("invoicing:exception-mend", args=[held.pk])
    form = client.get(url).context["form"]
    typed = {name: form[name].value() for name in form.fields if not name.startswith("off_")}
    answer = client.post(url, {**typed, "unit_price_1": "abc", "document_date": ""})
    assert answer.status_code == 422 and answer.context["form"].errors == {"document_date": ["a day is needed"]}
    answer = client.post(url, {**typed, "unit_price_1": "abc"})
    assert answer.context["form"].errors == {"unit_price_1": ["price is a plain decimal, such as 2.5"]}
    answer = client.post(url, {**typed, "unit_price_1": ""})
    assert answer.context["form"].non_field_errors()[0].startswith("line 1: ")


def test_whoever_overrode_and_then_changes_the_document_has_overridden_nothing(company, held):
    senior, other = make_user("senior", company), make_user("senior", company)
    work.override_findings(actor=senior, draft=held, findings=list(held.findings.all()), reason=WHY)
    mend = {"draft": held, "lines": {}, "today": DAY}
    changed = work.mend_draft(actor=other, fields={"cost_code": "CC-1"}, version=held.version, **mend)
    assert changed.state == "clear", "nothing of what the senior looked at is another"
    changed = work.mend_draft(actor=senior, fields={"cost_code": "CC-2"}, version=changed.version, **mend)
    assert changed.state == "held" and changed.findings.filter(state="overridden").count() == 0
    with pytest.raises(work.MakerIsNotChecker):
        work.override_findings(actor=senior, draft=changed, findings=list(changed.findings.open()), reason=WHY)


def test_an_override_of_the_whole_is_void_once_more_is_billed(company):
    one = life(company)
    WorkOrder.objects.update(signed_off_by="", signed_off_on=None)
    BillingRequirement.objects.create(
        customer=one["customer"], company=company, kind="sign_off", params={}, valid_from=date(2026, 1, 1), created_by="test"
    )
    (outcome,) = issue_documents([invoice_row(one, hours=5)], actor=SYSTEM, source_system="erp")
    draft, senior = Draft.objects.get(pk=outcome.draft_id), make_user("senior", company)
    whole = draft.findings.open().filter(severity="block", effect=0)
    work.override_findings(actor=senior, draft=draft, findings=list(whole), reason=WHY)
    draft.refresh_from_db()
    mend = {"actor": make_user("specialist", company), "draft": draft, "fields": {}, "today": DAY}
    less = work.mend_draft(lines={1: {"quantity": "4"}}, version=draft.version, **mend)
    assert less.state == "clear"
    assert work.mend_draft(lines={1: {"quantity": "9"}}, version=less.version, **mend).state == "held"
    work.override_findings(actor=senior, draft=draft, findings=list(whole.all()), reason=WHY)
    (more,) = issue_documents([invoice_row(one, hours=10)], actor=SYSTEM, source_system="erp")
    assert more.outcome == "held" and whole.count() == 1


def test_what_was_put_aside_and_sent_again_is_not_brought_back_beside_it(company, held):
    user = make_user("specialist", company)
    work.discard_exception(actor=user, draft=held, reason="not right at all", today=DAY)
    issue_documents([invoice_row({"n": 1, "customer": held.customer}, price="170.00")], actor=SYSTEM, source_system="erp")
    with pytest.raises(DraftRefused, match="sent again"):
        restore_draft(actor=user, draft=held, today=DAY)


def test_a_department_is_asked_and_its_answer_stands_beside_the_finding(company, held):
    finding, specialist = held.findings.get(), make_user("specialist", company)
    client = enter(specialist)
    panel = client.get(reverse("invoicing:exception-peek", args=[held.pk]))
    assert panel.context["ask_form"].initial["department"] == "billing"
    data = {"department": "billing", "question": "Which price holds?", "due_date": "2026-12-01"}
    client.post(reverse("invoicing:finding-ask", args=[finding.pk]), data)
    task = Task.objects.get()
    assert (task.kind, task.department.code, task.amount, task.subject_id) == ("finding", "billing", 150_00, held.pk)
    with pytest.raises(work.ExceptionRefused, match="asked already"):
        work.ask_department(actor=specialist, finding=finding, department="billing", question="?", due_date=DAY, today=DAY)
    assert held.number in client.get(reverse("invoicing:exceptions") + "?view=asked").content.decode()
    answer_task(actor=SYSTEM, task=task, today=DAY, body="150.00 it is: the list is old")
    assert held.number in client.get(reverse("invoicing:exceptions") + "?view=answered").content.decode()
    assert "150.00 it is" in client.get(reverse("invoicing:exception", args=[held.pk])).content.decode()


def test_it_is_taken_given_and_put_aside_with_a_reason(company, held):
    specialist, supervisor = make_user("specialist", company), make_user("supervisor", company)
    enter(specialist).post(reverse("invoicing:exception-take", args=[held.pk]))
    held.refresh_from_db()
    assert held.owner == specialist
    with pytest.raises(NotAllowed):
        work.assign_exception(actor=specialist, draft=held, owner=supervisor)
    enter(supervisor).post(reverse("invoicing:exception-assign", args=[held.pk]), {"owner": supervisor.pk})
    held.refresh_from_db()
    assert held.owner == supervisor
    client = enter(specialist)
    client.post(reverse("invoicing:exception-discard", args=[held.pk]), {"reason": "no"})
    held.refresh_from_db()
    assert held.state == "held"
    client.post(reverse("invoicing:exception-discard", args=[held.pk]), {"reason": "Billed by the other branch"})
    held.refresh_from_db()
    assert held.state == "discarded"
    assert Event.objects.get(type="draft.put_aside").data["reason"] == "Billed by the other branch"


def test_an_action_in_the_queue_draws_the_queue_anew(company, held):
    client = enter(make_user("specialist", company))
    headers = {"HX-Request": "true", "HX-Current-URL": "http://testserver/invoices/exceptions/?view=held"}
    answer = client.post(reverse("invoicing:exception-check", args=[held.pk]), {"then": "queue"}, headers=headers)
    assert answer["HX-Retarget"] == "#list" and "still held" in answer["HX-Trigger"]
    assert held.number in answer.content.decode() and "<html" not in answer.content.decode()


def test_an_issued_invoice_explains_what_was_paid_short(company):
    policy(company, "record")
    (outcome,) = issue_documents([invoice_row(life(company), price="165.00")], actor=SYSTEM, source_system="erp")
    invoice = Invoice.objects.get(pk=outcome.invoice_id)
    client = enter(make_user("senior", company))
    at = reverse("invoicing:investigate", args=[invoice.pk])
    assert "check" in client.get(at).content.decode()
    client.post(reverse("invoicing:invoice-check", args=[invoice.pk]))
    finding = Finding.objects.get(invoice=invoice)
    page = client.get(at).content.decode()
    assert "150.00" in page and "Unexplained" in page and at in client.get(reverse("invoicing:detail", args=[invoice.pk])).content.decode()
    client.post(reverse("invoicing:invoice-note", args=[invoice.pk]), {"finding": finding.pk, "reason": WHY})
    finding.refresh_from_db()
    assert finding.state == "noted"
    assert [f.pk for f in check_issued(actor=SYSTEM, invoice=invoice, today=DAY)] == [finding.pk]


def test_too_much_on_one_and_too_little_on_another_is_not_nothing_at_stake(company):
    policy(company, "record")
    user = make_user("senior", company)
    for n, price in ((1, "165.00"), (2, "135.00")):
        (outcome,) = issue_documents([invoice_row(life(company, n), price=price)], actor=SYSTEM, source_system="erp")
        check_issued(actor=user, invoice=Invoice.objects.get(pk=outcome.invoice_id), today=DAY)
    wanted = Wanted(view="issued")
    (total,) = totals(user, wanted)
    assert total == ("USD", 2, 300_00, 3000_00) and total[2] == sum(row.at_stake for row in rows_of(user, wanted, 10))


def test_the_policy_is_set_by_those_who_may(company):
    supervisor = make_user("supervisor", company)
    at = reverse("invoicing:check-policy", args=[company.pk])
    assert enter(make_user("senior", company)).get(at).status_code == 403
    client = enter(supervisor)
    data = {
        "pushed": "warn",
        "drafted": "hold",
        "freight_skus": "FRT, FRT ,SHIP",
        "fee_skus": "",
        "rule_price": "hold",
        "rule_terms": "record",
    }
    assert client.post(at, {**data, "pushed": "maybe"}).status_code == 422
    assert client.post(at, data).status_code == 302
    found = CheckPolicy.objects.get(company=company)
    assert (found.pushed, found.rules, found.freight_skus) == ("warn", {"price": "hold", "terms": "record"}, ["FRT", "SHIP"])
    assert Event.objects.get(type="check_policy.changed").data["before"]["pushed"] == "hold"
    assert (
        "FRT, SHIP" in client.get(at).content.decode() and company.code in client.get(reverse("invoicing:check-policies")).content.decode()
    )
