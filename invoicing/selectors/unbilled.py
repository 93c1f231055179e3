"""What was done and stands to be billed: finished work orders, deliveries, orders, milestones, periods of recurring amounts.

Candidates are found by what no draft claims and no invoice bills whole; what they come to, and what is in their way, is worked out from the
same facts that the check looks at, in a fixed number of queries for each company.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import connection

from invoicing.billing import quantities
from invoicing.billing.model import KINDS, Offer, Reason, Slot
from invoicing.billing.offers import Texts, of_milestone, of_order, of_slot, of_work_order, slots
from invoicing.checks import Facts, Policy
from invoicing.models import Draft
from invoicing.payload import Document, Line, Reference, read_document
from invoicing.selectors.batch import Batch
from invoicing.selectors.chain import Chain, Placed
from invoicing.selectors.claimed import ANY_PART, CHANGED, FREE, PARTLY, next_part, ordered_whole, parts_by_order, parts_of, taken_of
from invoicing.selectors.facts import load
from invoicing.selectors.rows import gather
from orders.models import Delivery
from org.actors import Actor, Reach
from org.models import Company

MOST = 2_000
"""Of each kind and company, the oldest so many are looked at; those after them show when these are billed."""


class Asked(NamedTuple):
    """What is looked for: a company, of it perhaps one customer, a collector's customers or chosen ones (`of`), up to a day."""

    company_id: int
    today: date
    customer: int | None = None
    collector: int | None = None
    of: Collection[int] | None = None


def asked_by(reach: Reach, company_id: int, today: date, customer: int | None = None) -> Asked:
    """What somebody of this reach may look for in a company."""
    if reach.everything or company_id in reach.companies:
        return Asked(company_id, today, customer)
    chosen = reach.customers
    return Asked(company_id, today, customer, None if chosen is not None else reach.person_id, chosen)


class Source(NamedTuple):
    """A candidate: its key, customer, and what else tells it (an order's key; a milestone's code)."""

    key: int
    customer: int
    other: Any = None


@dataclass(frozen=True, slots=True)
class Found:
    """Candidates of one company by kind, and whether there are more of some than are looked at."""

    work: list[Source]
    deliveries: list[Source]
    orders: list[Source]
    milestones: list[Source]
    schedules: list[Source]
    is_cut: bool = False


@dataclass(frozen=True, slots=True)
class Unbilled:
    """Offers of one company with the facts they were worked out from."""

    company: Company
    offers: list[Offer]
    facts: Facts | None
    is_cut: bool = False
    drafts: Mapping[str, int] = field(default_factory=dict)
    """Offer's key → key of the draft (pushed, imported or keyed) that bills it, where there is one."""


def unbilled(actor: Actor, today: date, *, company: int | None = None, customer: int | None = None) -> list[Unbilled]:
    """What stands to be billed in the companies in sight."""
    reach = actor.reach("invoices.view")
    companies: Any = Company.objects.visible_to(actor, "invoices.view").order_by("code")
    if company is not None:
        companies = companies.filter(pk=company)
    found = []
    for one in companies:
        found.append(of_company(one, asked_by(reach, one.pk, today, customer)))
    return [one for one in found if one.offers]


def of_company(company: Company, asked: Asked, only: Collection[str] | None = None, kinds: Collection[str] = tuple(KINDS)) -> Unbilled:
    """What stands to be billed in a company: of these kinds, and (`only`) of these keys (see DraftBasis)."""
    found = _candidates(asked, kinds)
    if only is not None:
        found = _named(found, only)
    placed = list(_probes(found, asked))
    if not placed:
        return Unbilled(company, [], None, found.is_cut)
    batch = Batch(placed, Chain(placed), policy_of(company))
    facts = load(batch)[1]
    parts = parts_of([*_keys(found), *(_key_of(slot) for slot in _due(found, facts, asked))])
    offers = [replace(o, keys=tuple(next_part(k, parts) for k in o.keys)) for o in _offers(found, facts, batch.policy, asked, parts)]
    drafts = _elsewhere(offers, asked.company_id) if offers else {}
    offers = [_with_draft(offer, drafts.get(offer.key)) for offer in offers]
    if only is not None:
        offers = [offer for offer in offers if offer.key in only]
    return Unbilled(company, sorted(offers, key=lambda o: (o.day, o.key)), facts, found.is_cut, {k: d.pk for k, d in drafts.items()})


