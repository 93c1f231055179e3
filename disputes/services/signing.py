"""Sign-offs: a department's word on a settlement before anything is asked for or done, and the rules that say where one is needed.

Whoever asked for the settlement never signs it, by whatever role; the database refuses that too.
"""

from datetime import date, datetime
from typing import Any

from django.db import transaction

from arops.lib import money
from disputes.models import Dispute, Settlement, SignOff, SignOffRule, Stage
from disputes.services.errors import DisputeError
from disputes.services.moving import log
from disputes.services.settling import hold, try_on, turn_down
from org.actors import Actor, NotAllowed, require
from org.models import Company, Department
from workflow.services import record

State = SignOff.State


class SignOffRefused(DisputeError):
    """A sign-off or a rule that can't be given so; the message says why."""


@transaction.atomic
def sign(*, actor: Actor, sign_off: SignOff, given: bool, note: str, now: datetime, today: date) -> SignOff:
    """Sign a settlement off for one's department, or refuse it with a reason. With the last signature the settlement goes on: it is done,
    or asked for, in the name of whoever asked; refused, it stays on the case with the reason, which is to be decided again.

    Raises SignOffRefused, NotAllowed.
    """
    if not SignOff.objects.visible_to(actor, "tasks.answer").filter(pk=sign_off.pk).exists():
        raise NotAllowed(f"{actor.label} may not sign this: it is another department’s")
    settlement, case = hold(sign_off.settlement)
    row: SignOff = SignOff.objects.select_for_update(of=("self",), no_key=True).select_related("department").get(pk=sign_off.pk)
    _check(row, settlement, actor, given, note)
    row.state, row.signed_by, row.signed_at = State.GIVEN if given else State.REFUSED, actor.label, now
    row.note = note.strip()[:2000]
    row.save(update_fields=["state", "signed_by", "signed_at", "note"])
    event = "dispute.signed_off" if given else "dispute.sign_off_refused"
    log(actor, event, case, department=row.department.code, settlement=settlement.pk, note=row.note)
    if not given:
        turn_down(settlement, case, actor, today, now, why=f"{row.department.name}: {row.note}")
    elif not settlement.sign_offs.filter(state=State.WAITING).exists():
        try_on(settlement, case, actor, today, now)
    sign_off.refresh_from_db()
    return sign_off


def _check(row: SignOff, settlement: Settlement, actor: Actor, given: bool, note: str) -> None:
    if row.state != State.WAITING or settlement.state != Settlement.State.SIGNING:
        raise SignOffRefused(f"this is {row.get_state_display()} already")
    if row.asked_by == actor.label:
        raise SignOffRefused("you asked for this settlement: somebody else of the department signs it")
    if not given and not note.strip():
        raise SignOffRefused("say why it is refused: whoever asked will read it", "note")


@transaction.atomic
def save_sign_off_rule(
    *, actor: Actor, company: Company, department: Department, resolution: str, stage: str, from_amount: int, currency: str
) -> SignOffRule:
    """Have a department sign settlements off: of one way (empty: of all that cost money), where the cause is of one stage (empty: any),
    from an amount on. The same of department, way, stage and currency is changed. Raises SignOffRefused, NotAllowed."""
    require(actor, "disputes.configure", company.pk)
    if department.company_id != company.pk:
        raise SignOffRefused("choose a department of this company", "department")
    if resolution and resolution not in Dispute.Resolution.values:
        raise SignOffRefused("choose a way to settle", "resolution")
    if stage and stage not in Stage.values:
        raise SignOffRefused("choose a stage of the order’s life", "stage")
    if currency not in money.currencies():
        raise SignOffRefused("choose a currency", "currency")
    if from_amount < 0:
        raise SignOffRefused("an amount is not negative", "from_amount")
    named: dict[str, Any] = {"company": company, "department": department, "resolution": resolution, "stage": stage, "currency": currency}
    rule, _ = SignOffRule.objects.update_or_create(**named, defaults={"from_amount": from_amount})
    _record(actor, "sign_off_rule.saved", rule)
    return rule


@transaction.atomic
def remove_sign_off_rule(*, actor: Actor, rule: SignOffRule) -> None:
    """Take a rule away: settlements that wait for its sign-off still do. Raises NotAllowed."""
    require(actor, "disputes.configure", rule.company_id)
    _record(actor, "sign_off_rule.removed", rule)
    rule.delete()


def _record(actor: Actor, event: str, rule: SignOffRule) -> None:
    record(
        actor=actor, type=event, company_id=rule.company_id, subject=rule, department=rule.department.code, resolution=rule.resolution,
        stage=rule.stage, from_amount=rule.from_amount, currency=rule.currency,
    )  # fmt: skip
