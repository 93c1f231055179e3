"""Where an embedded server keeps its files, its socket and its lock."""

import fcntl
import hashlib
import os
import pwd
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from arops.embedded.errors import EmbeddedError

ROOT_HOME = Path("/var/lib/arops")


def short_name(directory: Path) -> str:
    """Twelve characters that stand for a directory, so that socket paths stay within a unix socket's 103 bytes."""
    return hashlib.sha256(f"{os.getuid()}:{directory.resolve()}".encode()).hexdigest()[:12]


def make_base(directory: Path) -> Path:
    """The directory, made if need be: private, but for root passable, because PostgreSQL runs as somebody else."""
    directory = directory.resolve()
    if not directory.exists():
        directory.mkdir(parents=True)
        directory.chmod(0o711 if os.getuid() == 0 else 0o700)
    return directory


def socket_directory(kind: str, directory: Path, owner: pwd.struct_passwd | None = None) -> Path:
    """A directory of mode 0700 in the system's temporary directory, owned by `owner`; refuses one that is somebody else's."""
    base = Path("/tmp") if os.access("/tmp", os.W_OK) else Path(tempfile.gettempdir())
    place = base / f"arops-{kind}-{short_name(directory)}"
    uid = owner.pw_uid if owner else os.getuid()
    try:
        place.mkdir(mode=0o700)
        if owner:
            os.chown(place, owner.pw_uid, owner.pw_gid)
    except FileExistsError:
        pass
    found = place.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != uid or stat.S_IMODE(found.st_mode) != 0o700:
        raise EmbeddedError(f"{place} exists and isn't a private directory of uid {uid}; remove it and start again.")
    return place


def passable(directory: Path, user: pwd.struct_passwd) -> bool:
    """Whether `user` may pass through the directory and all its parents."""
    for part in (directory, *directory.parents):
        found = part.stat()
        bit = stat.S_IXUSR if found.st_uid == user.pw_uid else stat.S_IXGRP if found.st_gid == user.pw_gid else stat.S_IXOTH
        if not found.st_mode & bit:
            return False
    return True


def data_home(directory: Path, user: pwd.struct_passwd | None) -> Path:
    """Where data goes: `directory` itself, or for root a place under /var/lib when the server's user can't reach it.

    Parents' modes are never changed: somebody closed them for a reason.
    """
    if user is None or passable(directory, user):
        return directory
    home = ROOT_HOME / short_name(directory)
    home.mkdir(parents=True, exist_ok=True)
    home.chmod(0o711)
    return home


@contextmanager
def locked(directory: Path) -> Iterator[None]:
    """One starter or stopper at a time for a directory."""
    with (directory / ".embedded.lock").open("a") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
