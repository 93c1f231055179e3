"""A line of time as a file."""

from collections.abc import Callable
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse

from arops.lib import clock
from arops.lib.sheets import Cover, export_response
from arops.lib.tables import Column, Table
from reports.selectors.timeline import Happening

MOST = 20_000
"""Happenings that a file holds, the latest."""


def timeline_file(request: HttpRequest, title: str, lane: str, read: Callable[[], list[Happening]]) -> HttpResponse | None:
    """The happenings as Excel or CSV, latest first, with all that was said in them; None when the page itself is wanted. Raises
    PermissionDenied for whoever takes no files along."""
    user: Any = request.user
    if request.GET.get("format") not in ("xlsx", "csv"):
        return None
    if not user.can("reports.export"):
        raise PermissionDenied("this needs the permission reports.export")
    found = read()
    columns = [
        Column("at", "When (UTC)", lambda h: h.at.strftime("%Y-%m-%d %H:%M")),
        Column("lane", "Kind", lambda h: h.lane),
        Column("title", "What", lambda h: h.title, grow=True),
        Column("detail", "Detail", lambda h: h.detail),
        Column("amount", "Amount", lambda h: h.amount, kind="money"),
        Column("actor", "By", lambda h: h.actor),
        Column("quote", "Words", lambda h: h.quote, grow=True),
    ]
    shown = {"kind": lane or "all"} | ({"shown": f"the latest {MOST:,}"} if len(found) >= MOST else {})
    return export_response(request, Table(columns, found, currency=lambda h: h.currency), Cover(title, user.name, clock.today(), shown))
