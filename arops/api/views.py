"""What every call goes through: key, permission, rate, unknown parameters; and what its answers have in common."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.conf import settings
from django.core.cache import cache
from django.http import Http404
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from arops.api.problems import ApiProblem, invalid
from arops.api.render import Csv, Json
from arops.lib import clock
from org.actors import Actor

READING = ("GET", "HEAD", "OPTIONS")


class ApiView(APIView):
    """A call that needs `permission` to read and `write_permission` to write; an empty permission is for every caller."""

    permission: ClassVar[str] = ""
    write_permission: ClassVar[str] = ""
    parameters: ClassVar[frozenset[str]] = frozenset()
    csv: ClassVar[bool] = False
    keeps_body: ClassVar[bool] = True
    of_company: ClassVar[bool] = False
    """Whether what is written is a whole company's or of any of its customers, such as rates or a bank's file: no call for a caller who
    is limited to some customers."""

    @property
    def policy(self) -> str:
        """For the test that no address goes without one."""
        return self.permission or self.write_permission or "anyone"

    def get_renderers(self) -> list[BaseRenderer]:
        """JSON; lists also CSV."""
        return [Json(), Csv()] if self.csv and self.request.method in READING else [Json()]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """After authentication: the scope, the rate, the parameters."""
        super().initial(request, *args, **kwargs)
        wanted = self.permission if request.method in READING else self.write_permission or self.permission
        if wanted and not self.actor.can(wanted):
            raise ApiProblem(403, "forbidden", f"this key may not do this: it needs a scope with {wanted}")
        if self.of_company and request.method not in READING and self.actor.reach(wanted).customers is not None:
            raise ApiProblem(403, "forbidden", "this key is limited to chosen customers: this is of the whole company")
        self._count(request)
        known = self.parameters if request.method in READING else frozenset()
        for name, values in request.query_params.lists():
            if name not in known:
                raise invalid(f"?{name}", "unknown_parameter", f"{name} is not a parameter of this call")
            if len(values) > 1:
                raise invalid(f"?{name}", "invalid", f"{name} is there twice")
            check_text(f"?{name}", values)
        if self.keeps_body and request.method not in READING:
            _ = request._request.body  # read whole before it is parsed: the idempotency key is of these bytes

    def _count(self, request: Request) -> None:
        """Calls a minute of this caller. Without its cache the API still answers: a limit is a courtesy, not a lock."""
        now, most = int(clock.now().timestamp()), settings.API_CALLS_A_MINUTE
        key, left_of_minute = f"api:{self.actor.label}:{now // 60}", 60 - now % 60
        try:
            cache.add(key, 0, 120)
            used = cache.incr(key)
        except Exception:  # the cache's own errors differ by backend
            return
        self.rate = {
            "RateLimit-Limit": str(most),
            "RateLimit-Remaining": str(max(0, most - used)),
            "RateLimit-Reset": str(left_of_minute),
        }
        if used > most:
            raise ApiProblem(
                429, "too_many_calls", f"more than {most} calls a minute", headers={**self.rate, "Retry-After": str(left_of_minute)}
            )

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:  # type: ignore[override]
        """Add the rate headers; what went wrong is said in JSON, whatever was asked for."""
        final: Any = super().finalize_response(request, response, *args, **kwargs)
        if final.status_code >= 400:
            final.accepted_renderer = Json()
        for name, value in getattr(self, "rate", {}).items():
            final.headers.setdefault(name, value)
        final.headers.setdefault("Cache-Control", "no-store")
        return final  # type: ignore[no-any-return]

    @property
    def actor(self) -> Actor:
        """Who calls."""
        user: Any = self.request.user
        return user

    @property
    def source_system(self) -> str:
        """The sender's system where a record doesn't name one: the key's, or a person's own."""
        return str(getattr(self.request.user, "source_system", "arops"))


class Nowhere(ApiView):
    """Whatever is no address of the API."""

    schema = None
    parameters: ClassVar = frozenset()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """No such address, for callers with and without a key."""
        self.format_kwarg = None
        request.accepted_renderer, request.accepted_media_type = Json(), "application/json"
        ends_with_slash = request.path.endswith("/") and request.path.count("/") > 3
        raise Http404("addresses of the API have no slash at their end" if ends_with_slash else "")


def check_text(pointer: str, values: list[str]) -> None:
    """Refuse what PostgreSQL can't hold and no parameter needs."""
    for value in values:
        if pointer.startswith("?") and not value:
            raise invalid(pointer, "invalid", f"{pointer[1:]} is empty: leave it out")
        if "\x00" in value or len(value) > 500 or (not value.isascii() and _unpaired(value)):
            raise invalid(pointer, "invalid", f"{pointer.lstrip('?')} is text of at most 500 characters")


def _unpaired(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return True
    return False


def object_of(data: Any) -> dict[str, Any]:
    """The body as an object. Raises ApiProblem."""
    if not isinstance(data, Mapping):
        raise invalid("", "invalid", "the body is an object")
    return dict(data)
