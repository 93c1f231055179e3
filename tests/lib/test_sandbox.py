"""Untrusted bytes are read in a process that can be killed; nothing but plain data comes back."""

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

import pytest

from arops.lib import codec
from arops.lib.refusal import InputRefused
from arops.lib.sandbox import SandboxError, run_bounded
from cashapp.readers import detect
from cashapp.readers.mapping import Mapping
from cashapp.readers.model import ReadError

MT940 = b":20:X\n:25:DE1\n:60F:C260330EUR1,\n:61:260331C2,NTRFNONREF//B1\n:86:166?20SVWZ+4711?32ACME\n:62F:C260331EUR3,\n"
CSV = b"Date,Amount\n04/03/2026,5.00\n"
ROOT = Path(__file__).resolve().parents[2]
TARGETS = "tests.lib.sandbox_targets"


def test_a_file_read_in_the_sandbox_is_the_same_as_read_here() -> None:
    assert run_bounded("cashapp.readers.detect.read", MT940, kwargs={"name": "x.sta"}) == detect.read(MT940)


def test_dataclasses_and_days_pass_as_arguments() -> None:
    mapping = Mapping(date="Date", amount=2, currency="USD", date_format="%m/%d/%Y")
    file = run_bounded("cashapp.readers.detect.read", CSV, kwargs={"mapping": mapping, "latest": date(2026, 5, 1)})
    assert file.statements[0].entries[0].booking_date == date(2026, 4, 3)


def test_a_refusal_comes_back_as_itself_with_line_and_reason() -> None:
    with pytest.raises(ReadError) as caught:
        run_bounded("cashapp.readers.detect.read", MT940.replace(b"C2,", b"C2x,"))
    assert (caught.value.line, ":61:" in caught.value.reason) == (4, True)


def test_a_proposal_comes_back_whole() -> None:
    assert run_bounded("cashapp.readers.detect.propose", CSV) == detect.propose(CSV)


def test_a_function_that_never_ends_is_stopped_in_time() -> None:
    started = time.monotonic()
    with pytest.raises(SandboxError, match="seconds"):
        run_bounded(f"{TARGETS}.sleeps", b"", seconds=0.5)
    with pytest.raises(SandboxError, match="seconds"):
        run_bounded(f"{TARGETS}.spins", b"", seconds=1)
    assert time.monotonic() - started < 4


def test_too_much_memory_is_a_clear_error() -> None:
    with pytest.raises(SandboxError, match="128 MB"):
        run_bounded(f"{TARGETS}.swells", b"", memory_mb=128)


@pytest.mark.parametrize("name", ["dies", "exits"])
def test_a_crash_is_a_clear_error_and_an_input_refusal(name: str) -> None:
    with pytest.raises(InputRefused, match="stopped"):
        run_bounded(f"{TARGETS}.{name}", b"")


def test_an_unexpected_error_is_named() -> None:
    with pytest.raises(SandboxError, match="ZeroDivisionError"):
        run_bounded(f"{TARGETS}.divides", b"")


@pytest.mark.parametrize("name", ["connects", "writes", "starts_a_process", "removes"])
def test_sockets_files_and_processes_are_refused(name: str, tmp_path: Any) -> None:
    target = tmp_path / "victim"
    target.write_text("unharmed")
    with pytest.raises(SandboxError, match="PermissionError"):
        run_bounded(f"{TARGETS}.{name}", str(target).encode())
    assert target.read_text() == "unharmed"


def test_the_child_sees_no_environment_and_loads_no_django(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://secret")
    seen = run_bounded(f"{TARGETS}.surroundings", b"")
    assert "secret" not in str(seen["environment"])
    assert seen["django"] is False
    code = "import sys; sys.path.insert(0, sys.argv[1]); import cashapp.readers.detect; print(set(sys.argv[2:]) & set(sys.modules))"
    loaded = subprocess.run(
        [sys.executable, "-I", "-c", code, str(ROOT), "django", "pandas", "openpyxl"], capture_output=True, text=True, check=True
    )
    assert loaded.stdout == "set()\n"


def test_what_a_function_prints_does_not_spoil_its_answer() -> None:
    assert run_bounded(f"{TARGETS}.prints", b"abc") == 3


def test_an_answer_of_the_wrong_shape_is_refused() -> None:
    with pytest.raises(SandboxError, match="shape"):
        run_bounded(f"{TARGETS}.lies", b"")


def test_start_up_is_quick() -> None:
    times = []
    for _ in range(3):
        started = time.monotonic()
        run_bounded(f"{TARGETS}.prints", b"")
        times.append(time.monotonic() - started)
    assert min(times) < 0.3 * max(1.0, os.getloadavg()[0] / 2)


@dataclass(frozen=True)
class Inner:
    day: date | None
    share: Decimal
    kind: Literal["a", "b"] = "a"


@dataclass(frozen=True)
class Outer:
    inner: tuple[Inner, ...]
    names: dict[str, int]
    column: str | int = ""


VALUE = Outer((Inner(date(2026, 4, 3), Decimal("0.10")), Inner(None, Decimal(1), "b")), {"x": 1}, 3)


def test_the_codec_gives_back_what_it_took() -> None:
    assert codec.decode(codec.encode(VALUE), Outer) == VALUE


@pytest.mark.parametrize(
    "change",
    [
        {"inner": [{"day": "soon", "share": "1"}]}, {"inner": [{"day": None, "share": 1}]}, {"inner": {}},
        {"inner": [{"day": None, "share": "1", "kind": "c"}]}, {"names": {"x": "1"}}, {"column": 1.5}, {"column": True}, {"other": 1},
    ],
)  # fmt: skip
def test_the_codec_refuses_what_the_hints_do_not_allow(change: dict[str, Any]) -> None:
    with pytest.raises(codec.CodecError):
        codec.decode({**codec.encode(VALUE), **change}, Outer)


def test_the_codec_carries_no_strangers() -> None:
    with pytest.raises(codec.CodecError):
        codec.encode({"x": object()})
    with pytest.raises(codec.CodecError):
        codec.encode(b"bytes")
