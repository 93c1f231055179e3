"""The menu of a list's kept views."""

from typing import Any

from django import template

from workflow.selectors.views import views_of
from workflow.services.views import lasting

register = template.Library()


@register.inclusion_tag("workflow/stored_views.html", takes_context=True)
def stored_views(context: dict[str, Any]) -> dict[str, Any]:
    """Which views of this list there are, and the form that keeps what is shown. Works on any list whose filters are in its address."""
    request = context["request"]
    query, page = lasting(request.META.get("QUERY_STRING", "")), request.resolver_match.view_name
    views = views_of(request.user, page, query)
    return {
        "views": views, "here": next((v for v in views if v.is_here), None), "query": query, "page": page, "path": request.path,
        "csrf_token": context.get("csrf_token"),
    }  # fmt: skip
