"""What a second person decides about more rights: confirmed, refused; or withdrawn by whoever asked."""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction

from org.actors import Actor, NotAllowed
from org.models import AccessChange, ApiKey, Company, Department, User
from org.services.people import Grant, save_person, write_roles
from org.services.second import LASTS, Overtaken, asker_still_may, lock_change, settle


@transaction.atomic
def confirm_change(*, actor: Actor, change: AccessChange, now: datetime) -> AccessChange:
    """Do what was asked. Raises NotSecond (whoever asked, or whom it is about), Overtaken (decided, too old, or something changed since),
    OrgError, NotAllowed."""
    kept = lock_change(actor=actor, change=change, now=now)
    if now > kept.asked_at + LASTS:
        raise Overtaken(f"this was asked more than {LASTS.days} days ago: it is to be asked again")
    right, carry_out = _KINDS[kept.payload.get("of", kept.kind)]
    if not asker_still_may(kept, right):
        raise Overtaken("whoever asked for this may no longer ask: refuse it")
    carry_out(actor, kept, now)
    return settle(actor=actor, change=kept, state=AccessChange.State.CONFIRMED, now=now)


@transaction.atomic
def refuse_change(*, actor: Actor, change: AccessChange, now: datetime) -> AccessChange:
    """Say no to what was asked; a key that waited opens nothing for good. Raises NotSecond, Overtaken, NotAllowed."""
    kept = lock_change(actor=actor, change=change, now=now)
    return _end(actor, kept, AccessChange.State.REFUSED, now)


@transaction.atomic
def withdraw_change(*, actor: Actor, change: AccessChange, now: datetime) -> AccessChange:
    """Take back what one asked for. Raises Overtaken, NotAllowed."""
    kept = AccessChange.objects.select_for_update(of=("self",), no_key=True).get(pk=change.pk)
    if kept.asked_by != actor.label:
        raise NotAllowed(f"{actor.label} didn't ask for this")
    if kept.state != AccessChange.State.WAITING:
        raise Overtaken(f"this is {kept.get_state_display()} already")
    return _end(actor, kept, AccessChange.State.WITHDRAWN, now)


def _end(actor: Actor, kept: AccessChange, state: str, now: datetime) -> AccessChange:
    if kept.key_id:
        ApiKey.objects.filter(pk=kept.key_id, revoked_at=None).update(revoked_at=now)
    return settle(actor=actor, change=kept, state=state, now=now)


def _roles(actor: Actor, change: AccessChange, now: datetime) -> None:
    user = User.objects.select_for_update(of=("self",), no_key=True).get(pk=change.person_id or 0)
    before = sorted(tuple(one) for one in change.payload["before"])
    after = [tuple(one) for one in change.payload["after"]]
    concerned = {company for company, *_ in (*before, *after)} | set(change.companies)
    held = user.memberships.filter(company__in=concerned).select_related("company", "department")
    had = [Grant(m.company, m.role, m.scope, m.department) for m in held]
    if sorted(g.key for g in had) != before:
        raise Overtaken(f"the roles of {user.name} changed since this was asked: it is to be asked again")
    companies = Company.objects.in_bulk(concerned)
    departments = Department.objects.in_bulk({department for *_, department in after if department})
    grants = [Grant(companies[c], role, scope, departments.get(department)) for c, role, scope, department in after]
    write_roles(actor=actor, user=user, had=had, grants=grants)


def _address(actor: Actor, change: AccessChange, now: datetime) -> None:
    user = User.objects.select_for_update(of=("self",), no_key=True).get(pk=change.person_id or 0)
    if user.email != change.payload["before"]:
        raise Overtaken(f"the address of {user.name} changed since this was asked: it is to be asked again")
    save_person(user, user.name, change.payload["after"])


def _key(actor: Actor, change: AccessChange, now: datetime) -> None:
    key = ApiKey.objects.select_for_update(of=("self",), no_key=True).get(pk=change.key_id or 0)
    if key.revoked_at or (key.expires_at and key.expires_at <= now):
        raise Overtaken("this key was revoked, or has expired, since it was asked for")
    ApiKey.objects.filter(pk=key.pk).update(waits=False)
    if old := change.payload["replaces"]:
        ends = now + timedelta(days=change.payload["overlap_days"])
        ApiKey.objects.filter(pk=old, revoked_at=None).exclude(expires_at__lte=ends).update(expires_at=ends)


CarryOut = Callable[[Actor, AccessChange, datetime], None]
_KINDS: dict[str, tuple[str, CarryOut]] = {
    "roles": ("users.manage", _roles), "address": ("users.manage", _address), "key": ("apikeys.manage", _key),
}  # fmt: skip
"""Kind → the right that whoever asked needs still, and what is done."""


def let_confirm(of: str, right: str, carry_out: CarryOut) -> None:
    """Have what an app above asks for confirmed here, too: changes of roles whose payload is `of` this."""
    _KINDS[of] = (right, carry_out)
