"""Promises over the API: many at once, with instalments, and the same again changes nothing."""

from datetime import timedelta

import pytest

from arops.lib import clock
from collections_app.models import Promise
from tests.api.conftest import caller
from tests.factories import DAY, issue, make_company, make_customer

pytestmark = pytest.mark.django_db


def test_promises_are_given_in_bulk_and_read_back():
    company = make_company()
    acme, bolt = (make_customer(company, name) for name in ("Acme", "Bolt"))
    for customer, number in ((acme, "INV-1"), (bolt, "INV-2")):
        issue(customer, 100_00, day=DAY, number=number)
    day = [(clock.today() + timedelta(days=n)).isoformat() for n in (5, 10)]
    key = caller("collections:write", companies=[company])
    word = {"customer": acme.number, "currency": "USD", "amount": "100.00", "due_date": day[1], "items": ["INV-1"],
            "instalments": [{"due_date": d, "amount": "50.00"} for d in day]}  # fmt: skip
    rows = [
        word, {"customer": bolt.number, "currency": "USD", "amount": "60.00", "due_date": day[0]},
        word | {"items": ["INV-2"]}, word | {"amount": "1e3"}, word | {"instalments": [{"due_date": day[0], "amount": "1.00"}]},
    ]  # fmt: skip
    assert key.post("/promises/bulk", {"rows": rows[:2], "control": {"total": "1.00"}}).status_code == 422
    answer = key.post("/promises/bulk", {"rows": rows})
    told = [(r["outcome"], [e["pointer"] for e in r["errors"]]) for r in answer.json()["results"]]
    assert told[:4] == [("created", []), ("created", []), ("rejected", ["/items/0"]), ("rejected", ["/amount"])]
    assert told[4][0] == "rejected" and answer.status_code == 207
    again = key.post("/promises/bulk", {"rows": rows[:2]}).json()
    assert again["summary"]["unchanged"] == 2 and Promise.objects.count() == 2
    first = key.get(f"/promises?customer=cus_{acme.pk}").json()["data"][0]
    assert (first["amount"], len(first["instalments"]), first["state"]) == ("100.00", 2, "open")
    assert key.get(f"/promises/{first['id']}").json() == first
    assert caller("collections:read", companies=[company]).post("/promises", word).status_code == 403
    other = caller("collections:write", customer_refs=[bolt.pk])
    assert other.get("/promises?state=open").json()["data"][0]["customer"] == f"cus_{bolt.pk}"
    assert other.post("/promises", word).status_code == 422
    parts = key.post("/promises", word | {"instalments": [{"due_date": "x", "amount": "y"}] * 2_000})
    assert [e["pointer"] for e in parts.json()["errors"]] == ["/instalments"], "not two faults for each of them"
    assert parts.status_code == 422 and key.get("/promises?limit=1&limit=2").json()["errors"][0]["pointer"] == "?limit"
