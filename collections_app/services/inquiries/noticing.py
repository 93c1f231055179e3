"""Mail to colleagues about inquiries: given to somebody, an answer due soon, late, or nobody's. Each is told once (see
`workflow.services.notices`), and only to those who see it."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta

from django.urls import reverse

from collections_app.models import CollectionPolicy, Inquiry
from collections_app.policy.service import warn_from
from org.models import Membership, User
from org.policy import ROLES
from workflow.models import Event
from workflow.services.notices import SPAN, Notice, register_notices, wants_mail

MANY = 500
"""Inquiries that one look tells of; the rest are told of at the next."""
LOOK_AHEAD = timedelta(days=10)
_SHARES_OUT = [role for role, (_, allowed) in ROLES.items() if "work.assign" in allowed]


@register_notices("inquiries")
def inquiry_notices(now: datetime, today: date) -> Iterable[Notice]:
    """What is new about inquiries, to their owners; what is late and nobody's, to those who share out the work."""
    yield from _given(now)
    yield from _due(now)


def _given(now: datetime) -> Iterator[Notice]:
    """Inquiries given to somebody by another, to whoever still has them."""
    events = Event.objects.filter(type="inquiry.assigned", at__gte=now - SPAN).order_by("-id")[:MANY]
    rows = Inquiry.objects.select_related("customer", "owner").in_bulk({e.subject_id for e in events if e.subject_id})
    told = set[int]()
    for event in events:
        row = rows.get(event.subject_id or 0)
        if row is None or row.pk in told or row.owner is None or row.state == Inquiry.State.CLOSED:
            continue
        told.add(row.pk)
        if event.actor != row.owner.label and _sees(row.owner, row):
            yield _notice(row, f"given:{row.owner_id}:{event.pk}", "Yours now", (row.owner.email,))


def _due(now: datetime) -> Iterator[Notice]:
    """Answers that are due soon, and those that lately became late."""
    waiting = Inquiry.objects.all().unanswered().filter(answer_by__gte=now - SPAN, answer_by__lte=now + LOOK_AHEAD)
    rows = waiting.select_related("customer", "owner", "company").order_by("answer_by", "pk")[:MANY]
    hours = dict(CollectionPolicy.objects.values_list("company", "answer_hours"))
    for row in rows:
        if now >= row.answer_by:
            yield _notice(row, f"late:{row.answer_by:%Y%m%d%H%M}", "Answer is late", _whom(row, late=True))
        elif now >= warn_from(row.answer_by, hours.get(row.company_id, CollectionPolicy().answer_hours)):
            yield _notice(row, f"soon:{row.answer_by:%Y%m%d%H%M}", "Answer due soon", _whom(row, late=False))


def _whom(row: Inquiry, *, late: bool) -> tuple[str, ...]:
    """The owner; of what is nobody's, or late, those who share out the work too."""
    people = [row.owner] if row.owner else []
    if late or not people:
        found = Membership.objects.filter(company=row.company_id, role__in=_SHARES_OUT, user__is_active=True).select_related("user")
        people += [m.user for m in found.order_by("user")[:20]]
    return tuple(sorted({p.email for p in people if wants_mail(p) and _sees(p, row)}))


def _sees(person: User, row: Inquiry) -> bool:
    return bool(Inquiry.objects.visible_to(person, "collections.view").filter(pk=row.pk).exists())


def _notice(row: Inquiry, key: str, verb: str, to: tuple[str, ...]) -> Notice:
    who = row.customer.name if row.customer else "nobody knows whose"
    subject = " ".join(f"{verb}: {row.number}, {who}, {row.subject}".split())[:200]
    body = f"{row.number}: {row.subject}\n{who}\nAnswer by: {row.answer_by:%Y-%m-%d %H:%M} UTC\n"
    return Notice(f"inquiry:{row.pk}:{key}", row.company_id, to, subject, body, reverse("collections:inquiry", args=[row.pk]))
