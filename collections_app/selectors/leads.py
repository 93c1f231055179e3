"""What asks for work by itself, read from its own rows: planned steps, missed instalments, questions, documents, escalations, promises
past their day, and customers whom nobody can reach. A handful of queries for many customers."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import F, Min, Q, Sum

from arops.lib import money
from collections_app.models import Activity, Escalation, Inquiry, Instalment, PaymentPlan, PlannedStep, Promise, StrategyStep
from collections_app.policy.worklist import AT_RISK, OUR_FAULT, ROUTINE, Lead
from collections_app.selectors.addresses import bounced_of, held_of
from collections_app.selectors.blockers import is_theirs
from collections_app.selectors.dunning import promised_left
from customers.models import Contact, CustomerDocument
from disputes.selectors import disputed_by_item
from ledger.models import OpenItem

Key = tuple[int, str]
LATELY = 14
"""Days after its own within which a promise is followed up."""
Found = tuple[int, str, Lead]
"""Customer, currency (empty: that in which most is owed), and what asks for work."""


SINCE_DEFAULT = timedelta(days=14)
"""How long a plan in default is a task of its own."""


@dataclass(frozen=True, slots=True)
class Leads:
    """What was found: leads by customer and currency, those of no currency by customer; what of the past due stands in missed instalments;
    the accounts that are with an agency or a lawyer."""

    by_key: dict[Key, list[Lead]]
    of_customer: dict[int, list[Lead]]
    missed: dict[Key, int]
    placed: frozenset[Key]


def leads_of(ids: Collection[int], today: date, late: Collection[int]) -> Leads:
    """What asks for work by itself about these customers, as of the day; `late` are those of them with something past due."""
    found = Leads(defaultdict(list), defaultdict(list), defaultdict(int), _placed(ids))
    for read in (*SOURCES, _unreachable):
        for customer, currency, lead in read(late if read is _unreachable else ids, today):
            (found.by_key[customer, currency] if currency else found.of_customer[customer]).append(lead)
            if lead.kind == "plan":
                found.missed[customer, currency] += lead.amount
    return found


def _placed(ids: Collection[int]) -> frozenset[Key]:
    rows = Escalation.objects.filter(customer__in=ids, state=Escalation.State.PLACED)
    return frozenset(rows.values_list("customer", "currency"))


def _planned(ids: Collection[int], today: date) -> Iterator[Found]:
    """Steps of a strategy that are a person's to take."""
    rows = PlannedStep.objects.filter(customer__in=ids, state=PlannedStep.State.OPEN, due_on__lte=today).order_by("due_on", "pk")
    names = "customer currency pk amount due_on step__channel step__name step__ordinal step__minutes".split()
    for customer, currency, pk, amount, due_on, channel, name, ordinal, minutes in rows.values_list(*names):
        title = name or f"Step {ordinal}"
        calls = channel == StrategyStep.Channel.CALL
        action = {"call": "Call, with the script of the step", "task": "Do what the step says", "escalate": "Raise it on the ladder"}
        yield customer, currency, Lead(
            "planned", pk, amount, due_on, title, f"the strategy asks for it since {due_on:%-d %b}", action.get(channel, "Do it"),
            minutes=minutes, calls=calls,
        )  # fmt: skip


def _plans(ids: Collection[int], today: date) -> Iterator[Found]:
    """Instalments of running plans that are late, as far as they are neither in dispute nor promised."""
    rows = Instalment.objects.filter(
        plan__customer__in=ids, plan__state=PaymentPlan.State.ACTIVE, due_on__lt=today, open_item__balance__gt=0
    ).order_by("due_on", "pk")
    names = "plan__customer plan__currency pk open_item open_item__balance due_on plan__number ordinal".split()
    found = list(rows.values_list(*names))
    disputed, promised = disputed_by_item([row[3] for row in found]), promised_left({row[0] for row in found})
    for customer, currency, pk, item, balance, due_on, number, ordinal in found:
        asked = balance - disputed.get(item, 0) - promised.get(item, 0)
        if asked <= 0:
            continue
        why = f"instalment {ordinal} of plan {number} was due {due_on:%-d %b}"
        yield customer, currency, Lead("plan", pk, asked, due_on, "Missed instalment", why, "Call before the plan falls into default")


def _defaults(ids: Collection[int], today: date) -> Iterator[Found]:
    """Plans that lately fell into default and whose items are open again: about all that is past due there."""
    rows = PaymentPlan.objects.filter(
        customer__in=ids, state=PaymentPlan.State.DEFAULTED, ended_on__range=(today - SINCE_DEFAULT, today), items__open_item__balance__gt=0
    ).annotate(part=Min("instalments", filter=~Q(instalments__state=Instalment.State.PAID)))
    for customer, currency, number, ended, part in rows.values_list("customer", "currency", "number", "ended_on", "part"):
        why = f"plan {number} fell into default on {ended:%-d %b}"
        yield customer, currency, Lead(
            "plan", part or 0, 0, ended, "Plan in default", why, "Call, then raise it or agree anew", calls=True
        )  # fmt: skip


