"""People and their roles. Nobody changes their own: whoever could would hold every permission."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.tokens import default_token_generator
from django.db import IntegrityError, transaction

from org import policy
from org.actors import Actor, SystemActor, require
from org.audit import record
from org.models import AccessChange, Company, Department, Membership, User
from org.services.errors import NotForYourself, OrgError
from org.services.second import gained, keep_a_second, needs_second, note_change

SYSTEM = SystemActor("set-up")
PREFERENCES = {"theme": ("", "light", "dark"), "density": ("compact", "comfortable"), "keys": (True, False), "notices": (True, False)}
"""What a person may choose, and from what; the first is what stands where nothing was chosen."""


@dataclass(frozen=True, slots=True)
class Grant:
    """A role in a company, over all of it or the person's own portfolio."""

    company: Company
    role: str
    scope: str = Membership.Scope.COMPANY
    department: Department | None = None

    @property
    def key(self) -> tuple[int, str, str, int]:
        """It in keys: company, role, scope, department or 0."""
        return self.company.pk, self.role, str(self.scope), self.department.pk if self.department else 0

    def __str__(self) -> str:
        return f"{self.company.code} {self.role} ({self.scope}{f', {self.department.code}' if self.department else ''})"


@transaction.atomic
def add_user(
    *, email: str, name: str, password: str | None, roles: Sequence[tuple[Company, str]], scope: str = Membership.Scope.COMPANY,
    actor: Actor = SYSTEM, now: datetime | None = None,
) -> User:  # fmt: skip
    """A person with these roles (company, role code); without a password they can't log in yet. Raises OrgError, NotAllowed."""
    require(actor, "users.manage")
    try:
        with transaction.atomic():
            user = User.objects.create_user(email, password, name=name)
    except IntegrityError:
        raise OrgError(f"there is a person with the address {email} already") from None
    record(actor=actor, type="user.added", subject=user, email=user.email)
    set_roles(actor=actor, user=user, grants=[Grant(company, role, scope) for company, role in roles], now=now or user.created_at)
    return user


@transaction.atomic
def change_user(*, actor: Actor, user: User, name: str, email: str, now: datetime) -> AccessChange | None:
    """Another name or address. Somebody else's address is where links to new passwords go: a second person confirms it, and until then it
    stays; answers with what waits. Raises OrgError, NotAllowed."""
    _require_whole(actor, user)
    email, before = User.objects.normalize_email(email), {"name": user.name, "email": user.email}
    waits = None
    if email != user.email and actor.label != user.label:
        places = list(user.memberships.values_list("company", flat=True)) or list(Company.objects.values_list("pk", flat=True))
        second = needs_second(actor=actor, companies=set(places), barred=(actor.label, user.label))
        asked = {"before": user.email, "after": email}
        if not isinstance(actor, SystemActor):
            made = note_change(
                actor=actor, kind="address", title=f"{user.name} logs in as {email} (now {user.email})", companies=set(places),
                payload=asked, now=now, waits=second, person=user,
            )  # fmt: skip
            waits = made if second else None
    save_person(user, name, user.email if waits else email)
    if before != {"name": user.name, "email": user.email}:
        record(actor=actor, type="user.changed", subject=user, before=before, after={"name": user.name, "email": user.email})
    return waits


def save_person(user: User, name: str, email: str) -> None:
    """Write name and address. Raises OrgError when somebody has the address."""
    user.name, user.email = name, email
    try:
        with transaction.atomic():
            user.save(update_fields=["name", "email"])
    except IntegrityError:
        raise OrgError(f"there is a person with the address {email} already") from None


