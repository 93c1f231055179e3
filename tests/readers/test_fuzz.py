"""Whatever the bytes, a reader answers with a file or a ReadError, soon."""

import io
import time
import zipfile
from datetime import date
from typing import Any

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cashapp.readers import detect
from cashapp.readers.fingerprints import entry_keys
from cashapp.readers.model import BankFile, ReadError
from tests.readers.samples import ALL

STARTS = [
    b"01,",
    b"01,A,B,260401,1,1,,,2/\n",
    b":20:X\n:25:Y\n",
    b"<Document><BkToCstmrStmt><Stmt>",
    b"PK\x03\x04",
    b"Date,Amount\n",
    b"\xff\xfe",
    b"",
]
PIECES = [
    b"/",
    b",",
    b"\n",
    b":61:",
    b":86:",
    b"16,",
    b"88,",
    b"99999999999999999999",
    b'"',
    b"<Amt>",
    b"\x00",
    b"\xff",
    b"-",
    b"{1:",
    b"e9",
    b";",
    b"?20",
]
MANY = settings(max_examples=300, deadline=2000, suppress_health_check=[HealthCheck.too_slow])


def answers(data: bytes) -> BankFile | None:
    started = time.monotonic()
    try:
        file = detect.read(data)
        entry_keys(file)
        return file
    except ReadError as error:
        assert error.reason and (error.line is None or error.line >= 1)
        return None
    finally:
        assert time.monotonic() - started < 2


@MANY
@given(st.sampled_from(STARTS), st.binary(max_size=400))
def test_random_bytes(start: bytes, rest: bytes) -> None:
    answers(start + rest)


@MANY
@given(st.sampled_from(sorted(ALL)), st.data())
def test_mutated_files(name: str, data: Any) -> None:
    """Pieces cut out, doubled and put in at random places of a good file."""
    content = ALL[name]
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(content)))
        length = data.draw(st.integers(0, 40))
        middle = data.draw(
            st.one_of(st.just(b""), st.sampled_from(PIECES), st.just(content[place : place + length] * 2), st.binary(max_size=8))
        )
        content = content[:place] + middle + content[place + length :]
    answers(content)


def _workbook() -> dict[str, bytes]:
    book, out = openpyxl.Workbook(), io.BytesIO()
    book.active.append(("Date", "Description", "Amount", "Currency"))
    book.active.append((date(2026, 4, 3), "INV 4711", 12.5, "USD"))
    book.save(out)
    parts = zipfile.ZipFile(out)
    return {name: parts.read(name) for name in parts.namelist()}


WORKBOOK = _workbook()


@settings(max_examples=80, deadline=4000, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from(sorted(WORKBOOK)), st.integers(0, 4000), st.integers(0, 30), st.one_of(st.sampled_from(PIECES), st.binary(max_size=8))
)
def test_mutated_workbooks(name: str, place: int, length: int, piece: bytes) -> None:
    """Each part of a workbook, damaged inside a sound archive; then the archive itself."""
    part = WORKBOOK[name]
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        for other, content in WORKBOOK.items():
            file.writestr(other, content if other != name else part[:place] + piece + part[place + length :])
    answers(out.getvalue())
    whole = out.getvalue()
    answers(whole[:place] + piece + whole[place + length :])


@pytest.mark.parametrize("name", sorted(ALL))
def test_every_prefix_of_a_good_file(name: str) -> None:
    """A cut-off file: refused, or read as what is left, never a crash."""
    for end in range(0, len(ALL[name]), 7):
        answers(ALL[name][:end])


def test_a_field_that_never_ends_neither_hangs_nor_crashes_a_reader() -> None:
    pieces = [char * 50_000 for char in (b"9", b"0", b" ", b"A", b"-", b"1,1", b"?20", b"EREF+", b"/REMI/")]
    frames = (
        b":20:X\n:25:Y\n:60F:C260330EUR1,\n:61:260331C1,NTRF%s\n:86:%s\n:62F:C260331EUR2,\n",
        b":20:X\n:25:Y\n:60F:C260330EUR%s,%s\n",
        b":20:X\n:25:Y\n:34F:EUR0,\n:13D:1\n:90C:%s\n:90D:%s\n",
        b"Date,Text,Amount,Currency\n2026-04-01,%s,%s,USD\n",
        b"01,A,B,260401,1,1,,,2/\n02,A,B,1,260401,,USD,2/\n03,1,USD,010,%s/\n16,142,1,Z,,,%s/\n",
        b"01,A,B,260401,1,1,,,2/\n02,A,B,1,260401,,USD,2/\n03,1,USD/\n49,%s,%s/\n",
    )
    for piece in pieces:
        for frame in frames:
            answers(frame % (piece, piece))
        answers(
            ALL["camt053"].replace(
                b"<BookgDt>", b"<TxsSummry><TtlNtries><NbOfNtries>%s</NbOfNtries></TtlNtries></TxsSummry><BookgDt>" % piece
            )
        )
        answers(
            ALL["camt053"].replace(b"</Acct>", b"</Acct><TxsSummry><TtlNtries><NbOfNtries>%s</NbOfNtries></TtlNtries></TxsSummry>" % piece)
        )
        answers(ALL["camt053"].replace(b"400.00<", piece + b"<"))