def _inquiries(ids: Collection[int], today: date) -> Iterator[Found]:
    """Questions that wait for our answer; mail that came back is a contact to be found."""
    rows = Inquiry.objects.filter(customer__in=ids, state__in=[Inquiry.State.NEW, Inquiry.State.OPEN]).exclude(kind=Inquiry.Kind.AWAY)
    rows = rows.annotate(about=Sum("items__open_item__balance"), currency=F("items__open_item__currency")).order_by("pk")
    labels = dict(Inquiry.Kind.choices)
    names = "customer currency pk about answer_by number kind owner department asked_on".split()
    for customer, currency, pk, about, answer_by, number, kind, owner, department, asked_on in rows.values_list(*names):
        if kind == Inquiry.Kind.BOUNCE:
            yield (
                customer,
                "",
                Lead(
                    "contact", pk, 0, asked_on, "Find a contact", "mail to them came back", "Find an address that works, then write again"
                ),
            )
            continue
        why = f"{number}, {labels.get(kind, kind)}, waits since {asked_on:%-d %b}"
        yield customer, currency or "", Lead(
            "inquiry", pk, max(0, about or 0), min(answer_by.date(), today), "Answer the customer", why, "Answer what they ask",
            routed_to=department, owner=owner,
        )  # fmt: skip


def _documents(ids: Collection[int], today: date) -> Iterator[Found]:
    """Papers that stand between an invoice and its payment: ours to give, or theirs to send."""
    rows = CustomerDocument.objects.filter(customer__in=ids, state=CustomerDocument.State.REQUESTED).order_by("pk")
    names = "company customer kind waits_for invoice_number requested_on".split()
    found = list(rows.only(*names))
    behind = _behind({(d.company_id, d.invoice_number) for d in found if d.invoice_number})
    for document in found:
        number, asked_on, theirs = document.invoice_number, document.requested_on, is_theirs(document)
        currency, amount = behind.get((document.company_id, number), ("", 0))
        label, since = document.get_kind_display(), f", asked for {asked_on:%-d %b}" if asked_on else ""
        yield document.customer_id, currency, Lead(
            "document", document.pk, amount, today, f"{'Chase' if theirs else 'Send'} {label}",
            f"{label} is missing{f' for {number}' if number else ''}{since}",
            "Ask for it again" if theirs else "Send it: the customer waits for it", routed_to="" if theirs else document.waits_for,
            bucket=ROUTINE if theirs else OUR_FAULT,
        )  # fmt: skip


def _behind(wanted: set[tuple[int, str]]) -> dict[tuple[int, str], tuple[str, int]]:
    """(company, invoice) → currency and what is open of it."""
    items = OpenItem.objects.open().filter(company__in={c for c, _ in wanted}, number__in={n for _, n in wanted}, amount__gt=0)
    return {(c, n): (currency, balance) for c, n, currency, balance in items.values_list("company", "number", "currency", "balance")}


def _escalations(ids: Collection[int], today: date) -> Iterator[Found]:
    """Cases of the ladder: proposed ones to be looked at, raised ones to be decided."""
    rows = Escalation.objects.filter(customer__in=ids, state__in=[Escalation.State.PROPOSED, Escalation.State.OPEN]).order_by("pk")
    names = "customer currency pk amount raised_on state rung__name assigned_to because".split()
    for customer, currency, pk, amount, raised_on, state, rung, person, because in rows.values_list(*names):
        proposed = state == Escalation.State.PROPOSED
        yield customer, currency, Lead(
            "escalation", pk, amount, raised_on, f"Escalate to {rung}" if proposed else f"Decide: {rung}",
            f"as of {raised_on:%-d %b} {because}"[:160],
            "Read the page, raise it or not" if proposed else "Decide what is done", owner=None if proposed else person,
        )  # fmt: skip


def _promises(ids: Collection[int], today: date) -> Iterator[Found]:
    """Promises whose day has gone by while the verdict still waits: the day after, somebody asks. What waits for longer is in dispute."""
    lately = (today - timedelta(days=LATELY), today - timedelta(days=1))
    rows = Promise.objects.open().filter(customer__in=ids, due_on__range=lately).order_by("pk")
    for customer, currency, pk, amount, received, due_on in rows.values_list("customer", "currency", "pk", "amount", "received", "due_on"):
        left = max(0, amount - received)
        why = f"promised {money.format(amount, currency)} for {due_on:%-d %b}, not in yet"
        yield customer, currency, Lead("follow_up", pk, left, due_on, "Follow up promise", why, "Ask where the money is")


def _unreachable(late: Collection[int], today: date) -> Iterator[Found]:
    """Customers with money past due of whom the last call reached a wrong contact, whose address a mail server doesn't know, who have
    nobody to call or write to, or whose reminders are held because nobody may get them."""
    there = Contact.objects.filter(customer__in=late, is_active=True)
    reachable = there.filter(Q(takes_mail=True) & ~Q(email="") | Q(takes_calls=True) & ~Q(phone=""))
    nobody = set(late) - set(reachable.order_by().values_list("customer", flat=True))
    held = held_of(set(late) - nobody)
    calls = Activity.objects.filter(customer__in=late).exclude(kind=Activity.Kind.NOTE).order_by("customer", "-at", "-pk")
    wrong = [c for c, outcome in calls.distinct("customer").values_list("customer", "outcome") if outcome == "wrong_contact"]
    bounced = bounced_of(late)
    for customer in nobody | set(wrong) | set(bounced) | set(held):
        why = "the last call reached a wrong contact" if customer in wrong else f"reminders are held: {held.get(customer)}"
        why = f"mail to {bounced[customer]} came back" if customer in bounced else why
        why = "nobody who may be called or written to" if customer in nobody else why
        yield customer, "", Lead("contact", 0, 0, today, "Find a contact", why, "Find whom to call", bucket=AT_RISK, calls=True)


SOURCES: tuple[Callable[[Collection[int], date], Iterator[Found]], ...] = (
    _planned, _plans, _defaults, _inquiries, _documents, _escalations, _promises,
)  # fmt: skip
