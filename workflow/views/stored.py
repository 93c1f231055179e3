"""Kept views of lists: a list's page offers them (`{% stored_views %}`), opens with the one chosen (`keeps_views`)."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import NoReverseMatch, reverse
from django.views.decorators.http import require_POST

from arops.lib.http import redirect_htmx, toast
from arops.lib.refusal import Refused
from org.access import own
from workflow.models import StoredView
from workflow.selectors.views import first_view
from workflow.services.views import forget_view, keep_view, open_with, share_view

View = Callable[..., HttpResponse]


def keeps_views(view: View) -> View:
    """A list that opens with the person's own first view, where it is come to from elsewhere and asked for nothing."""

    @wraps(view)
    def opening(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        asks = request.GET or request.method != "GET" or getattr(request, "htmx", False)
        if asks or urlsplit(request.headers.get("Referer", "")).path == request.path or request.resolver_match is None:
            return view(request, *args, **kwargs)
        first = first_view(_user(request), request.resolver_match.view_name)
        if first is None or not first.query:
            return view(request, *args, **kwargs)
        return HttpResponseRedirect(f"{request.path}?{first.query}")

    return opening


@require_POST
@own
def keep(request: HttpRequest) -> HttpResponse:
    """Name what is shown (`page`, `query`); `shared` lets the team open it, `first` opens the list with it from now on."""
    page, user = request.POST.get("page", "")[:80], _user(request)
    address = _address(page)
    query = request.POST.get("query", "").replace("\x00", "")[:2000]
    try:
        name = request.POST.get("name", "").replace("\x00", "")
        view = keep_view(owner=user, page=page, name=name, query=query, is_shared=bool(request.POST.get("shared")))
    except Refused as error:
        return toast(request, redirect_htmx(request, f"{address}?{query}" if query else address), f"{error}.", tone="bad")
    if request.POST.get("first"):
        open_with(user=user, page=page, view=view)
    return toast(request, redirect_htmx(request, _shown(view)), f"Kept as {view.name}")


@require_POST
@own
def change(request: HttpRequest, pk: int) -> HttpResponse:
    """`do`: share, unshare, delete (one's own); first or last, to open the list with it, or as it comes."""
    user, verb = _user(request), request.POST.get("do", "")
    mine = verb in ("share", "unshare", "delete")
    view = get_object_or_404(StoredView.objects.filter(owner=user) if mine else StoredView.objects.of(user), pk=pk)
    address = _address(view.page)
    if verb == "delete":
        forget_view(owner=user, view=view)
        return toast(request, redirect_htmx(request, address), f"{view.name} is deleted")
    if mine:
        share_view(owner=user, view=view, is_shared=verb == "share")
        told = f"{view.name} is open to your team" if verb == "share" else f"{view.name} is yours alone"
    elif verb in ("first", "last"):
        open_with(user=user, page=view.page, view=view if verb == "first" else None)
        told = f"The list opens with {view.name}" if verb == "first" else "The list opens as it comes"
    else:
        raise Http404
    return toast(request, redirect_htmx(request, _shown(view)), told)


def _address(page: str) -> str:
    try:
        return reverse(page)
    except NoReverseMatch as error:
        raise Http404 from error


def _shown(view: StoredView) -> str:
    return f"{_address(view.page)}?{view.query}" if view.query else _address(view.page)


def _user(request: HttpRequest) -> Any:
    return request.user
