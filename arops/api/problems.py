"""Errors as RFC 9457 problems: type, title, status, detail, instance, request_id and errors[] with JSON pointers."""

import logging
from collections.abc import Iterable, Sequence
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.core.signals import got_request_exception
from django.http import Http404, HttpRequest
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from arops.lib.refusal import InputRefused, Refused
from arops.lib.rows import Problem
from org.actors import NotAllowed

BASE = "https://arops.example/problems/"
log = logging.getLogger("arops.api")


class ApiProblem(Exception):
    """A refusal with its status, a code, and the values that are wrong."""

    def __init__(
        self, status: int, code: str, detail: str, errors: Iterable[dict[str, str]] = (), headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(detail)
        self.status, self.code, self.detail, self.errors, self.headers = status, code, detail, list(errors), headers or {}


def refused(problems: Sequence[Problem]) -> ApiProblem:
    """A row that can't be taken: every problem told with its place."""
    errors = [{"pointer": p.pointer, "code": p.code, "detail": p.detail} for p in problems]
    return ApiProblem(422, errors[0]["code"], errors[0]["detail"], errors)


def invalid(pointer: str, code: str, detail: str) -> ApiProblem:
    """422 for one value."""
    return ApiProblem(422, "invalid", detail, [{"pointer": pointer, "code": code, "detail": detail}])


def handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler: everything becomes a problem. What isn't the caller's doing is a 500 that tells nothing but the id
    that finds it in the log."""
    request = context.get("request")
    problem = _problem(error)
    if problem is None:
        log.error("%s failed (%s)", getattr(request, "path", ""), request_id(request), exc_info=error)
        got_request_exception.send(sender=None, request=getattr(request, "_request", None))
        problem = ApiProblem(500, "internal", "something failed on our side; nothing was changed")
    set_rollback()
    return answer(problem, request)


def answer(problem: ApiProblem, request: Any) -> Response:
    """The problem as a response."""
    body = {
        "type": BASE + problem.code.replace("_", "-"),
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "detail": problem.detail,
        "instance": getattr(request, "path", ""),
        "request_id": request_id(request),
        "errors": problem.errors,
    }
    response = Response(body, status=problem.status, content_type="application/problem+json", headers=problem.headers)
    response["Content-Type"] = "application/problem+json"
    return response


def request_id(request: Any) -> str:
    """The id that finds the call in the log."""
    inner: HttpRequest | None = getattr(request, "_request", request)
    return str(getattr(inner, "request_id", ""))


def _problem(error: Exception) -> ApiProblem | None:
    if isinstance(error, ApiProblem):
        return error
    if isinstance(error, Http404):
        return ApiProblem(404, "not_found", _own_words(error) or "there is no such thing, or it is out of this key's sight")
    if isinstance(error, NotAllowed | PermissionDenied):
        return ApiProblem(403, "forbidden", str(error) or "this key may not do this")
    if isinstance(error, Refused | InputRefused):
        return ApiProblem(422, "refused", str(error))
    if isinstance(error, RequestDataTooBig):
        return ApiProblem(413, "too_large", "the body is larger than this server takes: send fewer rows, or a file to /imports")
    if isinstance(error, exceptions.NotAuthenticated | exceptions.AuthenticationFailed):
        return ApiProblem(401, "not_authenticated", str(error.detail), headers={"WWW-Authenticate": 'Bearer realm="ArOps"'})
    if isinstance(error, exceptions.APIException):
        return ApiProblem(error.status_code, error.default_code, str(error.detail), _flat(error.detail))
    return None


def _own_words(error: Http404) -> str:
    """What we said ourselves; Django's own texts name models."""
    said = str(error)
    return said if said.startswith("addresses of the API") else ""


def _flat(detail: Any, pointer: str = "") -> list[dict[str, str]]:
    """DRF's nested details as pointers."""
    if isinstance(detail, dict):
        return [e for name, inner in detail.items() for e in _flat(inner, pointer if name == "non_field_errors" else f"{pointer}/{name}")]
    if isinstance(detail, list):
        nested = any(isinstance(inner, dict | list) for inner in detail)
        return [e for n, inner in enumerate(detail) for e in _flat(inner, f"{pointer}/{n}" if nested else pointer)]
    return [{"pointer": pointer, "code": str(getattr(detail, "code", "invalid")), "detail": str(detail)}]
