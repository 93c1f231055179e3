"""Reading records: lists by cursor pages, one record by our id or by the sender's."""

import base64
import binascii
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar, Protocol

from django.db import models
from django.db.models import Q
from django.http import Http404
from django.utils.dateparse import parse_datetime
from rest_framework.request import Request
from rest_framework.response import Response

from arops.api.changes import changed_since, settled_until
from arops.api.ids import private
from arops.api.problems import ApiProblem, invalid
from arops.api.views import ApiView
from arops.lib.money import currencies

MOST = 500
USUAL = 100
PAGING = frozenset({"limit", "cursor"})


class Records(Protocol):
    """What a resource says of itself, as a mixin of its views."""

    kind: ClassVar[str]

    def rows(self) -> models.QuerySet[Any]:
        """The rows in sight."""
        ...

    def shape(self, row: Any) -> dict[str, Any]:
        """A row as lists show it."""
        ...

    def whole(self, row: Any) -> dict[str, Any]:
        """A row as its own address shows it."""
        ...


class RecordView(ApiView):
    """A view of a resource. `kind` is the prefix's name (arops.api.ids)."""

    kind: ClassVar[str]

    def rows(self) -> models.QuerySet[Any]:
        """The rows in sight."""
        raise AssertionError("a resource says which rows it has")

    def prepare(self, rows: Sequence[Any]) -> None:
        """Read at once what the shapes of these rows need besides."""

    def shape(self, row: Any) -> dict[str, Any]:
        """A row as lists show it."""
        raise AssertionError("a resource says how a row looks")

    def whole(self, row: Any) -> dict[str, Any]:
        """A row as its own address shows it: the same, where it has no parts."""
        return self.shape(row)


class ListView(RecordView):
    """A list by cursor pages: `limit`, `cursor`, `updated_since`, and the list's filters (parameter → field look-up).

    Rows come in the order of `stamp` with the key as tie-break, so that pages neither repeat nor miss a row while others are written; a
    list without a stamp is in the order of keys. `changes` are the moments that `updated_since` asks for (see arops.api.changes): the
    stamp, or for a list in the order of keys those of its rows and of what is told with them; with neither, it isn't taken.
    """

    csv = True
    stamp: ClassVar[str] = "updated_at"
    changes: ClassVar[Sequence[str]] = ()
    filters: ClassVar[Mapping[str, str]] = {}
    known: ClassVar[Mapping[str, Collection[str]]] = {}
    """Filters that take one of some words, and those words in the order in which a refusal names them."""
    shows: ClassVar[Mapping[str, Q]] = {}
    """Words that `show` takes, and the rows that each leaves; with none, `show` isn't taken."""

    @property
    def parameters(self) -> frozenset[str]:  # type: ignore[override]
        """The parameters a list takes."""
        also = ({"updated_since"} if self._moments else set()) | ({"show"} if self.shows else set())
        return PAGING | also | self.filters.keys()

    @property
    def _moments(self) -> Sequence[str]:
        return self.changes or ([self.stamp] if self.stamp else [])

    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One page: {"data": […], "next": cursor or null, "until": where `updated_since` takes changes from}."""
        wanted, limit = request.query_params, limit_of(request)
        place = _place_of(wanted["cursor"], bool(self.stamp)) if "cursor" in wanted else _Place()
        rows = self.filtered(self.rows(), wanted)
        until = place.until or (settled_until(rows.model, self._moments) if self._moments else None)
        page = list(self._after(rows, wanted, place)[: limit + 1])
        following = self._cursor(page[limit - 1], until) if len(page) > limit else None
        self.prepare(page[:limit])
        headers = {"Link": f'<{_with_cursor(request, following)}>; rel="next"'} if following else {}
        body = {"data": [self.shape(row) for row in page[:limit]], "next": following}
        return Response(body | ({"until": until.isoformat()} if until else {}), headers=headers)

    def filtered(self, rows: models.QuerySet[Any], wanted: Mapping[str, str]) -> models.QuerySet[Any]:
        """Rows by the list's own filters, the value as text."""
        for name, lookup in self.filters.items():
            if name in wanted:
                if name in ("currency", "base") and wanted[name] not in currencies():
                    raise invalid(f"?{name}", "invalid", f"{name} is an ISO 4217 code such as USD")
                rows = rows.filter(**{lookup: self.filter_value(name, wanted[name])})
        if self.shows and (show := wanted.get("show")):
            if show not in self.shows:
                raise invalid("?show", "invalid", f"show is {' or '.join(self.shows)}")
            rows = rows.filter(self.shows[show])
        return rows

    def filter_value(self, name: str, value: str) -> Any:
        """What a filter compares with: a customer's id as its key, else the value, if it is one that there is. A subclass reads others."""
        if name in self.known and value not in self.known[name]:
            raise invalid(f"?{name}", "invalid", f"{name} is one of {', '.join(self.known[name])}")
        return private("customer", value) if name == "customer" else value

    def _after(self, rows: models.QuerySet[Any], wanted: Mapping[str, str], place: "_Place") -> models.QuerySet[Any]:
        """In order, from where the cursor or `updated_since` says."""
        if since := wanted.get("updated_since"):
            rows = changed_since(rows, self._moments, moment("updated_since", since))
        if place.at:
            rows = rows.filter(self._beyond(place.at, place.pk))
        elif place.pk:
            rows = rows.filter(pk__gt=place.pk)
        return rows.order_by(*([self.stamp] if self.stamp else []), "pk")

    def _beyond(self, at: datetime, pk: int) -> Q:
        """What comes after a row. The bound on the stamp alone lets the index begin there: an OR would read it from its start."""
        return Q(**{f"{self.stamp}__gte": at}) & (Q(**{f"{self.stamp}__gt": at}) | Q(**{self.stamp: at}, pk__gt=pk))

    def _cursor(self, row: Any, until: datetime | None) -> str:
        at = getattr(row, self.stamp).isoformat() if self.stamp else ""
        return base64.urlsafe_b64encode(f"{at}|{row.pk}|{until.isoformat() if until else ''}".encode()).decode()


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a page begins: after a row, by its stamp and key; and what the first page said of changes, which all of them say."""

    at: datetime | None = None
    pk: int = 0
    until: datetime | None = None


class DetailView(RecordView):
    """One record by our id."""

    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The record."""
        row = self.rows().filter(pk=private(self.kind, kwargs["public_id"])).first()
        if row is None:
            raise Http404
        self.prepare([row])
        return Response(self.whole(row))


