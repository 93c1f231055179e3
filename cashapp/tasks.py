"""Matching and bank files in the background."""

from datetime import date

from celery import shared_task

from arops.lib import clock, money
from cashapp.models import BankAccount, BankFile, CashRule, Receipt, Remittance, RuleMatrix
from cashapp.selectors.slips import Slips
from cashapp.selectors.verified import CHECKS
from cashapp.services import match_receipts
from cashapp.services.errors import AlreadyImported
from cashapp.services.reconciling import alerting
from cashapp.services.refunds.asking import follow as follow_refund
from cashapp.services.remittances.mail import take_mails
from cashapp.services.remittances.uploading import bring_stored
from cashapp.services.rules import notices as rule_notices
from cashapp.services.rules.testing import run_trial
from cashapp.services.uploading import take_bank_file
from disputes.selectors.payments import register_slips
from ledger.verify import register_check
from org.actors import SystemActor
from org.models import Company
from workflow.models import Job, StoredFile
from workflow.services.following import follow_approvals
from workflow.services.jobs import Tell, actor_of, register, register_links
from workflow.services.subjects import register_subject

register_slips(Slips())

for name, sql in CHECKS.items():
    register_check(name, sql)

NOTICES = (alerting, rule_notices)
"""Sources of mail to colleagues, known once this module is loaded."""
register_subject("cashapp.refund", view="cash.view", edit="refunds.request", url_name="cashapp:refund")
register_subject("cashapp.payoutaccount", view="cash.view", edit="bankdetails.edit", url_name="cashapp:payout")
register_subject("cashapp.remittance", view="cash.view", edit="cash.apply", url_name="cashapp:remittance")


follow_approvals("refunds")(follow_refund)


@shared_task  # type: ignore[untyped-decorator]
def match_company(company_id: int) -> int:
    """Match what waits in one company; safe to repeat. Answers with how many were posted."""
    company = Company.objects.get(pk=company_id)
    return len(match_receipts(company=company, actor=SystemActor("matching"), today=clock.today(), now=clock.now()).posted)


@shared_task  # type: ignore[untyped-decorator]
def take_mail() -> dict[str, int]:
    """Take the advices in mails that came in; safe to ring at any time. Answers with how many mails were read, empty, refused."""
    return take_mails(today=clock.today(), now=clock.now())


@register("bank_file", label="Bank file import", permission="cash.import")
def import_file(job: Job, tell: Tell) -> dict[str, int]:
    """Import the job's file and match what it brings (`params`: bank_account, name); a result for each receipt."""
    actor, account = actor_of(job), BankAccount.objects.filter(pk=job.params.get("bank_account")).select_related("company").first()
    content = bytes(job.file.content) if job.file else b""
    try:
        taken = take_bank_file(
            actor=actor, content=content, name=job.params.get("name", ""), today=clock.today(), now=clock.now(), bank_account=account
        )
        file = taken.result.bank_file
    except AlreadyImported:
        # A run taken up again finds its own import; what it had not matched yet is the next run's.
        own = BankFile.objects.filter(stored_file=job.file_id, imported_by=job.created_by, imported_at__gte=job.created_at).first()
        if own is None:
            raise
        file = own
    receipts = Receipt.objects.filter(statement_line__statement__bank_file=file).select_related("open_item").order_by("pk")
    job.results = [
        {"outcome": "created", "id": f"rct_{r.pk}", "number": r.number, "amount": money.to_text(r.amount, r.currency),
         "currency": r.currency, "value_date": r.value_date.isoformat(), "state": r.state}
        for r in receipts
    ]  # fmt: skip
    tell(len(job.results), len(job.results))
    return dict(file.counts)


register_links(rct="cashapp:receipt", rem="cashapp:remittance", trial="cashapp:rules-trial")


@register("remittance_files", label="Remittance files", permission="cash.import")
def take_remittances(job: Job, tell: Tell) -> dict[str, int]:
    """Take the job's files of advices in (`params`: files, a key and a name each; source) and join what waits; a result for each."""
    actor, company = actor_of(job), job.company
    if company is None:
        raise Company.DoesNotExist
    stored = StoredFile.objects.in_bulk([key for key, _ in job.params["files"]])
    files = [(stored[key], name) for key, name in job.params["files"] if key in stored]
    came = bring_stored(
        actor=actor, company=company, files=files, today=clock.today(), now=clock.now(), source=job.params.get("source", "file"), tell=tell
    )
    job.results = [*_told(came.taken.remittances, "created"), *_told(came.taken.repeated, "unchanged")]
    job.results += [{"outcome": "rejected", "file": r.name, "line": r.line, "detail": r.reason} for r in came.refused]
    return {
        "files": len(files), "advices": len(came.taken.remittances), "known before": len(came.taken.repeated), "joined": len(came.joins),
        "refused": len(came.refused),
    }  # fmt: skip


def _told(rows: list[Remittance], outcome: str) -> list[dict[str, object]]:
    return [
        {"outcome": outcome, "id": f"rem_{r.pk}", "number": r.number, "currency": r.currency,
         "total": None if r.total is None else money.to_text(r.total, r.currency)}
        for r in rows
    ]  # fmt: skip


@register("rule_trial", label="Trial of rules", permission="rules.edit")
def try_rules(job: Job, tell: Tell) -> dict[str, int]:
    """Try a version of the matrix or an own rule (`params`: matrix or rule, first, last) on past receipts. A trial of what is gone by
    now is refused by DoesNotExist."""
    params, today = job.params, clock.today()
    subject = RuleMatrix.objects.get(pk=params["matrix"]) if "matrix" in params else CashRule.objects.get(pk=params["rule"])
    first, last = date.fromisoformat(params["first"]), date.fromisoformat(params["last"])
    test = run_trial(actor=actor_of(job), subject=subject, first=first, last=last, today=today, tell=tell)
    post = test.figures["after"]["post"]
    job.results = [{"trial": test.pk, "detail": "it stands on the page of what was tried"}]
    return {"receipts": test.figures["receipts"], "posted": post["count"], "rightly": post["right"], "differ": test.figures["differences"]}
