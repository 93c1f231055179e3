"""Passwords of mailboxes: encrypted (Fernet) under a key derived of the installation's SECRET_KEY; a copy of the database tells none.

A secret sealed under a former key is opened while that key stands in SECRET_KEY_FALLBACKS.
"""

import base64

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from messaging.services.errors import MailboxRefused


def seal(secret: str) -> str:
    """The secret as it may be kept."""
    return _box().encrypt(secret.encode()).decode("ascii")


def unseal(sealed: str) -> str:
    """The secret itself. Raises MailboxRefused when it was sealed under a key that is gone."""
    try:
        return _box().decrypt(sealed.encode("ascii")).decode()
    except (InvalidToken, UnicodeError):
        raise MailboxRefused("the password can't be read any more, since SECRET_KEY was changed: enter it again") from None


def _box() -> MultiFernet:
    return MultiFernet([Fernet(_key(str(key))) for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)])


def _key(secret: str) -> bytes:
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"arops mailbox passwords").derive(secret.encode())
    return base64.urlsafe_b64encode(derived)
