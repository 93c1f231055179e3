"""Two persons for more rights: one asks, another administrator or a controller confirms. Whoever could do it alone could
give themselves, by a friend's account or a key, every right there is. Where nobody else is there yet (the first set-up), it is done at once
and said so."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction

from org import policy
from org.actors import Actor, SystemActor, require
from org.audit import record
from org.models import AccessChange, ApiKey, Company, Membership, User
from org.services.errors import OrgError

CONFIRM = "access.confirm"
LASTS = timedelta(days=14)
"""How long somebody may still confirm what was asked."""


class NotSecond(OrgError):
    """Whoever asked, or whom it is about, would confirm it."""


class Overtaken(OrgError):
    """What was asked no longer fits: something changed since, or it is too long ago."""


def others(companies: Collection[int], barred: Collection[str]) -> list[User]:
    """Who may confirm in all of these companies."""
    return [u for u in _confirmers(companies) if u.label not in barred and all(u.can(CONFIRM, c) for c in companies)]


def is_alone(actor: Actor, companies: Collection[int]) -> bool:
    """Whether there is nobody else at all who confirms in any of these companies."""
    return all(u.label == actor.label for u in _confirmers(companies))


def _confirmers(companies: Collection[int]) -> list[User]:
    roles = [code for code, (_, held) in policy.ROLES.items() if CONFIRM in held]
    found = User.objects.filter(
        memberships__company__in=companies, memberships__role__in=roles, memberships__scope=Membership.Scope.COMPANY, is_active=True
    )
    return list(found.distinct().order_by("name", "pk").prefetch_related("memberships"))


def needs_second(*, actor: Actor, companies: Collection[int], barred: Collection[str]) -> bool:
    """Whether somebody else has to confirm; not while the actor is alone there. Raises OrgError where others are there, but none for all
    of these companies."""
    if isinstance(actor, SystemActor):
        return False
    if is_alone(actor, companies):
        return False
    if not others(companies, barred):
        raise OrgError(
            "nobody but you and whom it is about may confirm this in all of these companies: ask for each company apart, or name a third"
        )
    return True


def note_change(
    *, actor: Actor, kind: str, title: str, companies: Collection[int], payload: dict[str, Any], now: datetime, waits: bool,
    person: User | None = None, key: ApiKey | None = None, barred: Collection[str] = (),
) -> AccessChange:  # fmt: skip
    """Keep what is asked for, or (not `waits`) what was done alone; `barred` are others who gain by it. Raises OrgError when something of
    the kind waits already."""
    state = AccessChange.State.WAITING if waits else AccessChange.State.ALONE
    try:
        with transaction.atomic():
            made = AccessChange.objects.create(
                kind=kind, person=person, key=key, companies=sorted(companies), title=title[:300], payload=payload, state=state,
                barred=sorted({actor.label, *barred, *([person.label] if person else [])}), asked_by=actor.label, asked_at=now,
            )  # fmt: skip
    except IntegrityError:
        raise OrgError("a change of this kind waits to be confirmed already: decide that one first") from None
    record(actor=actor, type="access.asked" if waits else "access.alone", subject=made, title=made.title, kind=kind)
    return made


def keep_a_second(actor: Actor, user: User, companies: Collection[int]) -> None:
    """Raise OrgError where taking rights from somebody would leave the actor with nobody who confirms: then they could act alone."""
    if isinstance(actor, SystemActor):
        return
    list(Company.objects.select_for_update(no_key=True).filter(pk__in=list(companies)).order_by("pk"))  # two at once would count the other
    for company_id in companies:
        if user.can(CONFIRM, company_id) and not others([company_id], (actor.label, user.label)):
            code = Company.objects.values_list("code", flat=True).get(pk=company_id)
            raise OrgError(f"this would leave nobody who confirms what you do in {code}: name another administrator or controller first")


def lock_change(*, actor: Actor, change: AccessChange, now: datetime) -> AccessChange:
    """The request, locked, for somebody who may decide it. Raises NotAllowed, NotSecond, Overtaken."""
    kept = AccessChange.objects.select_for_update(of=("self",), no_key=True).select_related("person", "key").get(pk=change.pk)
    for company_id in kept.companies:
        require(actor, CONFIRM, company_id)
    if actor.label in kept.barred:
        raise NotSecond("you asked for this, or it is about you: somebody else confirms it")
    if kept.state != AccessChange.State.WAITING:
        raise Overtaken(f"this is {kept.get_state_display()} already")
    return kept


def asker_still_may(change: AccessChange, permission: str) -> bool:
    """Whether whoever asked still holds the right to ask."""
    asker = User.objects.filter(pk=int(change.asked_by.partition(":")[2] or 0), is_active=True).first()
    return asker is not None and all(asker.can(permission, c) for c in change.companies)


def settle(*, actor: Actor, change: AccessChange, state: str, now: datetime) -> AccessChange:
    """Write what became of it, in the caller's transaction."""
    change.state, change.decided_by, change.decided_at = state, actor.label, now
    change.save(update_fields=["state", "decided_by", "decided_at"])
    record(actor=actor, type=f"access.{state}", subject=change, title=change.title, asked_by=change.asked_by)
    return change


Held = tuple[int, str, str, int]
"""A role as it is compared: company, role, scope, department or 0."""


def gained(before: Sequence[Held], after: Sequence[Held]) -> bool:
    """Whether roles give a right that those before didn't, or over more: also what is asked of a department that one wasn't of, for its
    questions, the records they are about and the files beside them are seen by its people alone."""
    own = Membership.Scope.PORTFOLIO
    had = {(c, p, sees) for c, role, scope, _ in before for p in policy.permissions_of(role) for sees in (scope, own)}
    of = {(c, department) for c, _, _, department in before}
    wider = any((c, p, scope) not in had for c, role, scope, _ in after for p in policy.permissions_of(role))
    return wider or any(department and (c, department) not in of for c, _, _, department in after)
