"""What was billed before a batch of documents: of work orders and orders line by line, of purchase orders and contracts in sums, each less
what credit memos took back; and what the documents may repeat.

A memo's line takes its quantity back where it bears the price of the line it is about; at another price it corrects the price, and the
quantity stays billed. A memo without lines of its own takes the same share of every line.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from invoicing.checks.facts import Claim, Customer, Earlier, EarlierLine
from invoicing.payload import Document, read_document
from invoicing.selectors.batch import Batch
from invoicing.selectors.chain import Placed
from invoicing.selectors.rows import gather, grouped

Drawn = tuple[str, Decimal, int]
"""Unit, quantity and minor units."""


class _Row(NamedTuple):
    invoice: int
    number: str
    day: date
    kind: str
    refers_to: int | None
    line: int
    sku: str
    quantity: Decimal
    unit: str
    unit_price: Decimal
    amount: int
    order_line: int | None
    order: int | None
    job: int | None
    agreement: int | None
    period: date | None


@dataclass
class Claims:
    """What was billed before of each record, by its key."""

    jobs: dict[int, list[Claim]] = field(default_factory=dict)
    orders: dict[int, list[tuple[int | None, Claim]]] = field(default_factory=dict)
    steps: dict[tuple[int, str], list[Claim]] = field(default_factory=dict)
    purchases: dict[tuple[int, int | None], list[Drawn]] = field(default_factory=dict)
    contracts: dict[int, int] = field(default_factory=dict)


def claims(batch: Batch) -> Claims:
    """Everything that was billed before of what stands behind the batch."""
    chain, found = batch.chain, Claims()
    jobs, orders, agreements = list(chain.jobs.by_id), list(chain.orders.by_id), list(chain.agreements.by_id)
    if not (jobs or orders or agreements or chain.purchases):
        return found
    shares = _shares(batch)
    for row, claim in _net(_rows(batch, jobs, orders, agreements), shares):
        if row.job in chain.jobs.by_id:
            found.jobs.setdefault(row.job, []).append(claim)
        if row.order in chain.orders.by_id:
            found.orders.setdefault(row.order, []).append((row.order_line, claim))
        if row.agreement in chain.agreements.by_id:
            found.steps.setdefault((row.agreement, row.sku), []).append(claim)
    _sums(batch, found, agreements, shares)
    return found


_LATER = " AND (%s IS NULL OR i.id < %s)"


def _rows(batch: Batch, jobs: list[int], orders: list[int], agreements: list[int]) -> list[_Row]:
    """Lines that billed the work orders and orders, or (by their article) a step of the contracts."""
    out = set(batch.left_out)
    rows = gather(
        "SELECT i.id, i.number, i.document_date, i.kind, i.refers_to_id, l.number, l.sku, l.quantity, l.unit, l.unit_price, l.amount,"
        " l.order_line, l.sales_order_id, l.job_id, l.agreement_id, coalesce(l.period_from, l.period_to)"
        " FROM invoicing_invoiceline l JOIN invoicing_invoice i"
        " ON i.id = l.invoice_id WHERE (l.job_id = ANY(%s) OR l.sales_order_id = ANY(%s) OR (l.agreement_id = ANY(%s) AND l.sku IN"
        " (SELECT s.code FROM orders_billingstep s JOIN orders_contractversion v ON v.id = s.version_id WHERE v.contract_id = ANY(%s))))"
        " AND l.releases_id IS NULL" + _LATER + " ORDER BY i.id, l.number",
        jobs, orders, agreements, agreements, batch.until, batch.until,
    )  # fmt: skip
    return [row for row in map(_Row._make, rows) if row.invoice not in out and row.refers_to not in out]


def _shares(batch: Batch) -> dict[int, Decimal]:
    """Invoice → the share of it that memos without linked lines of their own took back."""
    rows = gather(
        "SELECT i.id, sum(m.subtotal)::numeric / nullif(i.subtotal, 0) FROM invoicing_invoice m JOIN invoicing_invoice i"
        " ON i.id = m.refers_to_id WHERE m.customer_id = ANY(%s) AND m.kind = 'credit_memo' AND NOT EXISTS (SELECT FROM"
        " invoicing_invoiceline l WHERE l.invoice_id = m.id AND (l.job_id IS NOT NULL OR l.sales_order_id IS NOT NULL OR"
        " l.purchase_order_id IS NOT NULL OR l.agreement_id IS NOT NULL)) GROUP BY i.id",
        sorted(batch.customers),
    )  # fmt: skip
    return {pk: min(share, Decimal(1)) for pk, share in rows if share is not None}


def _net(rows: Sequence[_Row], shares: Mapping[int, Decimal]) -> Iterator[tuple[_Row, Claim]]:
    """Lines of invoices and debit memos, less what memos took back of them; what is gone altogether is left out."""
    billed = {(row.invoice, row.line): row for row in rows if row.kind != "credit_memo"}
    left = {key: _less(row, shares.get(row.invoice)) for key, row in billed.items()}
    for memo in (row for row in rows if row.kind == "credit_memo"):
        key = (memo.refers_to or 0, memo.line)
        if key not in left:
            key = next((k for k, row in billed.items() if k[0] == memo.refers_to and row.sku == memo.sku), key)
        if key not in left:
            continue
        quantity, amount = left[key]
        left[key] = quantity - (memo.quantity if memo.unit_price == billed[key].unit_price else 0), amount - memo.amount
    for key, row in billed.items():
        quantity, amount = left[key]
        if amount > 0 or (row.amount <= 0 and amount != 0):
            yield row, Claim(row.invoice, row.number, row.day, row.sku, max(quantity, Decimal(0)), row.unit, amount, row.line, row.period)


def _less(row: _Row, share: Decimal | None) -> tuple[Decimal, int]:
    if share is None:
        return row.quantity, row.amount
    return row.quantity * (1 - share), row.amount - round(row.amount * share)


_BACK = (
    "CASE WHEN i.kind <> 'credit_memo' THEN l.quantity WHEN l.unit_price = (SELECT o.unit_price FROM invoicing_invoiceline o"
    " WHERE o.invoice_id = i.refers_to_id AND o.number = l.number) THEN -l.quantity ELSE 0 END"
)
_AMOUNT = "CASE WHEN i.kind = 'credit_memo' THEN -l.amount ELSE l.amount END"


def _sums(batch: Batch, found: Claims, agreements: list[int], shares: Mapping[int, Decimal]) -> None:
    """What was drawn on purchase orders by line and unit, and on contracts in all."""
    purchases, out = list(batch.chain.purchases), batch.left_out
    ours = (
        " FROM invoicing_invoiceline l JOIN invoicing_invoice i ON i.id = l.invoice_id WHERE l.{0} = ANY(%s) AND l.releases_id IS NULL"
        " AND NOT i.id = ANY(%s) AND NOT coalesce(i.refers_to_id, 0) = ANY(%s)" + _LATER
    )
    only = out, out, batch.until, batch.until
    if purchases:
        sums = f"SELECT l.purchase_order_id, l.po_line, l.unit, sum({_BACK}), sum({_AMOUNT})" + ours.format("purchase_order_id")
        rows = gather(sums + " GROUP BY 1, 2, 3", purchases, *only)
        found.purchases = grouped(((po, line), (unit, quantity, int(amount))) for po, line, unit, quantity, amount in rows)
    if agreements:
        sums = f"SELECT l.agreement_id, sum({_AMOUNT})" + ours.format("agreement_id") + " GROUP BY 1"
        found.contracts = {key: int(amount) for key, amount in gather(sums, agreements, *only)}
    if shares:
        _take_shares(found, shares, set(out))


def _take_shares(found: Claims, shares: Mapping[int, Decimal], out: set[int]) -> None:
    """What memos without lines took back, out of the sums as well."""
    rows = gather(
        "SELECT invoice_id, purchase_order_id, agreement_id, po_line, unit, quantity, amount FROM invoicing_invoiceline"
        " WHERE invoice_id = ANY(%s) AND releases_id IS NULL", sorted(shares.keys() - out),
    )  # fmt: skip
    for invoice, purchase, agreement, line, unit, quantity, amount in rows:
        back = round(amount * shares[invoice])
        if (purchase, line) in found.purchases:
            found.purchases[purchase, line].append((unit, -quantity * shares[invoice], -back))
        if agreement in found.contracts:
            found.contracts[agreement] -= back


def earlier(batch: Batch, buyers: Mapping[int, Customer]) -> dict[int, tuple[Earlier, ...]]:
    """Documents that those of the batch may repeat, by customer: issued ones that weren't credited in full, and drafts."""
    asked = [(p.customer_id, p.document.document_date, p.document.total, p.document.number) for p in batch.placed]
    consolidated = {c.key for c in buyers.values() if any(r.kind == "consolidated" for r in c.requirements)}
    months = sorted({(c, day.replace(day=1)) for c, day, _, _ in asked if c in consolidated})
    found = grouped((customer, row) for customer, row in [*_issued(batch, asked, months), *_drafted(batch, asked, months)])
    return {customer: tuple(rows) for customer, rows in found.items()}


