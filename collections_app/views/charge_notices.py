"""Telling customers of late charges: the notice on paper, and sent by hand where the policy didn't."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_POST

from arops.lib import clock
from arops.lib.files import Kept, download
from arops.lib.http import redirect_htmx, toast
from arops.lib.merging import language_note
from arops.lib.refusal import Refused
from collections_app.models import Charge
from collections_app.selectors import charge_lists as reading
from collections_app.services.charges.notices import send_notice, write_notice
from messaging.selectors import reach_one
from org.access import allowed
from org.actors import NotAllowed


def told(user: Any, found: Charge) -> dict[str, Any]:
    """What a charge's page says of its notice: whether it may be sent, to whom, and in which language where that isn't the customer's."""
    waits = found.notice_id is None and found.state == Charge.State.POSTED and found.open_item is not None and found.open_item.balance > 0
    may = waits and user.can("messages.send", found.company_id) and not user.only_reads
    to = reach_one(found.customer, "charge").to if may else ()
    return {"may_tell": may, "tell_to": to, "language_note": language_note(found.customer.language) if found.open_item else ""}


@allowed("collections.view")
def paper(request: HttpRequest, pk: int) -> HttpResponse:
    """The notice: as it went out where it did, else as it would today."""
    user: Any = request.user
    found = get_object_or_404(reading.charges_in_sight(user), pk=pk)
    kept = found.notice.enclosed.select_related("storedfile").first() if found.notice else None
    if kept:
        return download(Kept(kept.name, bytes(kept.storedfile.content), kept.storedfile.content_type))
    try:
        made = write_notice(found)
    except Refused as error:
        return toast(request, redirect_htmx(request, reverse("collections:charge", args=[pk])), str(error), tone="bad")
    return download(Kept(made.name, made.content, made.content_type))


@require_POST
@allowed("messages.send")
def send(request: HttpRequest, pk: int) -> HttpResponse:
    """Put the notice into the outbox, or among what is printed."""
    user: Any = request.user
    found = get_object_or_404(reading.charges_in_sight(user, "messages.send"), pk=pk)
    back = redirect_htmx(request, reverse("collections:charge", args=[pk]))
    try:
        message = send_notice(actor=user, charge=found, now=clock.now())
    except (Refused, NotAllowed) as error:
        return toast(request, back, str(error), tone="bad")
    said = "The notice goes out in ten seconds" if message.recipients else "The notice waits to be printed"
    return toast(request, back, said, links=[(reverse("messaging:message", args=[message.pk]), "Notice")])
