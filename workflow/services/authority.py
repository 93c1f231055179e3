"""Who may do how much: kinds of approvals, limits by role, sums of thirty days, deputies.

A role's limit counts in a company, for a kind, in a currency. What is held against it is all that a customer had of the kind in that
currency in thirty days, done or waiting: many small requests are one large one. Two things are said plainly, and shown beforehand:

- **A currency without a limit of its own:** nothing alone and nothing to approve. Limits are never converted, for then a rate would
  decide who may sign.
- **A company that has set no limit of a kind, in any currency:** nobody does it alone, and whoever holds the kind's right to approve
  may allow any amount that somebody else asks for.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Q, Sum
from django.utils import timezone

from arops.lib import money
from arops.lib.refusal import Refused
from org import policy
from org.actors import Actor, SystemActor
from org.models import Membership
from workflow.models import Approval, AuthorityLimit, Deputy

SPAN = timedelta(days=30)
ANY = 2**63 - 1
"""Stands for every amount."""
COUNTED = ("waiting", "alone", "approved")


class UnknownKind(Refused):
    """Nothing of this kind can be asked for."""


@dataclass(frozen=True, slots=True)
class Fact:
    """A line of what will be done: its name, its words, where it leads, and whether it is an amount."""

    label: str
    text: str
    href: str = ""
    is_amount: bool = False


Handler = Callable[[Approval, Actor], Any]
Draw = Callable[[Approval], Sequence[Fact]]


@dataclass(frozen=True, slots=True)
class Kind:
    """A registered kind: what one needs to ask and to approve, what does it, and what draws it for people."""

    code: str
    label: str
    request: str
    approve: str
    handler: Handler
    draw: Draw | None = None
    counts_with: tuple[str, ...] = ()
    """Other kinds by which the same is had: one sum of thirty days holds them all."""

    @property
    def group(self) -> tuple[str, ...]:
        """The kinds of its sum, itself among them, in one order."""
        return tuple(sorted({self.code, *self.counts_with}))


KINDS: dict[str, Kind] = {}


def register_approval(
    kind: str, *, label: str, request: str, approve: str, draw: Draw | None = None, counts_with: tuple[str, ...] = ()
) -> Callable[[Handler], Handler]:  # fmt: skip
    """Make a function the handler of a kind. It gets the approval and whoever decided, does what was asked for in their transaction,
    and answers with the row it made; what it can't do it refuses with `Refused`, and then nothing changes.

    `request` and `approve` are the permissions to ask and to allow; `draw` says line by line what will be done; `counts_with` are other
    kinds that give the same, so that nobody has twice their limit by asking for half of it by another name.
    """

    def decorate(handler: Handler) -> Handler:
        KINDS[kind] = Kind(kind, label, request, approve, handler, draw, counts_with)
        return handler

    return decorate


def kind_of(code: str) -> Kind:
    """The registered kind. Raises UnknownKind."""
    if code not in KINDS:
        raise UnknownKind(f"there is nothing called {code} to ask for")
    return KINDS[code]


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with roles in a company; `whole` are those that reach all of it."""

    pk: int
    name: str
    email: str
    roles: frozenset[str]
    whole: frozenset[str]

    @property
    def label(self) -> str:
        """How they are named beside what they did."""
        return f"user:{self.pk}"


@dataclass(frozen=True, slots=True)
class Standing:
    """Somebody who could decide, with whose authority (`behalf`: of the absent), up to what amount, and why in words."""

    person: Person
    limit: int
    words: str
    behalf: Person | None = None


@dataclass(frozen=True, slots=True)
class Foresight:
    """Who would approve this, and why. `earlier` is what the customer had of the kind in thirty days, `summed` that with this amount."""

    alone: bool
    amount: int
    earlier: int
    own_limit: int
    currency: str
    people: tuple[Standing, ...] = ()
    words: str = ""

    @property
    def summed(self) -> int:
        """What limits are held against."""
        return self.amount + self.earlier


