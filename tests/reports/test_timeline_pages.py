"""A long timeline is read in pages: nothing lost or told twice, whatever was written down when."""

import time
from datetime import date, datetime, timedelta

import pytest

from collections_app.models import Activity
from reports.selectors.timeline import timeline
from tests.factories import issue, make_company, make_customer

pytestmark = pytest.mark.django_db
DAY = date(2026, 9, 30)


def test_pages_hold_all_of_what_was_brought_on_one_day() -> None:
    customer = make_customer(make_company())
    for n in range(6):
        issue(customer, 10_00 + n, number=f"INV-{n}", day=DAY - timedelta(days=40 * n))
    Activity.objects.bulk_create(
        Activity(
            company=customer.company, customer=customer, kind="note", body=f"Note {n}", happened_on=DAY - timedelta(days=n // 8), actor="t"
        )
        for n in range(2000)
    )  # fmt: skip
    told: list[str] = []
    before: datetime | None = None
    slowest = 0.0
    while True:
        begun = time.process_time()
        page = timeline(customer, before=before, limit=100)
        slowest = max(slowest, time.process_time() - begun)
        if not page:
            break
        told += [h.quote or h.detail for h in page]
        before = page[-1].at
    assert len(told) == len(set(told)) == 2006 and slowest < 0.3
    assert [h.detail for h in timeline(customer, lane="money")] == [f"INV-{n}" for n in range(6)]
