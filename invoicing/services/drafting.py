"""Drafts: documents on their way. What is looked at, checked and issued is one payload; nothing of it is in the books before."""

import contextlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction

from arops.lib.refusal import Refused
from customers.models import Customer
from invoicing.models import Draft, DraftBasis, Invoice
from invoicing.payload import Document, Problem, digest, read_document
from invoicing.services.checking import check_draft, take_turns, void_overrides
from invoicing.services.issuing import issue_document
from invoicing.services.keying import next_number
from org.actors import Actor, require
from org.models import Company
from workflow.services import record

UNNUMBERED = "draft"
"""What stands for the number while our own series hasn't given one."""


class DraftRefused(Refused):
    """A draft that can't be kept, issued or discarded as asked; `problems` point at fields where there are any."""

    def __init__(self, words: str, problems: Iterable[Problem] = ()) -> None:
        super().__init__(words)
        self.problems = tuple(problems)


class BilledAlready(DraftRefused):
    """Something that the draft would bill stands in another draft, or was billed."""


@dataclass(frozen=True, slots=True)
class _Place:
    """The company and customer of a draft."""

    company: Company
    customer: Customer


def document_of(row: Mapping[str, Any], *, source_system: str = "arops") -> Document | list[Problem]:
    """A draft's payload as a Document, or what is wrong with it; our own series numbers it only when it is issued."""
    return read_document({**row, "number": row.get("number") or UNNUMBERED}, source_system=source_system)


@transaction.atomic
def save_draft(
    *, actor: Actor, row: Mapping[str, Any], origin: str, bases: Iterable[str] = (), draft: Draft | None = None, today: date,
    source_system: str = "arops",
) -> Draft:  # fmt: skip
    """Keep a document as draft, or (`draft`) what was changed in one. It is to be checked anew whenever its payload changes.

    `bases` are the keys of what it bills (see DraftBasis), claimed for it; without them a changed draft keeps those it has. Raises
    DraftRefused, BilledAlready, NotAllowed.
    """
    document = document_of(row, source_system=source_system)
    if isinstance(document, list):
        raise DraftRefused("; ".join(p.detail for p in document), document)
    place = _place(actor, document)
    require(actor, "invoices.issue", place.company.pk)
    values = _values(document, row, place)
    if draft:
        draft = _changed(actor, draft, values)
    else:
        draft = Draft.objects.create(**values, origin=origin, created_by=actor.label, makers=[actor.label])
    _claim(draft, bases)
    verb = "created" if draft.version == 0 else "changed"
    record(
        actor=actor, type=f"draft.{verb}", company_id=place.company.pk, subject=draft, customer_id=place.customer.pk, origin=draft.origin,
        total=draft.total, currency=draft.currency, day=today.isoformat(),
    )  # fmt: skip
    return draft


def _place(actor: Actor, document: Document) -> _Place:
    company: Company | None = Company.objects.visible_to(actor, "invoices.issue").filter(code=document.company).first()
    if company is None:
        detail = f"there is no company {document.company} that you may issue for"
        raise DraftRefused(detail, [Problem("/company", "missing_reference", detail)])
    customer = _customer(actor, company, document)
    if customer is None:
        said = document.customer.external_id or document.customer.id
        detail = f"there is no customer {said} in {company.code}"
        raise DraftRefused(detail, [Problem("/customer", "missing_reference", detail)])
    return _Place(company, customer)


def _customer(actor: Actor, company: Company, document: Document) -> Customer | None:
    seen: Any = Customer.objects.visible_to(actor, "invoices.issue").filter(company=company)
    named = document.customer
    found: Customer | None
    if named.external_id:
        found = seen.filter(source_system=named.source_system or document.source_system, external_id=named.external_id).first()
    elif named.id.startswith("cus_") and named.id[4:].isdecimal() and len(named.id) < 22:
        found = seen.filter(pk=int(named.id[4:])).first()
    else:
        found = seen.filter(number=named.id).first()
    return found


def _values(document: Document, row: Mapping[str, Any], place: _Place) -> dict[str, Any]:
    """A draft's columns from its payload."""
    replaced = document.replaces.id if document.replaces else ""
    return {
        "company": place.company, "customer": place.customer, "kind": document.kind, "number": str(row.get("number") or ""),
        "source_system": document.source_system, "external_id": document.external_id, "currency": document.currency,
        "document_date": document.document_date, "net": document.subtotal, "total": document.total, "retainage": document.retainage,
        "payload": dict(row), "replaces_id": _replaced(place.company, replaced),
    }  # fmt: skip


def _replaced(company: Company, reference: str) -> int | None:
    if not reference:
        return None
    found = Invoice.objects.filter(company=company)
    if reference.startswith("inv_") and reference[4:].isdecimal() and len(reference) < 22:
        return found.filter(pk=int(reference[4:])).values_list("pk", flat=True).first()
    return found.filter(kind="invoice", number=reference).values_list("pk", flat=True).first()


def _changed(actor: Actor, draft: Draft, values: dict[str, Any]) -> Draft:
    draft = _live(draft)
    require(actor, "invoices.issue", draft.company_id)
    if (draft.company_id, draft.customer_id) != (values["company"].pk, values["customer"].pk):
        raise DraftRefused("a draft stays with its customer: discard it and make another")
    if digest(draft.payload) != digest(values["payload"]):
        void_overrides(draft, actor=actor, total=values["total"])
        values |= {"state": Draft.State.DRAFT, "checked_hash": "", "version": draft.version + 1}
    if actor.label not in draft.makers:
        draft.makers = [*draft.makers, actor.label]
    for name, value in values.items():
        setattr(draft, name, value)
    draft.save()
    return draft


