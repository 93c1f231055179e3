"""Hostile files: refused within a second, with no socket opened and no file read beside the one that was given."""

import io
import socket
import time
import zipfile
from collections.abc import Iterator
from typing import Any

import openpyxl
import pytest

from cashapp.readers import archive, detect
from cashapp.readers.model import ReadError
from tests.readers.samples import CAMT, CSV


@pytest.fixture(autouse=True)
def no_network_and_quick(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    def refuse(*_: Any) -> None:
        raise AssertionError("a reader opened a socket")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    started = time.monotonic()
    yield
    assert time.monotonic() - started < 5


def refused(data: bytes) -> str:
    with pytest.raises(ReadError) as caught:
        detect.read(data)
    return caught.value.reason


def zipped(**members: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            file.writestr(name, content)
    return out.getvalue()


def workbook_with(**extra: bytes) -> bytes:
    book = openpyxl.Workbook()
    book.active.append(("Date", "Amount"))
    out = io.BytesIO()
    book.save(out)
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as file:
        for name, content in extra.items():
            file.writestr(name, content)
    return out.getvalue()


LAUGHS = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10}">' for i in range(1, 12))


@pytest.mark.parametrize(
    "prolog",
    [
        "<!DOCTYPE Document>",
        '<!DOCTYPE Document [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE Document SYSTEM "http://127.0.0.1:9/evil.dtd">',
        '<!DOCTYPE Document [<!ENTITY % p SYSTEM "http://127.0.0.1:9/p"> %p;]>',
        f'<!DOCTYPE Document [<!ENTITY l0 "lol">{LAUGHS}]>',
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_I1_a_document_type_is_refused(prolog: str, encoding: str) -> None:
    text = CAMT.replace('encoding="UTF-8"?>', f'encoding="{encoding.upper()}"?>{prolog}').replace("Rechnung 4712", "&x;&l9;")
    assert "DOCTYPE" in refused(text.encode(encoding))


def test_I1_an_entity_never_empties_an_amount() -> None:
    refused(CAMT.replace("400.00<", "&amount;<").encode())


def test_I1_xinclude_is_refused_and_a_remote_schema_is_never_fetched() -> None:
    include = '<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="file:///etc/passwd" parse="text"/>'
    assert "XInclude" in refused(CAMT.replace("Rechnung 4712", include).encode())
    located = CAMT.replace(
        "<Document ", '<Document xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="urn:x http://127.0.0.1:9/x.xsd" '
    )
    assert detect.read(located.encode()).statements == detect.read(CAMT.encode()).statements


def test_I1_deep_nesting_is_refused() -> None:
    refused(f"<Document>{'<a>' * 5000}{'</a>' * 5000}</Document>".encode())


def test_I3_an_archive_that_unpacks_to_too_much_is_refused_by_its_directory() -> None:
    assert "zip bomb" in refused(workbook_with(**{"xl/worksheets/sheet9.xml": b"<row/>" * 2_000_000}))
    assert "zip bomb" in refused(zipped(a=b" " * 20_000_000))


def test_I3_many_members_and_a_false_directory_are_refused() -> None:
    assert "files" in refused(zipped(**{f"m{i}.xml": b"" for i in range(archive.MAX_MEMBERS + 1)}))
    honest = bytearray(zipped(**{"a.xml": CAMT.encode()}))
    place = honest.rfind(b"PK\x01\x02") + 24
    honest[place : place + 4] = (100).to_bytes(4, "little")
    refused(bytes(honest))


def test_I3_a_sparse_sheet_is_refused() -> None:
    book = openpyxl.Workbook()
    book.active["A1"], book.active["B1"], book.active["XFD1048576"] = "Date", "Amount", 1
    out = io.BytesIO()
    book.save(out)
    assert "rows" in refused(out.getvalue())
    parts = zipfile.ZipFile(io.BytesIO(out.getvalue()))
    names = {name: parts.read(name) for name in parts.namelist()}
    names["xl/worksheets/sheet1.xml"] = names["xl/worksheets/sheet1.xml"].replace(b'<dimension ref="A1:XFD1048576"/>', b"")
    assert "rows" in refused(zipped(**names))


@pytest.mark.parametrize(
    ("name", "content", "word"),
    [
        ("xl/vbaProject.bin", b"x", "macros"),
        ("xl/externalLinks/externalLink1.xml", b"<a/>", "links"),
        ("xl/extra.xml", b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><a/>', "DOCTYPE"),
    ],
)
def test_I3_macros_links_and_document_types_in_a_workbook_are_refused(name: str, content: bytes, word: str) -> None:
    assert word in refused(workbook_with(**{name: content}))


def test_I3_a_million_styles_are_refused() -> None:
    import random

    noise = random.Random(7).randbytes(5_000_000).hex().encode()
    assert "styles" in refused(workbook_with(**{"xl/other-styles.xml": noise}))


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"<html><body><table></table></body></html>", "HTML"),
        (b"<!DOCTYPE html><html></html>", "HTML"),
        (b"MZ\x90\x00" + b"\0" * 100, "program"),
        (b"%PDF-1.7\n1 0 obj", "PDF"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, ".xls"),
        (b"OFXHEADER:100\nDATA:OFXSGML", "OFX"),
        (b"ISA*00*          *", "X12"),
        (b"", "empty"),
        (b"\xef\xbb\xbf \r\n", "empty"),
        (b"Date,Amount\n2026-04-01,\x00", "binary"),
        (b"PK\x03\x04 but nothing more", "zip"),
    ],
)
def test_I13_what_is_no_bank_file_is_refused_in_plain_words(data: bytes, word: str) -> None:
    assert word in refused(data)


def test_too_big_a_file_is_refused() -> None:
    assert "MB" in refused(b"x" * (detect.MAX_BYTES + 1))


def test_a_zip_of_messages_is_read_and_one_broken_message_refuses_it_whole() -> None:
    both = zipped(**{"b.xml": CAMT.replace("<Id>S1<", "<Id>S2<").encode(), "a.xml": CAMT.encode()})
    assert [statement.statement_id for statement in detect.read(both).statements] == ["S1", "S2"]
    with pytest.raises(ReadError) as caught:
        detect.read(zipped(**{"a.xml": CAMT.encode(), "b.xml": CAMT.replace("400.00<", "4,00<").encode()}))
    assert caught.value.line and caught.value.reason.startswith("b.xml")
    assert "within" in refused(zipped(**{"a.zip": zipped(a=CAMT.encode())}))
    assert "unzipped" in refused(zipped(**{"a.csv": CSV.encode()}))
