"""A plan is asked for: within one's limit it may be offered at once, else somebody else allows it. A plan is held against limits by what it
gives time for, a settlement by what it gives up; and by what it gives time for, where that is more than one may give alone."""

from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction

from arops.lib.http import address
from collections_app.models import PaymentPlan
from collections_app.policy.plans import percent_of, told
from collections_app.services.plans.errors import PlanError
from collections_app.services.plans.offering import write_offer
from collections_app.services.plans.rows import change, locked, tell
from invoicing.services.giving_up import makers_of
from org.actors import Actor, require
from org.models import Company
from workflow.models import Approval
from workflow.services.approvals import OnApproval, ask, foresee, register_approval, take_turns
from workflow.services.authority import Fact
from workflow.services.following import Affair

State = PaymentPlan.State
KINDS = PLAN, SETTLEMENT = "payment_plan", "settlement"
OFFER_DAYS = 14
"""Days that an offer stands."""
ENDS = {
    Approval.State.APPROVED: State.OFFERED, Approval.State.REJECTED: State.REFUSED, Approval.State.WITHDRAWN: State.DRAFT,
    Approval.State.VOID: State.REFUSED,
}  # fmt: skip
"""What an approval's end makes of its plan."""


@transaction.atomic
def ask_for_plan(*, actor: Actor, plan: PaymentPlan, today: date, now: datetime) -> Approval:
    """Ask to offer a draft to the customer; within one's limit it is offered at once.

    Raises PlanError, ApprovalRefused, NotAllowed.
    """
    require(actor, "plans.make", plan.company_id)
    for kind in KINDS if plan.waived else KINDS[:1]:  # before the row: whoever decides does so, too
        take_turns(plan.company_id, kind, plan.currency, plan.customer_id)
    held = locked(plan, State.DRAFT, State.REFUSED)
    first = held.instalments.first()  # type: ignore[attr-defined]
    if first is None or first.due_on < today:
        raise PlanError("its first instalment lies behind: change the days")
    kind, amount = limited_by(
        actor=actor, company=held.company, total=held.total, waived=held.waived, currency=held.currency, customer_id=held.customer_id,
        today=today,
    )  # fmt: skip
    approval = ask(
        actor=actor, company=held.company, kind=kind, amount=amount, currency=held.currency, payload=said(held),
        title=f"{held.get_kind_display().capitalize()} {held.number}, {held.customer.name}", customer_id=held.customer_id, subject=held,
        reason=held.note or "as agreed with the customer", makers=_others(held, actor), token=f"plan:{held.pk}:{held.version}",
        today=today, now=now,
    )  # fmt: skip
    held.refresh_from_db()
    tell(actor, held, "asked", approval=approval.pk)
    if approval.state == Approval.State.WAITING:
        change(held, state=State.WAITING, approval=approval)
    else:
        change(held, approval=approval)
        offer(actor=actor, plan=held, today=today)
    return approval


def _others(plan: PaymentPlan, actor: Actor) -> list[str]:
    """Who may not decide besides whoever asks: the plan's maker, and of what is given up, as of any write-off, who issued it."""
    made = [plan.made_by] if plan.made_by != actor.label else []
    items: list[int] = list(plan.items.values_list("open_item", flat=True))  # type: ignore[attr-defined]
    return made + (makers_of(items) if plan.waived else [])


def limited_by(
    *, actor: Actor, company: Company, total: int, waived: int, currency: str, customer_id: int, today: date
) -> tuple[str, int]:  # fmt: skip
    """The kind of request that a plan is asked for by, and what its limits are held against, in minor units. Who gives up no more than
    they may, but time for more than they may, asks for the time: else a cent given up would give time for any amount."""
    if not waived:
        return PLAN, total
    known: dict[str, Any] = {"actor": actor, "company": company, "currency": currency, "customer_id": customer_id, "today": today}
    gives_up, gives_time = (foresee(kind=kind, amount=amount, **known) for kind, amount in ((SETTLEMENT, waived), (PLAN, total - waived)))
    return (PLAN, total - waived) if gives_up.alone and not gives_time.alone else (SETTLEMENT, waived)


