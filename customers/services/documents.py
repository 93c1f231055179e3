"""Papers between an invoice and its payment: asked for, received, sent, refused, renewed. Every change is kept by the database, too.

An unconditional lien release gives up a right for money received: it is sent only once the money of its invoice is there. Invoices live
floors above; they say whether one is paid (see `connect_clearing`).
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from django.db import transaction

from arops.lib import rows as reading
from arops.lib.rows import Problem
from customers.models import Customer, CustomerDocument
from customers.requirements import CUSTOMER, GIVEN, UNCONDITIONAL
from customers.services.master import NotSaved, Saved
from customers.services.saving import Customers, save_rows
from org.actors import Actor, require
from org.models import Department
from workflow.services import record

State = CustomerDocument.State
Clearing = Callable[[int, str], bool | None]
_clearing: list[Clearing] = []
DAYS = "requested_on received_on valid_from expires_on through_date".split()
FIELDS: dict[str, reading.Field] = {
    "kind": reading.one_of(*CustomerDocument.Kind.values), "state": reading.one_of(*State.values), "waits_for": reading.text(30),
    "jurisdiction": reading.text(20), "contract_number": reading.text(60), "invoice_number": reading.text(60),
    "reference": reading.text(80), "note": reading.text(300), **{name: reading.or_empty(reading.day) for name in DAYS},
    "source_system": reading.text(40), "external_id": reading.text(80, needed=True), "source_version": reading.source_version,
}  # fmt: skip


def connect_clearing(reader: Clearing) -> None:
    """Say who knows whether an invoice's money is there: called with the customer's key and the invoice's number; None for no such one."""
    _clearing[:] = [reader]


@transaction.atomic
def request_document(
    *, actor: Actor, customer: Customer, kind: str, today: date, waits_for: str = "", note: str = "", contract_number: str = "",
    invoice_number: str = "", jurisdiction: str = "", through_date: date | None = None, amount: int | None = None,
) -> CustomerDocument:  # fmt: skip
    """Ask for a paper, or note that the customer asked us for one. One that is asked for already is answered as it is. Raises NotSaved,
    NotAllowed."""
    require(actor, "documents.edit", customer.company_id)
    if kind not in CustomerDocument.Kind.values:
        raise NotSaved("choose which paper it is")
    about = {
        "kind": kind,
        "contract_number": contract_number.strip(),
        "invoice_number": invoice_number.strip(),
        "jurisdiction": jurisdiction,
    }
    there = CustomerDocument.objects.filter(customer=customer, state=State.REQUESTED, **about).first()
    if there:
        return there
    made = CustomerDocument.objects.create(
        customer=customer, company_id=customer.company_id, state=State.REQUESTED, requested_on=today, through_date=through_date,
        waits_for=_waits_for(customer, waits_for, kind), note=note.strip()[:300], amount=amount, created_by=actor.label, **about,
    )  # fmt: skip
    _tell(actor, made, "document.requested")
    return made


@transaction.atomic
def receive_document(
    *, actor: Actor, document: CustomerDocument, on: date, version: int | None = None, reference: str = "", valid_from: date | None = None,
    expires_on: date | None = None, note: str = "",
) -> CustomerDocument:  # fmt: skip
    """The paper is here. Raises NotSaved, NotAllowed."""
    row = _locked(actor, document, version)
    _in(row, State.REQUESTED, State.RECEIVED, State.REFUSED)
    row.state, row.received_on, row.waits_for = State.RECEIVED, on, ""
    _fill(row, reference=reference, valid_from=valid_from, expires_on=expires_on, note=note)
    return _kept(actor, row, "document.received")


@transaction.atomic
def send_document(
    *, actor: Actor, document: CustomerDocument, on: date, version: int | None = None, reference: str = "", valid_from: date | None = None,
    expires_on: date | None = None, note: str = "",
) -> CustomerDocument:  # fmt: skip
    """The paper went to the customer. Raises NotSaved (an unconditional lien release before the money is there), NotAllowed."""
    row = _locked(actor, document, version)
    _in(row, State.REQUESTED, State.RECEIVED, State.REFUSED)
    if row.kind not in GIVEN:
        raise NotSaved(f"a {row.get_kind_display()} is what the customer gives us: note that it is received")
    row.state, row.received_on, row.waits_for = State.SENT, on, ""
    _fill(row, reference=reference, valid_from=valid_from, expires_on=expires_on, note=note)
    _only_after_the_money(row)
    return _kept(actor, row, "document.sent")


