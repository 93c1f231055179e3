"""Reading what customers want of invoices, their papers and taxes; who belongs to whom."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import connection
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from arops.lib.bulk import in_array
from customers.models import BillingRequirement, Customer, CustomerDocument, TaxRate
from customers.requirements import EXPIRING, GIVEN, Paper, Standing, standing, words_of
from org.actors import Actor

STANDINGS = {
    "": "all but done with", "waits": "waiting for someone", "requested": "requested", "expiring": "expiring", "expired": "expired",
    "good": "in force", "refused": "refused", "all": "all",
}  # fmt: skip
SORTS = {"expires": "expires_on", "customer": "customer__name", "kind": "kind", "requested": "requested_on", "number": "customer__number"}


@dataclass(frozen=True, slots=True)
class Asked:
    """Which papers are asked for; empty means all."""

    standing: str = ""
    kind: str = ""
    company: str = ""
    customer: int | None = None
    waits_for: str = ""
    text: str = ""
    within: int | None = None
    sort: str = "expires"


def rules_of(customer: Customer) -> QuerySet[BillingRequirement]:
    """All versions of a customer's rules, those in force last begun first."""
    return BillingRequirement.objects.filter(customer=customer).order_by("kind", "-valid_from", "-pk")


def rule_words(rule: BillingRequirement) -> str:
    """A rule in words."""
    return words_of(rule.kind, rule.params, rule.get_kind_display())


def rules_in_force(customers: Iterable[int], first: date) -> dict[int, list[BillingRequirement]]:
    """Rules by customer that hold on `first` or later, in one query."""
    found = defaultdict(list)
    rows = BillingRequirement.objects.filter(customer__in=in_array(set(customers))).filter(Q(valid_to=None) | Q(valid_to__gte=first))
    for rule in rows.order_by("pk"):
        found[rule.customer_id].append(rule)
    return dict(found)


def papers_of(customers: Iterable[int]) -> dict[int, list[Paper]]:
    """Papers by customer in the order of their making, but those no longer needed; in one query."""
    found = defaultdict(list)
    fields = "customer_id pk kind state waits_for contract_number invoice_number requested_on received_on valid_from expires_on".split()
    rows = CustomerDocument.objects.filter(customer__in=in_array(set(customers))).exclude(state="cancelled").order_by("pk")
    for customer, *rest in rows.values_list(*fields):
        found[customer].append(Paper(*rest))
    return dict(found)


def stands(document: CustomerDocument, today: date) -> Standing:
    """How a paper stands on the day."""
    return standing(
        kind=document.kind, state=document.state, today=today, requested_on=document.requested_on, received_on=document.received_on,
        valid_from=document.valid_from, expires_on=document.expires_on,
    )  # fmt: skip


def documents_in_sight(actor: Actor, asked: Asked, today: date) -> QuerySet[CustomerDocument]:
    """Papers that the actor sees and asks for; by default those that still matter, the first to expire at the top."""
    rows = _of_standing(CustomerDocument.objects.visible_to(actor, "customers.view"), asked.standing, today)
    if asked.within is not None:
        rows = rows.filter(expires_on__lte=today + timedelta(days=asked.within))
    for field, value in (
        ("kind", asked.kind),
        ("company__code", asked.company),
        ("customer", asked.customer),
        ("waits_for", asked.waits_for),
    ):
        if value:
            rows = rows.filter(**{field: value})
    if asked.text:
        text = Q(customer__name__icontains=asked.text) | Q(customer__number__icontains=asked.text) | Q(reference__icontains=asked.text)
        rows = rows.filter(text | Q(invoice_number__icontains=asked.text))
    name = SORTS.get(asked.sort.lstrip("-"), "expires_on")
    order = F(name).desc(nulls_last=True) if asked.sort.startswith("-") else F(name).asc(nulls_last=True)
    return rows.select_related("customer", "company").order_by(order, "customer__name", "pk")


