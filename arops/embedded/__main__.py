"""`python -m arops.embedded start|stop|status|env --dir DIR`: the embedded servers by hand."""

import argparse
import shlex
from pathlib import Path

from arops.embedded import Postgres, Valkey


def environment(postgres: Postgres, valkey: Valkey) -> dict[str, str]:
    """What the product's settings read."""
    return {
        "DATABASE_URL": postgres.url("arops_app"),
        "DATABASE_OWNER_URL": postgres.url("arops_owner"),
        "DATABASE_ADMIN_URL": postgres.url("postgres"),
        "REDIS_URL": valkey.url,
    }


def main() -> None:
    """Do what the command line says."""
    parser = argparse.ArgumentParser(prog="python -m arops.embedded", description=__doc__)
    parser.add_argument("action", choices=["start", "stop", "status", "env"])
    parser.add_argument("--dir", type=Path, default=Path("var"))
    options = parser.parse_args()
    postgres, valkey = Postgres(options.dir), Valkey(options.dir)
    if options.action == "start":
        postgres.start(), valkey.start()
    if options.action == "stop":
        postgres.stop(), valkey.stop()
    if options.action in ("start", "env"):
        for name, value in environment(postgres, valkey).items():
            print(f"export {name}={shlex.quote(value)}")
    if options.action == "status":
        print(f"PostgreSQL {'answers' if postgres.is_up() else 'is down'}, Valkey {'answers' if valkey.is_up() else 'is down'}")


if __name__ == "__main__":
    main()