class ExternalIdView(RecordView):
    """One record by the sender's id; `company` tells apart what several companies hold under the same id."""

    parameters: ClassVar = frozenset({"company"})
    company_code: ClassVar[str] = "company__code"

    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The record."""
        return Response(self.whole(self.found(request, kwargs["source"], kwargs["external_id"])))

    def found(self, request: Request, source: str, external_id: str) -> Any:
        """The one record with this id. Raises Http404, ApiProblem when there are several."""
        rows = self.rows().filter(source_system=source, external_id=external_id)
        if code := request.query_params.get("company"):
            rows = rows.filter(**{self.company_code: code})
        found = list(rows.order_by("pk")[:2])
        if not found:
            raise Http404
        if len(found) > 1:
            raise ApiProblem(422, "ambiguous", "several companies hold this id: add ?company= with the code of one")
        return found[0]


def moment(name: str, text: str) -> datetime:
    """A moment of the query string, in UTC where it names no zone. Raises ApiProblem."""
    try:
        found = parse_datetime(text.replace(" ", "+"))
    except (ValueError, OverflowError):
        found = None
    if found is None or not 1970 <= found.year <= 2200:
        raise invalid(f"?{name}", "invalid", f"{name} is a moment such as 2026-11-23T08:00:00Z")
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def limit_of(request: Request) -> int:
    """How many rows are asked for. Raises ApiProblem."""
    text = request.query_params.get("limit", str(USUAL))
    if not text.isdecimal() or not text.isascii() or not 1 <= int(text[:6]) <= MOST:
        raise invalid("?limit", "invalid", f"limit is a whole number from 1 to {MOST}")
    return int(text)


def _place_of(cursor: str, is_stamped: bool) -> _Place:
    """What a cursor says. Raises ApiProblem."""
    try:
        at, pk, until = base64.b64decode(cursor.encode(), altchars=b"-_", validate=True).decode().split("|")
        if not (pk.isascii() and pk.isdecimal() and len(pk) < 19) or bool(at) != is_stamped:
            raise ValueError
        return _Place(_moment_of(at), int(pk), _moment_of(until))
    except (ValueError, binascii.Error):
        raise _no_cursor() from None


def _moment_of(text: str) -> datetime | None:
    found = datetime.fromisoformat(text) if text else None
    if found and (found.tzinfo is None or not 1970 <= found.year <= 2200):
        raise ValueError
    return found


def _no_cursor() -> ApiProblem:
    return invalid("?cursor", "invalid", "the cursor is not one of this list: begin again without it")


def _with_cursor(request: Request, cursor: str) -> str:
    query = request.query_params.copy()
    query["cursor"] = cursor
    return f"{request.path}?{query.urlencode()}"
