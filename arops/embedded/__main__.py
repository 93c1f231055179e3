"""`python -m arops.embedded start|stop|status|env|remove --dir DIR`."""

import argparse
import shlex
import sys
from pathlib import Path

from arops.embedded import EmbeddedError, ensure_postgres, ensure_valkey, stop_postgres, stop_valkey
from arops.embedded.postgres import postgres_status, remove_postgres
from arops.embedded.valkey import valkey_status


def environment(base: Path) -> dict[str, str]:
    """The variables that lead to a directory's servers, which are started if need be."""
    return ensure_postgres(base).environment | {"REDIS_URL": ensure_valkey(base).url}


def start(base: Path) -> None:
    """Start both and leave them running."""
    environment(base)
    status(base)


def env(base: Path) -> None:
    """Print the variables for `eval`, starting the servers if need be."""
    for name, value in environment(base).items():
        print(f"export {name}={shlex.quote(value)}")


def stop(base: Path) -> None:
    """Stop both."""
    stop_valkey(base)
    stop_postgres(base)
    status(base)


def status(base: Path) -> None:
    """Say what runs."""
    print(f"PostgreSQL {postgres_status(base)}\nValkey {valkey_status(base)}")


def remove(base: Path) -> None:
    """Stop both and delete PostgreSQL's data for good."""
    stop(base)
    remove_postgres(base)


COMMANDS = {"start": start, "stop": stop, "status": status, "env": env, "remove": remove}


def main() -> int:
    """Parse the command line and do it; errors are told without a traceback."""
    parser = argparse.ArgumentParser(prog="python -m arops.embedded", description="Embedded PostgreSQL and Valkey")
    parser.add_argument("command", choices=list(COMMANDS))
    parser.add_argument("--dir", type=Path, default=Path("var"), help="where the servers keep their files (default: var)")
    options = parser.parse_args()
    try:
        COMMANDS[options.command](options.dir)
    except EmbeddedError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
