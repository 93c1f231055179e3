"""What the pages of the inbox do alike: find an inquiry in sight, do one thing to it, go back to it."""

from collections.abc import Callable, Collection
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse

from arops.lib.http import redirect_htmx, toast
from arops.lib.refusal import Refused
from collections_app.models import Inquiry, Suggestion
from org.actors import NotAllowed
from org.models import User
from org.selectors import people_with

WORK = "collections.work"


def person(request: HttpRequest) -> Any:
    """Who is logged in."""
    return request.user


def inquiry_in_sight(request: HttpRequest, pk: int, permission: str = "collections.view") -> Inquiry:
    """The inquiry, where the person sees it by that permission. Raises 404."""
    seen = Inquiry.objects.visible_to(person(request), permission)
    found: Inquiry = get_object_or_404(seen.select_related("customer__company", "company", "owner", "contact"), pk=pk)
    return found


def suggestion_in_sight(request: HttpRequest, pk: int) -> Suggestion:
    """What was recognised, of an inquiry that the person works. Raises 404."""
    seen = Inquiry.objects.visible_to(person(request), WORK)
    rows = Suggestion.objects.filter(entry__inquiry__in=seen).select_related("entry__inquiry__customer__company", "entry__inquiry__company")
    found: Suggestion = get_object_or_404(rows, pk=pk)
    return found


def owner_of(request: HttpRequest, companies: Collection[int]) -> User | None:
    """Whom the form names, of those who answer there; None for nobody. Raises 404: people of elsewhere aren't told of by name."""
    given = request.POST.get("owner", "")
    if not (given.isascii() and given.isdecimal() and len(given) < 18):
        return None
    found: User = get_object_or_404(people_with(companies, WORK), pk=int(given))
    return found


def version_of(request: HttpRequest) -> int:
    """The version that the form was drawn from; -1, which none has, where it says none."""
    given = request.POST.get("version", "")
    return int(given) if given.isdecimal() and given.isascii() and len(given) < 10 else -1


def inquiry_url(inquiry: Inquiry) -> str:
    """The page of an inquiry."""
    return reverse("collections:inquiry", args=[inquiry.pk])


def act(request: HttpRequest, inquiry: Inquiry, do: Callable[[Any], str], back: str = "") -> HttpResponse:
    """Do something and go back to the inquiry, or `back`; `do` says what it did. What refuses it is said on the inquiry's page."""
    try:
        said = do(person(request))
    except (Refused, NotAllowed) as refusal:
        words = str(refusal)
        return toast(request, redirect_htmx(request, inquiry_url(inquiry)), words[:1].upper() + words[1:], tone="bad")
    return toast(request, redirect_htmx(request, back or inquiry_url(inquiry)), said)
