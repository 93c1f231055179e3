"""Mail about approvals: to each who could decide what waits, to whoever asked when it is decided."""

from collections.abc import Iterable
from datetime import date, datetime

from django.urls import reverse

from arops.lib import money
from org.actors import SystemActor
from org.models import User
from workflow.models import Approval
from workflow.services.authority import person_id_of
from workflow.services.notices import SPAN, Notice, register_notices, wants_mail
from workflow.services.queue import Shown, told

ACTOR = SystemActor("notices")
MANY = 500


@register_notices("approvals")
def approval_notices(now: datetime, today: date) -> Iterable[Notice]:
    """Requests of the last days that wait, to those whose limit is high enough; those that were decided, to those who asked."""
    since = now - SPAN
    waiting = Approval.objects.waiting().filter(requested_at__gte=since).select_related("company").order_by("pk")[:MANY]
    decided = Approval.objects.filter(state__in=["approved", "rejected", "void"], decided_at__gte=since).select_related("company")
    asked, done = told(ACTOR, waiting, today), told(ACTOR, decided.order_by("pk")[:MANY], today)
    keys = {s.person.pk for one in asked for s in one.people} | {person_id_of(one.row.requested_by) or 0 for one in done}
    people = {person.pk: person for person in User.objects.filter(pk__in=keys)}
    for one in asked:
        for standing in one.people:
            words = f"\nYou could decide it {standing.words}." if standing.behalf else ""
            head = f"{one.asker} asks for approval.\n\n"
            yield _notice(one, f"asked:{standing.person.pk}", people.get(standing.person.pk), "To approve", head, words)
    for one in done:
        state = str(one.row.get_state_display())
        head = f"This is {state}{f' by {one.decider}' if one.decider else ''}.\n\n"
        note = f"\nNote: {one.row.decision_note}" if one.row.decision_note else ""
        yield _notice(one, "decided", people.get(person_id_of(one.row.requested_by) or 0), state.capitalize(), head, note)


def _is_here(person: User, company_id: int) -> bool:
    """Whether somebody still has a role in the company: who left it is told no more."""
    reach = person.reach()
    return company_id in reach.companies | reach.portfolios


def _notice(one: Shown, key: str, person: User | None, verb: str, head: str, more: str) -> Notice:
    line = " ".join(f"{one.row.title}, {money.format(one.row.amount, one.row.currency)} {one.row.currency}".split())
    body = f"{head}{one.kind}: {line}\nReason: {one.row.reason or 'none given'}{more}\n"
    to = (person.email,) if person and wants_mail(person) and _is_here(person, one.row.company_id) else ()
    path = reverse("workflow:approval", args=[one.row.pk])
    return Notice(f"approval:{one.row.pk}:{key}", one.row.company_id, to, f"{verb}: {line}"[:200], body, path)
