"""Small steps around every request: an id that ties a complaint to the log, a bound to what is sent, words for what a view let fall,
nothing kept by the browser of what only someone who is logged in may see, and a way back to the login for htmx."""

import re
import uuid
from collections.abc import Callable
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse

from arops.lib.refusal import InputRefused, Refused
from org.actors import NotAllowed

_GIVEN_ID = re.compile(r"[A-Za-z0-9_-]{8,64}", re.ASCII)
Handler = Callable[[HttpRequest], HttpResponse]


class RequestId:
    """Give the request an id (the caller's `X-Request-Id` if it is a plain token) and answer with it."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-Id", "")
        request.request_id = given if _GIVEN_ID.fullmatch(given) else uuid.uuid4().hex  # type: ignore[attr-defined]
        response = self.get_response(request)
        response["X-Request-Id"] = request.request_id  # type: ignore[attr-defined]
        return response


class Bounded:
    """What is too large is refused before anything of it is read and put on the disk: nobody sends more than the largest files that are
    taken, and who brings neither a session, nor a link's cookie, nor a key has only small forms to send."""

    MOST, STRANGERS = 128 * 1024 * 1024, 1024 * 1024

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        length = request.META.get("CONTENT_LENGTH") or "0"
        known = {settings.SESSION_COOKIE_NAME, "arops_answer"} & request.COOKIES.keys() or "Authorization" in request.headers
        if not length.isdecimal() or int(length) > (self.MOST if known else self.STRANGERS):
            return HttpResponse("This is larger than this server takes.", status=413, content_type="text/plain")
        return self.get_response(request)


class NoNul:
    """Forms and addresses are read as if NUL hadn't been sent: no text holds it, no person types it, and PostgreSQL breaks at it. The API
    says for itself what it refuses."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path.startswith("/api/"):
            request.GET = _without_nul(request.GET)  # type: ignore[assignment]
            if request.method == "POST":
                request.POST = _without_nul(request.POST)  # type: ignore[assignment]
        return self.get_response(request)


def _without_nul(given: QueryDict) -> QueryDict:
    if not any("\x00" in text for name, values in given.lists() for text in (name, *values)):
        return given
    cleaned = given.copy()
    cleaned.clear()
    for name, values in given.lists():
        cleaned.setlist(name.replace("\x00", ""), [value.replace("\x00", "") for value in values])
    return cleaned


class Refusals:
    """What the domain refuses and a view didn't catch is answered in words: 403 where a right is missing, 422 for the rest."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """The page for a refusal; anything else is a failure and stays one."""
        if isinstance(error, NotAllowed):
            return render(request, "errors/403.html", {"reason": str(error)}, status=403)
        if isinstance(error, Refused | InputRefused):
            return render(request, "errors/422.html", {"reason": str(error)}, status=422)
        return None


class NothingKept:
    """Pages of someone logged in are kept by no cache, so that Back after the logout shows no money."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.user.is_authenticated:
            response.headers.setdefault("Cache-Control", "private, no-store")
        return response


class HtmxLoginRedirect:
    """An htmx request whose session has ended must leave the page, not swap a login form into a table cell."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        login = reverse("login")
        if getattr(request, "htmx", False) and response.status_code == 302 and response["Location"].startswith(login):
            answer = HttpResponse(status=204)
            answer["HX-Redirect"] = f"{login}?{urlencode({'next': request.headers.get('HX-Current-URL', '/')})}"
            return answer
        return response