@transaction.atomic
def refuse_document(*, actor: Actor, document: CustomerDocument, reason: str, version: int | None = None) -> CustomerDocument:
    """The paper is no good (signed by nobody, the wrong name): say why. Raises NotSaved, NotAllowed."""
    row = _locked(actor, document, version)
    _in(row, State.REQUESTED, State.RECEIVED, State.SENT)
    if not reason.strip():
        raise NotSaved("say why it is refused")
    row.state, row.note, row.waits_for = State.REFUSED, reason.strip()[:300], _waits_for(row.customer, "", row.kind)
    return _kept(actor, row, "document.refused")


@transaction.atomic
def cancel_document(*, actor: Actor, document: CustomerDocument, reason: str = "", version: int | None = None) -> CustomerDocument:
    """The paper isn't needed any more. Raises NotSaved, NotAllowed."""
    row = _locked(actor, document, version)
    _in(row, State.REQUESTED, State.RECEIVED, State.SENT, State.REFUSED)
    row.state, row.waits_for = State.CANCELLED, ""
    row.note = reason.strip()[:300] or row.note
    return _kept(actor, row, "document.cancelled")


@transaction.atomic
def request_again(*, actor: Actor, document: CustomerDocument, today: date, waits_for: str = "") -> CustomerDocument:
    """Ask once more: a request that waits is counted from today and keeps its place; an expired, refused or sent paper gets a successor."""
    row = _locked(actor, document, None)
    if row.state != State.REQUESTED:
        return request_document(
            actor=actor, customer=row.customer, kind=row.kind, today=today, waits_for=waits_for or row.waits_for,
            jurisdiction=row.jurisdiction, contract_number=row.contract_number, invoice_number=row.invoice_number,
            through_date=row.through_date, amount=row.amount,
        )  # fmt: skip
    row.waits_for = _waits_for(row.customer, waits_for or row.waits_for, row.kind)
    return _kept(actor, row, "document.requested_again", on=today.isoformat())


def save_documents(
    rows: Sequence[Any], *, actor: Actor, source_system: str, today: date, atomic: bool = False, dry_run: bool = False
) -> list[Saved]:
    """Papers by rows: by the sender's id they are changed, without one they are new. One outcome a row."""
    customers = Customers(rows, actor=actor, permission="documents.edit", source_system=source_system)

    def one(index: int, row: Any) -> Saved:
        return _save(index, row, customers, actor, source_system, today)

    return save_rows(rows, one, atomic=atomic, dry_run=dry_run)


def _save(index: int, row: Any, customers: Customers, actor: Actor, source_system: str, today: date) -> Saved:
    given = row if isinstance(row, Mapping) else {}
    customer = customers.find(given)
    fields = FIELDS | {"amount": reading.amount(customer.currency if isinstance(customer, Customer) else "", least=0)}
    values, problems = reading.read_row(row, fields, frozenset({"company", "customer"}))
    external = values.get("external_id")
    source = values.setdefault("source_system", source_system) or source_system
    problems += [customer] if isinstance(customer, Problem) else []
    if problems or not isinstance(customer, Customer):
        return Saved(index, external, "rejected", None, tuple(problems))
    there = _by_external(customer, source, external)
    if there is None and "kind" not in values:
        problems.append(Problem("/kind", "required", "kind is needed"))
    if there and there.customer_id != customer.pk:
        problems.append(Problem("/customer", "conflict", "this paper is another customer’s"))
    if there and (values.get("source_version") or 0) < (there.source_version or 0):
        problems.append(Problem("/source_version", "stale", f"version {there.source_version} was received already"))
    if problems:
        return Saved(index, external, "rejected", there.pk if there else None, tuple(problems))
    return _write(index, external, there or CustomerDocument(customer=customer, company_id=customer.company_id, created_by=actor.label),
                  values, actor, today)  # fmt: skip


