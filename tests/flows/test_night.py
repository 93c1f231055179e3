"""The night, told from evening to morning: what it does, that it can be repeated, killed, and goes on where it stopped."""

import os
import signal
import subprocess
import sys
import time
from datetime import date, timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from arops.lib.refusal import Refused
from cashapp.models import Match
from cashapp.services import NewReceipt, record_receipts
from collections_app.models import DunningLetter, Promise
from collections_app.services.promises import give_promise
from collections_app.services.strategies import create_standard_strategy
from customers.models import Contact
from ledger.verify import verify_books
from messaging.models import Message
from reports import night as nights
from reports import tasks
from reports.models import AgingSnapshot
from reports.night import STEPS, due_day, slot_of
from tests.cashapp.worlds import make_bank
from tests.factories import DAY, SYSTEM, issue, make_company, make_customer
from workflow.models import AuditSeal, Event, Job
from workflow.services.audit import check_chain

ROOT = Path(__file__).resolve().parents[2]
D = date(2026, 9, 15)


def run(*args):
    out = StringIO()
    call_command("nightly", *args, stdout=out, stderr=out)
    return out.getvalue()


def states(day=D):
    return dict(Job.objects.filter(params__day=day.isoformat()).values_list("slot", "state"))


@pytest.fixture
def company(db):
    """One company with a late invoice, a promise that runs out, and a paid one."""
    company = make_company("US01")
    customer = make_customer(company)
    late = issue(customer, 500_00, day=D - timedelta(days=90))
    give_promise(
        actor=SYSTEM, customer=customer, items=[late], amount=500_00, due_on=D - timedelta(days=10), today=D - timedelta(days=20)
    )  # fmt: skip
    return company


def test_a_night_does_all_its_steps_in_order_and_says_so(company):
    told = run("--date", str(D))
    assert all(state == "done" for state in states().values())
    assert list(states()) and len(states()) == len(STEPS) + 1
    assert [line.split()[0] for line in told.splitlines() if line.startswith("  ")] == [step.code for step in STEPS]
    assert Promise.objects.get().state == "broken"
    assert AgingSnapshot.objects.get().day == D
    assert AuditSeal.objects.exists() and list(check_chain()) == []
    assert "Audit chain:" in told


def test_repeated_it_leaves_a_night_that_is_done_alone(company):
    run("--date", str(D))
    before = Event.objects.count(), Job.objects.count()
    assert "done already" in run("--date", str(D))
    assert (Event.objects.count(), Job.objects.count()) == before


def test_run_again_nothing_is_done_twice(company):
    run("--date", str(D))
    verdicts = Event.objects.filter(type__startswith="promise.").count()
    run("--date", str(D), "--again")
    assert Event.objects.filter(type__startswith="promise.").count() == verdicts
    assert AgingSnapshot.objects.count() == 1
    assert all(state == "done" for state in states().values())


def test_a_step_that_fails_stops_no_other_and_is_run_again_the_next_time(company, monkeypatch):
    def broken(**kwargs):
        raise Refused("the rates of the day are missing")

    monkeypatch.setattr(nights, "decide_promises", broken)
    with pytest.raises(CommandError, match="failed in US01"):
        run("--date", str(D))
    found = states()
    assert found.pop(slot_of(company, D, "promises")) == "failed" == found.pop(slot_of(company, D))
    assert set(found.values()) == {"done"}
    night = Job.objects.get(slot=slot_of(company, D))
    assert f"1 of {len(STEPS)} steps failed: promises (the rates of the day are missing)" in night.error
    monkeypatch.undo()
    run("--date", str(D))
    assert set(states().values()) == {"done"}


def test_books_that_do_not_tie_fail_the_night(company, monkeypatch):
    from ledger.verify import Difference

    monkeypatch.setattr(nights, "verify_books", lambda day, companies: [Difference("ageing", "out by 0.01")])
    with pytest.raises(CommandError):
        run("--date", str(D))
    step = Job.objects.get(slot=slot_of(company, D, "books"))
    assert (step.state, step.results) == ("failed", [{"check": "ageing", "detail": "out by 0.01"}])
    assert "out by 0.01" in step.error


def test_one_company_alone_and_one_that_there_is_not(company):
    make_company("DE01")
    run("--date", str(D), "--company", "US01")
    assert {slot.split(":")[-2] for slot in states()} == {"US01"}
    with pytest.raises(CommandError, match="no company XX"):
        run("--company", "XX")


def test_a_step_run_by_hand_does_not_take_the_night_s_place(company):
    call_command("run_job", "nightly.matching", "--company", "US01", "--date", str(D), stdout=StringIO())
    assert states() == {f"matching:US01:{D}": "done"}
    run("--date", str(D))
    assert states()[slot_of(company, D, "matching")] == "done"


