"""A signed plan comes into force: what it covers leaves its items and stands in instalments with dates of their own."""

from collections.abc import Sequence
from datetime import date

from collections_app.models import Instalment, PaymentPlan, PlanItem
from collections_app.policy.plans import spread, told, with_interest
from collections_app.selectors.plan_items import free_of, returning_to
from collections_app.services.plans.ending import end_running
from collections_app.services.plans.errors import PlanError
from collections_app.services.plans.making import interest_since
from collections_app.services.plans.rows import change, locked
from ledger import drafts, posting
from ledger.drafts import Books, EntryDraft, NewItem, Part
from ledger.models import OpenItem
from ledger.selectors import books_of, item_state, lock_items
from org.actors import Actor


def activate(*, actor: Actor, plan: PaymentPlan, day: date) -> PaymentPlan:
    """Post the instalments of a held plan on the day, in the caller's transaction.

    Everything it covers must be open still and not in dispute. Raises PlanError, LedgerError.
    """
    if plan.replaces is not None:
        _end_old(actor, plan, plan.replaces, day)
    covered: list[PlanItem] = list(plan.items.order_by("pk"))  # type: ignore[attr-defined]
    dues: list[Instalment] = list(plan.instalments.all())  # type: ignore[attr-defined]
    items = lock_items(row.open_item_id for row in covered)
    _still_open(covered, items)
    amounts = [due.amount for due in dues] + ([plan.waived] if plan.waived else [])
    shares = spread([(row.open_item_id, row.amount) for row in covered], amounts)
    books = books_of(plan.company, plan.currency, day)
    news = [_instalment(plan, f"{due.ordinal}", due.due_on, due.amount) for due in dues]
    if plan.waived:
        news.append(_instalment(plan, "R", dues[-1].due_on, plan.waived))
    opened = _post(actor, books, plan, news, shares, items, day)
    for due, pk in zip(dues, opened, strict=False):
        due.open_item_id = pk
    Instalment.objects.bulk_update(dues, ["open_item"])
    return change(plan, state=PaymentPlan.State.ACTIVE, rest_item_id=opened[-1] if plan.waived else None)


def _end_old(actor: Actor, plan: PaymentPlan, running: PaymentPlan, day: date) -> None:
    """The plan that this one re-schedules ends, and gives back what isn't paid of it. Raises PlanError where it moved on since."""
    held = locked(running, PaymentPlan.State.ACTIVE)
    dues: list[Instalment] = list(plan.instalments.all())  # type: ignore[attr-defined]
    since = interest_since(held, day)
    asked = [due.interest for due in dues]
    if [due.interest for due in with_interest([(due.due_on, due.amount) for due in dues], plan.rate, since)] != asked:
        raise PlanError(f"interest of {held.number} came due since {plan.number} was made: make its schedule anew")
    wanted = {row.open_item_id: row.amount for row in plan.items.all()}  # type: ignore[attr-defined]
    if returning_to(held) != wanted:
        raise PlanError(f"{held.number} was paid in part, or disputed, since {plan.number} was made: make its schedule anew")
    reason = f"re-scheduled as {plan.number}"
    end_running(actor=actor, plan=held, state=PaymentPlan.State.REPLACED, day=day, reason=reason)


def _still_open(covered: Sequence[PlanItem], items: dict[int, OpenItem]) -> None:
    free = free_of(list(items.values()))
    for row in covered:
        if row.amount > free[row.open_item_id]:
            left = told(free[row.open_item_id], items[row.open_item_id].currency)
            raise PlanError(f"of {items[row.open_item_id].number} only {left} are open and undisputed by now: make a new plan")


def _instalment(plan: PaymentPlan, name: str, due_on: date, amount: int) -> NewItem:
    return NewItem(plan.customer_id, OpenItem.Kind.INSTALMENT, f"{plan.number}/{name}", due_on, due_on, amount, 0)


def _post(
    actor: Actor, books: Books, plan: PaymentPlan, news: Sequence[NewItem], shares: Sequence[Sequence[tuple[int, int]]],
    items: dict[int, OpenItem], day: date,
) -> list[int]:  # fmt: skip
    """One entry an instalment, all in one posting; answers with the keys of the items it opened."""
    made = [_draft(books, plan, new, share, items, day) for new, share in zip(news, shares, strict=True)]
    return [posted.item_id or 0 for posted in posting.post(made, actor=actor)]


def _draft(
    books: Books, plan: PaymentPlan, new: NewItem, share: Sequence[tuple[int, int]], items: dict[int, OpenItem], day: date
) -> EntryDraft:  # fmt: skip
    """The entry of one instalment. It is dated as the earliest document that it pays: by document, the debt is as old as it was."""
    covered = [items[pk] for pk, _ in share]
    orders = {item.po_number for item in covered}
    dated = NewItem(
        new.customer_id, new.kind, new.number, min(item.document_date for item in covered), new.due_date, new.amount, 0,
        po_number=orders.pop() if len(orders) == 1 else "",
    )  # fmt: skip
    parts = [Part(item_state(items[pk]), amount) for pk, amount in share]
    draft = drafts.instalment(
        books, parts=parts, item=dated, day=day, source=f"plan:{plan.pk}:{new.number}", narrative=f"{plan.get_kind_display()} {plan.number}"
    )
    for pk, amount in share:  # the next instalment takes what this one leaves
        items[pk].base_balance -= item_state(items[pk]).base_of(amount)
        items[pk].balance -= amount
    return draft
