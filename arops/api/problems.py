"""Errors as RFC 9457 problems: type, title, status, detail, instance, request_id and errors[] with JSON pointers."""

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from arops.lib.refusal import Refused
from org.actors import NotAllowed

BASE = "https://arops.example/problems/"


class ApiProblem(Exception):
    """A refusal with its status, a code, and the values that are wrong."""

    def __init__(
        self, status: int, code: str, detail: str, errors: Iterable[dict[str, str]] = (), headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(detail)
        self.status, self.code, self.detail, self.errors, self.headers = status, code, detail, list(errors), headers or {}


def invalid(pointer: str, code: str, detail: str) -> ApiProblem:
    """422 for one value."""
    return ApiProblem(422, "invalid", detail, [{"pointer": pointer, "code": code, "detail": detail}])


def handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler: everything that is the caller's doing becomes a problem; the rest stays a 500 for the log."""
    request = context.get("request")
    problem = _problem(error)
    if problem is None:
        return None
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
        return ApiProblem(404, "not_found", "there is no such thing, or it is out of this key's sight")
    if isinstance(error, NotAllowed | PermissionDenied):
        return ApiProblem(403, "forbidden", str(error) or "this key may not do this")
    if isinstance(error, Refused):
        return ApiProblem(422, "refused", str(error))
    if isinstance(error, exceptions.Throttled):
        return ApiProblem(429, "too_many_calls", "slow down", headers={"Retry-After": str(int(getattr(error, "wait", None) or 1))})
    if isinstance(error, exceptions.NotAuthenticated | exceptions.AuthenticationFailed):
        return ApiProblem(401, "not_authenticated", str(error.detail), headers={"WWW-Authenticate": 'Bearer realm="ArOps"'})
    if isinstance(error, exceptions.APIException):
        return ApiProblem(error.status_code, error.default_code, str(error.detail), _flat(error.detail))
    return None


def _flat(detail: Any, pointer: str = "") -> list[dict[str, str]]:
    """DRF's nested details as pointers."""
    if isinstance(detail, dict):
        return [e for name, inner in detail.items() for e in _flat(inner, pointer if name == "non_field_errors" else f"{pointer}/{name}")]
    if isinstance(detail, list):
        nested = any(isinstance(inner, dict | list) for inner in detail)
        return [e for n, inner in enumerate(detail) for e in _flat(inner, f"{pointer}/{n}" if nested else pointer)]
    return [{"pointer": pointer, "code": str(getattr(detail, "code", "invalid")), "detail": str(detail)}]
