"""The OpenAPI document, and the page that shows it without the internet. Both are public: they hold nothing but the code's shape."""

import json
from functools import cache

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from arops.api.openapi import document


@cache
def _text() -> str:
    return json.dumps(document(), ensure_ascii=False)


@require_safe
@login_not_required
def schema(request: HttpRequest) -> HttpResponse:
    """OpenAPI 3.1 as JSON."""
    response = HttpResponse(_text(), content_type="application/vnd.oai.openapi+json;version=3.1")
    response["Content-Disposition"] = 'inline; filename="arops-openapi.json"'
    return response


@require_safe
@login_not_required
def docs(request: HttpRequest) -> HttpResponse:
    """The document as a page to browse, with calls to try."""
    return render(request, "api/docs.html")


schema.policy = docs.policy = "public"  # type: ignore[attr-defined]
