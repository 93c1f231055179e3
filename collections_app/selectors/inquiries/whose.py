"""Whose a mail is: which inquiry it goes on with, which customer it is of, which of its items it names.

Headers and numbers are what the sender wrote. A thread, a number of ours or an invoice's number points to an account; whether the sender
belongs to that account is asked of the addresses that we know. Where the two don't agree, nothing is linked: the mail stays without a
customer, with the reason, and a person decides.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Q

from collections_app.models import Inquiry, InquiryEntry
from collections_app.policy.mail.recognise import core_of, inquiry_number, numbers_in
from collections_app.policy.mail.senders import domain_of, knows, topic_of
from collections_app.policy.mail.speech import own_words
from customers.models import Contact, Customer
from ledger.models import OpenItem
from messaging.models import InboundMail, Message

SAME_TOPIC = timedelta(days=14)
"""How long a mail with the subject of an open inquiry of the same sender goes on with it."""
MOST_NAMED = 50


@dataclass(frozen=True, slots=True)
class Whose:
    """What a mail is taken to belong to. `how` says by what; `doubt` why nothing was linked though it points somewhere."""

    customer: Customer | None = None
    contact: Contact | None = None
    inquiry: Inquiry | None = None
    how: str = ""
    doubt: str = ""


def whose_mail(mail: InboundMail) -> Whose:
    """What the mail belongs to: by what it answers, by our number in its subject, by its sender's address."""
    doubt = ""
    for find in (_by_reference, _by_number):
        found = find(mail)
        if found and not found.doubt:
            return _with_contact(found, mail.sender)
        doubt = doubt or (found.doubt if found else "")
    found = _by_address(mail)
    if found.customer and found.inquiry is None:
        found = Whose(found.customer, found.contact, _same_topic(mail, found.customer), found.how)
    return found if found.customer else Whose(doubt=doubt or found.doubt)


def known_addresses(customer: Customer) -> list[str]:
    """Addresses that a customer is known by."""
    contacts = Contact.objects.filter(customer=customer, is_active=True).exclude(email="").values_list("email", flat=True)
    return [*contacts, *([customer.invoice_email] if customer.invoice_email else [])]


def _by_reference(mail: InboundMail) -> Whose | None:
    """By the mail of ours that it answers, or an earlier one of the same thread."""
    if not mail.answers:
        return None
    ours = {
        m.message_id: m for m in Message.objects.filter(company=mail.company_id, message_id__in=mail.answers).select_related("customer")
    }
    for message_id in mail.answers:
        message = ours.get(message_id)
        if message is None or message.customer is None:
            continue
        entry = InquiryEntry.objects.filter(message=message).select_related("inquiry").first()
        return _if_known(
            mail, message.customer, [*message.recipients], entry.inquiry if entry else None, f"reply to “{message.subject[:60]}”"
        )
    earlier = InquiryEntry.objects.filter(mail__company=mail.company_id, mail__message_id__in=mail.answers, mail__message_id__gt="")
    entry = earlier.select_related("inquiry__customer", "mail").order_by("-pk").first()
    if entry is None or entry.mail is None:
        return None
    return _if_known(mail, entry.inquiry.customer, [entry.mail.sender], entry.inquiry, "reply in the thread")


def _by_number(mail: InboundMail) -> Whose | None:
    """By the number of an inquiry in the subject."""
    number = inquiry_number(mail.subject)
    inquiry = Inquiry.objects.filter(company=mail.company_id, number=number).select_related("customer").first() if number else None
    if inquiry is None:
        return None
    return _if_known(mail, inquiry.customer, participants(inquiry), inquiry, f"{number} in the subject")


def participants(inquiry: Inquiry) -> list[str]:
    """The addresses between which an inquiry went so far."""
    entries = InquiryEntry.objects.filter(inquiry=inquiry)
    senders = entries.filter(mail__isnull=False).values_list("mail__sender", flat=True)
    sent = entries.filter(message__isnull=False).values_list("message__recipients", flat=True)
    return [*senders, *(address for addresses in sent for address in addresses)]


def _if_known(mail: InboundMail, customer: Customer | None, addresses: Iterable[str], inquiry: Inquiry | None, how: str) -> Whose:
    known = [*addresses, *(known_addresses(customer) if customer else [])]
    if knows(mail.sender, known):
        return Whose(customer, None, inquiry, how)
    about = inquiry.number if inquiry else "a mail of ours"  # neither its subject nor its customer: who reads this may see neither
    return Whose(doubt=f"it points to {about}, but {mail.sender} isn't known there")


