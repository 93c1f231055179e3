"""Payment plans as they stand: lists, one plan with its instalments, and what a plan brings beside what would come without it."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import connection
from django.db.models import Q, QuerySet, Sum

from collections_app.models import Instalment, PaymentPlan
from collections_app.policy.plans import Due, Week, by_week
from collections_app.selectors.plan_items import coverable, free_of, returning_to
from customers.models import Customer
from ledger.models import Entry, Line, OpenItem
from org.actors import Actor
from org.models import User

State = PaymentPlan.State
VIEWS: dict[str, tuple[str, ...]] = {
    "running": (State.ACTIVE,), "offered": (State.OFFERED,), "waiting": (State.WAITING,), "drafts": (State.DRAFT, State.REFUSED),
    "ended": (State.KEPT, State.DEFAULTED, State.CANCELLED, State.REPLACED), "all": tuple(State.values),
}  # fmt: skip
"""Lists of plans → the states in them."""


def state_of(row: Instalment, day: date) -> str:
    """How an instalment of a running plan stands at the end of a day, by the ledger (read with its items)."""
    if row.state == Instalment.State.ENDED or row.open_item is None:
        return row.state
    if not row.open_item.balance and not (row.interest_item and row.interest_item.balance):
        return Instalment.State.PAID
    if row.due_on < day:
        return Instalment.State.MISSED
    return Instalment.State.DUE if row.due_on == day else Instalment.State.PLANNED


def cash_on_account(customers: Collection[int]) -> dict[tuple[int, str], int]:
    """(Customer, currency) → receipts that nobody has applied, as a positive amount."""
    rows = OpenItem.objects.filter(customer__in=customers, kind=OpenItem.Kind.RECEIPT, balance__lt=0).order_by()
    return {(pk, currency): -total for pk, currency, total in rows.values_list("customer", "currency").annotate(total=Sum("balance"))}


@dataclass(frozen=True, slots=True)
class PlanRow:
    """A plan in a list: what of it is paid, what is missed, the next instalment."""

    plan: PaymentPlan
    paid: int
    open: int
    missed: int
    next_on: date | None
    next_amount: int
    count: int


def plans_in(actor: Actor, view: str, text: str = "", owner: User | None = None) -> QuerySet[PaymentPlan]:
    """Plans in sight of a list, narrowed to a customer searched for and to a collector's."""
    found: QuerySet[PaymentPlan] = PaymentPlan.objects.visible_to(actor, "collections.view").filter(state__in=VIEWS[view])
    if text:
        found = found.filter(Q(customer__name__icontains=text) | Q(customer__number__iexact=text) | Q(number__icontains=text))
    return found.filter(customer__collector=owner) if owner is not None else found


def rows_of(plans: Iterable[PaymentPlan], day: date) -> list[PlanRow]:
    """Plans as rows, by one query for all their instalments."""
    listed = list(plans)
    parts: defaultdict[int, list[Instalment]] = defaultdict(list)
    found = Instalment.objects.filter(plan__in=listed).select_related("open_item", "interest_item").order_by("plan", "ordinal")
    for part in found:
        parts[part.plan_id].append(part)
    given = _given_back(listed)
    return [_row(plan, parts[plan.pk], day, given.get(plan.pk, 0)) for plan in listed]


def row_of(plan: PaymentPlan, day: date) -> PlanRow:
    """One plan as a row; its instalments may be read ahead, with their items."""
    return _row(plan, list(plan.instalments.all()), day, _given_back([plan]).get(plan.pk, 0))  # type: ignore[attr-defined]


def _given_back(plans: Sequence[PaymentPlan]) -> dict[int, int]:
    """Key of a plan that ended → what of its instalments went back to the items they came from."""
    ended = [plan.pk for plan in plans if plan.state in (State.DEFAULTED, State.CANCELLED, State.REPLACED)]
    if not ended:
        return {}
    lines = Line.objects.filter(open_item__instalment__plan__in=ended, entry__kind=Entry.Kind.INSTALMENT, amount__lt=0).order_by()
    return {pk: -total for pk, total in lines.values_list("open_item__instalment__plan").annotate(total=Sum("amount"))}


def _row(plan: PaymentPlan, parts: Sequence[Instalment], day: date, given_back: int) -> PlanRow:
    left = [(part.due_on, open_of(part)) for part in parts if plan.state != State.ACTIVE or open_of(part)]
    began = any(part.open_item_id for part in parts)
    taken = [part.open_item for part in parts if part.open_item]
    paid = sum(item.amount - item.balance for item in taken) - given_back
    ahead = [(due, amount) for due, amount in left if due >= day]
    missed = sum(amount for due, amount in left if due < day) if plan.state == State.ACTIVE else 0
    next_on, next_amount = ahead[0] if ahead and not plan.ended_on else (None, 0)
    still = sum(amount for _, amount in left) if began and not plan.ended_on else 0
    return PlanRow(plan, paid, still, missed, next_on, next_amount, len(parts))


