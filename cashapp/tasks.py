"""Matching and bank files in the background."""

from celery import shared_task

from arops.lib import clock, money
from cashapp.models import BankAccount, BankFile, Receipt
from cashapp.selectors.slips import Slips
from cashapp.services import match_receipts
from cashapp.services.errors import AlreadyImported
from cashapp.services.uploading import take_bank_file
from disputes.selectors.payments import register_slips
from org.actors import SystemActor
from org.models import Company
from workflow.models import Job
from workflow.services.jobs import Tell, actor_of, register

register_slips(Slips())


@shared_task  # type: ignore[untyped-decorator]
def match_company(company_id: int) -> int:
    """Match what waits in one company; safe to repeat. Answers with how many were posted."""
    company = Company.objects.get(pk=company_id)
    return len(match_receipts(company=company, actor=SystemActor("matching"), today=clock.today(), now=clock.now()).posted)


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
