"""Worker processes to be killed: a process that has the product loaded and forks a worker whenever it is asked to.

As a script it is the nursery itself: `python -m tests.support.nursery package.module:function argument …`; each line on its standard
input forks a worker that calls the function, its key and its end are told on standard output.
"""

import contextlib
import importlib
import os
import signal
import subprocess
import sys
from types import TracebackType

import django


class Nursery:
    """Forks workers that run `target(*arguments)` in an environment with `extra` variables."""

    def __init__(self, target: str, *arguments: str, **extra: str) -> None:
        environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "arops.settings", **extra}
        command = [sys.executable, "-m", "tests.support.nursery", target, *arguments]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)
        assert self._line() == "ready"

    def _line(self) -> str:
        return self.process.stdout.readline().strip()  # type: ignore[union-attr]

    def start(self) -> int:
        """Fork a worker; its process id."""
        self.process.stdin.write("go\n")  # type: ignore[union-attr]
        self.process.stdin.flush()  # type: ignore[union-attr]
        return int(self._line())

    def wait(self) -> int:
        """The wait status of the worker, when it has ended: minus the signal that killed it, or its exit code."""
        return int(self._line())

    def kill(self, pid: int) -> int:
        """SIGKILL to a worker that `start` gave; how it ended (0: it was done before)."""
        with contextlib.suppress(ProcessLookupError):  # it may have ended by itself, and been waited for
            os.kill(pid, signal.SIGKILL)
        return self.wait()

    def __enter__(self) -> "Nursery":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.process.stdin.close()  # type: ignore[union-attr]
        self.process.wait(timeout=10)
        self.process.stdout.close()  # type: ignore[union-attr]


def _nurse(target: str, arguments: list[str]) -> None:
    django.setup()
    module, _, name = target.partition(":")
    function = getattr(importlib.import_module(module), name)
    print("ready", flush=True)
    for _ in sys.stdin:
        pid = os.fork()
        if not pid:
            status = 1
            try:
                function(*arguments)
                status = 0
            finally:
                os._exit(status)
        print(pid, flush=True)
        # A worker that is done stays a zombie until here, so its id isn't given to another process while the test may kill it.
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
        _, status = os.waitpid(pid, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    _nurse(sys.argv[1], sys.argv[2:])