def _of_standing(rows: QuerySet[CustomerDocument], code: str, today: date) -> QuerySet[CustomerDocument]:
    """Those of a standing; the same as `customers.requirements.standing` tells, but for the database."""
    soon = today + timedelta(days=EXPIRING)
    there = Q(state="sent") | (Q(state="received") & ~Q(kind__in=GIVEN))
    newer = CustomerDocument.objects.filter(
        customer=OuterRef("customer"), kind=OuterRef("kind"), contract_number=OuterRef("contract_number"), pk__gt=OuterRef("pk"),
        invoice_number=OuterRef("invoice_number"), jurisdiction=OuterRef("jurisdiction"), state__in=["received", "sent"],
    )  # fmt: skip
    current = rows.exclude(state="cancelled").filter(~Q(there, expires_on__lt=today) | ~Exists(newer))
    if code == "requested":
        return rows.filter(state="requested")
    if code == "waits":
        return current.filter(Q(state="requested") | Q(state="received", kind__in=GIVEN) | Q(there, expires_on__lt=today))
    if code == "expiring":
        return rows.filter(there, expires_on__gte=today, expires_on__lte=soon)
    if code == "expired":
        return current.filter(there, expires_on__lt=today)
    if code == "good":
        return rows.filter(there).filter(Q(expires_on=None) | Q(expires_on__gte=today))
    if code == "refused":
        return rows.filter(state="refused")
    return rows if code == "all" else current


def documents_of(customer: Customer) -> QuerySet[CustomerDocument]:
    """All papers of a customer, the newest first."""
    return CustomerDocument.objects.filter(customer=customer).order_by("-pk")


def rates_in_sight(actor: Actor, company: str = "", text: str = "") -> QuerySet[TaxRate]:
    """Tax rates, the newest of each code first."""
    rows = TaxRate.objects.visible_to(actor, "rates.view").select_related("company")
    rows = rows.filter(company__code=company) if company else rows
    if text:
        rows = rows.filter(Q(code__icontains=text) | Q(name__icontains=text) | Q(jurisdiction__icontains=text))
    return rows.order_by("company__code", "jurisdiction", "code", "-valid_from")


def current_rates(rates: Iterable[TaxRate], today: date) -> dict[int, str]:
    """How each rate stands on the day: current, future, past. Of those of a code that have begun, the latest is current."""
    told: dict[int, str] = {}
    seen: set[tuple[int, str]] = set()
    for rate in sorted(rates, key=lambda r: r.valid_from, reverse=True):
        key = (rate.company_id, rate.code)
        if rate.valid_from > today:
            told[rate.pk] = "future"
        elif key in seen or (rate.valid_to and rate.valid_to < today):
            told[rate.pk] = "past"
        else:
            told[rate.pk] = "current"
        seen |= {key} if rate.valid_from <= today else set()
    return told


LEVELS = 10
"""Levels of a group: parents above one another that are followed, and that may be entered."""

_BELOW = (
    "WITH RECURSIVE tree (head, id, depth, path) AS ("
    " SELECT parent_id, id, 1, ARRAY[parent_id, id] FROM customers_customer WHERE parent_id = ANY(%s)"
    " UNION ALL SELECT t.head, c.id, t.depth + 1, t.path || c.id FROM customers_customer c JOIN tree t ON c.parent_id = t.id"
    " WHERE t.depth < %s AND c.id <> ALL(t.path)) SELECT DISTINCT head, id FROM tree"
)
_ABOVE = (
    "WITH RECURSIVE line (id, parent, depth) AS (SELECT id, parent_id, 1 FROM customers_customer WHERE id = %s"
    " UNION ALL SELECT c.id, c.parent_id, l.depth + 1 FROM customers_customer c JOIN line l ON c.id = l.parent WHERE l.depth <= %s)"
    " SELECT id FROM line"
)


def ids_below(heads: Collection[int]) -> dict[int, list[int]]:
    """Head → keys of all customers of the group under it, children and theirs, active or not; in one query."""
    found = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(_BELOW, [list(heads), LEVELS])
        for head, pk in cursor.fetchall():
            found[head].append(pk)
    return dict(found)


def group_fault(customer: Customer | None, parent: Customer) -> str:
    """Why a customer (None: one about to be made) can't belong to a parent, in words; empty when it can."""
    with connection.cursor() as cursor:
        cursor.execute(_ABOVE, [parent.pk, LEVELS])
        above = [pk for (pk,) in cursor.fetchall()]
    if customer and customer.pk in above:
        return "a group doesn't run in a circle"
    return f"a group has at most {LEVELS} levels below its head" if len(above) > LEVELS else ""
