"""The document: valid OpenAPI, public, complete; the page that shows it runs under the product's own content policy."""

import json

import pytest
from drf_spectacular.validation import validate_schema

from arops.api.openapi import document

pytestmark = pytest.mark.django_db


def test_the_document_is_valid_and_every_operation_is_told_apart(client):
    answer = client.get("/api/v1/schema/")
    assert answer.status_code == 200
    found = json.loads(answer.content)
    validate_schema(found)
    operations = [o["operationId"] for path in found["paths"].values() for o in path.values()]
    assert len(operations) == len(set(operations))
    assert all(path.startswith("/api/v1/") for path in found["paths"])


def test_every_reference_leads_somewhere():
    text = json.dumps(document())
    names = {part.split('"')[0] for part in text.split('"#/components/schemas/')[1:]}
    assert names <= document()["components"]["schemas"].keys()
