"""What of items a plan may cover, and which plans hold them."""

from collections.abc import Collection, Sequence

from django.db.models import QuerySet

from collections_app.models import PaymentPlan, PlanItem
from customers.models import Customer
from disputes.selectors import disputed_by_item
from ledger.models import Entry, Line, OpenItem

HELD = (PaymentPlan.State.WAITING, PaymentPlan.State.OFFERED)


def coverable(customer: Customer, currency: str = "") -> QuerySet[OpenItem]:
    """Open debits of a customer that a plan may cover, the earliest due first; of one currency where it is named."""
    found = OpenItem.objects.open().owed().filter(customer=customer).exclude(kind=OpenItem.Kind.INSTALMENT)
    return (found.filter(currency=currency) if currency else found).order_by("due_date", "pk")


def without_rests(items: QuerySet[OpenItem]) -> QuerySet[OpenItem]:
    """Items without what running settlements give up in the end: nobody asks for it while they run."""
    return items.exclude(settlement__state=PaymentPlan.State.ACTIVE)


def free_of(items: Sequence[OpenItem]) -> dict[int, int]:
    """Key of an item → minor units that are open and not in dispute."""
    disputed = disputed_by_item([item.pk for item in items])
    return {item.pk: max(0, item.balance - disputed.get(item.pk, 0)) for item in items}


def plans_of_items(item_ids: Collection[int]) -> dict[int, str]:
    """Key of an item → number of the plan about it that waits for approval or for a signature."""
    rows = PlanItem.objects.filter(open_item__in=item_ids, plan__state__in=HELD)
    return dict(rows.values_list("open_item", "plan__number"))


def taken_lines(instalment_items: Collection[int]) -> list[tuple[int, int, int, int]]:
    """What instalments took of items and gave back: rows (instalment, item, amount, the company's amount), in the order of the journal;
    taken is more than zero, given back less."""
    lines = Line.objects.filter(entry__kind=Entry.Kind.INSTALMENT, open_item__isnull=False).exclude(open_item__in=instalment_items)
    taken = lines.filter(entry__opens__in=instalment_items).order_by("pk")
    found = [
        (pk, item, -amount, -base) for pk, item, amount, base in taken.values_list("entry__opens", "open_item", "amount", "base_amount")
    ]
    back = Line.objects.filter(open_item__in=instalment_items, entry__kind=Entry.Kind.INSTALMENT, entry__opens=None)
    entries = dict(back.values_list("entry", "open_item"))
    given = lines.filter(entry__in=entries).order_by("pk").values_list("entry", "open_item", "amount", "base_amount")
    return found + [(entries[entry], item, -amount, -base) for entry, item, amount, base in given]
