"""Papers that are missing, with the money that waits for them and how they are chased."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from django.db import connection
from django.db.models import Q, QuerySet

from arops.lib.bulk import in_array
from collections_app.models import DocumentChase
from customers.models import BillingRequirement, CustomerDocument
from customers.requirements import CUSTOMER, GIVEN, LIEN
from invoicing.models import Invoice
from invoicing.selectors.payable import blocked_rows, candidates
from org.actors import Actor

_SUMS = """
WITH paper AS MATERIALIZED (
  SELECT id, customer_id, kind, invoice_number, contract_number, state IN ('requested', 'refused')
      OR state = 'received' AND kind = ANY(%(given)s)
      OR coalesce(expires_on < %(today)s, false) OR coalesce(valid_from > %(today)s, false) AS holds
    FROM customers_customerdocument WHERE state <> 'cancelled' AND kind <> ALL(%(lien)s) AND customer_id = ANY(%(customers)s)),
owed AS MATERIALIZED (
  SELECT o.customer_id, o.balance, i.currency, i.number, i.id FROM ledger_openitem o JOIN invoicing_invoice i ON i.open_item_id = o.id
    WHERE o.customer_id = ANY(%(customers)s) AND o.balance > 0 AND i.kind IN ('invoice', 'debit_memo'))
SELECT id, currency, sum(balance), count(*) FROM (
  SELECT DISTINCT ON (o.id, p.kind) p.id, p.holds, o.currency, o.balance FROM owed o JOIN paper p USING (customer_id)
    WHERE CASE WHEN p.invoice_number <> '' THEN p.invoice_number = o.number
      ELSE p.contract_number = '' OR EXISTS (SELECT FROM invoicing_invoiceline l LEFT JOIN orders_contract a ON a.id = l.agreement_id
        WHERE l.invoice_id = o.id AND p.contract_number IN (l.contract, a.number)) END
    ORDER BY o.id, p.kind, p.holds, p.id DESC) newest
  WHERE holds GROUP BY 1, 2
"""
"""What `customers.requirements.papers_missing` says, summed by paper: of several of a kind about an invoice one in force counts, else the
newest."""


@dataclass(frozen=True, slots=True)
class Missing:
    """A paper that is missing, by its key, with what waits for it: currency → minor units, of how many invoices."""

    paper: int
    money: dict[str, int]
    invoices: int


@dataclass(frozen=True, slots=True)
class Blocker:
    """A paper that is missing: how it is chased (None before the first night), and what waits for it: currency → minor units, of how
    many invoices."""

    document: CustomerDocument
    chase: DocumentChase | None
    money: dict[str, int]
    invoices: int

    @property
    def is_ours(self) -> bool:
        """Whether we owe it, rather than the customer."""
        return not is_theirs(self.document)

    @property
    def about(self) -> str:
        """What it is for: an invoice, a contract, a jurisdiction; else the account."""
        return about(self.document)


def is_theirs(document: CustomerDocument) -> bool:
    """Whether the customer owes the paper to us."""
    return document.waits_for == CUSTOMER and document.kind not in GIVEN


def about(document: CustomerDocument) -> str:
    """What a paper is for, in a word."""
    return document.invoice_number or document.contract_number or document.jurisdiction or document.customer.number


def missing(actor: Actor | None = None, company: int | None = None, permission: str = "collections.view") -> QuerySet[CustomerDocument]:
    """Papers asked for and not there, or refused; of customers in sight, or of a company."""
    rows = CustomerDocument.objects.filter(state__in=["requested", "refused"], customer__is_active=True)
    rows = rows.visible_to(actor, permission) if actor is not None else rows
    return rows.filter(company=company) if company is not None else rows


def blockers(actor: Actor, today: date, asked: dict[str, str]) -> list[Missing]:
    """Missing papers in sight with what waits for them, the most money first; `asked` narrows by words, owner (me) and who must act."""
    rows = missing(actor)
    if asked["q"]:
        rows = rows.filter(Q(customer__name__icontains=asked["q"]) | Q(customer__number__iexact=asked["q"]))
    if asked["waits"]:
        theirs = Q(waits_for=CUSTOMER) & ~Q(kind__in=GIVEN)
        rows = rows.filter(theirs if asked["waits"] == "customer" else ~theirs)
    if asked["owner"] == "me":
        me = actor.reach("collections.view").person_id
        rows = rows.filter(Q(chase__owner=me) | Q(chase=None, customer__collector=me)) if me else rows.none()
    found = list(rows.order_by().values_list("pk", "customer_id", "requested_on"))
    waiting = money_by_paper(today, {customer for _, customer, _ in found})
    made = [(asked_on or today, Missing(pk, *waiting.get(pk, ({}, 0)))) for pk, _, asked_on in found]
    return [m for _, m in sorted(made, key=lambda x: (-max(x[1].money.values(), default=0), x[0], x[1].paper))]


def with_records(found: Sequence[Missing]) -> list[Blocker]:
    """The same in the same order, with the papers' records and how they are chased."""
    rows = CustomerDocument.objects.select_related("customer", "company", "chase__owner")
    records = rows.in_bulk([m.paper for m in found])
    papers = [(records[m.paper], m) for m in found if m.paper in records]
    return [Blocker(d, getattr(d, "chase", None), m.money, m.invoices) for d, m in papers]


def money_by_paper(today: date, customers: Collection[int]) -> dict[int, tuple[dict[str, int], int]]:
    """Paper → what waits for it by currency in minor units, and of how many open invoices."""
    rules = BillingRequirement.objects.filter(kind="lien_release", customer__in=in_array(customers))
    releasing = set(rules.values_list("customer", flat=True)) if customers else set()
    return _summed(today, set(customers) - releasing) | _judged(today, releasing)


def _summed(today: date, customers: Collection[int]) -> dict[int, tuple[dict[str, int], int]]:
    """By one statement, for customers of whom no lien releases are wanted."""
    found: dict[int, tuple[dict[str, int], int]] = {}
    if customers:
        with connection.cursor() as cursor:
            cursor.execute(_SUMS, {"today": today, "customers": list(customers), "given": list(GIVEN), "lien": list(LIEN)})
            for paper, currency, amount, count in cursor.fetchall():
                amounts, before = found.get(paper, ({}, 0))
                found[paper] = (amounts | {currency: int(amount)}, before + count)
    return found


def _judged(today: date, customers: Collection[int]) -> dict[int, tuple[dict[str, int], int]]:
    """Invoice by invoice: lien releases go by the invoice before, which no statement tells cheaply."""
    if not customers:
        return {}
    sums: dict[int, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    counts: dict[int, int] = defaultdict(int)
    for row, gaps in blocked_rows(candidates(Invoice.objects.filter(customer__in=in_array(customers))), today):
        for paper in {gap.paper for gap in gaps if gap.paper}:
            sums[paper][row["currency"]] += row["open_item__balance"]
            counts[paper] += 1
    return {paper: (dict(amounts), counts[paper]) for paper, amounts in sums.items()}


def due_chases(company: int, day: date) -> QuerySet[DocumentChase]:
    """Chases of which the next reminder is due, that aren't paused, of customers that may be written to."""
    held = Q(customer__dunning_hold=True) & (Q(customer__dunning_hold_until=None) | Q(customer__dunning_hold_until__gte=day))
    rows = DocumentChase.objects.filter(company=company, closed_on=None, next_on__lte=day, customer__is_active=True).exclude(held)
    return rows.filter(Q(paused_until=None) | Q(paused_until__lt=day)).select_related("document", "customer", "company")
