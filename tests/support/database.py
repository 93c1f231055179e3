"""Test databases: a migrated template made once per state of the migrations, and quick copies of it.

The tests run as the product does: as the runtime role, which owns nothing. Only the cleaning between tests is a superuser's,
because the journal's triggers refuse TRUNCATE to everybody else.
"""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

import psycopg2
from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor

from arops.embedded.postgres import create_roles

ROOT = Path(__file__).resolve().parents[2]
OWNER, APP = "arops_owner", "arops_app"
SEED = "test_seed"
LARGE_BYTES = 4_000_000


@dataclass(frozen=True)
class Databases:
    """The test database of this process on the server that `admin_url`, a superuser's, leads to."""

    admin_url: str
    name: str

    @property
    def environment(self) -> dict[str, str]:
        """The variables that the settings read, for this process's database."""
        return {
            "DATABASE_URL": self.url(APP),
            "DATABASE_OWNER_URL": self.url(OWNER),
            "DATABASE_ADMIN_URL": self.url(),
        }

    def url(self, role: str | None = None, name: str | None = None) -> str:
        """A URL for a role (None: the superuser) of this process's database."""
        parts = urlsplit(self.admin_url)
        netloc = parts.netloc
        if role:
            host = netloc.rpartition("@")[2]
            password = f":{quote(self._password(), safe='')}" if parts.password else ""
            netloc = f"{role}{password}@{host}"
        return urlunsplit(parts._replace(netloc=netloc, path="/" + (name or self.name)))

    def create(self) -> None:
        """Make the database, from the template of the present migrations; makes that first when there is none."""
        template = f"arops_template_{migrations_state()}"
        with self._admin("postgres") as cursor:
            # One process makes the template while the others wait.
            cursor.execute("SELECT pg_advisory_lock(72101)")
            self._prepare_roles(cursor)
            if not _exists(cursor, template):
                self._make_template(cursor, template)
            cursor.execute(f'DROP DATABASE IF EXISTS "{self.name}" WITH (FORCE)')
            cursor.execute(f'CREATE DATABASE "{self.name}" TEMPLATE "{template}" OWNER "{OWNER}" STRATEGY file_copy')

    def drop(self) -> None:
        """Remove the database, and whoever is still connected."""
        with self._admin("postgres") as cursor:
            cursor.execute(f'DROP DATABASE IF EXISTS "{self.name}" WITH (FORCE)')

    def reset(self) -> None:
        """Empty what tests wrote and put back what migrations seeded; about 10 ms when little was written."""
        with self._admin(self.name) as cursor:
            cursor.execute("SET session_replication_role = replica")
            cursor.execute("SET lock_timeout = '15s'")
            seeded = _tables(cursor, SEED)
            dirty = _filled(cursor, _tables(cursor, "public").keys() - seeded.keys() - {"django_migrations"})
            large = {table for table, size in _tables_sizes(cursor, dirty) if size > LARGE_BYTES}
            if large:
                cursor.execute("TRUNCATE " + ", ".join(f'public."{table}"' for table in large) + " CASCADE")
            # For a few rows DELETE is many times faster than TRUNCATE.
            statements = [f'DELETE FROM public."{table}"' for table in dirty - large]
            statements += [text for table, columns in seeded.items() for text in _put_back(cursor, table, columns)]
            if statements:
                cursor.execute("; ".join(statements))

    @contextmanager
    def _admin(self, name: str) -> Iterator[Cursor]:
        connection = psycopg2.connect(self.url(name=name))
        connection.autocommit = True
        try:
            with connection.cursor() as cursor:
                yield cursor
        finally:
            connection.close()

    def _password(self) -> str:
        # The same for all workers and sessions, and useless elsewhere.
        return hashlib.sha256(f"arops-test:{self.admin_url}".encode()).hexdigest()[:32]

    def _prepare_roles(self, cursor: Cursor) -> None:
        cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
        row = cursor.fetchone()
        if not row or not row[0]:
            raise RuntimeError("DATABASE_ADMIN_URL (or DATABASE_URL) must be a superuser's: the tests make roles and databases.")
        create_roles(cursor, owner=OWNER, app=APP)
        if urlsplit(self.admin_url).password:
            for role in (OWNER, APP):
                cursor.execute(f'ALTER ROLE "{role}" PASSWORD %s', [self._password()])

    def _make_template(self, cursor: Cursor, template: str) -> None:
        """Migrate a database as the owner, remember what the migrations put in, and keep it as a template."""
        cursor.execute("SELECT datname FROM pg_database WHERE datname LIKE 'arops\\_template\\_%%' AND datname <> %s", [template])
        for (old,) in cursor.fetchall()[:-3]:
            with suppress(psycopg2.Error):
                cursor.execute(f'DROP DATABASE "{old}"')
        cursor.execute(f'DROP DATABASE IF EXISTS "{self.name}" WITH (FORCE)')
        cursor.execute(f'CREATE DATABASE "{self.name}" OWNER "{OWNER}"')
        _migrate()
        with self._admin(self.name) as inside:
            inside.execute(f"CREATE SCHEMA {SEED}")
            for table in _filled(inside, _tables(inside, "public").keys() - {"django_migrations"}):
                inside.execute(f'CREATE TABLE {SEED}."{table}" AS TABLE public."{table}"')
            inside.execute(f"GRANT USAGE ON SCHEMA {SEED} TO PUBLIC")
        cursor.execute(f'ALTER DATABASE "{self.name}" RENAME TO "{template}"')


