"""Limits of roles, and who stands in for whom: set by people, written into the audit trail."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction

from arops.lib import money
from arops.lib.refusal import Refused
from org import policy
from org.actors import Actor, NotAllowed, SystemActor, require
from org.models import AccessChange, Company, Membership, User
from org.services.second import Overtaken, needs_second, note_change, others
from workflow.models import AuthorityLimit, Deputy
from workflow.services.authority import KINDS, kind_of, person_id_of
from workflow.services.recording import record

STANDARD: dict[str, dict[str, tuple[int, int]]] = {
    "credit_memo": {"specialist": (500, 0), "senior": (2_500, 0), "supervisor": (10_000, 25_000), "controller": (25_000, 1_000_000)},
    "debit_memo": {"specialist": (5_000, 0), "senior": (25_000, 0), "supervisor": (50_000, 250_000), "controller": (50_000, 1_000_000)},
    "adjustment": {"specialist": (100, 0), "senior": (500, 0), "supervisor": (2_500, 10_000), "controller": (5_000, 250_000)},
    "write_off": {"senior": (250, 0), "supervisor": (1_000, 5_000), "controller": (2_500, 250_000)},
    "payment_plan": {
        "specialist": (5_000, 0),
        "senior": (25_000, 0),
        "supervisor": (50_000, 250_000),
        "collections_manager": (50_000, 500_000),
        "controller": (100_000, 2_000_000),
    },
    "settlement": {
        "senior": (250, 0),
        "supervisor": (1_000, 5_000),
        "collections_manager": (1_000, 25_000),
        "controller": (2_500, 250_000),
    },
    "charge_waiver": {"specialist": (25, 0), "senior": (100, 0), "supervisor": (500, 2_500), "controller": (1_000, 100_000)},
    "refund": {"senior": (0, 0), "supervisor": (0, 10_000), "controller": (0, 250_000)},
}
"""Kind → role → what it does alone and what it approves, in whole dollars or euros. A refund always takes two people.
A plan is held against them by what it gives time for, a settlement by what it gives up."""
LONGEST = timedelta(days=366)
LIMIT, LIMITS = "limit", "limits"


class LimitRefused(Refused):
    """A limit that can't be set so; the message says why."""


class DeputyRefused(Refused):
    """Somebody who can't stand in so; the message says why."""


def roles_of(kind: str) -> list[tuple[str, str, bool, bool]]:
    """Roles that a kind concerns: code, name, whether they may ask, whether they may approve."""
    known = kind_of(kind)
    rows = [
        (code, name, known.request in held or known.approve in held, known.approve in held) for code, (name, held) in policy.ROLES.items()
    ]
    return [row for row in rows if row[2]]


@transaction.atomic
def set_limit(
    *, actor: Actor, company: Company, role: str, kind: str, currency: str, alone: int | None, approve: int | None, now: datetime
) -> AuthorityLimit | AccessChange | None:  # fmt: skip
    """Set what a role may do of a kind, in minor units; both None: no limit of its own any more. Nobody sets those of a role they hold; a
    higher one counts once another person has confirmed it, and is answered with what waits.

    Raises LimitRefused, UnknownKind, MoneyError, OrgError, NotAllowed.
    """
    require(actor, "settings.manage", company.pk)
    money.exponent(currency)
    concerned = {code: may for code, _, _, may in roles_of(kind)}
    if role not in concerned:
        raise LimitRefused(
            f"{policy.ROLES[role][0] if role in policy.ROLES else role} has nothing to do with {kind_of(kind).label.lower()}s"
        )
    if Membership.objects.filter(user=person_id_of(actor.label), company=company, role=role).exists():
        raise LimitRefused("you hold this role yourself: somebody else sets its limits")
    if min(alone or 0, approve or 0) < 0:
        raise LimitRefused("a limit is zero or more")
    if approve and not concerned[role]:
        raise LimitRefused(f"{policy.ROLES[role][0]} approves nothing of this kind: leave it empty")
    if (alone or approve) and approve and approve < (alone or 0):
        raise LimitRefused("whoever approves an amount for others may be trusted with no more alone: set the limit to approve higher")
    wanted = Wanted(company, role, kind, currency, alone, approve)
    waits = _ask(actor, wanted, now)
    return waits or _set(actor, company, role, kind, currency, alone, approve)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A limit as it is to be, in minor units."""

    company: Company
    role: str
    kind: str
    currency: str
    alone: int | None
    approve: int | None

    def now(self) -> list[int]:
        """What the role may do alone and approves as it stands; nothing without a limit. The company's row is locked."""
        Company.objects.select_for_update(no_key=True).get(pk=self.company.pk)  # two of the same limit at once would not see each other
        names = {"company": self.company, "role": self.role, "kind": self.kind, "currency": self.currency}
        row = AuthorityLimit.objects.filter(**names).first()
        return [row.alone, row.approve] if row else [0, 0]

    @property
    def title(self) -> str:
        """What is asked for in words."""
        alone, approve = (f"{money.format(amount or 0, self.currency)} {self.currency}" for amount in (self.alone, self.approve))
        return f"{policy.ROLES[self.role][0]} in {self.company.code}, {kind_of(self.kind).label.lower()}: {alone} alone, approves {approve}"


