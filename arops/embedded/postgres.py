"""An embedded PostgreSQL: made, started, found again and stopped.

Trust authentication is acceptable because the only way in is a socket in a directory of mode 0700, and there is no TCP. Root
can't run PostgreSQL, so as root it runs as `nobody`; data that `nobody` can't reach goes below /var/lib/arops.
"""

import os
import pwd
import shutil
import signal
import subprocess
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg2

from arops.embedded import binaries, places, processes
from arops.embedded.errors import EmbeddedError

ADMIN, OWNER, APP = "postgres", "arops_owner", "arops_app"
DATABASE = "arops"
START_SECONDS = 60.0
COMMON = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "work_mem": "32MB",
    "max_wal_size": "2GB",
    "random_page_cost": "1.1",
    "jit": "off",
    "log_timezone": "UTC",
    "timezone": "UTC",
}
THROWAWAY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum_naptime": "10s"}


class Durability(StrEnum):
    """How much a server cares for its data."""

    FULL = "full"
    """A commit is on the disk: anything worth keeping."""
    THROWAWAY = "throwaway"
    """Survives the end of its processes, not the machine's: tests only."""


@dataclass(frozen=True, slots=True)
class PostgresServer:
    """A running server and the ways in."""

    base: Path
    data: Path
    socket_dir: Path
    binaries: Path
    pid: int

    def url(self, role: str = APP, database: str = DATABASE) -> str:
        """A libpq URL over the socket."""
        return f"postgresql://{role}@/{database}?host={quote(str(self.socket_dir), safe='')}"

    @property
    def environment(self) -> dict[str, str]:
        """The variables that the settings read."""
        return {
            "DATABASE_URL": self.url(),
            "DATABASE_OWNER_URL": self.url(OWNER),
            "DATABASE_ADMIN_URL": self.url(ADMIN),
        }

    def alive(self) -> bool:
        """Whether it answers."""
        return _answers(self.socket_dir)


def server_user() -> pwd.struct_passwd | None:
    """Whom PostgreSQL runs as: nobody when we are root, ourselves (None) otherwise."""
    if os.getuid() != 0:
        return None
    try:
        return pwd.getpwnam("nobody")
    except KeyError as error:
        raise EmbeddedError(
            "PostgreSQL doesn't run as root and there is no user `nobody`: start as another user or set DATABASE_URL."
        ) from error


def ensure_postgres(base: Path, *, durability: Durability = Durability.FULL, follow_parent: bool = False) -> PostgresServer:
    """The server of a directory, running and with its roles and database; starts or makes what is missing.

    With `follow_parent` it shuts down when this process dies, however it dies. Raises EmbeddedError, with the log's last lines.
    """
    base = places.make_base(Path(base))
    user = server_user()
    with places.locked(base):
        home = places.data_home(base, user)
        tools = binaries.usable_by(binaries.find_postgres(), user, home)
        data = home / "postgres"
        sockets = places.socket_directory("pg", base, user)
        if not _answers(sockets):
            if not (data / "PG_VERSION").exists():
                _initialise(tools, data, user)
            _check_version(tools, data)
            _clear_what_was_killed(data, sockets)
            settings = COMMON | {"unix_socket_directories": str(sockets)} | (THROWAWAY if durability is Durability.THROWAWAY else {})
            _start(tools, data, settings, log=base / "log" / "postgres.log", user=user, follow_parent=follow_parent)
        server = PostgresServer(base, data, sockets, tools, _pid(data) or 0)
        _create_roles(server)
    return server


def stop_postgres(base: Path) -> bool:
    """Stop the server of a directory (open transactions are rolled back); False when none ran."""
    base = Path(base).resolve()
    if not base.exists():
        return False
    with places.locked(base):
        pid = _pid(places.data_home(base, server_user()) / "postgres")
        if not pid or not _is_ours(pid):
            return False
        if not processes.end(pid, (signal.SIGINT, 30), (signal.SIGQUIT, 10)):
            raise EmbeddedError(f"PostgreSQL (process {pid}) doesn't stop.")
    return True


def postgres_status(base: Path) -> str:
    """`running (process N)` or `stopped`."""
    base = Path(base).resolve()
    if not base.exists():
        return "stopped"
    pid = _pid(places.data_home(base, server_user()) / "postgres")
    return f"running (process {pid})" if pid and _is_ours(pid) else "stopped"


def remove_postgres(base: Path) -> None:
    """Delete a stopped server's data for good."""
    base = Path(base).resolve()
    home = places.data_home(base, server_user()) if base.exists() else base
    shutil.rmtree(home if home != base else home / "postgres", ignore_errors=True)


def as_user(user: pwd.struct_passwd | None) -> dict[str, Any]:
    """What makes subprocess start a program as `user`."""
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if user else {}