Asked = Sequence[tuple[int, date, int, str]]
Months = Sequence[tuple[int, date]]
_ASKED = "unnest(%s::bigint[], %s::date[], %s::bigint[], %s::text[]) AS a(customer, day, total, number)"
_MONTHS = "unnest(%s::bigint[], %s::date[]) AS m(customer, month)"


def _issued(batch: Batch, asked: Asked, months: Months) -> Iterable[tuple[int, Earlier]]:
    near, out = batch.policy.near_days, set(batch.left_out)
    keys = gather(
        f"SELECT i.id FROM {_ASKED} JOIN invoicing_invoice i ON i.customer_id = a.customer AND i.document_date BETWEEN a.day - %s AND"
        f" a.day + %s AND (i.total = a.total OR i.number = a.number) AND i.kind = 'invoice' UNION SELECT i.id FROM {_MONTHS} JOIN"
        " invoicing_invoice i ON i.customer_id = m.customer AND i.document_date >= m.month"
        " AND i.document_date < m.month + interval '1 month' AND i.kind = 'invoice'",
        *_columns(asked, 4), near, near, *_columns(months, 2),
    )  # fmt: skip
    wanted = [pk for (pk,) in keys if pk not in out and (batch.until is None or pk < batch.until)]
    if not wanted:
        return
    lines = grouped(
        (row[0], EarlierLine(*row[1:]))
        for row in gather(
            "SELECT invoice_id, sku, quantity, unit_price, amount, purchase_order_id, po_line, sales_order_id, job_id FROM"
            " invoicing_invoiceline WHERE invoice_id = ANY(%s) ORDER BY invoice_id, number", wanted,
        )
    )  # fmt: skip
    for pk, customer, number, day, total, currency, po_number in gather(
        "SELECT id, customer_id, number, document_date, total, currency, po_number FROM invoicing_invoice i WHERE id = ANY(%s) AND"
        " (SELECT coalesce(sum(m.total), 0) FROM invoicing_invoice m WHERE m.refers_to_id = i.id AND m.kind = 'credit_memo') < i.total",
        wanted,
    ):  # fmt: skip
        own = tuple(lines.get(pk, ()))
        yield customer, Earlier(pk, number, day, total, currency, po_number, next((x.order for x in own if x.order), None), own)


