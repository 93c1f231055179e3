"""Reading disputes."""

from collections.abc import Collection

from django.db.models import Count, QuerySet, Sum

from disputes.models import Dispute
from org.actors import Actor
from workflow.models import Event


def dispute_list(*, actor: Actor, state: str = "open", reason: str = "", text: str = "", owner_id: int | None = None) -> QuerySet[Dispute]:
    """Disputes in sight, filtered as the list page filters them: `state` is open, closed, all or one state."""
    found = Dispute.objects.visible_to(actor, "disputes.view").select_related("customer", "open_item", "owner", "department")
    if state == "open":
        found = found.open()
    elif state == "closed":
        found = found.filter(state__in=[Dispute.State.RESOLVED, Dispute.State.REJECTED])
    elif state != "all":
        found = found.filter(state=state)
    if reason:
        found = found.filter(reason=reason)
    if owner_id:
        found = found.filter(owner=owner_id)
    return found.filter(customer__name__icontains=text) | found.filter(number__iexact=text) if text else found


def disputed_by_item(item_ids: Collection[int] | None = None) -> dict[int, int]:
    """Open item → minor units of it that are contested now (never more than its balance is asked of the reader)."""
    found = Dispute.objects.all().open()
    if item_ids is not None:
        found = found.filter(open_item__in=item_ids)
    return dict(found.values_list("open_item").annotate(total=Sum("amount")).order_by())


def disputed_by_reason(*, actor: Actor) -> list[tuple[str, int, dict[str, int]]]:
    """Reasons of open disputes, the most frequent first: (label, count, currency → amount)."""
    rows = (
        Dispute.objects.visible_to(actor, "disputes.view")
        .open()
        .values("reason", "currency")
        .annotate(n=Count("pk"), total=Sum("amount"))
        .order_by()
    )
    found: dict[str, tuple[int, dict[str, int]]] = {}
    for row in rows:
        count, amounts = found.get(row["reason"], (0, {}))
        found[row["reason"]] = (count + row["n"], amounts | {row["currency"]: row["total"]})
    return sorted(((Dispute.Reason(r).label, n, a) for r, (n, a) in found.items()), key=lambda t: -t[1])


def history_of(dispute: Dispute) -> QuerySet[Event]:
    """What happened to a dispute, latest first."""
    return Event.objects.filter(subject_type="disputes.dispute", subject_id=dispute.pk).order_by("-id")
