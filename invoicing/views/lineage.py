"""What stands beside a document about its making and undoing: what it replaces and is replaced by, what was asked for about it."""

from typing import Any

from arops.lib.http import address
from invoicing.models import Draft, Invoice
from workflow.models import Approval

_MANY = 20


def lineage(user: Any, invoice: Invoice) -> dict[str, Any]:
    """Requests about the document, the one it was made by, the invoice it bills again, what bills it again; and what may be asked for."""
    requests = Approval.objects.visible_to(user, "approvals.view").filter(subject_type="invoicing.invoice", subject_id=invoice.pk)
    made = Approval.objects.visible_to(user, "approvals.view").filter(result_type="invoicing.invoice", result_id=invoice.pk).first()
    drafts = invoice.replacement_drafts.exclude(state__in=[Draft.State.DISCARDED, Draft.State.ISSUED])
    return {
        "requests": list(requests.order_by("-pk")[:_MANY]), "made_by": made, "replacing": list(invoice.replaced_by.all()[:_MANY]),
        "replacing_drafts": [(draft, address("invoicing:draft", draft.pk)) for draft in drafts[:_MANY]], **_offers(user, invoice),
    }  # fmt: skip


def _offers(user: Any, invoice: Invoice) -> dict[str, Any]:
    item, company = invoice.open_item, invoice.company_id
    owed = invoice.kind != Invoice.Kind.CREDIT_MEMO
    return {
        "can_memo": owed and user.can("memos.request", company),
        "write_off_url": address("invoicing:write-off", item.pk) if item.balance > 0 and user.can("writeoffs.request", company) else "",
        "refund_url": address("cashapp:refund-new", item.pk) if item.balance < 0 and user.can("refunds.request", company) else "",
    }
