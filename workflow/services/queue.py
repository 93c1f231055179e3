"""Approvals as people see them: what waits for whom, what was asked, what was decided, each with who could decide and why."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import Q

from arops.lib import money
from org.actors import Actor
from org.models import Membership
from org.selectors import actor_names
from workflow.models import Approval, Deputy, Event
from workflow.services.authority import ANY, KINDS, Authority, Fact, Standing, authorities, person_id_of, sums_of
from workflow.services.subjects import address_of

VIEWS = (("mine", "Waiting for me"), ("asked", "Asked by me"), ("waiting", "All waiting"), ("decided", "Decided"), ("all", "All"))
SHOWN = 500
"""Requests that a page shows; its file holds ten times as many."""
TONES = {"waiting": "info", "approved": "ok", "alone": "ok", "rejected": "bad", "withdrawn": "", "void": "bad"}


@dataclass(frozen=True, slots=True)
class Narrowed:
    """What the list is narrowed to; empty: by nothing."""

    view: str = "mine"
    kind: str = ""
    company: str = ""
    text: str = ""


@dataclass
class Shown:
    """A request with what the page says of it."""

    row: Approval
    kind: str
    asker: str
    decider: str = ""
    behalf: str = ""
    total: int = 0
    mine: Standing | None = None
    may_reject: bool = False
    is_maker: bool = False
    people: list[Standing] = field(default_factory=list)

    @property
    def tone(self) -> str:
        """The colour of its state."""
        return TONES[self.row.state]

    @property
    def others(self) -> str:
        """Who could decide, in a few words."""
        names = [s.person.name for s in self.people]
        return (
            f"{', '.join(names[:2])}{f' or {len(names) - 2} more' if len(names) > 2 else ''}" if names else "nobody’s limit is high enough"
        )

    @property
    def earlier(self) -> int:
        """What the customer had of the kind in thirty days besides this."""
        return self.total - self.row.amount

    @property
    def result_url(self) -> str:
        """Where what was made of it is shown."""
        return address_of(self.row.result_type, self.row.result_id)


def approvals_in_sight(actor: Actor, wanted: Narrowed, today: date, limit: int = SHOWN) -> list[Shown]:
    """Requests that the actor sees, by view and filters: what waits the longest first, what was decided the latest first."""
    found = Approval.objects.visible_to(actor, "approvals.view").select_related("company").defer("payload")
    if wanted.view in ("mine", "waiting"):
        found = found.waiting().order_by("pk")
    elif wanted.view == "asked":
        found = found.of(actor)
    elif wanted.view == "decided":
        found = found.exclude(state="waiting").order_by("-decided_at", "-pk")
    exact = {"kind": wanted.kind, "company__code": wanted.company}
    found = found.filter(**{name: value for name, value in exact.items() if value})
    if wanted.text:
        found = found.filter(Q(title__icontains=wanted.text) | Q(reason__icontains=wanted.text))
    shown = told(actor, found[: limit if wanted.view != "mine" else 10 * SHOWN], today)
    return [row for row in shown if row.mine][:limit] if wanted.view == "mine" else shown


def waiting_for(actor: Actor, today: date) -> int:
    """How many requests wait for the actor."""
    return len(approvals_in_sight(actor, Narrowed(), today))


def told(actor: Actor, rows: Iterable[Approval], today: date) -> list[Shown]:
    """The requests with their words, in a fixed number of queries."""
    found = list(rows)
    names = actor_names({label for a in found for label in (a.requested_by, a.decided_by, a.on_behalf_of) if label})
    waiting = [a for a in found if a.state == "waiting"]
    known, sums = authorities(((a.company_id, a.kind, a.currency) for a in waiting), today), sums_of(waiting, today)
    made = [_shown(a, names) for a in found]
    for one in made:
        authority = known.get((one.row.company_id, one.row.kind, one.row.currency))
        if one.row.state == "waiting":
            one.total = sums[one.row.company_id, one.row.kind, one.row.currency, one.row.customer_ref]
            one.is_maker = actor.label in one.row.makers
            if authority:
                _judge(one, authority, actor)
    return made


def _shown(a: Approval, names: dict[str, str]) -> Shown:
    kind = KINDS[a.kind].label if a.kind in KINDS else a.kind.replace("_", " ").capitalize()
    asker = names.get(a.requested_by, a.requested_by)
    return Shown(a, kind, asker, names.get(a.decided_by, a.decided_by), names.get(a.on_behalf_of, a.on_behalf_of), a.summed)


def _judge(one: Shown, authority: Authority, actor: Actor) -> None:
    one.people = authority.standings(one.row.makers, one.total)
    person = authority.people.get(person_id_of(actor.label) or 0)
    if person:
        one.mine = authority.standing(person, one.row.makers, one.total)
        one.may_reject = authority.standing(person, one.row.makers) is not None


def facts_of(approval: Approval) -> Sequence[Fact]:
    """What will be done, or was, line by line, as the kind draws it."""
    kind = KINDS.get(approval.kind)
    return kind.draw(approval) if kind and kind.draw else []


def steps_of(approval: Approval) -> list[tuple[Event, str]]:
    """What happened to the request, with names."""
    events = list(Event.objects.filter(subject_type=Approval._meta.label_lower, subject_id=approval.pk).order_by("pk"))
    names = actor_names({event.actor for event in events})
    return [(event, names.get(event.actor, event.actor)) for event in events]


def limit_words(limit: int, currency: str) -> str:
    """A limit for people."""
    return "any amount" if limit == ANY else money.format(limit, currency)


def totals_of(rows: Iterable[Shown]) -> list[tuple[str, int, int]]:
    """Currency, requests, minor units."""
    sums: dict[str, list[int]] = {}
    for one in rows:
        entry = sums.setdefault(one.row.currency, [0, 0])
        entry[0] += 1
        entry[1] += one.row.amount
    return [(currency, n, amount) for currency, (n, amount) in sorted(sums.items())]


def kinds_known() -> list[tuple[str, str]]:
    """Kinds for the filter."""
    return sorted(((code, kind.label) for code, kind in KINDS.items()), key=lambda pair: pair[1])


def request_in_sight(actor: Actor, pk: int) -> Any:
    """One request with all of it; None when it isn't in sight."""
    return Approval.objects.visible_to(actor, "approvals.view").select_related("company").filter(pk=pk).first()


def deputies_in_sight(actor: Actor) -> Any:
    """Deputies of people in companies where the actor sees approvals, the latest first."""
    reach = actor.reach("approvals.view")
    found = Deputy.objects.select_related("person", "deputy").order_by("-last_day", "-pk")
    if reach.everything:
        return found
    people = Membership.objects.filter(company__in=reach.companies | reach.portfolios).values("user")
    return found.filter(person__in=people, deputy__in=people)