def policy_of(company: Company) -> Policy:
    """What the company calls freight and fees."""
    policy, usual = getattr(company, "check_policy", None), Policy()
    freight = frozenset(policy.freight_skus) if policy and policy.freight_skus else usual.freight_skus
    fees = frozenset(policy.fee_skus) if policy and policy.fee_skus else usual.fee_skus
    return Policy(freight, fees)


_SCOPE = (
    " AND x.company_id = %(company)s AND (%(customer)s::bigint IS NULL OR x.customer_id = %(customer)s)"
    " AND (%(collector)s::bigint IS NULL OR EXISTS (SELECT FROM customers_customer c WHERE c.id = x.customer_id"
    " AND c.collector_id = %(collector)s)) AND (%(of)s::bigint[] IS NULL OR x.customer_id = ANY(%(of)s))"
)
_BILLED = (
    "EXISTS (SELECT FROM invoicing_invoiceline l JOIN invoicing_invoice i ON i.id = l.invoice_id WHERE {0} AND i.kind <> 'credit_memo'"
    " AND NOT EXISTS (SELECT FROM invoicing_invoice m WHERE m.refers_to_id = i.id AND m.kind = 'credit_memo'))"
)
_WORK = (
    "SELECT x.id, x.customer_id FROM orders_workorder x WHERE x.state = 'done' AND x.completed_on <= %(today)s AND (NOT "
    + _BILLED.format("l.job_id = x.id") + " OR " + PARTLY.format("'work_order:' || x.id") + ") AND "
    + FREE.format("'work_order:' || x.id") + _SCOPE + " ORDER BY x.completed_on, x.id LIMIT %(limit)s"
)  # fmt: skip
_DELIVERIES = (
    "SELECT d.id, x.customer_id, x.id FROM orders_delivery d JOIN orders_salesorder x ON x.id = d.order_id WHERE d.shipped_on <= %(today)s"
    " AND x.state IN ('open', 'shipped') AND " + FREE.format("'delivery:' || d.id")
    + " AND (" + PARTLY.format("'delivery:' || d.id") + " OR (SELECT coalesce(sum(n.quantity - n.damaged), 0)"
    " FROM orders_deliveryline n JOIN orders_delivery e ON e.id = n.delivery_id"
    " WHERE e.order_id = x.id) > (SELECT coalesce(sum(l.quantity), 0) FROM invoicing_invoiceline l JOIN invoicing_invoice i"
    " ON i.id = l.invoice_id WHERE l.sales_order_id = x.id AND l.order_line IS NOT NULL AND l.job_id IS NULL AND i.kind <> 'credit_memo'))"
    + _SCOPE + " ORDER BY d.shipped_on, d.id LIMIT %(limit)s"
)  # fmt: skip
_ORDERS = (
    "SELECT x.id, x.customer_id FROM orders_salesorder x WHERE x.state = 'shipped' AND (NOT "
    + _BILLED.format("l.sales_order_id = x.id AND l.job_id IS NULL") + " OR " + PARTLY.format("'order:' || x.id") + ")"
    + " AND " + FREE.format("'order:' || x.id")
    + " AND EXISTS (SELECT FROM orders_salesorderline n WHERE n.order_id = x.id AND NOT CASE WHEN n.is_service"
    " THEN EXISTS (SELECT FROM orders_workorder w WHERE w.order_id = x.id)"
    " ELSE EXISTS (SELECT FROM orders_delivery d WHERE d.order_id = x.id) END)"
    + _SCOPE + " ORDER BY x.ordered_on, x.id LIMIT %(limit)s"
)  # fmt: skip
_MILESTONES = (
    "SELECT x.id, x.customer_id, r.code FROM orders_milestonereached r JOIN orders_contract x ON x.id = r.contract_id"
    " WHERE r.reached_on <= %(today)s AND " + FREE.format("'milestone:' || x.id || ':' || r.code") + _SCOPE
    + " ORDER BY r.reached_on, x.id LIMIT %(limit)s"
)  # fmt: skip
_SCHEDULES = (
    "SELECT DISTINCT x.id, x.customer_id FROM orders_contract x JOIN orders_contractversion v ON v.contract_id = x.id"
    " JOIN orders_billingstep s ON s.version_id = v.id WHERE s.kind = 'recurring'" + _SCOPE + " ORDER BY x.id LIMIT %(limit)s"
)  # fmt: skip


