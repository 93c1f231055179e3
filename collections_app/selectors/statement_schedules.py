"""Whose statements a schedule sends, and what it sent."""

from collections import defaultdict
from collections.abc import Collection, Iterable

from django.db.models import Count, Max, Q, QuerySet

from collections_app.models import SentStatement, StatementSchedule
from customers.models import Customer
from org.actors import Actor
from org.models import Company


def audiences(company: Company, schedules: Iterable[StatementSchedule]) -> dict[int, list[int]]:
    """Schedule → the active customers it is for, in their order: a customer's own schedule goes before its segment's, and that before the
    one for all. Who belongs to a parent whose schedule is of groups gets no statement but by one of its own."""
    own = {s.customer_id: s for s in schedules if s.customer_id}
    segments = {s.segment: s for s in schedules if not s.customer_id}
    rows = list(
        Customer.objects.filter(company=company, is_active=True).order_by("pk").values_list("pk", "parent", "segment")
    )  # fmt: skip

    def of(pk: int, segment: str) -> StatementSchedule | None:
        return own.get(pk) or segments.get(segment) or segments.get("")

    grouped = {pk for pk, _, segment in rows if (found := of(pk, segment)) and found.for_group}
    by_schedule: dict[int, list[int]] = defaultdict(list)
    for pk, parent, segment in rows:
        schedule = of(pk, segment)
        if schedule and (pk in own or parent not in grouped):
            by_schedule[schedule.pk].append(pk)
    return by_schedule


def children_of(ids: Collection[int]) -> dict[int, list[Customer]]:
    """Parent → its active children by name."""
    found: dict[int, list[Customer]] = defaultdict(list)
    for child in Customer.objects.filter(parent__in=ids, is_active=True).select_related("company").order_by("name", "pk"):
        found[child.parent_id or 0].append(child)
    return found


def schedules_in_sight(actor: Actor) -> QuerySet[StatementSchedule]:
    """The schedules of companies in sight, those in force first, with how many each sent and when last. Where only a portfolio is in
    sight: those of its customers, of segments and of all."""
    seen = StatementSchedule.objects.visible_to(actor, "collections.view").select_related("company", "customer")
    customers = Customer.objects.visible_to(actor, "collections.view").values("pk")
    went = Q(sent__left_out_because="")
    counted = seen.filter(Q(customer=None) | Q(customer__in=customers)).annotate(
        went=Count("sent", filter=went), last=Max("sent__as_of", filter=went)
    )
    found: QuerySet[StatementSchedule] = counted.order_by("-is_active", "company", "customer__name", "segment", "pk")
    return found


def sent_in_sight(actor: Actor) -> QuerySet[SentStatement]:
    """Statements that were sent or left out, latest first, of customers in sight."""
    found: QuerySet[SentStatement] = SentStatement.objects.visible_to(actor, "collections.view")
    return found.select_related("customer", "company", "schedule", "message")
