"""What every call has in common: keys, scopes, problems, parameters, pages, media types, limits."""

import csv
import io
from datetime import timedelta

import pytest

from arops.lib import clock
from customers.models import Customer
from org.models import ApiKey
from tests.api.conftest import Caller, caller, invoice
from tests.factories import make_company, make_customer

pytestmark = pytest.mark.django_db


def is_problem(answer, status, code=""):
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    body = answer.json()
    assert body["status"] == status and body["title"] and body["detail"]
    assert body["request_id"] == answer["X-Request-Id"] and body["instance"].startswith("/api/v1/")
    assert not code or body["type"].endswith(code.replace("_", "-")), body
    return body


def pointers(answer):
    return [error["pointer"] for error in answer.json()["errors"]]


def test_without_a_key_nothing_is_told(us):
    for secret in ("", "ar_live_nothing", "ar_live_é"):
        answer = Caller(secret).get("/customers")
        is_problem(answer, 401)
        assert answer["WWW-Authenticate"].startswith("Bearer")


def test_a_key_that_is_revoked_or_expired_opens_nothing_from_that_moment(us):
    erp = caller("customers:read")
    assert erp.get("/customers").status_code == 200
    ApiKey.objects.update(expires_at=clock.now() - timedelta(seconds=1))
    is_problem(erp.get("/customers"), 401)
    ApiKey.objects.update(expires_at=None, revoked_at=clock.now())
    is_problem(erp.get("/customers"), 401)


def test_the_key_knows_when_it_was_used(us):
    caller("customers:read").get("/customers")
    assert ApiKey.objects.get().last_used_at is not None


def test_a_key_may_do_what_its_scopes_say_and_no_more(acme):
    reader = caller("invoices:read")
    assert reader.get("/invoices").status_code == 200
    for method, path in (("POST", "/invoices"), ("POST", "/invoices/bulk"), ("PUT", "/invoices/by-external-id/erp/1"),
                         ("GET", "/customers"),
                         ("GET", "/fx-rates"), ("POST", "/fx-rates"), ("GET", "/events"), ("POST", "/credit-memos")):  # fmt: skip
        body = is_problem(reader.call(method, path, {} if method != "GET" else None), 403, "forbidden")
        assert "scope" in body["detail"]


def test_a_key_limited_to_a_company_doesn_t_learn_of_another(us, acme):
    other = make_company("XX01")
    foreign = make_customer(other, source_system="erp", external_id="F-1")
    erp = caller(companies=[us])
    assert [c["code"] for c in erp.get("/companies").json()["data"]] == ["US01"]
    unknown = is_problem(erp.get("/customers/cus_999999"), 404)
    theirs = is_problem(erp.get(f"/customers/cus_{foreign.pk}"), 404)
    assert unknown["detail"] == theirs["detail"]
    is_problem(erp.get("/customers/by-external-id/erp/F-1"), 404)
    is_problem(erp.get(f"/companies/com_{other.pk}"), 404)
    answer = erp.post("/invoices", invoice("1", company="XX01", customer="F-1"))
    is_problem(answer, 422, "missing_reference")
    is_problem(erp.post("/customers", {"company": "XX01", "number": "N", "name": "N", "currency": "USD"}), 422)


@pytest.mark.parametrize("path", ["/nothing", "/customers/", "/customers/cus_1/nothing", "/", "/customers/inv_1", "/customers/cus_x"])
def test_what_is_not_there_is_a_problem_too(erp, path):
    is_problem(erp.get(path), 404, "not_found")


def test_methods_and_media_types_that_are_not_taken(erp, acme):
    answer = erp.call("DELETE", f"/customers/cus_{acme.pk}")
    is_problem(answer, 405)
    assert "GET" in answer["Allow"] and "POST" not in answer["Allow"]
    is_problem(erp.post(f"/customers/cus_{acme.pk}", {}), 405)
    is_problem(erp.get("/customers/bulk"), 405)
    is_problem(erp.post("/customers", "a=1", **{"Content-Type": "application/x-www-form-urlencoded"}), 415)
    is_problem(erp.post("/customers", "<a/>", **{"Content-Type": "application/xml"}), 415)
    is_problem(erp.get("/customers", Accept="image/png"), 406)
    is_problem(erp.get(f"/customers/cus_{acme.pk}", Accept="text/csv"), 406)


@pytest.mark.parametrize(
    "body",
    ["", "{", '{"a": NaN}', '{"a": Infinity}', '{"a": 1, "a": 2}', b"\xff\xfe", '{"a": "\\ud800"}', "[" * 100_000, "1" * 6_000, "nul"],
)
def test_a_body_that_is_not_json_is_400_and_says_where(erp, body):
    answer = erp.post("/customers", body)
    if body == "":
        is_problem(answer, 422)
    else:
        is_problem(answer, 400)