def _drafted(batch: Batch, asked: Asked, months: Months) -> Iterable[tuple[int, Earlier]]:
    """Drafts that wait. What their lines refer to is told as far as it stands behind the batch, too."""
    near, own = batch.policy.near_days, {p.key for p in batch.placed} if batch.kept == "draft" else set()
    said = {(p.document.source_system, p.document.external_id) for p in batch.placed if p.document.external_id}
    rows = gather(
        "SELECT DISTINCT ON (d.id) d.id, d.customer_id, d.number, d.document_date, d.total, d.currency, d.source_system, d.external_id,"
        f" d.payload FROM invoicing_draft d WHERE d.state IN ('draft', 'held', 'clear') AND d.kind = 'invoice' AND (EXISTS (SELECT FROM"
        f" {_ASKED} WHERE a.customer = d.customer_id AND d.document_date BETWEEN a.day - %s AND a.day + %s AND (d.total = a.total OR"
        f" (d.number = a.number AND d.number <> ''))) OR EXISTS (SELECT FROM {_MONTHS} WHERE m.customer = d.customer_id AND"
        " d.document_date >= m.month AND d.document_date < m.month + interval '1 month')) AND d.customer_id = ANY(%s)",
        *_columns(asked, 4), near, near, *_columns(months, 2), sorted(batch.customers),
    ) if _any_drafts(batch) else []  # fmt: skip
    for pk, customer, number, day, total, currency, source, external, payload in rows:
        if pk in own or (source, external) in said:
            continue
        document = read_document(payload, source_system=source)
        lines = tuple(_draft_lines(batch, customer, document)) if isinstance(document, Document) else ()
        order = next((x.order for x in lines if x.order), None)
        po_number = document.po_number if isinstance(document, Document) else ""
        yield customer, Earlier(pk, number, day, total, currency, po_number, order, lines, True)


def _any_drafts(batch: Batch) -> bool:
    return bool(
        gather("SELECT 1 FROM invoicing_draft WHERE company_id = %s AND state IN ('draft', 'held', 'clear') LIMIT 1", batch.company_id)
    )


def _draft_lines(batch: Batch, customer: int, document: Document) -> Iterator[EarlierLine]:
    links = batch.chain.links(Placed(0, batch.company_id, customer, document))
    for x, link in zip(document.lines, links, strict=True):
        yield EarlierLine(x.sku, x.quantity, x.unit_price, x.amount, link.purchase_order, x.po_line, link.sales_order, link.job)


def _columns(rows: Sequence[tuple[Any, ...]], width: int) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)] or [[] for _ in range(width)]
