"""Imports in the background."""

from invoicing.models import InvoiceImport
from invoicing.services.importing import check_import, run_import
from workflow.models import Job
from workflow.services.jobs import Tell, actor_of, register


@register("invoice_import", label="Invoice import", permission="invoices.import")
def import_invoices(job: Job, tell: Tell) -> dict[str, int]:
    """Check or issue the documents of a list (`params`: import, step); an outcome for each stands in the job's results."""
    found, actor = InvoiceImport.objects.get(pk=job.params["import"]), actor_of(job)
    if job.params["step"] == "check":
        return dict(check_import(actor=actor, found=found).counts)
    counts, job.results = run_import(actor=actor, found=found, tell=tell)
    return counts
