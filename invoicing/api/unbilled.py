"""What was done and stands to be billed, over the API: the rows of the page, for an ERP that bills by itself or asks what it forgot."""

from typing import Any, ClassVar

from rest_framework.request import Request
from rest_framework.response import Response

from arops.api import schemas
from arops.api.ids import private, public
from arops.api.views import ApiView
from arops.lib import clock, money
from invoicing.billing.model import Offer
from invoicing.selectors.unbilled import unbilled
from org.models import Company


class Unbilled(ApiView):
    """Work, deliveries, milestones and periods without an invoice."""

    permission = "invoices.view"
    parameters: ClassVar = frozenset({"company", "customer"})

    @schemas.reads("unbilled_list", schemas.found("UnbilledAnswer"), schemas.parameters("company", "customer"))
    def get(self, request: Request) -> Response:
        """What was done and stands in no invoice and no draft, the oldest of each company first; up to 2,000 of a kind and company."""
        code, customer = request.query_params.get("company"), request.query_params.get("customer")
        company = None
        if code is not None:
            company = Company.objects.visible_to(self.actor, "invoices.view").filter(code=code).values_list("pk", flat=True).first() or 0
        key = private("customer", customer) if customer is not None else None
        found = unbilled(self.actor, clock.today(), company=company, customer=key)
        rows = [_shape(one.company.code, offer) for one in found for offer in one.offers]
        return Response({"data": rows, "is_cut": any(one.is_cut for one in found)})


def _shape(company: str, offer: Offer) -> dict[str, Any]:
    reasons = [{"code": r.code, "detail": r.words, "owner": r.owner} for r in offer.reasons]
    return {
        "company": company, "customer": public("customer", offer.customer), "kind": offer.kind, "number": offer.number,
        "day": offer.day.isoformat(), "currency": offer.currency, "net": money.to_text(offer.net, offer.currency),
        "po_number": offer.po_number, "order": offer.order, "contract": offer.contract, "is_ready": offer.is_ready, "reasons": reasons,
    }  # fmt: skip