@transaction.atomic
def set_roles(*, actor: Actor, user: User, grants: Sequence[Grant], now: datetime) -> AccessChange | None:
    """Exactly these roles, in the companies where the actor manages people; roles elsewhere stay. They count from the next request on;
    what gives more than before from when a second person confirmed it: then all stays until then, and what waits is the answer.

    Raises NotForYourself, OrgError (an unknown role, a department of another company), NotAllowed.
    """
    if user.label == actor.label:
        raise NotForYourself("nobody changes their own roles: ask another administrator")
    for grant in grants:
        require(actor, "users.manage", grant.company.pk)
        _check(grant)
    User.objects.select_for_update(of=("self",), no_key=True).get(pk=user.pk)
    held = [m for m in user.memberships.select_related("company", "department") if actor.can("users.manage", m.company_id)]
    had = [Grant(m.company, m.role, m.scope, m.department) for m in held]
    if {str(g) for g in had} == {str(g) for g in grants}:
        return None
    if not isinstance(actor, SystemActor) and gained([g.key for g in had], [g.key for g in grants]):
        made = _ask_for_roles(actor, user, had, grants, now)
        if made.state == AccessChange.State.WAITING:
            return made
    else:
        _keep_confirmers(actor, user, had, grants)
    write_roles(actor=actor, user=user, had=had, grants=grants)
    return None


def _ask_for_roles(actor: Actor, user: User, had: Sequence[Grant], grants: Sequence[Grant], now: datetime) -> AccessChange:
    """What is to be given, as a request; as something done alone where there is nobody to confirm."""
    touched = {g.company.pk for g in {*had} ^ {*grants}}
    news = sorted({str(g) for g in grants} - {str(g) for g in had})
    second = needs_second(actor=actor, companies=touched, barred=(actor.label, user.label))
    payload = {"before": sorted(g.key for g in had), "after": sorted(g.key for g in grants)}
    title = f"{user.name}: {', '.join(news)}"
    return note_change(
        actor=actor, kind="roles", title=title, companies=touched, payload=payload, now=now, waits=second, person=user
    )  # fmt: skip


def _keep_confirmers(actor: Actor, user: User, had: Sequence[Grant], grants: Sequence[Grant]) -> None:
    stays = {g.company.pk for g in grants if "access.confirm" in policy.permissions_of(g.role) and g.scope == Membership.Scope.COMPANY}
    keep_a_second(actor, user, {g.company.pk for g in had} - stays)


def write_roles(*, actor: Actor, user: User, had: Sequence[Grant], grants: Sequence[Grant]) -> None:
    """Put roles in the place of those had, and tell the trail."""
    for grant in had:
        Membership.objects.filter(user=user, company=grant.company, role=grant.role).delete()
    Membership.objects.bulk_create(
        Membership(user=user, company=g.company, role=g.role, scope=g.scope, department=g.department) for g in grants
    )
    before, after = {str(g) for g in had}, {str(g) for g in grants}
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
    keep_a_second(actor, user, user.memberships.values_list("company", flat=True))
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
def ask_new_password(*, actor: Actor, user: User) -> None:
    """Have a link mailed to the person by which they set a password themselves: no administrator knows it. The old one opens nothing from
    now on, and every session of the person ends. Raises NotForYourself, OrgError, NotAllowed."""
    if user.label == actor.label:
        raise NotForYourself("change your own password under Preferences")
    _require_whole(actor, user)
    if not user.is_active:
        raise OrgError(f"{user.name} is locked out: let them in again first")
    user.set_unusable_password()
    user.save(update_fields=["password"])
    record(actor=actor, type="user.password_asked", subject=user)


@transaction.atomic
def choose_password(*, user: User, token: str, password: str) -> None:
    """A person's password by the link they were mailed, which opens nothing after that. Raises OrgError for a link that is over."""
    kept = User.objects.select_for_update(of=("self",), no_key=True).get(pk=user.pk)
    if not kept.is_active or not default_token_generator.check_token(kept, token):
        raise OrgError("this link was used, or it is too old: ask your administrator for a new one")
    kept.set_password(password)
    kept.save(update_fields=["password"])
    record(actor=kept, type="user.password_chosen", subject=kept)


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
