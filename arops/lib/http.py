"""Answering pages: whole to a browser, a fragment to htmx; toasts with undo."""

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils.cache import patch_vary_headers
from django.utils.html import format_html, format_html_join

TONES = {"ok": messages.SUCCESS, "warn": messages.WARNING, "bad": messages.ERROR, "info": messages.INFO}


def page(
    request: HttpRequest, template: str, context: Mapping[str, Any], *, fragment: str | None = None, status: int = 200
) -> HttpResponse:
    """Render `template`; to htmx its partial `template#fragment`, at the same address. A restored history entry gets the whole page."""
    htmx = getattr(request, "htmx", None)
    partial = fragment and htmx and not htmx.history_restore_request and not htmx.boosted
    response = render(request, f"{template}#{fragment}" if partial else template, dict(context), status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response


def redirect_htmx(request: HttpRequest, url: str) -> HttpResponse:
    """Go to another page: a redirect for browsers, HX-Redirect for htmx (which would follow a redirect into a fragment)."""
    if getattr(request, "htmx", False):
        response = HttpResponse(status=204)
        response["HX-Redirect"] = url
        return response
    return HttpResponseRedirect(url)


Link = tuple[str, str]
"""An address and the words that lead there."""


def toast(
    request: HttpRequest, response: HttpResponse, text: str, *, tone: str = "ok", undo_url: str = "", links: Sequence[Link] = ()
) -> HttpResponse:
    """Tell the person what happened, with a way back, and ways to what came of it. Shown at once by htmx; else on the next page."""
    if getattr(request, "htmx", False) and "HX-Redirect" not in response:
        response["HX-Trigger"] = json.dumps({"toast": {"text": text, "tone": tone, "undo": undo_url, "links": list(links)}})
    else:
        ways = format_html_join("", ' <a class="link" href="{}">{}</a>', links)
        messages.add_message(request, TONES[tone], format_html("{}{}", text, ways), extra_tags=undo_url)
    return response


def filters_of(request: HttpRequest, **defaults: str) -> dict[str, str]:
    """The filters of a list page from its query string, each trimmed, with defaults for those not given."""
    return {name: request.GET.get(name, default).strip()[:200] for name, default in defaults.items()}


def number_of(text: str, digits: int = 18) -> int | None:
    """A whole number as addresses and forms name keys and counts, of so many digits at most (18 fit a bigint); None for anything else."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= digits else None


def day_of(text: str) -> date | None:
    """An ISO day of the years that business is done in, so that days around it can be counted; None for anything else."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if 1900 <= day.year <= 2200 else None


def address(name: str, *args: Any, otherwise: str = "") -> str:
    """The address of a page by name, for links to apps of other floors; `otherwise` where there is no such page."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return otherwise


def origin_of(request: HttpRequest) -> str:
    """The address that a request came from. Behind `TRUSTED_PROXIES` proxies of ours it is the one that the first of them saw; what a
    client writes into the header itself stands further left, and counts for nothing."""
    seen = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",") if part.strip()]
    proxies: int = settings.TRUSTED_PROXIES
    return seen[-proxies][:45] if 0 < proxies <= len(seen) else str(request.META.get("REMOTE_ADDR") or "")
