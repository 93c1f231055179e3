"""Cases opened: one, or many at once in a handful of statements."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from django.db import transaction

from customers.models import Customer
from disputes.models import Dispute, DisputeLine, DisputeMovement, DisputeStep
from disputes.selectors import disputed_by_item
from disputes.selectors.levels import LevelBook
from disputes.services.amounts import LineBook, Lines, check_amount, check_reason
from disputes.services.errors import DisputeError
from disputes.services.facets import fill_facets
from disputes.services.moving import movement, step
from invoicing.models import Invoice
from ledger.models import OpenItem
from ledger.selectors import lock_items
from ledger.services import next_numbers
from org.actors import Actor, require
from org.models import Company, Department, User
from workflow.models import Event
from workflow.services import record_many


@dataclass(frozen=True, slots=True)
class NewDispute:
    """A dispute to be opened: `amount` (minor units) of an item. The same `source` opens one dispute, however often it is told.

    `lines` (of the item's document, tax included) add up to the amount. Without an owner it is the customer's collector's.
    """

    open_item: OpenItem
    amount: int
    reason: str
    source: str
    customer_words: str = ""
    owner: User | None = None
    department: Department | None = None
    kind: str = Dispute.Kind.AMOUNT
    lines: Lines = ()
    receipt_ref: int | None = None


def open_dispute(
    *, actor: Actor, open_item: OpenItem, amount: int, reason: str, today: date, source: str, customer_words: str = "",
    owner: User | None = None, department: Department | None = None, kind: str = Dispute.Kind.AMOUNT, lines: Lines = (),
    receipt_ref: int | None = None,
) -> Dispute:  # fmt: skip
    """Contest a part of an item; see `open_disputes`."""
    wanted = NewDispute(open_item, amount, reason, source, customer_words, owner, department, kind, lines, receipt_ref)
    return open_disputes(actor=actor, wanted=[wanted], today=today)[0]


@transaction.atomic
def open_disputes(*, actor: Actor, wanted: Sequence[NewDispute], today: date) -> list[Dispute]:
    """Open disputes, all or none, in a handful of statements; those whose source was told before answer with what was opened then.

    Raises DisputeError when an amount isn't open (or is contested already), NotAllowed.
    """
    for company_id in {w.open_item.company_id for w in wanted}:
        require(actor, "disputes.open", company_id)
    items = lock_items(w.open_item.pk for w in wanted)  # first: the same form sent twice waits here for its twin
    known = {d.source: d for d in Dispute.objects.filter(source__in=[w.source for w in wanted])}
    fresh = [w for w in {w.source: w for w in wanted}.values() if w.source not in known]
    if fresh:
        known |= {d.source: d for d in _open(actor, fresh, items, today)}
    return [known[w.source] for w in wanted]


def _open(actor: Actor, fresh: Sequence[NewDispute], items: dict[int, OpenItem], today: date) -> list[Dispute]:
    """Open what wasn't known yet, its items being locked."""
    documents = dict(Invoice.objects.filter(open_item__in=[w.open_item.pk for w in fresh]).values_list("open_item_id", "pk"))
    _check(fresh, items, documents)
    levels = LevelBook({item.company_id for item in items.values()})
    collectors = dict(Customer.objects.filter(pk__in={i.customer_id for i in items.values()}).values_list("pk", "collector_id"))
    numbers = _numbers([items[w.open_item.pk].company_id for w in fresh])
    made = [_dispute(w, items[w.open_item.pk], number, actor, today) for w, number in zip(fresh, numbers, strict=True)]
    for case in made:
        case.invoice_id = documents.get(case.open_item_id)
        case.due_date = levels.due_on(case.company_id, case.reason, case.department_id, today)
        case.owner_id = case.owner_id or collectors.get(case.customer_id)
    Dispute.objects.bulk_create(made)
    DisputeLine.objects.bulk_create(
        DisputeLine(dispute=case, line_id=pk, amount=part) for case, w in zip(made, fresh, strict=True) for pk, part in w.lines
    )
    fill_facets(made)
    DisputeMovement.objects.bulk_create(movement(case, case.amount, today, actor) for case in made)
    DisputeStep.objects.bulk_create(step(case, today, actor) for case in made)
    record_many(_opened(case, items[case.open_item_id], actor) for case in made)
    return made


def _check(fresh: Sequence[NewDispute], items: dict[int, OpenItem], documents: dict[int, int]) -> None:
    """Raise DisputeError unless each can be contested, also beside the others."""
    contested, book = disputed_by_item(list(items)), LineBook([w.lines for w in fresh])
    for w in fresh:
        check_reason(w.reason)
        if w.kind not in Dispute.Kind.values:
            raise DisputeError(f"{w.kind!r} is nothing that can be contested; there are: {', '.join(Dispute.Kind.values)}", "kind")
        if w.department is not None and w.department.company_id != w.open_item.company_id:
            raise DisputeError("choose a department of this company", "department")
        if w.kind == Dispute.Kind.LINES and not w.lines:
            raise DisputeError("choose the lines that are contested", "lines")
        if w.lines:
            book.check(w.lines, documents.get(w.open_item.pk), w.amount)
        check_amount(items[w.open_item.pk], w.amount, contested.get(w.open_item.pk, 0))
        contested[w.open_item.pk] = contested.get(w.open_item.pk, 0) + w.amount


def _numbers(company_ids: Sequence[int]) -> list[str]:
    """A number for each, from the series of its company."""
    drawn = {
        company.pk: iter(next_numbers(company=company, kind="dispute", prefix="DSP-", count=company_ids.count(company.pk)))
        for company in Company.objects.filter(pk__in=set(company_ids)).order_by("pk")
    }
    return [next(drawn[pk]) for pk in company_ids]


def base_of(item: OpenItem, amount: int) -> int:
    """A part of an item in minor units of the company's currency, at the rate of its document."""
    return round(Fraction(amount * item.base_amount, item.amount))


def _dispute(w: NewDispute, item: OpenItem, number: str, actor: Actor, today: date) -> Dispute:
    return Dispute(
        company_id=item.company_id, customer_id=item.customer_id or 0, open_item=item, receipt_ref=w.receipt_ref, number=number,
        kind=w.kind, reason=w.reason, claimed=w.amount, amount=w.amount, base_amount=base_of(item, w.amount), currency=item.currency,
        customer_words=w.customer_words, owner=w.owner, department=w.department, opened_on=today, opened_by=actor.label, source=w.source,
    )  # fmt: skip


def _opened(dispute: Dispute, item: OpenItem, actor: Actor) -> Event:
    data = {
        "number": dispute.number, "item": item.number, "kind": str(dispute.kind), "amount": dispute.amount, "currency": dispute.currency,
        "reason": dispute.reason,
    }  # fmt: skip
    return Event(
        actor=actor.label, type="dispute.opened", company_id=dispute.company_id, customer_ref=dispute.customer_id, data=data,
        subject_type="disputes.dispute", subject_id=dispute.pk,
    )  # fmt: skip
