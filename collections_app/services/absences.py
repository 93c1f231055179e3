"""Somebody is away: their customers are another's meanwhile, and come back by themselves."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date

from django.db import transaction
from django.db.models import F

from collections_app.models import Absence, Assignment, Inquiry
from collections_app.selectors.portfolios import assigns_all, collectors_of
from collections_app.services.portfolios import PortfolioRefused, move_customers
from customers.models import Customer
from org.actors import Actor, NotAllowed
from org.models import Company, User
from workflow.services import record

State = Absence.State


@transaction.atomic
def plan_absence(
    *, actor: Actor, company: Company, person: User, cover: User, first: date, last: date, today: date, note: str = ""
) -> Absence:
    """Say that a person is away from `first` to `last` (both included), who covers, and what they should know. One that begins today
    runs at once. People say it of themselves; whoever assigns work, of everybody. Raises PortfolioRefused, NotAllowed."""
    if not (actor.label == person.label and actor.can("collections.work", company.pk)) and not assigns_all(actor, company.pk):
        raise NotAllowed(f"{actor.label} may not say that others are away: it needs work.assign")
    Company.objects.select_for_update(no_key=True).get(pk=company.pk)
    able = set(collectors_of(company).values_list("pk", flat=True))
    if person.pk not in able or cover.pk not in able or person.pk == cover.pk:
        raise PortfolioRefused("whoever is away and whoever covers are two people who collect here")
    if last < first or last < today:
        raise PortfolioRefused("the last day comes after the first, and is not over yet")
    clash = Absence.objects.filter(company=company, first__lte=last, last__gte=first, state__in=[State.PLANNED, State.RUNNING])
    if clash.filter(person=person).exists():
        raise PortfolioRefused(f"{person.name} is away then already: change that first")
    if clash.filter(person=cover).exists():
        raise PortfolioRefused(f"{cover.name} is away then too: choose somebody who is there")
    absence = Absence.objects.create(
        company=company, person=person, cover=cover, first=first, last=last, note=note.strip(), made_by=actor.label
    )
    record(
        actor=actor, type="absence.planned", company_id=company.pk, subject=absence, person=person.pk, cover=cover.pk,
        first=first.isoformat(), last=last.isoformat(),
    )  # fmt: skip
    if first <= today:
        _begin(absence, actor, today)
    return absence


@transaction.atomic
def end_absence(*, actor: Actor, absence: Absence, today: date) -> None:
    """Back, earlier than planned or as planned; one that has not begun is cancelled. Raises PortfolioRefused, NotAllowed."""
    if actor.label != absence.person.label and not assigns_all(actor, absence.company_id):
        raise NotAllowed(f"{actor.label} may not end the absence of others: it needs work.assign")
    locked = Absence.objects.select_for_update(of=("self",)).select_related("company", "person").get(pk=absence.pk)
    if locked.state == State.RUNNING:
        _end(locked, actor, today)
    elif locked.state == State.PLANNED:
        Absence.objects.filter(pk=locked.pk).update(state=State.CANCELLED)
        record(actor=actor, type="absence.cancelled", company_id=locked.company_id, subject=locked)
    else:
        raise PortfolioRefused("it is over already")


def follow_absences(*, actor: Actor, company: Company, today: date) -> dict[str, int]:
    """The night's part: absences that begin and end by a day; returns how many customers went and came back."""
    counts = {"covered": 0, "returned": 0}
    with transaction.atomic():
        rows = Absence.objects.select_for_update(of=("self",)).select_related("company", "person").filter(company=company)
        for absence in rows.filter(state=State.RUNNING, last__lt=today).order_by("pk"):
            counts["returned"] += _end(absence, actor, today)
        for absence in rows.filter(state=State.PLANNED, last__lt=today):
            Absence.objects.filter(pk=absence.pk).update(state=State.ENDED)
        for absence in rows.filter(state=State.PLANNED, first__lte=today).order_by("pk"):
            counts["covered"] += _begin(absence, actor, today)
    return counts


def _begin(absence: Absence, actor: Actor, today: date) -> int:
    keys = list(Customer.objects.filter(company=absence.company, collector=absence.person).values_list("pk", flat=True))
    Absence.objects.filter(pk=absence.pk).update(state=State.RUNNING)
    moved = move_customers(
        absence.company, dict.fromkeys(keys, absence.cover_id), actor, today, Assignment.How.COVER, note=absence.note, absence=absence.pk
    )
    passed = Inquiry.objects.all().unanswered().filter(company=absence.company, owner=absence.person, customer__in=keys)
    passed.update(owner=absence.cover_id, version=F("version") + 1)
    record(actor=actor, type="absence.begun", company_id=absence.company_id, subject=absence, customers=moved)
    return moved


def _end(absence: Absence, actor: Actor, today: date) -> int:
    """Customers that went because of it come back, also from whoever covers for the cover; unless they were given to somebody else
    meanwhile."""
    keys = _lent(absence)
    Absence.objects.filter(pk=absence.pk).update(state=State.ENDED)
    moved = move_customers(absence.company, dict.fromkeys(keys, absence.person_id), actor, today, Assignment.How.BACK, absence=absence.pk)
    record(actor=actor, type="absence.ended", company_id=absence.company_id, subject=absence, customers=moved)
    return moved


def _lent(absence: Absence) -> list[int]:
    """Customers that are where they are because of the absence alone: since they went, covers were away or came back, and nobody gave
    them away."""
    went = Assignment.objects.filter(absence=absence, how=Assignment.How.COVER).values("customer")
    rows: defaultdict[int, list[Assignment]] = defaultdict(list)
    for row in Assignment.objects.filter(customer__in=went).select_related("customer").order_by("customer", "pk"):
        rows[row.customer_id].append(row)
    return [pk for pk, ways in rows.items() if ways[-1].customer.collector_id == ways[-1].now_id and _only_lent(ways, absence.pk)]


def _only_lent(ways: Sequence[Assignment], absence: int) -> bool:
    at = max(n for n, way in enumerate(ways) if way.absence_id == absence)
    outer = {way.absence_id for way in ways[:at] if way.how == Assignment.How.COVER}
    covers, back = Assignment.How.COVER, Assignment.How.BACK
    return all(way.how == covers or (way.how == back and way.absence_id not in outer) for way in ways[at + 1 :])
