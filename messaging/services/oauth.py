"""Mailboxes of Microsoft 365 and Google, which take no passwords: an access token, got with the refresh token that is kept sealed (RFC 6749
§6), is shown to the IMAP server (SASL XOAUTH2). Where the provider gives another refresh token, that one is kept from then on.

The consent itself is given outside: an application registered with the provider and a refresh token for the mailbox, as the guide says.
"""

import json
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from typing import Any

from messaging.models import Mailbox
from messaging.services.errors import MailboxRefused
from messaging.services.secrets import seal, unseal

TIMEOUT = 20.0
LONGEST = 64 * 1024
_AGAIN = frozenset({"invalid_grant", "interaction_required", "consent_required", "login_required"})


@dataclass(frozen=True, slots=True)
class Provider:
    """Where tokens are given out, and for what they are asked."""

    url: str
    scope: str = ""


PROVIDERS = {
    "microsoft": Provider(
        "https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token",
        "https://outlook.office.com/IMAP.AccessAsUser.All offline_access",
    ),
    "google": Provider("https://oauth2.googleapis.com/token"),
}  # fmt: skip
"""Addresses are ours, never typed: a refresh token goes to its provider alone."""


def access_token(mailbox: Mailbox) -> str:
    """A token for the mailbox, good for about an hour. Raises MailboxRefused, in words that quote no token."""
    provider = PROVIDERS[mailbox.sign_in]
    asked = {
        "grant_type": "refresh_token", "client_id": mailbox.client_id,
        "refresh_token": unseal(mailbox.secret), "client_secret": unseal(mailbox.client_secret) if mailbox.client_secret else "",
        "scope": provider.scope,
    }  # fmt: skip
    url = provider.url.format(tenant=urllib.parse.quote(mailbox.tenant or "common", safe=""))
    answer = _asked(url, {name: value for name, value in asked.items() if value})
    token, fresh = answer.get("access_token"), answer.get("refresh_token")
    if not isinstance(token, str) or not token:
        raise MailboxRefused("the provider gave no access token")
    if isinstance(fresh, str) and fresh and fresh != asked["refresh_token"]:
        mailbox.secret = seal(fresh)
        Mailbox.objects.filter(pk=mailbox.pk).update(secret=mailbox.secret)
    return token


def sasl(mailbox: Mailbox, token: str) -> bytes:
    """The first words of XOAUTH2."""
    return f"user={mailbox.username}\x01auth=Bearer {token}\x01\x01".encode()


class _Stay(urllib.request.HTTPRedirectHandler):
    """Secrets follow no redirection."""

    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        """None: the answer stands as it is."""
        return


def _asked(url: str, fields: dict[str, str]) -> dict[str, Any]:
    request = urllib.request.Request(url, data=urllib.parse.urlencode(fields).encode(), headers={"Accept": "application/json"})
    try:
        with urllib.request.build_opener(_Stay).open(request, timeout=TIMEOUT) as answer:
            return _told(answer.read(LONGEST))
    except urllib.error.HTTPError as error:
        code = str(_told(error.read(LONGEST)).get("error", ""))[:60]
        if code in _AGAIN:
            raise MailboxRefused("the provider takes the refresh token no more: give the consent again, and enter the new token") from None
        raise MailboxRefused(f"the provider gives no token: {code or error.code}") from None
    except OSError as error:
        raise MailboxRefused(f"the provider of tokens can't be reached: {getattr(error, 'reason', error)}"[:280]) from None


def _told(content: bytes) -> dict[str, Any]:
    try:
        found = json.loads(content)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
