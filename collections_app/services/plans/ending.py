"""How plans end before they are kept: cancelled by people, in default by the night. What is not paid goes back to the items it came from,
with their old due dates, at the rates it came at."""

from collections.abc import Iterable
from datetime import date, datetime

from django.db import transaction
from django.db.models import Q

from collections_app.models import Instalment, PaymentPlan
from collections_app.policy.plans import Held, returning
from collections_app.selectors.plan_items import earlier_schedules, free_of, held_by
from collections_app.services.plans.errors import PlanError
from collections_app.services.plans.rows import books_day, change, locked, tell
from ledger import drafts, posting
from ledger.drafts import Books, EntryDraft
from ledger.models import Entry, OpenItem
from ledger.selectors import books_of, item_state, lock_items
from org.actors import Actor, require
from workflow.services.approvals import take_turns, withdraw

State, Part = PaymentPlan.State, Instalment.State
BEFORE = (State.DRAFT, State.REFUSED, State.OFFERED)


@transaction.atomic
def cancel_plan(*, actor: Actor, plan: PaymentPlan, reason: str, today: date, now: datetime) -> PaymentPlan:
    """End a plan by hand, with a reason: one that waits is withdrawn by whoever asked, a running one is ended by whoever approves plans.

    Raises PlanError, ApprovalRefused, LedgerError, NotAllowed.
    """
    require(actor, "plans.make", plan.company_id)
    if not reason.strip():
        raise PlanError("say why the plan ends")
    take_turns(plan.company_id, approval_kind(plan), plan.currency, plan.customer_id)  # before the row: whoever decides does so, too
    held = locked(plan, *BEFORE, State.WAITING, State.ACTIVE)
    if held.state == State.WAITING and held.approval:
        withdraw(actor=actor, approval=held.approval, now=now, today=today, note=reason)
        held.refresh_from_db()
    if held.state == State.ACTIVE:
        require(actor, "plans.approve", held.company_id)
        return end_running(actor=actor, plan=held, state=State.CANCELLED, day=today, reason=reason.strip())
    change(held, state=State.CANCELLED, ended_on=today)
    tell(actor, held, "cancelled", reason=reason.strip())
    return held


def approval_kind(plan: PaymentPlan) -> str:
    """The kind of request that such a plan was, or is usually, asked for by."""
    if plan.approval:
        return plan.approval.kind
    return "settlement" if plan.kind == PaymentPlan.Kind.SETTLEMENT else "payment_plan"


def end_running(*, actor: Actor, plan: PaymentPlan, state: str, day: date, reason: str) -> PaymentPlan:
    """End a held running plan in the caller's transaction: what isn't paid of it goes back, and what was returned of the schedules that a
    settlement had before. Raises LedgerError."""
    paid = plan.instalments.filter(Q(interest_item=None) | Q(interest_item__balance=0), open_item__balance=0)  # type: ignore[attr-defined]
    paid.exclude(state=Part.PAID).update(state=Part.PAID, decided_on=day)  # before the night has seen it
    back = give_back(actor=actor, plan=plan, day=day, reason=reason)
    for earlier in earlier_schedules(plan):
        back += give_back(actor=actor, plan=locked(earlier), day=day, reason=reason)
    plan.instalments.exclude(state=Part.PAID).update(state=Part.ENDED, decided_on=day)  # type: ignore[attr-defined]
    change(plan, state=state, ended_on=day)
    tell(actor, plan, state, reason=reason, given_back=back)
    return plan


def give_back(*, actor: Actor, plan: PaymentPlan, day: date, reason: str) -> int:
    """Post what is open of a held plan's instalments back to the items it came from; answers with how much that was. Safe to repeat: what
    opens again later (a receipt was returned) goes back by another entry."""
    keys = [pk for pk in plan.instalments.values_list("open_item", flat=True) if pk]  # type: ignore[attr-defined]
    if plan.rest_item_id:
        keys.append(plan.rest_item_id)
    held = held_by(keys)
    items = lock_items([*keys, *(part.item_id for parts in held.values() for part in parts)])
    free = free_of([items[pk] for pk in keys])  # what is in dispute stays where its case is, and follows when that is decided
    todo = [items[pk] for pk in keys if free[pk]]
    if not todo:
        return 0
    day = books_day(plan, day)
    books, times = books_of(plan.company, plan.currency, day), _times([item.pk for item in todo])
    made = []
    for item in todo:
        part = returning(held[item.pk], free[item.pk])
        source = f"plan-back:{item.pk}:{times[item.pk] + 1}"
        made.append(_draft(books, item, part, items, day, source, f"{plan.number}: {reason}"[:300]))
    posting.post(made, actor=actor)
    plan.instalments.filter(open_item__in=todo).update(state=Part.ENDED, decided_on=day)  # type: ignore[attr-defined]
    return sum(free[item.pk] for item in todo)


def _draft(
    books: Books, item: OpenItem, parts: Iterable[Held], items: dict[int, OpenItem], day: date, source: str, narrative: str
) -> EntryDraft:  # fmt: skip
    back = [(item_state(items[part.item_id]), part.amount, part.base_amount) for part in parts]
    return drafts.give_back(books, instalment=item_state(item), back=back, day=day, source=source, narrative=narrative)


def _times(keys: list[int]) -> dict[int, int]:
    """How often each of these gave something back before."""
    before = Entry.objects.filter(kind=Entry.Kind.INSTALMENT, opens=None, lines__open_item__in=keys)
    counts = dict.fromkeys(keys, 0)
    for pk in before.values_list("lines__open_item", flat=True):
        counts[pk] += 1
    return counts
