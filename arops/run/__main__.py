"""`python -m arops.run start|stop|status`: the whole product in one terminal."""

import argparse
import fcntl
import http.client
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO

from arops import doctor
from arops.embedded import EmbeddedError, stop_postgres, stop_valkey
from arops.embedded.processes import wait_until
from arops.run import plan
from arops.run.supervisor import Supervisor

STOP_SECONDS = 60.0


def start() -> int:
    """Check, start the servers, prepare the database, then supervise until Ctrl-C."""
    began = time.monotonic()
    var = plan.var_directory()
    host, port = plan.address()
    for name in ("run", "static"):
        (var / name).mkdir(parents=True, exist_ok=True)
    lock = _only_one(var)
    _examine(var, host, port)
    # From here on Ctrl-C must leave nothing behind, also while the database is being prepared.
    signal.signal(signal.SIGTERM, _interrupt)
    signal.signal(signal.SIGHUP, _interrupt)
    urls, guards = plan.servers(var)
    try:
        environment = plan.environment(var, urls)
        banner = var / "run" / "banner"
        _prepare(environment, banner)
        services = plan.services(var, environment, host, port)
        supervisor = Supervisor(services, guards, ready=lambda: _answers(host, port))
        supervisor.on_ready = lambda: _announce(supervisor.say, host, port, banner, time.monotonic() - began)
        supervisor.run()
    except KeyboardInterrupt:
        return 130
    finally:
        for guard in guards:
            {"PostgreSQL": stop_postgres, "Valkey": stop_valkey}[guard.name](var)
        lock.close()
    return 0


def stop() -> int:
    """End a running `start`, and embedded servers that were left by one that was killed."""
    var = plan.var_directory()
    pid = running(var)
    if pid:
        os.kill(pid, signal.SIGTERM)
        if not wait_until(lambda: running(var) is None, STOP_SECONDS):
            print(f"Process {pid} is still stopping.", file=sys.stderr)
            return 1
    stop_valkey(var)
    stop_postgres(var)
    print("ArOps is stopped.")
    return 0


def status() -> int:
    """Say whether it runs; 0 when it does."""
    pid = running(plan.var_directory())
    print(f"ArOps runs (process {pid})." if pid else "ArOps is stopped.")
    return 0 if pid else 3


def running(var: Path) -> int | None:
    """The process that holds the lock, if any: a pid file alone may be stale."""
    place = var / "run" / "pid"
    if not place.exists():
        return None
    with place.open("r+") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return int(handle.read() or 0) or None
    return None


def _only_one(var: Path) -> IO[str]:
    handle = (var / "run" / "pid").open("a+")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise plan.Refused(f"ArOps already runs (process {running(var)}). `make stop` ends it.") from None
    handle.truncate(0)
    handle.write(str(os.getpid()))
    handle.flush()
    return handle


def _examine(var: Path, host: str, port: int) -> None:
    report = [finding for finding in doctor.findings(var, port, host) if finding.level != "ok"]
    for finding in report:
        print(finding, flush=True)
    if any(finding.level == "error" for finding in report):
        raise plan.Refused("Not started: see above.")


def _prepare(environment: dict[str, str], banner: Path) -> None:
    """Migrate, and fill an empty database with the demo, in a process of its own: this one stays small."""
    command = [sys.executable, str(plan.ROOT / "manage.py"), "prepare", "--banner", str(banner)]
    done = subprocess.run(command, env=environment, cwd=plan.ROOT, check=False)
    if done.returncode:
        raise plan.Refused(f"The database could not be prepared (status {done.returncode}); see above.")


def _answers(host: str, port: int) -> bool:
    connection = http.client.HTTPConnection(host, port, timeout=2)
    try:
        connection.request("GET", "/healthz", headers={"Host": "localhost"})
        return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _announce(say: Callable[[str], None], host: str, port: int, banner: Path, seconds: float) -> None:
    shown = "localhost" if host in plan.LOOPBACK else host
    say("")
    say(f"ArOps is at http://{shown}:{port}/  ({seconds:.1f} s; Ctrl-C stops it)")
    for line in banner.read_text().splitlines() if banner.exists() else ():
        say(line)
    say("")


def _interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt


def main() -> int:
    """Parse the command line; what is refused is told without a traceback."""
    parser = argparse.ArgumentParser(prog="python -m arops.run", description="ArOps in one terminal")
    parser.add_argument("command", nargs="?", default="start", choices=["start", "stop", "status"])
    command = parser.parse_args().command
    try:
        return {"start": start, "stop": stop, "status": status}[command]()
    except (plan.Refused, EmbeddedError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
