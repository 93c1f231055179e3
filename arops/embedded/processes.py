"""Starts server processes so that they outlive or follow their starter, and tells the living from zombies."""

import ctypes
import os
import pwd
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None
_children: list[subprocess.Popen[bytes]] = []


def follow_parent(number: int) -> Callable[[], None] | None:
    """A function for the child to call before exec: send it `number` when its parent dies, even by kill -9 (Linux only)."""
    if _libc is None:
        return None
    parent = os.getpid()

    def ask() -> None:
        _libc.prctl(PR_SET_PDEATHSIG, number)
        if os.getppid() != parent:
            os.kill(os.getpid(), number)

    return ask


def spawn(
    command: Sequence[str | Path], *, cwd: Path, log: Path, user: pwd.struct_passwd | None = None, parent_death: int | None = None
) -> subprocess.Popen[bytes]:
    """Start a server in a session of its own, its output appended to `log`, as `user` if given (only root may).

    `parent_death` is the signal it gets when this process dies; without one it lives on.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    identity: dict[str, Any] = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if user else {}
    with log.open("ab") as output:
        child = subprocess.Popen(
            command, cwd=cwd, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True, umask=0o077,
            env={"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "HOME": str(cwd), "LC_ALL": "C", "TZ": "UTC"},
            preexec_fn=follow_parent(parent_death) if parent_death else None, **identity,
        )  # fmt: skip
    _children.append(child)
    return child


def reap() -> None:
    """Collect children of ours that ended, so that their ids stop looking alive."""
    _children[:] = [child for child in _children if child.poll() is None]


def is_running(pid: int) -> bool:
    """Whether a process lives; a zombie (killed, but not collected: containers without init) doesn't."""
    reap()
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return _state(pid) != "Z"


def _state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (OSError, IndexError):
        done = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False)
        return done.stdout.strip()[:1]


def program(pid: int) -> str:
    """The command line of a process, or nothing."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        done = subprocess.run(["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False)
        return done.stdout.strip()


def wait_until(true: Callable[[], bool], seconds: float) -> bool:
    """Ask every 20 ms until it is true; False when the time is up."""
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def end(pid: int, *signals: tuple[signal.Signals, float]) -> bool:
    """Send each signal in turn, waiting its seconds for the process to end; True when it did."""
    for number, seconds in signals:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return True
        if wait_until(lambda: not is_running(pid), seconds):
            return True
    return False
