"""Papers that are missing, with the money that waits for them and how they are chased."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from django.db.models import Q, QuerySet

from arops.lib.bulk import in_array
from collections_app.models import DocumentChase
from customers.models import CustomerDocument
from customers.requirements import CUSTOMER, GIVEN
from invoicing.models import Invoice
from invoicing.selectors.payable import blocked_rows, candidates
from org.actors import Actor


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


def blockers(actor: Actor, today: date, asked: dict[str, str]) -> list[Blocker]:
    """Missing papers in sight with what waits for them, the most money first; `asked` narrows by words, owner (me) and who must act."""
    rows = missing(actor).select_related("customer", "company", "chase__owner")
    if asked["q"]:
        rows = rows.filter(Q(customer__name__icontains=asked["q"]) | Q(customer__number__iexact=asked["q"]))
    found = [d for d in rows if not asked["waits"] or is_theirs(d) == (asked["waits"] == "customer")]
    if asked["owner"] == "me":
        me = actor.reach("collections.view").person_id
        found = [d for d in found if (d.chase.owner_id if hasattr(d, "chase") else d.customer.collector_id) == me]
    waiting = money_by_paper(today, {d.customer_id for d in found})
    made = [Blocker(d, getattr(d, "chase", None), *waiting.get(d.pk, ({}, 0))) for d in found]
    return sorted(made, key=lambda b: (-max(b.money.values(), default=0), b.document.requested_on or today, b.document.pk))


def money_by_paper(today: date, customers: Collection[int]) -> dict[int, tuple[dict[str, int], int]]:
    """Paper → what waits for it by currency in minor units, and of how many open invoices."""
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
