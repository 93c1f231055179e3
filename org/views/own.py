"""What everybody sets for themselves: looks and password."""

from typing import Any

from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.forms import PasswordChangeForm
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from arops.lib.http import page, redirect_htmx, toast
from org import audit
from org.access import own
from org.forms import PreferencesForm
from org.services import save_preferences

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
