"""Keys of the API: list, make, rotate, revoke. A secret is shown once, in the answer that made it."""

from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_POST

from arops.lib import clock
from arops.lib.http import page, redirect_htmx, toast
from arops.lib.refusal import Refused
from org.access import allowed
from org.actors import NotAllowed
from org.forms import KeyForm, RotateForm
from org.models import ApiKey, Company
from org.selectors import actor_names
from org.services import chosen, create_api_key, revoke_api_key, rotate_api_key


@allowed("apikeys.manage")
def keys(request: HttpRequest) -> HttpResponse:
    """Keys in reach, live ones first."""
    user: Any = request.user
    now = clock.now()
    rows = list(ApiKey.objects.visible_to(user, "apikeys.manage").prefetch_related("companies").order_by("name", "-pk"))
    rows.sort(key=lambda k: not k.is_live(now))
    limits = {c.key: c for c in chosen.by_key(user, {pk for k in rows for pk in k.customer_refs})}
    shown = [(k, k.state(now), [limits[pk] for pk in k.customer_refs if pk in limits]) for k in rows]
    context = {"keys": shown, "names": actor_names({k.created_by for k in rows})}
    return page(request, "org/keys.html", context)


@allowed("apikeys.manage")
def key_new(request: HttpRequest) -> HttpResponse:
    """Make a key and show its secret."""
    user: Any = request.user
    companies = Company.objects.visible_to(user, "apikeys.manage")
    form = KeyForm(request.POST or None, companies=companies, today=clock.today(), actor=user)
    if request.method == "POST" and form.is_valid():
        data = dict(form.cleaned_data)
        try:
            key, secret = create_api_key(actor=user, expires_at=data.pop("expires_on"), customer_refs=data.pop("customers"), **data)
        except (Refused, NotAllowed) as error:
            form.add_error(None, str(error))
        else:
            return page(request, "org/key_secret.html", {"key": key, "secret": secret})
    return page(request, "org/key_new.html", {"form": form}, status=422 if form.errors else 200)


@allowed("apikeys.manage")
def key_rotate(request: HttpRequest, pk: int) -> HttpResponse:
    """A successor of a key; both work for some days."""
    user: Any = request.user
    found = _key(request, pk)
    form = RotateForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            overlap = timedelta(days=form.cleaned_data["days"])
            key, secret = rotate_api_key(actor=user, key=found, overlap=overlap, now=clock.now())
        except (Refused, NotAllowed) as error:
            form.add_error(None, str(error))
        else:
            return page(request, "org/key_secret.html", {"key": key, "secret": secret, "old": found, "days": overlap.days})
    return page(request, "org/key_rotate.html", {"key": found, "form": form}, status=422 if form.errors else 200)


@require_POST
@allowed("apikeys.manage")
def key_revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """Close a key for good."""
    user: Any = request.user
    found = _key(request, pk)
    revoke_api_key(actor=user, key=found, now=clock.now())
    return toast(request, redirect_htmx(request, reverse("org:keys")), f"{found.name} is revoked: its next call is refused")


def _key(request: HttpRequest, pk: int) -> ApiKey:
    user: Any = request.user
    return get_object_or_404(ApiKey.objects.visible_to(user, "apikeys.manage"), pk=pk)