def _initialise(tools: Path, data: Path, user: pwd.struct_passwd | None) -> None:
    """initdb beside the place and move it in, so that an interrupted run leaves no half a cluster."""
    fresh = data.with_name("postgres.new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(mode=0o700)
    if user:
        os.chown(fresh, user.pw_uid, user.pw_gid)
    # The builtin provider sorts alike on every machine; 17 and later have it.
    locale = ["--locale-provider=builtin", "--locale=C.UTF-8"] if binaries.version(tools) >= 17 else ["--no-locale"]
    command: list[str | Path] = [tools / "initdb", "-D", fresh, "-U", ADMIN, "-A", "trust", "-E", "UTF8", *locale, "--no-instructions"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=fresh, check=False, **as_user(user))
    if done.returncode:
        raise EmbeddedError(f"initdb failed:\n{done.stderr.strip()}")
    (fresh / "pg_hba.conf").write_text("# Sockets only; their directory is private.\nlocal all all trust\n")
    fresh.rename(data)


def _check_version(tools: Path, data: Path) -> None:
    kept, found = (data / "PG_VERSION").read_text().strip(), binaries.version(tools)
    if kept != str(found):
        raise EmbeddedError(
            f"{data} was made by PostgreSQL {kept}, but {tools} is {found}. "
            "Point AROPS_PG_BIN at the old version, `make backup`, `make reset`, and restore (docs/how-to/backup.md)."
        )


def _start(tools: Path, data: Path, settings: dict[str, str], *, log: Path, user: pwd.struct_passwd | None, follow_parent: bool) -> None:
    command: list[str | Path] = [
        tools / "postgres",
        "-D",
        data,
        *(part for key, value in settings.items() for part in ("-c", f"{key}={value}")),
    ]
    child = processes.spawn(command, cwd=data, log=log, user=user, parent_death=signal.SIGINT if follow_parent else None)
    sockets = Path(settings["unix_socket_directories"])
    processes.wait_until(lambda: child.poll() is not None or _answers(sockets), START_SECONDS)
    if not _answers(sockets):
        tail = "\n".join(log.read_text(errors="replace").splitlines()[-8:])
        raise EmbeddedError(f"PostgreSQL didn't start. Its log, {log}, ends:\n{tail}")


def _clear_what_was_killed(data: Path, sockets: Path) -> None:
    """Wait for a server that is going down; remove the notes of one that was killed, whose id may be a zombie's or reused by now.

    PostgreSQL's own check takes a zombie for a live server. Its shared memory still guards against children that are left.
    """
    pid = _pid(data)
    if pid and _is_ours(pid) and not processes.wait_until(lambda: not _is_ours(pid), 30):
        raise EmbeddedError(f"PostgreSQL (process {pid}) holds {data}, but doesn't answer.")
    for note in (data / "postmaster.pid", sockets / ".s.PGSQL.5432.lock", sockets / ".s.PGSQL.5432"):
        note.unlink(missing_ok=True)


def _pid(data: Path) -> int | None:
    try:
        return int((data / "postmaster.pid").read_text().splitlines()[0])
    except (OSError, IndexError, ValueError):
        return None


def _is_ours(pid: int) -> bool:
    return processes.is_running(pid) and "postgres" in processes.program(pid)


def _answers(sockets: Path) -> bool:
    """Probe by connecting: after a kill -9 only that tells the truth."""
    if not (sockets / ".s.PGSQL.5432").exists():
        return False
    try:
        psycopg2.connect(host=str(sockets), user=ADMIN, dbname="postgres", connect_timeout=5).close()
    except psycopg2.OperationalError:
        return False
    return True


def _create_roles(server: PostgresServer) -> None:
    """The owner (of the schema: migrates) and the runtime role (owns nothing), and the database."""
    connection = psycopg2.connect(server.url(ADMIN, "postgres"))
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            create_roles(cursor, owner=OWNER, app=APP)
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
            if not cursor.fetchone():
                cursor.execute(f"CREATE DATABASE {DATABASE} OWNER {OWNER}")
    finally:
        connection.close()


def create_roles(cursor: "psycopg2.extensions.cursor", *, owner: str, app: str) -> None:
    """Create the two roles where they are missing; both may log in, neither is a superuser, only the owner makes databases."""
    cursor.execute("SELECT rolname FROM pg_roles WHERE rolname IN (%s, %s)", [owner, app])
    existing = {row[0] for row in cursor.fetchall()}
    if owner not in existing:
        cursor.execute(f'CREATE ROLE "{owner}" LOGIN CREATEDB')
    if app not in existing:
        cursor.execute(f'CREATE ROLE "{app}" LOGIN')
