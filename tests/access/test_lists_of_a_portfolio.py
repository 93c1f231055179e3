"""Pages without a key in their address: lists, figures, search, files. Someone limited to a portfolio reads nothing of a colleague's there,
in no format and by no filter; a key of one company nothing of another's.
"""

import io
import zipfile
from typing import Any

import pytest

from org import policy
from org.services import create_api_key
from tests.access.addresses import all_addresses
from tests.access.test_crawl import Caller, sides
from tests.access.worlds import Side
from tests.factories import SYSTEM, make_user

__all__ = ["sides"]

ASKED = ({}, {"format": "csv"}, {"format": "xlsx"}, {"format": "json", "q": "OTHER"}, {"q": "OTHER"}, {"scope": "all", "state": "all"},
         {"view": "all"}, {"show": "left"}, {"by": "customer"}, {"by": "collector"})  # fmt: skip
THEIR_NAMES = (b"OTHER Works", b"OTHER Quiet", b"K-OTHER", b"INV-OTHER", b"OLD-OTHER")


def _told(caller: Caller, role: str) -> list[tuple[str, object, bytes]]:
    """Which of the colleague's names stand on pages without a key, and where."""
    told = []
    for address in all_addresses():
        if address.has_key or address.name == "logout" or address.policy in policy.PERMISSIONS - policy.permissions_of(role):
            continue
        for asked in ASKED:
            body = _text(caller.ask(address, (), "GET", asked)).replace(b'value="OTHER"', b"")
            told += [(address.name, asked, name) for name in THEIR_NAMES if name in body]
    return told


def _text(answer: Any) -> bytes:
    """What an answer says, workbooks unpacked."""
    body = bytes(answer.content)
    if body[:2] != b"PK":
        return body
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        return b"".join(archive.read(name) for name in archive.namelist())


@pytest.mark.parametrize("role", ["senior", "supervisor", "sales", "controller"])
def test_lists_of_a_portfolio_hold_nothing_of_a_colleague(sides: tuple[Side, Side], role: str) -> None:
    person = make_user(role, sides[0].company, scope="portfolio")
    assert not _told(Caller(person), role)


def test_whoever_sees_the_whole_company_reads_all_of_it(sides: tuple[Side, Side]) -> None:
    """That the names above are what such pages show."""
    assert {name for *_, name in _told(Caller(sides[0].people["senior"]), "senior")} == set(THEIR_NAMES)


def test_lists_of_a_key_hold_nothing_of_another_company(sides: tuple[Side, Side]) -> None:
    _, secret = create_api_key(actor=SYSTEM, name="one", scopes=["all"], companies=[sides[0].company])
    caller = Caller(secret=secret)
    for address in all_addresses():
        if address.api and not address.has_key:
            for asked in ({}, {"format": "csv"}, {"company": "XX01"}):
                assert b"XX01" not in _text(caller.ask(address, (), "GET", asked)).replace(b"company XX01", b""), (address.name, asked)
