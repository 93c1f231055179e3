"""Login by e-mail and password."""

from typing import Any

from django.contrib.auth.hashers import make_password
from django.http import HttpRequest

from org.models import User


class EmailBackend:
    """Checks a password against the person with that e-mail address, in the same time whether there is one or not."""

    def authenticate(self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **_: Any) -> User | None:
        """The active person, or None."""
        if not username or not password:
            return None
        user = User.objects.filter(email__iexact=username).first()
        if user is None:
            make_password(password)  # takes as long as checking one, so that timing doesn't tell who exists
            return None
        return user if user.check_password(password) and user.is_active else None

    def get_user(self, user_id: int) -> User | None:
        """The person of a session, unless disabled since."""
        return User.objects.filter(pk=user_id, is_active=True).prefetch_related("memberships").first()


def login_name(request: HttpRequest, credentials: dict[str, Any] | None) -> str:
    """Whose attempts are counted together: the address as typed, without regard to case and blanks around it."""
    typed = (credentials or {}).get("username") or request.POST.get("username", "")
    return str(typed).strip().lower()[:254]
