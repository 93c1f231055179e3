"""Documents that are ready, into the books: their entries posted, they and their lines kept as they were said, the audit trail told."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from arops.lib.bulk import copy_rows, take_ids
from invoicing.payload import Document
from invoicing.selectors.chain import Links
from invoicing.services import retaining
from ledger import posting
from ledger.drafts import Books, EntryDraft, Part
from ledger.posting import Posted
from org.actors import Actor
from org.models import Company

_INVOICE = (
    "id company_id customer_id open_item_id kind number currency document_date due_date payment_terms po_number "
    "order_reference refers_to_id replaces_id reason reason_code buyer_reference cost_code retainage "
    "subtotal tax_total total source_system external_id source_version payload_hash language issued_by"
).split()
_LINE = (
    "invoice_id number sku description quantity unit unit_price amount tax_code tax_amount po_line order_line "
    "work_order contract gl_account releases_id period_from period_to sales_order_id purchase_order_id job_id agreement_id"
).split()
_EVENT = "company_id type actor subject_type subject_id customer_ref data".split()


@dataclass(frozen=True, slots=True)
class Ready:
    """A document with all it refers to found."""

    index: int
    document: Document
    company: Company
    customer_id: int
    due_date: date
    discount_until: date | None
    discount: int
    refers_to_id: int | None
    replaces_id: int | None
    books: Books
    entry: EntryDraft
    released: Mapping[int, int]
    """Number of a line → key of the invoice whose retainage it bills."""
    taken: Part | None
    """The share of an invoice's retainage that a credit memo takes away."""
    language: str = "en"
    """What its paper is in, from now on."""


def write(ready: Sequence[Ready], links: Mapping[int, Sequence[Links]], actor: Actor) -> list[int]:
    """Post the entries, keep the documents and their lines, tell the audit trail; the documents' keys. `links`: what the lines of a
    document, by its place, refer to."""
    if not ready:
        return []
    posted = posting.post([item.entry for item in ready], actor=actor)
    posting.post(_after(ready, posted), actor=actor)
    ids = take_ids("invoicing_invoice", len(ready))
    copy_rows("invoicing_invoice", _INVOICE, (_invoice_row(i, pk, p.item_id, actor) for i, pk, p in zip(ready, ids, posted, strict=True)))
    copy_rows("invoicing_invoiceline", _LINE, _line_rows(ready, ids, links))
    copy_rows("workflow_event", _EVENT, (_event_row(item, pk, actor) for item, pk in zip(ready, ids, strict=True)))
    return ids


def _after(ready: Sequence[Ready], posted: Sequence[Posted]) -> list[EntryDraft]:
    """Retainage held back of these documents, or given up with them."""
    found: list[EntryDraft] = []
    for item, p in zip(ready, posted, strict=True):
        if (item.document.retainage or item.taken) and p.item_id and item.entry.opens:
            found += retaining.after_entries(item.document, p.item_id, item.books, item.entry.opens, item.taken)
    return found


def _invoice_row(item: Ready, pk: int, item_id: int | None, actor: Actor) -> tuple[object, ...]:
    d = item.document
    return (
        pk,
        item.company.pk,
        item.customer_id,
        item_id,
        d.kind,
        d.number,
        d.currency,
        d.document_date,
        item.due_date,
        d.terms_text,
        d.po_number,
        d.order_reference,
        item.refers_to_id,
        item.replaces_id,
        d.reason,
        d.reason_code,
        d.buyer_reference,
        d.cost_code,
        d.retainage or (item.taken.amount if item.taken else 0),
        d.subtotal,
        d.tax_total,
        d.total,
        d.source_system,
        d.external_id,
        d.source_version,
        d.payload_hash,
        item.language,
        actor.label,
    )


def _line_rows(ready: Sequence[Ready], ids: Sequence[int], links: Mapping[int, Sequence[Links]]) -> Iterable[tuple[object, ...]]:
    for item, pk in zip(ready, ids, strict=True):
        for x, link in zip(item.document.lines, links[item.index], strict=True):
            yield (
                pk,
                x.number,
                x.sku,
                x.description,
                x.quantity,
                x.unit,
                x.unit_price,
                x.amount,
                x.tax_code,
                x.tax_amount,
                x.po_line,
                x.order_line,
                x.work_order,
                x.contract,
                x.gl_account,
                item.released.get(x.number),
                x.period_from,
                x.period_to,
                link.sales_order,
                link.purchase_order,
                link.job,
                link.agreement,
            )


def _event_row(item: Ready, pk: int, actor: Actor) -> tuple[object, ...]:
    d = item.document
    data = json.dumps({"number": d.number, "total": d.total, "currency": d.currency, "due_date": item.due_date.isoformat()})
    return item.company.pk, f"{d.kind}.issued", actor.label, "invoicing.invoice", pk, item.customer_id, data
