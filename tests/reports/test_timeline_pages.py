"""A long timeline is read in pages: nothing lost or told twice, whatever was written down when."""

import csv
import io
import time
from datetime import date, datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from collections_app.models import Activity
from reports.selectors.timeline import timeline
from tests.factories import issue, make_company, make_customer, make_user

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


def test_a_line_of_time_is_taken_along_by_lane_with_its_words_and_amounts() -> None:
    customer = make_customer(make_company())
    item = issue(customer, 10_00, number="INV-1", day=DAY)
    Activity.objects.create(company=customer.company, customer=customer, kind="note", body="=1+1", happened_on=DAY, actor="t")
    client = Client()
    client.force_login(make_user("senior", customer.company), backend="org.backends.EmailBackend")
    page = reverse("customers:tab", args=[customer.pk, "timeline"])
    head, *rows = csv.reader(io.StringIO(client.get(page, {"format": "csv"}).content.decode("utf-8-sig")))
    assert head == ["When (UTC)", "Kind", "What", "Detail", "Amount", "By", "Words", "Currency"]
    assert {(r[1], r[3], r[4], r[6], r[7]) for r in rows} >= {("money", "INV-1", "10.00", "", "USD"), ("contacts", "", "", "'=1+1", "")}
    one = csv.reader(io.StringIO(client.get(page, {"format": "csv", "lane": "money"}).content.decode("utf-8-sig")))
    assert [r[1] for r in one] == ["Kind", "money"]
    assert client.get(reverse("reports:item-timeline", args=[item.pk]), {"format": "xlsx"}).content.startswith(b"PK")
    client.force_login(make_user("sales", customer.company), backend="org.backends.EmailBackend")
    assert (client.get(page).status_code, client.get(page, {"format": "csv"}).status_code) == (200, 403)