def _by_address(mail: InboundMail) -> Whose:
    """By the contact whose address it is; of several customers the one whose document it names; else by the domain."""
    contacts = Contact.objects.filter(customer__company=mail.company_id, is_active=True, email__iexact=mail.sender)
    found = {c.customer_id: c for c in contacts.select_related("customer").order_by("-pk")[:50]}
    by_invoice_address = Customer.objects.filter(company=mail.company_id, invoice_email__iexact=mail.sender)[:50] if mail.sender else []
    customers = {c.pk: c for c in by_invoice_address} | {c.customer_id: c.customer for c in found.values()}
    how = "address of a contact"
    if not customers and (domain := domain_of(mail.sender)):
        same = Contact.objects.filter(customer__company=mail.company_id, is_active=True, email__iendswith=f"@{domain}")
        customers = {c.customer_id: c.customer for c in same.select_related("customer")[:50]}
        how = f"the domain {domain}: nobody is known there by this address"
    if len(customers) > 1:
        named = _named_by(mail, customers)
        if len(named) != 1:
            return Whose(doubt=f"{mail.sender} belongs to {len(customers)} customers")
        customers, how = {pk: customers[pk] for pk in named}, f"{how}, and the document it names"
    if not customers:
        return Whose()
    pk, customer = next(iter(customers.items()))
    return Whose(customer, found.get(pk), None, how)


def _named_by(mail: InboundMail, customers: Collection[int]) -> set[int]:
    return {item.customer_id or 0 for item in _items(Q(customer__in=list(customers)), _text(mail))}


def _same_topic(mail: InboundMail, customer: Customer) -> Inquiry | None:
    """The open inquiry of the customer in which the same sender wrote under this subject lately."""
    topic = topic_of(mail.subject)
    if not topic:
        return None
    since = mail.received_at - SAME_TOPIC
    rows = InquiryEntry.objects.filter(inquiry__customer=customer, mail__sender__iexact=mail.sender, mail__received_at__gte=since)
    rows = rows.exclude(inquiry__state=Inquiry.State.CLOSED).exclude(mail=mail).select_related("inquiry", "mail").order_by("-pk")[:20]
    return next((entry.inquiry for entry in rows if entry.mail and topic_of(entry.mail.subject) == topic), None)


def _with_contact(found: Whose, sender: str) -> Whose:
    if found.customer is None or found.contact:
        return found
    contact = Contact.objects.filter(customer=found.customer, is_active=True, email__iexact=sender).first()
    return Whose(found.customer, contact, found.inquiry, found.how)


def _text(mail: InboundMail) -> str:
    return f"{mail.subject}\n{own_words(mail.body)}"


def items_named(customer: Customer, text: str) -> list[tuple[OpenItem, str]]:
    """The items of a customer that a text names, each with the words that name it: never those of anybody else."""
    written = {n.upper(): n for n in numbers_in(text)}
    found = _items(Q(customer=customer), text)
    return [(item, written.get(item.number.upper(), item.number)) for item in found]


def _items(whose: Q, text: str) -> list[OpenItem]:
    """Items that a text names by their number, or by the digits at its end where only one has these."""
    numbers = numbers_in(text)
    exact = {n.upper() for n in numbers} | set(numbers)
    cores = {core for n in numbers if n.isdigit() and (core := core_of(n))}
    if not exact:
        return []
    wanted = Q(number__in=exact)
    for core in list(cores)[:20]:
        wanted |= Q(number__endswith=core)
    named = OpenItem.objects.filter(whose, wanted, kind__in=["invoice", "debit_memo", "credit_memo", "late_fee", "instalment"])
    rows = list(named.order_by("due_date", "pk")[: MOST_NAMED * 4])
    by_core: dict[str, list[OpenItem]] = {}
    for item in rows:
        by_core.setdefault(core_of(item.number), []).append(item)
    alone = {core for core, items in by_core.items() if core in cores and len(items) == 1}
    return [i for i in rows if i.number.upper() in exact or core_of(i.number) in alone][:MOST_NAMED]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A customer that an inquiry without one may be of, and why."""

    customer: Customer
    why: str


def candidates(inquiry: Inquiry, seen: Collection[int] | None = None) -> list[Candidate]:
    """Customers that the mails of an inquiry point to, for a person to choose from; `seen` are those in the person's sight."""
    mails = [e.mail for e in InquiryEntry.objects.filter(inquiry=inquiry, mail__isnull=False).select_related("mail").order_by("-pk")[:5]]
    found: dict[int, Candidate] = {}
    for mail in filter(None, mails):
        for item in _items(Q(company=inquiry.company_id, customer__isnull=False), _text(mail))[:20]:
            found.setdefault(item.customer_id or 0, Candidate(item.customer, f"names {item.number}"))  # type: ignore[arg-type]
        for message in Message.objects.filter(company=inquiry.company_id, message_id__in=mail.answers, customer__isnull=False)[:3]:
            found.setdefault(message.customer_id or 0, Candidate(message.customer, f"answers “{message.subject[:60]}”"))  # type: ignore[arg-type]
        same = Contact.objects.filter(customer__company=inquiry.company_id, is_active=True, email__iexact=mail.sender)[:10]
        for contact in same.select_related("customer"):
            found.setdefault(contact.customer_id, Candidate(contact.customer, f"{contact.name} has this address there"))
    return [c for pk, c in found.items() if seen is None or pk in seen][:8]
