"""Asking people when a document came back or nobody answered: a task to whoever looks after the customer, else to billing."""

from collections import defaultdict
from datetime import date

from django.db import transaction

from invoicing.models import Invoice, InvoiceDelivery
from invoicing.policy.silence import after_working_days
from org.actors import Actor
from org.models import Company, Department, User
from workflow.models import Task
from workflow.services.tasks import open_task

LISTED = 30


def ask_about_bounce(*, actor: Actor, invoice: Invoice, reason: str, key: str, today: date) -> Task | None:
    """A task to mend the address of a document that came back; the same `key` asks once. None where nobody can be asked."""
    title = f"{invoice.number} did not reach {invoice.customer.name}"
    question = (
        f"{invoice.get_kind_display().capitalize()} {invoice.number} could not be delivered: {reason or 'no reason was given'}.\n"
        "Find the right address, correct it on the customer, and send the document again."
    )
    return _ask(actor, invoice.company, "bounced", title, question, f"bounced:{key}", invoice, [invoice], today)


@transaction.atomic
def alarm_silence(*, actor: Actor, company: Company, today: date) -> dict[str, int]:
    """Documents that nobody answered by the usual day: each is marked, and one task a customer asks to call. Safe to repeat."""
    silent = InvoiceDelivery.objects.filter(company=company, state__in=["sent", "delivered"], expected_by__lt=today, alarmed_on=None)
    silent = silent.exclude(invoice__open_item__balance__lte=0).select_related("invoice__customer__collector", "invoice__company")
    rows = list(silent.select_for_update(of=("self",), skip_locked=True, no_key=True).order_by("pk"))
    by_customer: dict[int, list[Invoice]] = defaultdict(list)
    for row in rows:
        by_customer[row.invoice.customer_id].append(row.invoice)
    for invoices in by_customer.values():
        _ask_about_silence(actor, company, invoices, today)
    InvoiceDelivery.objects.filter(pk__in=[row.pk for row in rows]).update(alarmed_on=today)
    return {"silent": len(rows), "customers": len(by_customer)}


def _ask_about_silence(actor: Actor, company: Company, invoices: list[Invoice], today: date) -> None:
    customer, n = invoices[0].customer, len(invoices)
    title = f"{customer.name} has not answered {invoices[0].number}" + (f" and {n - 1} more" if n > 1 else "")
    named = "\n".join(f"- {x.number} of {x.document_date}" for x in invoices[:LISTED])
    more = f"\nand {n - LISTED} more" if n > LISTED else ""
    question = f"No answer, and later than is usual for this customer:\n{named}{more}\nAsk whether they arrived and will be paid."
    subject = invoices[0] if n == 1 else None
    _ask(actor, company, "silence", title, question, f"silence:{customer.pk}:{today}", subject, invoices, today)


def _ask(
    actor: Actor, company: Company, kind: str, title: str, question: str, key: str, subject: Invoice | None, invoices: list[Invoice],
    today: date,
) -> Task | None:  # fmt: skip
    person, department = _whom(company, invoices[0])
    if person is None and department is None:
        return None
    currencies = {x.currency for x in invoices}
    one = currencies.pop() if len(currencies) == 1 else ""
    return open_task(
        actor=actor, company=company, kind=kind, title=title, question=question, due_date=after_working_days(today, 1), dedupe_key=key,
        today=today, assignee=person, department=None if person else department, subject=subject, customer_id=invoices[0].customer_id,
        amount=sum(x.total for x in invoices) if one else None, currency=one,
    )  # fmt: skip


def _whom(company: Company, invoice: Invoice) -> tuple[User | None, str | None]:
    """Whoever looks after the customer, else the billing department, else any department there is."""
    collector = invoice.customer.collector
    if collector is not None and collector.is_active and collector.can("tasks.answer", company.pk):
        return collector, None
    codes = list(Department.objects.filter(company=company).order_by("code").values_list("code", flat=True))
    return None, "billing" if "billing" in codes else next(iter(codes), None)
