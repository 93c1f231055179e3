"""What of items a plan may cover, and which plans hold them."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date
from typing import Any

from django.db.models import QuerySet

from collections_app.models import Instalment, PaymentPlan, PlanItem
from collections_app.policy.plans import Held, returning
from collections_app.selectors.peace import Peace
from customers.models import Customer
from disputes.selectors import disputed_by_item
from ledger.models import Entry, Line, OpenItem

HELD = (PaymentPlan.State.WAITING, PaymentPlan.State.OFFERED)
ASKED = tuple(state for state in PaymentPlan.State if state not in (PaymentPlan.State.DRAFT, PaymentPlan.State.REFUSED))


def coverable(customer: Customer, currency: str = "") -> QuerySet[OpenItem]:
    """Open debits of a customer that a plan may cover, the earliest due first; of one currency where it is named."""
    found = OpenItem.objects.open().owed().filter(customer=customer).exclude(kind=OpenItem.Kind.INSTALMENT)
    return (found.filter(currency=currency) if currency else found).order_by("due_date", "pk")


def without_rests(items: QuerySet[OpenItem]) -> QuerySet[OpenItem]:
    """Items without what running settlements give up in the end: nobody asks for it while they run."""
    return items.exclude(settlement__state=PaymentPlan.State.ACTIVE)


def is_answered_for(plan: PaymentPlan, day: date) -> bool:
    """Whether a new schedule of a running plan is asked for or offered, may be signed yet, and keeps it in peace on the day."""
    waiting: list[PaymentPlan] = list(plan.versions.filter(state__in=HELD, offer_until__gte=day).select_related("approval"))  # type: ignore[attr-defined]
    peace = Peace.of([plan.customer_id], [plan.company_id]) if waiting else Peace()
    return any(
        peace.ends(("plan", plan.pk), plan.company_id, v.approval.requested_on if v.approval else None, v.offer_until or day) >= day
        for v in waiting
    )


def free_of(items: Sequence[OpenItem]) -> dict[int, int]:
    """Key of an item → minor units that are open and not in dispute."""
    disputed = disputed_by_item([item.pk for item in items])
    return {item.pk: max(0, item.balance - disputed.get(item.pk, 0)) for item in items}


def plans_of_items(item_ids: Collection[int]) -> dict[int, str]:
    """Key of an item → number of the plan about it that waits for approval or for a signature."""
    rows = PlanItem.objects.filter(open_item__in=item_ids, plan__state__in=HELD)
    return dict(rows.values_list("open_item", "plan__number"))


def offered_left(customers: Collection[int], day: date | None = None) -> dict[int, tuple[int, str]]:
    """Open item → minor units of it in a plan that waits for approval or for a signature, and in words in which and until when: nobody asks
    or charges for it on a day up to then (without a day: as long as nobody has answered), nor for longer than offers keep it in peace (see
    `peace`). Of a running plan that is to be re-scheduled these are its instalments."""
    wait = {"state__in": HELD} | ({"offer_until__isnull": False} if day is None else {"offer_until__gte": day})
    fresh = PlanItem.objects.filter(plan__customer__in=customers, plan__replaces=None, **{f"plan__{name}": on for name, on in wait.items()})
    parts = Instalment.objects.filter(
        plan__customer__in=customers, open_item__balance__gt=0, **{f"plan__versions__{name}": on for name, on in wait.items()}
    )
    rows = _rows(fresh, parts, "open_item__balance", ("number", "offer_until", "approval__requested_on", "company"))
    peace = Peace.of(customers, {row[-1] for row in rows}) if rows and day else Peace()
    found: dict[int, tuple[int, str]] = {}
    for about, item, amount, number, until, asked, company in rows:
        if day is None or peace.ends(about, company, asked, until) >= day:
            found[item] = (found.get(item, (0, ""))[0] + amount, f"in {number}, which waits for an answer until {until:%-d %b %Y}")
    return found


def _rows(fresh: QuerySet[PlanItem], parts: QuerySet[Instalment], amount: str, names: Sequence[str]) -> list[tuple[Any, ...]]:
    """What waiting plans are about, the open item, how much of it, and fields of those plans: of items as the plan covers them, of a
    running plan's instalments by their `amount`."""
    items = fresh.order_by().values_list("open_item", "amount", *(f"plan__{name}" for name in names))
    dues = parts.order_by().values_list("plan", "open_item", amount, *(f"plan__versions__{name}" for name in names))
    return [*((("item", row[0]), *row) for row in items), *((("plan", plan), *row) for plan, *row in dues)]


