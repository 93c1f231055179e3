"""Whose statements a schedule sends, and what it sent."""

from collections import defaultdict
from collections.abc import Collection, Iterable

from django.db.models import Count, Max, Q, QuerySet

from collections_app.models import SentStatement, StatementSchedule
from customers.models import Customer
from customers.selectors import ids_below
from org.actors import Actor
from org.models import Company
from org.querysets import nobodys


def audiences(company: Company, schedules: Iterable[StatementSchedule]) -> dict[int, list[int]]:
    """Schedule → the active customers it is for, in their order: a customer's own schedule goes before its segment's, and that before the
    one for all. Who belongs to a group whose head's schedule is of groups gets no statement but by one of its own."""
    own = {s.customer_id: s for s in schedules if s.customer_id}
    segments = {s.segment: s for s in schedules if not s.customer_id}
    rows = list(
        Customer.objects.filter(company=company, is_active=True).order_by("pk").values_list("pk", "segment")
    )  # fmt: skip

    def of(pk: int, segment: str) -> StatementSchedule | None:
        return own.get(pk) or segments.get(segment) or segments.get("")

    grouped = [pk for pk, segment in rows if (found := of(pk, segment)) and found.for_group]
    covered = {pk for members in ids_below(grouped).values() for pk in members}
    by_schedule: dict[int, list[int]] = defaultdict(list)
    for pk, segment in rows:
        schedule = of(pk, segment)
        if schedule and (pk in own or pk not in covered):
            by_schedule[schedule.pk].append(pk)
    return by_schedule


def members_of(heads: Collection[int]) -> dict[int, list[Customer]]:
    """Head → the active customers of its group under it, at whatever level, by name."""
    below = ids_below(heads)
    rows = Customer.objects.filter(pk__in={pk for keys in below.values() for pk in keys}, is_active=True)
    found = {one.pk: one for one in rows.select_related("company").order_by("name", "pk")}
    places = {pk: n for n, pk in enumerate(found)}
    return {head: [found[pk] for pk in sorted((k for k in keys if k in found), key=places.__getitem__)] for head, keys in below.items()}


def balance_in_sight(sent: SentStatement, seen: Collection[int]) -> dict[str, int]:
    """Currency → what a statement came to, of the accounts among `seen`; of one account the whole."""
    if not sent.accounts:
        return dict(sent.balance)
    sums: dict[str, int] = defaultdict(int)
    for customer, balances in sent.accounts.items():
        for currency, amount in balances.items() if int(customer) in seen else ():
            sums[currency] += amount
    return dict(sums)


def seen_among(actor: Actor, rows: Iterable[SentStatement]) -> set[int]:
    """The customers of groups' statements that a person sees."""
    named = {int(pk) for row in rows for pk in row.accounts}
    return set(Customer.objects.visible_to(actor, "collections.view").filter(pk__in=named).values_list("pk", flat=True)) if named else set()


def schedules_in_sight(actor: Actor) -> QuerySet[StatementSchedule]:
    """The schedules of companies in sight, those in force first, with how many each sent and when last. Where only a portfolio is in
    sight: those of its customers, of segments and of all; for a key of chosen customers, theirs alone."""
    seen = StatementSchedule.objects.visible_to(actor, "collections.view").select_related("company", "customer")
    customers = Customer.objects.visible_to(actor, "collections.view").values("pk")
    went = Q(sent__left_out_because="")
    for_many = nobodys(actor.reach("collections.view"), customer=None)
    counted = seen.filter(for_many | Q(customer__in=customers)).annotate(
        went=Count("sent", filter=went), last=Max("sent__as_of", filter=went)
    )
    found: QuerySet[StatementSchedule] = counted.order_by("-is_active", "company", "customer__name", "segment", "pk")
    return found


def sent_in_sight(actor: Actor) -> QuerySet[SentStatement]:
    """Statements that were sent or left out, latest first, of customers in sight."""
    found: QuerySet[SentStatement] = SentStatement.objects.visible_to(actor, "collections.view")
    return found.select_related("customer", "company", "schedule", "message")
