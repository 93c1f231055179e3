"""Promises by list: tried out first, all or none, and the same file once."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from arops.lib import clock
from arops.lib.refusal import InputRefused
from collections_app.models import Promise
from collections_app.services import promise_lists
from collections_app.services.promise_lists import ListRefused, bring_list, give_list
from org.actors import NotAllowed
from org.models import Membership
from tests.factories import DAY, issue, make_company, make_customer, make_user
from workflow.models import Event, Job
from workflow.services.jobs import run_job

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk():
    company = make_company("US01")
    ana = make_user("specialist", company)
    customer = make_customer(company, "Acme", number="K-1")
    for number in ("INV-1", "INV-2"):
        issue(customer, 100_00, day=DAY, number=number)
    return company, ana, customer


def listed(*rows):
    day = (clock.today() + timedelta(days=5)).isoformat()
    lines = ["company,customer,currency,amount,due_date,items", *(f"US01,{row.replace('DAY', day)}" for row in rows)]
    return "\n".join(lines).encode()


def tried(actor, content):
    return run_job(job_id=bring_list(actor=actor, name="list.csv", content=content).pk, now=clock.now())


def taken(actor, checked):
    return run_job(job_id=give_list(actor=actor, checked=checked).pk, now=clock.now())


def test_a_list_is_tried_out_then_given_and_known_when_it_comes_again(desk):
    _, ana, _ = desk
    content = listed("K-1,USD,100.00,DAY,INV-1", 'K-1,USD,40.00,DAY,"INV-2"')
    checked = tried(ana, content)
    assert (checked.counts["created"], Promise.objects.count()) == (2, 0), checked.results
    given = taken(ana, checked)
    assert given.counts == {"created": 2, "unchanged": 0, "rejected": 0} and Promise.objects.count() == 2
    assert set(Event.objects.filter(type__startswith="promise_list.").values_list("type", flat=True)) == {
        "promise_list.read", "promise_list.confirmed", "promise_list.done",
    }  # fmt: skip
    for again in (lambda: bring_list(actor=ana, name="other name.csv", content=content), lambda: give_list(actor=ana, checked=checked)):
        with pytest.raises(ListRefused, match=f"job {given.pk}"):
            again()
    run_job(job_id=given.pk, now=clock.now())
    assert Promise.objects.count() == 2


def test_a_row_wrong_names_its_line_and_column_and_nothing_is_given(desk):
    company, ana, _ = desk
    make_customer(company, "Bolt", number="K-2")
    other = make_customer(make_company("XX01"), "Far", number="K-9")
    issue(other, 1_00, day=DAY)
    bad = [
        "K-1,USD,100.00,DAY,INV-1", "K-1,USD,1e3,DAY,INV-2", "K-1,USD,100.001,DAY,INV-2", "K-1,USD,-5.00,DAY,INV-2",
        "K-1,USD,٥.00,DAY,INV-2", "K-1,USD,NaN,DAY,INV-2", "K-1,USD,9999999999999999999999.00,DAY,INV-2", "K-1,ZZZ,1.00,DAY,INV-2",
        "K-1,USD,1.00,9999-12-31,INV-2", "K-1,USD,1.00,0001-01-01,INV-2", "K-1,USD,1.00,31.12.2026,INV-2", "K-9,USD,1.00,DAY,",
        "K-1,USD,1.00,DAY,INV-9", "K-1,USD,500.00,DAY,INV-2", "K-2,USD,1.00,DAY,", "K-1,USD,1.00,2060-01-01,INV-2",
        "K-1,USD,30.00,DAY,INV-1",
    ]  # fmt: skip
    checked = tried(ana, listed(*bad))
    told = {row["line"]: [e["column"] for e in row["errors"]] for row in checked.results}
    assert told.pop(2) == []
    assert told == {
        3: ["amount"], 4: ["amount"], 5: ["amount"], 6: ["amount"], 7: ["amount"], 8: ["amount"], 9: ["amount", "currency"],
        10: ["due_date"],
        11: ["due_date"], 12: ["due_date"], 13: ["customer"], 14: ["items"], 15: ["amount"], 16: ["items"], 17: ["due_date"],
        18: ["items"],
    }  # fmt: skip
    assert Promise.objects.count() == 0
    with pytest.raises(ListRefused, match="mend"):
        give_list(actor=ana, checked=checked)


def test_what_changed_since_it_was_tried_out_leaves_nothing_given_and_the_file_may_come_again(desk):
    _, ana, _ = desk
    content = listed("K-1,USD,100.00,DAY,INV-1", "K-1,USD,40.00,DAY,INV-2")
    checked = tried(ana, content)
    Membership.objects.filter(user=ana).update(scope="portfolio")
    given = taken(type(ana).objects.get(pk=ana.pk), checked)
    assert given.counts["created"] == 0 and Promise.objects.count() == 0
    Membership.objects.filter(user=ana).update(scope="company")
    again = tried(ana, content)
    assert taken(ana, again).counts["created"] == 2


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"), (b"company,customer\nUS01,K-1", "currency"), (b"customer,moon\nK-1,x", "moon"),
        (b"customer,customer\nK-1,K-2", "twice"), (b"PK\x03\x04broken", ""), (b"\x00\x01\x02\xff" * 50, ""),
    ],
)  # fmt: skip
def test_a_file_that_is_no_list_is_refused_whole(desk, content, words):
    with pytest.raises(InputRefused, match=words):
        bring_list(actor=desk[1], name="x.csv", content=content)
    assert not Job.objects.exists()


def test_a_list_too_long_is_refused_where_it_is(desk, monkeypatch):
    monkeypatch.setattr(promise_lists, "MOST", 1)
    with pytest.raises(InputRefused, match="line 3"):
        bring_list(actor=desk[1], name="x.csv", content=listed("K-1,USD,1.00,DAY,", "K-1,USD,2.00,DAY,"))


def test_pages_show_it_to_whoever_brought_it_alone(desk, client):
    company, ana, _ = desk
    client.force_login(ana)
    start = reverse("collections:promises-import")
    assert b"customer" in client.get(f"{start}?format=csv").content
    assert client.post(start, {"file": SimpleUploadedFile("x.csv", b"moon")}).status_code == 422
    answer = client.post(start, {"file": SimpleUploadedFile("june.csv", listed("K-1,USD,70.00,DAY,INV-1"))})
    where = answer.headers.get("HX-Redirect") or answer.headers["Location"]
    run_job(job_id=Job.objects.get().pk, now=clock.now())
    page = client.get(where)
    assert b"Record 1 promise" in page.content and b"70.00" in page.content
    client.post(f"{where}give/")
    run_job(job_id=Job.objects.get(kind="promise_import").pk, now=clock.now())
    assert b"Recorded." in client.get(where).content and Promise.objects.count() == 1
    client.force_login(make_user("senior", company))
    assert client.get(where).status_code == 404 == client.post(f"{where}give/").status_code
    sales = make_user("sales", company)
    client.force_login(sales)
    assert client.get(start).status_code == 403
    with pytest.raises(NotAllowed):
        bring_list(actor=sales, name="x", content=listed())
