"""The embedded servers: made, started, killed, found again, as root and as nobody in particular."""

import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest
import redis

from arops.embedded import EmbeddedError, binaries, ensure_postgres, ensure_valkey, places, processes, stop_postgres, stop_valkey
from arops.embedded.postgres import APP, OWNER, remove_postgres
from arops.embedded.valkey import valkey_status

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    """A directory with a space and an umlaut in its path, cleaned of servers afterwards."""
    top = Path(tempfile.mkdtemp(prefix="arops setup ü "))
    top.chmod(0o755)
    base = top / "var dir"
    yield base
    stop_valkey(base)
    stop_postgres(base)
    for kind in ("pg", "kv"):
        shutil.rmtree(f"/tmp/arops-{kind}-{places.short_name(base)}", ignore_errors=True)
    remove_postgres(base)
    shutil.rmtree(top)


def ask(url: str, statement: str) -> list[tuple[object, ...]]:
    connection = psycopg2.connect(url)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()


def test_starts_in_a_path_with_spaces_and_is_found_again(home: Path) -> None:
    first = ensure_postgres(home)
    assert ask(first.url(), "SELECT current_user") == [(APP,)]
    assert ensure_postgres(home) == first


def test_sockets_are_private_and_nothing_listens_on_tcp(home: Path) -> None:
    server = ensure_postgres(home)
    assert stat.S_IMODE(server.socket_dir.stat().st_mode) == 0o700
    assert len(str(server.socket_dir / ".s.PGSQL.5432")) < 100
    assert ask(server.url(), "SHOW listen_addresses") == [("",)]


def test_sorts_alike_on_every_machine(home: Path) -> None:
    server = ensure_postgres(home)
    assert ask(server.url(), "SELECT string_agg(x, '' ORDER BY x) FROM unnest(ARRAY['b', 'A', 'a', 'B', 'é']) x") == [("ABabé",)]


def test_the_runtime_role_owns_nothing(home: Path) -> None:
    server = ensure_postgres(home)
    roles = dict(ask(server.url(), "SELECT rolname, rolsuper OR rolcreatedb OR rolcreaterole FROM pg_roles WHERE rolcanlogin"))
    assert roles == {"postgres": True, OWNER: True, APP: False}
    assert ask(server.url(), "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'arops'") == [(OWNER,)]
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        ask(server.url(), "CREATE TABLE anything (id int)")


def test_a_commit_survives_kill_9_of_every_process(home: Path) -> None:
    server = ensure_postgres(home)
    ask(server.url(OWNER), "CREATE TABLE kept (id int)")
    ask(server.url(OWNER), "INSERT INTO kept SELECT generate_series(1, 1000)")
    for (pid,) in [*ask(server.url("postgres"), "SELECT pid FROM pg_stat_activity"), (server.pid,)]:
        try:
            os.kill(int(str(pid)), signal.SIGKILL)
        except ProcessLookupError:
            continue
    again = ensure_postgres(home)
    assert again.pid != server.pid
    assert ask(again.url(OWNER), "SELECT count(*) FROM kept") == [(1000,)]


def test_a_stale_pid_that_belongs_to_somebody_else_now_does_no_harm(home: Path) -> None:
    server = ensure_postgres(home)
    stop_postgres(home)
    (server.data / "postmaster.pid").write_text(f"{os.getpid()}\n{server.data}\n0\n5432\n/tmp\n\n")
    assert ensure_postgres(home).alive()
    assert stop_postgres(home)
    assert not stop_postgres(home)


def test_valkey_keeps_what_it_was_told_through_kill_9(home: Path) -> None:
    server = ensure_valkey(home)
    client = redis.Redis.from_url(server.url)
    assert client.config_get("appendonly") == {"appendonly": "yes"}
    assert client.config_get("port") == {"port": "0"}
    client.set("kept", "yes")
    client.execute_command("WAITAOF", 1, 0, 2000)
    os.kill(server.pid, signal.SIGKILL)
    processes.wait_until(lambda: not processes.is_running(server.pid), 5)
    assert not server.alive()
    again = ensure_valkey(home)
    assert redis.Redis.from_url(again.url).get("kept") == b"yes"
    assert stop_valkey(home)
    assert valkey_status(home) == "stopped"


