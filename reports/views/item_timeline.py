"""The timeline of one document."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404

from arops.lib.http import filters_of, page
from ledger.models import OpenItem
from org.access import allowed
from reports.selectors.item_timeline import item_timeline
from reports.selectors.timeline import LANES
from reports.views.customers import happening_url
from reports.views.timeline_file import timeline_file

OWN_LANES = LANES[:4]
"""Changes are the account's, not one document's."""
NEEDED = {"disputes": "disputes.view", "contacts": "collections.view", "promises": "collections.view"}


@allowed("invoices.view")
def timeline(request: HttpRequest, pk: int) -> HttpResponse:
    """What happened with one document, latest first; by lane."""
    user: Any = request.user
    item = get_object_or_404(OpenItem.objects.visible_to(user, "invoices.view").select_related("customer", "company", "opened_by"), pk=pk)
    hidden = tuple(lane for lane, needed in NEEDED.items() if not user.can(needed, item.company_id))
    lanes = [name for name in OWN_LANES if name not in hidden]
    asked = filters_of(request, lane="")["lane"]
    lane = asked if asked in lanes else ""
    found = item_timeline(item, lane=lane, without=hidden)
    if file := timeline_file(request, f"Timeline of {item.number}", lane, lambda: found):
        return file
    context = {
        "item": item, "happenings": [(h, happening_url(h)) for h in found], "lanes": lanes, "lane": lane,
        "user_can_export": user.can("reports.export"),
    }  # fmt: skip
    return page(request, "reports/item_timeline.html", context)
