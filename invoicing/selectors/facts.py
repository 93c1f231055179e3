"""Facts for the check, of a batch of one company's documents: about twenty queries, whatever the size of the batch; of these only those
that something in the batch asks for."""

from collections.abc import Iterable, Mapping

from arops.lib.collecting import without_collection
from invoicing.checks.facts import Billed, BilledLine, Facts
from invoicing.selectors import agreed, before, masters, ordered
from invoicing.selectors.batch import Batch
from invoicing.selectors.chain import Chain, Placed
from invoicing.selectors.rows import gather, grouped


@without_collection()
def load(batch: Batch) -> tuple[list[Billed], Facts]:
    """The documents as the check looks at them, in their order, and all that they are held against."""
    chain = batch.chain
    attached = _attached(batch)
    customers = masters.customers(batch)
    claims = before.claims(batch)
    orders = ordered.orders(batch, claims)
    contracts = agreed.contracts(batch, claims)
    facts = Facts(
        customers=customers, contracts=contracts, purchase_orders=ordered.purchase_orders(batch, claims), orders=orders,
        work_orders=ordered.work_orders(batch, claims, attached), tax_rates=masters.tax_rates(batch, customers, orders, contracts),
        conversions=masters.conversions(batch), earlier=before.earlier(batch, customers),
    )  # fmt: skip
    again = batch.billed_again()
    return [_billed(p, chain, facts, attached, p.replaces if p.replaces in again else None) for p in batch.placed], facts


def _attached(batch: Batch) -> Mapping[tuple[str, int], frozenset[str]]:
    """Kinds of files attached to work orders, orders, deliveries' orders and the documents themselves, by subject."""
    subjects = {"orders.workorder": list(batch.chain.jobs.by_id), "orders.salesorder": list(batch.chain.orders.by_id)}
    if batch.kept:
        subjects[f"invoicing.{batch.kept}"] = [p.key for p in batch.placed]
    wanted = [(label, key) for label, keys in subjects.items() for key in keys]
    rows: list[tuple[str, int, str]] = []
    if wanted:
        rows = gather(
            "SELECT a.subject_type, a.subject_id, a.kind FROM workflow_attachment a WHERE a.removed_at IS NULL AND (a.subject_type,"
            " a.subject_id) IN (SELECT * FROM unnest(%s::text[], %s::bigint[])) UNION SELECT 'orders.salesorder', d.order_id, a.kind"
            " FROM orders_delivery d JOIN workflow_attachment a ON a.subject_type = 'orders.delivery' AND a.subject_id = d.id"
            " AND a.removed_at IS NULL WHERE d.order_id = ANY(%s)",
            [label for label, _ in wanted], [key for _, key in wanted], subjects["orders.salesorder"],
        )  # fmt: skip
    return {key: frozenset(kinds) for key, kinds in grouped(((label, pk), kind) for label, pk, kind in rows).items()}


def _billed(
    placed: Placed, chain: Chain, facts: Facts, attached: Mapping[tuple[str, int], frozenset[str]], replaces: int | None
) -> Billed:  # fmt: skip
    document, customer = placed.document, facts.customers[placed.customer_id]
    order = chain.order(placed) if document.order_reference else None
    purchase = chain.purchase(placed) if document.po_number else None
    files: frozenset[str] = frozenset()
    if attached:
        own = (("invoicing.draft", placed.key), ("invoicing.invoice", placed.key), ("orders.salesorder", order.id if order else 0))
        files = files.union(*(attached.get(subject, ()) for subject in own))
    return Billed(
        key=placed.key, kind=document.kind, number=document.number, customer=placed.customer_id, currency=document.currency,
        document_date=document.document_date, payment_terms=document.terms_text or customer.payment_terms, po_number=document.po_number,
        lines=tuple(_lines(placed, chain)), subtotal=document.subtotal, tax_total=document.tax_total, total=document.total,
        retainage=document.retainage, cost_code=document.cost_code, buyer_reference=document.buyer_reference, bill_to=customer.address,
        order_reference=document.order_reference, order=order.id if order else None, purchase_order=purchase.id if purchase else None,
        replaces=replaces, attachments=files,
    )  # fmt: skip


def _lines(placed: Placed, chain: Chain) -> Iterable[BilledLine]:
    for x in placed.document.lines:
        job = chain.job(placed, x.work_order) if x.work_order else None
        contract = chain.agreement(placed, x.contract) if x.contract else None
        yield BilledLine(
            x.number, x.sku, x.description, x.quantity, x.unit, x.unit_price, x.amount, x.tax_code, x.tax_amount, x.po_line, x.order_line,
            None, None, job.id if job else None, contract.id if contract else None,
            x.releases is not None, x.period,
        )  # fmt: skip
