"""What the references of a batch of documents mean: the work orders, orders, purchase orders and contracts that they name, and those on
which these hang. Four queries at most, whatever the size of the batch; none for a kind that nothing refers to."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from django.db import connection

from invoicing.payload import Document


class Job(NamedTuple):
    """A work order's head."""

    id: int
    company_id: int
    customer_id: int
    number: str
    source_system: str
    external_id: str | None
    revision: int
    currency: str
    order_id: int | None
    contract_id: int | None
    purchase_order_id: int | None
    kind: str
    cost_code: str
    ordered_on: date
    scheduled_on: date | None
    completed_on: date | None
    state: str
    technician: str
    signed_off_by: str
    signed_off_on: date | None
    not_to_exceed: int | None


class Order(NamedTuple):
    """A sales order's head."""

    id: int
    company_id: int
    customer_id: int
    number: str
    source_system: str
    external_id: str | None
    revision: int
    currency: str
    purchase_order_id: int | None
    contract_id: int | None
    po_number: str
    ordered_on: date
    payment_terms: str
    tax_code: str
    bill_to: str
    freight: str
    freight_amount: int | None
    state: str
    entered_by: str


class Purchase(NamedTuple):
    """A purchase order's head."""

    id: int
    company_id: int
    customer_id: int
    number: str
    source_system: str
    external_id: str | None
    revision: int
    currency: str
    contract_id: int | None
    issued_on: date
    expires_on: date | None
    is_blanket: bool
    amount: int | None
    payment_terms: str
    bill_to: str
    state: str


class Agreement(NamedTuple):
    """A contract's head."""

    id: int
    company_id: int
    customer_id: int
    number: str
    source_system: str
    external_id: str | None
    revision: int
    currency: str
    title: str
    ended_on: date | None


@dataclass(frozen=True, slots=True)
class Links:
    """The records that a line refers to, by their keys."""

    sales_order: int | None = None
    purchase_order: int | None = None
    job: int | None = None
    agreement: int | None = None


NOTHING = Links()


@dataclass(frozen=True, slots=True)
class Placed:
    """A document with the company and the customer that it names, found. `key` tells it from others of its batch: where it is kept
    already, as a draft or an invoice, its pk there. `replaces` is the invoice it bills again."""

    key: int
    company_id: int
    customer_id: int
    document: Document
    replaces: int | None = None


@dataclass
class _Shelf:
    """Records of one kind, found by key or by what people and systems call them."""

    prefix: str
    by_id: dict[int, Any] = field(default_factory=dict)
    by_external: dict[tuple[int, str, str], Any] = field(default_factory=dict)
    by_number: dict[tuple[int, str], Any] = field(default_factory=dict)

    def put(self, rows: Iterable[Any]) -> None:
        for row in rows:
            self.by_id[row.id] = row
            self.by_number[row.company_id, row.number] = row
            if row.external_id:
                self.by_external[row.company_id, row.source_system, row.external_id] = row

    def find(self, company: int, source: str, said: str) -> Any:
        """By the sender's id, by ours, by number: in that order."""
        found = self.by_external.get((company, source, said)) or self.by_number.get((company, said))
        if found is None and (key := _key(self.prefix, said)) is not None:
            found = self.by_id.get(key)
            return found if found and found.company_id == company else None
        return found


def _key(prefix: str, said: str) -> int | None:
    digits = said[len(prefix) :]
    return int(digits) if said.startswith(prefix) and digits.isascii() and digits.isdecimal() and len(digits) < 19 else None


