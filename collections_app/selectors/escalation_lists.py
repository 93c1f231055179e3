"""Cases of the ladder as their pages show them."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q, QuerySet

from collections_app.models import Escalation, Rung
from collections_app.selectors.escalation import cases_in_sight
from collections_app.selectors.recovery import recovery_of
from customers.models import Customer
from ledger.models import OpenItem
from org.actors import Actor
from org.models import Company, Membership, User

State = Escalation.State
VIEWS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("mine", "For me", (State.OPEN,)), ("proposed", "Proposed", (State.PROPOSED,)), ("open", "Waiting", (State.OPEN,)),
    ("placed", "Outside", (State.PLACED,)), ("decided", "Decided", (State.DECIDED, State.RECALLED)),
    ("done", "Ended", (State.CLOSED, State.DISMISSED)),
)  # fmt: skip
"""Code of a view, its name, the states it shows."""


def for_me(user: User, rows: QuerySet[Escalation]) -> QuerySet[Escalation]:
    """Cases that wait for a role the person holds, and those they took."""
    roles = Membership.objects.filter(user=user, scope=Membership.Scope.COMPANY).values_list("company", "role")
    mine = Q(assigned_to=user)
    for company, role in roles:
        mine |= Q(company=company, rung__role=role)
    return rows.filter(mine, state=State.OPEN)


def of_view(user: User, view: str, rows: QuerySet[Escalation]) -> QuerySet[Escalation]:
    """The rows of a view."""
    if view == "mine":
        return for_me(user, rows)
    states = next(found for code, _, found in VIEWS if code == view)
    return rows.filter(state__in=states)


def counts(user: User, rows: QuerySet[Escalation]) -> dict[str, int]:
    """How many stand in each view."""
    by_state = dict(rows.order_by().values_list("state").annotate(n=Count("pk")))
    found = {code: sum(by_state.get(state, 0) for state in states) for code, _, states in VIEWS}
    return found | {"mine": for_me(user, rows).count()}


@dataclass(frozen=True, slots=True)
class Row:
    """A case in a list; `placed` and `came` are the recovery, of placed ones."""

    case: Escalation
    placed: int
    came: int


def rows_of(cases: list[Escalation]) -> list[Row]:
    """Cases with their recovery, in two queries for all."""
    recovery = recovery_of(cases)
    return [Row(case, *recovery.get(case.pk, (0, 0))) for case in cases]


def earlier_of(actor: Actor, case: Escalation) -> list[Escalation]:
    """Other cases of the account, the latest first."""
    return list(cases_in_sight(actor).filter(customer=case.customer_id, currency=case.currency).exclude(pk=case.pk)[:10])


def currencies_past_due(customer: Customer, day: Any) -> list[str]:
    """Currencies in which something of the customer is past due."""
    late = OpenItem.objects.past_due(day).filter(customer=customer).order_by()
    return sorted(late.values_list("currency", flat=True).distinct())


def ladders(actor: Actor) -> list[tuple[Company, list[Rung]]]:
    """The companies in sight with their rungs, the lowest first."""
    companies = Company.objects.visible_to(actor, "collections.view").order_by("code")
    rungs = list(Rung.objects.visible_to(actor, "collections.view").order_by("ordinal"))
    return [(c, [r for r in rungs if r.company_id == c.pk]) for c in companies]