def _write(index: int, external: str | None, row: CustomerDocument, values: dict[str, Any], actor: Actor, today: date) -> Saved:
    is_new = row.pk is None
    changed = {name for name, value in values.items() if getattr(row, name) != value}
    if not is_new and not changed:
        return Saved(index, external, "unchanged", row.pk)
    for name, value in values.items():
        setattr(row, name, value)
    if is_new and row.state == State.REQUESTED and row.requested_on is None:
        row.requested_on = today
    row.waits_for = _waits_for(row.customer, row.waits_for, row.kind) if row.state in (State.REQUESTED, State.REFUSED) else row.waits_for
    if is_new or changed & {"state", "kind", "invoice_number"}:
        _only_after_the_money(row)
    if row.valid_from and row.expires_on and row.expires_on < row.valid_from:
        raise NotSaved("it expires before it is valid")
    row.version = 0 if is_new else row.version + 1
    row.save()
    _tell(actor, row, "document.recorded" if is_new else "document.changed", changed=sorted(changed - {"source_version"}))
    return Saved(index, external, "created" if is_new else "updated", row.pk)


def _by_external(customer: Customer, source: str, external: str | None) -> CustomerDocument | None:
    if not external:
        return None
    rows = CustomerDocument.objects.select_for_update(of=("self",), no_key=True).select_related("customer")
    found: CustomerDocument | None = rows.filter(company_id=customer.company_id, source_system=source, external_id=external).first()
    return found


def _locked(actor: Actor, document: CustomerDocument, version: int | None) -> CustomerDocument:
    require(actor, "documents.edit", document.company_id)
    rows = CustomerDocument.objects.select_for_update(of=("self",), no_key=True).select_related("customer", "company")
    row: CustomerDocument = rows.get(pk=document.pk)
    if version is not None and version != row.version:
        raise NotSaved("someone else changed this paper meanwhile: look at it again")
    return row


def _in(row: CustomerDocument, *states: str) -> None:
    if row.state not in states:
        raise NotSaved(f"the {row.get_kind_display()} is {row.get_state_display()}")


def _fill(row: CustomerDocument, **values: Any) -> None:
    for name, value in values.items():
        if value not in (None, ""):
            setattr(row, name, value)
    if row.valid_from and row.expires_on and row.expires_on < row.valid_from:
        raise NotSaved("it expires before it is valid")


def _only_after_the_money(row: CustomerDocument) -> None:
    if row.kind not in UNCONDITIONAL or row.state != State.SENT:
        return
    if not row.invoice_number:
        raise NotSaved("name the invoice whose money is there: an unconditional release gives up the right to it")
    for cleared in _clearing:
        paid = cleared(row.customer_id, row.invoice_number)
        if paid is None:
            raise NotSaved(f"this customer has no invoice {row.invoice_number}")
        if not paid:
            raise NotSaved(f"{row.invoice_number} isn’t paid: until its money is there send the conditional release")


def _waits_for(customer: Customer, code: str, kind: str) -> str:
    """Who must act: the customer, or a department of the company by its code."""
    code = code.strip()
    if code in ("", CUSTOMER):
        return CUSTOMER if code or kind not in GIVEN else ""
    if not Department.objects.filter(company_id=customer.company_id, code=code).exists():
        raise NotSaved(f"there is no department {code!r}: write customer, or the code of a department")
    return code


def _kept(actor: Actor, row: CustomerDocument, event: str, **data: Any) -> CustomerDocument:
    row.version += 1
    row.save()
    _tell(actor, row, event, **data)
    return row


def _tell(actor: Actor, row: CustomerDocument, event: str, **data: Any) -> None:
    days = {name: getattr(row, name).isoformat() for name in DAYS if getattr(row, name)}
    record(
        actor=actor, type=event, company_id=row.company_id, subject=row, customer_id=row.customer_id, kind=row.kind, state=row.state,
        waits_for=row.waits_for, invoice=row.invoice_number, note=row.note, **days, **data,
    )  # fmt: skip
