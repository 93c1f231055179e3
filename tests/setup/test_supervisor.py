"""The supervisor with small children: starts them, prefixes their words, starts them again, leaves nothing behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from arops.embedded.processes import is_running, wait_until

ROOT = Path(__file__).resolve().parents[2]

PROGRAM = """
import sys
from pathlib import Path
from arops.run.supervisor import Guard, Service, Supervisor
python, here = sys.executable, Path(sys.argv[1])
steady = [python, "-uc", "import os, time; print('pid', os.getpid()); time.sleep(600)"]
# Has a child of its own, and both ignore SIGTERM: only its group's end ends them.
stubborn = [python, "-uc", r'''
import os, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN); signal.signal(signal.SIGQUIT, signal.SIG_IGN)
child = os.fork()
os.write(1, f"{'parent' if child else 'child'} {os.getpid()}\\n".encode())
time.sleep(600)
''']
failing = [python, "-uc", "print('no newline at the end', end=''); raise SystemExit(3)"]
services = {"steady": steady, "stubborn": stubborn, "failing": failing}
guard = Guard("file", (here / "file").exists, (here / "file").touch, every=0.2)
Supervisor([Service(name, services[name]) for name in sys.argv[2:]], [guard], grace=1.0).run()
print("returned")
"""


class Run:
    """A supervisor under test, and what it said so far."""

    def __init__(self, place: Path, *names: str) -> None:
        self.log = place / "log"
        self.file = place / "file"
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-uc", PROGRAM, str(place), *names], cwd=ROOT, stdout=output, stderr=output, start_new_session=True
            )

    def lines(self, name: str) -> list[str]:
        """What one child said."""
        return [line.partition("| ")[2] for line in self.log.read_text().splitlines() if line.startswith(name)]

    def pids(self, name: str) -> list[int]:
        """Every process id that a child named."""
        return [int(line.split()[1]) for line in self.lines(name) if line.split()[0] in ("pid", "child", "parent")]

    def wait_for(self, name: str, count: int) -> list[int]:
        """Its ids, once it has named so many."""
        assert wait_until(lambda: len(self.pids(name)) >= count, 20), self.log.read_text()
        return self.pids(name)


@pytest.fixture
def runs(tmp_path: Path) -> Iterator[list[Run]]:
    started: list[Run] = []
    yield started
    for run in started:
        run.process.kill()
        run.process.wait()


def test_children_start_speak_with_a_prefix_and_end_with_it(runs: list[Run], tmp_path: Path) -> None:
    run = Run(tmp_path, "steady", "failing")
    runs.append(run)
    (pid,) = run.wait_for("steady", 1)
    assert wait_until(lambda: "no newline at the end" in run.lines("failing"), 20)
    run.process.send_signal(signal.SIGTERM)
    assert run.process.wait(20) == 0
    assert not is_running(pid)
    assert run.log.read_text().splitlines()[-1] == "returned"


def test_a_killed_child_starts_again(runs: list[Run], tmp_path: Path) -> None:
    run = Run(tmp_path, "steady")
    runs.append(run)
    (first,) = run.wait_for("steady", 1)
    os.kill(first, signal.SIGKILL)
    second = run.wait_for("steady", 2)[1]
    assert is_running(second)
    assert any("steady was killed by SIGKILL" in line for line in run.lines("arops"))


def test_a_child_that_keeps_failing_is_given_ever_longer_pauses(runs: list[Run], tmp_path: Path) -> None:
    run = Run(tmp_path, "failing")
    runs.append(run)

    def pauses() -> list[str]:
        return [line.rpartition(" in ")[2] for line in run.lines("arops") if "failing ended with status 3" in line]

    assert wait_until(lambda: len(pauses()) >= 3, 30)
    assert pauses()[:3] == ["0.5 s", "1 s", "2 s"]


def test_what_ignores_every_request_is_killed_with_its_children(runs: list[Run], tmp_path: Path) -> None:
    run = Run(tmp_path, "stubborn")
    runs.append(run)
    pids = run.wait_for("stubborn", 2)
    run.process.send_signal(signal.SIGINT)
    assert run.process.wait(20) == 0
    assert not any(map(is_running, pids))


def test_a_second_signal_does_not_wait(runs: list[Run], tmp_path: Path) -> None:
    run = Run(tmp_path, "stubborn")
    runs.append(run)
    run.wait_for("stubborn", 2)
    run.process.send_signal(signal.SIGTERM)
    assert wait_until(lambda: "stopping" in run.lines("arops"), 10)
    began = time.monotonic()
    run.process.send_signal(signal.SIGTERM)
    run.process.wait(20)
    assert time.monotonic() - began < 3


def test_a_killed_supervisor_takes_its_children_along(runs: list[Run], tmp_path: Path) -> None:
    if sys.platform != "linux":
        pytest.skip("only Linux tells children of their parent's death")
    run = Run(tmp_path, "steady")
    runs.append(run)
    (pid,) = run.wait_for("steady", 1)
    run.process.kill()
    assert wait_until(lambda: not is_running(pid), 10)


def test_a_guard_puts_right_what_is_gone(runs: list[Run], tmp_path: Path) -> None:
    run = Run(tmp_path, "steady")
    runs.append(run)
    assert wait_until(run.file.exists, 20)
    run.file.unlink()
    assert wait_until(run.file.exists, 20)
