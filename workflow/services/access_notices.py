"""Mail about rights: to those who may confirm what somebody asked for, and to whoever is to choose a password. The link that sets one is
added when the mail is handed over, and kept nowhere (`messaging.services.finishing`)."""

from collections.abc import Iterable
from datetime import date, datetime

from org.models import AccessChange, Membership, User
from org.selectors import actor_names
from org.services.second import others
from workflow.models import Event
from workflow.services.notices import SPAN, Notice, register_notices, wants_mail

KIND = "password_link"


@register_notices("access")
def access_notices(now: datetime, today: date) -> Iterable[Notice]:
    """Changes that wait, and passwords that are to be chosen."""
    rows = list(AccessChange.objects.filter(state="waiting", asked_at__gte=now - SPAN))
    names = actor_names({row.asked_by for row in rows})
    for row in rows:
        people = tuple(u.email for u in others(row.companies, row.barred) if wants_mail(u))
        body = f"{names.get(row.asked_by, row.asked_by)} asks for more rights:\n\n    {row.title}\n\nThey count once you confirm them.\n"
        yield Notice(f"access:{row.pk}", row.companies[0], people, "Rights to confirm", body, "/settings/changes/")
    yield from _passwords(now)


def _passwords(now: datetime) -> Iterable[Notice]:
    asked = Event.objects.filter(type="user.password_asked", at__gte=now - SPAN).order_by("pk")
    events = {e.subject_id: e for e in asked}  # the last one of each person
    people = User.objects.filter(pk__in=[pk for pk in events if pk], is_active=True)
    homes = dict(Membership.objects.filter(user__in=people).order_by("-company").values_list("user", "company"))
    for person in people:
        if person.has_usable_password() or person.pk not in homes:
            continue
        body = f"Dear {person.name},\n\nchoose a password for ArOps here; you sign in as {person.email}:\n"
        key = f"{KIND}:{person.pk}:{events[person.pk].pk}"
        yield Notice(key, homes[person.pk], (person.email,), "Choose a password", body, kind=KIND)
