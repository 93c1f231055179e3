"""Two small steps around every request: an id that ties a complaint to the log, and a way back to the login for htmx."""

import re
import uuid
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

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


class HtmxLoginRedirect:
    """An htmx request whose session has ended must leave the page, not swap a login form into a table cell."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        login = reverse("login")
        if getattr(request, "htmx", False) and response.status_code == 302 and response["Location"].startswith(login):
            answer = HttpResponse(status=204)
            answer["HX-Redirect"] = f"{login}?next={request.headers.get('HX-Current-URL', '/')}"
            return answer
        return response
