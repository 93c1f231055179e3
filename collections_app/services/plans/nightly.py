"""The night of payment plans: instalments are judged by the ledger, interest that comes due is posted, plans are kept or end."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date

from django.db import transaction
from django.db.models import Q

from collections_app.models import Instalment, PaymentPlan
from collections_app.policy.plans import Standing, verdict
from collections_app.selectors.plan_items import is_answered_for, standing_for
from collections_app.selectors.plans import cash_on_account, state_of
from collections_app.services.plans.ending import end_running, give_back
from collections_app.services.plans.rows import books_day, change, locked, tell
from disputes.selectors import disputed_by_item
from ledger import drafts, posting
from ledger.drafts import EntryDraft, NewItem, Part
from ledger.models import Entry, OpenItem
from ledger.selectors import books_of, item_state, lock_items
from ledger.services import reverse_entries
from org.actors import Actor, require
from org.models import Company

State, PartState = PaymentPlan.State, Instalment.State
ENDED = (State.DEFAULTED, State.CANCELLED, State.REPLACED)
LOOKED_AT = (State.ACTIVE, State.KEPT, *ENDED)


def run_plans(*, actor: Actor, company: Company, day: date) -> dict[str, int]:
    """Judge a company's plans at the end of a day, each in a transaction of its own; safe to repeat, and to be killed anywhere.

    A default waits while the customer has cash on account that nobody has applied: that is ours to do; and while a new schedule of the plan
    waits for an answer. Raises NotAllowed.
    """
    require(actor, "jobs.run", company.pk)
    names = ("running", "interest", "kept", "defaulted", "lapsed", "opened_again", "waiting_for_cash", "waiting_for_answer")
    counts = dict.fromkeys(names, 0)
    counts["lapsed"] = _lapse(actor, company, day)
    _interest(actor, company, day, counts)
    grouped = _instalments(company)
    disputed = disputed_by_item([row.open_item_id for rows in grouped.values() for row in rows if row.open_item_id])
    owing = _owing(list(grouped))
    for plan, rows in grouped.items():
        if plan.state == State.ACTIVE:
            counts["running"] += 1
            _judge(actor, plan, rows, disputed, owing.get(plan.pk, 0), day, counts)
        elif any(item.balance for row in rows for item in _asked(row, plan)):
            counts["opened_again"] += _open_again(actor, plan, day)
    for plan in _with_rests(company):
        counts["opened_again"] += _open_again(actor, plan, day)
    _set_states(company, day)
    return counts


def _instalments(company: Company) -> dict[PaymentPlan, list[Instalment]]:
    """Plans that run or have run, with their instalments as they stand: those over only where something is open again. What is open of a
    settlement's earlier schedule is the newest's, whose rest is given up only when that is paid, too."""
    rows = Instalment.objects.filter(plan__company=company, plan__state__in=LOOKED_AT, open_item__isnull=False)
    rows = rows.exclude(plan__state__in=ENDED, open_item__balance=0)
    rows = rows.exclude(Q(interest_item=None) | Q(interest_item__balance=0), plan__state=State.KEPT, open_item__balance=0)
    newest = standing_for(company.pk)
    found: defaultdict[PaymentPlan, list[Instalment]] = defaultdict(list)
    for row in rows.select_related("plan__company", "plan__customer", "open_item", "interest_item").order_by("plan", "ordinal"):
        after = newest.get(row.plan_id)
        found[after if after and after.state in (State.ACTIVE, State.KEPT) else row.plan].append(row)
    return dict(found)


def _with_rests(company: Company) -> list[PaymentPlan]:
    """Plans that ended while what they gave up was in dispute: it goes back as the rest did, once the case is decided."""
    ended = PaymentPlan.objects.filter(company=company, state__in=ENDED, rest_item__balance__gt=0)
    return list(ended.select_related("company", "customer").order_by("pk"))


def _owing(plans: Sequence[PaymentPlan]) -> dict[int, int]:
    """Key of a plan → cash of its customer, in its currency, that nobody has applied."""
    cash = cash_on_account({plan.customer_id for plan in plans})
    return {plan.pk: cash.get((plan.customer_id, plan.currency), 0) for plan in plans}


def _judge(
    actor: Actor, plan: PaymentPlan, rows: Sequence[Instalment], disputed: dict[int, int], cash: int, day: date, counts: dict[str, int]
) -> None:  # fmt: skip
    parts = [Standing(row.due_on, _open(row, plan, disputed)) for row in rows]
    if not any(item.balance for row in rows for item in _asked(row, plan)) and _all_posted(rows):
        counts["kept"] += _keep(actor, plan, day)
    elif verdict(parts, plan.default_days, day) == "defaulted":
        late = sum(part.open for part in parts if part.open and (day - part.due_on).days > plan.default_days)
        if is_answered_for(plan, day):
            counts["waiting_for_answer"] += 1
        elif cash >= late:
            counts["waiting_for_cash"] += 1
        else:
            counts["defaulted"] += _default(actor, plan, day)


def _all_posted(rows: Sequence[Instalment]) -> bool:
    return all(row.interest_item_id or not row.interest for row in rows if row.plan.state != State.REPLACED)


def _asked(row: Instalment, plan: PaymentPlan) -> list[OpenItem]:
    """What is to be paid of an instalment for the plan to be kept: the interest of an earlier schedule is asked for by itself."""
    return [item for item in (row.open_item, row.interest_item if row.plan_id == plan.pk else None) if item]


def _open(row: Instalment, plan: PaymentPlan, disputed: dict[int, int]) -> int:
    """What of an instalment, its interest included, isn't paid and not in dispute."""
    return sum(max(0, item.balance - disputed.get(item.pk, 0)) for item in _asked(row, plan))


