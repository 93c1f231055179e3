"""All that happened with a customer, from every app, as one line of time."""

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Any

from collections_app.models import InquiryEntry
from collections_app.policy.mail.speech import own_words
from collections_app.selectors.inquiries.thread import words_shown
from customers.models import Contact, Customer
from ledger.models import OpenItem
from messaging.selectors import quoting
from org.selectors import actor_names
from reports.selectors.happening import Happening as Happening
from reports.selectors.happening import at_of as _at
from reports.selectors.happening import since as _since
from reports.selectors.happening import upto as _upto
from reports.selectors.timeline_plans import plans_of
from workflow.models import Event

SHOWN_BY_ROWS = (
    "activity.",
    "promise.",
    "dispute.",
    "message.",
    "receipt.",
    "invoice.",
    "credit_memo.",
    "debit_memo.",
    "application.",
    "match.",
    "inquiry.",
    "mail.",
    "plan.",
    "charge.waived",
)
"""Events of these are left to the rows they are about, which say more."""

SENT = {
    "dunning": "Reminder", "statement": "Statement", "invoice": "Document", "answer": "Answer", "reply": "Reply", "payment_plan": "Plan",
    "late_charge": "Late charges",
}  # fmt: skip
"""Kind of message → what it is called on the line of time."""
_FOR_MACHINES = {"sha256", "size", "attachment", "version", "subject", "token", "revision"}
MORE = 200
"""Rows that are read beyond those asked for, since many may be of one moment."""
LANES = ("contacts", "money", "promises", "disputes", "changes")


def timeline(
    customer: Customer, *, lane: str = "", before: datetime | None = None, limit: int = 100, without: Collection[str] = ()
) -> list[Happening]:
    """The latest happenings, latest first; `before` continues an earlier answer. Lanes in `without` are not for whoever asks. What happened
    in the same moment as the last one (much of a day stands at noon) is never parted from it, so an answer may be longer."""
    every = {"contacts": _contacts, "money": _money, "promises": _agreed, "disputes": _disputes, "changes": _changes}
    lanes = {name: source for name, source in every.items() if name not in without}
    sources = [lanes[lane]] if lane in lanes else list(lanes.values())
    found = [h for source in sources for h in source(customer, before, limit + MORE) if before is None or h.at < before]
    found.sort(key=lambda h: h.at, reverse=True)
    end = limit
    while 0 < end < len(found) and found[end].at == found[end - 1].at:
        end += 1
    return with_names(found[:end])


def _contacts(customer: Customer, before: datetime | None, limit: int) -> Iterator[Happening]:
    icons = {"call": "phone", "email": "mail", "letter": "mail", "meeting": "customers", "note": "invoice"}
    for a in _since(customer.activities.select_related("contact"), "happened_on", before)[:limit]:
        who = f" with {a.contact.name}" if a.contact else ""
        outcome = a.get_outcome_display() if a.outcome else ""
        said = f"{a.get_kind_display().capitalize()}{who}"
        yield Happening(_at(a.happened_on, a.at), "contacts", icons[a.kind], said, outcome, a.body, actor=a.actor)
    for m in _upto(customer.messages.all(), "created_at", before)[:limit]:
        tone = {"sent": "ok", "failed": "bad", "parked": "warn"}.get(m.state, "")
        way = f"{SENT.get(m.kind, 'Letter' if m.channel == 'letter' else 'Mail')}, {m.get_state_display()}"
        yield Happening(
            m.sent_at or m.created_at, "contacts", "mail", m.subject, way, tone=tone, actor=m.created_by, of=("message", m.pk)
        )  # fmt: skip
    yield from _asked(customer, before, limit)


def _asked(customer: Customer, before: datetime | None, limit: int) -> Iterator[Happening]:
    """Mails that came in, and questions taken down by hand."""
    entries = InquiryEntry.objects.filter(inquiry__customer=customer, message=None).select_related("inquiry", "mail").order_by("-at")
    found = list(_upto(entries, "at", before)[:limit])
    shut = quoting([e.mail for e in found if e.mail], None)
    for e in found:
        of = ("inquiry", e.inquiry_id)
        if e.mail:
            words = (words_shown(e.mail) if e.mail_id in shut else own_words(e.mail.body))[:600]
            icon, tone = ("alert", "bad") if e.mail.automatic == "bounce" else ("mail", "")
            who = e.mail.sender_name or e.mail.sender
            yield Happening(e.at, "contacts", icon, e.mail.subject or "(no subject)", f"Mail from {who}", words, tone, of=of)
        elif e.inquiry.source != "mail" or not e.note.startswith("Closed:"):
            yield Happening(e.at, "contacts", "note", e.inquiry.subject, e.inquiry.get_source_display(), e.note, "", e.actor, of=of)


def _money(customer: Customer, before: datetime | None, limit: int) -> Iterator[Happening]:
    issued = OpenItem.objects.filter(customer=customer).exclude(kind="instalment")  # nothing new: what was issued, at other dates
    for item in _since(issued.select_related("opened_by"), "document_date", before)[:limit]:
        receipt = item.kind == "receipt"
        title = "Received" if receipt else f"{item.get_kind_display().capitalize()} issued"
        at = _at(item.document_date, item.opened_by.posted_at)
        yield Happening(
            at,
            "money",
            "cash" if receipt else "invoice",
            title,
            item.number,
            tone="ok" if receipt else "",
            actor=item.opened_by.actor,
            amount=abs(item.amount),
            currency=item.currency,
            of=("item", item.pk),
        )


