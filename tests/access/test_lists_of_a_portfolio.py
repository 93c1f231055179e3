"""Pages without a key in their address: lists, figures, search, files. Someone limited to a portfolio reads nothing of a colleague's there,
in no format and by no filter; a key of one company nothing of another's.
"""

import io
import zipfile
from collections.abc import Iterator
from typing import Any

from org import policy
from org.services import create_api_key
from tests.access.addresses import all_addresses
from tests.access.test_crawl import Caller, in_all, sides
from tests.access.worlds import Side
from tests.factories import SYSTEM

__all__ = ["sides"]

ASKED = ({}, {"format": "csv"}, {"format": "xlsx"}, {"format": "json", "q": "OTHER"}, {"q": "OTHER"}, {"scope": "all", "state": "all"},
         {"view": "all"}, {"show": "left"}, {"by": "customer"}, {"by": "collector"})  # fmt: skip
THEIR_NAMES = (b"OTHER Works", b"OTHER Quiet", b"K-OTHER", b"INV-OTHER", b"OLD-OTHER")


def _told(caller: Caller) -> Iterator[tuple[str, object, bytes]]:
    """Which of the colleague's names stand on pages without a key, and where."""
    for address in all_addresses():
        if address.has_key or address.name == "logout":
            continue
        for asked in ASKED:
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
