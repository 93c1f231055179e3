"""Schemathesis against the product: whatever the document allows, and much that it doesn't, is answered as the document says."""

import os
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, Verbosity, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from tests.api.conftest import caller, invoice
from tests.factories import DAY, issue, make_user, rate, receive
from tests.orders import rows

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance, unsupported_method]
TIMES = int(os.environ.get("AROPS_FUZZ", "1"))
"""How many times the usual number of calls."""
ORDERS = {
    "contracts": rows.contract, "purchase-orders": rows.purchase_order, "orders": rows.order, "deliveries": rows.delivery,
    "work-orders": rows.work_order,
}  # fmt: skip
EXAMPLES = {GenerationMode.POSITIVE: 3 * TIMES, GenerationMode.NEGATIVE: 2 * TIMES}


@pytest.fixture
def key(us, acme, settings):
    """A key for everything, in a world with something of everything."""
    settings.API_CALLS_A_MINUTE, settings.BUSINESS_DATE = 10**9, DAY
    erp = caller()
    rate("EUR", "USD", "1.1")
    assert erp.post("/invoices", invoice("1")).status_code == 201
    assert erp.post("/disputes", {"invoice": "INV-1", "reason": "price", "amount": "1.00", "external_id": "D-1"}).status_code == 201
    make_user("specialist", us)
    issue(acme, 100_00)
    for path, row in ORDERS.items():
        assert erp.post(f"/{path}", row(acme)).status_code == 201
    receive(acme, 5_00)
    rate_row = {"company": "US01", "code": "TX", "jurisdiction": "US-TX", "percent": "8.25", "valid_from": "2026-01-01"}
    for path, row in {
        "customer-documents": {"customer": acme.number, "kind": "w9"}, "tax-certificates": {"customer": acme.number},
        "billing-requirements": {"customer": acme.number, "kind": "cost_code"}, "tax-rates": rate_row,
    }.items():  # fmt: skip
        assert erp.post(f"/{path}", row).status_code == 201
    return erp.headers["Authorization"]


@pytest.fixture
def app(key):
    """The product, on the connection of the test, which is not closed after each call (as Django's own test client sees to)."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield get_wsgi_application()
    for signal in signals:
        signal.connect(close_old_connections)


@pytest.mark.parametrize("mode", list(EXAMPLES), ids=["as documented", "otherwise"])
def test_no_call_breaks_the_server_or_the_document(app, key, mode):
    schema = schemathesis.openapi.from_wsgi("/api/v1/schema/", app)
    checked = 0
    for found in schema.get_all_operations():
        operation = found.ok()
        if mode is GenerationMode.NEGATIVE and not (operation.body or operation.query):
            continue
        _check(operation, mode, key)
        checked += 1
    assert checked > 20


def _check(operation: Any, mode: GenerationMode, key: str) -> None:
    # A bulk call tells of wrong rows one by one, in an answer of 207.
    checks = CHECKS if operation.path.endswith("/bulk") else [*CHECKS, negative_data_rejection]

    @settings(
        max_examples=EXAMPLES[mode], deadline=None, database=None, derandomize=True, verbosity=Verbosity.quiet, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=operation.as_strategy(generation_mode=mode))
    def call(case: Any) -> None:
        response = case.call(headers={"Authorization": key})
        case.validate_response(response, checks=checks)

    call()
