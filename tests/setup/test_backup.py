"""Backups: what is restored is what was there, nothing is overwritten, and a failed dump leaves no file."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest

from arops import backup
from arops.embedded import binaries
from tests.factories import apply, issue, make_company, make_customer, receive
from tests.support.database import Databases

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def empty(db: None, databases: Databases) -> Iterator[str]:
    """The superuser's URL of an empty database beside the test database."""
    name = f"{databases.name}_restored"
    connection = psycopg2.connect(databases.url(name="postgres"))
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        cursor.execute(f'CREATE DATABASE "{name}" OWNER arops_owner')
        yield databases.url(name=name)
        cursor.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    connection.close()


@pytest.fixture
def tools() -> Path:
    """pg_dump of the server's own version, where it is the embedded one."""
    return binaries.find_postgres()


@pytest.mark.django_db(transaction=True)
def test_o1_the_restored_books_are_the_same(empty: str, databases: Databases, tools: Path, tmp_path: Path) -> None:
    company = make_company()
    customer = make_customer(company)
    invoice = issue(customer, 100_00)
    apply(receive(customer, 60_00), (invoice, 60_00))
    file = backup.create(databases.url(), tmp_path / "books.dump", tools)
    assert file.stat().st_mode & 0o777 == 0o600
    backup.restore(empty, file, tools)
    question = "SELECT (SELECT sum(amount) FROM ledger_line WHERE amount > 0), (SELECT sum(balance) FROM ledger_openitem)"
    assert ask(empty, question) == ask(databases.url(), question)
    environment = os.environ | {"DATABASE_URL": empty.replace("postgres@", "arops_app@").replace("//@", "//arops_app@")}
    command = [sys.executable, "manage.py", "verify_books"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_restore_never_overwrites(db: None, databases: Databases, tmp_path: Path) -> None:
    (tmp_path / "any.dump").write_bytes(b"")
    with pytest.raises(backup.BackupError, match="isn't empty"):
        backup.restore(databases.url(), tmp_path / "any.dump")


def test_a_broken_file_restores_nothing(empty: str, tools: Path, tmp_path: Path) -> None:
    file = tmp_path / "broken.dump"
    file.write_bytes(b"PGDMP" + bytes(500))
    with pytest.raises(backup.BackupError):
        backup.restore(empty, file, tools)
    assert ask(empty, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == [(0,)]


def test_a_failed_dump_leaves_no_file(tools: Path, tmp_path: Path) -> None:
    with pytest.raises(backup.BackupError):
        backup.create("postgresql://arops_app@/nowhere?host=%2Fnowhere", tmp_path / "books.dump", tools)
    assert list(tmp_path.iterdir()) == []


def ask(url: str, statement: str) -> list[tuple[object, ...]]:
    connection = psycopg2.connect(url)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall()
    finally:
        connection.close()
