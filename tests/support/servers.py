"""The servers of a test session: those of the environment, or embedded ones below `var/test`.

Several sessions and xdist workers share one PostgreSQL (whoever needs it first starts it, the last one stops it), each with a
database of its own; every process has its own Valkey.
"""

import atexit
import fcntl
import os
import secrets
import shutil
import tempfile
from pathlib import Path
from typing import IO

import psycopg2

from arops.embedded import Durability, EmbeddedError, ensure_postgres, ensure_valkey, stop_postgres, stop_valkey
from arops.embedded.postgres import remove_postgres
from tests.support.database import Databases

BASE = Path(__file__).resolve().parents[2] / "var" / "test"
ADMIN_VARIABLE = "AROPS_TEST_ADMIN_URL"
RUN_VARIABLE = "AROPS_TEST_RUN"


def prepare() -> Databases:
    """Set the environment that the settings read, before they are read; starts what has to be started."""
    os.environ["AROPS_ENV"] = "test"
    os.environ["AROPS_VAR_DIR"] = tempfile.mkdtemp(prefix="arops-test-")
    atexit.register(shutil.rmtree, os.environ["AROPS_VAR_DIR"], ignore_errors=True)
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    if not worker:
        os.environ[RUN_VARIABLE] = str(os.getpid())
        os.environ[ADMIN_VARIABLE] = _admin_url()
    if not os.environ.get("REDIS_URL") or os.environ.get("AROPS_TEST_OWN_VALKEY"):
        os.environ["REDIS_URL"] = _own_valkey()
        os.environ["AROPS_TEST_OWN_VALKEY"] = "1"
    databases = Databases(os.environ[ADMIN_VARIABLE], f"test_arops_{os.environ[RUN_VARIABLE]}{'_' if worker else ''}{worker}")
    os.environ.update(databases.environment)
    return databases


def _admin_url() -> str:
    given = os.environ.get("DATABASE_ADMIN_URL") or os.environ.get("DATABASE_URL")
    return given or _shared_postgres()


def _shared_postgres() -> str:
    """One embedded server for all sessions of this checkout; the last to leave stops it."""
    BASE.mkdir(parents=True, exist_ok=True)
    handle = (BASE / "sessions.lock").open("a")
    fcntl.flock(handle, fcntl.LOCK_SH)
    try:
        server = ensure_postgres(BASE, durability=Durability.THROWAWAY)
    except (EmbeddedError, psycopg2.Error):
        # Without fsync a power cut may have spoilt it, and there is nothing in it to keep.
        remove_postgres(BASE)
        server = ensure_postgres(BASE, durability=Durability.THROWAWAY)
    atexit.register(_leave, handle, os.getpid())
    return server.url("postgres", "postgres")


def _leave(handle: IO[str], owner: int) -> None:
    if os.getpid() != owner:
        return  # a forked child of a test
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return
    stop_postgres(BASE)
    handle.close()


def _own_valkey() -> str:
    base = Path(tempfile.mkdtemp(prefix=f"arops-test-kv-{secrets.token_hex(3)}-"))
    server = ensure_valkey(base, follow_parent=True)
    atexit.register(_end_valkey, base, server.socket.parent, os.getpid())
    return server.url


def _end_valkey(base: Path, sockets: Path, owner: int) -> None:
    if os.getpid() == owner:
        stop_valkey(base)
        shutil.rmtree(base, ignore_errors=True)
        shutil.rmtree(sockets, ignore_errors=True)
