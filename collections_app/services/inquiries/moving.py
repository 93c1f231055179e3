"""An inquiry and where it goes: opened by hand, given to somebody, said whose it is, noted on, closed, opened again."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import F
from django.utils.timezone import get_default_timezone

from collections_app.models import Absence, Inquiry, InquiryEntry, InquiryItem
from collections_app.policy.service import Office, answer_due
from collections_app.selectors.inquiries.whose import items_named
from collections_app.services.inquiries.errors import InquiryRefused, StaleInquiry
from collections_app.services.policies import policy_of
from customers.models import Contact, Customer
from ledger.models import OpenItem
from ledger.services import next_numbers
from org.actors import Actor, require
from org.models import Company, User
from workflow.services import record

State = Inquiry.State
WORK = "collections.work"
WAITS_ANEW = ("state", "closed_on", "answered_at", "answer_by", "ending", "owner")
"""What `wait_anew` changes."""


def make_inquiry(*, actor: Actor, company: Company, now: datetime, today: date, **fields: Any) -> Inquiry:
    """The row, numbered and with its clock, for services that have checked what they bring. Call it last: its series stays locked."""
    (number,) = next_numbers(company=company, kind="inquiry", prefix="INQ-")
    made: Inquiry = Inquiry.objects.create(
        company=company, number=number, asked_on=today, answer_by=due_from(company, now), opened_by=actor.label, **fields
    )
    record(
        actor=actor, type="inquiry.opened", company_id=company.pk, subject=made, customer_id=made.customer_id, number=number,
        kind=str(made.kind), source=str(made.source), subject_line=made.subject[:100],
    )  # fmt: skip
    return made


@transaction.atomic
def open_inquiry(
    *, actor: Actor, company: Company, customer: Customer | None, subject: str, words: str, now: datetime, today: date,
    kind: str = Inquiry.Kind.OTHER, source: str = Inquiry.Source.PHONE, items: Iterable[OpenItem] = (), contact: Contact | None = None,
    owner: User | None = None,
) -> Inquiry:  # fmt: skip
    """Write down what somebody asked by telephone, in the corridor, or over the API. Items named in the words are linked too. Without an
    owner it is the customer's collector's. Raises InquiryRefused, NotAllowed (collections.work)."""
    require(actor, WORK, company.pk)
    chosen = list(items)
    if not subject.strip() and not words.strip():
        raise InquiryRefused("write what is asked")
    if kind not in Inquiry.Kind.values or source not in Inquiry.Source.values:
        raise InquiryRefused("choose what it is about, and how it came")
    if customer and (customer.company_id != company.pk or any(i.customer_id != customer.pk for i in chosen)):
        raise InquiryRefused("customer and invoices are of one account")
    if chosen and not customer:
        raise InquiryRefused("say whose invoices these are")
    made = make_inquiry(
        actor=actor, company=company, now=now, today=today, customer=customer, contact=contact, kind=kind, source=source,
        subject=(subject.strip() or words.strip().splitlines()[0])[:300], owner=owner or owner_for(customer), how="a person",
        state=State.OPEN,
    )  # fmt: skip
    InquiryEntry.objects.create(inquiry=made, note=words.strip(), actor=actor.label)
    link_items(made, chosen, f"{subject}\n{words}")
    return made


def due_from(company: Company, now: datetime) -> datetime:
    """By when what is asked now is to be answered, by the clock on the office's wall."""
    policy = policy_of(company)
    here = now.astimezone(ZoneInfo(policy.office_zone) if policy.office_zone else get_default_timezone())
    return answer_due(here, policy.answer_hours, Office(policy.office_from, policy.office_to, frozenset(policy.holidays)))


def is_away(person: User, company: Company) -> bool:
    """Whether somebody is away, or gone for good."""
    return not person.is_active or Absence.objects.filter(company=company, person=person, state=Absence.State.RUNNING).exists()


def owner_for(customer: Customer | None) -> User | None:
    """Who answers a customer where nobody was named: its collector."""
    return customer.collector if customer and customer.collector and customer.collector.is_active else None


def link_items(inquiry: Inquiry, items: Iterable[OpenItem], text: str) -> None:
    """Note which items an inquiry speaks of: those given, and those of its customer that the text names."""
    if inquiry.customer is None:
        return
    named = {item.pk: (item, words) for item, words in items_named(inquiry.customer, text)}
    rows = {item.pk: InquiryItem(inquiry=inquiry, open_item=item, named=item.number[:80]) for item in items}
    rows |= {pk: InquiryItem(inquiry=inquiry, open_item=item, named=words[:80]) for pk, (item, words) in named.items()}
    InquiryItem.objects.bulk_create(rows.values(), ignore_conflicts=True)


def locked(inquiry: Inquiry, version: int | None) -> Inquiry:
    """The inquiry, locked, as it is now. Raises StaleInquiry when it isn't the version that was looked at."""
    found: Inquiry = (
        Inquiry.objects.select_for_update(of=("self",), no_key=True).select_related("customer__collector", "company").get(pk=inquiry.pk)
    )
    if version is not None and found.version != version:
        raise StaleInquiry("somebody changed this meanwhile: look at it again")
    return found


def changed(actor: Actor, inquiry: Inquiry, type: str, fields: Iterable[str], **data: Any) -> Inquiry:
    """Keep what changed, as the next version, and say so in the audit trail."""
    inquiry.version = F("version") + 1  # type: ignore[assignment]
    inquiry.save(update_fields=[*fields, "version"])
    inquiry.refresh_from_db(fields=["version"])
    record(
        actor=actor, type=type, company_id=inquiry.company_id, subject=inquiry, customer_id=inquiry.customer_id, number=inquiry.number,
        **data,
    )  # fmt: skip
    return inquiry


