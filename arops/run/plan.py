"""What `make run` runs, with which environment."""

import os
import secrets
import sys
from collections.abc import Mapping
from pathlib import Path

from arops.embedded import PostgresServer, ValkeyServer, ensure_postgres, ensure_valkey
from arops.run.supervisor import Guard, Service

ROOT = Path(__file__).resolve().parents[2]
LOOPBACK = ("127.0.0.1", "localhost", "::1")
PRIVILEGED = ("DATABASE_OWNER_URL", "DATABASE_ADMIN_URL")


class Refused(RuntimeError):
    """The start is refused; the message says why and what to do."""


def var_directory() -> Path:
    """Where everything that is not code lives (AROPS_VAR_DIR, default `var`)."""
    return Path(os.environ.get("AROPS_VAR_DIR", ROOT / "var")).resolve()


def address() -> tuple[str, int]:
    """Host and port of the web server. Raises Refused for a demo that the network could reach: its logins are public."""
    host = os.environ.get("HOST", "127.0.0.1")
    demo = os.environ.get("AROPS_ENV", "dev") != "production" and os.environ.get("AROPS_DEMO", "1") == "1"
    if demo and host not in LOOPBACK and os.environ.get("AROPS_PUBLIC_DEMO") != "1":
        raise Refused(f"The demo's logins are public, so it only binds to this machine, not to {host}. Set AROPS_PUBLIC_DEMO=1 to insist.")
    return host, int(os.environ.get("PORT", "8000"))


def secret_key(var: Path) -> str:
    """This installation's secret: from the environment, else made once and kept in a file only its owner reads."""
    if os.environ.get("SECRET_KEY"):
        return os.environ["SECRET_KEY"]
    place = var / "secret-key"
    if not place.exists():
        with os.fdopen(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as handle:
            handle.write(secrets.token_urlsafe(50))
    return place.read_text()


def servers(var: Path) -> tuple[dict[str, str], list[Guard]]:
    """URLs of the database and of Redis, and guards for those that we started: none for those of the environment."""
    urls: dict[str, str] = {}
    guards: list[Guard] = []
    if not os.environ.get("DATABASE_URL"):
        postgres: PostgresServer = ensure_postgres(var, follow_parent=True)
        urls |= postgres.environment
        guards.append(Guard("PostgreSQL", postgres.alive, lambda: ensure_postgres(var, follow_parent=True)))
    if not os.environ.get("REDIS_URL"):
        valkey: ValkeyServer = ensure_valkey(var, follow_parent=True)
        urls["REDIS_URL"] = valkey.url
        guards.append(Guard("Valkey", valkey.alive, lambda: ensure_valkey(var, follow_parent=True)))
    return urls, guards


def environment(var: Path, urls: Mapping[str, str]) -> dict[str, str]:
    """The environment for commands that prepare the database: everything."""
    ours = {"SECRET_KEY": secret_key(var), "AROPS_VAR_DIR": str(var), "PYTHONUNBUFFERED": "1", "DJANGO_SETTINGS_MODULE": "arops.settings"}
    return {**os.environ, **ours, **urls}


def unprivileged(environment: Mapping[str, str]) -> dict[str, str]:
    """The same without the ways in as owner or superuser: what serves people has no use for them."""
    return {name: value for name, value in environment.items() if name not in PRIVILEGED}


def services(var: Path, environment: Mapping[str, str], host: str, port: int) -> list[Service]:
    """Web, worker and beat."""
    limited = unprivileged(environment)
    celery = [sys.executable, "-m", "celery", "--quiet", "-A", "arops.celery"]
    # Root's warning is the doctor's to give, once.
    limited.setdefault("PYTHONWARNINGS", "ignore:You're running the worker with superuser")
    shown = f"[{host}]" if ":" in host else host
    commands: dict[str, list[str | Path]] = {
        "web": [
            sys.executable, "-m", "gunicorn", "arops.wsgi:application", "--bind", f"{shown}:{port}", "--worker-class", "gthread",
            "--workers", "2", "--threads", "4", "--timeout", "120", "--graceful-timeout", "10", "--no-control-socket",
        ],
        "worker": [*celery, "worker", "--concurrency", "2", "--loglevel", "INFO"],
        "beat": [*celery, "beat", "--loglevel", "INFO", "--schedule", var / "run" / "celerybeat-schedule"],
    }  # fmt: skip
    return [Service(name, command, limited, ROOT) for name, command in commands.items()]
