"""Who gets statements of account in the demo: all on the first of a month, a group on its last day as one, for PDF and Excel."""

from datetime import date

from arops.demo.setup import SYSTEM, World
from collections_app.services.statement_schedules import ScheduleDraft, save_schedule
from customers.models import Customer


def schedule_statements(world: World, today: date) -> None:
    """A schedule for all of each company, and one for the first parent that has children."""
    for company in world.companies.values():
        draft = ScheduleDraft("Monthly statements", today.replace(day=1), day=1, only_overdue=True)
        save_schedule(actor=SYSTEM, company=company, draft=draft)
        parents = Customer.objects.filter(company=company, is_active=True, children__is_active=True)
        parent = parents.order_by("pk").first()
        if parent:
            said = f"{parent.name}, the group"[:60]
            draft = ScheduleDraft(said, today.replace(day=1), customer=parent, day=31, format="both", for_group=True)
            save_schedule(actor=SYSTEM, company=company, draft=draft)
