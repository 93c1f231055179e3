"""People who call the API from the browser, by their session."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests.factories import make_user

pytestmark = pytest.mark.django_db


def test_a_person_with_a_session_writes_with_the_token_and_not_without(us, acme):
    client = Client(enforce_csrf_checks=True)
    client.force_login(make_user("specialist", us), backend="org.backends.EmailBackend")
    client.get("/customers/")
    token = client.cookies["csrftoken"].value
    row = {"company": "US01", "number": "N-9", "name": "Nord GmbH", "currency": "USD"}
    told = {"Idempotency-Key": "session-1"}
    path = "/api/v1/customers"
    assert client.post(path, json.dumps(row), content_type="application/json", headers=told).status_code == 403
    for status in (201, 201):  # and again, by the key
        answer = client.post(path, json.dumps(row), content_type="application/json", headers=told | {"X-CSRFToken": token})
        assert answer.status_code == status, answer.content
    assert answer["Idempotent-Replayed"] == "true"
    other = client.post(path, json.dumps(row | {"name": "x"}), content_type="application/json", headers=told | {"X-CSRFToken": token})
    assert other.status_code == 422
    file = SimpleUploadedFile("a.jsonl", json.dumps(row).encode())
    taken = client.post("/api/v1/imports/customers", {"file": file}, headers={"Idempotency-Key": "session-2", "X-CSRFToken": token})
    assert taken.status_code == 202, taken.content
