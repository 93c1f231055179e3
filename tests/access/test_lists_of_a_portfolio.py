"""Pages without a key in their address: lists, figures, search, files. Someone limited to a portfolio reads nothing of a colleague's there,
in no format and by no filter; a key of one company nothing of another's, one of chosen customers nothing of others.
"""

import io
import json
import zipfile
from collections.abc import Iterator
from typing import Any

from django.apps import apps

from customers.models import Customer
from org import policy
from org.models import ApiKey
from org.services import create_api_key
from tests.access.addresses import Address, all_addresses
from tests.access.reading import EVERY, looked_at
from tests.access.test_crawl import Caller, in_all, sides
from tests.access.worlds import COLLEAGUES, Side
from tests.factories import SYSTEM

__all__ = ["sides"]

ASKED = ({"format": "csv"}, {"format": "xlsx"}, {"format": "json", "q": "OTHER"}, {"q": "OTHER"}, {"scope": "all", "state": "all"},
         {"view": "all"}, {"show": "left"}, {"by": "customer"}, {"by": "collector"})  # fmt: skip
"""What is asked besides nothing, of each page that looks at it: another page answers the same as without."""
THEIR_NAMES = (b"OTHER Works", b"OTHER Quiet", b"K-OTHER", b"INV-OTHER", b"OLD-OTHER")

COMPANY_WIDE = ("api:companies-one", "api:bank-accounts-one", "api:fx-rates-one", "api:tax-rates-one", "api:unit-conversions-one")
"""Things of a company that are nobody's in particular."""


def _told(caller: Caller) -> Iterator[tuple[str, object, bytes]]:
    """Which of the colleague's names stand on pages without a key, and where."""
    for address in all_addresses():
        if address.has_key or address.name == "logout":
            continue
        with looked_at() as read:
            yield from _names(caller, address, {})
        for asked in ASKED:
            if EVERY in read or read & asked.keys():
                yield from _names(caller, address, asked)


def _names(caller: Caller, address: Address, asked: dict[str, str]) -> Iterator[tuple[str, object, bytes]]:
    body = _text(caller.ask(address, (), "GET", asked)).replace(b'value="OTHER"', b"")
    yield from ((address.name, asked, name) for name in THEIR_NAMES if name in body)


def _text(answer: Any) -> bytes:
    """What an answer says, workbooks unpacked."""
    body = bytes(answer.content)
    if body[:2] != b"PK":
        return body
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        return b"".join(archive.read(name) for name in archive.namelist())


def test_lists_of_a_portfolio_hold_nothing_of_a_colleague(sides: tuple[Side, Side]) -> None:
    """Somebody who holds every role for their own portfolio: pages ask for permissions, so that this is each role's portfolio at once."""
    caller = Caller(in_all(sides[0].company, list(policy.ROLES), scope="portfolio"))
    assert not list(_told(caller))


def test_whoever_sees_the_whole_company_reads_all_of_it(sides: tuple[Side, Side]) -> None:
    """That the names above are what such pages show."""
    read: set[bytes] = set()
    for *_, name in _told(Caller(sides[0].people["supervisor"])):
        read.add(name)
        if len(read) == len(THEIR_NAMES):
            break  # the other pages would only say it again
    assert read == set(THEIR_NAMES)


def test_lists_of_a_key_hold_nothing_of_another_company(sides: tuple[Side, Side]) -> None:
    _, secret = create_api_key(actor=SYSTEM, name="one", scopes=["all"], companies=[sides[0].company])
    caller = Caller(secret=secret)
    for address in all_addresses():
        if address.api and not address.has_key:
            for asked in ({}, {"format": "csv"}, {"company": "XX01"}):
                assert b"XX01" not in _text(caller.ask(address, (), "GET", asked)).replace(b"company XX01", b""), (address.name, asked)


def _limited(side: Side) -> tuple[ApiKey, Caller]:
    """A key of every scope, limited to one customer of ours."""
    customer = Customer.objects.get(number=f"K-{side.company.code}")
    key, secret = create_api_key(actor=SYSTEM, name="one customer", scopes=["all"], customer_refs=[customer.pk])
    return key, Caller(secret=secret)