_QUERIES = {"work": _WORK, "delivery": _DELIVERIES, "order": _ORDERS, "milestone": _MILESTONES, "schedule": _SCHEDULES}


def _candidates(asked: Asked, wanted: Collection[str]) -> Found:
    values = {
        "company": asked.company_id, "customer": asked.customer, "collector": asked.collector, "today": asked.today, "limit": MOST + 1,
        "of": None if asked.of is None else list(asked.of),
    }  # fmt: skip
    kinds = [_sources(sql, values) if kind in wanted else [] for kind, sql in _QUERIES.items()]
    work, deliveries, orders, milestones, schedules = (rows[:MOST] for rows in kinds)
    return Found(work, deliveries, orders, milestones, schedules, any(len(rows) > MOST for rows in kinds))


def _sources(sql: str, values: dict[str, Any]) -> list[Source]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return [Source(*row) for row in cursor.fetchall()]


def _named(found: Found, only: Collection[str]) -> Found:
    contracts = {key.split(":")[1] for key in only if key.startswith("schedule:")}
    return Found(
        [s for s in found.work if f"work_order:{s.key}" in only], found.deliveries if any(k.startswith("delivery:") for k in only) else [],
        [s for s in found.orders if f"order:{s.key}" in only], [s for s in found.milestones if f"milestone:{s.key}:{s.other}" in only],
        [s for s in found.schedules if str(s.key) in contracts], found.is_cut,
    )  # fmt: skip


def _probes(found: Found, asked: Asked) -> Iterator[Placed]:
    """Documents that name the candidates and their articles: what stands behind them is loaded as for documents that are checked."""
    skus: defaultdict[tuple[str, int], list[str]] = defaultdict(list)
    orders = {s.other: s.customer for s in found.deliveries} | {s.key: s.customer for s in found.orders}
    for kind, key, sku in gather(
        "SELECT 'work', work_order_id, sku FROM orders_workorderline WHERE work_order_id = ANY(%s) UNION"
        " SELECT 'order', order_id, sku FROM orders_salesorderline WHERE order_id = ANY(%s)", [s.key for s in found.work], list(orders),
    ):  # fmt: skip
        skus[kind, key].append(sku)
    for source in found.work:
        yield probe(asked, source.customer, [probe_line(sku, work=source.key) for sku in skus["work", source.key] or [""]])
    for key, customer in orders.items():
        yield probe(asked, customer, [probe_line(sku) for sku in skus["order", key]], f"ord_{key}")
    for key, customer in {(s.key, s.customer) for s in (*found.milestones, *found.schedules)}:
        yield probe(asked, customer, [probe_line("", contract=key)])


def probe_line(sku: str, work: int | None = None, contract: int | None = None) -> Line:
    """A line of a probe: an article, and what it is of."""
    names = f"wo_{work}" if work else "", f"ctr_{contract}" if contract else ""
    return Line(1, sku, "", Decimal(1), "", Decimal(0), 0, "", 0, None, None, *names, "")


def probe(asked: Asked, customer: int, lines: Sequence[Line], order: str = "") -> Placed:
    """A document that says nothing but what it refers to."""
    document = Document(
        "arops", None, None, "", "", "invoice", Reference(), "", asked.today, None, "", None, "", order, None, "", tuple(lines), 0, 0, 0, ""
    )
    return Placed(0, asked.company_id, customer, document)


