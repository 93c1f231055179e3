"""An embedded Valkey (speaks Redis): append-only file on, a unix socket in a private directory, no port."""

import signal
from dataclasses import dataclass
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from arops.embedded import binaries, places, processes
from arops.embedded.errors import EmbeddedError

START_SECONDS = 20.0
OPTIONS = {
    "port": "0",
    "unixsocketperm": "700",
    "dir": ".",
    "daemonize": "no",
    "appendonly": "yes",
    "appendfsync": "everysec",
    "save": "",
    "maxmemory-policy": "noeviction",
}


@dataclass(frozen=True, slots=True)
class ValkeyServer:
    """A running server and the way in."""

    base: Path
    socket: Path
    pid: int

    @property
    def url(self) -> str:
        """A redis-py URL over the socket; Celery's is the same with `redis+socket://`."""
        return f"unix://{self.socket}"

    def alive(self) -> bool:
        """Whether it answers."""
        return _pid(self.socket) is not None


def ensure_valkey(base: Path, *, follow_parent: bool = False) -> ValkeyServer:
    """The server of a directory, running; started if need be. Raises EmbeddedError, with the log's last lines."""
    base = places.make_base(Path(base))
    with places.locked(base):
        socket = places.socket_directory("kv", base) / "valkey.sock"
        if _pid(socket) is None:
            _start(base, socket, follow_parent)
        return ValkeyServer(base, socket, _pid(socket) or 0)


def stop_valkey(base: Path) -> bool:
    """Stop the server of a directory, its file written out; False when none ran."""
    base = Path(base).resolve()
    if not base.exists():
        return False
    with places.locked(base):
        pid = _pid(places.socket_directory("kv", base) / "valkey.sock")
        if pid is None:
            return False
        if not processes.end(pid, (signal.SIGTERM, 20), (signal.SIGKILL, 5)):
            raise EmbeddedError(f"Valkey (process {pid}) doesn't stop.")
    return True


def valkey_status(base: Path) -> str:
    """`running (process N)` or `stopped`."""
    base = Path(base).resolve()
    pid = _pid(places.socket_directory("kv", base) / "valkey.sock") if base.exists() else None
    return f"running (process {pid})" if pid else "stopped"


def _start(base: Path, socket: Path, follow_parent: bool) -> None:
    data = base / "valkey"
    data.mkdir(mode=0o700, exist_ok=True)
    options = OPTIONS | {"unixsocket": str(socket)}
    command: list[str | Path] = [binaries.find_valkey(), *(part for key, value in options.items() for part in (f"--{key}", value))]
    log = base / "log" / "valkey.log"
    child = processes.spawn(command, cwd=data, log=log, parent_death=signal.SIGTERM if follow_parent else None)
    processes.wait_until(lambda: child.poll() is not None or _pid(socket) is not None, START_SECONDS)
    if _pid(socket) is None:
        tail = "\n".join(log.read_text(errors="replace").splitlines()[-8:])
        raise EmbeddedError(f"Valkey didn't start. Its log, {log}, ends:\n{tail}")


def _pid(socket: Path) -> int | None:
    """The process that answers on the socket, or None (also while it still loads its file)."""
    if not socket.exists():
        return None
    client = redis.Redis(unix_socket_path=str(socket), socket_timeout=5, retry=Retry(NoBackoff(), 0))
    try:
        client.ping()
        return int(client.info("server")["process_id"])  # type: ignore[index]
    except redis.RedisError:
        return None
    finally:
        client.close()