@transaction.atomic
def _keep(actor: Actor, plan: PaymentPlan, day: date) -> int:
    """All is paid: a settlement's rest is given up, and the plan is over."""
    held = locked(plan)
    if held.state != State.ACTIVE:
        return 0
    if held.rest_item_id:
        rest = lock_items([held.rest_item_id])[held.rest_item_id]
        if rest.balance:
            _write_off(actor, held, rest, books_day(held, day))
    change(held, state=State.KEPT, ended_on=day)
    tell(actor, held, "kept", waived=held.waived)
    return 1


def _write_off(actor: Actor, plan: PaymentPlan, rest: OpenItem, day: date) -> None:
    before = Entry.objects.filter(kind=Entry.Kind.WRITE_OFF, lines__open_item=rest).count()
    draft = drafts.application(
        books_of(plan.company, plan.currency, day), parts=[Part(item_state(rest), rest.balance)], day=day,
        source=f"plan-waive:{plan.pk}:{before + 1}", others=[("bad_debt", rest.balance)], kind="write_off",
        narrative=f"{plan.number} is settled",
    )  # fmt: skip
    posting.post_one(draft, actor=actor)


@transaction.atomic
def _default(actor: Actor, plan: PaymentPlan, day: date) -> int:
    held = locked(plan)
    if held.state != State.ACTIVE:
        return 0
    end_running(actor=actor, plan=held, state=State.DEFAULTED, day=day, reason=f"an instalment is over {held.default_days} days late")
    return 1


@transaction.atomic
def _open_again(actor: Actor, plan: PaymentPlan, day: date) -> int:
    """Money was returned after the plan was over: one that was kept runs again, and what it gave up is owed again; of one that ended, what
    is open goes back."""
    held = locked(plan)
    if held.state != State.KEPT:
        return int(bool(give_back(actor=actor, plan=held, day=day, reason="it is open again")))
    if held.rest_item_id:
        live = Entry.objects.filter(kind=Entry.Kind.WRITE_OFF, lines__open_item=held.rest_item_id, reversed_by=None, reverses=None)
        why = f"{held.number}: a payment was returned"
        reverse_entries(entries=list(live.distinct()), day=books_day(held, day), actor=actor, reason=why)
    change(held, state=State.ACTIVE, ended_on=None)
    tell(actor, held, "opened_again")
    return 1


@transaction.atomic
def _interest(actor: Actor, company: Company, day: date, counts: dict[str, int]) -> None:
    """Interest that came due by the day becomes an item, once an instalment."""
    rows = Instalment.objects.filter(
        plan__company=company, plan__state=State.ACTIVE, due_on__lte=day, interest__gt=0, interest_item=None
    ).exclude(state=PartState.ENDED)
    due = list(rows.select_for_update(of=("self",), no_key=True).select_related("plan__company").order_by("pk"))
    made = [_interest_draft(row, day) for row in due]
    for row, posted in zip(due, posting.post(made, actor=actor), strict=True):
        row.interest_item_id = posted.item_id
    Instalment.objects.bulk_update(due, ["interest_item"])
    counts["interest"] = len(due)


def _interest_draft(row: Instalment, day: date) -> EntryDraft:
    plan, day = row.plan, books_day(row.plan, day)
    books = books_of(plan.company, plan.currency, day)
    number = f"{plan.number}/{row.ordinal}i"
    item = NewItem(plan.customer_id, OpenItem.Kind.LATE_FEE, number, day, max(day, row.due_on), row.interest, books.base(row.interest))
    return drafts.document(books, item=item, source=f"plan-interest:{row.pk}", net=row.interest, contra="late_fees")


@transaction.atomic
def _lapse(actor: Actor, company: Company, day: date) -> int:
    """Offers that nobody signed in time are over; their makers are told (see `noticing`)."""
    found = PaymentPlan.objects.filter(company=company, state=State.OFFERED, offer_until__lt=day)
    rows = list(found.select_for_update(of=("self",), no_key=True).order_by("pk"))
    for plan in rows:
        change(plan, state=State.CANCELLED, ended_on=day)
        tell(actor, plan, "lapsed", reason=f"the offer stood until {plan.offer_until}")
    return len(rows)


def _set_states(company: Company, day: date) -> None:
    """What lists and the work list read: each instalment's state, in one statement."""
    live = Q(plan__state=State.ACTIVE) | Q(plan__state=State.KEPT) & ~Q(state=PartState.PAID)
    live |= Q(plan__state=State.REPLACED, plan__waived__gt=0) & ~Q(state=PartState.ENDED)
    changed = []
    for row in Instalment.objects.filter(live, plan__company=company).select_related("open_item", "interest_item"):
        state = state_of(row, day)
        if state != row.state:
            row.state, row.decided_on = state, day if state == PartState.PAID else None
            changed.append(row)
    Instalment.objects.bulk_update(changed, ["state", "decided_on"])
