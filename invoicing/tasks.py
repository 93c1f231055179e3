"""Imports in the background; loading this makes the kinds of approvals known that invoicing handles."""

from collections import Counter
from datetime import date
from typing import Any

from celery import shared_task

from arops.api.render import JsonError
from arops.api.uploads import json_lines
from arops.lib import clock
from customers.services.documents import connect_clearing
from invoicing.models import Invoice, InvoiceImport, PrintBatch
from invoicing.selectors.payable import is_cleared
from invoicing.services import Outcome, adjusting, giving_up, issue_documents, memos
from invoicing.services.delivering import follow_outbox
from invoicing.services.draft_batches import bill_many, work_on
from invoicing.services.importing import check_import, run_import
from invoicing.services.printing import make_batch_files
from invoicing.services.sending import send_many
from workflow.models import Job
from workflow.services.jobs import Tell, actor_of, register, register_links
from workflow.services.subjects import register_subject

connect_clearing(is_cleared)
register_subject("invoicing.invoice", view="invoices.view", edit="invoices.issue", url_name="invoicing:detail")
register_subject("ledger.openitem", view="invoices.view", edit="nobody", url_name="ledger:item")
register_subject("ledger.entry", view="invoices.view", edit="nobody", url_name="ledger:entry")

register_subject("invoicing.draft", view="invoices.view", edit="invoices.issue", url_name="invoicing:exception")

APPROVED = (memos, adjusting, giving_up)
"""What does things that are approved; known to everybody once this module is loaded."""


@register("invoice_import", label="Invoice import", permission="invoices.import")
def import_invoices(job: Job, tell: Tell) -> dict[str, int]:
    """Check or issue the documents of a list (`params`: import, step); an outcome for each stands in the job's results."""
    found, actor = InvoiceImport.objects.get(pk=job.params["import"]), actor_of(job)
    if job.params["step"] == "check":
        return dict(check_import(actor=actor, found=found).counts)
    counts, job.results = run_import(actor=actor, found=found, tell=tell)
    return counts


@register("billing_drafts", label="Drafts of what is to be billed", permission="invoices.issue")
def bill_work(job: Job, tell: Tell) -> dict[str, int]:
    """Make drafts (`params`: keys by company's code, day); an outcome for each. Safe to repeat: what was made is claimed."""
    keys = job.params["keys"]
    tell(0, sum(map(len, keys.values())))
    job.results = bill_many(actor=actor_of(job), keys=keys, today=date.fromisoformat(job.params["day"]))
    made = sum(row["draft"] is not None for row in job.results)
    return {"drafts": made, "left_out": len(job.results) - made}


@register("drafts", label="Drafts issued", permission="invoices.issue")
def work_on_drafts(job: Job, tell: Tell) -> dict[str, int]:
    """Issue, send, check or discard drafts (`params`: drafts, do, day); an outcome for each. Safe to repeat."""
    asked = job.params
    job.results = work_on(
        actor=actor_of(job), keys=asked["drafts"], what=asked["do"], now=clock.now(), today=date.fromisoformat(asked["day"]), tell=tell
    )  # fmt: skip
    outcomes = Counter(row["outcome"] for row in job.results)
    return {name.replace(" ", "_").replace(",", ""): n for name, n in outcomes.items()}


@register("send_invoices", label="Sending invoices", permission="invoices.send")
def send_invoices(job: Job, tell: Tell) -> dict[str, int]:
    """Send documents that weren't (`params`: invoices); an outcome for each. Safe to repeat: what is on its way stays as it is."""
    actor, keys, moment, day = actor_of(job), job.params["invoices"], clock.now(), clock.today()
    done: list[tuple[Invoice, str, str]] = []
    for n, key in enumerate(keys):
        tell(n, len(keys))
        found: Any = Invoice.objects.visible_to(actor, "invoices.send")
        rows = list(found.filter(pk=key).select_related("company", "customer", "open_item", "refers_to", "replaces"))
        done += send_many(actor=actor, invoices=rows, now=moment, today=day)
    job.results = [{"document": invoice.number, "outcome": outcome, "detail": detail} for invoice, outcome, detail in done]
    tell(len(keys), len(keys))
    return {name: sum(outcome == name for _, outcome, _ in done) for name in ("queued", "unchanged", "refused")}


@register("print_batch", label="Print batch", permission="invoices.send")
def print_batch(job: Job, tell: Tell) -> dict[str, int]:
    """Lay out the PDF and manifest of a batch (`params`: batch), once."""
    batch = PrintBatch.objects.select_related("company").get(pk=job.params["batch"])
    batch = make_batch_files(actor=actor_of(job), batch=batch, today=clock.today(), tell=tell)
    return {"documents": batch.dispatches.count(), "pages": batch.pages}


@shared_task  # type: ignore[untyped-decorator]
def follow_deliveries() -> dict[str, int]:
    """Write down what became of documents that went out by mail; safe to ring at any time, from any number of workers."""
    return follow_outbox(now=clock.now(), today=clock.today())


register_links(inv="invoicing:detail", drf="invoicing:draft", draft="invoicing:draft")


@register("invoice_rows", label="Invoice import (JSONL)", permission="invoices.import")
def issue_rows(job: Job, tell: Tell) -> dict[str, int]:
    """Issue the documents of a JSONL file (`params`: mode, source_system), an outcome for each; safe to repeat."""
    atomic, actor = job.params["mode"] == "atomic", actor_of(job)
    lines = list(json_lines(bytes(job.file.content) if job.file else b""))
    rows = [str(value) if isinstance(value, JsonError) else value for _, value in lines]
    size, outcomes = len(rows) if atomic else 1_000, list[Outcome]()
    for start in range(0, len(rows), max(1, size)):
        tell(start, len(rows))
        outcomes += issue_documents(
            rows[start : start + size], actor=actor, source_system=job.params["source_system"], permission="invoices.import", atomic=atomic
        )
    job.results = [_told(line, outcome) for (line, _), outcome in zip(lines, outcomes, strict=True)]
    tell(len(rows), len(rows))
    return {name: sum(o.outcome == name for o in outcomes) for name in ("created", "unchanged", "held", "rejected")}


def _told(line: int, outcome: Outcome) -> dict[str, Any]:
    errors = [{"pointer": p.pointer, "code": p.code, "detail": p.detail} for p in outcome.problems]
    return {"line": line, "external_id": outcome.external_id, "outcome": outcome.outcome,
            "id": f"inv_{outcome.invoice_id}" if outcome.invoice_id else None, "errors": errors,
            "draft": f"drf_{outcome.draft_id}" if outcome.draft_id else None, "findings": [f.words for f in outcome.found]}  # fmt: skip