def migrations_state() -> str:
    """A short name for the present state of migrations and of the rights that go with the models."""
    files = sorted([*ROOT.glob("*/migrations/*.py"), *ROOT.glob("*/models.py"), *ROOT.glob("*/models/*.py"), *ROOT.glob("org/policy.py")])
    files += [ROOT / "arops/lib/grants.py", ROOT / "arops/lib/triggers.py", ROOT / "arops/settings.py", Path(__file__)]
    content = b"".join(str(file.relative_to(ROOT)).encode() + file.read_bytes() for file in files)
    return hashlib.sha256(content + APP.encode()).hexdigest()[:16]


def _migrate() -> None:
    from django.core.management import call_command
    from django.db import connections

    call_command("migrate", database="owner", verbosity=0, skip_checks=True)
    for alias in connections:
        connections[alias].close()


def _exists(cursor: Cursor, name: str) -> bool:
    cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
    return cursor.fetchone() is not None


def _tables(cursor: Cursor, schema: str) -> dict[str, str]:
    """The plain tables of a schema, with their columns as SQL."""
    cursor.execute(
        "SELECT c.relname, string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) FROM pg_class c"
        " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''"
        " WHERE c.relkind = 'r' AND c.relnamespace = %s::regnamespace GROUP BY c.relname",
        [schema],
    )
    return dict(cursor.fetchall())


def _filled(cursor: Cursor, tables: set[str]) -> set[str]:
    if not tables:
        return set()
    cursor.execute(" UNION ALL ".join(f"SELECT '{table}' WHERE EXISTS (SELECT FROM public.\"{table}\")" for table in sorted(tables)))
    return {row[0] for row in cursor.fetchall()}


def _tables_sizes(cursor: Cursor, tables: set[str]) -> list[tuple[str, int]]:
    cursor.execute(
        "SELECT relname, pg_relation_size(oid) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relname = ANY(%s)",
        [sorted(tables)],
    )
    return cursor.fetchall()


def _put_back(cursor: Cursor, table: str, columns: str) -> list[str]:
    """Statements that bring a seeded table back, or none when it is as it was."""
    here, seed = f'SELECT {columns} FROM public."{table}"', f'SELECT {columns} FROM {SEED}."{table}"'
    cursor.execute(f"SELECT EXISTS ({here} EXCEPT {seed}) OR EXISTS ({seed} EXCEPT {here})")
    row = cursor.fetchone()
    if row and not row[0]:
        return []
    return [f'DELETE FROM public."{table}"', f'INSERT INTO public."{table}" ({columns}) OVERRIDING SYSTEM VALUE {seed}']


def connect(url: str) -> Connection:
    """A psycopg2 connection of its own, beside Django's."""
    return psycopg2.connect(url, application_name=f"test {os.getpid()}")
