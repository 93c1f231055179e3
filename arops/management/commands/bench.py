"""`manage.py bench NAME`: measures, in a database of its own that is dropped afterwards, each figure beside its peer in the same run."""

import contextlib
from collections.abc import Iterator
from importlib import import_module
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections

BENCHES = {
    "ledger": "ledger.bench", "api": "invoicing.bench", "checks": "invoicing.bench_checks", "match": "cashapp.bench",
    "pages": "reports.bench", "disputes": "disputes.bench", "workbench": "cashapp.bench_workbench",
    "worklist": "collections_app.bench_worklist", "collections": "collections_app.bench",
    "mails": "collections_app.bench_mails", "ranks": "collections_app.bench_ranks",
}  # fmt: skip


class Command(BaseCommand):
    """Run one bench; each is a module with `run(write, **options)`."""

    help = "Measure a part of the product beside its peer on this machine: " + ", ".join(BENCHES)

    def add_arguments(self, parser: CommandParser) -> None:
        """The bench, and its size."""
        parser.add_argument("name", choices=sorted(BENCHES))
        parser.add_argument("--sizes", default="", help="Comma-separated sizes, where the bench has sizes.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run it."""
        sizes = [int(size) for size in options["sizes"].split(",") if size]
        with scratch_database():
            import_module(BENCHES[options["name"]]).run(self.stdout.write, **({"sizes": sizes} if sizes else {}))


@contextlib.contextmanager
def scratch_database() -> Iterator[None]:
    """Point both connections at a new, migrated database; drop it at the end. Needs an owner role that may create databases."""
    if "owner" not in connections.databases:
        raise CommandError("set DATABASE_OWNER_URL: a bench makes a database of its own")
    name, owner = "arops_bench", connections["owner"]
    owner.ensure_connection()
    regular = {alias: connections[alias].settings_dict["NAME"] for alias in ("default", "owner")}
    with owner.cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {name}")
        cursor.execute(f"CREATE DATABASE {name}")
    try:
        _point_at({"default": name, "owner": name})
        call_command("migrate", verbosity=0)
        yield
    finally:
        _point_at(regular)
        with connections["owner"].cursor() as cursor:  # not by force: that may not end the autovacuum of another role, this waits for it
            cursor.execute(f"DROP DATABASE IF EXISTS {name}")


def _point_at(names: dict[str, str]) -> None:
    for alias, name in names.items():
        connections[alias].close()
        connections[alias].settings_dict["NAME"] = name
