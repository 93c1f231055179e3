"""Reading the outbox, and where mail to a customer goes."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce

from customers.models import Contact, Customer
from customers.reaching import Person, Reach, reach
from messaging.models import Bounce, InboundMail, Message, PrintedLetter
from org.actors import Actor
from org.selectors import actor_names
from workflow.models import Event

STEPS = {
    "message.queued": "Put into the outbox",
    "message.sent": "Sent",
    "message.failed": "Failed",
    "message.parked": "Parked",
    "message.put_off": "Put off",
    "message.cancelled": "Taken back",
    "message.retried": "To be sent again",
    "message.posted": "Posted",
    "message.bounced": "Came back",
}

WITH_LINK = ("task_link", "password_link")
"""Kinds of mail that go out with a link which opens by itself: a copy of one that came back is read by nobody."""


@dataclass(frozen=True, slots=True)
class Step:
    """Something that happened to a message: when, what, who, and the reason where there was one."""

    event: Event
    words: str
    by: str
    reason: str


def message_list(*, actor: Actor, state: str = "", kind: str = "", text: str = "", customer_id: int | None = None) -> QuerySet[Message]:
    """Messages in sight, latest first; by state, by kind, by a text in the customer's name or number, the subject or an address."""
    found: QuerySet[Message] = Message.objects.visible_to(actor, "collections.view").select_related("customer", "company")
    if state:
        found = found.filter(state=state)
    if kind:
        found = found.filter(kind=kind)
    if customer_id:
        found = found.filter(customer=customer_id)
    if text:
        named = Q(customer__name__icontains=text) | Q(customer__number__iexact=text)
        found = found.filter(named | Q(subject__icontains=text) | Q(recipients__contains=[text]))
    return found.order_by(Coalesce("sent_at", "not_before").desc(), "-pk")


def reach_of(ids: Collection[int], purpose: str) -> dict[int, Reach]:
    """Customer → where mail of a purpose (see `customers.reaching.PURPOSES`) goes, or why nobody gets it. An address that mail came back
    from isn't used until it is changed or said to work again. Every mail that isn't written by hand to chosen people asks here."""
    dead: dict[int, set[str]] = defaultdict(set)
    for customer, address in dead_addresses(ids):
        dead[customer].add(address)
    fields = "customer_id email role receives_letters takes_mail purposes".split()
    people: dict[int, list[Person]] = defaultdict(list)
    rows = Contact.objects.filter(customer__in=ids, is_active=True).exclude(email="").order_by("role", "pk")
    for customer, email, role, letters, mail, purposes in rows.values_list(*fields):
        people[customer].append(Person(email, role, letters, mail, tuple(purposes)))
    return {pk: reach(people.get(pk, ()), purpose, dead.get(pk, ())) for pk in ids}


def reach_one(customer: Customer, purpose: str) -> Reach:
    """`reach_of` for one customer; its invoices go to the address that it has for them, while that works."""
    own = customer.invoice_email if purpose == "invoice" else ""
    if own and (customer.pk, own.lower()) not in dead_addresses([customer.pk]):
        return Reach((own,))
    return reach_of([customer.pk], purpose)[customer.pk]


def writable(customer: Customer) -> list[Contact]:
    """The people at the customer who can be written to by hand: with an address that works, who didn't ask for no mail; accounts payable
    first, then those who get letters."""
    dead = dead_addresses([customer.pk])
    people = Contact.objects.filter(customer=customer, is_active=True, takes_mail=True).exclude(email="").order_by("name", "pk")
    alive = [one for one in people if (customer.pk, one.email.lower()) not in dead]
    return sorted(alive, key=lambda one: (one.role != Contact.Role.ACCOUNTS_PAYABLE, not one.receives_letters))


def dead_addresses(ids: Collection[int]) -> set[tuple[int, str]]:
    """Customer and address, in small letters, of those that mail came back from."""
    rows = Bounce.objects.filter(customer__in=ids, closed_on=None).values_list("customer", "address")
    return {(customer, address.lower()) for customer, address in rows}


def reads_whole(actor: Actor, message: Message, permission: str = "collections.view") -> bool:
    """Whether a person who sees the message may read its text and files: of a group's, who sees all the accounts in it."""
    others = set(message.also_about)
    if not others:
        return True
    return Customer.objects.visible_to(actor, permission).filter(pk__in=others).count() == len(others)


def quoting(mails: Iterable[InboundMail], actor: Actor | None, permission: str = "collections.view") -> set[int]:
    """Keys of those mails that bring back, answer or are a mail of ours which the actor may not read whole (see `reads_whole`), or one
    with a link that opens by itself: what they quote, and they as they came, are withheld. Without an actor: which may be, for anybody."""
    named = {mail.pk: {mail.message_id, str(mail.bounced.get("lost_id") or ""), *mail.answers} - {""} for mail in mails}
    ids = set().union(*named.values())
    if not ids:
        return set()
    rows = Message.objects.filter(Q(kind__in=WITH_LINK) | ~Q(also_about=[]), message_id__in=ids).only("message_id", "kind", "also_about")
    shut = {m.message_id for m in rows if m.kind in WITH_LINK or actor is None or not reads_whole(actor, m, permission)}
    return {pk for pk, found in named.items() if found & shut}


def groups_in_part(actor: Actor, permission: str = "collections.view") -> list[str]:
    """Message-IDs of mails to a portfolio's customers that hold accounts of others: what quotes them isn't searched for its words."""
    reach = actor.reach(permission)
    if reach.everything or not reach.portfolios:
        return []
    rows = Message.objects.visible_to(actor, permission).exclude(also_about=[]).exclude(message_id=None)
    told = list(rows.order_by().values_list("message_id", "also_about"))
    others = {pk for _, about in told for pk in about}
    seen = set(Customer.objects.visible_to(actor, permission).filter(pk__in=others).values_list("pk", flat=True))
    return [message_id for message_id, about in told if message_id and not seen.issuperset(about)]


def letters_to_print(actor: Actor) -> QuerySet[Message]:
    """Letters that wait to be printed, in no batch that counts, to customers in sight of those who may send."""
    found: QuerySet[Message] = Message.objects.visible_to(actor, "messages.send")
    live = PrintedLetter.objects.filter(message=OuterRef("pk"), spoilt_because="")
    return found.filter(channel=Message.Channel.LETTER, state=Message.State.PENDING).exclude(Exists(live))


def count_by_state(messages: QuerySet[Message]) -> dict[str, int]:
    """State → how many of the messages are in it."""
    return dict(messages.order_by().values_list("state").annotate(n=Count("pk")))


def kinds_in_sight(actor: Actor) -> list[str]:
    """The kinds of messages there are, for a filter."""
    return sorted(Message.objects.visible_to(actor, "collections.view").order_by().values_list("kind", flat=True).distinct())


def history_of(message: Message) -> list[Step]:
    """What happened to a message, in its order."""
    events = list(Event.objects.filter(subject_type="messaging.message", subject_id=message.pk).order_by("id"))
    names = actor_names({event.actor for event in events})
    return [Step(e, _words(e), names.get(e.actor, e.actor), e.data.get("reason", "")) for e in events]


def _words(event: Event) -> str:
    if event.type == "message.released":
        return "Said to have gone out" if event.data.get("went_out") else "Said not to have gone out: to be sent again"
    return STEPS.get(event.type, event.type)
