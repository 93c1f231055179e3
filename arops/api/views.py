"""What every call goes through: permission, rate, unknown parameters, pages."""

import base64
import binascii
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar

from django.core.cache import cache
from django.db import models
from django.db.models import Q
from django.utils.dateparse import parse_datetime
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from arops.api.problems import ApiProblem, invalid
from arops.lib import clock
from org.actors import Actor

PER_MINUTE = 600
MOST = 500


class ApiView(APIView):
    """A call that needs `permission` to read and `write_permission` to write."""

    permission: ClassVar[str] = ""
    write_permission: ClassVar[str] = ""
    parameters: ClassVar[frozenset[str]] = frozenset()

    @property
    def policy(self) -> str:
        """For the test that no address goes without one."""
        return self.permission or self.write_permission

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """After authentication: the scope, the rate, the parameters."""
        super().initial(request, *args, **kwargs)
        wanted = self.permission if request.method in ("GET", "HEAD", "OPTIONS") else self.write_permission or self.permission
        if wanted and not self.actor.can(wanted):
            raise ApiProblem(403, "forbidden", f"this key may not do this: it needs a scope with {wanted}")
        self._count(request)
        if request.method == "GET":
            for name in request.query_params.keys() - self.parameters - {"format"}:
                raise invalid(f"?{name}", "unknown_parameter", f"{name} is not a parameter of this call")

    def _count(self, request: Request) -> None:
        """Calls a minute of this caller. Without its cache the API still answers: a limit is a courtesy, not a lock."""
        now = int(clock.now().timestamp())
        key, left_of_minute = f"api:{self.actor.label}:{now // 60}", 60 - now % 60
        try:
            cache.add(key, 0, 120)
            used = cache.incr(key)
        except Exception:  # the cache's own errors differ by backend
            return
        self.rate = {
            "RateLimit-Limit": str(PER_MINUTE),
            "RateLimit-Remaining": str(max(0, PER_MINUTE - used)),
            "RateLimit-Reset": str(left_of_minute),
        }
        if used > PER_MINUTE:
            raise ApiProblem(
                429, "too_many_calls", f"more than {PER_MINUTE} calls a minute", headers={**self.rate, "Retry-After": str(left_of_minute)}
            )

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:  # type: ignore[override]
        """Add the rate headers."""
        final = super().finalize_response(request, response, *args, **kwargs)
        for name, value in getattr(self, "rate", {}).items():
            final.headers.setdefault(name, value)
        return final  # type: ignore[return-value]

    @property
    def actor(self) -> Actor:
        """Who calls."""
        user: Any = self.request.user
        return user

    @property
    def source_system(self) -> str:
        """The sender's system where a record doesn't name one: the key's, or a person's own."""
        return str(getattr(self.request.user, "source_system", "arops"))


class ListView(ApiView):
    """A list by cursor pages: `limit`, `cursor`, `updated_since`; a subclass gives rows, their shape, and its filters."""

    stamp: ClassVar[str] = "updated_at"
    filters: ClassVar[Mapping[str, str]] = {}

    @property
    def parameters(self) -> frozenset[str]:  # type: ignore[override]
        """The parameters a list takes."""
        return frozenset({"limit", "cursor", "updated_since", *self.filters})

    def rows(self) -> models.QuerySet[Any]:
        """The rows in sight."""
        raise AssertionError("a list says what it lists")

    def shape(self, row: Any) -> dict[str, Any]:
        """A row as the API shows it."""
        raise AssertionError("a list says how a row looks")

    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One page: {"data": […], "next": cursor or null}."""
        rows = self.filtered(self.rows(), request.query_params)
        limit = self._limit(request.query_params.get("limit", "100"))
        page = list(self._after(rows, request.query_params)[: limit + 1])
        more = len(page) > limit
        return Response({"data": [self.shape(row) for row in page[:limit]], "next": self._cursor(page[limit - 1]) if more else None})

    def filtered(self, rows: models.QuerySet[Any], wanted: Mapping[str, str]) -> models.QuerySet[Any]:
        """Rows by the list's own filters: parameter → field look-up, the value as text."""
        for name, lookup in self.filters.items():
            value = wanted.get(name)
            if value is not None:
                _no_nul(name, value)
                rows = rows.filter(**{lookup: self.filter_value(name, value)})
        return rows

    def filter_value(self, name: str, value: str) -> Any:
        """What a filter compares with; a subclass turns ids into keys and refuses what can't be one."""
        return value

    def _limit(self, text: str) -> int:
        if not text.isdecimal() or not text.isascii() or not 1 <= int(text[:6]) <= MOST:
            raise invalid("?limit", "invalid", f"limit is a whole number from 1 to {MOST}")
        return int(text)

    def _after(self, rows: models.QuerySet[Any], wanted: Mapping[str, str]) -> models.QuerySet[Any]:
        """In the order of change with the key as tie-break, from where the cursor or `updated_since` says."""
        if since := wanted.get("updated_since"):
            rows = rows.filter(**{f"{self.stamp}__gte": _moment(since)})
        if cursor := wanted.get("cursor"):
            at, pk = _decode(cursor)
            rows = rows.filter(Q(**{f"{self.stamp}__gt": at}) | Q(**{self.stamp: at}, pk__gt=pk))
        return rows.order_by(self.stamp, "pk")

    def _cursor(self, row: Any) -> str:
        at: Any = row
        for part in self.stamp.split("__"):
            at = getattr(at, part)
        return base64.urlsafe_b64encode(f"{at.isoformat()}|{row.pk}".encode()).decode()


def _moment(text: str) -> datetime:
    try:
        found = parse_datetime(text.replace(" ", "+"))
    except ValueError:
        found = None
    if found is None or not 1970 <= found.year <= 2200:
        raise invalid("?updated_since", "invalid", "updated_since is a moment such as 2026-11-23T08:00:00Z")
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _decode(cursor: str) -> tuple[datetime, int]:
    try:
        at, _, pk = base64.urlsafe_b64decode(cursor.encode()).decode().partition("|")
        return datetime.fromisoformat(at), int(pk[:19])
    except (ValueError, binascii.Error):
        raise invalid("?cursor", "invalid", "the cursor is not one of ours: begin again without it") from None


def _no_nul(name: str, value: str) -> None:
    if "\x00" in value or len(value) > 200:
        raise invalid(f"?{name}", "invalid", f"{name} is text of at most 200 characters")


Handler = Callable[..., Response]