class Chain:
    """The records behind a batch of documents. `purchases` of a number may be several, of as many customers."""

    def __init__(self, placed: Sequence[Placed]) -> None:
        self.jobs, self.orders, self.agreements = _Shelf("wo_"), _Shelf("ord_"), _Shelf("ctr_")
        self.purchases: dict[int, Purchase] = {}
        self.purchases_named: dict[tuple[int, str], list[Purchase]] = {}
        self._load(placed)

    def _load(self, placed: Sequence[Placed]) -> None:
        companies = {p.company_id for p in placed}
        sources = {p.document.source_system for p in placed}
        jobs = {line.work_order for p in placed for line in p.document.lines if line.work_order}
        self.jobs.put(_heads("orders_workorder", Job, companies, sources, jobs, "wo_"))
        rows: Any = self.jobs.by_id.values()
        orders = {p.document.order_reference for p in placed if p.document.order_reference}
        self.orders.put(_heads("orders_salesorder", Order, companies, sources, orders, "ord_", {r.order_id for r in rows}))
        rows = [*rows, *self.orders.by_id.values()]
        numbers = {p.document.po_number for p in placed if p.document.po_number}
        numbers |= {o.po_number for o in self.orders.by_id.values() if o.po_number and o.purchase_order_id is None}
        for purchase in _heads("orders_purchaseorder", Purchase, companies, sources, numbers, "po_", {r.purchase_order_id for r in rows}):
            self.purchases[purchase.id] = purchase
            self.purchases_named.setdefault((purchase.company_id, purchase.number), []).append(purchase)
        rows = [*rows, *self.purchases.values()]
        named = {line.contract for p in placed for line in p.document.lines if line.contract}
        self.agreements.put(_heads("orders_contract", Agreement, companies, sources, named, "ctr_", {r.contract_id for r in rows}))

    def order(self, placed: Placed) -> Order | None:
        """The order that a document names."""
        said = placed.document.order_reference
        found: Order | None = self.orders.find(placed.company_id, placed.document.source_system, said) if said else None
        return found

    def job(self, placed: Placed, said: str) -> Job | None:
        """The work order that a line names."""
        found: Job | None = self.jobs.find(placed.company_id, placed.document.source_system, said) if said else None
        return found

    def agreement(self, placed: Placed, said: str) -> Agreement | None:
        """The contract that a line names."""
        found: Agreement | None = self.agreements.find(placed.company_id, placed.document.source_system, said) if said else None
        return found

    def purchase(self, placed: Placed, number: str = "") -> Purchase | None:
        """The customer's purchase order that a document names; where the customer has none of that number, whoever's it is."""
        found = self.purchases_named.get((placed.company_id, number or placed.document.po_number), ())
        return next((p for p in found if p.customer_id == placed.customer_id), found[0] if found else None)

    def links(self, placed: Placed) -> list[Links]:
        """What each line of the document refers to, by itself or by what it refers to. Records of other customers aren't linked."""
        document = placed.document
        if not (self.jobs.by_id or self.orders.by_id or self.purchases or self.agreements.by_id):
            return [NOTHING] * len(document.lines)
        order, purchase = _own(self.order(placed), placed), _own(self.purchase(placed), placed) if document.po_number else None
        made: dict[tuple[str, str], Links] = {}
        found = []
        for line in document.lines:
            key = line.work_order, line.contract
            if key not in made:
                made[key] = self._links(placed, order, purchase, *key)
            found.append(made[key])
        return found

    def _links(self, placed: Placed, order: Order | None, purchase: Purchase | None, said_job: str, said_contract: str) -> Links:
        job, agreement = _own(self.job(placed, said_job), placed), _own(self.agreement(placed, said_contract), placed)
        order_id = order.id if order else job.order_id if job else None
        whose: Order | None = self.orders.by_id.get(order_id) if order_id else None
        purchase_id = purchase.id if purchase else (job and job.purchase_order_id) or (whose and whose.purchase_order_id) or None
        bought = self.purchases.get(purchase_id) if purchase_id else None
        contract = (
            agreement.id if agreement else (job and job.contract_id) or (whose and whose.contract_id) or (bought and bought.contract_id)
        )
        return Links(order_id, purchase_id, job.id if job else None, contract or None)


def _own(row: Any, placed: Placed) -> Any:
    return row if row is not None and row.customer_id == placed.customer_id else None


def _heads(
    table: str, shape: Any, companies: Iterable[int], sources: Iterable[str], said: Iterable[str], prefix: str,
    keys: Iterable[int | None] = (),
) -> list[Any]:  # fmt: skip
    """Heads of the records that are meant by number, by the sender's id or by ours, and of those with these keys."""
    names = list(said)
    ids = [k for k in keys if k is not None] + [k for name in names if (k := _key(prefix, name)) is not None]
    if not names and not ids:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {', '.join(shape._fields)} FROM {table} WHERE company_id = ANY(%(companies)s) AND (number = ANY(%(names)s)"
            " OR (source_system = ANY(%(sources)s) AND external_id = ANY(%(names)s)) OR id = ANY(%(ids)s))",
            {"companies": list(companies), "names": names, "sources": list(sources), "ids": ids},
        )
        return [shape._make(row) for row in cursor.fetchall()]


def inherited(links: Mapping[int, Links], number: int) -> Links:
    """What a memo's line refers to, as the line of that number of the document it is about does; else what all of that one's lines do."""
    if number in links:
        return links[number]
    distinct = set(links.values())
    return distinct.pop() if len(distinct) == 1 else NOTHING
