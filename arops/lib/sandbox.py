"""Runs a pure function over untrusted bytes in a fresh process that can be killed.

    file = run_bounded("cashapp.readers.detect.read", data, seconds=20, memory_mb=512, kwargs={"name": "june.sta"})

A 4.8 kB workbook can hang a parser or make it ask for 549 GB; no check inside the same process helps against that. The child is a bare
interpreter (isolated, no environment, no Django) with limits on address space, processor time, open files and file size, and
with sockets, new processes and writing to files refused by an audit hook.

What comes back is JSON, rebuilt by the function's own type hints: only dataclasses that its annotations name can arise, and a value
of another type is refused, so a child that was taken over can't run anything here. Refusals (`InputRefused` and those of its
subclasses that the function's module knows) come back as themselves; a crash, a time-out or too much memory as `SandboxError`,
which is an `InputRefused` too: whoever catches that has caught all.
"""

import gc
import importlib
import json
import math
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_type_hints

from arops.lib import codec
from arops.lib.refusal import InputRefused

_ROOT = str(Path(__file__).resolve().parents[2])
_START = "import sys; sys.path.insert(0, sys.argv[1]); from arops.lib.sandbox import main; main()"
_MAX_ANSWER = 256 * 1024 * 1024


class SandboxError(InputRefused):
    """The input could not be read within its bounds: too slow, too big, or it brought the parser down."""


def run_bounded(
    function_path: str, payload: bytes, *, seconds: float = 20, memory_mb: int = 512, kwargs: dict[str, Any] | None = None
) -> Any:
    """`module.function(payload, **kwargs)` in its own process, at most `seconds` of wall clock and `memory_mb` of memory.

    The path must be our own code's, never input. Arguments and result are what `arops.lib.codec` carries: plain values and
    dataclasses named by the function's annotations. Raises InputRefused (the function's refusal) or SandboxError.
    """
    function = _function(function_path)
    hints = get_type_hints(function)
    header = {
        "function": function_path, "seconds": seconds, "memory_mb": memory_mb,
        "kwargs": {name: codec.encode(value) for name, value in (kwargs or {}).items()},
    }  # fmt: skip
    answer = _answer(_converse(json.dumps(header).encode() + b"\n" + payload, seconds), seconds, memory_mb)
    if "refused" in answer:
        raise _refusal(function, answer)
    try:
        return codec.decode(answer.get("result"), hints.get("return", Any))
    except codec.CodecError as error:
        raise SandboxError(None, f"the parser gave an answer of the wrong shape: {error}") from None


def _function(path: str) -> Callable[..., Any]:
    module, _, name = path.rpartition(".")
    found = getattr(importlib.import_module(module), name)
    if not callable(found):
        raise TypeError(f"{path} is not a function")
    return found  # type: ignore[no-any-return]


def _converse(message: bytes, seconds: float) -> tuple[int, bytes]:
    """Return code and output; the child's whole process group is killed when time is up or the caller is interrupted."""
    child = subprocess.Popen(
        [sys.executable, "-I", "-B", "-c", _START, _ROOT],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={"LANG": "C.UTF-8"}, cwd="/",
        close_fds=True, start_new_session=True,
    )  # fmt: skip
    try:
        output, _ = child.communicate(message, timeout=seconds)
    except subprocess.TimeoutExpired:
        raise SandboxError(None, f"reading the file took longer than {seconds:g} seconds, so it was stopped") from None
    finally:
        if child.poll() is None:
            os.killpg(child.pid, signal.SIGKILL)
            child.communicate()
    return child.returncode, output


def _answer(finished: tuple[int, bytes], seconds: float, memory_mb: int) -> dict[str, Any]:
    code, output = finished
    if code == -signal.SIGXCPU or (code == -signal.SIGKILL and not output):
        raise SandboxError(None, f"reading the file took more than {seconds:g} seconds of work, so it was stopped")
    if code != 0 or len(output) > _MAX_ANSWER:
        raise SandboxError(None, f"reading the file failed: the parser stopped ({_ending(code)}); the limit is {memory_mb} MB of memory")
    try:
        answer = json.loads(output)
    except ValueError:
        raise SandboxError(None, "reading the file failed: the parser gave no answer") from None
    if not isinstance(answer, dict):
        raise SandboxError(None, "reading the file failed: the parser gave no answer")
    if "failed" in answer:
        raise SandboxError(None, str(answer["failed"])[:500])
    return answer


def _ending(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit {code}"


def _refusal(function: Callable[..., Any], answer: dict[str, Any]) -> InputRefused:
    """The refusal as its own class, if the function's module knows a class of that name; else as InputRefused."""
    kind = getattr(sys.modules[function.__module__], str(answer.get("refused")), InputRefused)
    if not (isinstance(kind, type) and issubclass(kind, InputRefused)):
        kind = InputRefused
    line = answer.get("line")
    return kind(line if isinstance(line, int) else None, str(answer.get("reason"))[:2000])


# What follows runs in the child.


def main() -> None:
    """Reads a header line and the payload from standard input, answers in JSON on standard output."""
    pipe = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what libraries print must not mix with the answer
    header = json.loads(sys.stdin.buffer.readline())
    _limit(float(header["seconds"]), int(header["memory_mb"]))
    gc.disable()  # the process ends before cycles could matter
    answer = _serve(header, sys.stdin.buffer.read())
    pipe.write(answer)
    pipe.flush()
    os._exit(0)


def _serve(header: dict[str, Any], payload: bytes) -> bytes:
    function = _function(header["function"])
    hints = get_type_hints(function)
    _forbid()
    try:
        kwargs = {name: codec.decode(value, hints.get(name, Any)) for name, value in header["kwargs"].items()}
        return json.dumps({"result": codec.encode(function(payload, **kwargs))}).encode()
    except InputRefused as error:
        return json.dumps({"refused": type(error).__name__, "line": error.line, "reason": error.reason}).encode()
    except MemoryError:
        return json.dumps({"failed": f"reading the file needs more than {header['memory_mb']} MB of memory"}).encode()
    except RecursionError:
        return json.dumps({"failed": "the file is nested too deeply"}).encode()
    except Exception as error:
        return json.dumps({"failed": f"reading the file failed: {type(error).__name__}: {str(error)[:200]}"}).encode()


def _limit(seconds: float, memory_mb: int) -> None:
    import resource

    memory = memory_mb * 1024 * 1024
    for kind, value in (
        (resource.RLIMIT_AS, memory), (resource.RLIMIT_CPU, math.ceil(seconds)), (resource.RLIMIT_NOFILE, 64),
        (resource.RLIMIT_FSIZE, 0), (resource.RLIMIT_CORE, 0),
    ):  # fmt: skip
        _, hard = resource.getrlimit(kind)
        if hard != resource.RLIM_INFINITY:
            value = min(value, hard)
        resource.setrlimit(kind, (value, value))


_FORBIDDEN = (
    "socket.", "subprocess.", "os.exec", "os.fork", "os.posix_spawn", "os.spawn", "os.system", "os.remove", "os.rename", "shutil.",
)  # fmt: skip


def _forbid() -> None:
    """A second fence behind the limits: no sockets, no processes, no files but for reading."""

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event.startswith(_FORBIDDEN):
            raise PermissionError(f"{event} is not allowed while a file is read")
        if event == "open" and isinstance(arguments[1], str) and set(arguments[1]) & set("wax+"):
            raise PermissionError("writing to files is not allowed while a file is read")

    sys.addaudithook(hook)
