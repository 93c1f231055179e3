"""Documents that go by post: gathered into a batch, laid out as one PDF behind a list of addresses, with a manifest, marked as mailed.

A batch is made by a job, for a hundred documents take their time; a job that was killed is taken up and makes the same batch.
"""

import io
from collections.abc import Callable, Sequence
from datetime import date, datetime

from django.db import transaction
from pypdf import PdfReader, PdfWriter

from arops.lib.refusal import Refused
from arops.lib.sheets import Cover, to_xlsx
from arops.lib.tables import Column, Table
from invoicing.models import Dispatch, Invoice, InvoiceDelivery, PrintBatch
from invoicing.policy.silence import after_working_days, usual_days
from invoicing.selectors.deliveries import answer_spans, to_print
from invoicing.services.delivering import State, happened
from invoicing.services.paper import cover_pdf, invoice_pdf
from org.actors import Actor, require
from org.models import Company
from workflow.services import record, store_file

MOST = 500
"""Documents of one batch: what is left goes into the next."""
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class BatchRefused(Refused):
    """The batch isn't in a state for that; the message says which."""


@transaction.atomic
def create_print_batch(*, actor: Actor, company: Company, today: date) -> PrintBatch:
    """Gather what waits to be printed in sight of the actor, the oldest first. Raises BatchRefused when nothing does, NotAllowed."""
    require(actor, "invoices.send", company.pk)
    waiting = to_print(actor).filter(company=company).order_by("pk")
    found = list(waiting.select_for_update(of=("self",), skip_locked=True)[:MOST])
    if not found:
        raise BatchRefused(f"nothing of {company.code} waits to be printed")
    last = PrintBatch.objects.select_for_update().filter(company=company).order_by("-pk").first()
    number = f"PB-{int(last.number.rpartition('-')[2]) + 1 if last else 1:05d}"
    batch = PrintBatch.objects.create(company=company, number=number, created_by=actor.label)
    Dispatch.objects.filter(pk__in=[dispatch.pk for dispatch in found]).update(batch=batch)
    record(actor=actor, type="print_batch.made", company_id=company.pk, subject=batch, number=number, documents=len(found))
    return batch


def make_batch_files(*, actor: Actor, batch: PrintBatch, today: date, tell: Callable[[int, int], None]) -> PrintBatch:
    """Lay out a batch: the list of addresses, each document on pages of its own, the manifest. Made once. Raises PdfUnavailable."""
    if batch.pdf_id is not None:
        return batch
    rows, papers = [], list[bytes]()
    dispatches = list(batch.dispatches.select_related("invoice__customer", "invoice__company", "invoice__open_item").order_by("pk"))
    for n, dispatch in enumerate(dispatches):
        tell(n, len(dispatches))
        paper = invoice_pdf(dispatch.invoice, copy=dispatch.number > 1)
        papers.append(paper)
        rows.append((dispatch.invoice, len(PdfReader(io.BytesIO(paper)).pages)))
    whole = _merged([cover_pdf(batch.company, batch.number, today, rows), *papers])
    batch.pdf, _ = store_file(actor=actor, name=f"{batch.number}.pdf", content=whole, content_type="application/pdf")
    sheet = to_xlsx(manifest_table(rows), Cover(f"Manifest of {batch.number}", batch.created_by, today))
    batch.manifest, _ = store_file(actor=actor, name=f"{batch.number}.xlsx", content=sheet, content_type=XLSX)
    batch.pages = sum(pages for _, pages in rows)
    batch.save(update_fields=["pdf", "manifest", "pages"])
    tell(len(dispatches), len(dispatches))
    return batch


def _merged(papers: Sequence[bytes]) -> bytes:
    writer, out = PdfWriter(), io.BytesIO()
    for paper in papers:
        writer.append(io.BytesIO(paper), import_outline=False)
    writer.compress_identical_objects()
    writer.write(out)
    return out.getvalue()


def manifest_table(rows: Sequence[tuple[Invoice, int]]) -> Table:
    """What a batch holds, a row a document: for whoever puts it into envelopes."""
    columns = [
        Column("number", "Document", lambda r: r[0].number, pin=True),
        Column("kind", "Kind", lambda r: r[0].get_kind_display()),
        Column("customer", "Customer", lambda r: r[0].customer.name, grow=True),
        Column("account", "Account", lambda r: r[0].customer.number),
        Column("address", "Address", lambda r: ", ".join(r[0].customer.address.splitlines()), grow=True),
        Column("country", "Country", lambda r: r[0].customer.country),
        Column("pages", "Pages", lambda r: r[1], kind="num", total=True),
        Column("total", "Total", lambda r: r[0].total, kind="money", total=True),
    ]
    return Table(columns, rows, currency=lambda r: r[0].currency, name="manifest")


@transaction.atomic
def mark_mailed(*, actor: Actor, batch: PrintBatch, mailed_on: date, now: datetime, today: date) -> PrintBatch:
    """A batch was put into the post: its documents count as sent on that day, once. Raises BatchRefused, NotAllowed."""
    require(actor, "invoices.send", batch.company_id)
    row = PrintBatch.objects.select_for_update(of=("self",)).get(pk=batch.pk)
    if row.mailed_on is not None:
        return row
    if row.pdf_id is None:
        raise BatchRefused(f"{row.number} isn't laid out yet: wait for its PDF")
    if mailed_on > today:
        raise BatchRefused(f"the day of mailing is today ({today}) or before")
    row.mailed_on, row.mailed_by = mailed_on, actor.label
    row.save(update_fields=["mailed_on", "mailed_by"])
    dispatches = list(row.dispatches.select_related("invoice").order_by("pk"))
    spans = answer_spans([dispatch.invoice.customer_id for dispatch in dispatches])
    deliveries = InvoiceDelivery.objects.filter(invoice__in=[d.invoice_id for d in dispatches]).order_by("pk")
    known = {delivery.invoice_id: delivery for delivery in deliveries.select_for_update(of=("self",), no_key=True)}
    for dispatch in dispatches:
        usual = after_working_days(mailed_on, usual_days(spans.get(dispatch.invoice.customer_id, [])))
        happened(
            actor=actor, delivery=known[dispatch.invoice_id], state=State.SENT, day=mailed_on, now=now, dispatch=dispatch, expected_by=usual
        )  # fmt: skip
    record(actor=actor, type="print_batch.mailed", company_id=row.company_id, subject=row, number=row.number, day=mailed_on.isoformat())
    return row