def said(plan: PaymentPlan) -> dict[str, object]:
    """All that is asked for, as the request keeps it."""
    return {
        "plan": plan.pk, "number": plan.number, "total": plan.total, "waived": plan.waived, "rate": str(plan.rate),
        "default_days": plan.default_days,
        "items": [[i.open_item_id, i.open_item.number, i.amount] for i in plan.items.select_related("open_item")],  # type: ignore[attr-defined]
        "instalments": [[i.due_on.isoformat(), i.amount, i.interest] for i in plan.instalments.all()],  # type: ignore[attr-defined]
    }  # fmt: skip


def _facts(approval: Approval) -> list[Fact]:
    """What is given: time or money, for which items, by which instalments."""
    wanted, cur = approval.payload, approval.currency
    parts = wanted["instalments"]
    plan = PaymentPlan.objects.select_related("customer").filter(pk=wanted["plan"]).first()
    facts = [Fact("Customer", plan.customer.name, address("customers:detail", plan.customer_id))] if plan else []
    facts.append(Fact("Plan", wanted["number"], address("collections:plan", wanted["plan"])))
    facts.append(Fact("Covers", f"{told(wanted['total'], cur)} of {len(wanted['items'])} item{'s' if len(wanted['items']) > 1 else ''}"))
    if wanted["waived"]:
        share = percent_of(wanted["waived"], wanted["total"])
        facts.append(Fact("Gives up", f"{told(wanted['waived'], cur)}, {share} per cent, once the rest is paid"))
    facts.append(Fact("Paid in", f"{len(parts)}, from {parts[0][0]} to {parts[-1][0]}, the first {told(parts[0][1], cur)}"))
    interest = sum(part[2] for part in parts)
    facts.append(Fact("Interest", f"{wanted['rate']} per cent a year, {told(interest, cur)} in all" if interest else "none"))
    return [*facts, Fact("Ends", f"when an instalment is more than {wanted['default_days']} days late")]


@register_approval("payment_plan", label="Payment plan", request="plans.make", approve="plans.approve", draw=_facts)
def payment_plan(approval: Approval, actor: Actor) -> PaymentPlan:
    """The plan may be offered. Raises PlanError where it isn't as it was asked for."""
    return _allowed(approval)


@register_approval("settlement", label="Settlement", request="plans.make", approve="plans.approve", draw=_facts)
def settlement(approval: Approval, actor: Actor) -> PaymentPlan:
    """The settlement may be offered. Raises PlanError where it isn't as it was asked for."""
    return _allowed(approval)


def _allowed(approval: Approval) -> PaymentPlan:
    held = locked(PaymentPlan(pk=approval.payload["plan"]), State.DRAFT, State.REFUSED, State.WAITING)
    if said(held) != approval.payload:
        raise PlanError(f"{held.number} was changed since it was asked for: ask again")
    return held


def offer(*, actor: Actor, plan: PaymentPlan, today: date) -> PaymentPlan:
    """A held plan that is allowed becomes an offer that stands for two weeks, but not beyond its first instalment; the agreement is
    written."""
    due_on = plan.instalments.values_list("due_on", flat=True)[0]  # type: ignore[attr-defined]
    until = max(today, min(today + timedelta(days=OFFER_DAYS), due_on))
    change(plan, state=State.OFFERED, offer_until=until)
    write_offer(actor=actor, plan=plan, day=today)
    tell(actor, plan, "offered", until=until.isoformat())
    return plan


def follow(approval: Approval, actor: Actor, now: datetime, today: date) -> None:
    """What became of the request becomes of the plan, in the decision's transaction."""
    if approval.kind not in KINDS:
        return
    plan = PaymentPlan.objects.filter(approval=approval).first()
    if plan is None or plan.state != State.WAITING:
        return
    held = locked(plan)
    state = ENDS[Approval.State(approval.state)]
    if state == State.OFFERED:
        offer(actor=OnApproval(actor.label), plan=held, today=today)
        return
    change(held, state=state)
    tell(actor, held, str(state), reason=approval.decision_note)


def behind(approval: Approval, actor: Actor) -> Affair | None:
    """The plan that the request is about, where the actor sees it."""
    plan = PaymentPlan.objects.visible_to(actor, "collections.view").filter(approval=approval).first()
    return (
        Affair(plan.get_kind_display().capitalize(), plan.number, plan.get_state_display(), address("collections:plan", plan.pk))
        if plan
        else None
    )
