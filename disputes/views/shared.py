"""What every page about one case does alike: find it in sight, do one thing to it, and go back to it or on to the next of the queue.

The case page (`views/cases.py`) is put together from parts. A part is a template `templates/disputes/parts/NAME.html` that reads what
its view module's `panel(user, dispute)` gives as the variable NAME (settlement, finding, asked, reply), beside `dispute`, `today`,
`queue`, `may_work` and `is_open` of the page. It is a `<section id="part-NAME">`. A form that is opened by a key stands in
`<details class="act" data-focus><summary class="btn" data-key="…" data-command="…">`; it sends the hidden fields `version` and
`queue`, and its button has `name="then" value="next"` and `data-next` where Ctrl+Enter goes on to the next case.
"""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse

from arops.lib.http import redirect_htmx, toast
from arops.lib.refusal import Refused
from disputes.models import Dispute
from org.actors import NotAllowed


def case_in_sight(request: HttpRequest, pk: int, permission: str = "disputes.view") -> Dispute:
    """The case, where the person sees it by that permission, with what its page shows of it. Raises 404."""
    user: Any = request.user
    seen = Dispute.objects.visible_to(user, permission)
    found: Dispute = get_object_or_404(seen.select_related("customer", "company", "open_item"), pk=pk)
    return found


def version_of(request: HttpRequest) -> int:
    """The version of the case, or of the problem, that the form was drawn from; -1, which none has, where it says none."""
    given = request.POST.get("version", "")
    return int(given) if given.isdecimal() and given.isascii() and len(given) < 10 else -1


def queue_of(request: HttpRequest) -> str:
    """The queue (its query string) that the case was opened from: the page's `queue`, or the form's hidden field of that name."""
    return (request.POST.get("queue") or request.GET.get("queue") or "").replace("\x00", "")[:500]


def case_url(pk: int, queue: str = "") -> str:
    """The address of a case's page, with the queue it is worked from."""
    address = reverse("disputes:detail", args=[pk])
    return f"{address}?{urlencode({'queue': queue})}" if queue else address


def go_on(request: HttpRequest, pk: int) -> HttpResponse:
    """Where a form of the case leads: to its page; with `then=next` (Ctrl+Enter), and a queue, to the next case of the queue."""
    queue = queue_of(request)
    if request.POST.get("then") == "next" and queue:
        return redirect_htmx(request, reverse("disputes:next", args=[pk]) + f"?{urlencode({'queue': queue})}")
    return redirect_htmx(request, case_url(pk, queue))


def act(request: HttpRequest, pk: int, do: Callable[[Any], str]) -> HttpResponse:
    """Do something to the case and go on; `do` takes the person and says what it did. What refuses it is said on the case's page."""
    try:
        said = do(request.user)
    except (Refused, NotAllowed) as refusal:
        return toast(request, redirect_htmx(request, case_url(pk, queue_of(request))), str(refusal), tone="bad")
    return toast(request, go_on(request, pk), said, tone="ok")