def _ask(actor: Actor, wanted: Wanted, now: datetime) -> AccessChange | None:
    """What waits for a second person, where the limit is higher than the one that stands; noted as done alone where there is no other."""
    before, after = wanted.now(), [wanted.alone or 0, wanted.approve or 0]
    if isinstance(actor, SystemActor) or all(new <= old for new, old in zip(after, before, strict=True)):
        return None
    company = wanted.company.pk
    holders = Membership.objects.filter(company=company, role=wanted.role).values_list("user", flat=True)
    barred = sorted({actor.label, *(f"user:{pk}" for pk in holders)})
    second = needs_second(actor=actor, companies=[company], barred=barred)
    names = {name: getattr(wanted, name) for name in ("role", "kind", "currency", "alone", "approve")}
    made = note_change(
        actor=actor, kind=AccessChange.Kind.ROLES, title=wanted.title, companies=[company], now=now, waits=second, barred=barred,
        payload={"of": LIMIT, "before": before, "after": names},
    )  # fmt: skip
    return made if second else None


def confirm_limit(actor: Actor, change: AccessChange, now: datetime) -> None:
    """Set a limit that was asked for; see `org.services.confirming`. Raises Overtaken where it was changed since."""
    wanted = Wanted(Company.objects.get(pk=change.companies[0]), **change.payload["after"])
    if Membership.objects.filter(user=person_id_of(actor.label), company=wanted.company, role=wanted.role).exists():
        raise LimitRefused("you hold this role yourself: somebody else confirms its limits")
    if wanted.now() != change.payload["before"]:
        raise Overtaken("the limit was changed since this was asked: it is to be asked again")
    _set(actor, wanted.company, wanted.role, wanted.kind, wanted.currency, wanted.alone, wanted.approve)


def _set(
    actor: Actor, company: Company, role: str, kind: str, currency: str, alone: int | None, approve: int | None
) -> AuthorityLimit | None:  # fmt: skip
    names: dict[str, Any] = {"company": company, "role": role, "kind": kind, "currency": currency}
    row = AuthorityLimit.objects.select_for_update().filter(**names).first()
    before = {"alone": row.alone, "approve": row.approve} if row else {}
    after = {} if alone is None and approve is None else {"alone": alone or 0, "approve": approve or 0}
    if before == after:
        return row
    if not after:
        AuthorityLimit.objects.filter(**names).delete()
        made = None
    else:
        made, _ = AuthorityLimit.objects.update_or_create(**names, defaults={**after, "changed_by": actor.label})
    record(
        actor=actor, type="authority.changed", company_id=company.pk, role=role, kind=kind, currency=currency, before=before, after=after
    )  # fmt: skip
    return made


