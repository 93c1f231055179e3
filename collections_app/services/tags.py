"""Customers marked with tags, and freed of them, one or many at once."""

from collections import defaultdict
from collections.abc import Collection, Sequence

from django.db import transaction

from arops.lib.refusal import Refused
from collections_app.models import CustomerTag, Tag
from customers.models import Customer
from org.actors import Actor, require
from workflow.models import Event
from workflow.services import record_many

MOST = 40
"""Tags that a company has: a small set, so that it stays known."""


class TagRefused(Refused):
    """A tag that can't be given."""


@transaction.atomic
def tag_customers(*, actor: Actor, customers: Sequence[Customer], name: str) -> int:
    """Mark customers with a tag, which is made where a company has none of that name: how many weren't marked with it yet.

    Raises TagRefused for a name that is none and where the company has enough tags, NotAllowed (collections.work).
    """
    name = " ".join(name.split())
    if not name or len(name) > 30 or "," in name:
        raise TagRefused("name the tag: at most 30 letters, no comma")
    new: list[CustomerTag] = []
    for company, theirs in _by_company(actor, customers).items():
        tag = _tag(company, name)
        marked = set(CustomerTag.objects.filter(tag=tag, customer__in=theirs).values_list("customer", flat=True))
        new += [CustomerTag(tag=tag, customer=c, company_id=company, actor=actor.label) for c in theirs if c.pk not in marked]
    CustomerTag.objects.bulk_create(new, ignore_conflicts=True)
    _tell(actor, "customer.tagged", new)
    return len(new)


@transaction.atomic
def untag_customers(*, actor: Actor, customers: Sequence[Customer], name: str) -> int:
    """Free customers of a tag: how many were. A tag that marks nobody any more is dropped. Raises NotAllowed (collections.work)."""
    name = " ".join(name.split())
    companies = _by_company(actor, customers)
    gone = list(CustomerTag.objects.filter(customer__in=customers, tag__name__iexact=name).select_related("tag"))
    CustomerTag.objects.filter(pk__in=[row.pk for row in gone]).delete()
    Tag.objects.filter(company__in=companies, name__iexact=name, marked=None).delete()
    _tell(actor, "customer.untagged", gone)
    return len(gone)


def _tag(company: int, name: str) -> Tag:
    found = Tag.objects.filter(company=company, name__iexact=name).first()
    if found is None and Tag.objects.filter(company=company).count() >= MOST:
        raise TagRefused(f"there are {MOST} tags already: use one of them, or free its customers of one")
    return found or Tag.objects.create(company_id=company, name=name)


def _by_company(actor: Actor, customers: Collection[Customer]) -> dict[int, list[Customer]]:
    found: dict[int, list[Customer]] = defaultdict(list)
    for customer in customers:
        found[customer.company_id].append(customer)
    for company in found:
        require(actor, "collections.work", company)
    return found


def _tell(actor: Actor, what: str, rows: Collection[CustomerTag]) -> None:
    record_many(
        Event(
            company_id=row.company_id, type=what, actor=actor.label, subject_type="customers.customer", subject_id=row.customer_id,
            customer_ref=row.customer_id, data={"tag": row.tag.name},
        )
        for row in rows
    )  # fmt: skip
