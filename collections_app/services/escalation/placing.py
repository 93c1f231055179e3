"""Accounts that leave the house: placed with an agency or lawyer with a pack of all that is known, recalled, and what came of it.

While an account is placed nobody here asks it for money. What comes in on its items is the recovery.
"""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.template.loader import render_to_string

from arops.lib import pdf
from arops.lib.sheets import to_csv
from arops.lib.tables import Column, Table
from collections_app.models import Escalation, PlacedItem
from collections_app.selectors.dunning import promised_left
from collections_app.selectors.escalation_facts import TWO_YEARS, dealings, facts_of, invoices_of
from collections_app.selectors.plan_items import without_rests
from collections_app.services.escalation.deciding import change, hold
from collections_app.services.escalation.errors import EscalationError
from collections_app.services.escalation.raising import tell
from collections_app.services.statements import StatementRefused, statement_file
from disputes.policy.binding import Binder, member_name
from disputes.selectors import disputed_by_item
from invoicing.services.paper import in_colour, invoice_pdf, look_of
from ledger.models import OpenItem
from ledger.selectors import lock_items
from org.actors import Actor, require
from workflow.models import Attachment, Job
from workflow.services import store_file
from workflow.services.jobs import create_job, retry_job

State = Escalation.State
CSS = Path(settings.BASE_DIR) / "static" / "css" / "letter.css"
FORMAT = "arops.placement/1"
COPIES, LARGEST = 300, 64 * 1024 * 1024
"""Copies of invoices that a pack holds, and bytes of files beside them; what is more is named in its list of items."""
SHOWN_OUTSIDE = ("sign_off", "delivery", "installation", "purchase_order", "contract")
"""Kinds of files that leave the house: what proves the debt, none of our own notes."""


@transaction.atomic
def place(*, actor: Actor, case: Escalation, placed_with: str, day: date, version: int) -> Escalation:
    """Place what is past due, undisputed and not promised with an agency or lawyer: it isn't chased here any more. Have the pack made
    afterwards (`request_pack`). Raises EscalationError, NotAllowed."""
    require(actor, "escalations.place", case.company_id)
    case = hold(case, version, (State.OPEN,))
    if not case.rung.is_outside:
        raise EscalationError(f"{case.rung.name} is within the house: only an agency or lawyer takes a case outside")
    if not placed_with.strip():
        raise EscalationError("say with whom it is placed")
    if actor.label == case.raised_by:
        raise EscalationError("whoever raised an account doesn't place it")
    rows = _placeable(case, day)
    if not rows:
        raise EscalationError("nothing is past due that is neither in dispute nor promised")
    PlacedItem.objects.bulk_create(rows)
    total = sum(row.amount for row in rows)
    change(case, state=State.PLACED, placed_with=placed_with.strip()[:120], placed_on=day, amount=total)
    tell(case, actor, "escalation.placed", placed_with=case.placed_with, amount=total, items=len(rows))
    return case


def _placeable(case: Escalation, day: date) -> list[PlacedItem]:
    late = without_rests(OpenItem.objects.past_due(day).filter(customer=case.customer_id, currency=case.currency))
    locked = lock_items(late.values_list("pk", flat=True))
    disputed, promised = disputed_by_item(list(locked)), promised_left([case.customer_id])
    amounts = {pk: item.balance - disputed.get(pk, 0) - promised.get(pk, 0) for pk, item in locked.items()}
    return [PlacedItem(escalation=case, open_item_id=pk, amount=amount) for pk, amount in amounts.items() if amount > 0]


@transaction.atomic
def recall(*, actor: Actor, case: Escalation, reason: str, day: date, version: int) -> Escalation:
    """Take a placed account back: it is chased here again. Raises EscalationError, NotAllowed."""
    require(actor, "escalations.place", case.company_id)
    case = hold(case, version, (State.PLACED,))
    if not reason.strip():
        raise EscalationError("say why it is recalled")
    change(case, state=State.RECALLED, recalled_on=day, decision=reason.strip()[:500])
    tell(case, actor, "escalation.recalled", reason=reason.strip(), placed_with=case.placed_with)
    return case


def request_pack(*, actor: Actor, case: Escalation) -> Job:
    """Have the pack made in the background; ring for the job afterwards. Raises NotAllowed."""
    slot = f"escalation-pack:{case.pk}:{case.version}"
    job = create_job(actor=actor, kind="escalation_pack", slot=slot, company=case.company, params={"case": case.pk})
    return retry_job(actor=actor, job=job) if job.state in (Job.State.DONE, Job.State.FAILED, Job.State.CANCELLED) else job


