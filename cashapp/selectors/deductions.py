"""What was left out of a payment, and the cases that this opened."""

from typing import Any

from cashapp.models import Receipt
from disputes.models import Dispute
from org.actors import Actor


def cases_of(actor: Actor, receipt: Receipt) -> list[Dispute]:
    """Cases in sight that were opened by what the receipt left out, of whichever customer its money went to."""
    items = receipt.matches.values_list("entry__lines__open_item", flat=True)
    found: Any = Dispute.objects.visible_to(actor, "disputes.view").filter(open_item__in=items, receipt_ref=receipt.pk)
    return list(found.select_related("open_item", "customer").order_by("pk"))