@dataclass
class Authority:
    """The limits of one kind in one company and currency, and the company's people."""

    kind: Kind
    currency: str
    limits: dict[str, AuthorityLimit]
    unset: bool
    """Whether the company has no limits of the kind in any currency."""
    people: dict[int, Person]
    deputies: list[Deputy] = field(default_factory=list)

    @classmethod
    def of(cls, company_id: int, kind: str, currency: str, today: date) -> "Authority":
        """Read what is needed, in three queries. Raises UnknownKind."""
        kind_of(kind)
        return authorities([(company_id, kind, currency)], today)[company_id, kind, currency]

    def alone(self, person: Person | None) -> int:
        """What the person may do without anybody: the best of their roles."""
        held = self._best(person.roles if person else (), "alone", self.kind.request, self.kind.approve)
        return 0 if held == ANY else held

    def approving(self, person: Person | None) -> int:
        """What the person may allow others: the best of the roles that reach the whole company."""
        return self._best(person.whole if person else (), "approve", self.kind.approve)

    def _best(self, roles: Collection[str], name: str, *permissions: str) -> int:
        able = [role for role in roles if policy.permissions_of(role) & set(permissions)]
        if self.unset:
            return ANY if able else 0
        return max((getattr(self.limits[role], name) for role in able if role in self.limits), default=0)

    def standings(self, makers: Collection[str], least: int = 1) -> list[Standing]:
        """Everybody who could decide about `least`, by limit and name: by their own roles, else for someone who is away."""
        found = [s for p in self.people.values() if p.label not in makers and (s := self.standing(p, makers, least))]
        return sorted(found, key=lambda s: (s.limit, s.behalf is not None, s.person.name))

    def standing(self, person: Person, makers: Collection[str], least: int = 1) -> Standing | None:
        """By what authority the person could decide about `least`; None when by none. A maker never does, whoever stands in for them."""
        if person.label in makers:
            return None
        if (own := self.approving(person)) >= least:
            return Standing(person, own, f"{self._role(person, own)}: {self.said(own)}")
        sees = any("approvals.view" in policy.permissions_of(role) for role in person.roles)
        lent = [self._lent(person, d, makers) for d in self.deputies if d.deputy_id == person.pk and sees]
        able = [s for s in lent if s and s.limit >= least]
        return max(able, key=lambda s: s.limit) if able else None

    def _lent(self, person: Person, deputy: Deputy, makers: Collection[str]) -> Standing | None:
        absent = self.people.get(deputy.person_id)
        if absent is None or absent.label in makers:
            return None
        if deputy.created_by in makers:  # whoever asks doesn't choose who decides
            return None
        limit = self.approving(absent)
        return Standing(person, limit, f"for {absent.name}, away until {deputy.last_day:%-d %b}: {self.said(limit)}", absent)

    def _role(self, person: Person, limit: int) -> str:
        for role in sorted(person.whole):
            if self._best([role], "approve", self.kind.approve) == limit:
                return policy.ROLES[role][0]
        return "role"

    def said(self, limit: int) -> str:
        """A limit in words."""
        return "any amount" if limit == ANY else f"up to {money.format(limit, self.currency)} {self.currency}"


Place = tuple[int, str, str]
"""Company, kind, currency."""


def authorities(places: Iterable[Place], today: date) -> dict[Place, Authority]:
    """The authority in several places, in three queries; kinds that nobody handles are left out."""
    wanted = [place for place in dict.fromkeys(places) if place[1] in KINDS]
    companies = {company for company, _, _ in wanted}
    rows = list(AuthorityLimit.objects.filter(company__in=companies, kind__in={kind for _, kind, _ in wanted}))
    people = people_of(companies)
    deputies = deputies_on(today, {pk for held in people.values() for pk in held})
    found = {}
    for company, kind, currency in wanted:
        held = [row for row in rows if (row.company_id, row.kind) == (company, kind)]
        limits = {row.role: row for row in held if row.currency == currency}
        found[company, kind, currency] = Authority(KINDS[kind], currency, limits, not held, people.get(company, {}), deputies)
    return found


def people_of(companies: Collection[int]) -> dict[int, dict[int, Person]]:
    """Everybody active with a role, by company and key."""
    rows = Membership.objects.filter(company__in=companies, user__is_active=True).select_related("user")
    grouped: dict[int, dict[int, list[Membership]]] = {}
    for row in rows.order_by("user__name", "user_id"):
        grouped.setdefault(row.company_id, {}).setdefault(row.user_id, []).append(row)
    return {company: {pk: _person(held) for pk, held in people.items()} for company, people in grouped.items()}


def _person(held: Sequence[Membership]) -> Person:
    user = held[0].user
    whole = frozenset(m.role for m in held if m.scope == Membership.Scope.COMPANY)
    return Person(user.pk, user.name, user.email, frozenset(m.role for m in held), whole)


def deputies_on(day: date, people: Collection[int]) -> list[Deputy]:
    """Those who stand in for somebody of these people on the day."""
    live = Deputy.objects.filter(first_day__lte=day, last_day__gte=day, ended_at=None, person__in=list(people))
    return list(live.order_by("pk"))


def person_id_of(label: str) -> int | None:
    """The key in `user:3`; None for keys and the system."""
    sort, _, key = label.partition(":")
    return int(key) if sort == "user" and key.isascii() and key.isdigit() else None


