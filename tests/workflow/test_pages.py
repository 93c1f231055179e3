"""Jobs and the audit trail on the screen: seen, stopped, repeated and started by those who may, and by nobody else."""

import pytest
from django.utils import timezone

from tests.factories import DAY, SYSTEM, issue, make_company, make_customer, make_user, rate
from workflow import doorbell
from workflow.models import Job
from workflow.services import jobs, record, store_file
from workflow.services.audit import seal_events
from workflow.services.jobs import create_job, register, run_job

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(client, monkeypatch):
    """A company, a supervisor logged in, and a kind of work "probe"."""
    # The dictionary itself stays: other modules hold it, too.
    monkeypatch.setitem(jobs.KINDS, "probe", None)
    monkeypatch.setattr(doorbell, "send", lambda *message: True)

    @register("probe", label="Probe", by_hand="probe:{company}:{day}")
    def handler(job, tell):
        job.results = [{"row": 1, "outcome": "created", "detail": "=1+1"}, {"row": 2, "outcome": "refused", "reason": "no such customer"}]
        return {"created": 1, "refused": 1}

    company = make_company("US01")
    user = make_user("supervisor", company)
    client.force_login(user)
    return company, user


def put(company, slot="probe:1", **fields):
    return create_job(actor=SYSTEM, kind="probe", slot=slot, company=company, **fields)


def login(client, role, company, **options):
    client.force_login(make_user(role, company, **options))


def test_the_list_shows_what_is_in_sight_and_asks_again_while_something_is_to_do(client, world):
    company, _ = world
    put(company), put(make_company("DE01"), "probe:foreign")
    page = client.get("/jobs/").content.decode()
    assert "probe:1" in page and "probe:foreign" not in page
    assert 'hx-trigger="every 2s"' in page
    run_job(job_id=Job.objects.get(slot="probe:1").pk, now=timezone.now())
    fragment = client.get("/jobs/", headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in fragment and "every 2s" not in fragment and "created 1" in fragment


def test_filters_narrow_and_an_empty_answer_says_so(client, world):
    put(world[0])
    assert "probe:1" in client.get("/jobs/?state=unfinished&kind=probe&company=US01&q=probe:").content.decode()
    assert "No job fits" in client.get("/jobs/?state=failed").content.decode()
    assert "Nothing is left to do" in client.get("/jobs/?state=unfinished&q=x").content.decode()


def test_a_job_shows_counts_and_rows_and_gives_them_as_files(client, world):
    job = put(world[0])
    run_job(job_id=job.pk, now=timezone.now())
    page = client.get(f"/jobs/{job.pk}/").content.decode()
    assert "no such customer" in page and "Run again" in page
    sheet = client.get(f"/jobs/{job.pk}/?format=csv").content.decode("utf-8-sig")
    assert sheet.splitlines()[:2] == ["Row,Outcome,Detail,Reason", "1,created,'=1+1,"]


def test_a_foreign_job_is_not_found_by_any_address(client, world):
    foreign = put(make_company("DE01"))
    for address, method in (("", client.get), ("file/", client.get), ("cancel/", client.post), ("retry/", client.post)):
        assert method(f"/jobs/{foreign.pk}/{address}").status_code == 404
    assert Job.objects.get().state == Job.State.WAITING


def test_stopping_and_repeating(client, world):
    job = put(world[0])
    assert client.post(f"/jobs/{job.pk}/cancel/").status_code == 302
    assert Job.objects.get().state == Job.State.CANCELLED
    client.post(f"/jobs/{job.pk}/cancel/")
    assert "cancelled already" in client.get("/jobs/").content.decode()
    client.post(f"/jobs/{job.pk}/retry/")
    assert Job.objects.get().state == Job.State.WAITING
    assert client.get(f"/jobs/{job.pk}/cancel/").status_code == 405


def test_those_who_may_only_look_can_neither_stop_nor_start(client, world):
    job = put(world[0])
    login(client, "auditor", world[0])
    page = client.get(f"/jobs/{job.pk}/").content.decode()
    assert "Stop" not in page
    assert client.post(f"/jobs/{job.pk}/cancel/").status_code == 403
    assert client.post("/jobs/start/", {"kind": "probe", "company": world[0].pk, "day": "2026-09-15"}).status_code == 403
    login(client, "collaborator", world[0])
    assert client.get("/jobs/").status_code == 403


def test_work_is_started_for_one_s_own_companies_alone(client, world):
    company, _ = world
    foreign = make_company("DE01")
    assert client.post("/jobs/start/", {"kind": "probe", "company": foreign.pk, "day": "2026-09-15"}).status_code == 422
    assert client.post("/jobs/start/", {"kind": "probe", "company": company.pk, "day": "2026-02-31"}).status_code == 422
    answer = client.post("/jobs/start/", {"kind": "probe", "company": company.pk, "day": "2026-09-15"})
    job = Job.objects.get()
    assert (answer.status_code, answer["Location"], job.slot) == (302, f"/jobs/{job.pk}/", "probe:US01:2026-09-15")
    assert job.params == {"day": "2026-09-15"}


def test_i13_the_file_is_an_attachment_whatever_it_is_and_not_for_portfolios(client, world):
    stored, _ = store_file(actor=SYSTEM, name="bad\n name.html", content=b"<script>alert(1)</script>", content_type="text/html")
    job = put(world[0], file=stored)
    answer = client.get(f"/jobs/{job.pk}/file/")
    assert answer["Content-Type"] == "application/octet-stream" and answer["Content-Disposition"].startswith("attachment")
    assert answer["X-Content-Type-Options"] == "nosniff" and b"script" in answer.content
    login(client, "specialist", world[0], scope="portfolio")
    assert client.get(f"/jobs/{job.pk}/").status_code == 200
    assert client.get(f"/jobs/{job.pk}/file/").status_code == 404


def test_the_trail_tells_who_did_what_to_what_with_a_link(client, world):
    company, _ = world
    login(client, "controller", company)
    item = issue(make_customer(company), 100_00)
    user = make_user("senior", company)
    record(actor=user, type="item.noted", company_id=company.pk, subject=item, amount=100, note="<b>x</b>")
    seal_events()
    page = client.get("/jobs/audit/").content.decode()
    assert ("Senior" in page and f'href="/ledger/items/{item.pk}/"' in page) or f"openitem {item.pk}" in page
    assert "&lt;b&gt;x&lt;/b&gt;" in page and "chain of" in page


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ({"amount": 1234500, "currency": "EUR"}, "amount 12,345.00 EUR"),
        ({"amount": 500}, "amount 500 JPY"),
        ({"received": 1, "currency": "KWD", "number": 7}, "received 0.001 KWD"),
    ],
)
def test_amounts_in_the_trail_are_money_of_their_own_or_of_their_subject_s_currency(client, world, data, told):
    company = world[0]
    login(client, "auditor", company)
    rate("JPY", "USD", "0.0067")
    item = issue(make_customer(company, currency="JPY"), 500)
    record(actor=SYSTEM, type="item.noted", company_id=company.pk, subject=item, **data)
    assert told in client.get("/jobs/audit/").content.decode()


