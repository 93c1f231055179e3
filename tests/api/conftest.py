"""A company with books, keys, and a client that speaks as a key."""

import itertools
import json

import pytest
from django.test import Client

from org.services import create_api_key
from tests.factories import SYSTEM, make_company, make_customer

_numbers = itertools.count(1)


class Caller:
    """Calls the API with a key; money calls get an Idempotency-Key of their own unless one is given."""

    def __init__(self, secret: str = "") -> None:
        self.client = Client()
        self.headers = {"Authorization": f"Bearer {secret}"} if secret else {}

    def call(self, method, path, body=None, key="", **headers):
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        if method in ("POST", "PUT") and key is not None:
            headers.setdefault("Idempotency-Key", key or f"test-{next(_numbers)}")
        data = body if isinstance(body, str | bytes) else json.dumps(body) if body is not None else ""
        return self.client.generic(
            method, f"/api/v1{path}", data, content_type=headers.pop("Content-Type", "application/json"), headers=self.headers | headers
        )

    def get(self, path, **headers):
        return self.call("GET", path, **headers)

    def post(self, path, body=None, key="", **headers):
        return self.call("POST", path, body, key, **headers)

    def put(self, path, body=None, key="", **headers):
        return self.call("PUT", path, body, key, **headers)


def caller(*scopes, companies=(), **fields):
    """A caller with a new key of these scopes (all, without any)."""
    _, secret = create_api_key(actor=SYSTEM, name="test", scopes=list(scopes) or ["all"], companies=companies, **fields)
    return Caller(secret)


def invoice(n, customer="C-100", **fields):
    """An invoice of 324.75 as an ERP sends it."""
    return {
        "external_id": f"9{n}", "company": "US01", "number": f"INV-{n}", "customer": {"external_id": customer},
        "currency": "USD", "document_date": "2026-09-15", "payment_terms": "2/10 net 30", "po_number": "PO-55",
        "lines": [
            {"number": 1, "sku": "SRV-HR", "description": "Field service, hours", "quantity": "2", "unit": "HUR", "unit_price": "150.00",
             "amount": "300.00", "tax_code": "TX-DAL", "tax_amount": "24.75"},
        ],
        "subtotal": "300.00", "tax_total": "24.75", "total": "324.75",
    } | fields  # fmt: skip


@pytest.fixture
def us(db):
    return make_company("US01")


@pytest.fixture
def acme(us):
    return make_customer(us, "Acme", source_system="erp", external_id="C-100")


@pytest.fixture
def erp(us, acme):
    return caller()
