"""What came of a job, as its page shows it."""

import pytest
from django.test import Client

from tests.factories import make_company, make_user
from workflow.models import Job
from workflow.views.outcomes import address_of_row, outcomes_of

ROWS = [
    {"outcome": "created", "id": "rct_12", "number": "RC-12", "amount": "1234.50", "currency": "USD"},
    {"outcome": "rejected", "id": None, "file": "a.xlsx", "line": 7, "detail": "no amount"},
]


def cells(table):
    return [[(c.text, c.href, c.tone) for c in row] for _, _, row in table.lines()]


def test_amounts_are_money_outcomes_are_coloured_and_rows_lead_somewhere():
    table = outcomes_of(ROWS)
    assert [c.label for c in table.columns] == ["Number", "Line", "Outcome", "Amount", "Currency", "File", "Detail"]
    first, second = cells(table)
    assert first[0] == ("RC-12", "/cash/receipts/12/", "") and first[2] == ("created", "", "ok") and first[3][0] == "1,234.50"
    assert second[2] == ("rejected", "", "bad") and second[6][0] == "no amount" and table.stack


def test_a_file_keeps_ids_and_odd_values_are_words():
    assert "Id" in {c.label for c in outcomes_of(ROWS, whole=True).columns}
    odd = {"external_id": "A-1", "errors": [{"pointer": "/x", "code": "required", "detail": "x is needed"}], "ok": True, "findings": []}
    assert [text for text, _, _ in cells(outcomes_of([odd]))[0]] == ["A-1", "", "yes", "x is needed"]
    assert [address_of_row(row) for row in ({"draft": 4}, {"trial": 3}, {"job": 2}, {"id": "zzz_1"}, {"id": "rct_x"})] == [
        "/invoices/drafts/4/", "/cash/rules/trials/3/", "/jobs/2/", "", "",
    ]  # fmt: skip
    assert outcomes_of([{"amount": "much", "currency": "USD"}]).columns[0].kind == "text"


@pytest.mark.django_db
def test_the_keys_at_the_foot_follow_the_job():
    company = make_company()
    client = Client()
    client.force_login(make_user("controller", company))
    job = Job.objects.create(
        kind="nightly", slot="x", company=company, state="running", created_by="system:night", counts={"left_out": 1200}
    )
    page = f"/jobs/{job.pk}/"
    assert b"</kbd> stop</span>" in client.get(page).content
    Job.objects.filter(pk=job.pk).update(state="done")
    again = client.get(page, HTTP_HX_REQUEST="true").content
    assert b'id="job-keys"' in again and b'hx-swap-oob="true"' in again and b"</kbd> stop" not in again and b"</kbd> run again" in again
    assert b"Left out" in again and b"1,200" in again
