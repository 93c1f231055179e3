"""Keys that tell what was imported before (X6 to X8): the same content has the same key, whatever was done to its wrapping."""

import io
import zipfile
from dataclasses import replace
from datetime import date

import pytest

from cashapp.readers import detect
from cashapp.readers.fingerprints import content_key, entry_keys, statement_key
from cashapp.readers.model import BankFile
from tests.readers.samples import ALL, CAMT, CSV, MT940


def zipped(name: str, content: bytes, when: tuple[int, ...] = (2026, 1, 1, 0, 0, 0)) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(zipfile.ZipInfo(name, when), content)  # type: ignore[arg-type]
    return out.getvalue()


@pytest.mark.parametrize("name", ALL)
def test_X6_bom_line_ends_and_trailing_blanks_do_not_make_a_new_file(name: str) -> None:
    data = ALL[name]
    variants = (
        b"\xef\xbb\xbf" + data,
        data.replace(b"\n", b"\r\n"),
        data.replace(b"\n", b"\r"),
        data + b"\n\n",
        data.rstrip(),
        data.replace(b"\n", b" \n"),
    )
    assert {content_key(variant) for variant in variants} == {content_key(data)}
    assert content_key(data.decode().encode("utf-16")) == content_key(data)
    assert content_key(data + b"x") != content_key(data)
    assert detect.read(data).content_sha256 == content_key(data)


def test_X6_zipping_again_does_not_make_a_new_file() -> None:
    data = CAMT.encode()
    assert content_key(zipped("a.xml", data)) == content_key(zipped("b.xml", data, (2027, 2, 2, 0, 0, 0))) == content_key(data)


def test_a_statement_number_used_again_next_year_is_another_statement() -> None:
    statement = detect.read(MT940.encode()).statements[0]
    assert statement_key(statement) == statement_key(detect.read(MT940.encode()).statements[0])
    again = replace(statement, closing_date=date(2027, 3, 31))
    assert len({statement_key(s) for s in (statement, again, replace(statement, closing_balance=1), replace(statement, account="9"))}) == 4


def test_X8_identical_entries_keep_their_own_keys() -> None:
    data = (
        CSV.replace("T-2", "T-1")
        .replace("14.04.2026;13.04", "13.04.2026;13.04")
        .replace("-0,50", "1.250,50")
        .replace(";Fee", ";Invoice 4711")
    )
    file = detect.read(data.encode())
    first, second = entry_keys(file)[0]
    assert file.statements[0].entries[0].amount == file.statements[0].entries[1].amount
    assert first != second
    assert entry_keys(file) == entry_keys(detect.read(data.encode()))


def test_an_overlapping_file_shares_the_keys_of_the_entries_it_repeats() -> None:
    file = detect.read(MT940.encode())
    longer = detect.read(MT940.replace(":62F:", ":61:2603310331CR7,00NTRFNONREF//BANK-9\n:62F:").encode())
    assert set(entry_keys(longer)[0]) - set(entry_keys(file)[0]) == {entry_keys(longer)[0][3]}


def test_equal_entries_on_two_pages_of_a_file_differ_and_a_repeated_statement_does_not() -> None:
    statement = detect.read(MT940.encode()).statements[0]
    page = replace(statement, opening_balance=statement.closing_balance, closing_balance=140000)
    keys = entry_keys(BankFile("mt940", (statement, page, statement)))
    assert not set(keys[0]) & set(keys[1])
    assert keys[0] == keys[2]


def test_two_statements_of_one_day_without_balances_are_told_apart_by_what_moved() -> None:
    statement = replace(detect.read(MT940.encode()).statements[0], opening_balance=None, closing_balance=None)
    other = replace(statement, entries=statement.entries[1:])
    assert statement_key(statement) == statement_key(replace(statement))
    assert statement_key(statement) != statement_key(other)
    keys = entry_keys(BankFile("bai2", (statement, other)))
    assert len({key for statement_keys in keys for key in statement_keys}) == len(statement.entries) + len(other.entries)