def _keys(found: Found) -> list[str]:
    """What drafts would claim of the candidates; freight with the orders."""
    orders = {s.other for s in found.deliveries} | {s.key for s in found.orders}
    return [
        *(f"work_order:{s.key}" for s in found.work), *(f"delivery:{s.key}" for s in found.deliveries), *(f"freight:{o}" for o in orders),
        *(f"order:{s.key}" for s in found.orders), *(f"milestone:{s.key}:{s.other}" for s in found.milestones),
    ]  # fmt: skip


def _offers(found: Found, facts: Facts, policy: Policy, asked: Asked, parts: Mapping[str, int]) -> Iterator[Offer]:
    texts = _texts(facts)
    for source in found.work:
        work = facts.work_orders.get(source.key)
        if work and work.claims:
            lines = quantities.of_work(work, facts.conversions) if f"work_order:{source.key}" in parts else ()
            work = replace(work, lines=lines) if lines else None
        if work and (offer := of_work_order(facts, work, texts, asked.today)):
            yield offer
    yield from _goods(found, facts, policy, texts, asked, parts)
    for source in found.milestones:
        contract = facts.contracts.get(source.key)
        if contract and source.other in contract.reached and (offer := of_milestone(facts, contract, source.other, asked.today)):
            yield offer
    yield from _periods(found, facts, asked)


def _texts(facts: Facts) -> Texts:
    rows = gather(
        "SELECT 'work', work_order_id, number, description FROM orders_workorderline WHERE work_order_id = ANY(%s) UNION ALL"
        " SELECT 'order', order_id, number, description FROM orders_salesorderline WHERE order_id = ANY(%s)",
        list(facts.work_orders), list(facts.orders),
    )  # fmt: skip
    return {(kind, key, number): text for kind, key, number, text in rows if text}


def _goods(found: Found, facts: Facts, policy: Policy, texts: Texts, asked: Asked, parts: Mapping[str, int]) -> Iterator[Offer]:
    """Deliveries, and orders that were shipped without a record of it. Freight goes with what is billed first of an order."""
    keys = {s.other for s in found.deliveries} | {s.key for s in found.orders}
    shipped, working, busy, claimed = _shipped(keys), _with_work(keys), ordered_whole(keys), parts_by_order(keys, facts)
    charged = _freight_billed(keys, policy)
    article = min(policy.freight_skus, default="")
    wanted = {s.key for s in found.deliveries}
    for key in sorted(keys):
        order = facts.orders.get(key)
        if order is None or key in busy:
            continue
        deliveries = shipped.get(key, [])
        left = quantities.of_deliveries(order, [(d.key, d.lines) for d in deliveries], claimed.get(key, ()), facts.conversions)
        freight = article if order.freight_amount and key not in charged else ""
        for d in deliveries:
            if d.key in wanted and (d.key in left or (freight and f"delivery:{d.key}" in parts)):
                bases = (f"delivery:{d.key}", *((f"freight:{key}",) if freight else ()))
                record, rest = ("orders.delivery", d.key), left.get(d.key, {})
                offer = of_order(facts, order, rest, bases, d.number, record, d.shipped_on, texts, asked.today, freight)
                freight = "" if offer else freight
                if offer:
                    yield offer
        if any(s.key == key for s in found.orders):
            rest = quantities.of_whole(order, bool(deliveries), key in working, facts.conversions)
            freight = freight if rest or f"order:{key}" in parts else ""
            bases = (f"order:{key}", *((f"freight:{key}",) if freight else ()))
            offer = of_order(
                facts, order, rest, bases, order.number, ("orders.salesorder", key), order.ordered_on, texts, asked.today, freight
            )
            if offer:
                yield offer


@dataclass(slots=True)
class _Shipped:
    key: int
    number: str
    shipped_on: date
    lines: dict[int, Decimal] = field(default_factory=dict)


