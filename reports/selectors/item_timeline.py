"""All that happened with one document: issued, sent, asked for, promised, contested, asked about, paid. In the words of the customer's
timeline, so that the two read alike."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time

from collections_app.models import DunningLetter, InquiryItem, PromiseItem
from disputes.models import Dispute
from invoicing.models import Dispatch
from ledger.models import Entry, OpenItem
from ledger.selectors import item_history
from reports.selectors.timeline import Happening, with_names

MOST = 300
_MOVES = {
    Entry.Kind.APPLICATION.value: ("Paid or set off", "cash", "ok"), Entry.Kind.RECEIPT.value: ("Received", "cash", "ok"),
    Entry.Kind.REVERSAL.value: ("Taken back", "undo", "warn"),
}  # fmt: skip
"""Kind of entry → what it is called on the line of time, its icon and tone."""


def item_timeline(item: OpenItem, *, lane: str = "", without: tuple[str, ...] = ()) -> list[Happening]:
    """Everything about the item, latest first; by one lane, and without those that aren't for whoever asks."""
    every = {"contacts": _contacts, "money": _money, "promises": _promises, "disputes": _disputes}
    chosen = [source for name, source in every.items() if name not in without and lane in ("", name)]
    found = [happening for source in chosen for happening in source(item)]
    return with_names(sorted(found, key=lambda h: h.at, reverse=True)[:MOST])


def _contacts(item: OpenItem) -> Iterator[Happening]:
    for d in Dispatch.objects.filter(invoice__open_item=item).select_related("message").order_by("-pk")[:50]:
        said = "Sent again" if d.number > 1 else "Sent"
        of = ("message", d.message_id) if d.message_id else None
        state = d.message.get_state_display() if d.message else ""
        yield Happening(d.created_at, "contacts", "mail", f"{said}, {d.get_channel_display()}", state, d.note, actor=d.created_by, of=of)
    letters = DunningLetter.objects.filter(customer=item.customer_id, items__contains=[{"id": item.pk}]).select_related("run")
    for letter in letters.order_by("-pk")[:50]:
        day = _noon(letter.run.day)
        of = ("message", letter.message_id) if letter.message_id else None
        yield Happening(day, "contacts", "bell", f"Reminded, level {letter.level}", "", actor=letter.run.actor, of=of)
    rows = InquiryItem.objects.filter(open_item=item).select_related("inquiry").order_by("-pk")[:50]
    for row in rows:
        i = row.inquiry
        asked = f"Asked about: {i.get_kind_display()}"
        at = _noon(i.asked_on, i.created_at)
        yield Happening(at, "contacts", "mail", asked, i.number, i.subject, of=("inquiry", i.pk))


def _money(item: OpenItem) -> Iterator[Happening]:
    for row in item_history(item):
        entry, opened = row.line.entry, row.line.entry_id == item.opened_by_id
        title, icon, tone = _MOVES.get(entry.kind, (entry.get_kind_display().capitalize(), "invoice", ""))
        if opened:
            title, icon, tone = f"{item.get_kind_display().capitalize()} issued", "invoice", ""
        against = ", ".join(other.number for other in row.against[:3])
        yield Happening(
            _noon(entry.effective_date, entry.posted_at), "money", icon, title, against, entry.narrative, tone, entry.actor,
            abs(row.line.amount), item.currency, ("entry", entry.pk),
        )  # fmt: skip


def _promises(item: OpenItem) -> Iterator[Happening]:
    tones = {"kept": "ok", "partly": "warn", "broken": "bad"}
    for share in PromiseItem.objects.filter(open_item=item).select_related("promise").order_by("-pk")[:50]:
        p = share.promise
        said = f"Promised by {p.due_on:%-d %b %Y}"
        yield Happening(
            _noon(p.given_on, p.created_at), "promises", "promise", said, "", p.note, "", p.taken_by, share.amount, p.currency,
            ("promise", p.pk),
        )  # fmt: skip
        if p.decided_on and p.state in tones:
            yield Happening(_noon(p.decided_on), "promises", "promise", f"Promise {p.get_state_display()}", tone=tones[p.state])


def _disputes(item: OpenItem) -> Iterator[Happening]:
    for d in Dispute.objects.filter(open_item=item).order_by("-pk")[:50]:
        yield Happening(
            _noon(d.opened_on, d.created_at), "disputes", "dispute", f"Disputed: {d.get_reason_display()}", d.number, d.customer_words,
            "bad", d.opened_by, d.amount, d.currency, ("dispute", d.pk),
        )  # fmt: skip
        if d.resolved_on:
            ended = d.get_resolution_display() or d.get_state_display()
            yield Happening(_noon(d.resolved_on), "disputes", "check", f"{d.number} {ended}", tone="ok", of=("dispute", d.pk))


def _noon(day: date, moment: datetime | None = None) -> datetime:
    """A moment on a business day: that of the clock when it was the same day, else noon."""
    return moment if moment and moment.date() == day else datetime.combine(day, time(12), UTC)