@transaction.atomic
def standard_limits(*, company: Company, actor: Actor, currencies: Sequence[str] = ()) -> int:
    """Give a company sensible limits in its currency and in others it bills in, at its set-up; those it has stay. Answers how many were
    set. A person asks for them (`ask_standard_limits`)."""
    if not isinstance(actor, SystemActor):
        raise NotAllowed("a person asks for the standard limits")
    return _fill(actor, company, sorted({company.base_currency, *currencies}), _concerned())


@transaction.atomic
def ask_standard_limits(*, actor: Actor, company: Company, currency: str, now: datetime) -> int | AccessChange:
    """Give a company sensible limits in a currency once another person has confirmed it, who holds none of the roles; those it has stay,
    and the actor's own roles get none. Where everybody who could confirm holds one of the roles, those roles are left out, to be set one
    by one. At once while nobody else is there. Answers with what waits, or how many were set. Raises LimitRefused, MoneyError, OrgError,
    NotAllowed."""
    require(actor, "settings.manage", company.pk)
    money.exponent(currency)
    Company.objects.select_for_update(no_key=True).get(pk=company.pk)  # asked for twice at once, the one sees the other
    roles = _concerned() - _roles_in(company, actor)
    confirmers = others([company.pk], [actor.label])
    if confirmers and all(_roles_in(company, person) & roles for person in confirmers):
        roles -= frozenset().union(*(_roles_in(company, person) for person in confirmers))
    if not _missing(company, [currency], roles):
        raise LimitRefused("there is nothing to set: the roles left have their limits, or are your own or of those who would confirm")
    payload = {"of": LIMITS, "currency": currency, "roles": sorted(roles)}
    if AccessChange.objects.filter(state="waiting", companies=[company.pk], payload__of=LIMITS, payload__currency=currency).exists():
        raise LimitRefused("they were asked for, and wait for another person under Rights")
    holders = Membership.objects.filter(company=company, role__in=roles).values_list("user", flat=True)
    barred = sorted({actor.label, *(f"user:{pk}" for pk in holders)})
    second = needs_second(actor=actor, companies=[company.pk], barred=barred)
    names = ", ".join(policy.ROLES[role][0] for role in sorted(roles))
    made = note_change(
        actor=actor, kind=AccessChange.Kind.ROLES, title=f"standard limits in {company.code}, {currency}, of {names}",
        companies=[company.pk], payload=payload, now=now, waits=second, barred=barred,
    )  # fmt: skip
    return made if second else _fill(actor, company, [currency], roles)


def confirm_limits(actor: Actor, change: AccessChange, now: datetime) -> None:
    """Set the standard limits that were asked for; see `org.services.confirming`. Those set since stay. Raises LimitRefused."""
    company, roles = Company.objects.get(pk=change.companies[0]), frozenset(change.payload["roles"])
    if roles & _roles_in(company, actor):
        raise LimitRefused("you hold one of these roles yourself: somebody else confirms its limits")
    _fill(actor, company, [change.payload["currency"]], roles)


def _concerned() -> frozenset[str]:
    return frozenset(role for roles in STANDARD.values() for role in roles)


def _roles_in(company: Company, actor: Actor) -> frozenset[str]:
    return frozenset(Membership.objects.filter(company=company, user=person_id_of(actor.label)).values_list("role", flat=True))


def _missing(company: Company, currencies: Sequence[str], roles: frozenset[str]) -> list[AuthorityLimit]:
    """The standard limits of these roles that a company hasn't."""
    known = set(AuthorityLimit.objects.filter(company=company).values_list("role", "kind", "currency"))
    return [
        AuthorityLimit(
            company=company, role=role, kind=kind, currency=currency, alone=_minor(alone, currency), approve=_minor(approve, currency)
        )
        for currency in currencies for kind, standard in STANDARD.items()
        for role, (alone, approve) in standard.items() if role in roles and (role, kind, currency) not in known
    ]  # fmt: skip


