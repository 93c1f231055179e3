"""Letters on paper and statements of a customer: a batch that is laid out, a schedule of the customer's own, a statement sent by it."""

from datetime import date, datetime

from collections_app.models import SentStatement
from collections_app.services.statement_schedules import ScheduleDraft, save_schedule
from customers.models import Customer
from messaging.models import Bounce
from messaging.services import Enclosed, queue_message
from messaging.services.printing import gather_letters
from org.models import User
from tests.factories import SYSTEM
from workflow.services import store_file


def make_letters(customer: Customer, collector: User, name: str, now: datetime, today: date) -> None:
    """A batch with the customer's letter alone, its files made; and the customer's statements."""
    queue_message(
        actor=SYSTEM, company=customer.company, customer=customer, kind="dunning", dedupe_key=f"paper:{name}", recipients=[],
        subject=f"Reminder of {name}", body="Please pay", channel="letter", not_before=now,
    )  # fmt: skip
    batch = gather_letters(actor=collector, company=customer.company)
    file, _ = store_file(actor=SYSTEM, name=f"{name}.pdf", content=f"letters {name}".encode(), content_type="application/pdf")
    batch.pdf = batch.manifest = file
    batch.save()
    batch.printed.update(file=file, pages=1)
    draft = ScheduleDraft(f"Statements of {name}", today, customer=customer)
    schedule = save_schedule(actor=SYSTEM, company=customer.company, draft=draft)
    Bounce.objects.create(
        company=customer.company, customer=customer, address=f"gone@{name.lower()}.example", bounced_on=today, noted_by=SYSTEM.label
    )
    message, _ = queue_message(
        actor=SYSTEM, company=customer.company, customer=customer, kind="statement", dedupe_key=f"statement:{name}",
        recipients=[f"ap@{name.lower()}.example"], subject=f"Statement of {name}", body="Enclosed", attachments=[Enclosed(file, file.name)],
        not_before=now,
    )  # fmt: skip
    SentStatement.objects.create(
        schedule=schedule, company=customer.company, customer=customer, as_of=today, balance={"EUR": 119_00}, made_by=SYSTEM.label,
        message=message,
    )  # fmt: skip
