"""The work list over the API: read, narrowed, and only what is in sight."""

import pytest

from arops.lib import clock
from collections_app.services.ranking import rank
from tests.api.conftest import caller
from tests.factories import DAY, issue, make_company, make_customer, make_user

pytestmark = pytest.mark.django_db


def test_tasks_are_read_and_narrowed():
    company, other = make_company(), make_company()
    ana = make_user("specialist", company)
    for where, number in ((company, "INV-1"), (other, "INV-2")):
        customer = make_customer(where, collector=ana if where is company else None)
        customer.contacts.create(name="Eva", phone="1")
        issue(customer, 100_00, day=DAY.replace(month=6), number=number)
        rank(company=where, day=DAY, now=clock.now())
    key = caller("collections:read", companies=[company])
    (task,) = key.get("/work-tasks").json()["data"]
    assert (task["kind"], task["amount"], task["effect"], task["owner"]) == ("call", "100.00", "36.00", ana.email)
    assert key.get(f"/work-tasks/{task['id']}").json() == task
    again = clock.now()
    rank(company=company, day=DAY, now=again)
    assert key.get("/work-tasks").json()["data"] == [task | {"ranked_at": again.isoformat()}], "the id stays"
    for query in ("kind=dispute", "bucket=our_fault", "min_score=999999", "owner=no@body.example"):
        assert key.get(f"/work-tasks?{query}").json()["data"] == []
    assert len(key.get(f"/work-tasks?kind=call&bucket=at_risk&key={task['key']}&min_score=3600").json()["data"]) == 1
    assert key.get("/work-tasks?kind=nonsense").status_code == 422 and key.get("/work-tasks?min_score=x").status_code == 422
    assert caller("invoices:read", companies=[company]).get("/work-tasks").status_code == 403