def _live(draft: Draft) -> Draft:
    """The draft as it stands, locked; refused when it is no longer one."""
    found = Draft.objects.select_for_update(of=("self",), no_key=True).select_related("company", "customer").get(pk=draft.pk)
    if found.state == Draft.State.ISSUED:
        raise DraftRefused(f"this draft was issued as {found.invoice}")
    if found.state == Draft.State.DISCARDED:
        raise DraftRefused("this draft was discarded: bring it back first")
    return found


def _claim(draft: Draft, keys: Iterable[str]) -> None:
    """Claim what the draft bills. Raises BilledAlready when one of the keys is taken."""
    wanted = sorted(set(keys))
    if not wanted:
        return
    with _taken(wanted):
        DraftBasis.objects.bulk_create(DraftBasis(draft=draft, key=key) for key in wanted)


@contextlib.contextmanager
def _taken(keys: list[str]) -> Iterator[None]:
    try:
        with transaction.atomic():
            yield
    except IntegrityError:
        other = DraftBasis.objects.filter(key__in=keys).select_related("draft__invoice").first()
        where = (other.draft.invoice or other.draft) if other else "another draft"
        raise BilledAlready(f"{other.key if other else keys[0]} is billed by {where} already") from None


@transaction.atomic
def discard_draft(*, actor: Actor, draft: Draft, today: date) -> Draft:
    """Put a draft aside; what it would have billed can be billed by others again. Raises DraftRefused, NotAllowed."""
    require(actor, "invoices.issue", draft.company_id)
    draft = _live(draft)
    draft.released = list(draft.bases.values_list("key", flat=True))
    draft.bases.all().delete()
    draft.state, draft.checked_hash = Draft.State.DISCARDED, ""
    draft.save(update_fields=["released", "state", "checked_hash", "updated_at"])
    _tell(actor, "draft.discarded", draft, today)
    return draft


@transaction.atomic
def restore_draft(*, actor: Actor, draft: Draft, today: date) -> Draft:
    """Bring a discarded draft back, to be checked anew. Raises BilledAlready when others bill its work by now, DraftRefused, NotAllowed."""
    require(actor, "invoices.issue", draft.company_id)
    draft = Draft.objects.select_for_update(of=("self",), no_key=True).get(pk=draft.pk)
    if draft.state != Draft.State.DISCARDED:
        raise DraftRefused("only a discarded draft is brought back")
    _claim(draft, draft.released)
    draft.released, draft.state = [], Draft.State.DRAFT
    try:
        with transaction.atomic():
            draft.save(update_fields=["released", "state", "updated_at"])
    except IntegrityError:
        raise DraftRefused(f"{draft} was sent again meanwhile, and waits as another draft") from None
    _tell(actor, "draft.restored", draft, today)
    return draft


def issue_draft(*, actor: Actor, draft: Draft, now: datetime, today: date) -> Invoice:
    """Issue a draft that the check found clear and that nobody changed since; it gets the next number of our series, taken last.

    It is checked once more as it is issued: what it bills may have been billed by others meanwhile, and then it is held. The same draft
    twice at once makes one invoice. Raises DraftRefused, DocumentRefused (closed period, …), NotAllowed.
    """
    require(actor, "invoices.issue", draft.company_id)
    invoice = _issue_clear(actor, draft, now, today)
    if invoice is None:
        raise DraftRefused("what this draft bills has changed since it was checked: the check holds it now, see what it found")
    return invoice


@transaction.atomic
def _issue_clear(actor: Actor, draft: Draft, now: datetime, today: date) -> Invoice | None:
    """The invoice made of a draft; None when the check holds it by now, which is kept."""
    take_turns([draft.company_id])
    draft = Draft.objects.select_for_update(of=("self",), no_key=True).select_related("company").get(pk=draft.pk)
    if draft.state == Draft.State.ISSUED and draft.invoice:
        return draft.invoice
    _check_clear(draft)
    if check_draft(actor=actor, draft=draft, today=today).state != Draft.State.CLEAR:
        return None
    row = {**draft.payload, "external_id": draft.external_id or f"draft-{draft.pk}"}
    row["number"] = draft.number or next_number(draft.company, draft.kind)
    outcome = issue_document(row, actor=actor, source_system=draft.source_system)
    invoice: Invoice = Invoice.objects.get(pk=outcome.invoice_id or 0)
    draft.invoice, draft.state, draft.number = invoice, Draft.State.ISSUED, invoice.number
    draft.save(update_fields=["invoice", "state", "number", "updated_at"])
    _tell(actor, "draft.issued", draft, today, number=invoice.number, at=now.isoformat())
    return invoice


def _check_clear(draft: Draft) -> None:
    if draft.state == Draft.State.DISCARDED:
        raise DraftRefused("this draft was discarded: bring it back first")
    if draft.state == Draft.State.HELD:
        raise DraftRefused("the check holds this draft: fix what it found, or override it with a reason")
    if draft.state != Draft.State.CLEAR or draft.checked_hash != digest(draft.payload):
        raise DraftRefused("this draft changed since it was checked: check it again")


def _tell(actor: Actor, type: str, draft: Draft, today: date, **data: Any) -> None:
    record(
        actor=actor, type=type, company_id=draft.company_id, subject=draft, customer_id=draft.customer_id, total=draft.total,
        currency=draft.currency, day=today.isoformat(), **data,
    )  # fmt: skip
