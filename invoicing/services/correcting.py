"""What may be corrected on an issued document: what the customer needs to find it by, never what it bills.

The number of the customer's purchase order is such a thing: it moves no money, and without it many customers don't pay. The document is
sent again with it; everything else that is wrong is credited and billed again.
"""

from django.db import transaction

from arops.lib.refusal import Refused
from invoicing.models import Invoice
from invoicing.services.linking import link_document
from ledger.models import OpenItem
from ledger.selectors import lock_items
from org.actors import Actor, require
from workflow.services import record


class CorrectionRefused(Refused):
    """A document that can't be corrected so; the message says why."""


@transaction.atomic
def correct_po_number(*, actor: Actor, invoice: Invoice, po_number: str, reason: str) -> Invoice:
    """Put the right purchase order number on an issued document, on its open item, and its lines to that order where it is on record; what
    stood before is kept in the audit trail. The same number again changes nothing. Raises CorrectionRefused, NotAllowed."""
    require(actor, "invoices.issue", invoice.company_id)
    number = " ".join(po_number.replace("\x00", "").split())
    if not number or len(number) > 60:
        raise CorrectionRefused("a purchase order number has up to 60 characters")
    lock_items([invoice.open_item_id])
    row: Invoice = Invoice.objects.select_for_update(of=("self",), no_key=True).get(pk=invoice.pk)
    if row.po_number == number:
        return row
    before = row.po_number
    Invoice.objects.filter(pk=row.pk).update(po_number=number)
    OpenItem.objects.filter(pk=row.open_item_id).update(po_number=number)
    link_document(row.pk)
    record(
        actor=actor, type="invoice.corrected", company_id=row.company_id, subject=row, customer_id=row.customer_id, number=row.number,
        field="po_number", before=before, after=number, reason=reason[:300],
    )  # fmt: skip
    return Invoice.objects.select_related("company", "customer", "open_item").get(pk=row.pk)
