"""Tags of customers in sight: of some, and all that there are with how many customers they mark."""

from collections import defaultdict
from collections.abc import Collection

from django.db.models import Count

from collections_app.models import CustomerTag
from org.actors import Actor


def tags_of(customers: Collection[int]) -> dict[int, list[str]]:
    """Customer → its tags, in the order of the alphabet."""
    found: dict[int, list[str]] = defaultdict(list)
    for customer, name in CustomerTag.objects.filter(customer__in=customers).values_list("customer", "tag__name").order_by("tag__name"):
        found[customer].append(name)
    return dict(found)


def tags_in_use(actor: Actor) -> list[tuple[str, int]]:
    """Each tag that marks a customer in sight, and how many of them; the same word in two companies is one tag."""
    rows = CustomerTag.objects.visible_to(actor, "collections.view").order_by("tag__name").values_list("tag__name")
    return list(rows.annotate(n=Count("customer")))
