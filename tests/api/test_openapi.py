"""The document: valid OpenAPI, public, complete; the page that shows it runs under the product's own content policy."""

import json

import pytest
from drf_spectacular.validation import validate_schema

from arops.api.openapi import document

pytestmark = pytest.mark.django_db


def test_the_document_is_valid_and_every_operation_is_told_apart(client, capsys):
    document.cache_clear()
    document()
    assert "arning" not in capsys.readouterr().err
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


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_the_page_of_the_document_runs_under_the_product_s_own_content_policy(page, web, us):
    refused, failed = [], []
    page.on("console", lambda m: refused.append(m.text) if m.type == "error" else None)
    page.on("requestfailed", lambda r: failed.append(r.url))
    elsewhere = []
    page.on("request", lambda r: elsewhere.append(r.url) if not r.url.startswith((web, "data:")) else None)
    answer = page.goto("/api/v1/docs/")
    assert "unsafe" not in answer.headers["content-security-policy"]
    page.click("#operations-tag-invoices", timeout=20_000)
    page.click("#operations-invoices-invoices_bulk .opblock-summary-control")
    page.wait_for_selector("#operations-invoices-invoices_bulk .opblock-body")
    assert "Idempotency-Key" in page.inner_text("#operations-invoices-invoices_bulk")
    assert (refused, failed, elsewhere) == ([], [], [])
