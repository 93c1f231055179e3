"""A plan is asked for: within one's limits it may be offered at once, else somebody else allows it (what it is held against: `limits`)."""

from datetime import date, datetime, timedelta

from django.db import transaction

from arops.lib.http import address
from collections_app.models import PaymentPlan
from collections_app.policy.plans import percent_of, told
from collections_app.selectors.plan_items import plans_of_items
from collections_app.services.plans.errors import PlanError
from collections_app.services.plans.limits import KINDS, Given, asking, check_decider, take_plan_turns
from collections_app.services.plans.offering import write_offer
from collections_app.services.plans.rows import change, locked, tell
from collections_app.services.policies import policy_of
from invoicing.services.giving_up import makers_of
from org.actors import Actor, require
from workflow.models import Approval
from workflow.services.approvals import OnApproval, ask, register_approval
from workflow.services.authority import Fact
from workflow.services.following import Affair

State = PaymentPlan.State
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
    take_plan_turns(plan.company_id, plan.currency, plan.customer_id)  # before the row: whoever decides does so, too
    held = locked(plan, State.DRAFT, State.REFUSED)
    first = held.instalments.first()  # type: ignore[attr-defined]
    if first is None or first.due_on < today:
        raise PlanError("its first instalment lies behind: change the days")
    if held.replaces and held.replaces.state != State.ACTIVE:
        raise PlanError(f"{held.replaces.number} is {held.replaces.get_state_display()} by now: there is nothing to re-schedule")
    _check_items(held)
    wanted = asking(actor=actor, given=given_by(held), today=today)
    payload = said(held) | {"counts": wanted.counts, "needs": list(wanted.needs)}
    change(held, offer_until=_until(held, first.due_on, today))
    approval = ask(
        actor=actor, company=held.company, kind=wanted.kind, amount=wanted.amount, currency=held.currency, payload=payload,
        title=f"{held.get_kind_display().capitalize()} {held.number}, {held.customer.name}", customer_id=held.customer_id, subject=held,
        reason=held.note or "as agreed with the customer", makers=[*_others(held, actor), *wanted.makers],
        token=f"plan:{held.pk}:{held.version}", today=today, now=now,
    )  # fmt: skip
    held.refresh_from_db()
    tell(actor, held, "asked", approval=approval.pk)
    if approval.state == Approval.State.WAITING:
        change(held, state=State.WAITING, approval=approval)
    else:
        change(held, approval=approval)
        offer(actor=actor, plan=held, today=today)
    return approval


def _check_items(plan: PaymentPlan) -> None:
    """Refuse a draft about what another plan that waits for an answer is about: only one of them could be signed. Raises PlanError."""
    items: list[int] = list(plan.items.values_list("open_item", flat=True))  # type: ignore[attr-defined]
    if taken := plans_of_items(items):
        number = sorted(taken.values())[0]
        raise PlanError(f"{number} is about the same items and waits for an answer: cancel one of the two")


def _others(plan: PaymentPlan, actor: Actor) -> list[str]:
    """Who may not decide besides whoever asks: the plan's maker, and of what is given up, as of any write-off, who issued it."""
    made = [plan.made_by] if plan.made_by != actor.label else []
    items: list[int] = list(plan.items.values_list("open_item", flat=True))  # type: ignore[attr-defined]
    return made + (makers_of(items) if plan.waived else [])


def given_by(plan: PaymentPlan) -> Given:
    """What limits hold a plan against."""
    return Given(plan.company, plan.customer_id, plan.currency, plan.total - plan.waived, plan.waived)


def said(plan: PaymentPlan) -> dict[str, object]:
    """All that is asked for, as the request keeps it."""
    return {
        "plan": plan.pk, "number": plan.number, "total": plan.total, "waived": plan.waived, "rate": str(plan.rate),
        "default_days": plan.default_days, "replaces": plan.replaces_id,
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
    if plan and plan.replaces:
        last = plan.replaces.instalments.values_list("due_on", flat=True).last()  # type: ignore[attr-defined]
        facts.append(Fact("Re-schedules", f"{plan.replaces.number}, which runs to {last}", address("collections:plan", plan.replaces.pk)))
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


@register_approval("settlement", label="Settlement", request="plans.make", approve="plans.approve", draw=_facts, counts_with=("write_off",))
def settlement(approval: Approval, actor: Actor) -> PaymentPlan:
    """The settlement may be offered. Raises PlanError where it isn't as it was asked for."""
    return _allowed(approval)


def _allowed(approval: Approval) -> PaymentPlan:
    held = locked(PaymentPlan(pk=approval.payload["plan"]), State.DRAFT, State.REFUSED, State.WAITING)
    now = said(held)
    if now != {name: approval.payload.get(name) for name in now}:
        raise PlanError(f"{held.number} was changed since it was asked for: ask again")
    return held


def offer(*, actor: Actor, plan: PaymentPlan, today: date) -> PaymentPlan:
    """A held plan that is allowed becomes an offer that stands as long as the policy says; the agreement is written."""
    until = _until(plan, plan.instalments.values_list("due_on", flat=True)[0], today)  # type: ignore[attr-defined]
    change(plan, state=State.OFFERED, offer_until=until)
    write_offer(actor=actor, plan=plan, day=today)
    tell(actor, plan, "offered", until=until.isoformat())
    return plan


def _until(plan: PaymentPlan, due_on: date, today: date) -> date:
    """The last day of an offer: days of the policy, but not beyond the first instalment. While it is asked for it counts from then: what
    nobody decides isn't kept from being asked for without end."""
    return max(today, min(today + timedelta(days=policy_of(plan.company).offer_days), due_on))


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
        check_decider(actor=actor, approval=approval, given=given_by(held), today=today)
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