def offered_days(items: Collection[int]) -> dict[int, list[tuple[date, date, int]]]:
    """Open item → (first day, last day, minor units) in which it was or is in a plan that waited for an answer: from the day on which the
    plan was asked for to that of the signature, the end, the last on which it could be signed, or the last that offers keep in peace. One
    that was refused kept nothing."""
    counts = {"approval__isnull": False, "offer_until__isnull": False, "state__in": ASKED}
    fresh = PlanItem.objects.filter(open_item__in=items, plan__replaces=None, **{f"plan__{name}": on for name, on in counts.items()})
    parts = Instalment.objects.filter(open_item__in=items, **{f"plan__versions__{name}": on for name, on in counts.items()})
    names = ("customer", "company", "approval__requested_on", "offer_until", "signed_on", "ended_on")
    rows = _rows(fresh, parts, "amount", names)
    peace = Peace.of({row[3] for row in rows}, {row[4] for row in rows}) if rows else Peace()
    found: dict[int, list[tuple[date, date, int]]] = defaultdict(list)
    for about, item, amount, _, company, asked, until, signed, ended in rows:
        last = min(peace.ends(about, company, asked, until), signed or ended or until)
        if last >= asked:
            found[item].append((asked, last, amount))
    return dict(found)


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


def held_by(keys: list[int]) -> dict[int, list[Held]]:
    """Key of an instalment's item → what it holds of which items yet: what it took less what it gave back."""
    sums: defaultdict[int, dict[int, list[int]]] = defaultdict(dict)
    for instalment, item, amount, base in taken_lines(keys):
        kept = sums[instalment].setdefault(item, [0, 0])
        kept[0], kept[1] = kept[0] + amount, kept[1] + base
    return {pk: [Held(item, a, b) for item, (a, b) in parts.items() if a] for pk, parts in sums.items()}


def earlier_schedules(plan: PaymentPlan) -> list[PaymentPlan]:
    """The settlements whose schedules this one replaced, the latest first; none for a plan that gives nothing up. What it gives up hangs on
    all that is paid under them, too."""
    found, before = [], plan.replaces if plan.waived else None
    while before is not None:
        found.append(before)
        before = before.replaces
    return found


def standing_for(company_id: int) -> dict[int, PaymentPlan]:
    """Key of a re-scheduled settlement → the newest of its schedules that was signed."""
    signed = PaymentPlan.objects.filter(company=company_id, waived__gt=0, replaces__isnull=False, signed_on__isnull=False)
    after = {plan.replaces_id: plan for plan in signed.select_related("company", "customer")}
    found = {}
    for pk, plan in after.items():
        while plan.pk in after:
            plan = after[plan.pk]
        found[pk] = plan
    return found


def returning_to(plan: PaymentPlan) -> dict[int, int]:
    """Item → minor units that would go back to it if a running plan ended now; what is in dispute stays where its case is."""
    plans = [plan, *earlier_schedules(plan)]
    rows = list(Instalment.objects.filter(plan__in=plans).select_related("open_item").order_by("plan", "ordinal"))
    items = [row.open_item for row in rows if row.open_item] + ([plan.rest_item] if plan.rest_item else [])
    held, free = held_by([item.pk for item in items]), free_of(items)
    found: dict[int, int] = {}
    for item in items:
        for part in returning(held[item.pk], free[item.pk]) if free[item.pk] else ():
            found[part.item_id] = found.get(part.item_id, 0) + part.amount
    return found
