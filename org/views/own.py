"""What everybody sets for themselves: looks and password."""

from typing import Any

from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.forms import PasswordChangeForm, SetPasswordForm
from django.contrib.auth.tokens import default_token_generator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from arops.lib.http import page, redirect_htmx, toast
from arops.lib.refusal import Refused
from org import audit
from org.access import by_link, own
from org.forms import PreferencesForm
from org.models import User
from org.services import choose_password, save_preferences

YEAR = 31_536_000


@own
def preferences(request: HttpRequest) -> HttpResponse:
    """Colours, rows, keys, mail. They go with the person; the browser's own choice (a cookie) is set to the same."""
    user: Any = request.user
    held = {"theme": "", "density": "compact", "keys": True, "notices": True} | user.preferences
    form = PreferencesForm(request.POST or None, initial=held)
    if request.method == "POST" and form.is_valid():
        save_preferences(user=user, chosen=form.cleaned_data)
        answer = redirect_htmx(request, reverse("org:preferences"))
        looks = {"theme": form.cleaned_data["theme"], "density": form.cleaned_data["density"]}
        for name, value in {**looks, "keys": "on" if form.cleaned_data["keys"] else "off"}.items():
            answer.set_cookie(f"arops_{name}", value, max_age=YEAR, samesite="Lax")
        return toast(request, answer, "Preferences are saved")
    return page(request, "org/preferences.html", {"form": form, "passwords": PasswordChangeForm(user)}, status=422 if form.errors else 200)


@by_link
def choose(request: HttpRequest, token: str) -> HttpResponse:
    """A password of one's own choice, by the link that was mailed."""
    key, _, secret = token.partition("-")
    person = User.objects.filter(pk=int(key), is_active=True).first() if key.isascii() and key.isdecimal() and len(key) < 19 else None
    if person is None or not default_token_generator.check_token(person, secret):
        return page(request, "org/choose_password.html", {"ended": True}, status=410)
    form = SetPasswordForm(person, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            choose_password(user=person, token=secret, password=form.cleaned_data["new_password1"])
        except Refused:
            return page(request, "org/choose_password.html", {"ended": True}, status=410)
        return redirect("login")
    return page(request, "org/choose_password.html", {"form": form, "person": person}, status=422 if form.errors else 200)


@own
def password(request: HttpRequest) -> HttpResponse:
    """Another password; other sessions of the person end."""
    user: Any = request.user
    form = PasswordChangeForm(user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        form.save()
        update_session_auth_hash(request, user)
        audit.record(actor=user, type="user.password_changed", subject=user)
        answer = redirect_htmx(request, reverse("org:preferences"))
        return toast(request, answer, "The password is changed; you are logged out everywhere else")
    return page(request, "org/password.html", {"form": form}, status=422 if form.errors else 200)
