"""Missing papers are chased until they are there: the customer is reminded by mail, a department of ours is asked."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from django.db import transaction

from arops.lib.merging import day_in, language_of, merge, one_line, sum_in
from arops.lib.refusal import Refused
from collections_app.models import DocumentChase
from collections_app.policy.blocker_words import MOST, WORDS
from collections_app.selectors.blockers import about, due_chases, is_theirs, missing, money_by_paper
from collections_app.selectors.portfolios import collectors_of
from collections_app.services.policies import policy_of
from customers.models import CustomerDocument
from customers.requirements import CUSTOMER, PAPERS
from messaging.selectors import reach_of, reach_one
from messaging.services import RESTS, queue_message
from org.actors import Actor, require
from org.models import Company, User
from workflow.services import record
from workflow.services.tasks import open_task

ANSWERED_IN = timedelta(days=3)
"""Days that a department of ours has for a paper we owe."""


class ChaseRefused(Refused):
    """A chase that can't be so; the message says why."""


@transaction.atomic
def chase_documents(*, actor: Actor, company: Company, day: date, now: datetime) -> dict[str, int]:
    """The night's part: papers that came in are closed, new ones begin to be chased, whoever must act is told. Never twice a day, however
    often it runs. Returns how many were closed, begun, reminded by mail, and asked of departments. Raises NotAllowed."""
    require(actor, "collections.work", company.pk)
    counts = {"closed": _close(actor, company, day), "begun": _begin(company, day), "reminded": 0, "asked": 0}
    chases = list(due_chases(company.pk, day).select_for_update(of=("self",)).order_by("pk"))
    waiting = money_by_paper(day, {c.customer_id for c in chases})
    addresses, rests = reach_of([c.customer_id for c in chases], "document"), _rests(company)
    for chase in chases:
        told = waiting.get(chase.document_id, ({}, 0))[0]
        if is_theirs(chase.document):
            counts["reminded"] += _remind(actor, chase, day, now, told, addresses[chase.customer_id].to, rests)
        else:
            counts["asked"] += _ask(actor, chase, day, told)
    return counts


def _close(actor: Actor, company: Company, day: date) -> int:
    """Chases of papers that are there, or not needed any more, end."""
    rows = DocumentChase.objects.filter(company=company, closed_on=None).exclude(document__state__in=["requested", "refused"])
    closed = list(rows.select_related("document"))
    for chase in closed:
        record(
            actor=actor, type="document.chase_closed", company_id=company.pk, subject=chase.document, customer_id=chase.customer_id,
            reminders=chase.reminded, state=chase.document.state,
        )  # fmt: skip
    DocumentChase.objects.filter(pk__in=[c.pk for c in closed]).update(closed_on=day, next_on=None)
    return len(closed)


def _begin(company: Company, day: date) -> int:
    """New papers: their customer's collector has them in hand; what we owe is asked for at once, what they owe after the days of grace.
    A paper asked for anew after it had been closed begins anew."""
    waits = _rests(company)
    fresh = missing(company=company.pk).exclude(chase__closed_on=None, chase__isnull=False).select_related("customer")
    begun = [
        DocumentChase(
            document=document, company=company, customer_id=document.customer_id, owner_id=document.customer.collector_id,
            next_on=max(day, (document.requested_on or day) + waits) if is_theirs(document) else day,
        )
        for document in fresh
    ]  # fmt: skip
    anew = ["owner", "reminded", "last_on", "next_on", "paused_until", "closed_on"]
    DocumentChase.objects.bulk_create(begun, update_conflicts=True, unique_fields=["document"], update_fields=anew)
    return len(begun)


def _rests(company: Company) -> timedelta:
    """Between two reminders of a paper."""
    return timedelta(days=policy_of(company).document_reminder_days)


def _remind(
    actor: Actor, chase: DocumentChase, day: date, now: datetime, money: dict[str, int], to: Sequence[str], rests: timedelta
) -> int:  # fmt: skip
    """Write to the customer, and count it; after `MOST` mails, or where there is no address, a person calls (see the work list)."""
    if not to or chase.reminded >= MOST:
        DocumentChase.objects.filter(pk=chase.pk).update(next_on=None)
        return 0
    subject, body = reminder_of(chase.document, money)
    _, new = queue_message(
        actor=actor, company=chase.company, customer=chase.customer, kind="document_reminder",
        dedupe_key=f"document:{chase.document_id}:{day.isoformat()}", recipients=to, subject=subject, body=body, not_before=now + RESTS,
    )  # fmt: skip
    if new:
        DocumentChase.objects.filter(pk=chase.pk).update(reminded=chase.reminded + 1, last_on=day, next_on=day + rests)
    return int(new)


