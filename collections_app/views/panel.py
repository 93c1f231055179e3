"""The account beside a task: what is owed, what was promised and said, what can be done. The queue's panel and Play show it."""

from collections.abc import Collection
from datetime import date, timedelta
from typing import Any

from django.http import HttpRequest

from arops.lib import clock
from arops.lib.charts import segments
from arops.lib.http import address
from collections_app.models import Activity, Promise, Snooze
from collections_app.policy.business_days import next_business_day
from collections_app.selectors.tags import tags_in_use, tags_of
from collections_app.selectors.worklist import WorkItem, lease_of
from collections_app.services.policies import policy_of
from collections_app.views.listing import ICONS, person
from ledger.aging import USUAL
from ledger.models import OpenItem
from org.models import Department

FEW = 8
"""Open items that the panel shows."""


SNOOZES = (1, 3, 14)
"""Days a task is put off at one key, each moved to a business day."""


def account_of(request: HttpRequest, item: WorkItem, rests: int) -> dict[str, Any]:
    """What the panel of a task shows; a task that is put off rests so many days by default."""
    today, customer, user, task = clock.today(), item.customer, person(request), item.task
    owed = list(OpenItem.objects.open().collectable().filter(customer=customer, currency=task.currency).order_by("due_date", "pk"))
    holidays = policy_of(customer.company).holidays
    return {
        "item": item, "customer": customer, "today": today, "items": owed[:FEW], "more": max(0, len(owed) - FEW),
        "total": sum(i.balance for i in owed), "ages": _ages(owed, today), "icon": ICONS.get(task.kind, "bell"),
        "tags": tags_of([customer.pk]).get(customer.pk, []), "known_tags": tags_in_use(person(request)),
        "activities": Activity.objects.filter(customer=customer).select_related("contact")[:3],
        "promises": Promise.objects.filter(customer=customer).order_by("-given_on")[:3],
        "contact": customer.contacts.filter(is_active=True).order_by("-takes_calls", "role", "name").first(),
        "next_week": next_business_day(today + timedelta(days=rests), holidays).day,
        "may_work": user.can("collections.work", customer.company_id),
        "snooze_days": _snoozes(today, holidays),
        "snooze_events": Snooze.Event.choices, "woken_by": item.woken_label, "waits_for": item.waits_for_label,
        "mail_url": address("customers:write", customer.pk) if user.can("messages.send", customer.company_id) else "",
        "opens": _opens(item), "department": _department(item), "lease": lease_of(customer, user, clock.now()),
    }  # fmt: skip


def _snoozes(today: date, holidays: Collection[date]) -> list[tuple[date, str]]:
    """Days to put a task off to, each once: over a weekend, tomorrow and in three days are both Monday."""
    days = sorted({next_business_day(today + timedelta(days=n), holidays).day for n in SNOOZES})
    return [(day, _away((day - today).days)) for day in days]


def _away(days: int) -> str:
    return "Tomorrow" if days == 1 else "In two weeks" if days == 14 else f"In {days} days"


def _department(item: WorkItem) -> str:
    """By name, who can fix it; empty where that is nobody in particular."""
    code = item.task.routed_to
    if not code:
        return ""
    return Department.objects.filter(company=item.task.company_id, code=code).values_list("name", flat=True).first() or code


def _opens(item: WorkItem) -> tuple[str, str]:
    """Where the thing itself is worked on: address and label; empty where that is the account."""
    kind, _, _, ref = (*item.task.key.split(":"), "", "", "")[:4]
    pk = int(ref) if ref.isdecimal() else 0
    where = {
        "inquiry": ("collections:inquiry", "Open the question"), "escalation": ("collections:escalation", "Open the case"),
        "contact": ("collections:inquiry", "Open the mail"),
    }  # fmt: skip
    if kind in where and pk:
        name, label = where[kind]
        return address(name, pk), label
    if kind == "apply_credit":
        return address("cashapp:workbench"), "Open the workbench"
    return "", ""


def _ages(owed: list[OpenItem], today: date) -> dict[str, Any]:
    """What is owed by age, as a bar and its legend; credits are no part of it."""
    labels = list(USUAL.labels)
    sums = [0] * len(labels)
    for item in owed:
        if item.balance > 0:
            sums[USUAL.index(item.due_date, today)] += item.balance
    return {"bar": segments(sums, labels), "legend": [(min(n, 4), label, sums[n]) for n, label in enumerate(labels) if sums[n]]}