@pytest.mark.parametrize("body", ["null", "[]", '"x"', "1", "true"])
def test_a_body_that_is_no_object_is_refused(erp, body):
    for path in ("/customers", "/customers/bulk", "/invoices", "/invoices/bulk", "/fx-rates"):
        is_problem(erp.post(path, body), 422)


def test_unknown_fields_and_parameters_are_named(erp):
    answer = erp.post("/customers", {"company": "US01", "number": "N", "name": "N", "currency": "USD", "nmae": "x", "a/b": 1})
    is_problem(answer, 422)
    assert "/nmae" in pointers(answer)
    for path, name in (("/customers?compny=US01", "?compny"), ("/customers/cus_1?x=1", "?x"), ("/open-items?sort=a", "?sort")):
        answer = erp.get(path)
        is_problem(answer, 422)
        assert pointers(answer) == [name]
    assert pointers(erp.post("/customers?x=1", {})) == ["?x"]


@pytest.mark.parametrize("query", ["limit=0", "limit=501", "limit=x", "limit=", "limit=٣", "cursor=abc", "cursor=MXwx",
                                   "updated_since=soon",
                                   "updated_since=0001-01-01T00:00:00Z", "number=%00", "collector=%00"])  # fmt: skip
def test_parameters_that_can_t_be_read_are_named(erp, query):
    answer = erp.get(f"/customers?{query}")
    is_problem(answer, 422)
    assert pointers(answer) == [f"?{query.split('=')[0]}"]


def test_pages_neither_repeat_nor_miss_while_others_write(us, erp, acme):
    made = {make_customer(us).pk for _ in range(25)} | {acme.pk}
    same = Customer.objects.first().updated_at
    Customer.objects.filter(pk__in=sorted(made)[5:20]).update(updated_at=same)  # ties
    seen, cursor = [], ""
    for n in range(20):
        page = erp.get(f"/customers?limit=4&cursor={cursor}" if cursor else "/customers?limit=4").json()
        seen += [row["id"] for row in page["data"]]
        if n == 1:
            made.add(make_customer(us).pk)
        cursor = page["next"]
        if not cursor:
            break
    assert len(seen) == len(set(seen)) and {f"cus_{pk}" for pk in made} == set(seen)


def test_updated_since_gives_what_changed_and_the_link_header_leads_on(us, erp, acme):
    bolt = make_customer(us, "Bolt")
    moment = clock.now()
    acme.name = "Acme new"
    acme.save()
    assert [c["id"] for c in erp.get(f"/customers?updated_since={moment.isoformat()}").json()["data"]] == [f"cus_{acme.pk}"]
    answer = erp.get("/customers?limit=1")
    assert answer.json()["data"][0]["id"] == f"cus_{bolt.pk}"
    following = answer["Link"].split(">")[0].removeprefix("</api/v1")
    assert erp.get(following).json()["data"][0]["id"] == f"cus_{acme.pk}"


def test_a_list_as_csv_is_harmless_to_spreadsheets(us, erp):
    make_customer(us, "=HYPERLINK(1)", external_id="E-1", credit_limit=0, segment="odd")
    answer = erp.get("/customers?segment=odd", Accept="text/csv")
    assert answer["Content-Type"].startswith("text/csv")
    (row,) = csv.DictReader(io.StringIO(answer.content.decode()))
    assert row["name"] == "'=HYPERLINK(1)" and row["external_id"] == "E-1" and row["credit_limit"] == "0.00"
    is_problem(erp.get("/customers?limit=0", Accept="text/csv"), 422)


def test_the_rate_is_told_and_kept(erp, settings):
    settings.API_CALLS_A_MINUTE = 3
    answers = [erp.get("/companies") for _ in range(5)]
    assert [a["RateLimit-Limit"] for a in answers] == ["3"] * 5
    assert answers[0]["RateLimit-Remaining"] == "2"
    last = is_problem(answers[-1], 429, "too_many_calls") and answers[-1]
    assert 0 < int(last["Retry-After"]) <= 60
    other = caller("companies:read")
    assert other.get("/companies").status_code == 200


def test_a_body_beyond_the_limit_is_413(erp, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000
    is_problem(erp.post("/customers", {"name": "x" * 2_000}), 413)


def test_what_fails_on_our_side_tells_nothing(erp, monkeypatch):
    def broken(*args, **kwargs):
        raise RuntimeError("secret text")

    monkeypatch.setattr("customers.api.master.save_customers", broken)
    erp.client.raise_request_exception = False
    answer = erp.post("/customers", {})
    is_problem(answer, 500)
    assert b"secret" not in answer.content