def test_follows_its_parent_even_when_that_is_killed(home: Path) -> None:
    if sys.platform != "linux":
        pytest.skip("only Linux tells children of their parent's death")
    program = (
        "import sys; from arops.embedded import ensure_valkey\n"
        "print(ensure_valkey(sys.argv[1], follow_parent=True).pid, flush=True); input()"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", program, str(home)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None and parent.stdin is not None
    pid = int(parent.stdout.readline())
    assert processes.is_running(pid)
    parent.kill()
    parent.communicate()
    assert processes.wait_until(lambda: not processes.is_running(pid), 10)


def test_a_socket_directory_of_somebody_else_is_refused(home: Path, tmp_path: Path) -> None:
    place = Path(f"/tmp/arops-pg-{places.short_name(tmp_path)}")
    place.mkdir(mode=0o755)
    place.chmod(0o755)
    try:
        with pytest.raises(EmbeddedError, match="private directory"):
            ensure_postgres(tmp_path)
    finally:
        place.rmdir()


def test_data_of_another_major_version_is_refused_with_the_way_out(home: Path) -> None:
    server = ensure_postgres(home)
    stop_postgres(home)
    version = (server.data / "PG_VERSION").read_text()
    (server.data / "PG_VERSION").write_text("9\n")
    try:
        with pytest.raises(EmbeddedError, match=r"made by PostgreSQL 9[\s\S]*AROPS_PG_BIN"):
            ensure_postgres(home)
    finally:
        (server.data / "PG_VERSION").write_text(version)


def test_no_binaries_is_told_plainly(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("AROPS_PG_BIN", str(tmp_path))
    with pytest.raises(EmbeddedError, match="set DATABASE_URL"):
        binaries.find_postgres()


AS_NOBODY = """
import os, pathlib, pwd, shutil, sys
import redis
from arops.embedded import binaries, ensure_postgres, ensure_valkey, stop_postgres, stop_valkey
top = pathlib.Path(sys.argv[1])
nobody = pwd.getpwnam("nobody")
# Binaries and modules where an ordinary user can read them; the client loads its last modules when it is first made.
redis.Redis()
os.environ["AROPS_PG_BIN"] = str(binaries.usable_by(binaries.find_postgres(), nobody, top))
os.environ["AROPS_VALKEY_SERVER"] = str(shutil.copy(binaries.find_valkey(), top))
os.setgroups([]); os.setgid(nobody.pw_gid); os.setuid(nobody.pw_uid)
var = top / "home" / "v a r"
for _ in range(2):
    postgres, valkey = ensure_postgres(var, follow_parent=True), ensure_valkey(var, follow_parent=True)
    assert postgres.alive() and valkey.alive()
    assert stop_valkey(var) and stop_postgres(var)
assert (var / "postgres").stat().st_uid == nobody.pw_uid
print(postgres.socket_dir, valkey.socket.parent)
"""


def test_an_ordinary_user_starts_and_stops_both() -> None:
    """As root we become a user who owns nothing but a directory; otherwise the other tests have shown it."""
    if os.getuid() != 0:
        pytest.skip("the other tests ran as an ordinary user already")
    top = Path(tempfile.mkdtemp(prefix="arops user "))
    top.chmod(0o755)
    (top / "home").mkdir()
    shutil.chown(top / "home", "nobody")
    done = subprocess.run([sys.executable, "-c", AS_NOBODY, str(top)], cwd=ROOT, capture_output=True, text=True, check=False)
    shutil.rmtree(top)
    assert done.returncode == 0, done.stderr
    for place in done.stdout.split():
        shutil.rmtree(place)


def test_root_keeps_data_where_nobody_can_reach_it_without_opening_a_closed_directory() -> None:
    if os.getuid() != 0:
        pytest.skip("only root starts servers for another user")
    top = Path(tempfile.mkdtemp(prefix="arops closed "))
    base = top / "var"
    try:
        server = ensure_postgres(base)
        assert server.alive()
        assert stat.S_IMODE(top.stat().st_mode) == 0o700
        assert places.ROOT_HOME in server.data.parents
        assert stop_postgres(base)
    finally:
        stop_postgres(base)
        remove_postgres(base)
        shutil.rmtree(f"/tmp/arops-pg-{places.short_name(base)}", ignore_errors=True)
        shutil.rmtree(top)