def test_the_trail_is_filtered_by_who_what_subject_and_day(client, world):
    company, user = world
    login(client, "auditor", company)
    record(actor=user, type="period.closed", company_id=company.pk, subject=company, name="2026-09")
    record(actor=SYSTEM, type="item.noted", company_id=company.pk, name="other")
    today = timezone.now().date()
    for query in (
        "who=Supervisor", f"who=user:{user.pk}", "type=period", f"about=org.company:{company.pk}", "about=org.company",
        f"type=period&first={today}&last={today}",
    ):  # fmt: skip
        page = client.get(f"/jobs/audit/?{query}").content.decode()
        assert "name 2026-09" in page and "name other" not in page, query
    assert "No event fits" in client.get(f"/jobs/audit/?last={DAY}").content.decode()
    for bad in ("first=yesterday", "about=x';--", "who=" + "x" * 100):
        assert client.get("/jobs/audit/", dict([bad.split("=", 1)])).status_code == 422


def test_the_trail_is_for_auditors_and_only_of_their_companies(client, world):
    assert client.get("/jobs/audit/").status_code == 403
    login(client, "auditor", world[0])
    record(actor=SYSTEM, type="secret.thing", company_id=make_company("DE01").pk)
    record(actor=SYSTEM, type="fx_rate.set")
    assert "secret.thing" not in client.get("/jobs/audit/").content.decode()
    assert "fx_rate.set" not in client.get("/jobs/audit/").content.decode()


def test_the_trail_as_a_file_has_formulas_as_text(client, world):
    login(client, "auditor", world[0])
    record(actor=SYSTEM, type="=HYPERLINK()", company_id=world[0].pk)
    assert "'=HYPERLINK()" in client.get("/jobs/audit/?format=csv").content.decode("utf-8-sig")
    assert client.get("/jobs/audit/?format=xlsx").content[:2] == b"PK"
