"""A small demo company loads through the services, with books that tie and a thing of each kind to look at."""

from datetime import date, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db.models import F, Sum
from django.test import Client
from django.utils import timezone

from arops.demo.faults import make_faults
from arops.demo.lives import make_lives
from arops.demo.mistakes import FIRST, WAYS, make_mistakes
from arops.demo.plan import make_plan
from arops.demo_logins import DEMO_LOGINS
from cashapp.models import BankStatement, Match, PayerAlias, Receipt, Remittance
from collections_app.models import (
    Absence,
    Activity,
    ChargePolicy,
    DunningOutlook,
    Experiment,
    Inquiry,
    Promise,
    SentStatement,
    Strategy,
)
from customers.models import BillingRequirement, Contact, Customer, CustomerDocument
from disputes.models import Cause, Dispute, DisputeFinding, DisputeMovement, Problem, ProblemMeasure, Settlement, SignOff
from invoicing.models import CheckPolicy, Draft, Finding, Invoice, InvoiceLine
from invoicing.selectors.unbilled import Asked, of_company
from invoicing.services.checking import check_recorded
from ledger.models import FxRate, OpenItem, Period
from ledger.verify import verify_books
from messaging.models import LetterBatch
from orders.models import Contract, ContractVersion, WorkOrder
from org.actors import SystemActor
from org.models import ApiKey, Company, User
from reports.models import AgingSnapshot
from tests.demo import day_of_cash
from workflow.models import Job, StoredView, Task, TaskLink

TODAY = date(2026, 11, 25)
pytestmark = pytest.mark.django_db