@transaction.atomic
def assign_inquiry(*, actor: Actor, inquiry: Inquiry, owner: User | None, version: int | None = None) -> Inquiry:
    """Give it to somebody who may work it, or to nobody. Raises InquiryRefused, StaleInquiry, NotAllowed."""
    require(actor, WORK, inquiry.company_id)
    found = locked(inquiry, version)
    if owner is not None and not (owner.is_active and owner.can(WORK, found.company_id)):
        raise InquiryRefused(f"{owner.name} doesn't answer customers of {found.company.code}: choose somebody who does")
    if owner is not None and found.customer and not Customer.objects.visible_to(owner, WORK).filter(pk=found.customer_id).exists():
        raise InquiryRefused(f"{found.customer.name} isn't in {owner.name}'s portfolio")
    before, found.owner = found.owner_id, owner
    if found.state == State.NEW and owner is not None:
        found.state = State.OPEN
    return changed(actor, found, "inquiry.assigned", ["owner", "state"], owner=owner.label if owner else "", before=before or 0)


@transaction.atomic
def set_customer(*, actor: Actor, inquiry: Inquiry, customer: Customer, version: int | None = None) -> Inquiry:
    """Say whose it is. Items that its words name are those of this customer from now on. Raises InquiryRefused, StaleInquiry,
    NotAllowed."""
    require(actor, WORK, inquiry.company_id)
    found = locked(inquiry, version)
    if customer.company_id != found.company_id or not Customer.objects.visible_to(actor, WORK).filter(pk=customer.pk).exists():
        raise InquiryRefused("choose a customer of this company")
    if found.entries.filter(message__isnull=False).exists() and found.customer_id not in (None, customer.pk):
        raise InquiryRefused("it was answered as another customer's already: open a new inquiry for this one")
    sender = found.entries.filter(mail__isnull=False).values_list("mail__sender", flat=True).first()
    found.customer, found.how = customer, "a person"
    found.contact = Contact.objects.filter(customer=customer, is_active=True, email__iexact=sender).first() if sender else None
    if found.owner and not Customer.objects.visible_to(found.owner, WORK).filter(pk=customer.pk).exists():
        found.owner = None  # it isn't in their sight any more
    found.owner = found.owner or owner_for(customer)
    found.items.all().delete()
    text = "\n".join(f"{e.mail.subject}\n{e.mail.body}" if e.mail else e.note for e in found.entries.select_related("mail"))
    link_items(found, (), text)
    return changed(actor, found, "inquiry.customer", ["customer", "how", "contact", "owner"])


@transaction.atomic
def note_inquiry(*, actor: Actor, inquiry: Inquiry, words: str) -> InquiryEntry:
    """A word among ourselves. Raises InquiryRefused, NotAllowed."""
    require(actor, WORK, inquiry.company_id)
    if not words.strip():
        raise InquiryRefused("write the note")
    entry: InquiryEntry = InquiryEntry.objects.create(inquiry=inquiry, note=words.strip()[:20_000], actor=actor.label)
    record(actor=actor, type="inquiry.noted", company_id=inquiry.company_id, subject=inquiry, customer_id=inquiry.customer_id)
    return entry


@transaction.atomic
def close_inquiry(
    *, actor: Actor, inquiry: Inquiry, today: date, reason: str = "", version: int | None = None, ending: str = Inquiry.Ending.DONE
) -> Inquiry:
    """Nothing more is to be done. One that was never answered needs a reason, unless its `ending` says it (not for us, spam). Raises
    InquiryRefused, StaleInquiry, NotAllowed."""
    require(actor, WORK, inquiry.company_id)
    found = locked(inquiry, version)
    if found.state == State.CLOSED:
        raise InquiryRefused(f"{found.number} is closed already")
    if ending not in (Inquiry.Ending.DONE, Inquiry.Ending.NOT_OURS, Inquiry.Ending.SPAM):
        raise InquiryRefused("choose whether it is done, not for us or spam")
    if ending == Inquiry.Ending.SPAM and found.entries.filter(message__isnull=False).exists():
        raise InquiryRefused(f"{found.number} was answered: that is no spam")
    if found.answered_at is None and not reason.strip() and not ending:
        raise InquiryRefused("it wasn't answered: say why nothing is to be done")
    found.state, found.closed_on, found.ending = State.CLOSED, today, ending
    if reason.strip():
        InquiryEntry.objects.create(inquiry=found, note=f"Closed: {reason.strip()[:2000]}", actor=actor.label)
    return changed(actor, found, "inquiry.closed", ["state", "closed_on", "ending"], reason=reason.strip()[:300], ending=str(ending))


@transaction.atomic
def reopen_inquiry(*, actor: Actor, inquiry: Inquiry, now: datetime, version: int | None = None) -> Inquiry:
    """It isn't done after all: its clock starts anew. Raises InquiryRefused, StaleInquiry, NotAllowed."""
    require(actor, WORK, inquiry.company_id)
    found = locked(inquiry, version)
    if found.state in (State.NEW, State.OPEN):
        raise InquiryRefused(f"{found.number} is open")
    wait_anew(found, now)
    return changed(actor, found, "inquiry.reopened", WAITS_ANEW)


def wait_anew(inquiry: Inquiry, now: datetime) -> None:
    """An answer is owed from this moment on; the caller saves it."""
    inquiry.state, inquiry.closed_on, inquiry.answered_at = State.OPEN, None, None
    inquiry.ending, inquiry.answer_by = Inquiry.Ending.DONE, due_from(inquiry.company, now)
    if inquiry.owner and is_away(inquiry.owner, inquiry.company):
        inquiry.owner = owner_for(inquiry.customer) or inquiry.owner
