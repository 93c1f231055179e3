"""The few pages that belong to no app: the way in, the health of the process, the error pages."""

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.views.decorators.http import require_safe

from arops.demo_logins import DEMO_LOGINS

HOMES = (
    ("collections.work", "collections:queue"), ("reports.view", "reports:dashboard"), ("settings.manage", "org:users"),
    ("customers.view", "customers:list"), ("tasks.answer", "workflow:tasks"),
)  # fmt: skip


class DemoLogins(dict[str, Any]):
    """What the login page shows in demo mode: a card per role. Looked up when the page is drawn, so that settings can change."""

    def keys(self) -> Any:
        """The one name the template uses."""
        return {"demo_logins"}

    def __iter__(self) -> Iterator[str]:
        return iter(self.keys())

    def __getitem__(self, key: str) -> Any:
        return DEMO_LOGINS if settings.DEMO else ()


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Where each role begins: managers at the dashboard, specialists at their queue."""
    user: Any = request.user
    manager = user.can("periods.close") or user.can("credit.decide")
    order = sorted(HOMES, key=lambda pair: pair[0] != "reports.view") if manager else HOMES
    for permission, name in order:
        if user.can(permission):
            try:
                return redirect(reverse(name))
            except NoReverseMatch:
                continue
    return render(request, "errors/no_role.html", status=200)


@login_not_required
def healthz(request: HttpRequest) -> JsonResponse:
    """The process answers."""
    return JsonResponse({"status": "ok"})


@login_not_required
def readyz(request: HttpRequest) -> JsonResponse:
    """The process reaches its database."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return JsonResponse({"status": "ready"})


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403, in words."""
    return render(request, "errors/403.html", {"reason": str(exception or "")}, status=403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404: the same whether the thing is missing or out of sight."""
    return render(request, "errors/404.html", status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    """500, with the id that finds it in the log and nothing else."""
    return render(request, "errors/500.html", {"request_id": getattr(request, "request_id", "")}, status=500)
