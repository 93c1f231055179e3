"""Addresses of figures: the question as it stands, with what the figure adds to it."""

from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from reports.forms import ReportForm

KEPT = (
    "as_of",
    "known_at",
    "company",
    "customer",
    "parent",
    "collector",
    "segment",
    "currency",
    "basis",
    "buckets",
    "credits",
    "by",
    "compare",
    "account",
    "part",
    "cause",
    "since",
)
"""Words of the query string that a link carries on."""


class Links:
    """Makes addresses that ask the same question of another page, or a part of it of the same."""

    def __init__(self, form: ReportForm) -> None:
        asked = {name: form.data.get(name, "") for name in KEPT}
        self._kept = {name: value for name, value in asked.items() if value}

    def to(self, name: str, *args: Any, drop: tuple[str, ...] = (), **added: Any) -> str:
        """The address of a page with the question; `added` words replace, `None` and `drop` leave out."""
        words = {k: v for k, v in self._kept.items() if k not in drop} | added
        query = urlencode({k: v for k, v in words.items() if v not in (None, "")})
        return reverse(name, args=args) + (f"?{query}" if query else "")

    def here(self, **added: Any) -> str:
        """The query string of this page with some words replaced."""
        return "?" + urlencode({k: v for k, v in (self._kept | added).items() if v not in (None, "")})

    @property
    def query(self) -> str:
        """The question as a query string, for exports."""
        return urlencode(self._kept)
