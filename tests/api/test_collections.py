"""What collections sends and raises, over the API: the ladder, dunning letters, statements and their schedules; only what is in sight."""

from datetime import timedelta

import pytest

from arops.lib import clock, pdf
from collections_app.models import DunningLetter, DunningRun, Escalation, SentStatement
from collections_app.selectors.statement import first_day, statements
from collections_app.services.escalation.deciding import decide
from collections_app.services.escalation.ladder import add_standard_ladder
from collections_app.services.statement_schedules import ScheduleDraft, save_schedule
from collections_app.services.statements import send_statement
from org.actors import NotAllowed
from tests.api.conftest import caller
from tests.factories import SYSTEM, issue, make_company, make_customer, make_user
from workflow.services import store_file

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(settings):
    """A holding with a branch, both late; keys for the company and for one of the two."""
    today = clock.today()
    company = make_company()
    holding = make_customer(company, "Holding")
    branch = make_customer(company, "Branch", parent=holding)
    for customer, amount in ((holding, 10_00), (branch, 5_00)):
        issue(customer, amount, day=today - timedelta(days=60), due=today - timedelta(days=30))
    return company, holding, branch


def test_a_key_raises_an_account_and_words_its_page_but_decides_nothing(world):
    company, holding, branch = world
    add_standard_ladder(actor=SYSTEM, company=company)
    key = caller("escalations:write", companies=[company])
    said = {"customer": holding.number, "currency": "USD", "rung": "supervisor", "reason": "no answer for weeks"}
    assert caller("collections:write", companies=[company]).post("/escalations", said).status_code == 403
    for wrong, pointer in (({"rung": "moon"}, "/rung"), ({"customer": "K-0"}, "/customer"), ({"reason": ""}, "/reason"), ({"x": 1}, "/x")):
        answer = key.post("/escalations", said | wrong)
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)
    assert key.post("/escalations", said, key=None).status_code == 400, "a retry without a key would raise a second one"
    made = key.post("/escalations", said, key="one").json()
    assert (made["state"], made["amount"], made["rung"], made["recovered"]) == ("open", "10.00", "supervisor", "0.00")
    assert key.post("/escalations", said, key="one").json() == made and key.post("/escalations", said).status_code == 422
    one = f"/escalations/{made['id']}"
    changed = key.call("PATCH", one, {"version": 0, "summary": "They moved; nobody answers."}).json()
    assert (changed["summary"], changed["version"], changed["amount"]) == ("They moved; nobody answers.", 1, "10.00")
    assert key.call("PATCH", one, {"version": 0, "summary": "late"}).status_code == 409
    assert key.call("PATCH", one, {"version": 1, "state": "decided"}).status_code == 422
    assert key.get(one).json() == changed and key.get("/escalations?rung=supervisor&state=open").json()["data"][0]["number"] == "ESC-000001"
    case = Escalation.objects.get(pk=int(made["id"][4:]))
    decide(actor=make_user("supervisor", company), case=case, outcome="accepted", words="we visit", day=clock.today(), version=1)
    assert key.get(one).json()["decision"] == "we visit" and key.call("PATCH", one, {"version": 2, "summary": "x"}).status_code == 422
    other = caller("escalations:write", customer_refs=[branch.pk])
    assert other.get("/escalations").json()["data"] == [] and other.get(one).status_code == 404
    assert other.post("/escalations", said).status_code == 422 and other.call("PATCH", one, {"version": 2}).status_code == 404


def test_dunning_letters_are_read_with_what_was_left_out_and_their_file(world):
    company, holding, branch = world
    run = DunningRun.objects.create(company=company, day=clock.today(), actor="system")
    file, _ = store_file(actor=SYSTEM, name="letter.pdf", content=b"%PDF letter", content_type="application/pdf")
    item = {"id": 7, "number": "INV-1", "due": "2026-08-01", "days": 30, "balance": 1000, "disputed": 0, "promised": 0, "covered": 0}
    shared = {"run": run, "company": company, "currency": "USD"}
    written = DunningLetter.objects.create(
        **shared, customer=holding, level=2, amount=10_00, cycle="1", pdf=file, items=[item | {"asked": 1000}], held={"promised": 3_00}
    )
    DunningLetter.objects.create(**shared, customer=branch, cycle="2", reason="grace", left_out_because="within 5 days of grace")
    key = caller("collections:read", companies=[company])
    letter, left = key.get(f"/dunning-letters?day={run.day}").json()["data"]
    assert (letter["amount"], letter["held"], left["reason"]) == ("10.00", [{"why": "promised", "amount": "3.00"}], "grace")
    assert key.get(f"/dunning-letters/{letter['id']}").json()["items"][0] | {"asked": "10.00", "open_item": "itm_7"} == {
        "open_item": "itm_7", "number": "INV-1", "due_date": "2026-08-01", "days": 30, "balance": "10.00", "disputed": "0.00",
        "promised": "0.00", "covered": "0.00", "asked": "10.00",
    }  # fmt: skip
    for query, found in (
        ("show=letters", [letter]),
        ("show=left", [left]),
        ("level=2", [letter]),
        ("reason=grace", [left]),
        ("level=9", []),
    ):
        assert key.get(f"/dunning-letters?{query}").json()["data"] == found, query
    for wrong in ("day=x", "level=-1", "show=all", "reason=moon", "state=moon"):
        assert key.get(f"/dunning-letters?{wrong}").status_code == 422, wrong
    for accept in ("*/*", "application/pdf"):
        answer = key.get(f"/dunning-letters/{letter['id']}/file", Accept=accept)
        assert (answer.content, answer["Content-Type"]) == (b"%PDF letter", "application/pdf")
    assert key.get(f"/dunning-letters/{left['id']}/file").status_code == 404
    assert b"grace" in key.get("/dunning-letters", Accept="text/csv").content
    page = key.get("/dunning-letters?limit=1").json()
    assert key.get(f"/dunning-letters?limit=1&cursor={page['next']}").json()["data"] == [left]
    other = caller("collections:read", customer_refs=[branch.pk])
    assert (
        other.get("/dunning-letters").json()["data"] == [left] and other.get(f"/dunning-letters/dun_{written.pk}/file").status_code == 404
    )


