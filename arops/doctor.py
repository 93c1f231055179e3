"""`python -m arops.doctor`: what this machine lacks, and what to do about it. Errors stop a start, warnings don't."""

import ctypes.util
import os
import shutil
import socket
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PYTHON = (3, 11)
LIBRARIES = ("pango-1.0", "pangoft2-1.0", "harfbuzz-subset")
PANGO_PACKAGES = "libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"
LEAST_DISK_MB = 1_000


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report."""

    level: str
    """`ok`, `warning` or `error`."""
    text: str

    def __str__(self) -> str:
        return f"{self.level:<8}{self.text}"


def python(version: tuple[int, ...] = sys.version_info[:3]) -> Finding:
    """Python 3.11 or later."""
    shown = ".".join(map(str, version))
    if version[:2] < PYTHON:
        return Finding("error", f"Python {shown} is too old: install Python 3.11 and run `make run PYTHON=python3.11`.")
    return Finding("ok", f"Python {shown}")


def pango() -> Finding:
    """The one library that pip doesn't bring; only PDFs need it."""
    missing = [name for name in LIBRARIES if not ctypes.util.find_library(name)]
    if missing:
        return Finding(
            "warning",
            f"Pango is missing ({', '.join(missing)}): everything works but PDFs. "
            f"Debian, Ubuntu: `apt-get install {PANGO_PACKAGES}`; macOS: `brew install pango`.",
        )
    return Finding("ok", "Pango, for PDFs")


def disk(place: Path, least_mb: int = LEAST_DISK_MB) -> Finding:
    """Room for the database."""
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free // 1_000_000
    if free < least_mb:
        return Finding("error", f"Only {free} MB are free at {place}; {least_mb} MB are needed. Free some, or set AROPS_VAR_DIR.")
    return Finding("ok", f"{free / 1000:.0f} GB free at {place}")


def port(number: int, host: str = "127.0.0.1") -> Finding:
    """Nobody else on our port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, number))
        except OSError as error:
            return Finding(
                "error", f"Port {number} on {host}: {error.strerror}. `make stop`, or take another: `make run PORT={number + 1}`."
            )
    return Finding("ok", f"Port {number} is free")


def user() -> Finding:
    """Root is not needed, and doesn't suit a server."""
    if os.getuid() == 0:
        return Finding("warning", "Running as root: fine for a try; PostgreSQL runs as `nobody`. In production use a user of its own.")
    return Finding("ok", "Running as an ordinary user")


def chromium() -> Finding:
    """A browser for the browser tests: Playwright drives the system's."""
    found = find_chromium()
    if not found:
        return Finding("warning", "No Chromium: the browser tests are left out. Debian, Ubuntu: `apt-get install chromium`.")
    return Finding("ok", f"Chromium at {found}, for the browser tests")


def find_chromium() -> str | None:
    """CHROMIUM, or the first of the usual names on the PATH."""
    names = (os.environ.get("CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    return next((found for found in map(shutil.which, filter(None, names)) if found), None)


def findings(var: Path, number: int, host: str = "127.0.0.1") -> Iterator[Finding]:
    """All findings, in the order they are shown."""
    yield python()
    yield pango()
    yield disk(var)
    yield port(number, host)
    yield user()


def main() -> int:
    """Print the report; status 1 when something must be put right first."""
    var = Path(os.environ.get("AROPS_VAR_DIR", "var")).resolve()
    if "--tests" in sys.argv:
        report = [python(), pango(), disk(var), chromium()]
    else:
        report = list(findings(var, int(os.environ.get("PORT", "8000")), os.environ.get("HOST", "127.0.0.1")))
    print("\n".join(map(str, report)))
    return int(any(finding.level == "error" for finding in report))


if __name__ == "__main__":
    sys.exit(main())