def open_of(part: Instalment) -> int:
    """What of an instalment is to be paid: of its items in the books, else as it is planned."""
    if part.open_item is None:
        return part.amount + part.interest
    return part.open_item.balance + (part.interest_item.balance if part.interest_item else part.interest if part.open_item.balance else 0)


@dataclass(frozen=True, slots=True)
class PartRow:
    """An instalment on its plan's page."""

    part: Instalment
    state: str
    open: int

    @property
    def label(self) -> str:
        """Its state in words."""
        return str(Instalment.State(self.state).label)


def parts_of(plan: PaymentPlan, day: date) -> list[PartRow]:
    """The plan's instalments as they stand today."""
    rows = Instalment.objects.filter(plan=plan).select_related("open_item", "interest_item")
    running = plan.state == State.ACTIVE
    return [PartRow(row, state_of(row, day) if running else row.state, open_of(row) if running else 0) for row in rows]


@dataclass(frozen=True, slots=True)
class Habit:
    """How many days after its due date a customer pays, by what it paid in a year (`known` False: its company's customers do)."""

    days: int
    known: bool


_LATE = """
    SELECT sum(-l.amount * (e.effective_date - i.due_date))::float / nullif(sum(-l.amount), 0)
    FROM ledger_line l JOIN ledger_entry e ON e.id = l.entry_id JOIN ledger_openitem i ON i.id = l.open_item_id
    LEFT JOIN ledger_entry r ON r.reverses_id = e.id
    WHERE {whose} AND l.amount < 0 AND i.amount > 0 AND e.kind = 'application' AND r.id IS NULL AND e.reverses_id IS NULL
        AND e.effective_date > %s"""


def habit_of(customer: Customer, today: date) -> Habit:
    """Measured on applications of the last year, weighted by amount."""
    since = today - timedelta(days=365)
    for whose, key, known in (("i.customer_id = %s", customer.pk, True), ("i.company_id = %s", customer.company_id, False)):
        with connection.cursor() as cursor:
            cursor.execute(_LATE.format(whose=whose), [key, since])
            (days,) = cursor.fetchone()
        if days is not None:
            return Habit(round(days), known)
    return Habit(0, False)


@dataclass(frozen=True, slots=True)
class Effect:
    """Money by week with the plan and without; `unknown` is what is later already than the customer usually pays: nothing says when it
    would come."""

    weeks: list[Week]
    habit: Habit
    unknown: int
    last_planned: date
    interest: int
    waived: int
    more_interest: int | None = None
    """Of a new schedule: how much more interest it asks for than the old one would yet; its habit then says how many days it is later."""


def dues_of(parts: Iterable[Instalment]) -> list[Due]:
    """Instalments as the arithmetic takes them."""
    return [Due(part.due_on, part.amount, part.interest) for part in parts]


def effect_of(customer: Customer, items: Sequence[tuple[date, int]], dues: Sequence[Due], waived: int, today: date) -> Effect:
    """What a plan brings: `items` are due dates and amounts that it covers, `dues` its instalments."""
    habit = habit_of(customer, today)
    expected = [(due + timedelta(days=max(0, habit.days)), amount) for due, amount in items]
    coming = [(day, amount) for day, amount in expected if day >= today]
    unknown = sum(amount for day, amount in expected if day < today)
    weeks = by_week([(due.due_on, due.total) for due in dues], coming, today)
    return Effect(weeks, habit, unknown, dues[-1].due_on, sum(due.interest for due in dues), waived)


def effect_of_change(old: Sequence[tuple[date, int]], before: Sequence[Due], dues: Sequence[Due], waived: int, today: date) -> Effect:
    """What a new schedule brings beside the running one: `old` are days and what isn't paid of its instalments, `before` those with their
    interest."""
    coming = [(max(day, today), amount) for day, amount in old if amount]
    weeks = by_week([(due.due_on, due.amount) for due in dues], coming, today)
    later = _mean([(due.due_on, due.amount) for due in dues]) - _mean(coming)
    more = sum(due.interest for due in dues) - sum(due.interest for due in before if due.due_on > today)
    return Effect(weeks, Habit(later, True), 0, dues[-1].due_on, sum(due.interest for due in dues), waived, more)


def _mean(rows: Sequence[tuple[date, int]]) -> int:
    """The mean day of money, weighted by amount, as days of the calendar counted from its first."""
    total = sum(amount for _, amount in rows)
    return round(sum(day.toordinal() * amount for day, amount in rows) / total) if total else 0