def _fill(actor: Actor, company: Company, currencies: Sequence[str], roles: frozenset[str]) -> int:
    rows = _missing(company, currencies, roles)
    for row in rows:
        row.changed_by = actor.label
    AuthorityLimit.objects.bulk_create(rows, ignore_conflicts=True)
    if rows:
        record(actor=actor, type="authority.standard", company_id=company.pk, limits=len(rows), currencies=list(currencies))
    return len(rows)


def _minor(major: int, currency: str) -> int:
    """Whole units as minor ones; a currency without small change counts a hundred for one."""
    digits = money.exponent(currency)
    return major * 10**digits * (100 if digits == 0 else 1)


def kinds_in_use() -> list[tuple[str, str]]:
    """Kinds that limits are set for, in the order of their names."""
    return sorted(((kind.code, kind.label) for kind in KINDS.values()), key=lambda pair: pair[1])


@transaction.atomic
def name_deputy(
    *, actor: Actor, person: User, deputy: User, first_day: date, last_day: date, note: str = "", today: date
) -> Deputy:  # fmt: skip
    """Have somebody decide for a person who is away: named by the person, or by whoever assigns work, but never by the deputy.

    Raises DeputyRefused, NotAllowed.
    """
    own = person_id_of(actor.label) == person.pk
    shared = _shared(person, deputy)
    if not own and not (shared and all(actor.can("work.assign", company_id) for company_id in shared)):
        raise NotAllowed("a deputy is named by the person, or by whoever assigns work (work.assign) in all companies that the two share")
    if not own and person_id_of(actor.label) == deputy.pk:
        raise DeputyRefused("nobody makes themselves somebody’s deputy: the person names you, or a colleague who assigns work does")
    if deputy.pk == person.pk:
        raise DeputyRefused("choose somebody else")
    if not shared:
        raise DeputyRefused(f"{deputy.name} has no role in a company of {person.name} that sees approvals")
    if last_day < first_day or last_day < today:
        raise DeputyRefused("the last day lies before the first, or has passed")
    if last_day - first_day > LONGEST:
        raise DeputyRefused("a deputy stands in for a year at most")
    made = Deputy.objects.create(
        person=person, deputy=deputy, first_day=first_day, last_day=last_day, note=note.strip()[:200], created_by=actor.label
    )
    for company_id in sorted(shared):
        record(
            actor=actor, type="deputy.named", company_id=company_id, subject=made, person=person.label, deputy=deputy.label,
            first_day=first_day.isoformat(), last_day=last_day.isoformat(),
        )  # fmt: skip
    return made


def _shared(person: User, deputy: User) -> set[int]:
    """Companies where the person has a role, and the deputy one that sees approvals."""
    roles = [code for code, (_, held) in policy.ROLES.items() if "approvals.view" in held]
    theirs = set(Membership.objects.filter(user=person).values_list("company_id", flat=True))
    found = Membership.objects.filter(user=deputy, user__is_active=True, role__in=roles, company__in=theirs)
    return set(found.values_list("company_id", flat=True))


@transaction.atomic
def end_deputy(*, actor: Actor, deputy: Deputy, now: datetime) -> Deputy:
    """Let a deputy's time end now: by either of the two, or by whoever assigns work. Raises DeputyRefused, NotAllowed."""
    row = Deputy.objects.select_for_update(of=("self",)).select_related("person", "deputy").get(pk=deputy.pk)
    shared = _shared(row.person, row.deputy)
    if person_id_of(actor.label) not in (row.person_id, row.deputy_id) and not any(actor.can("work.assign", c) for c in shared):
        raise NotAllowed("a deputy’s time is ended by one of the two, or by whoever assigns work (work.assign)")
    if row.ended_at:
        raise DeputyRefused("this has ended already")
    row.ended_at = now
    row.save(update_fields=["ended_at"])
    for company_id in sorted(shared):
        record(
            actor=actor, type="deputy.ended", company_id=company_id, subject=row, person=row.person.label, deputy=row.deputy.label
        )  # fmt: skip
    return row
