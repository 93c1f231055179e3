"""Who calls: an API key by `Authorization: Bearer …`, or a logged-in person trying the documented calls in the browser."""

from datetime import timedelta
from typing import Any

from django.db.models import Q
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from arops.lib import clock
from org.models import ApiKey
from org.services import hash_key


class ApiKeyAuthentication(BaseAuthentication):
    """A live key; dead ones (revoked, expired, unknown) all get the same answer."""

    def authenticate(self, request: Request) -> tuple[Any, None] | None:
        """The key as the actor; None when the call brings none. Raises AuthenticationFailed."""
        scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        now = clock.now()
        key = ApiKey.objects.live(now).filter(key_hash=hash_key(secret.strip())).first()
        if key is None:
            raise AuthenticationFailed("the key is unknown, expired or revoked")
        # Written at most once a minute, so that a busy key doesn't write a row a call.
        ApiKey.objects.filter(Q(last_used_at=None) | Q(last_used_at__lt=now - timedelta(minutes=1)), pk=key.pk).update(last_used_at=now)
        return key, None

    def authenticate_header(self, request: Request) -> str:
        """What a 401 asks for."""
        return 'Bearer realm="ArOps"'


class SessionUser(SessionAuthentication):
    """A person with a session; writing needs the CSRF token."""

    def enforce_csrf(self, request: Request) -> None:
        """Refuse a call without the token. The check looks for it in the form, too, which uses the body up unless it was read before."""
        if not (request.content_type or "").startswith("multipart/"):
            _ = request._request.body
        super().enforce_csrf(request)
