"""`manage.py demo_day [--date DAY] [--to FOLDER]`: another day of cash for the demo company, out of its books as they stand."""

from datetime import date
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from arops.demo.dayfiles import write_day
from arops.demo.plan import COMPANIES
from arops.lib import clock
from org.models import Company


class Command(BaseCommand):
    """Write a day of cash."""

    help = "Write bank files, a lockbox file, remittances and mails of a day, out of the demo company's open items. Imports nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        """--date: the day; --to: the folder."""
        parser.add_argument("--date", type=date.fromisoformat, default=None, metavar="YYYY-MM-DD", help="the day (today)")
        parser.add_argument("--to", type=Path, default=None, metavar="FOLDER", help="where to (the demo's folder)")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write them and say where."""
        wanted = {company.code for company in COMPANIES}
        if set(Company.objects.filter(code__in=wanted).values_list("code", flat=True)) != wanted:
            raise CommandError("the demo company isn't loaded: manage.py load_demo")
        folder = options["to"] or settings.VAR_DIR / "demo"
        written = write_day(folder, options["date"] or clock.today(), {})
        self.stdout.write(f"{len(written) - 1} files in {folder}; {written[-1].name} says what they are")
