"""Access to pages: every view states the permission it needs, and a test fails on one that doesn't."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed

from org import policy

View = Callable[..., HttpResponse]
SAFE = ("GET", "HEAD", "OPTIONS")


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
            if request.method not in SAFE and user.only_reads:
                raise PermissionDenied("your roles read everything and change nothing")
            return view(request, *args, **kwargs)

        guarded.policy = permission  # type: ignore[attr-defined]
        return guarded

    return decorate


def anyone(view: View) -> View:
    """A page to read for everyone who is logged in: it shows what is theirs by `visible_to`, or nothing of anybody's."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return view(request, *args, **kwargs) if request.method in SAFE else HttpResponseNotAllowed(SAFE)

    guarded.policy = "anyone"  # type: ignore[attr-defined]
    return guarded


def own(view: View) -> View:
    """A page of everyone who is logged in, which changes nothing but what is the person's own."""
    view.policy = "own"  # type: ignore[attr-defined]
    return view


def by_record(view: View) -> View:
    """A page whose record says who may: the view finds it by `visible_to`, answers 404 where it isn't in sight, and its service asks for
    the right to change it. Whoever only reads changes nothing here either."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        user: Any = request.user
        if request.method not in SAFE and user.only_reads:
            raise PermissionDenied("your roles read everything and change nothing")
        return view(request, *args, **kwargs)

    guarded.policy = "record"  # type: ignore[attr-defined]
    return guarded


def by_link(view: View) -> View:
    """A page for whoever holds a link, logged in or not: the view finds what the link opens, and nothing else. Nothing of it is kept by
    browsers, listed by search machines, or told to other sites. (Forms need their own origin told to this one, or the browser sends
    `Origin: null` and they are refused: so `same-origin`, not `no-referrer`.)"""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, *args, **kwargs)
        response["Cache-Control"] = "no-store"
        response["Referrer-Policy"] = "same-origin" if response.get("Content-Type", "").startswith("text/html") else "no-referrer"
        response["X-Robots-Tag"] = "noindex, nofollow, noarchive"
        return response

    guarded.policy = "link"  # type: ignore[attr-defined]
    return login_not_required(guarded)