def test_a_group_s_statement_shows_a_limited_key_its_own_accounts_and_no_file(world, monkeypatch, settings):
    company, holding, branch = world
    monkeypatch.setattr(pdf, "is_available", lambda: False)
    today = clock.today()
    send_statement(
        actor=SYSTEM, made=statements([holding, branch], first_day(today), today), recipients=["eva@holding.example"], format="xlsx",
        dedupe_key="group", now=clock.now(),
    )  # fmt: skip
    SentStatement.objects.create(company=company, customer=branch, as_of=today, left_out_because="nothing open", made_by="system")
    key, head = caller("collections:read", companies=[company]), caller("collections:read", customer_refs=[holding.pk])
    group, left = key.get("/sent-statements").json()["data"]
    assert (group["balances"], group["whole"], len(group["accounts"])) == ([{"currency": "USD", "amount": "15.00"}], True, 2)
    assert key.get("/sent-statements?show=left").json()["data"] == [left] and key.get("/sent-statements?show=x").status_code == 422
    file = key.get(f"/sent-statements/{group['id']}/file?form=xlsx")
    assert file.content[:2] == b"PK" and group["files"][0] in file["Content-Disposition"]
    assert key.get(f"/sent-statements/{group['id']}/file?form=pdf").status_code == 404
    (seen,) = head.get("/sent-statements").json()["data"]
    assert (seen["balances"], seen["whole"], seen["files"]) == ([{"currency": "USD", "amount": "10.00"}], False, [])
    assert [a["customer"] for a in seen["accounts"]] == [f"cus_{holding.pk}"]
    assert head.get(f"/sent-statements/{seen['id']}").json() == seen and head.get(f"/sent-statements/{seen['id']}/file").status_code == 404


def test_schedules_are_made_once_changed_and_ended(world):
    company, holding, branch = world
    key = caller("statements:write", companies=[company])
    all_of_it = {"company": company.code, "name": "Monthly", "day": 31, "minimum": "5.00"}
    made = key.post("/statement-schedules", all_of_it)
    assert made.status_code == 201 and (made.json()["customer"], made.json()["minimum"], made.json()["active"]) == (None, "5.00", True)
    assert key.post("/statement-schedules", all_of_it).status_code == 200
    assert key.post("/statement-schedules", all_of_it | {"day": 1}).status_code == 409
    for wrong, pointer in (({"day": 32}, "/day"), ({"company": "ZZ99"}, "/company"), ({"customer": "K-0"}, "/customer"), ({"x": 1}, "/x")):
        answer = key.post("/statement-schedules", all_of_it | wrong)
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)
    own = key.post(
        "/statement-schedules", {"company": company.code, "name": "Own", "customer": f"cus_{holding.pk}", "for_group": True}
    ).json()
    one = f"/statement-schedules/{own['id']}"
    assert key.call("PATCH", one, {"day": 15, "only_overdue": True}).json()["day"] == 15
    assert key.call("PATCH", one, {"customer": f"cus_{branch.pk}"}).status_code == 422, "whom it is for never changes"
    limited = caller("statements:write", customer_refs=[holding.pk])
    assert [row["id"] for row in limited.get("/statement-schedules").json()["data"]] == [own["id"]], "what is for all is the company's"
    assert limited.call("PATCH", f"/statement-schedules/{made.json()['id']}", {"day": 2}).status_code == 404
    assert limited.post("/statement-schedules", all_of_it | {"segment": "retail"}).status_code == 403
    assert caller("statements:write", customer_refs=[branch.pk]).get(one).status_code == 404
    assert key.call("PATCH", one, {"active": False}).json()["next_on"] is None
    assert key.call("PATCH", one, {"active": True}).status_code == 422
    assert [r["id"] for r in key.get("/statement-schedules?state=ended").json()["data"]] == [own["id"]]


def test_whoever_has_a_portfolio_turns_no_schedule_of_the_company_into_one_of_their_own(world):
    company, holding, _ = world
    ana = make_user("senior", company, scope="portfolio")
    holding.collector = ana
    holding.save()
    for_all = save_schedule(actor=SYSTEM, company=company, draft=ScheduleDraft("Monthly", clock.today()))
    with pytest.raises(NotAllowed):
        save_schedule(actor=ana, company=company, draft=ScheduleDraft("Mine", clock.today(), customer=holding), schedule=for_all)
    for_all.refresh_from_db()
    assert for_all.customer is None