def counted(today: date) -> Q:
    """Approvals that a sum of thirty days holds: what waits, however old, and what was asked for or decided in that time."""
    since = timezone.make_aware(datetime.combine(today - SPAN + timedelta(days=1), time.min))
    lately = Q(requested_on__gt=today - SPAN) | Q(decided_at__gte=since)
    return Q(state="waiting") | Q(state__in=COUNTED) & lately


def group_of(kind: str) -> tuple[str, ...]:
    """The kinds that one sum holds together with this."""
    return KINDS[kind].group if kind in KINDS else (kind,)


def summed(*, company_id: int, kind: str, currency: str, customer_id: int | None, today: date) -> int:
    """What a customer had of a kind in thirty days, done and waiting: asked for by it, by one that gives the same, or beside another
    (`counts` of its payload: kind → minor units)."""
    key = (company_id, kind, currency, customer_id)
    found = Approval.objects.filter(counted(today), company=company_id, currency=currency, customer_ref=customer_id)
    return _totals([key], found)[key]


Key = tuple[int, str, str, int | None]
"""Company, kind, currency, customer."""


def _totals(keys: Iterable[Key], found: Any) -> dict[Key, int]:
    """The sums of these, in one query of the kinds themselves and one of what was had beside others."""
    groups = {key: group_of(key[1]) for key in keys}
    kinds = {code for group in groups.values() for code in group}
    names = ("company_id", "kind", "currency", "customer_ref")
    had: dict[Key, int] = {}
    for *where, total in found.filter(kind__in=kinds).order_by().values_list(*names).annotate(total=Sum("amount")):
        had[where[0], where[1], where[2], where[3]] = int(total)
    rows = (
        found.filter(payload__has_key="counts").order_by().values_list("company_id", "kind", "currency", "customer_ref", "payload__counts")
    )
    for company, own, currency, customer, counts in rows:
        for kind, amount in (counts or {}).items():
            if own not in group_of(kind):
                key = (company, kind, currency, customer)
                had[key] = had.get(key, 0) + int(amount)
    return {key: sum(had.get((key[0], code, *key[2:]), 0) for code in group) for key, group in groups.items()}


def sums_of(rows: Iterable[Approval], today: date) -> dict[tuple[int, str, str, int | None], int]:
    """The same for many requests at once, by company, kind, currency and customer."""
    keys = {(a.company_id, a.kind, a.currency, a.customer_ref) for a in rows}
    if not keys:
        return {}
    customers = {k[3] for k in keys if k[3] is not None}
    found = Approval.objects.filter(counted(today), company__in={k[0] for k in keys})
    return _totals(keys, found.filter(Q(customer_ref__in=customers) | Q(customer_ref=None)))


def foresee(
    *, actor: Actor, company: Any, kind: str, amount: int, currency: str, customer_id: int | None, makers: Sequence[str] = (), today: date
) -> Foresight:
    """Who would approve this and why: the actor alone, or whom it would wait for. Raises UnknownKind."""
    authority = Authority.of(company.pk, kind, currency, today)
    earlier = summed(company_id=company.pk, kind=kind, currency=currency, customer_id=customer_id, today=today)
    person = authority.people.get(person_id_of(actor.label) or 0)
    limit = ANY if isinstance(actor, SystemActor) else authority.alone(person)
    alone = earlier + amount <= limit and actor.label not in makers
    people = () if alone else tuple(authority.standings({actor.label, *makers}, earlier + amount))
    found = Foresight(alone, amount, earlier, limit, currency, people)
    return Foresight(alone, amount, earlier, limit, currency, people, _words(found, authority, actor, makers))


def _words(f: Foresight, authority: Authority, actor: Actor, makers: Sequence[str]) -> str:
    before = ""
    if f.earlier:
        before = f": with the {money.format(f.earlier, f.currency)} of the last 30 days it is {money.format(f.summed, f.currency)}"
    if f.alone:
        return f"Within your own limit{before}. Done at once."
    if actor.label in makers:
        why = "You made what this is about, so somebody else decides"
    elif not authority.unset and not authority.limits:
        why = f"No limits are set for {authority.kind.label.lower()}s in {f.currency}"
    elif not f.own_limit:
        why = "You do nothing of this kind alone"
    else:
        why = f"More than the {money.format(f.own_limit, f.currency)} {f.currency} you may do alone{before}"
    if not f.people:
        return f"{why}. Nobody’s limit is high enough: an administrator sets limits under Settings, Authority."
    return f"{why}. Goes to {_names(f.people)}."


def _names(people: Sequence[Standing]) -> str:
    names = [s.person.name for s in people[:3]]
    rest = len(people) - len(names)
    last = f"{rest} more" if rest else names.pop()
    return f"{', '.join(names)} or {last}" if names else last
