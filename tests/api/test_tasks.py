"""Questions to departments over the API: asked once, read, answered, closed; by scopes of their own, and nothing out of sight."""

from datetime import date

import pytest

from disputes.services import open_dispute
from org.models import Department
from tests.api.conftest import caller
from tests.factories import DAY, SYSTEM, issue, make_company, make_customer
from workflow.models import Task

pytestmark = pytest.mark.django_db


@pytest.fixture
def company(settings):
    settings.BUSINESS_DATE = DAY
    company = make_company("US01")
    Department.objects.create(company=company, code="service", name="Service")
    return company


def question(**fields):
    return {
        "company": "US01",
        "title": "Was WO-7 signed?",
        "question": "Page 3?",
        "department": "service",
        "due_date": "2026-09-20",
    } | fields


def test_asked_answered_asked_again_closed(company):
    asker, service = caller("tasks:write", companies=[company]), caller("tasks:answer", companies=[company])
    made = asker.post("/tasks", question(external_id="T-1", amount="1250.00", currency="USD"))
    told = made.json()
    assert made.status_code == 201 and (told["state"], told["amount"], told["department"]) == ("open", "1250.00", "service")
    assert asker.post("/tasks", question(external_id="T-1")).status_code == 200 and Task.objects.count() == 1
    where = f"/tasks/{told['id']}"
    assert asker.post(f"{where}/answer", {"body": "Yes"}).status_code == 403, "who asks doesn't answer"
    assert service.post("/tasks", question()).status_code == 403, "who answers doesn't ask"
    assert service.post(f"{where}/answer", {"body": " "}).status_code == 422
    answered = service.post(f"{where}/answer", {"body": "By Mr Hill.", "version": 0}).json()
    assert (answered["state"], [n["body"] for n in answered["notes"]]) == ("answered", ["By Mr Hill."])
    assert service.post(f"{where}/close").status_code == 403
    assert asker.post(f"{where}/close", {"version": 0}).status_code == 422, "somebody answered meanwhile"
    again = asker.post(f"{where}/reopen", {"body": "On which day?", "due_date": "2026-09-25"}).json()
    assert (again["state"], again["due_date"], again["version"]) == ("open", "2026-09-25", 2)
    assert service.post(f"{where}/hand-back", {"body": "Ask logistics."}).json()["state"] == "handed_back"
    assert asker.post(f"{where}/close", {}).json()["state"] == "closed"
    other = asker.post("/tasks", question()).json()
    assert asker.post(f"/tasks/{other['id']}/cancel", {}).json()["state"] == "cancelled"


def test_lists_are_narrowed_by_what_they_are_about(company):
    both = caller("tasks:read", "tasks:write", "disputes:read", "customers:read", companies=[company])
    item = issue(make_customer(company, "Acme"), 100_00, day=date(2026, 9, 1))
    case = open_dispute(actor=SYSTEM, open_item=item, amount=10_00, reason="price", today=DAY, source="t:1")
    about = both.post("/tasks", question(about=f"dsp_{case.pk}")).json()
    assert about["subject"] == {"type": "disputes.dispute", "id": f"dsp_{case.pk}"} and about["customer"] == f"cus_{case.customer_id}"
    both.post("/tasks", question(title="Another"))
    assert [t["id"] for t in both.get(f"/tasks?about=dsp_{case.pk}&state=open&due_before=2026-10-01").json()["data"]] == [about["id"]]
    for wrong in ("about=x_1", "state=late", "due_before=soon", "customer=inv_1"):
        assert both.get(f"/tasks?{wrong}").status_code in (404, 422), wrong
    for wrong, pointer in (
        ({"company": "XX"}, "/company"), ({"about": "dsp_999999"}, "/about"), ({"about": "nonsense"}, "/about"),
        ({"amount": "1.00"}, "/currency"), ({"amount": "1,5", "currency": "USD"}, "/amount"), ({"assignee": "no@x.example"}, "/assignee"),
        ({"due_date": "soon"}, "/due_date"), ({"colour": "red"}, "/colour"), ({"title": ""}, "/title"),
    ):  # fmt: skip
        refused = both.post("/tasks", question(**wrong))
        assert refused.status_code == 422 and refused.json()["errors"][0]["pointer"] == pointer, (wrong, refused.json())
    assert both.post("/tasks", question(department="moon")).status_code == 422


def test_another_companys_questions_are_not_there(company):
    make_company("US02")
    theirs = caller("tasks:write", "tasks:read", companies=[make_company("US03")])
    mine = caller("tasks:write", companies=[company]).post("/tasks", question()).json()
    assert theirs.get(f"/tasks/{mine['id']}").status_code == 404 and theirs.get("/tasks").json()["data"] == []
    assert theirs.post(f"/tasks/{mine['id']}/cancel", {}).status_code == 404
    assert theirs.post("/tasks", question()).json()["errors"][0]["pointer"] == "/company"