def open_principal(plan: PaymentPlan) -> list[tuple[date, int]]:
    """Days of a running plan's instalments, and what of the debt isn't paid of each."""
    rows = plan.instalments.select_related("open_item")  # type: ignore[attr-defined]
    return [(row.due_on, row.open_item.balance) for row in rows if row.open_item]


def returned_rows(plan: PaymentPlan) -> list[tuple[OpenItem, int]]:
    """The items that a running plan came from, with what of each isn't paid and not in dispute."""
    covered = returning_to(plan)
    return [(item, covered[item.pk]) for item in OpenItem.objects.filter(pk__in=covered).order_by("due_date", "pk")]


def coverable_rows(customer: Customer, currency: str) -> list[tuple[OpenItem, int]]:
    """Items of a customer in a currency that a plan may cover, with what of each is open and not in dispute."""
    items = list(coverable(customer, currency))
    free = free_of(items)
    return [(item, free[item.pk]) for item in items]


def currencies_of(customer: Customer) -> list[str]:
    """Currencies in which the customer owes something that a plan may cover, its own first."""
    found = set(coverable(customer).order_by().values_list("currency", flat=True))
    return sorted(found, key=lambda c: (c != customer.currency, c))


def movements_of(plan: PaymentPlan) -> list[Line]:
    """What moved the plan's items in the books, the latest first."""
    keys = [pk for pk in plan.instalments.values_list("open_item", flat=True) if pk]  # type: ignore[attr-defined]
    keys += [pk for pk in plan.instalments.values_list("interest_item", flat=True) if pk]  # type: ignore[attr-defined]
    keys += [plan.rest_item_id] if plan.rest_item_id else []
    lines = Line.objects.filter(open_item__in=keys).exclude(entry__kind=Entry.Kind.INSTALMENT, amount__gt=0)
    return list(lines.select_related("entry", "open_item").order_by("-entry__effective_date", "-pk")[:200])


CHECKS: dict[str, str] = {
    "payment plans stand in the books as agreed": """
        SELECT 'plan ' || d.number || ' of ' || d.total || ': its items ' || coalesce(s.covered, 0) || ', its instalments '
            || coalesce(s.asked, 0) || ', in the books ' || coalesce(s.opened, 0)
        FROM collections_app_paymentplan d JOIN LATERAL (
            SELECT (SELECT sum(i.amount) FROM collections_app_planitem i WHERE i.plan_id = d.id) AS covered,
                (SELECT sum(n.amount) FROM collections_app_instalment n WHERE n.plan_id = d.id) AS asked,
                (SELECT sum(o.amount) FROM collections_app_instalment n JOIN ledger_openitem o ON o.id = n.open_item_id
                 AND o.kind = 'instalment' AND o.customer_id = d.customer_id WHERE n.plan_id = d.id) AS opened) s ON TRUE
        WHERE {d} AND (s.covered IS DISTINCT FROM d.total::numeric OR s.asked IS DISTINCT FROM (d.total - d.waived)::numeric
            OR (d.state IN ('active', 'kept', 'defaulted', 'replaced') AND s.opened IS DISTINCT FROM (d.total - d.waived)::numeric))""",
    "what a payment plan covers left the items that it names": """
        SELECT 'plan ' || d.number || ', item ' || p.open_item_id || ': ' || p.amount || ' covered, ' || coalesce(t.amount, 0) || ' taken'
        FROM collections_app_paymentplan d JOIN collections_app_planitem p ON p.plan_id = d.id LEFT JOIN LATERAL (
            SELECT -sum(l.amount) AS amount FROM ledger_openitem o JOIN ledger_line l ON l.entry_id = o.opened_by_id
            WHERE l.open_item_id = p.open_item_id AND o.id IN (
                SELECT n.open_item_id FROM collections_app_instalment n WHERE n.plan_id = d.id UNION SELECT d.rest_item_id)) t ON TRUE
        WHERE {d} AND d.state IN ('active', 'kept', 'defaulted', 'replaced') AND t.amount IS DISTINCT FROM p.amount::numeric""",
    "every instalment in the books is a plan's": """
        SELECT 'item ' || o.id || ' ' || o.number FROM ledger_openitem o
        WHERE {o} AND o.kind = 'instalment' AND NOT EXISTS (SELECT FROM collections_app_instalment n WHERE n.open_item_id = o.id)
            AND NOT EXISTS (SELECT FROM collections_app_paymentplan d WHERE d.rest_item_id = o.id)""",
}
"""Check → SQL for its details (see `ledger.verify.register_check`)."""
