"""Where the servers' files go, and as whom they run.

PostgreSQL refuses to run as root. As root the servers run as `nobody`, under /var/lib/arops; binaries that `nobody` can't read
are copied there, and no directory of anyone else's is opened up.
"""

import hashlib
import os
import pwd
import shutil
import tempfile
from importlib.util import find_spec
from pathlib import Path


def is_root() -> bool:
    """Whether this process is root's."""
    return hasattr(os, "geteuid") and os.geteuid() == 0


def identity() -> tuple[int, int] | None:
    """User and group the servers run as: `nobody`'s when we are root, else our own (None)."""
    if not is_root():
        return None
    nobody = pwd.getpwnam("nobody")
    return nobody.pw_uid, nobody.pw_gid


def home(wanted: Path) -> Path:
    """The directory for data: the wanted one, or its stand-in under /var/lib/arops when we are root and `nobody` can't reach it."""
    if not is_root():
        wanted.mkdir(parents=True, exist_ok=True)
        return wanted
    place = Path("/var/lib/arops") / _short(wanted)
    _private(place.parent, 0o755, own=False)
    return _private(place, 0o700)


def socket_directory(data: Path) -> Path:
    """A private directory with a short name (socket paths are limited to about 100 bytes), the same for the same data."""
    place = Path(tempfile.gettempdir()) / f"arops-{os.getuid()}-{_short(data)}"
    return _private(place, 0o700)


def package_directory(module: str) -> Path | None:
    """Where a package is installed, without importing it."""
    spec = find_spec(module)
    return Path(next(iter(spec.submodule_search_locations))) if spec and spec.submodule_search_locations else None


def readable_copy(parts: list[Path], place: Path) -> Path:
    """The parts' common parent when the servers' user can read it; else a copy of the parts under `place`, kept up to date by size."""
    parent = parts[0].parent
    if not is_root() or _world_readable(parts[0]):
        return parent
    copy = place / "bin" / _short(parent)
    if not (copy / ".complete").exists():
        shutil.rmtree(copy, ignore_errors=True)
        for part in parts:
            shutil.copytree(part, copy / part.name, symlinks=True)
        (copy / ".complete").touch()
        _give(copy)
    return copy


def _world_readable(path: Path) -> bool:
    return all(parent.stat().st_mode & 0o005 == 0o005 for parent in [path, *path.resolve().parents])


def _private(place: Path, mode: int, own: bool = True) -> Path:
    place.mkdir(parents=True, exist_ok=True)
    owner = identity()
    if own and owner and place.stat().st_uid != owner[0]:
        os.chown(place, *owner)
    elif own and not owner and place.stat().st_uid != os.getuid():
        raise PermissionError(f"{place} belongs to someone else")
    if own:
        place.chmod(mode)
    return place


def _give(tree: Path) -> None:
    owner = identity()
    if owner:
        for path in [tree, *tree.rglob("*")]:
            os.chown(path, *owner, follow_symlinks=False)


def _short(path: Path) -> str:
    return hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:10]
