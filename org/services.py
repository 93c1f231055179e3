"""Making companies, people and keys."""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from org import policy
from org.actors import Actor
from org.models import ApiKey, Company, Membership, User


class UnknownScope(ValueError):
    """A scope that doesn't exist; the message lists those that do."""


def hash_key(secret: str) -> str:
    """SHA-256 of a key, in hex: what is stored and looked up. The keys are 256 random bits, so no salt is needed."""
    return hashlib.sha256(secret.encode()).hexdigest()


@transaction.atomic
def create_api_key(
    *,
    actor: Actor,
    name: str,
    scopes: Sequence[str],
    companies: Sequence[Company] = (),
    source_system: str = "erp",
    expires_at: datetime | None = None,
    live: bool = True,
) -> tuple[ApiKey, str]:
    """A new key and its secret, which is shown once and never again. `scopes` may be ["all"]. Raises UnknownScope."""
    wanted = sorted(policy.SCOPES) if list(scopes) == ["all"] else list(scopes)
    unknown = set(wanted) - set(policy.SCOPES)
    if unknown or not wanted:
        raise UnknownScope(f"{', '.join(sorted(unknown)) or 'nothing'} is not a scope; there are: {', '.join(sorted(policy.SCOPES))}")
    secret = f"ar_{'live' if live else 'test'}_{secrets.token_urlsafe(32)}"
    key = ApiKey.objects.create(
        name=name, prefix=secret[:14], key_hash=hash_key(secret), scopes=wanted, source_system=source_system,
        created_by=actor.label, expires_at=expires_at,
    )  # fmt: skip
    key.companies.set(companies)
    return key, secret


@transaction.atomic
def add_user(*, email: str, name: str, password: str | None, roles: Sequence[tuple[Company, str]], scope: str = Membership.Scope.COMPANY) -> User:
    """A person with these roles (company, role code)."""
    user = User.objects.create_user(email, password, name=name)
    Membership.objects.bulk_create(Membership(user=user, company=company, role=role, scope=scope) for company, role in roles)
    return user
