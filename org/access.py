"""Access to pages: every view states the permission it needs, and a test fails on one that doesn't."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse

from org import policy

View = Callable[..., HttpResponse]


def allowed(permission: str) -> Callable[[View], View]:
    """A view for those who hold the permission in some company (the view's queries narrow it to which); 403 for others."""
    if permission not in policy.PERMISSIONS:
        raise ValueError(f"{permission} is not a permission of any role")

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            user: Any = request.user
            if not user.can(permission):
                raise PermissionDenied(f"this needs the permission {permission}")
            return view(request, *args, **kwargs)

        guarded.policy = permission  # type: ignore[attr-defined]
        return guarded

    return decorate


def anyone(view: View) -> View:
    """A view for everyone who is logged in: it shows what is theirs by `visible_to`, or nothing of anybody's."""
    view.policy = "anyone"  # type: ignore[attr-defined]
    return view