def _promises(customer: Customer, before: datetime | None, limit: int) -> Iterator[Happening]:
    tones = {"kept": "ok", "partly": "warn", "broken": "bad"}
    for p in _since(customer.promises.all(), "given_on", before)[:limit]:
        given = _at(p.given_on, p.created_at)
        yield Happening(
            given,
            "promises",
            "promise",
            f"Promised by {p.due_on:%-d %b %Y}",
            "",
            p.note,
            actor=p.taken_by,
            amount=p.amount,
            currency=p.currency,
        )
        if p.decided_on and p.state in tones:
            yield Happening(
                _at(p.decided_on),
                "promises",
                "promise",
                f"Promise {p.get_state_display()}",
                "",
                tone=tones[p.state],
                amount=p.amount,
                currency=p.currency,
            )


def _agreed(customer: Customer, before: datetime | None, limit: int) -> Iterator[Happening]:
    """Promises and payment plans: what is agreed about when money comes."""
    yield from _promises(customer, before, limit)
    yield from plans_of(customer, before, limit)


def _disputes(customer: Customer, before: datetime | None, limit: int) -> Iterator[Happening]:
    for d in _since(customer.disputes.select_related("open_item"), "opened_on", before)[:limit]:
        what = f"{d.open_item.number}: {d.get_reason_display()}"
        yield Happening(
            _at(d.opened_on, d.created_at),
            "disputes",
            "dispute",
            f"Disputed {what}",
            d.number,
            d.customer_words,
            "bad",
            d.opened_by,
            d.amount,
            d.currency,
            ("dispute", d.pk),
        )
        if d.resolved_on:
            yield Happening(
                _at(d.resolved_on),
                "disputes",
                "check",
                f"Dispute {d.number} {d.get_resolution_display() or d.get_state_display()}",
                "",
                tone="ok",
                amount=d.amount,
                currency=d.currency,
                of=("dispute", d.pk),
            )


def _changes(customer: Customer, before: datetime | None, limit: int) -> Iterator[Happening]:
    events = Event.objects.filter(customer_ref=customer.pk).order_by("-at")
    for e in _upto(events, "at", before)[: limit * 2]:
        if not e.type.startswith(SHOWN_BY_ROWS):
            said = e.type.replace(".", " ").replace("_", " ").capitalize()
            of = (e.subject_type, e.subject_id) if e.subject_id and e.subject_type.startswith("orders.") else None
            yield Happening(e.at, "changes", "sliders", said, _told(e.data), actor=e.actor, of=of)
    yield from master_data_changes(customer)


def master_data_changes(customer: Customer) -> Iterator[Happening]:
    """What changed in the master data, as the database kept it: field by field, before and after."""
    tracked: list[tuple[Any, Any]] = [(Customer, [customer.pk]), (Contact, customer.contacts.order_by().values("pk"))]
    for model, rows in tracked:
        history = model.pgh_event_model.objects.filter(pgh_obj_id__in=rows).select_related("pgh_context")
        before: dict[int, Any] = {}
        for event in history.order_by("pgh_obj_id", "pgh_id"):
            earlier, before[event.pgh_obj_id] = before.get(event.pgh_obj_id), event
            told = _difference(earlier, event) if earlier else ""
            if told:
                by = ((event.pgh_context.metadata if event.pgh_context else {}) or {}).get("user")
                name = "" if model is Customer else f" {event.name}"
                yield Happening(
                    event.pgh_created_at, "changes", "sliders", f"{model.__name__}{name} changed", told, actor=f"user:{by}" if by else ""
                )


def _difference(before: Any, after: Any) -> str:
    fields = [f for f in after._meta.get_fields() if not f.name.startswith("pgh_") and f.name not in ("id", "updated_at", "source_version")]
    changed = [(f.verbose_name, getattr(before, f.attname), getattr(after, f.attname)) for f in fields if hasattr(f, "attname")]
    return "; ".join(f"{name}: {_or_dash(old)} → {_or_dash(new)}" for name, old, new in changed if old != new)


def _or_dash(value: Any) -> str:
    return "–" if value in (None, "") else str(value)


def _told(data: dict[str, Any]) -> str:
    """What an event says of itself: its title where it has one, else its plain values but those for machines."""
    if isinstance(data.get("title"), str):
        return str(data["title"])
    plain = {key: value for key, value in data.items() if isinstance(value, str | int) and value != "" and key not in _FOR_MACHINES}
    return ", ".join(f"{key.replace('_', ' ')} {str(value).replace('_', ' ')}" for key, value in plain.items())[:200]


def with_names(found: list[Happening]) -> list[Happening]:
    """The same with people's names in place of their labels."""
    names = actor_names({h.actor for h in found})
    return [
        Happening(h.at, h.lane, h.icon, h.title, h.detail, h.quote, h.tone, names.get(h.actor, h.actor), h.amount, h.currency, h.of)
        for h in found
    ]
