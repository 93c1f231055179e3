"""`python -m arops.backup create [FILE]` and `restore FILE`: the whole of ArOps is its database, attachments included.

Works on the database of DATABASE_ADMIN_URL (or DATABASE_OWNER_URL, DATABASE_URL), else on the embedded one.
"""

import argparse
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg2

from arops.embedded import EmbeddedError, binaries, ensure_postgres, stop_postgres
from arops.embedded.postgres import APP, OWNER, create_roles
from arops.run import plan
from arops.run.__main__ import running


class BackupError(RuntimeError):
    """A dump could not be made or restored; the message is the tool's own."""


def create(url: str, file: Path, tools: Path | None = None) -> Path:
    """Dump a database, consistent as of one moment, while it is in use. The file appears only when it is whole."""
    file.parent.mkdir(parents=True, exist_ok=True)
    partial = file.with_name(file.name + ".partial")
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as output:
        done = subprocess.run(
            [_tool("pg_dump", tools), "--format=custom", url], stdout=output, stderr=subprocess.PIPE, text=True, check=False
        )
    if done.returncode:
        partial.unlink()
        raise BackupError(done.stderr.strip())
    partial.replace(file)
    return file


def restore(url: str, file: Path, tools: Path | None = None) -> None:
    """Restore a dump into the database of `url`, which must be empty: nothing is ever overwritten. All of it or nothing."""
    connection = psycopg2.connect(url)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")
            if cursor.fetchone() != (0,):
                raise BackupError("The database isn't empty: a restore goes into a new one (docs/how-to/backup.md).")
            create_roles(cursor, owner=OWNER, app=APP)
    finally:
        connection.close()
    command = [_tool("pg_restore", tools), "--single-transaction", "--exit-on-error", f"--dbname={url}", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BackupError(done.stderr.strip())


def _tool(name: str, tools: Path | None) -> str:
    return str(tools / name) if tools and (tools / name).exists() else name


def _given_url() -> str | None:
    return next(filter(None, map(os.environ.get, ("DATABASE_ADMIN_URL", "DATABASE_OWNER_URL", "DATABASE_URL"))), None)


def main() -> int:
    """Parse the command line and do it; errors are told without a traceback."""
    parser = argparse.ArgumentParser(prog="python -m arops.backup", description="Back up and restore ArOps")
    parser.add_argument("command", choices=["create", "restore"])
    parser.add_argument("file", nargs="?", type=Path)
    options = parser.parse_args()
    var = plan.var_directory()
    if options.command == "restore" and (options.file is None or not options.file.exists()):
        parser.error("restore needs the file to restore")
    given, supervised = _given_url(), running(var) is not None
    try:
        url = given or ensure_postgres(var).environment["DATABASE_ADMIN_URL"]
        tools = None if given else binaries.find_postgres()
        if options.command == "create":
            name = f"arops-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.dump"
            print(create(url, options.file or var / "backups" / name, tools))
        else:
            restore(url, options.file, tools)
            print(f"Restored into {urlunsplit(urlsplit(url)._replace(netloc=urlsplit(url).hostname or ''))}.")
    except (BackupError, EmbeddedError, psycopg2.Error) as error:
        print(error, file=sys.stderr)
        return 1
    finally:
        if not given and not supervised:
            stop_postgres(var)
    return 0


if __name__ == "__main__":
    sys.exit(main())
