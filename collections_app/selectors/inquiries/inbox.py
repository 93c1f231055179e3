"""The inbox: inquiries in sight by where they stand, whose they are, what they are about."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from collections_app.models import Inquiry, InquiryEntry
from messaging.models import InboundMail, Mailbox
from messaging.selectors import groups_in_part
from org.actors import Actor
from org.models import User

VIEWS = {
    "mine": "Mine", "unassigned": "Nobody’s", "open": "To answer", "waiting": "Waiting for them", "closed": "Closed",
}  # fmt: skip
ORDERS = {"due": "answer_by", "asked": "asked_on", "customer": "customer__name", "number": "pk"}


@dataclass(frozen=True, slots=True)
class Asked:
    """What a list of inquiries is narrowed to."""

    view: str = "open"
    text: str = ""
    kind: str = ""
    owner: str = ""
    late: bool = False
    sort: str = ""


def inquiries(user: User, asked: Asked, now: datetime) -> QuerySet[Inquiry]:
    """The inquiries of a view, what is to be answered first the earliest due first."""
    found = in_view(narrowed(in_sight(user), asked, user, now), asked.view, user)
    order = asked.sort if asked.sort.lstrip("-") in ORDERS else "due" if asked.view in ("mine", "unassigned", "open") else "-number"
    found = found.order_by(("-" if order.startswith("-") else "") + ORDERS[order.lstrip("-")], "pk")
    return found.select_related("customer", "owner", "company", "contact")


def following_of(rows: QuerySet[Inquiry], here: Inquiry) -> Inquiry | None:
    """The one of these that is to be answered next after an inquiry, so that passing over goes through all of them."""
    later = Q(answer_by__gt=here.answer_by) | Q(answer_by=here.answer_by, pk__gt=here.pk)
    return rows.filter(later).order_by("answer_by", "pk").first()


def in_sight(actor: Actor, permission: str = "collections.view") -> QuerySet[Inquiry]:
    """Every inquiry that the actor sees."""
    found: QuerySet[Inquiry] = Inquiry.objects.visible_to(actor, permission)
    return found


def narrowed(rows: QuerySet[Inquiry], asked: Asked, user: User, now: datetime) -> QuerySet[Inquiry]:
    """By text (number, subject, customer, sender, words of its mails, answers and notes), kind, owner, lateness."""
    if asked.text:
        named = Q(number__iexact=asked.text) | Q(subject__icontains=asked.text) | Q(customer__name__icontains=asked.text)
        written, groups = Q(mail__body__icontains=asked.text), groups_in_part(user)
        if groups:
            written &= ~Q(mail__answers__overlap=groups) & ~Q(mail__bounced__lost_id__in=groups)
        said = Q(mail__sender__icontains=asked.text) | written | Q(note__icontains=asked.text)
        words = InquiryEntry.objects.filter(said | Q(message__body__icontains=asked.text), inquiry=OuterRef("pk"))
        rows = rows.filter(named | Q(customer__number__iexact=asked.text) | Exists(words))
    if asked.kind in Inquiry.Kind.values:
        rows = rows.filter(kind=asked.kind)
    if asked.owner.isascii() and asked.owner.isdecimal() and len(asked.owner) < 18:
        rows = rows.filter(owner=int(asked.owner))
    return rows.filter(state__in=["new", "open"], answer_by__lt=now) if asked.late else rows


def in_view(rows: QuerySet[Inquiry], view: str, user: User) -> QuerySet[Inquiry]:
    """Those of one of the views."""
    if view == "mine":
        return rows.filter(owner=user).exclude(state=Inquiry.State.CLOSED)
    if view == "unassigned":
        return rows.filter(Q(owner=None) | Q(customer=None)).exclude(state=Inquiry.State.CLOSED)
    states = {"open": ["new", "open"], "waiting": ["waiting"], "closed": ["closed"]}
    return rows.filter(state__in=states.get(view, Inquiry.State.values))


def counts(rows: QuerySet[Inquiry], user: User) -> dict[str, int]:
    """View → how many of the rows are in it."""
    is_open = ~Q(state="closed")
    found = rows.order_by().aggregate(
        mine=Count("pk", filter=Q(owner=user) & is_open, distinct=True),
        unassigned=Count("pk", filter=(Q(owner=None) | Q(customer=None)) & is_open, distinct=True),
        open=Count("pk", filter=Q(state__in=["new", "open"]), distinct=True),
        waiting=Count("pk", filter=Q(state="waiting"), distinct=True), closed=Count("pk", filter=Q(state="closed"), distinct=True),
    )  # fmt: skip
    return {view: found[view] for view in VIEWS}


def other_mails(actor: Actor) -> QuerySet[InboundMail]:
    """Mails of customers that became no inquiry: nothing in them, or they couldn't be read. Where only a portfolio is in sight, those that
    the person brought: such a mail may be anybody's."""
    reach = actor.reach("collections.view")
    found = InboundMail.objects.filter(purpose=Mailbox.Purpose.CORRESPONDENCE).exclude(state=InboundMail.State.READ)
    if reach.everything:
        return found.select_related("company", "mailbox")
    mine = Q(company__in=reach.portfolios, received_by=actor.label)
    return found.filter(Q(company__in=reach.companies) | mine).select_related("company", "mailbox")
