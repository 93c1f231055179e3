"""An advice typed by a person, and what a person corrects of one that was read: whose it is."""

from dataclasses import replace

from django.db import transaction

from cashapp.models import Remittance
from cashapp.readers.advice.model import Advice
from cashapp.services.errors import CashError
from cashapp.services.remittances.taking import Said, take_advices
from customers.models import Customer
from org.actors import Actor, require
from org.models import Company
from workflow.models import StoredFile
from workflow.services import record


class AdviceRefused(CashError):
    """An advice that says too little or was taken in before; the message says which."""


@transaction.atomic
def key_remittance(
    *, actor: Actor, company: Company, advice: Advice, customer: Customer | None = None, stored_file: StoredFile | None = None
) -> Remittance:
    """Take an advice that came by letter, telephone or fax. `customer` is whose it is where the person knows; else it is looked up.

    Raises AdviceRefused (nothing to join it by; the same was taken before), NotAllowed (cash.import).
    """
    _check(advice)
    if customer and customer.company_id != company.pk:
        raise AdviceRefused(f"{customer} is a customer of another company than {company.code}")
    said = Said(customer.pk if customer else None)
    if customer and not advice.payer_name:
        advice = replace(advice, payer_name=customer.name)
    taken = take_advices(
        actor=actor, company=company, advices=[advice], source=Remittance.Source.HAND, stored_file=stored_file, format="keyed", said=[said]
    )
    if taken.repeated:
        raise AdviceRefused(f"the same advice is there as {taken.repeated[0].number}: nothing was changed")
    return taken.remittances[0]


def _check(advice: Advice) -> None:
    if advice.total is None and not advice.lines:
        raise AdviceRefused("give what was paid, or at least one document")
    if advice.total is not None and advice.total <= 0:
        raise AdviceRefused("what was paid is more than nothing")
    for n, line in enumerate(advice.lines, 1):
        if not line.reference and not line.code and not line.text:
            raise AdviceRefused(f"line {n} has an amount, but doesn’t say of what")


@transaction.atomic
def name_customer(*, actor: Actor, remittance: Remittance, customer: Customer | None) -> Remittance:
    """Say whose advice it is, or that nobody knows. The receipts it is joined to keep their payer.

    Raises AdviceRefused (a customer of another company), NotAllowed (cash.apply).
    """
    require(actor, "cash.apply", remittance.company_id)
    if customer and customer.company_id != remittance.company_id:
        raise AdviceRefused(f"{customer} is a customer of another company")
    held = Remittance.objects.select_for_update(no_key=True).get(pk=remittance.pk)
    before, held.customer = held.customer_id, customer
    if before == held.customer_id:
        return held
    held.version += 1
    held.save(update_fields=["customer", "version"])
    record(
        actor=actor, type="remittance.customer_named", company_id=held.company_id, subject=held,
        customer_id=held.customer_id or before, remittance=held.number, before=before,
    )  # fmt: skip
    return held
