"""People and their roles. Nobody changes their own: whoever could would hold every permission."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.db import IntegrityError, transaction

from arops.lib.refusal import Refused
from org.actors import Actor, SystemActor, require
from org.audit import record
from org.models import Company, Department, Membership, User

SYSTEM = SystemActor("set-up")
PREFERENCES = {"theme": ("", "light", "dark"), "density": ("compact", "comfortable"), "keys": (True, False), "notices": (True, False)}
"""What a person may choose, and from what; the first is what stands where nothing was chosen."""


class OrgError(Refused):
    """A change that can't be made; the message says why."""


class NotForYourself(OrgError):
    """A change that somebody else has to make."""


@dataclass(frozen=True, slots=True)
class Grant:
    """A role in a company, over all of it or the person's own portfolio."""

    company: Company
    role: str
    scope: str = Membership.Scope.COMPANY
    department: Department | None = None

    def __str__(self) -> str:
        return f"{self.company.code} {self.role} ({self.scope}{f', {self.department.code}' if self.department else ''})"


@transaction.atomic
def add_user(
    *, email: str, name: str, password: str | None, roles: Sequence[tuple[Company, str]], scope: str = Membership.Scope.COMPANY,
    actor: Actor = SYSTEM,
) -> User:  # fmt: skip
    """A person with these roles (company, role code); without a password they can't log in yet. Raises OrgError, NotAllowed."""
    require(actor, "users.manage")
    try:
        with transaction.atomic():
            user = User.objects.create_user(email, password, name=name)
    except IntegrityError:
        raise OrgError(f"there is a person with the address {email} already") from None
    record(actor=actor, type="user.added", subject=user, email=user.email)
    set_roles(actor=actor, user=user, grants=[Grant(company, role, scope) for company, role in roles])
    return user


@transaction.atomic
def change_user(*, actor: Actor, user: User, name: str, email: str) -> User:
    """Another name or address. Raises OrgError, NotAllowed."""
    _require_whole(actor, user)
    before = {"name": user.name, "email": user.email}
    user.name, user.email = name, User.objects.normalize_email(email)
    try:
        with transaction.atomic():
            user.save(update_fields=["name", "email"])
    except IntegrityError:
        raise OrgError(f"there is a person with the address {email} already") from None
    if before != {"name": user.name, "email": user.email}:
        record(actor=actor, type="user.changed", subject=user, before=before, after={"name": user.name, "email": user.email})
    return user


@transaction.atomic
def set_roles(*, actor: Actor, user: User, grants: Sequence[Grant]) -> None:
    """Exactly these roles, in the companies where the actor manages people; roles elsewhere stay. They count from the next request on.

    Raises NotForYourself, OrgError (an unknown role, a department of another company), NotAllowed.
    """
    if user.label == actor.label:
        raise NotForYourself("nobody changes their own roles: ask another administrator")
    for grant in grants:
        require(actor, "users.manage", grant.company.pk)
        _check(grant)
    User.objects.select_for_update(of=("self",), no_key=True).get(pk=user.pk)
    held = [m for m in user.memberships.select_related("company", "department") if actor.can("users.manage", m.company_id)]
    before = {str(Grant(m.company, m.role, m.scope, m.department)) for m in held}
    after = {str(g) for g in grants}
    if before == after:
        return
    Membership.objects.filter(pk__in=[m.pk for m in held]).delete()
    Membership.objects.bulk_create(
        Membership(user=user, company=g.company, role=g.role, scope=g.scope, department=g.department) for g in grants
    )
    record(actor=actor, type="user.roles_set", subject=user, given=sorted(after - before), taken=sorted(before - after))


def _check(grant: Grant) -> None:
    if grant.role not in dict(Membership._meta.get_field("role").flatchoices) or grant.scope not in Membership.Scope.values:
        raise OrgError(f"there is no role {grant.role} over {grant.scope}")
    if grant.department and grant.department.company_id != grant.company.pk:
        raise OrgError(f"{grant.department} is a department of another company than {grant.company.code}")


@transaction.atomic
def disable_user(*, actor: Actor, user: User) -> None:
    """Lock a person out, at their next request too; what they did stays under their name. Raises NotForYourself, NotAllowed."""
    if user.label == actor.label:
        raise NotForYourself("nobody disables themselves: ask another administrator")
    _set_active(actor, user, False, "user.disabled")


@transaction.atomic
def enable_user(*, actor: Actor, user: User) -> None:
    """Let a disabled person in again."""
    _set_active(actor, user, True, "user.enabled")


def _set_active(actor: Actor, user: User, active: bool, event: str) -> None:
    _require_whole(actor, user)
    if User.objects.filter(pk=user.pk, is_active=not active).update(is_active=active):
        user.is_active = active
        record(actor=actor, type=event, subject=user)


@transaction.atomic
def reset_password(*, actor: Actor, user: User) -> str:
    """A new password, shown once; every session of the person ends. Raises NotForYourself, NotAllowed."""
    if user.label == actor.label:
        raise NotForYourself("change your own password under Preferences")
    _require_whole(actor, user)
    password = "-".join(secrets.token_hex(3) for _ in range(4))
    validate_password(password, user)
    user.set_password(password)
    user.save(update_fields=["password"])
    record(actor=actor, type="user.password_reset", subject=user)
    return password


def _require_whole(actor: Actor, user: User) -> None:
    """What touches a person everywhere needs the right everywhere they are."""
    require(actor, "users.manage")
    for company_id in user.memberships.values_list("company", flat=True):
        require(actor, "users.manage", company_id)


def save_preferences(*, user: User, chosen: Mapping[str, Any]) -> None:
    """Keep a person's own choices of theme, density, single-letter keys and mail; others are left out."""
    kept = {name: value for name, value in chosen.items() if value in PREFERENCES.get(name, ())}
    user.preferences = {**user.preferences, **kept}
    user.save(update_fields=["preferences"])