def make_pack(*, actor: Actor, case: Escalation) -> Escalation:
    """Put together what an agency or lawyer needs, and keep it with its SHA-256: the page, the statement, copies of the invoices, proofs,
    contacts, what was said and written. The same facts make the same bytes. Raises EscalationError, NotAllowed."""
    require(actor, "escalations.place", case.company_id)
    if case.placed_on is None:
        raise EscalationError("the case isn't placed: there is nothing to pack")
    target = io.BytesIO()
    binder = Binder(target)
    for member in _members(case, case.placed_on):
        binder.add(member.name, member.content)
    manifest = binder.close(format=FORMAT, case=case.number, customer=case.customer.number, placed_on=case.placed_on.isoformat())
    name = f"{case.number}-{case.customer.number}.zip"
    with transaction.atomic():
        held = hold(case, case.version, (State.PLACED, State.RECALLED))
        held.pack, _ = store_file(actor=actor, name=name, content=target.getvalue(), content_type="application/zip")
        held.save(update_fields=["pack"])
        tell(held, actor, "escalation.packed", sha256=held.pack.sha256, manifest_sha256=manifest.sha256, members=len(binder.members))
    return held


@dataclass(frozen=True, slots=True)
class Paper:
    """A file of the pack."""

    name: str
    content: bytes


def _members(case: Escalation, day: date) -> Iterator[Paper]:
    items = list(OpenItem.objects.filter(placements__escalation=case).order_by("due_date", "pk"))
    yield summary_paper(case, outside=True)
    yield _statement(case, day)
    yield Paper("items.csv", to_csv(_items_table(case)).encode())
    yield Paper("contacts.csv", to_csv(_contacts_table(facts_of(case.customer, case.currency, day)["people"])).encode())
    yield Paper("dealings.csv", to_csv(_dealings_table(dealings(case.customer, day - TWO_YEARS))).encode())
    invoices = invoices_of([item.pk for item in items])
    if pdf.is_available():
        for n, invoice in enumerate(invoices[:COPIES], 1):
            yield Paper(f"invoices/{n:04d}-{_plain(invoice.number)}.pdf", invoice_pdf(invoice, copy=True))
    yield from _files([invoice.pk for invoice in invoices])


def _plain(text: str) -> str:
    return "".join(c if c.isascii() and c.isalnum() else "-" for c in text)[:60]


def _statement(case: Escalation, day: date) -> Paper:
    try:
        made = statement_file(customers=[case.customer], as_of=day, format="pdf")
    except StatementRefused:
        made = statement_file(customers=[case.customer], as_of=day, format="xlsx")
    return Paper(made.name, made.content)


def _files(invoices: list[int]) -> Iterator[Paper]:
    """Files that prove the invoices, until the pack is large."""
    rows = Attachment.objects.filter(subject_type="invoicing.invoice", subject_id__in=invoices, kind__in=SHOWN_OUTSIDE, removed_at=None)
    size = 0
    for n, row in enumerate(rows.select_related("file").order_by("pk").iterator(chunk_size=10), 1):
        size += row.file.size
        if size > LARGEST:
            return
        yield Paper(member_name(n, row.name), bytes(row.file.content))


def summary_paper(case: Escalation, *, outside: bool = False) -> Paper:
    """The page as PDF, or where this server makes none as HTML; for the outside without what is recommended and decided among ourselves."""
    look, printed = look_of(case.company, "en"), pdf.is_available()
    context = {"case": case, "facts": case.facts, "outside": outside, "printed": printed, "company": case.company, **look}
    html, css = render_to_string("letters/escalation.html", context), in_colour(CSS.read_text(), look["accent"])
    if printed:
        return Paper("summary.pdf", pdf.from_html(html, css))
    return Paper("summary.html", html.replace("<!--style-->", f"<style>{css}</style>", 1).encode())


def _items_table(case: Escalation) -> Table:
    rows = case.items.select_related("open_item").order_by("open_item__due_date", "pk")  # type: ignore[attr-defined]
    columns = [
        Column("number", "Item", lambda r: r.open_item.number), Column("kind", "Kind", lambda r: r.open_item.kind),
        Column("date", "Date", lambda r: r.open_item.document_date, kind="date"),
        Column("due", "Due", lambda r: r.open_item.due_date, kind="date"), Column("po", "Purchase order", lambda r: r.open_item.po_number),
        Column("amount", "Amount", lambda r: r.open_item.amount, kind="money"),
        Column("placed", "Placed", lambda r: r.amount, kind="money"),
        Column("currency", "Currency", lambda r: r.open_item.currency),
    ]  # fmt: skip
    return Table(columns, rows, currency=case.currency, name="items")


def _contacts_table(people: list[dict[str, str]]) -> Table:
    names = {"name": "Name", "role": "Role", "email": "E-mail", "phone": "Phone"}
    return Table([Column(key, label, _reader(key)) for key, label in names.items()], people, name="contacts")


def _reader(key: str) -> Any:
    return lambda row: row[key]


def _dealings_table(rows: list[tuple[str, str, str, str]]) -> Table:
    labels = ("Day", "What", "With", "Words")
    return Table([Column(label.lower(), label, _reader(n)) for n, label in enumerate(labels)], rows, name="dealings")  # type: ignore[arg-type]
