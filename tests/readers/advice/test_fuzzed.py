"""Advices under fire: bytes that a fuzzer makes up, hostile XML, files cut anywhere. A reader answers or refuses, soon."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cashapp.readers.advice import detect, edifact, x12
from cashapp.readers.model import ReadError
from tests.readers.advice.samples import ALL, REMADV, REMT, X12, nacha

ROOT = Path(__file__).resolve().parents[3]
QUICK = settings(max_examples=150, deadline=2000, suppress_health_check=[HealthCheck.too_slow])


def test_a_second_of_the_coverage_guided_fuzzer_finds_nothing() -> None:
    """For longer: `python -m tests.fuzz advices 600`."""
    pytest.importorskip("atheris")
    command = [sys.executable, "-m", "tests.fuzz", "advices", "1"]
    done = subprocess.run(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr[-3000:]
    assert "number_of_executed_units" in done.stderr


@QUICK
@given(st.sampled_from(ALL), st.integers(0, 3000), st.integers(0, 60), st.binary(max_size=12))
def test_a_file_with_a_piece_replaced_is_read_or_refused_with_a_line(sample: bytes, at: int, length: int, piece: bytes) -> None:
    try:
        file = detect.read(sample[:at] + piece + sample[at + length :], currency="USD")
    except ReadError as error:
        assert error.reason and (error.line is None or error.line >= 1)
    else:
        assert file.format


@pytest.mark.parametrize("whole", [X12, REMADV, REMT], ids=["820", "REMADV", "remt.001"])
def test_a_file_cut_off_anywhere_is_refused_whole(whole: str) -> None:
    """Half an advice would be posted as if it were all of it."""
    for end in range(30, len(whole.rstrip()) - 40, 23):
        with pytest.raises(ReadError):
            detect.read(whole[:end].encode(), currency="USD")


LAUGHS = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10}">' for i in range(1, 12))


@pytest.mark.parametrize(
    "prolog",
    [
        "<!DOCTYPE Document>", '<!DOCTYPE Document SYSTEM "file:///etc/passwd">', '<!DOCTYPE d [<!ENTITY x SYSTEM "http://127.0.0.1/x">]>',
        f'<!DOCTYPE d [<!ENTITY l0 "ha">{LAUGHS}]>',
    ],
    ids=["a document type", "a file", "an address", "a billion laughs"],
)  # fmt: skip
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_i1_xml_that_hides_content_is_refused_at_once(prolog: str, encoding: str) -> None:
    started = time.monotonic()
    with pytest.raises(ReadError, match="document type"):
        detect.read(REMT.replace('<?xml version="1.0" encoding="UTF-8"?>', prolog).encode(encoding))
    assert time.monotonic() - started < 1


def test_i1_xml_that_includes_another_file_is_refused() -> None:
    inside = '<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="file:///etc/passwd" parse="text"/>'
    with pytest.raises(ReadError, match="XInclude"):
        detect.read(REMT.replace("<RmtInf>", f"{inside}<RmtInf>").encode())


@pytest.mark.parametrize(
    "data",
    [b"MZ\x90\x00" + b"\x00" * 60, b"\x7fELF" + b"\x01" * 60, b"ISA\x00" * 30, b"UNB+UN\x00" * 20],
    ids=["exe", "elf", "nul", "nul too"],
)
def test_i13_a_program_or_binary_data_under_whatever_name_is_refused(data: bytes) -> None:
    with pytest.raises(ReadError):
        detect.read(data, name="advice.edi")


def test_files_of_endless_segments_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(x12, "MAX_SEGMENTS", 50)
    monkeypatch.setattr(edifact, "MAX_SEGMENTS", 50)
    for data in (X12.replace("ENT*1~", "ENT*1~" * 60), REMADV.replace("UNS+S'", "FTX+ABO'" * 60 + "UNS+S'")):
        with pytest.raises(ReadError, match="more than 50 segments"):
            detect.read(data.encode())
    with pytest.raises(ReadError, match="UNP"):
        detect.read(REMADV.replace("UNZ+1", "UNO+1'x" * 5 + "UNZ+1").encode())
    with pytest.raises(ReadError, match="MB, more than"):
        detect.read(nacha(("22", 1, "")).encode() + b" " * detect.MAX_BYTES)