def _shipped(orders: Iterable[int]) -> dict[int, list[_Shipped]]:
    found: dict[int, dict[int, _Shipped]] = {}
    for order, key, number, day, line, quantity in gather(
        "SELECT d.order_id, d.id, d.number, d.shipped_on, l.order_line, l.quantity - l.damaged FROM orders_delivery d"
        " JOIN orders_deliveryline l ON l.delivery_id = d.id WHERE d.order_id = ANY(%s) ORDER BY d.shipped_on, d.id", list(orders),
    ):  # fmt: skip
        found.setdefault(order, {}).setdefault(key, _Shipped(key, number, day)).lines[line] = quantity
    return {order: list(deliveries.values()) for order, deliveries in found.items()}


def _with_work(orders: Iterable[int]) -> set[int]:
    return {key for (key,) in gather("SELECT DISTINCT order_id FROM orders_workorder WHERE order_id = ANY(%s)", list(orders))}


def _freight_billed(orders: Iterable[int], policy: Policy) -> set[int]:
    """Orders whose freight was billed, or stands in a draft; not those of which it was left out before the draft was issued."""
    rows = gather(
        "SELECT l.sales_order_id FROM invoicing_invoiceline l WHERE l.sales_order_id = ANY(%s) AND l.sku = ANY(%s) UNION"
        " SELECT o FROM unnest(%s::bigint[]) o JOIN invoicing_draftbasis b ON " + ANY_PART.format("'freight:' || o")
        + " JOIN invoicing_draft f ON f.id = b.draft_id WHERE NOT (" + CHANGED + ")",
        list(orders), sorted(policy.freight_skus), list(orders),
    )  # fmt: skip
    return {key for (key,) in rows}


def _due(found: Found, facts: Facts, asked: Asked) -> list[Slot]:
    contracts = [facts.contracts[s.key] for s in found.schedules if s.key in facts.contracts]
    return [slot for contract in contracts for slot in slots(contract, asked.today)]


def _key_of(slot: Slot) -> str:
    return f"schedule:{slot.contract}:{slot.code}:{slot.day}"


def _periods(found: Found, facts: Facts, asked: Asked) -> Iterator[Offer]:
    due = _due(found, facts, asked)
    taken = taken_of([_key_of(slot) for slot in due])
    for slot in due:
        if _key_of(slot) not in taken and (offer := of_slot(facts, facts.contracts[slot.contract], slot, asked.today)):
            yield offer


def _elsewhere(offers: Sequence[Offer], company_id: int) -> dict[str, Draft]:
    """Offers that a draft bills without having claimed them: documents that were pushed, imported or keyed."""
    keyless: Any = Draft.objects.live().filter(company=company_id, origin__in=("erp", "import", "hand", "rebill"), kind="invoice")
    customers = {offer.customer for offer in offers}
    drafts = list(keyless.filter(customer__in=customers, bases=None).order_by("pk")[:MOST])
    read = [(d, read_document({**d.payload, "number": d.number or "draft"}, source_system=d.source_system)) for d in drafts]
    placed = [(d, Placed(d.pk, company_id, d.customer_id, document)) for d, document in read if isinstance(document, Document)]
    if not placed:
        return {}
    chain = Chain([p for _, p in placed])
    found: dict[str, Draft] = {}
    for draft, place in placed:
        for line, link in zip(place.document.lines, chain.links(place), strict=True):
            if link.job:
                found[f"work_order:{link.job}"] = draft
            elif link.sales_order:
                found[f"order:{link.sales_order}"] = draft
            if link.agreement and line.sku:
                found[f"milestone:{link.agreement}:{line.sku}"] = draft
    ordered = {int(key.removeprefix("order:")): draft for key, draft in found.items() if key.startswith("order:")}
    for delivery, order in Delivery.objects.filter(order__in=ordered).values_list("pk", "order_id"):
        found[f"delivery:{delivery}"] = ordered[order]
    return {offer.key: draft for offer in offers if (draft := found.get(offer.key))}


def _with_draft(offer: Offer, draft: Draft | None) -> Offer:
    if draft is None:
        return offer
    reason = Reason("in_draft", f"{draft.get_origin_display()} draft {draft} bills it already", "receivables")
    return replace(offer, reasons=(*offer.reasons, reason))
