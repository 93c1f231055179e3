"""The process at work on cash is killed in the middle, at one statement after another: nothing is doubled, nothing lost, the books tie.

Each try is a child of this process, which kills itself (SIGKILL) before its n-th statement: nothing is closed or told. A try that isn't
reached by its killing goes through; what it did is then asked for once more, as by somebody who never heard of it.
"""

import os
import signal
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, connections

from cashapp.models import DayReconciliation, Match, ReconcilingItem, Refund, RefundExport, Remittance, RemittanceJoin, RemittanceLine
from cashapp.services import reconciling
from cashapp.services.reconciling.preparing import DayRefused
from cashapp.services.reconciling.signing import digest_of
from cashapp.services.refunds.errors import RefundRefused
from cashapp.services.refunds.exporting import export_refunds
from ledger.models import OpenItem
from ledger.verify import verify_books
from tests.access.refund_worlds import make_refunds
from tests.cashapp.worlds import TODAY, Row, camt, make_bank, money_in, take
from tests.factories import DAY, SYSTEM, issue, make_customer, make_user
from workflow.models import Event, Job, StoredFile
from workflow.services import store_file
from workflow.services.approvals import approve
from workflow.services.jobs import create_job, due_jobs, run_job

from ..cashapp.desk import NOW

pytestmark = pytest.mark.django_db(transaction=True)
AT = (1, 2, 4, 7, 11, 16, 23, 32, 45, 60, 80)
"""Before which statement the try is killed."""


def attempt(do: Callable[[], Any], statement: int | str) -> bool:
    """Do it in a child that is killed before that statement (which, or what it begins with); whether it went through instead."""
    connections.close_all()
    child = os.fork()
    if not child:
        seen = 0

        def kill(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
            nonlocal seen
            seen += 1
            if seen == statement or (isinstance(statement, str) and sql.startswith(statement)):
                os.kill(os.getpid(), signal.SIGKILL)
            return execute(sql, params, many, context)

        try:
            with connection.execute_wrapper(kill):
                do()
            os._exit(0)
        finally:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, "it failed by itself"
    return not os.WIFSIGNALED(status)


def kill_and_try_again(do: Callable[[], Any], state: Callable[[], Any]) -> Any:
    """Killed ever later until it goes through; before that, whatever was done stood either whole or not at all."""
    before = state()
    for kills, statement in enumerate(AT):
        if attempt(do, statement):
            assert kills >= 4, "it was hardly killed at all"
            return state()
        assert state() == before, f"half of it stood after {statement - 1} statements"
    raise AssertionError("it never went through")


def test_a_worker_killed_while_it_takes_advices_and_joins_them():
    bank = make_bank()
    acme = make_customer(bank.company, "ACME GmbH")
    issue(acme, 70_00, number="INV-1", currency="EUR", day=DAY)
    issue(acme, 50_00, number="INV-2", currency="EUR", day=DAY)
    money_in(bank, 120_00, acme)
    content = b"Invoice,Amount paid,Currency,Payment date\nINV-1,70.00,EUR,2026-09-15\nINV-2,50.00,EUR,2026-09-15\n"
    file, _ = store_file(actor=SYSTEM, name="list.csv", content=content)
    job = create_job(actor=SYSTEM, kind="remittance_files", slot="r", company=bank.company, params={"files": [[file.pk, "list.csv"]]})

    def counts() -> tuple[int, ...]:
        models = (Remittance, RemittanceLine, RemittanceJoin, Match)
        return tuple(m._default_manager.count() for m in models)

    for table, stands in (
        ("cashapp_remittance", (0, 0, 0, 0)), ("cashapp_remittanceline", (0, 0, 0, 0)), ("cashapp_remittancejoin", (1, 2, 0, 0)),
        ("cashapp_match", (1, 2, 1, 0)),
    ):  # fmt: skip
        Job.objects.filter(pk=job.pk).update(attempts=0)  # a job that kills its workers again and again is given up
        assert not attempt(lambda: run_job(job_id=job.pk, now=NOW), f'INSERT INTO "{table}" ')
        assert counts() == stands, "whole steps stand, and nothing else"
        assert due_jobs(now=NOW) == [job.pk], "the sweeper finds what nobody works on"
    assert run_job(job_id=job.pk, now=NOW).state == "done" and counts() == (1, 2, 1, 1)
    Job.objects.filter(pk=job.pk).update(state="waiting")
    run_job(job_id=job.pk, now=NOW)
    assert counts() == (1, 2, 1, 1) and not OpenItem.objects.exclude(balance=0).exists() and not verify_books(TODAY)


def test_refunds_are_handed_over_once_however_often_it_is_killed():
    bank = make_bank()
    make_refunds(make_customer(bank.company, "ACME GmbH"), "A", NOW)
    waiting = Refund.objects.get(state="waiting")
    approve(actor=make_user("controller", bank.company), approval=waiting.approval, now=NOW, today=TODAY)
    made = RefundExport.objects.count()

    def hand_over() -> None:
        export_refunds(
            actor=SYSTEM, company=bank.company, refunds=[waiting.pk], format="pain.001", execution_date=TODAY, bank_account=bank,
            today=TODAY, now=NOW,
        )  # fmt: skip

    def state() -> tuple[Any, ...]:
        events = Event.objects.filter(type="refunds.exported").count()
        return RefundExport.objects.count(), StoredFile.objects.count(), events, Refund.objects.get(pk=waiting.pk).state

    exports, *_, after = kill_and_try_again(hand_over, state)
    assert (exports, after) == (made + 1, "exported")
    with pytest.raises(RefundRefused, match="is handed to payables"):
        hand_over()
    numbers = sorted(RefundExport.objects.values_list("number", flat=True))
    assert len(numbers) == made + 1 and int(numbers[-1][-6:]) == made + 1, "no number was lost"
    assert not verify_books(TODAY)


def test_a_day_is_signed_whole_or_not_at_all():
    bank = make_bank()
    take(camt([Row(10_00), Row(-1_00, "fee")]))
    ana, eva = make_user("specialist", bank.company), make_user("supervisor", bank.company)

    def state() -> Any:
        days = list(DayReconciliation.objects.values_list("state", "prepared_by", "signed_by", "signed_hash", "version"))
        return days, ReconcilingItem.objects.count(), Event.objects.count()

    kill_and_try_again(lambda: reconciling.prepare_day(actor=ana, account=bank, day=DAY, now=NOW), state)
    row = DayReconciliation.objects.get()
    assert row.state == "prepared"
    kill_and_try_again(lambda: reconciling.sign_day(actor=eva, reconciliation=row, now=NOW), state)
    row = DayReconciliation.objects.get()
    assert (row.state, row.signed_hash) == ("signed", digest_of(row))
    with pytest.raises(DayRefused, match="only what is prepared"):
        reconciling.sign_day(actor=eva, reconciliation=row, now=NOW)
    assert Event.objects.filter(type="bank_day.signed").count() == 1 and not verify_books(TODAY)
