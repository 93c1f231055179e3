"""What the pages of the work list share: how it is narrowed, that it is up to date, where one goes back to."""

from typing import Any
from urllib.parse import SplitResult, parse_qs, urlencode, urlsplit

from django.http import Http404, HttpRequest
from django.urls import reverse

from arops.lib import clock
from arops.lib.http import number_of
from collections_app.policy.worklist import KINDS
from collections_app.selectors.worklist import SCOPES, Asked, WorkItem, WorkList, scope_of
from collections_app.services.ranking import catch_up
from customers.models import Customer
from org.models import Company

LABELS = {
    "broken_promise": "Broken promises", "plan": "Missed instalments", "planned": "Planned steps", "call": "Calls",
    "follow_up": "Promises to follow up", "escalation": "Escalations", "inquiry": "Questions", "apply_credit": "Credits",
    "dispute": "Disputes", "document": "Documents", "contact": "Contacts", "remind": "Reminders",
}  # fmt: skip
ICONS = {
    "broken_promise": "promise", "plan": "clock", "planned": "bell", "call": "phone", "follow_up": "promise", "escalation": "alert",
    "inquiry": "mail", "apply_credit": "cash", "dispute": "dispute", "document": "note", "contact": "user", "remind": "mail",
}  # fmt: skip
assert set(LABELS) == set(ICONS) == set(KINDS)
BUCKETS = {"our_fault": "Our fault", "at_risk": "At risk", "quick_win": "Quick wins", "routine": "Routine"}


def up_to_date(request: HttpRequest) -> bool:
    """Take in what happened since the list was last ranked; False where that is left to the background because it is much."""
    user = person(request)
    seen = Company.objects.visible_to(user, "collections.view")
    done = [catch_up(company=company, day=clock.today(), now=clock.now()) for company in seen]
    return None not in done


def asked_of(request: HttpRequest, query: dict[str, str]) -> Asked:
    """How the list is narrowed by a query string; what isn't known is left out."""
    kind, bucket, scope = query.get("kind", ""), query.get("bucket", ""), query.get("scope", "")
    return Asked(
        kind if kind in KINDS else "", scope if scope in SCOPES else scope_of(person(request)), query.get("q", "").strip()[:100],
        bucket if bucket in BUCKETS else "", query.get("tag", "").strip()[:30], number_of(query.get("owner", "")),
    )  # fmt: skip


def query_of(asked: Asked, **changes: str) -> str:
    """The same as a query string."""
    told = {"bucket": asked.bucket, "kind": asked.kind, "scope": asked.scope, "q": asked.text, "tag": asked.tag}
    told |= ({} if asked.owner is None else {"owner": str(asked.owner)}) | changes
    return urlencode({name: value for name, value in told.items() if value or name in changes})


def list_of(request: HttpRequest, asked: Asked | None = None) -> WorkList:
    """The person's list on this day."""
    return WorkList(person(request), clock.today(), asked or Asked(scope="all"))


def item_of(request: HttpRequest, key: str, permission: str) -> WorkItem:
    """The task with this key; 404 when it is out of sight or its cause is gone."""
    key = key.replace("\x00", "")[:80]
    found = list_of(request).item(key)
    if found is None and up_to_date(request):
        found = list_of(request).item(key)
    if found is None or not Customer.objects.visible_to(person(request), permission).filter(pk=found.task.customer_id).exists():
        raise Http404
    return found


def current(request: HttpRequest) -> dict[str, str]:
    """The query of the page on which a button was pressed."""
    asked = _split(request.headers.get("HX-Current-URL", request.headers.get("Referer", "")))
    return {name: values[-1].replace("\x00", "") for name, values in parse_qs(asked.query).items()}


def back(request: HttpRequest) -> str:
    """The list, or Play, narrowed as it was."""
    from_play = _split(request.headers.get("Referer", "")).path == reverse("collections:play")
    name = "collections:play" if from_play or request.POST.get("then") == "play" else "collections:queue"
    return f"{reverse(name)}?{query_of(asked_of(request, current(request)))}"


def _split(url: str) -> SplitResult:
    """The parts of an address that a browser named; none where it is no address."""
    try:
        return urlsplit(url)
    except ValueError:
        return urlsplit("")


def person(request: HttpRequest) -> Any:
    """Who is logged in."""
    return request.user
