"""`manage.py prepare`: migrate, and fill an empty database with the demo company; what `make run` does before it starts."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command, get_commands
from django.core.management.base import BaseCommand

from arops.demo_logins import DEMO_LOGINS
from org.models import Company, User


class Command(BaseCommand):
    """Bring the database to the state of the code."""

    help = "Migrate; in demo mode load the demo company into an empty database."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """--banner FILE: where to write the demo's logins."""
        parser.add_argument("--banner", type=Path, help="write the demo logins to this file")

    def handle(self, *args: Any, **options: Any) -> None:
        """Migrate, load, tell."""
        call_command("migrate", verbosity=1 if options["verbosity"] > 1 else 0)
        if settings.DEMO and "load_demo" in get_commands() and not Company.objects.exists():
            self.stdout.write("The database is empty: loading the demo company (about a minute).")
            call_command("load_demo")
        if options["banner"]:
            options["banner"].write_text(logins() + first_steps() + waiting() if settings.DEMO else "")


def logins() -> str:
    """The demo's people, one a line, or nothing when they aren't there."""
    there = set(User.objects.filter(email__in=[login.email for login in DEMO_LOGINS]).values_list("email", flat=True))
    return "".join(f"{login.title:<24} {login.email:<22} {login.password}\n" for login in DEMO_LOGINS if login.email in there)


def first_steps() -> str:
    """What to try first, for the banner."""
    if not User.objects.filter(email=DEMO_LOGINS[0].email).exists():
        return ""
    steps = (
        f"Try first: log in as {DEMO_LOGINS[0].title} ({DEMO_LOGINS[0].name}); g q is the queue, c calls, ? shows the keys of a page.",
        "Then the tutorials in docs/tutorials: first-hour.md, day-of-cash.md, week-of-collections.md.",
    )
    return "".join(f"{step}\n" for step in steps)


def waiting() -> str:
    """The demo's bank files that nobody has imported yet, for the banner."""
    files = sorted(path for path in (settings.VAR_DIR / "demo").glob("*.*") if path.is_file())
    return "Bank files to import (Cash, Bank files):\n" + "".join(f"  {path}\n" for path in files) if files else ""
