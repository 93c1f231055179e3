"""What a plan is held against: time by what is to be paid later, money by what is given up, each with its own limit.

A settlement gives both, and both limits hold it: it is asked for by the kind that its maker may not do alone, counts in the sums of thirty
days of both, and whoever allows it may give as much of what its maker may not. A cent given up buys no time, an hour of time no rebate.

What the customer had in other currencies uses its part of a limit up, too: a person who gave three quarters of what they may in euros has
a quarter of it left in dollars. Shares are added, not amounts, so that no rate decides who may sign.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from fractions import Fraction

from collections_app.policy.plans import told
from collections_app.services.plans.errors import PlanError
from org.actors import Actor, SystemActor
from org.models import Company
from workflow.models import Approval
from workflow.services.approvals import foresee, take_turns
from workflow.services.authority import ANY, Authority, Foresight, Person, authorities, counted, group_of, person_id_of, summed

KINDS = PLAN, SETTLEMENT = "payment_plan", "settlement"
EVERY = "*"
"""Stands for all currencies where requests take turns."""


@dataclass(frozen=True, slots=True)
class Given:
    """Whom a plan is about, and what it gives: minor units of time, and of money."""

    company: Company
    customer_id: int
    currency: str
    time: int
    waived: int = 0

    @property
    def amounts(self) -> dict[str, int]:
        """Kind → minor units."""
        return {PLAN: self.time} | ({SETTLEMENT: self.waived} if self.waived else {})


@dataclass(frozen=True, slots=True)
class Asking:
    """How a plan is asked for: by which kind and amount, what it counts for besides, for which kinds somebody else must answer (`needs`),
    and what people are told of it."""

    kind: str
    amount: int
    counts: dict[str, int]
    needs: tuple[str, ...]
    seen: Foresight
    makers: list[str] = field(default_factory=list)
    """Its maker, where the sum of one currency would let them do it alone and they may not."""


def asking(*, actor: Actor, given: Given, today: date, makers: Sequence[str] = ()) -> Asking:
    """How the plan is to be asked for by the actor, and who would decide."""
    needs = tuple(kind for kind in given.amounts if not _alone(actor, given, kind, today))
    kind = needs[-1] if needs else SETTLEMENT if given.waived else PLAN
    seen = foresee(
        actor=actor, company=given.company, kind=kind, amount=given.amounts[kind], currency=given.currency, customer_id=given.customer_id,
        makers=makers, today=today,
    )  # fmt: skip
    rest = {other: amount for other, amount in given.amounts.items() if other != kind}
    forced = bool(needs) and seen.alone
    if needs:
        seen = _narrowed(seen, given, needs, {actor.label, *makers}, today)
    return Asking(kind, given.amounts[kind], rest, needs, seen, [actor.label] if forced else [])


def _alone(actor: Actor, given: Given, kind: str, today: date) -> bool:
    if isinstance(actor, SystemActor):
        return True
    person = person_id_of(actor.label) or 0
    return _used(given, kind, today, lambda authority: authority.alone(authority.people.get(person)), given.amounts[kind]) <= 1


def _narrowed(seen: Foresight, given: Given, needs: Collection[str], makers: set[str], today: date) -> Foresight:
    """Those who may allow all that is needed, by what they may in every currency that counts."""
    authority = Authority.of(given.company.pk, _last(needs), given.currency, today)
    found = authority.standings(makers, seen.summed)
    able = tuple(s for s in found if all(_allows(given, kind, s.person, makers, today) for kind in needs))
    words = seen.words
    if seen.alone or len(able) != len(seen.people):
        why = "With what this customer had in other currencies it is more than you may do alone" if seen.alone else words.split(". ")[0]
        names = ", ".join(s.person.name for s in able[:3])
        words = f"{why}. " + (f"Goes to {names}." if able else "Nobody’s limits are high enough for the time and the money it gives.")
    return replace(seen, alone=False, people=able, words=words)


def _last(needs: Collection[str]) -> str:
    """The kind that a plan is asked for by: money before time."""
    return list(needs)[-1]


def _allows(given: Given, kind: str, person: Person, makers: set[str], today: date, more: int | None = None) -> bool:
    """Whether the person may allow it, by their own role or for somebody who is away."""

    def limit(authority: Authority) -> int:
        known = authority.people.get(person.pk, person)
        own = authority.standing(known, makers)
        if own is None or own.limit == ANY:
            return own.limit if own else 0
        lent = authority.standing(known, makers, own.limit + 1)  # whoever stands in for somebody with more may allow more
        return lent.limit if lent else own.limit

    return _used(given, kind, today, limit, given.amounts[kind] if more is None else more) <= 1


def _used(given: Given, kind: str, today: date, limit: Callable[[Authority], int], more: int) -> Fraction:
    """The share of a person's limits that the customer's thirty days use up, with `more` of the plan's currency; above 1 is too much."""
    sums = _sums(given, kind, today)
    sums[given.currency] = sums.get(given.currency, 0) + more
    held = authorities([(given.company.pk, kind, currency) for currency in sums], today)
    total = Fraction(0)
    for currency, amount in sums.items():
        most = limit(held[given.company.pk, kind, currency])
        if amount and most != ANY:
            total += Fraction(amount, most) if most > 0 else 2
    return total


def _sums(given: Given, kind: str, today: date) -> dict[str, int]:
    """Currency → what the customer had of the kind in thirty days."""
    had = Approval.objects.filter(counted(today), company=given.company, customer_ref=given.customer_id, kind__in={*group_of(kind), *KINDS})
    currencies = set(had.order_by().values_list("currency", flat=True))
    return {
        currency: summed(company_id=given.company.pk, kind=kind, currency=currency, customer_id=given.customer_id, today=today)
        for currency in currencies
    }


def take_plan_turns(company_id: int, currency: str, customer_id: int) -> None:
    """Whoever asks or decides about a customer's plans waits for others who do, in whatever currency. Call it before locking a plan."""
    take_turns(company_id, PLAN, EVERY, customer_id)
    for kind in KINDS:
        take_turns(company_id, kind, currency, customer_id)


def check_decider(*, actor: Actor, approval: Approval, given: Given, today: date) -> None:
    """Refuse what is within the decider's limit of the kind asked by, and beyond another that the plan needs, or beyond what other
    currencies leave of one. The request is approved in this transaction, and counts. Raises PlanError."""
    person = Authority.of(given.company.pk, approval.kind, given.currency, today).people.get(person_id_of(actor.label) or 0)
    for kind in approval.payload.get("needs", ()):
        if person is None or not _allows(given, kind, person, set(approval.makers), today, more=0):
            what = "gives up" if kind == SETTLEMENT else "gives time for"
            raise PlanError(
                f"it {what} {told(given.amounts[kind], given.currency)}: with all that this customer had in 30 days, in every currency,"
                " more than you may allow; somebody with higher limits decides"
            )
