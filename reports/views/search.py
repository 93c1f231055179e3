"""Search: JSON for the palette, a page for everybody else."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse

from arops.lib.http import page
from org.access import anyone
from reports.selectors.search import search


@anyone
def search_page(request: HttpRequest) -> HttpResponse:
    """`?q=` among what the person may see; `format=json` answers the palette."""
    text, user = request.GET.get("q", "").strip(), request.user
    as_json = request.GET.get("format") == "json"
    actor: Any = user
    hits = search(actor, text, limit=6 if as_json else 25)
    if as_json:
        return JsonResponse({"results": [{"label": h.label, "hint": h.hint, "url": h.url, "kind": h.kind} for h in hits]})
    return page(request, "reports/search.html", {"q": text, "hits": hits, "short": 0 < len(text) < 2})