def test_run_job_lists_what_there_is_and_refuses_what_there_is_not(company):
    out = StringIO()
    call_command("run_job", stdout=out)
    assert "nightly.matching" in out.getvalue()
    for wrong in (["nightly.matching"], ["nothing", "--company", "US01"]):
        with pytest.raises(CommandError, match=r"name a company|no work called"):
            call_command("run_job", *wrong)


TODAY, YESTERDAY, BEFORE = D, D - timedelta(days=1), D - timedelta(days=2)


@pytest.mark.parametrize(
    ("hour", "last", "due"),
    [
        (21, None, None), (22, None, TODAY), (23, YESTERDAY, TODAY), (22, TODAY, None), (9, YESTERDAY, None), (9, BEFORE, YESTERDAY),
        (9, TODAY, None), (23, TODAY, None), (0, BEFORE, YESTERDAY),
    ],
)  # fmt: skip
def test_a_night_is_due_from_its_hour_on_and_missed_ones_in_the_morning(hour, last, due):
    assert due_day(today=TODAY, hour=hour, begins=22, last=last) == due


def test_two_beats_put_in_one_night(company, settings, monkeypatch):
    rung = []
    monkeypatch.setattr(tasks, "ring", lambda job: rung.append(job.slot))
    settings.NIGHT_HOUR, settings.BUSINESS_DATE = 0, D
    assert (tasks.night(), tasks.night()) == (1, 0)
    assert rung == [slot_of(company, D)]
    assert Job.objects.get().state == "waiting"


# Killed in earnest: other processes, the same database.

ENVIRONMENT = {"PYTHONUNBUFFERED": "1", "DJANGO_SETTINGS_MODULE": "arops.settings"}


def start(*args):
    command = [sys.executable, "manage.py", *args]
    return subprocess.Popen(
        command, cwd=ROOT, env={**os.environ, **ENVIRONMENT}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def killed(delay, *args):
    """Run a command, kill it after a while; whether it was still at it."""
    process = start(*args)
    deadline = time.monotonic() + 20
    while not Job.objects.filter(state="running").exists() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(delay)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    return process.returncode == -signal.SIGKILL


def trade(company, count):
    """Customers each with an invoice that is paid (by a receipt that waits to be matched), one that is late, and a broken promise."""
    bank = make_bank(company, "USD", identifier=f"DE{company.pk:020d}")
    create_standard_strategy(actor=SYSTEM, company=company)
    rows = []
    for n in range(count):
        customer = make_customer(company)
        Contact.objects.create(customer=customer, name="Eva", email=f"ap{n}@{company.code}.example")
        paid = issue(customer, 100_00 + n, day=D - timedelta(days=60), number=f"{company.code}-1{n:04d}")
        late = issue(customer, 300_00 + n, day=D - timedelta(days=60), number=f"{company.code}-2{n:04d}")
        rows.append(NewReceipt(paid.amount, D - timedelta(days=4), customer.name, text=f"payment of {paid.number}"))
        give_promise(
            actor=SYSTEM, customer=customer, items=[late], amount=10_00, due_on=D - timedelta(days=5), today=D - timedelta(days=9)
        )  # fmt: skip
    record_receipts(actor=SYSTEM, bank_account=bank, rows=rows)


@pytest.mark.django_db(transaction=True)
def test_killed_again_and_again_a_night_is_whole_in_the_end_and_nothing_in_it_is_doubled():
    company, other = make_company("US01"), make_company("DE01")
    trade(company, 6), trade(other, 3)
    kills = sum(killed(delay, "nightly", "--date", str(D)) for delay in (0.0, 0.1, 0.4))
    assert kills >= 2
    finished = start("nightly", "--date", str(D))
    told, _ = finished.communicate(timeout=180)
    assert finished.returncode == 0, told
    assert set(states().values()) == {"done"} and len(states()) == 2 * (len(STEPS) + 1)
    assert Event.objects.filter(type__in=["promise.broken", "promise.kept", "promise.partly"]).count() == 9
    assert AgingSnapshot.objects.count() == 2
    assert Match.objects.count() == Match.objects.values("receipt").distinct().count() == 9
    assert Message.objects.count() == DunningLetter.objects.filter(left_out_because="").count() == 9
    assert verify_books(D) == []


@pytest.mark.django_db(transaction=True)
def test_two_nights_at_once_are_one():
    trade(make_company("US01"), 5)
    processes = [start("nightly", "--date", str(D)) for _ in range(2)]
    told = [process.communicate(timeout=180)[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0], told
    assert Job.objects.filter(attempts=1).count() == Job.objects.count() == len(STEPS) + 1
    assert Event.objects.filter(type__in=["promise.broken", "promise.kept", "promise.partly"]).count() == 5


def test_the_business_day_is_not_the_server_s(company):
    """What the night writes bears the day it is for."""
    run("--date", str(D))
    assert timezone.localdate() != D == DAY
    assert AgingSnapshot.objects.get().day == Promise.objects.get().decided_on == D
