"""Who gets statements when: schedules made, changed and ended."""

from dataclasses import asdict, dataclass
from datetime import date

from django.db import IntegrityError, transaction

from collections_app.models import StatementSchedule
from collections_app.services.statements import StatementRefused
from customers.models import Customer
from customers.selectors import ids_below
from org.actors import Actor, NotAllowed, require
from org.models import Company
from workflow.services import record


@dataclass(frozen=True, slots=True)
class ScheduleDraft:
    """What a schedule says: for one customer, a segment, or all; on which day of every so many months; what is sent. `minimum` is minor
    units of the company's currency."""

    name: str
    starts_on: date
    segment: str = ""
    customer: Customer | None = None
    day: int = 1
    every_months: int = 1
    format: str = StatementSchedule.Format.PDF
    for_group: bool = False
    only_overdue: bool = False
    minimum: int = 0


def save_schedule(*, actor: Actor, company: Company, draft: ScheduleDraft, schedule: StatementSchedule | None = None) -> StatementSchedule:
    """Keep a schedule, a new one or one that is changed. Raises StatementRefused, NotAllowed."""
    _may(actor, company, draft.customer)
    _check(company, draft)
    _may_group(actor, draft)
    fields = {name: getattr(draft, name) for name in draft.__slots__}
    try:
        with transaction.atomic():
            if schedule is None:
                kept = StatementSchedule.objects.create(company=company, made_by=actor.label, **fields)
            else:
                kept = StatementSchedule.objects.select_for_update(of=("self",)).select_related("customer").get(pk=schedule.pk)
                _may(actor, company, kept.customer)
                if not kept.is_active:
                    raise StatementRefused("the schedule was ended: make a new one")
                for name, value in fields.items():
                    setattr(kept, name, value)
                kept.save(update_fields=list(fields))
            said = asdict(draft) | {"customer": draft.customer.pk if draft.customer else None, "starts_on": draft.starts_on.isoformat()}
            record(
                actor=actor, type="statement_schedule.saved", company_id=company.pk, subject=kept,
                customer_id=draft.customer.pk if draft.customer else None, **said,
            )  # fmt: skip
    except IntegrityError as error:
        raise StatementRefused(f"{_whom(draft)} has a schedule already: change or end that one") from error
    return kept


@transaction.atomic
def end_schedule(*, actor: Actor, schedule: StatementSchedule) -> StatementSchedule:
    """Send nothing by it any more; what was sent stays on record. Raises NotAllowed."""
    kept = StatementSchedule.objects.select_for_update(of=("self",)).select_related("company").get(pk=schedule.pk)
    _may(actor, kept.company, kept.customer)
    if kept.is_active:
        kept.is_active = False
        kept.save(update_fields=["is_active"])
        record(actor=actor, type="statement_schedule.ended", company_id=kept.company_id, subject=kept, customer_id=kept.customer_id)
    return kept


def _may(actor: Actor, company: Company, customer: Customer | None) -> None:
    """Whoever has only a portfolio in sight schedules for its customers alone."""
    require(actor, "statements.schedule", company.pk)
    reach = actor.reach("statements.schedule")
    if customer is None and not (reach.everything or company.pk in reach.companies):
        raise NotAllowed("a schedule for a segment or for all is made by whoever sees the whole company")
    if customer is not None and not Customer.objects.visible_to(actor, "statements.schedule").filter(pk=customer.pk).exists():
        raise NotAllowed("the customer is out of your sight")


def _may_group(actor: Actor, draft: ScheduleDraft) -> None:
    """A group's statement says what all its accounts owe, to whoever stands at its head."""
    below = ids_below([draft.customer.pk]).get(draft.customer.pk, []) if draft.for_group and draft.customer else []
    if Customer.objects.visible_to(actor, "statements.schedule").filter(pk__in=below).count() != len(below):
        raise NotAllowed("accounts of this group are out of your sight: who sees the whole group schedules its statement")


def _check(company: Company, draft: ScheduleDraft) -> None:
    if not draft.name.strip():
        raise StatementRefused("give the schedule a name")
    if not 1 <= draft.day <= 31:
        raise StatementRefused("the day of the month is 1 to 31; 31 is the last of any month")
    if not 1 <= draft.every_months <= 12:
        raise StatementRefused("statements go out every 1 to 12 months")
    if draft.minimum < 0:
        raise StatementRefused("the least amount isn’t below nought")
    if draft.customer and draft.customer.company_id != company.pk:
        raise StatementRefused(f"the customer isn’t one of {company.code}")
    if draft.customer and draft.segment:
        raise StatementRefused("a schedule is for a customer or for a segment, not both")


def _whom(draft: ScheduleDraft) -> str:
    if draft.customer:
        return draft.customer.name
    return f"the segment {draft.segment}" if draft.segment else "all without one of their own"