def test_a_key_of_one_customer_reads_nothing_of_another(sides: tuple[Side, Side]) -> None:
    """Every address of the API: lists in both formats and by the other customer, and each thing that a colleague's customer has."""
    key, caller = _limited(sides[0])
    other = Customer.objects.get(number="K-OTHER")
    names, read = (*THEIR_NAMES, b"XX01", f'"cus_{other.pk}"'.encode()), set()
    for address in (a for a in all_addresses() if a.api):
        if not address.has_key:
            asked = [{}, {"by": "customer"} if "aging" in address.name else {"customer": f"cus_{other.pk}"}]
            said = [_text(caller.ask(address, (), "GET", one)) for one in asked]
            said.append(caller.client.get(address.url(), headers=caller.headers | {"Accept": "text/csv"}).content)
            assert not [name for name in names for body in said if name in body], address.name
            read |= {address.name} if b"US01" in said[0] else set()
        elif address.name not in COMPANY_WIDE:
            for keys in list(address.keys(COLLEAGUES, "OTHER"))[:4]:
                answer = caller.ask(address, keys)
                assert answer.status_code in (403, 404, 405), (address.name, keys, answer.status_code)
                assert answer.status_code != 405 or caller.ask(address, keys, "POST").status_code in (400, 403, 404), (address.name, keys)
    assert {f"api:{name}-all" for name in "customers invoices open-items disputes receipts work-tasks events".split()} <= read
    own, whole = (_aging(c) for c in (caller, Caller(secret=sides[0].secrets["reports:read"])))
    assert 0 < own < whole and key.reach().portfolios == {sides[0].company.pk}


def _aging(caller: Caller) -> float:
    answer = caller.client.get("/api/v1/reports/aging", {"by": "customer"}, headers=caller.headers).json()
    return sum(float(row["total"]) for row in answer["totals"])


def test_a_key_of_one_customer_writes_nothing_for_another(sides: tuple[Side, Side]) -> None:
    """One row each, good for a key of the company, and of a customer that this one isn't limited to, or of nobody in particular."""
    _, caller = _limited(sides[0])
    other = {"external_id": "X-OTHER"}
    day = {"company": "US01", "currency": "EUR", "document_date": "2026-09-20", "due_date": "2026-10-20"}
    rows: dict[str, dict[str, Any]] = {
        "customers": {"company": "US01", "number": "K-NEW", "name": "New", "currency": "EUR"},
        "customers/bulk": {"rows": [{"company": "US01", "number": "K-OTHER", "name": "Renamed"}]},
        "contacts": {"customer": other, "name": "Eve"},
        "customer-documents": {"company": "US01", "customer": other, "kind": "contract", "name": "x"},
        "invoices": day | {"number": "INV-E", "external_id": "E", "customer": other, "total": "5.00"},
        "credit-memos": day | {"number": "CM-E", "external_id": "E", "customer": other, "total": "5.00"},
        "receipts": {"company": "US01", "bank_account": "Main", "amount": "5.00", "currency": "EUR", "value_date": "2026-09-20"},
        "remittances": {"company": "US01", "currency": "EUR", "total": "5.00"},
        "remittances/bulk": {"rows": [{"company": "US01", "currency": "EUR", "total": "5.00", "customer": other}]},
        "orders": {"company": "US01", "customer": other, "number": "SO-E", "external_id": "E", "currency": "EUR"},
        "disputes": {"company": "US01", "open_item": {"number": "INV-OTHER-0"}, "amount": "5.00", "reason": "price"},
        "inquiries": {"company": "US01", "customer": other, "subject": "x"},
        "fx-rates": {"currency": "USD", "base": "EUR", "day": "2026-09-20", "rate": "1.1"},
        "unit-conversions": {"company": "US01", "from_unit": "PL", "to_unit": "EA", "factor": "12"},
    }
    before = _counted()
    for path, row in rows.items():
        answer = caller.client.post(
            f"/api/v1/{path}", json.dumps(row), content_type="application/json", headers=caller.headers | {"Idempotency-Key": path}
        )
        said = answer.json()
        refused = answer.status_code in (403, 404, 422) or said.get("summary", {}).get("rejected") == 1
        assert refused and not [name for name in THEIR_NAMES if name in answer.content], (path, answer.status_code, said)
    assert _counted() == before and Customer.objects.get(number="K-OTHER").name == "OTHER Works"


def _counted() -> list[int]:
    return [model.objects.count() for model in apps.get_models() if model._meta.app_label in ("customers", "orders", "ledger", "disputes")]
