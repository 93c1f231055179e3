"""What payers' codes for deductions are to us: said once, used wherever the code comes again."""

from django.db import transaction

from cashapp.models import DeductionCode
from cashapp.services.errors import CashError
from customers.models import Customer
from disputes.models import Dispute
from org.actors import Actor, require
from org.models import Company
from workflow.services import record


class CodeRefused(CashError):
    """A code that can't be mapped so; the message says why."""


@transaction.atomic
def map_code(*, actor: Actor, company: Company, code: str, reason: str, customer: Customer | None = None, note: str = "") -> DeductionCode:
    """Say what a code (of one customer, or of whoever uses it) is to us: a dispute's reason. The same again changes it.

    What was matched before stays as it was. Raises CodeRefused, NotAllowed.
    """
    require(actor, "rules.edit", company.pk)
    plain = " ".join(code.upper().split())[:60]
    if not plain:
        raise CodeRefused("say which code")
    if reason not in Dispute.Reason.values:
        raise CodeRefused("choose what it is to us")
    if customer is not None and customer.company_id != company.pk:
        raise CodeRefused("the customer is another company’s")
    Company.objects.select_for_update(no_key=True).get(pk=company.pk)  # two who say it first come one after the other
    known = DeductionCode.objects.select_for_update(of=("self",)).order_by("pk")
    found = known.filter(company=company, customer=customer, code=plain).first()
    row = found or DeductionCode(company=company, customer=customer, code=plain)
    before = row.reason
    row.reason, row.note, row.changed_by = reason, note.strip()[:200], actor.label
    row.save()
    record(
        actor=actor, type="deduction_code.mapped", company_id=company.pk, subject=row, customer_id=customer.pk if customer else None,
        code=plain, reason=reason, before=before,
    )  # fmt: skip
    return row


@transaction.atomic
def drop_code(*, actor: Actor, row: DeductionCode) -> None:
    """Forget what a code is: it waits for a person again. Raises NotAllowed."""
    require(actor, "rules.edit", row.company_id)
    record(
        actor=actor, type="deduction_code.dropped", company_id=row.company_id, subject=row, customer_id=row.customer_id, code=row.code,
        reason=row.reason,
    )  # fmt: skip
    row.delete()