def _ask(actor: Actor, chase: DocumentChase, day: date, money: dict[str, int]) -> int:
    """A department of ours, or where none is named the person who has it in hand, gets it as a task; its own reminders follow."""
    document = chase.document
    DocumentChase.objects.filter(pk=chase.pk).update(next_on=None)
    if not document.waits_for or document.waits_for == CUSTOMER:
        return 0
    currency, amount = max(money.items(), key=lambda pair: pair[1], default=("", 0))
    open_task(
        actor=actor, company=chase.company, kind="document", title=f"{PAPERS[document.kind]} for {chase.customer.name}".capitalize(),
        due_date=day + ANSWERED_IN, dedupe_key=f"document:{document.pk}:{document.requested_on}", today=day,
        question=f"The customer waits for it ({about(document)}). Attach it to its page when it is ready. {document.note}".strip(),
        department=document.waits_for, subject=document, customer_id=chase.customer_id, amount=amount or None, currency=currency,
    )  # fmt: skip
    return 1


def reminder_of(document: CustomerDocument, money: dict[str, int]) -> tuple[str, str]:
    """Subject and text of a reminder in the customer's language; `money` is what waits for the paper, by currency in minor units."""
    customer = document.customer
    language = language_of(customer.language)
    words = WORDS[language]
    sums = ", ".join(sum_in(amount, currency, language) for currency, amount in sorted(money.items()))
    values = {
        "customer": customer.name, "company": customer.company.name, "about": about(document),
        "document": words.get(document.kind, PAPERS[document.kind]),
        "since": day_in(document.requested_on, language) if document.requested_on else "–",
        "money": merge(words["money"], {"amount": sums}) if sums else "",
    }  # fmt: skip
    return one_line(merge(words["reminder.subject"], values))[:250], merge(words["reminder.body"], values)


@transaction.atomic
def remind_now(*, actor: Actor, document: CustomerDocument, day: date, now: datetime) -> bool:
    """Remind the customer of a paper today, out of turn; whether a mail was written, which it is once a day. Raises ChaseRefused,
    NotAllowed."""
    require(actor, "collections.work", document.company_id)
    require(actor, "messages.send", document.company_id)
    if document.state not in ("requested", "refused") or not is_theirs(document):
        raise ChaseRefused("only a paper that the customer owes us is asked for by mail")
    found = reach_one(document.customer, "document")
    if not found.to:
        raise ChaseRefused(f"{found.why}: change the contacts, or call")
    chase = _chase_of(document, day)
    if chase.reminded >= MOST:
        raise ChaseRefused(f"they were written to {MOST} times about it: call them")
    money = money_by_paper(day, {document.customer_id}).get(document.pk, ({}, 0))[0]
    return bool(_remind(actor, chase, day, now, money, found.to, _rests(chase.company)))


@transaction.atomic
def take_in_hand(*, actor: Actor, document: CustomerDocument, owner: User | None, day: date) -> DocumentChase:
    """Give a missing paper to somebody; oneself by who may work on it, others by who assigns work. Raises ChaseRefused, NotAllowed."""
    mine = owner is not None and owner.label == actor.label
    require(actor, "collections.work" if mine else "work.assign", document.company_id)
    if owner is not None and not collectors_of(document.company).filter(pk=owner.pk).exists():
        raise ChaseRefused(f"{owner.name} has no role there that collects")
    chase = _chase_of(document, day)
    chase.owner = owner
    chase.save(update_fields=["owner"])
    _tell(actor, chase, "document.chase_assigned", owner=owner.pk if owner else None)
    return chase


@transaction.atomic
def pause_chase(*, actor: Actor, document: CustomerDocument, until: date | None, day: date) -> DocumentChase:
    """No reminders up to and including a day, None: go on. Raises ChaseRefused, NotAllowed."""
    require(actor, "collections.work", document.company_id)
    if until is not None and not day <= until <= day + timedelta(days=180):
        raise ChaseRefused("pause it to a day ahead, within half a year")
    chase = _chase_of(document, day)
    chase.paused_until = until
    if until is None and chase.next_on is None:
        chase.next_on = day
    chase.save(update_fields=["paused_until", "next_on"])
    _tell(actor, chase, "document.chase_paused", until=until.isoformat() if until else "")
    return chase


def _chase_of(document: CustomerDocument, day: date) -> DocumentChase:
    """The paper's chase, begun where the night hasn't yet."""
    start = {"company_id": document.company_id, "customer_id": document.customer_id, "owner_id": document.customer.collector_id}
    DocumentChase.objects.get_or_create(document=document, defaults=start | {"next_on": day})
    return DocumentChase.objects.select_for_update(of=("self",)).select_related("document", "customer", "company").get(document=document)


def _tell(actor: Actor, chase: DocumentChase, type: str, **data: object) -> None:
    record(actor=actor, type=type, company_id=chase.company_id, subject=chase.document, customer_id=chase.customer_id, **data)  # type: ignore[arg-type]