@pytest.fixture
def loaded(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The demo with one customer in sixteen; the folder with the files that wait. They are read without a process for each."""
    for module in ("cashapp.services.importing", "cashapp.services.remittances.taking", "cashapp.services.remittances.mail",
                   "cashapp.services.remittances.layouts", "messaging.services.receiving"):  # fmt: skip
        monkeypatch.setattr(f"{module}.run_bounded", day_of_cash.in_this_process)
    settings.VAR_DIR, settings.BUSINESS_DATE = tmp_path, TODAY
    call_command("load_demo", share=0.06, as_owner=False, stdout=StringIO())
    return tmp_path / "demo"


def test_the_demo_company(loaded: Path) -> None:
    """One load (it takes seconds), and all that is told about it."""
    assert verify_books(TODAY) == []
    _is_whole()
    _has_something_to_do()
    _months_are_closed_but_one()
    _lets_everybody_in()
    _orders_stand_behind_recent_invoices()
    _the_check_holds_what_is_wrong()
    _a_specialist_finds_her_own()
    _cases_tell_a_story()
    _a_deduction_waits()
    _problems_are_measured()
    _collections_have_each_thing()
    _a_day_of_cash(loaded)
    with pytest.raises(CommandError, match="holds companies already"):
        call_command("load_demo")


def _is_whole() -> None:
    assert sorted(Company.objects.values_list("code", "base_currency")) == [("DE01", "EUR"), ("US01", "USD"), ("US02", "USD")]
    assert Customer.objects.count() == 25 and Contact.objects.exists() and FxRate.objects.exists()
    assert not Customer.objects.filter(collector=None).exists()
    assert Invoice.objects.filter(kind="invoice").count() == OpenItem.objects.filter(kind="invoice").count() > 300
    assert BankStatement.objects.filter(gap_reason="").count() == BankStatement.objects.count() > 40
    assert Match.objects.exclude(rule="manual").count() > 0.9 * Match.objects.count()
    assert AgingSnapshot.objects.filter(ties=True).count() == AgingSnapshot.objects.count() == 18
    assert Strategy.objects.count() == 6 and ApiKey.objects.get().last_used_at is None


def _has_something_to_do() -> None:
    assert Receipt.objects.unidentified().exists(), "unidentified cash"
    assert OpenItem.objects.filter(kind="invoice", balance__gt=0, due_date__lt=TODAY).exists(), "overdue invoices"
    assert Activity.objects.exists() and Dispute.objects.exists()
    assert {"kept", "broken"} <= set(Promise.objects.values_list("state", flat=True))
    assert Match.objects.filter(rule="manual").exists() and PayerAlias.objects.exists(), "people cleared some, and payers were learnt"


def _months_are_closed_but_one() -> None:
    for company in Company.objects.all():
        states = list(Period.objects.filter(company=company, span__startswith__lte=TODAY).order_by("span").values_list("name", "state"))
        assert [name for name, state in states if state == "open"] == ["2026-10", "2026-11"]
        assert [state for _, state in states[:-2]] == ["closed"] * (len(states) - 2)


def _lets_everybody_in() -> None:
    for login in DEMO_LOGINS:
        client = Client()
        answer = client.post("/login/", {"username": login.email, "password": login.password})
        assert answer.status_code == 302, login
        assert User.objects.get(email=login.email).memberships.exists()
    assert not User.objects.get(email="jonas@demo.example").has_usable_password()


def _orders_stand_behind_recent_invoices() -> None:
    """What was billed on an order, a contract, a work order stands the check; some work is done and not billed."""
    for company in Company.objects.all():
        CheckPolicy.objects.filter(company=company).update(recorded_until=None, pushed=CheckPolicy.Mode.RECORD)
        check_recorded(actor=SystemActor("test"), company=company, now=timezone.now())
    assert InvoiceLine.objects.filter(sales_order__isnull=False, agreement__isnull=False).count() > 50
    found = Finding.objects.filter(invoice__lines__sales_order__isnull=False).select_related("invoice").distinct()
    plan = make_plan(TODAY, share=0.06)
    mistakes = {(m.number, m.rule) for m in make_mistakes(make_lives(plan), plan)}
    said = {(f.invoice.number, f.rule) for f in found if f.invoice and f.rule != "near_duplicate"}  # so few customers have the same mistake
    assert said <= mistakes and max(mistakes) in said, "the check explains what went out wrong, and finds nothing else"
    assert {WorkOrder.objects.filter(number__startswith="WO-N", state="done").exists(), Contract.objects.exists()} == {True}
    assert ContractVersion.objects.filter(escalator_percent__gt=0).exists() and ContractVersion.objects.filter(number=2).exists()
    assert {"w9", "insurance"} <= set(CustomerDocument.objects.values_list("kind", flat=True)) and BillingRequirement.objects.exists()


def _the_check_holds_what_is_wrong() -> None:
    plan = make_plan(TODAY, share=0.06)
    faults = {f.document["number"]: f.rule for f in make_faults(make_lives(plan), plan.invoices)}
    held = {d.number: d for d in Draft.objects.filter(origin="erp")}
    assert held.keys() == faults.keys() and len(held) > 3
    for number, draft in held.items():
        assert [f.rule for f in draft.findings.all()] == [faults[number]], number
    assert Task.objects.filter(kind="finding", department__code="service", state="open").exists()
    us = Company.objects.get(code="US01")
    offers = of_company(us, Asked(us.pk, TODAY)).offers
    assert offers and not [offer.number for offer in offers if "-F" in offer.number and offer.is_ready], "drafts bill them already"


def _a_specialist_finds_her_own() -> None:
    """Ana sees her own portfolio alone: documents of hers are held, others are hers to issue."""
    ana = User.objects.get(email="ana@demo.example")
    hers = Draft.objects.visible_to(ana, "invoices.issue")
    assert {d.customer.collector_id for d in hers} == {ana.pk}
    assert hers.held().exists() and hers.filter(state=Draft.State.CLEAR).exists()


def _cases_tell_a_story() -> None:
    """A year of cases, most of them closed, in several ways, with what was found; some are asked about, by a link too."""
    cases = Dispute.objects.all()
    assert cases.count() > 20 and {"resolved", "open", "waiting"} <= set(cases.values_list("state", flat=True))
    assert {"credited", "paid"} <= set(cases.values_list("resolution", flat=True))
    assert cases.exclude(cause=None).count() > cases.count() / 2 and DisputeFinding.objects.exclude(looked_at=[]).exists()
    assert cases.exclude(order_desk="").exists() and cases.exclude(product="").count() > cases.count() / 2
    assert min(cases.values_list("opened_on", flat=True)) < TODAY - timedelta(days=200)
    assert Settlement.objects.filter(state="done").exists() and SignOff.objects.filter(state="waiting").exists()
    assert Task.objects.filter(kind="dispute", state="closed").exists() and TaskLink.objects.exists()
    closed = cases.exclude(resolved_on=None)
    assert not closed.filter(resolved_on__lt=F("opened_on")).exists() and Cause.objects.values("company").distinct().count() == 3
    for moved in DisputeMovement.objects.values("dispute").annotate(left=Sum("delta")):
        case = cases.get(pk=moved["dispute"])
        assert moved["left"] == (0 if case.resolution else case.amount), case.number


def _a_deduction_waits() -> None:
    """Ana's: paid short by just what was billed wrongly, more than she may allow alone."""
    case = Dispute.objects.get(open_item__number=f"INV-{FIRST + len(WAYS) - 1}")
    ana = User.objects.get(email="ana@demo.example")
    assert (case.state, case.kind, case.owner) == ("open", "deduction", ana) and case.amount > 500_00
    assert (
        case.amount == case.open_item.balance and not case.findings.exists() and Dispute.objects.visible_to(ana, "disputes.work").exists()
    )


def _problems_are_measured() -> None:
    assert Problem.objects.filter(state="measuring", measures__isnull=False).count() == 2
    assert ProblemMeasure.objects.filter(problem__cause__code="work_proof").get().result["verdict"] == "too_few"


def _collections_have_each_thing() -> None:
    """What so few customers allow: letters printed and posted, an experiment, inquiries, statements, who is away, a shared view."""
    assert set(Inquiry.objects.values_list("state", flat=True)) >= {"new"} and SentStatement.objects.exists()
    assert LetterBatch.objects.exclude(posted_on=None).exclude(proof_note="").exists()
    assert Experiment.objects.get().state == "running" and Absence.objects.count() == 2
    assert StoredView.objects.filter(is_shared=True).exists() and DunningOutlook.objects.exists()
    assert ChargePolicy.objects.get().notice == "mail" and Job.objects.get().state == "done"


def _a_day_of_cash(folder: Path) -> None:
    """Two statements, a lockbox, thirty remittances and mails wait; the day ends with signed-off accounts and books that tie."""
    names = {path.name.split("-")[0] for path in folder.iterdir() if path.is_file()} - {"erp", "what"}
    assert names == {"DE01", "US01", "US02"} and "lockbox 5501" in (folder / "what-is-here.txt").read_text()
    assert (folder / "erp-key").read_text().startswith("ar_live_") and (folder / "erp-key").stat().st_mode & 0o077 == 0
    desk = day_of_cash.Desk(folder, TODAY, timezone.now())
    desk.bring_advices()
    assert desk.bring_bank_files() > 20
    advices, joined = day_of_cash.joined()
    assert advices == len([*folder.glob("remittances/*/*"), *folder.glob("mails/*/*")]) > 12 and joined == advices
    assert set(Remittance.objects.values_list("source", flat=True)) == {"file", "mail", "hand"}
    assert {"X12 820", "EDIFACT REMADV", "CSV", "Excel", "PDF"} <= set(Remittance.objects.values_list("format", flat=True))
    assert desk.send_back() == 1
    desk.clear()
    signed = desk.sign_off()
    assert [row.state for row in signed] == ["signed", "signed"]
    left = {item.kind for row in signed for item in row.items.all()}  # type: ignore[attr-defined]
    assert left <= {"not_receivable", "opening"}, "all that is ours stands on both sides"
    assert verify_books(TODAY) == []
