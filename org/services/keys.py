"""Keys of the API: made, rotated, revoked. The secret is shown once and never kept."""

import hashlib
import secrets
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta

from django.db import transaction

from arops.lib.refusal import Refused
from org import policy
from org.actors import Actor, SystemActor, require
from org.audit import record
from org.models import ApiKey, Company
from org.services import chosen
from org.services.second import needs_second, note_change

MOST_CUSTOMERS = 1_000


class UnknownScope(Refused):
    """A scope that doesn't exist; the message lists those that do."""


class UnknownCustomer(Refused):
    """A customer that the key can't be limited to."""


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
    customer_refs: Collection[int] = (),
    source_system: str = "erp",
    expires_at: datetime | None = None,
    live: bool = True,
) -> tuple[ApiKey, str]:
    """A new key and its secret, which is shown once and never again. It opens nothing until a second person confirmed it, where there is
    one: also a key that only reads, for by it whoever makes it could read what their own role doesn't show. `scopes` may be ["all"]; with
    `customer_refs` it sees and writes what is of those customers alone, in their companies. Raises UnknownScope, UnknownCustomer, OrgError,
    NotAllowed."""
    return _make(
        actor, name=name, scopes=scopes, companies=companies, customer_refs=customer_refs, source_system=source_system,
        expires_at=expires_at, live=live,
    )  # fmt: skip


def _make(
    actor: Actor, *, name: str, scopes: Sequence[str], companies: Sequence[Company], customer_refs: Collection[int], source_system: str,
    expires_at: datetime | None, live: bool, replaces: ApiKey | None = None, overlap: timedelta = timedelta(0),
) -> tuple[ApiKey, str]:  # fmt: skip
    limited = _limited(actor, companies, customer_refs)
    companies = list(Company.objects.filter(pk__in={c.company_id for c in limited})) if limited else companies
    _require_reach(actor, companies)
    wanted = sorted(policy.SCOPES) if list(scopes) == ["all"] else list(scopes)
    unknown = set(wanted) - set(policy.SCOPES)
    if unknown or not wanted:
        raise UnknownScope(f"{', '.join(sorted(unknown)) or 'nothing'} is not a scope; there are: {', '.join(sorted(policy.SCOPES))}")
    places = {c.pk for c in companies} or set(Company.objects.values_list("pk", flat=True))
    by_person = not isinstance(actor, SystemActor)
    waits = by_person and needs_second(actor=actor, companies=places, barred=(actor.label,))
    secret = f"ar_{'live' if live else 'test'}_{secrets.token_urlsafe(32)}"
    key = ApiKey.objects.create(
        name=name, prefix=secret[:14], key_hash=hash_key(secret), scopes=wanted, source_system=source_system,
        created_by=actor.label, expires_at=expires_at, customer_refs=sorted(c.key for c in limited), waits=waits,
    )  # fmt: skip
    key.companies.set(companies)
    record(
        actor=actor, type="api_key.created", subject=key, name=name, scopes=wanted, companies=[c.code for c in companies],
        customers=key.customer_refs,
    )  # fmt: skip
    if by_person:
        what = "new secret for" if replaces else "key"
        note_change(
            actor=actor, kind="key", title=f"{what} {name}: {', '.join(wanted)}", companies=places, now=key.created_at, waits=waits,
            key=key, payload={"replaces": replaces.pk if replaces else None, "overlap_days": overlap.days},
        )  # fmt: skip
    return key, secret


@transaction.atomic
def revoke_api_key(*, actor: Actor, key: ApiKey, now: datetime) -> None:
    """Close a key for good: its next call is refused. Raises NotAllowed."""
    _require_reach(actor, key.companies.all())
    if ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=now):
        record(actor=actor, type="api_key.revoked", subject=key, name=key.name)


@transaction.atomic
def rotate_api_key(*, actor: Actor, key: ApiKey, overlap: timedelta, now: datetime) -> tuple[ApiKey, str]:
    """A new key like this one, and its secret; the old one opens doors for `overlap` longer, from when a second person confirmed the new
    one. The new one ends when the old one would have. Raises DeadKey (also for a key that ends within the
    overlap, as one does that was just rotated), OrgError, NotAllowed."""
    _require_reach(actor, key.companies.all())
    key = ApiKey.objects.select_for_update(of=("self",), no_key=True).get(pk=key.pk)
    if not key.is_live(now):
        raise DeadKey("this key is revoked or has expired: make a new one")
    if key.expires_at and key.expires_at <= now + overlap:
        raise DeadKey(f"this key ends on {key.expires_at:%Y-%m-%d} anyway: choose fewer days, or make a new one")
    made = _make(
        actor, name=key.name, scopes=key.scopes, companies=list(key.companies.all()), customer_refs=key.customer_refs,
        source_system=key.source_system, expires_at=key.expires_at, live=key.prefix.startswith("ar_live"),
        replaces=key, overlap=overlap,
    )  # fmt: skip
    if made[0].waits:  # the old one lives on until somebody confirms the new one
        return made
    ends = now + overlap
    ApiKey.objects.filter(pk=key.pk).update(expires_at=ends)
    record(actor=actor, type="api_key.rotated", subject=key, name=key.name, successor=made[0].pk, ends=ends.isoformat())
    return made


def _limited(actor: Actor, companies: Sequence[Company], keys: Collection[int]) -> list[chosen.Chosen]:
    """The customers of a limit. All of them are in sight and of the companies named, if any are."""
    found = chosen.by_key(actor, set(keys))
    if len(found) != len(set(keys)):
        raise UnknownCustomer("one of these customers doesn't exist, or is out of your sight")
    if companies and {c.company_id for c in found} - {c.pk for c in companies}:
        raise UnknownCustomer("a customer of the limit is of another company than those of the key")
    if len(found) > MOST_CUSTOMERS:
        raise UnknownCustomer(f"a key is limited to {MOST_CUSTOMERS} customers at most: leave the limit out, or limit it to companies")
    return found


def _require_reach(actor: Actor, companies: Iterable[Company]) -> None:
    """A key of some companies needs the right in those; one of all companies needs it in all there are."""
    require(actor, "apikeys.manage")
    for company_id in {c.pk for c in companies} or set(Company.objects.values_list("pk", flat=True)):
        require(actor, "apikeys.manage", company_id)
