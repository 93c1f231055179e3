"""Mail about cases of the ladder: to those who decide when one is raised to them, to whoever raised it when it is decided."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime

from django.urls import reverse

from arops.lib import money
from collections_app.models import Escalation
from collections_app.services.escalation.deciding import deciders
from org import policy
from org.models import User
from workflow.models import Event
from workflow.services.authority import person_id_of
from workflow.services.notices import SPAN, Notice, register_notices, wants_mail

MANY = 200
PLACERS = tuple(code for code, (_, held) in policy.ROLES.items() if "escalations.place" in held)
"""Roles that place accounts outside."""
ENDS = {
    "escalation.accepted": "Decided",
    "escalation.returned": "Sent back",
    "escalation.placed": "Placed",
    "escalation.recalled": "Recalled",
}


@register_notices("escalations")
def escalation_notices(now: datetime, today: date) -> Iterable[Notice]:
    """What is new on the ladder, to those it concerns."""
    kinds = ["escalation.raised", *ENDS]
    events = list(Event.objects.filter(type__in=kinds, at__gte=now - SPAN).order_by("-id")[:MANY])
    cases = Escalation.objects.select_related("company", "customer", "rung").in_bulk({e.subject_id for e in events})
    for event in events:
        case = cases.get(event.subject_id) if event.subject_id else None
        if case:
            yield from _raised(case, event) if event.type == "escalation.raised" else _ended(case, event)


def _raised(case: Escalation, event: Event) -> Iterator[Notice]:
    if case.state != Escalation.State.OPEN:
        return
    for person in deciders(case.company_id, *(PLACERS if case.rung.is_outside else [case.rung.role])):
        if person.label != event.actor and wants_mail(person):
            yield _notice(case, f"raised:{event.pk}:{person.pk}", person, f"For you: {case.rung.name}", case.because)


def _ended(case: Escalation, event: Event) -> Iterator[Notice]:
    person = User.objects.filter(pk=person_id_of(case.raised_by) or 0).first()
    if person and person.label != event.actor and wants_mail(person):
        yield _notice(case, f"ended:{event.pk}", person, ENDS[event.type], case.decision or case.placed_with)


def _notice(case: Escalation, key: str, person: User, verb: str, words: str) -> Notice:
    amount = f"{money.format(case.amount, case.currency)} {case.currency}"
    return Notice(
        f"escalation:{case.pk}:{key}", case.company_id, (person.email,), f"{verb}: {case.number} {case.customer.name}",
        f"{case.customer.name}, {amount} past due.\n\n{words[:1].upper()}{words[1:]}", reverse("collections:escalation", args=[case.pk]),
    )  # fmt: skip
