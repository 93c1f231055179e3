"""Inquiries put in order: two that are one made one, one that is two parted, many done with at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from arops.lib.refusal import Refused
from collections_app.models import Inquiry, InquiryEntry, InquiryItem, Suggestion
from collections_app.services.inquiries.errors import InquiryRefused
from collections_app.services.inquiries.moving import (
    WORK,
    State,
    assign_inquiry,
    changed,
    close_inquiry,
    link_items,
    locked,
    make_inquiry,
)
from org.actors import Actor, NotAllowed, require
from org.models import User

MOST = 200
"""Inquiries that are done with at once."""


@transaction.atomic
def merge_inquiries(*, actor: Actor, inquiry: Inquiry, into: Inquiry, today: date, version: int | None = None) -> Inquiry:
    """Make `inquiry` part of `into`: its mails, answers and notes go there, and it is closed. The earlier of the two clocks counts. Raises
    InquiryRefused (of one customer, or of nobody's), StaleInquiry, NotAllowed."""
    require(actor, WORK, inquiry.company_id)
    require(actor, WORK, into.company_id)
    if inquiry.pk == into.pk or inquiry.company_id != into.company_id:
        raise InquiryRefused("choose another inquiry of the same company")
    pair = {pk: locked(Inquiry(pk=pk), version if pk == inquiry.pk else None) for pk in sorted((inquiry.pk, into.pk))}
    gone, kept = pair[inquiry.pk], pair[into.pk]
    if gone.customer_id != kept.customer_id:
        raise InquiryRefused("the two are of different customers: say whose they are first")
    if Inquiry.Ending.MERGED in (gone.ending, kept.ending):
        raise InquiryRefused("one of them is part of another already")
    gone.entries.update(inquiry=kept)
    InquiryItem.objects.bulk_create(
        [InquiryItem(inquiry=kept, open_item_id=item.open_item_id, named=item.named) for item in gone.items.all()], ignore_conflicts=True
    )
    if gone.state in (State.NEW, State.OPEN):
        if kept.state not in (State.NEW, State.OPEN):
            kept.state, kept.closed_on, kept.answered_at, kept.answer_by = State.OPEN, None, None, gone.answer_by
        kept.answer_by = min(kept.answer_by, gone.answer_by)
    gone.state, gone.closed_on, gone.ending, gone.merged_into = State.CLOSED, today, Inquiry.Ending.MERGED, kept
    changed(actor, gone, "inquiry.merged", ["state", "closed_on", "ending", "merged_into"], into=kept.number)
    return changed(actor, kept, "inquiry.took_in", ["state", "closed_on", "answered_at", "answer_by"], other=gone.number)


@transaction.atomic
def split_inquiry(
    *, actor: Actor, inquiry: Inquiry, entry: InquiryEntry, now: datetime, today: date, version: int | None = None
) -> Inquiry:  # fmt: skip
    """Make a mail of the inquiry one of its own, with what was recognised in it. Raises InquiryRefused, StaleInquiry, NotAllowed."""
    require(actor, WORK, inquiry.company_id)
    found = locked(inquiry, version)
    row = found.entries.select_related("mail").filter(pk=entry.pk, mail__isnull=False).first()
    if row is None or row.mail is None or found.entries.count() < 2:
        raise InquiryRefused("choose a mail of an inquiry that holds more than it")
    said = Suggestion.objects.filter(entry=row).order_by("pk").first()
    made = make_inquiry(
        actor=actor, company=found.company, now=now, today=today, customer=found.customer, contact=found.contact, how="a person",
        kind=said.kind if said else Inquiry.Kind.OTHER, subject=(row.mail.subject or "(no subject)")[:300], owner=found.owner,
        state=State.OPEN,
    )  # fmt: skip
    InquiryEntry.objects.filter(pk=row.pk).update(inquiry=made)
    link_items(made, (), f"{row.mail.subject}\n{row.mail.body}")
    changed(actor, found, "inquiry.split", [], other=made.number)
    return made


@dataclass(frozen=True, slots=True)
class Sorted:
    """How many were done with, and what was refused, in words."""

    done: int
    refused: tuple[str, ...] = ()


def sort_inquiries(
    *, actor: Actor, inquiries: Sequence[Inquiry], act: str, today: date, owner: User | None = None, reason: str = ""
) -> Sorted:
    """Give several to somebody (`assign`), or close them (`close`, `not_ours`, `spam`). Each by itself: what one refuses
    is told and stops no other."""
    done, refused = 0, []
    for inquiry in inquiries[:MOST]:
        try:
            if act == "assign":
                assign_inquiry(actor=actor, inquiry=inquiry, owner=owner)
            else:
                ending = "" if act == "close" else act
                close_inquiry(actor=actor, inquiry=inquiry, today=today, reason=reason, ending=ending)
            done += 1
        except (Refused, NotAllowed) as refusal:
            refused.append(f"{inquiry.number}: {refusal}")
    return Sorted(done, tuple(refused))
