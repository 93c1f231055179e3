"""People: list, add, change, roles, lock out and in."""

from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_POST

from arops.lib import clock
from arops.lib.http import filters_of, page, redirect_htmx, toast
from arops.lib.refusal import Refused
from org.access import allowed
from org.actors import NotAllowed
from org.forms import PersonForm, RolesForm
from org.models import Company, User
from org.services import add_user, ask_new_password, change_user, disable_user, enable_user, set_roles
from org.services.second import is_alone

WAITS = "; what gives more rights waits for a second person under Rights"


@allowed("users.manage")
def people(request: HttpRequest) -> HttpResponse:
    """Everybody in the companies one manages, with their roles."""
    user: Any = request.user
    asked = filters_of(request, q="", state="")
    rows = User.objects.visible_to(user, "users.manage").prefetch_related("memberships__company")
    if asked["q"]:
        rows = rows.filter(name__icontains=asked["q"]) | rows.filter(email__icontains=asked["q"])
    if asked["state"] in ("active", "disabled"):
        rows = rows.filter(is_active=asked["state"] == "active")
    context = {"people": rows.order_by("-is_active", "name"), "asked": asked, "in_force": any(asked.values())}
    return page(request, "org/people.html", context)


@allowed("users.manage")
def person_new(request: HttpRequest) -> HttpResponse:
    """Add a person; they are mailed a link to choose a password."""
    user: Any = request.user
    form, roles = PersonForm(request.POST or None), _roles_form(request, None)
    if request.method == "POST" and form.is_valid() and roles.is_valid():
        try:
            person = add_user(actor=user, password=None, roles=[], **form.cleaned_data)
            waits = set_roles(actor=user, user=person, grants=roles.grants(), now=clock.now())
            ask_new_password(actor=user, user=person)
        except (Refused, NotAllowed, ValidationError) as error:
            form.add_error(None, str(error))
        else:
            said = f"{person.name} is added: a link to choose a password goes to {person.email}{WAITS if waits else ''}"
            return toast(request, redirect_htmx(request, reverse("org:users")), said)
    alone = is_alone(user, [c.pk for c in roles.companies])
    context = {"form": form, "roles": roles, "alone": alone}
    return page(request, "org/person.html", context, status=422 if form.errors or roles.errors else 200)


@allowed("users.manage")
def person(request: HttpRequest, pk: int) -> HttpResponse:
    """A person: name and login, and roles by company."""
    user: Any = request.user
    found = _person(request, pk)
    form = PersonForm(request.POST or None, initial={"name": found.name, "email": found.email})
    roles = _roles_form(request, found)
    own = found.pk == user.pk
    if request.method == "POST" and form.is_valid() and roles.is_valid():
        try:
            waits = change_user(actor=user, user=found, now=clock.now(), **form.cleaned_data)
            if not own:
                waits = set_roles(actor=user, user=found, grants=roles.grants(), now=clock.now()) or waits
        except (Refused, NotAllowed) as error:
            form.add_error(None, str(error))
        else:
            said = WAITS if waits else "; it counts from their next click on"
            return toast(request, redirect_htmx(request, reverse("org:users")), f"{found.name} is saved{said}")
    alone = not own and is_alone(user, [c.pk for c in roles.companies])
    context = {"person": found, "form": form, "roles": roles, "own": own, "alone": alone}
    return page(request, "org/person.html", context, status=422 if form.errors or roles.errors else 200)


@require_POST
@allowed("users.manage")
def person_disable(request: HttpRequest, pk: int) -> HttpResponse:
    """Lock a person out."""
    return _switch(request, pk, disable_user, "is locked out, also where they are logged in now", "org:user-enable")


@require_POST
@allowed("users.manage")
def person_enable(request: HttpRequest, pk: int) -> HttpResponse:
    """Let a person in again."""
    return _switch(request, pk, enable_user, "may log in again", "org:user-disable")


@require_POST
@allowed("users.manage")
def person_password(request: HttpRequest, pk: int) -> HttpResponse:
    """A link to a new password for a person who lost theirs, mailed to them."""
    user: Any = request.user
    found = _person(request, pk)
    answer = redirect_htmx(request, reverse("org:user", args=[pk]))
    try:
        ask_new_password(actor=user, user=found)
    except (Refused, NotAllowed) as error:
        return toast(request, answer, str(error), tone="bad")
    return toast(request, answer, f"A link to choose a new password goes to {found.email}; the old one opens nothing any more")


def _switch(request: HttpRequest, pk: int, service: Any, said: str, undo: str) -> HttpResponse:
    user: Any = request.user
    found = _person(request, pk)
    answer = redirect_htmx(request, reverse("org:users"))
    try:
        service(actor=user, user=found)
    except (Refused, NotAllowed) as error:
        return toast(request, answer, str(error), tone="bad")
    return toast(request, answer, f"{found.name} {said}", undo_url=reverse(undo, args=[pk]))


def _person(request: HttpRequest, pk: int) -> User:
    user: Any = request.user
    return get_object_or_404(User.objects.visible_to(user, "users.manage"), pk=pk)


def _roles_form(request: HttpRequest, found: User | None) -> RolesForm:
    user: Any = request.user
    companies = list(Company.objects.visible_to(user, "users.manage"))
    return RolesForm(request.POST or None, companies=companies, person=found)
