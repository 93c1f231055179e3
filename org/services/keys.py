"""Keys of the API: made, rotated, revoked. The secret is shown once and never kept."""

import hashlib
import secrets
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.db import transaction

from arops.lib.refusal import Refused
from org import policy
from org.actors import Actor, require
from org.audit import record
from org.models import ApiKey, Company


class UnknownScope(Refused):
    """A scope that doesn't exist; the message lists those that do."""


class DeadKey(Refused):
    """A key that opens no doors any more."""


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
    """A new key and its secret, which is shown once and never again. `scopes` may be ["all"]. Raises UnknownScope, NotAllowed."""
    _require_reach(actor, companies)
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
    record(actor=actor, type="api_key.created", subject=key, name=name, scopes=wanted, companies=[c.code for c in companies])
    return key, secret


@transaction.atomic
def revoke_api_key(*, actor: Actor, key: ApiKey, now: datetime) -> None:
    """Close a key for good: its next call is refused. Raises NotAllowed."""
    _require_reach(actor, key.companies.all())
    if ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=now):
        record(actor=actor, type="api_key.revoked", subject=key, name=key.name)


@transaction.atomic
def rotate_api_key(*, actor: Actor, key: ApiKey, overlap: timedelta, now: datetime) -> tuple[ApiKey, str]:
    """A new key like this one, and its secret; the old one opens doors for `overlap` longer. The new one ends when the old one would
    have. Raises DeadKey (also for a key that ends within the overlap, as one does that was just rotated), NotAllowed."""
    _require_reach(actor, key.companies.all())
    key = ApiKey.objects.select_for_update(of=("self",), no_key=True).get(pk=key.pk)
    if not key.is_live(now):
        raise DeadKey("this key is revoked or has expired: make a new one")
    if key.expires_at and key.expires_at <= now + overlap:
        raise DeadKey(f"this key ends on {key.expires_at:%Y-%m-%d} anyway: choose fewer days, or make a new one")
    made = create_api_key(
        actor=actor, name=key.name, scopes=key.scopes, companies=list(key.companies.all()), source_system=key.source_system,
        expires_at=key.expires_at, live=key.prefix.startswith("ar_live"),
    )  # fmt: skip
    ends = now + overlap
    ApiKey.objects.filter(pk=key.pk).update(expires_at=ends)
    record(actor=actor, type="api_key.rotated", subject=key, name=key.name, successor=made[0].pk, ends=ends.isoformat())
    return made


def _require_reach(actor: Actor, companies: Iterable[Company]) -> None:
    """A key of some companies needs the right in those; one of all companies needs it in all there are."""
    require(actor, "apikeys.manage")
    for company_id in {c.pk for c in companies} or set(Company.objects.values_list("pk", flat=True)):
        require(actor, "apikeys.manage", company_id)
