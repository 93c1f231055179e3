"""What was left out of a payment, and the cases that this opened."""

from typing import Any

from arops.lib import money
from arops.lib.http import Link, address
from cashapp.models import Match, Receipt
from disputes.models import Dispute
from org.actors import Actor


def cases_of(actor: Actor, receipt: Receipt) -> list[Dispute]:
    """Cases in sight that were opened by what the receipt left out, of whichever customer its money went to."""
    items = receipt.matches.values_list("entry__lines__open_item", flat=True)
    found: Any = Dispute.objects.visible_to(actor, "disputes.view").filter(open_item__in=items, receipt_ref=receipt.pk)
    return list(found.select_related("open_item", "customer").order_by("pk"))


def opened_by(match: Match) -> list[Link]:
    """The cases that a posting opened by what it left out: their pages, and what is in dispute."""
    found = Dispute.objects.filter(source__startswith=f"short_pay:{match.pk}:").order_by("pk")
    return [(address("disputes:detail", d.pk), f"{d.number} opened, {money.format(d.amount, d.currency)} {d.currency}") for d in found]
