"""Keeps a few processes running, with one prefixed log, and leaves none behind.

Every child leads a session of its own: Ctrl-C reaches only the supervisor, which then ends them in order, and what a child
leaves is killed by its group. If the supervisor itself is killed, the kernel tells the children (Linux).
"""

import contextlib
import os
import selectors
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from arops.embedded.processes import follow_parent

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
STEADY_SECONDS = 15.0
LONGEST_PAUSE = 30.0
TICK = 0.5


@dataclass(frozen=True, slots=True)
class Service:
    """A program to keep running."""

    name: str
    command: Sequence[str | Path]
    environment: Mapping[str, str] | None = None
    """The whole environment; None: ours."""
    directory: Path | None = None


@dataclass(frozen=True, slots=True)
class Guard:
    """Something else that must live, such as an embedded server: asked now and then, put right when it doesn't."""

    name: str
    alive: Callable[[], bool]
    restart: Callable[[], object]
    every: float = 3.0


@dataclass(slots=True)
class Child:
    """A service's present process."""

    service: Service
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    failures: int = 0
    due: float = 0.0
    buffer: bytes = b""


@dataclass
class Supervisor:
    """Runs services until a stop signal; `run` returns when all have ended."""

    services: Sequence[Service]
    guards: Sequence[Guard] = ()
    grace: float = 20.0
    """Seconds for children to end by themselves once asked."""
    ready: Callable[[], bool] | None = None
    on_ready: Callable[[], None] | None = None
    out: IO[str] = field(default_factory=lambda: sys.stdout)

    def __post_init__(self) -> None:
        self.children = [Child(service) for service in self.services]
        self.width = max((len(name) for name in [*(s.name for s in self.services), "arops"]), default=5)
        self.stopping = 0
        self._selector = selectors.DefaultSelector()
        self._next_check = {guard.name: time.monotonic() + guard.every for guard in self.guards}

    def run(self) -> None:
        """Start all, keep them running, and end all on SIGINT, SIGTERM or SIGHUP; a second signal doesn't wait."""
        self._listen()
        try:
            while not self.stopping:
                self._start_due()
                self._pump(TICK)
                self._notice_deaths()
                self._check_guards()
                self._check_ready()
        finally:
            self.stop()

    def say(self, text: str, name: str = "arops") -> None:
        """One line of the log."""
        try:
            self.out.write(f"{name:<{self.width}} | {text}\n")
            self.out.flush()
        except (BrokenPipeError, ValueError, OSError):
            # Whoever read the log is gone; nobody could press Ctrl-C any more.
            self.stopping = self.stopping or 1

    def stop(self) -> None:
        """Ask all children to end, wait, then insist: first with SIGQUIT (workers hand their task back), then with SIGKILL."""
        self.stopping = self.stopping or 1
        self.say("stopping")
        asked = self.stopping
        for number, seconds in ((signal.SIGTERM, self.grace), (signal.SIGQUIT, 3.0)):
            for child in self._living():
                child.process.send_signal(number)  # type: ignore[union-attr]
            end = time.monotonic() + seconds
            while self._living() and time.monotonic() < end and self.stopping == asked:
                self._pump(0.1)
        for child in self.children:
            self._end_group(child)
        self._pump(0)
        self.say("stopped")

    def _listen(self) -> None:
        reader, writer = socket.socketpair()
        for end in (reader, writer):
            end.setblocking(False)
        signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
        self._selector.register(reader, selectors.EVENT_READ, lambda: reader.recv(4096))
        self._wakers = (reader, writer)
        for number in STOP_SIGNALS:
            signal.signal(number, self._on_stop)
        signal.signal(signal.SIGCHLD, lambda number, frame: None)

    def _on_stop(self, number: int, frame: object) -> None:
        self.stopping += 1

    def _start_due(self) -> None:
        for child in self.children:
            if child.process is None and time.monotonic() >= child.due and not self.stopping:
                self._start(child)

    def _start(self, child: Child) -> None:
        service = child.service
        environment = dict(service.environment) if service.environment is not None else None
        child.process = subprocess.Popen(
            service.command, env=environment, cwd=service.directory, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, start_new_session=True, preexec_fn=follow_parent(signal.SIGTERM),
        )  # fmt: skip
        child.started = time.monotonic()
        child.buffer = b""
        output = child.process.stdout
        assert output is not None
        os.set_blocking(output.fileno(), False)
        self._selector.register(output, selectors.EVENT_READ, lambda: self._read(child, output))

    def _read(self, child: Child, output: IO[bytes]) -> None:
        try:
            data = os.read(output.fileno(), 65536)
        except BlockingIOError:
            return
        if not data:
            self._selector.unregister(output)
            output.close()
        *lines, child.buffer = (child.buffer + data).split(b"\n")
        if not data and child.buffer:
            lines, child.buffer = [*lines, child.buffer], b""
        for line in lines:
            self.say(line.decode(errors="replace").rstrip("\r"), child.service.name)

    def _pump(self, seconds: float) -> None:
        """Pass on output for up to so many seconds, less when something happens."""
        for key, _ in self._selector.select(seconds):
            try:
                key.data()
            except (BlockingIOError, ValueError):
                continue

    def _notice_deaths(self) -> None:
        for child in self.children:
            if child.process is None or child.process.poll() is None or self.stopping:
                continue
            status = child.process.returncode
            lived = time.monotonic() - child.started
            self._end_group(child)
            child.process = None
            child.failures = 0 if lived > STEADY_SECONDS else child.failures + 1
            pause = min(LONGEST_PAUSE, 0.5 * 2 ** max(child.failures - 1, 0))
            child.due = time.monotonic() + pause
            self.say(f"{child.service.name} {_ending(status)} after {lived:.0f} s; starts again in {pause:g} s")

    def _check_guards(self) -> None:
        now = time.monotonic()
        for guard in self.guards:
            if now < self._next_check[guard.name] or self.stopping:
                continue
            if not guard.alive():
                self.say(f"{guard.name} doesn't answer; starting it again")
                try:
                    guard.restart()
                except Exception as error:  # whatever it is, the next round tries again
                    self.say(f"{guard.name}: {error}")
            self._next_check[guard.name] = time.monotonic() + guard.every

    def _check_ready(self) -> None:
        if self.ready and not self.stopping and self.ready():
            self.ready = None
            if self.on_ready:
                self.on_ready()

    def _living(self) -> list[Child]:
        return [child for child in self.children if child.process is not None and child.process.poll() is None]

    def _end_group(self, child: Child) -> None:
        """Kill what is left of a child's group, so that no grandchild holds its port or its job."""
        if child.process is None:
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.process.pid, signal.SIGKILL)
        child.process.wait()


def _ending(status: int) -> str:
    return f"was killed by {signal.Signals(-status).name}" if status < 0 else f"ended with status {status}"
